//! The whole server with its documents in a bucket: a signing process from its document to its final PDF, kills, erasure,
//! fsck, backup, restore and copy, through the program itself. Deliberately absent: what each of them does elsewhere.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::http::process_files::{PDF, sha256};
use crate::s3::Prefix;
use crate::server::OPERATOR_KEY;

const ORG: &str = "/v1/organizations/acme";

/// The program on a data directory, killed when this goes.
pub struct Running {
    child: Option<Child>,
    base: String,
    agent: ureq::Agent,
}

fn program(prefix: &Prefix, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_everlog"));
    command.args(arguments).env("EVERLOG_OPERATOR_KEY", OPERATOR_KEY).env("RUST_LOG", "error");
    command.env_remove("EVERLOG_DATA").env_remove("EVERLOG_BLOBS");
    command.envs(prefix.variables());
    command
}

/// Runs a command to its end, and gives what it says as JSON.
fn run(prefix: &Prefix, arguments: &[&str]) -> Value {
    let output = program(prefix, arguments).arg("--json").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said} {}", String::from_utf8_lossy(&output.stdout));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Runs a command that refuses, and gives what it says.
fn refused(prefix: &Prefix, arguments: &[&str]) -> String {
    let output = program(prefix, arguments).stdout(Stdio::null()).output().unwrap();
    assert!(!output.status.success(), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

impl Running {
    fn start(mut command: Command) -> Self {
        use std::io::BufRead as _;
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        std::io::BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let base = line.split_whitespace().find(|word| word.starts_with("http://"));
        let base = base.unwrap_or_else(|| panic!("{line:?}")).to_owned();
        Self { child: Some(child), base, agent: crate::crash::agent() }
    }

    fn send(&self, method: &str, path: &str, key: &str, body: &[u8], kind: &str) -> (u16, Vec<u8>) {
        let request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.base));
        let request = request.header("Authorization", format!("Bearer {key}"));
        let answer = match method {
            "GET" => self.agent.run(request.body(()).unwrap()),
            _ => self.agent.run(request.header("Content-Type", kind).body(body).unwrap()),
        };
        let mut answer = answer.unwrap();
        (answer.status().as_u16(), answer.body_mut().with_config().limit(1 << 28).read_to_vec().unwrap())
    }

    fn post(&self, path: &str, key: &str, body: &Value) -> Value {
        let (status, answer) = self.send("POST", path, key, body.to_string().as_bytes(), "application/json");
        assert!(matches!(status, 200 | 201), "{status} {}", String::from_utf8_lossy(&answer));
        serde_json::from_slice(&answer).unwrap()
    }

    fn put_document(&self, key: &str, process: &str) -> u16 {
        self.send("PUT", &format!("{ORG}/processes/{process}/document"), key, PDF, "application/pdf").0
    }

    /// A process, unless the server is gone.
    pub fn try_begin(&self, key: &str, process: &str) -> Option<Value> {
        let new = json!({
            "process_key": process, "display_name": "Lease", "file_name": "lease.pdf",
            "created_by": {"type": "user", "id": "u_1"}, "signees": [{"name": "Bo Li"}],
        });
        crate::crash::post(&self.agent, &format!("{}{ORG}/processes", self.base), key, &new)
    }

    /// The status with which a document is taken, unless the server is gone.
    pub fn try_put(&self, key: &str, process: &str, bytes: &[u8]) -> Option<u16> {
        let url = format!("{}{ORG}/processes/{process}/document", self.base);
        let request = self.agent.put(url).header("Authorization", format!("Bearer {key}"));
        let answer = request.header("Content-Type", "application/pdf").send(bytes).ok()?;
        Some(answer.status().as_u16())
    }

    pub fn tenant(&self) -> String {
        let new = json!({"id": "acme", "name": "Acme", "profile": "signing"});
        self.post("/v1/organizations", OPERATOR_KEY, &new);
        let new = json!({"name": "k", "scopes": ["write", "read", "admin"]});
        let key = self.post(&format!("{ORG}/keys"), OPERATOR_KEY, &new);
        key["key"].as_str().unwrap().to_owned()
    }

    fn begin(&self, key: &str, process: &str) -> String {
        let new = json!({
            "process_key": process, "display_name": "Lease", "file_name": "lease.pdf",
            "created_by": {"type": "user", "id": "u_1"},
            "signees": [{"name": "Bo Li", "email": "bo@globex.example"}],
        });
        let made = self.post(&format!("{ORG}/processes"), key, &new);
        made["signees"][0]["signee_key"].as_str().unwrap().to_owned()
    }

    fn sign(&self, key: &str, process: &str, signee: &str) {
        for action in ["invitation.sent", "document.signed"] {
            let event = json!({"action": action, "signee": signee});
            self.post(&format!("{ORG}/processes/{process}/events"), key, &event);
        }
    }

    fn final_pdf(&self, key: &str, process: &str) -> Vec<u8> {
        let end = Instant::now() + Duration::from_secs(60);
        loop {
            let path = format!("{ORG}/processes/{process}/final.pdf");
            match self.send("GET", &path, key, &[], "") {
                (200, bytes) => return bytes,
                (_, bytes) => assert!(Instant::now() < end, "{}", String::from_utf8_lossy(&bytes)),
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// What is killed while others still speak to it.
    pub fn detach(&mut self) -> Self {
        Self { child: self.child.take(), base: self.base.clone(), agent: self.agent.clone() }
    }

    /// Kill −9.
    pub fn kill(mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may be dead already.
        if let Some(child) = &mut self.child {
            drop(child.kill());
            drop(child.wait());
        }
    }
}

pub fn serve(prefix: &Prefix, data: &Path, more: &[&str]) -> Running {
    let data = data.to_str().unwrap();
    let mut arguments = vec!["serve", "--listen", "127.0.0.1:0", "--data", data];
    arguments.extend(more);
    Running::start(program(prefix, &arguments))
}

pub fn of_hash(hash: &str) -> String {
    format!("0/{}/{hash}", &hash[..2])
}

/// From the first document to the last restore, with a kill wherever one hurts.
#[test]
fn a_server_whose_documents_lie_in_a_bucket_loses_none_and_leaves_none() {
    let Some(prefix) = Prefix::new() else { return };
    let place = TempDir::new().unwrap();
    let at = |name: &str| place.path().join(name);
    let (data, url) = (at("data"), prefix.url.to_string());
    let server = serve(&prefix, &data, &["--blobs", &url]);
    let key = server.tenant();
    let signee = server.begin(&key, "p1");
    assert_eq!(server.put_document(&key, "p1"), 201);
    server.kill();
    assert_eq!(prefix.documents(), [of_hash(&sha256(PDF))]);
    assert_eq!(prefix.get(&of_hash(&sha256(PDF))), PDF);

    // It remembers its bucket.
    let server = serve(&prefix, &data, &[]);
    assert_eq!(server.send("GET", &format!("{ORG}/processes/p1/document"), &key, &[], "").1, PDF);
    server.sign(&key, "p1", &signee);
    let made = server.final_pdf(&key, "p1");
    server.kill();
    assert_eq!(prefix.get(&of_hash(&sha256(&made))), made);
    let server = serve(&prefix, &data, &[]);
    assert_eq!(server.final_pdf(&key, "p1"), made, "it is made once");

    // A backup is whole by itself, and the next one fetches what is new alone.
    let (backup, path) = (at("backup"), |path: &Path| path.to_str().unwrap().to_owned());
    let whole = run(&prefix, &["backup", &path(&backup), "--data", &path(&data)]);
    assert_eq!((&whole["new_documents"], &whole["faults"]), (&json!(2), &json!([])), "{whole}");

    // What an erasure takes out of a trail goes out of the bucket too.
    let erasure = json!({"actor": signee, "basis": "a request", "requested_by": "owner"});
    let erased = server.send(
        "POST",
        &format!("{ORG}/erasures"),
        &key,
        erasure.to_string().as_bytes(),
        "application/json",
    );
    assert_eq!(erased.0, 201, "{}", String::from_utf8_lossy(&erased.1));
    let end = Instant::now() + Duration::from_secs(60);
    while prefix.documents().contains(&of_hash(&sha256(&made))) {
        assert!(Instant::now() < end, "the trail that showed the name is still there");
        std::thread::sleep(Duration::from_millis(100));
    }
    let anew = server.final_pdf(&key, "p1");
    assert_ne!(anew, made);
    let next = run(&prefix, &["backup", &path(&backup), "--data", &path(&data)]);
    assert_eq!((&next["new_documents"], &next["is_incremental"]), (&json!(1), &json!(true)), "{next}");
    server.kill();
    let checked = run(&prefix, &["fsck", "--data", &path(&data)]);
    assert_eq!((&checked["faults"], &checked["logs"][0]["files"]), (&json!([]), &json!(2)), "{checked}");

    // What somebody damages or takes away in the bucket is found.
    let (document, key_of) = (of_hash(&sha256(PDF)), of_hash(&sha256(&anew)));
    prefix.put(&document, b"%PDF-1.4 and nothing of it");
    prefix.delete(&key_of);
    let said = program(&prefix, &["fsck", "--json", "--data", &path(&data)]).output().unwrap();
    let said: Value = serde_json::from_slice(&said.stdout).unwrap();
    assert_eq!(said["faults"].as_array().unwrap().len(), 2, "{said}");

    // Put back: what is not there as it was is uploaded.
    let restored = run(&prefix, &["restore", &path(&backup), "--replace", "--data", &path(&data)]);
    assert_eq!((&restored["bucket"], &restored["new_documents"]), (&json!(url), &json!(2)), "{restored}");
    assert_eq!(run(&prefix, &["fsck", "--data", &path(&data)])["faults"], json!([]));
    let server = serve(&prefix, &data, &["--blobs", &url]);
    assert_eq!(server.final_pdf(&key, "p1"), anew);
    server.kill();

    // A backup is enough where there is no bucket, and the bucket is found again where there is nothing else.
    let alone = at("alone");
    run(&prefix, &["restore", &path(&backup), "--data", &path(&alone)]);
    let refusal =
        refused(&prefix, &["serve", "--listen", "127.0.0.1:0", "--data", &path(&alone), "--blobs", &url]);
    assert!(refusal.contains("there are documents in this data directory"), "{refusal}");
    let server = serve(&prefix, &alone, &[]);
    assert_eq!(server.final_pdf(&key, "p1"), anew);
    server.kill();
    let again = at("again");
    let found = run(&prefix, &["restore", &path(&backup), "--data", &path(&again), "--blobs", &url]);
    assert_eq!((&found["bucket"], &found["new_documents"]), (&json!(url), &json!(0)), "{found}");

    // From anywhere to anywhere.
    let other = Prefix::new().unwrap();
    let (moved, home) = (at("moved"), at("home"));
    let copied = run(
        &prefix,
        &["copy", "--from", &path(&alone), "--to", &path(&moved), "--blobs", &other.url.to_string()],
    );
    assert_eq!((&copied["documents"], &copied["faults"]), (&json!(2), &json!([])), "{copied}");
    assert_eq!(other.documents(), prefix.documents());
    let copied = run(&prefix, &["copy", "--from", &path(&moved), "--to", &path(&home)]);
    assert_eq!((&copied["documents"], &copied["faults"]), (&json!(2), &json!([])), "{copied}");
    let server = serve(&prefix, &home, &[]);
    assert_eq!(server.final_pdf(&key, "p1"), anew);
}

/// A template of a deployment sets what is not wanted to nothing.
#[test]
fn a_variable_that_says_nothing_wants_no_bucket() {
    let place = TempDir::new().unwrap();
    let data = place.path().join("data");
    let path = data.to_str().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_everlog"));
    command.args(["serve", "--listen", "127.0.0.1:0", "--data", path]);
    command.env("EVERLOG_OPERATOR_KEY", OPERATOR_KEY).env("RUST_LOG", "error").env("EVERLOG_BLOBS", "");
    let server = Running::start(command);
    let key = server.tenant();
    server.begin(&key, "p1");
    assert_eq!(server.put_document(&key, "p1"), 201);
    server.kill();
    assert!(!data.join("blobs/bucket").exists());
}

/// The log does not need the bucket; documents do, and say so.
#[test]
fn events_are_recorded_while_the_bucket_is_away() {
    let Some(prefix) = Prefix::new() else { return };
    let place = TempDir::new().unwrap();
    let data = place.path().join("data");
    let server = serve(&prefix, &data, &["--blobs", &prefix.url.to_string()]);
    let key = server.tenant();
    let signee = server.begin(&key, "p1");
    assert_eq!(server.put_document(&key, "p1"), 201);
    server.begin(&key, "p2");
    server.kill();

    let path = data.to_str().unwrap();
    let mut command = program(&prefix, &["serve", "--listen", "127.0.0.1:0", "--data", path]);
    command.env("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
    let server = Running::start(command);
    let sent = json!({"action": "lead.created", "actor": {"type": "user", "id": "u"}});
    server.post(&format!("{ORG}/events"), &key, &sent);
    server.sign(&key, "p1", &signee);
    assert_eq!(server.put_document(&key, "p2"), 503);
    let (status, told) = server.send("GET", &format!("{ORG}/processes/p1/document"), &key, &[], "");
    assert_eq!(status, 503, "{}", String::from_utf8_lossy(&told));
    let told: Value = serde_json::from_slice(&told).unwrap();
    assert_eq!(told["code"], "unavailable", "{told}");
    server.kill();

    // Back again, everything goes on; the trail was not made without its document meanwhile.
    let server = serve(&prefix, &data, &[]);
    assert_eq!(server.put_document(&key, "p2"), 201);
    let made = server.final_pdf(&key, "p1");
    let trail = server.send("GET", &format!("{ORG}/processes/p1/audit-trail.json"), &key, &[], "");
    assert_eq!(trail.0, 200);
    assert!(made.starts_with(PDF), "the document comes first, untouched");
    server.kill();

    // What somebody must change is refused at the start, in words.
    let mut command = program(&prefix, &["serve", "--listen", "127.0.0.1:0", "--data", path]);
    let output = command.env("AWS_SECRET_ACCESS_KEY", "wrong").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("it refuses these credentials"), "{said}");
}
