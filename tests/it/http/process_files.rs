//! The document of a process and the final PDF, over HTTP. Deliberately absent: what a trail holds.

use std::io::{Read as _, Write as _};

use everlog_core::hex::Hex;
use everlog_core::ids::OrgId;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::server::{Answer, Server, event};

/// A page with nothing on it.
pub const PDF: &[u8] = b"%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>\nendobj\nxref\n0 4\n0000000000 65535 f \n0000000009 00000 n \n0000000054 00000 n \n0000000105 00000 n \ntrailer\n<</Size 4/Root 1 0 R>>\nstartxref\n170\n%%EOF\n";

const BYTES_MAX: usize = 25 * 1024 * 1024;

pub fn sha256(bytes: &[u8]) -> String {
    Hex(&Sha256::digest(bytes)).to_string()
}

/// The event that makes a process.
pub fn created(process: &str) -> Value {
    let mut created = event("document.created");
    created["process"] = json!(process);
    created["targets"] = json!([{"type": "document", "id": process, "name": "Lease"}]);
    created["metadata"] = json!({"display_name": "Lease", "file_name": "lease.pdf"});
    created
}

pub fn put(server: &Server, org: &str, key: &str, process: &str, bytes: &[u8]) -> Answer {
    let path = format!("/v1/organizations/{org}/processes/{process}/document");
    server.send("PUT", &path, key, Some(bytes), "application/pdf")
}

/// A process with a document and a final PDF that history tells of: of 1970, so that no list of these days holds it.
pub fn finished(server: &Server, org: &str, key: &str, process: &str) {
    let code = server.app.access.open_locally(&OrgId::try_from(org).unwrap()).unwrap().code();
    let kept = |bytes: &[u8]| {
        let mut upload = server.app.blobs.begin(code).unwrap();
        upload.write(bytes).unwrap();
        upload.place().unwrap().named();
        json!({"sha256": sha256(bytes), "size": bytes.len()})
    };
    let own = |action: &str, metadata: Value| json!({"action": action, "actor": {"type": "system"}, "process": process, "metadata": metadata});
    let mut history = [
        created(process),
        own("document.attached", kept(PDF)),
        own("document.completed", json!({})),
        own("trail.made", kept(&[PDF, b"% final\n"].concat())),
    ];
    history.iter_mut().for_each(|event| event["occurred_at"] = json!("1970-06-01T00:00:00Z"));
    let path = format!("/v1/organizations/{org}/events?mode=record");
    assert_eq!(server.post(&path, key, &json!(history)).body["created"], 4);
}

struct World {
    server: Server,
    key: String,
}

fn world() -> World {
    let server = Server::start();
    let key = server.tenant("acme", "signing");
    World { server, key }
}

impl World {
    fn create(&self, process: &str) {
        let made = self.server.post("/v1/organizations/acme/events", &self.key, &created(process));
        assert_eq!(made.status, 201, "{made:?}");
    }

    fn put(&self, process: &str, bytes: &[u8]) -> Answer {
        put(&self.server, "acme", &self.key, process, bytes)
    }

    fn get(&self, path: &str) -> Answer {
        self.server.get(&format!("/v1/organizations/acme/processes/{path}"), &self.key)
    }

    fn get_with(&self, path: &str, name: &str, value: &str) -> Answer {
        let path = format!("/v1/organizations/acme/processes/{path}");
        let bearer = format!("Bearer {}", self.key);
        self.server.request("GET", &path, &[("Authorization", &bearer), (name, value)], None)
    }

    fn send(&self, action: &str, process: &str, signee: &str) -> Answer {
        let mut sent = event(action);
        sent["process"] = json!(process);
        sent["signee"] = json!(signee);
        self.server.post("/v1/organizations/acme/events", &self.key, &sent)
    }

    fn downloads(&self) -> Vec<Value> {
        let path = "/v1/organizations/acme/events?category=Access&action=trail.downloaded&sort=time";
        self.server.get(path, &self.key).body["data"].as_array().unwrap().clone()
    }
}

/// X02: the bytes come back as they were, under a name that is safe, and the log says which they are.
#[test]
fn a_document_is_attached_once_recorded_and_given_back_byte_for_byte() {
    let world = world();
    world.create("sp1");
    world.get("sp1/document").assert_problem(404, "no_document");
    let put = world.put("sp1", PDF);
    assert_eq!(put.status, 201, "{put:?}");
    let expected = json!({
        "process_key": "sp1", "sha256": sha256(PDF), "size": PDF.len(), "pages": 1, "trail": {"way": "appended"},
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(put.body[name], *value);
    }
    let id = put.body["id"].as_str().unwrap();
    let told = world.server.get(&format!("/v1/organizations/acme/events/{id}"), &world.key).body;
    assert_eq!((&told["action"], &told["process"]), (&json!("document.attached"), &json!("sp1")));
    assert_eq!(
        (&told["metadata"]["sha256"], &told["metadata"]["size"]),
        (&put.body["sha256"], &put.body["size"])
    );
    assert_eq!(told["actor"]["type"], "api_key");
    // The log knows which key it was and nothing of who held it: neither sentence nor trail makes a person of its name.
    let page = world.get("sp1/audit-trail.html").text;
    assert!(told["description"].as_str().unwrap().starts_with("API key "), "{told}");
    assert!(page.contains("API key “"), "{page}");
    let got = world.get("sp1/document");
    assert_eq!((got.status, got.text.as_bytes()), (200, PDF));
    assert_eq!(got.headers["content-type"], "application/pdf");
    assert_eq!(got.headers["cache-control"], "private, no-cache");
    let name = got.headers["content-disposition"].to_str().unwrap();
    assert_eq!(name, "attachment; filename=\"sp1-document.pdf\"; filename*=UTF-8''lease.pdf");
    // The same again is refused too: what was there is told.
    let again = world.put("sp1", PDF);
    again.assert_problem(409, "document_attached");
    assert!(again.body["detail"].as_str().unwrap().contains(&sha256(PDF)));
    world.put("sp1", &[PDF, b"%"].concat()).assert_problem(409, "document_attached");
    world.put("sp2", PDF).assert_problem(404, "not_found");
    world.server.check_log();
}

#[test]
fn a_document_is_refused_once_somebody_was_invited_and_after_the_end() {
    let world = world();
    world.create("sp1");
    assert_eq!(world.send("invitation.sent", "sp1", "si1").status, 201);
    world.put("sp1", PDF).assert_problem(409, "already_invited");
    assert_eq!(world.send("document.revoked", "sp1", "si1").status, 201);
    world.put("sp1", PDF).assert_problem(409, "process_ended");
    world.get("sp1/document").assert_problem(404, "no_document");
    world.server.check_log();
}

#[test]
fn what_is_no_pdf_is_refused_by_its_bytes_whatever_it_is_called() {
    let world = world();
    world.create("sp1");
    let size = world.server.size("acme");
    world.put("sp1", b"").assert_problem(422, "document_empty");
    for bad in [&b"PK\x03\x04"[..], b"<html>", b"{}", b"%PDF", &[0; 4096], b"\xff\xfe%\0P\0D\0F\0-\0"] {
        world.put("sp1", bad).assert_problem(422, "document_not_pdf");
    }
    world.put("sp1", &PDF[..40]).assert_problem(422, "document_damaged");
    let path = "/v1/organizations/acme/processes/sp1/document";
    for kind in ["application/json", "text/plain", "application/x-www-form-urlencoded", "", "\u{1}"] {
        let kind = if kind == "\u{1}" { "multipart/form-data; boundary=x" } else { kind };
        let answer = world.server.send("PUT", path, &world.key, Some(PDF), kind);
        answer.assert_problem(415, "unsupported_media_type");
    }
    assert_eq!(world.server.size("acme"), size, "nothing was recorded");
    let kind = "Application/PDF; name=x";
    assert_eq!(world.server.send("PUT", path, &world.key, Some(PDF), kind).status, 201);
}

/// A limit is met to the byte, by what a request says of itself and by what comes.
#[test]
fn a_document_has_25_mebibytes_and_not_one_more() {
    let world = world();
    world.create("sp1");
    let path = "/v1/organizations/acme/processes/sp1/document";
    let mut bytes = vec![b' '; BYTES_MAX + 1];
    bytes[..PDF.len()].copy_from_slice(PDF);
    let bearer = format!("Bearer {}", world.key);
    let told = format!(
        "PUT {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {bearer}\r\nContent-Length: {}\r\n\r\n",
        bytes.len()
    );
    let answer = world.server.raw(told.as_bytes());
    assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("body_too_large"), "{answer}");
    // Who writes everything before they read once met a broken pipe, and never learnt why.
    let mut stream = std::net::TcpStream::connect(world.server.address).unwrap();
    stream.write_all(told.as_bytes()).unwrap();
    for piece in bytes.chunks(64 * 1024) {
        stream.write_all(piece).expect("it is taken to the end");
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 413 ") && answer.contains("connection: close"), "{answer}");
    // Packed, nothing is known of it before.
    let packed = {
        let mut packer = std::process::Command::new("gzip")
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = packer.stdin.take().unwrap();
        let bytes = bytes.clone();
        let writing = std::thread::spawn(move || stdin.write_all(&bytes).unwrap());
        let packed = packer.wait_with_output().unwrap().stdout;
        writing.join().unwrap();
        packed
    };
    let headers = [
        ("Authorization", bearer.as_str()),
        ("Content-Type", "application/pdf"),
        ("Content-Encoding", "gzip"),
    ];
    world.server.request("PUT", path, &headers, Some(&packed)).assert_problem(413, "body_too_large");
    bytes.pop();
    let put = world.put("sp1", &bytes);
    assert_eq!((put.status, &put.body["size"]), (201, &json!(BYTES_MAX)));
    let got = world.get("sp1/document");
    assert_eq!((got.text.len(), sha256(got.text.as_bytes())), (BYTES_MAX, sha256(&bytes)));
}

/// X02: the final PDF is there when it is made; until then the answer says why not.
#[test]
fn a_final_pdf_is_given_once_it_is_made_and_its_absence_is_explained() {
    let world = world();
    world.create("sp1");
    world.get("sp1/final.pdf").assert_problem(404, "not_completed");
    world.get("sp9/final.pdf").assert_problem(404, "not_found");
    let completed = json!([{"action": "document.completed", "actor": {"type": "system"}, "process": "sp1"}]);
    let path = "/v1/organizations/acme/events?mode=record";
    assert_eq!(world.server.post(path, &world.key, &completed).body["created"], 1);
    world.get("sp1/final.pdf").assert_problem(404, "trail_not_made");
    finished(&world.server, "acme", &world.key, "sp2");
    let got = world.get("sp2/final.pdf");
    assert_eq!((got.status, got.text.as_bytes()), (200, &[PDF, b"% final\n"].concat()[..]));
}

/// D27: a file that is taken away is recorded once, in the category Access; a look and a copy that is known are not.
#[test]
fn each_download_is_recorded_once_and_looking_is_not() {
    let world = world();
    finished(&world.server, "acme", &world.key, "sp1");
    let got = world.get("sp1/final.pdf");
    let etag = got.headers["etag"].to_str().unwrap().to_owned();
    assert_eq!(etag, format!("\"{}\"", sha256(got.text.as_bytes())));
    let downloads = world.downloads();
    assert_eq!(downloads.len(), 1);
    assert_eq!(downloads[0]["metadata"]["file"], "final.pdf");
    assert_eq!(downloads[0]["targets"][0]["id"], "sp1");
    assert!(downloads[0]["process"].is_null(), "a trail would never end");
    for known in [etag.as_str(), &format!("\"x\", W/{etag}"), "*"] {
        let same = world.get_with("sp1/final.pdf", "If-None-Match", known);
        assert_eq!((same.status, same.text.as_str()), (304, ""));
        assert_eq!(same.headers["etag"].to_str().unwrap(), etag);
    }
    let path = "/v1/organizations/acme/processes/sp1/final.pdf";
    let head = world.server.send("HEAD", path, &world.key, None, "");
    assert_eq!(head.headers["content-length"].to_str().unwrap(), got.text.len().to_string());
    assert_eq!(world.downloads().len(), 1);
    assert_eq!(world.get_with("sp1/document", "If-None-Match", "\"x\"").status, 200);
    assert_eq!(world.downloads().len(), 2);
    // A list that nobody asked for Access shows none of it.
    let listed = world.server.get("/v1/organizations/acme/events", &world.key).text;
    assert!(!listed.contains("trail.downloaded"));
    world.server.check_log();
}

/// Names that would leave a directory, turn round, hide their ending or break a header name a file and nothing else.
#[test]
fn a_hostile_file_name_reaches_no_header_and_no_path() {
    let world = world();
    let names = [
        "../../etc/passwd",
        "..\\..\\boot.ini",
        "/abs.pdf",
        "C:\\x.pdf",
        "a\"; filename=\"evil.exe",
        "a\r\nSet-Cookie: x=1",
        "\u{202e}fdp.exe",
        ".pdf",
        "...",
        "CON",
        "名前 𝓪.pdf",
        &"x".repeat(300),
        "nul\u{7f}",
    ];
    for (number, name) in names.iter().enumerate() {
        let process = format!("sp{number}");
        let mut made = created(&process);
        made["metadata"]["file_name"] = json!(name);
        // As a command some of them are refused; history is kept as it was.
        let history = "/v1/organizations/acme/events?mode=record";
        assert_eq!(world.server.post(history, &world.key, &made).status, 201);
        assert_eq!(world.put(&process, PDF).status, 201);
        let got = world.get(&format!("{process}/document"));
        assert_eq!(got.status, 200);
        assert!(!got.headers.contains_key("set-cookie"), "{name:?}");
        let told = got.headers["content-disposition"].to_str().unwrap();
        let (plain, own) = told.split_once("filename*=UTF-8''").unwrap();
        assert_eq!(plain, format!("attachment; filename=\"sp{number}-document.pdf\"; "));
        assert!(own.ends_with(".pdf") && own.len() < 400, "{own}");
        assert!(!own.starts_with('.') && !own.to_lowercase().contains("%2f"), "{own}");
        for bad in ["%5C", "%0D", "%0A", "%22", "%E2%80%AE", "%7F", "\"", ";"] {
            assert!(!own.contains(bad), "{own}");
        }
    }
}

/// History may name any hash: nothing is read by it but what is kept.
#[test]
fn bytes_that_history_names_and_nobody_brought_are_not_there() {
    let world = world();
    for (number, sha256) in
        ["../../truth.db", &"0".repeat(64), &sha256(b"x"), "", "%2e%2e"].iter().enumerate()
    {
        let process = format!("sp{number}");
        let told = json!([created(&process), {"action": "document.attached", "actor": {"type": "system"},
            "process": process, "metadata": {"sha256": sha256, "size": 5}}]);
        let path = "/v1/organizations/acme/events?mode=record";
        assert_eq!(world.server.post(path, &world.key, &told).body["created"], 2);
        let answer = world.get(&format!("{process}/document"));
        assert_eq!(answer.status, 404, "{answer:?}");
    }
}

/// A of the hostile list: the same bytes in two organizations are two files; nobody can ask whether another has them.
#[test]
fn organizations_share_no_bytes() {
    let world = world();
    let other = world.server.tenant("globex", "signing");
    finished(&world.server, "acme", &world.key, "sp1");
    let path = "/v1/organizations/globex/processes/sp1/document";
    world.server.get(path, &other).assert_problem(404, "not_found");
    let mut told = json!([created("sp1"), {"action": "document.attached", "actor": {"type": "system"},
        "process": "sp1", "metadata": {"sha256": sha256(PDF), "size": PDF.len()}}]);
    told[0]["targets"] = json!([]);
    let events = "/v1/organizations/globex/events?mode=record";
    assert_eq!(world.server.post(events, &other, &told).body["created"], 2);
    world.server.get(path, &other).assert_problem(404, "not_kept");
}

/// What was acknowledged is there after the next start, and a file that rots is not handed out.
#[test]
fn a_document_survives_a_restart_and_one_that_was_altered_is_not_given() {
    let world = world();
    world.create("sp1");
    assert_eq!(world.put("sp1", PDF).status, 201);
    let key = world.key;
    let directory = world.server.stop();
    let server = Server::start_in(directory, |_| {});
    let path = "/v1/organizations/acme/processes/sp1/document";
    assert_eq!(server.get(path, &key).text.as_bytes(), PDF);
    let hash = sha256(PDF);
    let code = server.app.access.open_locally(&OrgId::try_from("acme").unwrap()).unwrap().code();
    let file = server.directory.path().join(format!("data/blobs/{}/{}/{hash}", code.0, &hash[..2]));
    std::fs::write(&file, [PDF, b"!"].concat()).unwrap();
    server.get(path, &key).assert_problem(500, "damaged");
}

/// X03: the trail as data and as a page, of an open process too, in the language and the zone that are asked for.
#[test]
fn a_trail_is_read_in_the_language_and_the_zone_that_are_asked_for() {
    let world = world();
    world.create("sp1");
    assert_eq!(world.put("sp1", PDF).status, 201);
    assert_eq!(world.send("invitation.sent", "sp1", "si1").status, 201);
    let got = world.get("sp1/audit-trail.json");
    assert_eq!((got.status, &got.headers["content-type"]), (200, &"application/json".parse().unwrap()));
    assert_eq!((&got.body["is_interim"], &got.body["language"]), (&json!(true), &json!("en")));
    assert_eq!(got.body["document"]["sha256_before"], sha256(PDF));
    let actions: Vec<_> =
        got.body["events"].as_array().unwrap().iter().map(|it| it["action"].clone()).collect();
    assert_eq!(actions, ["document.created", "document.attached", "invitation.sent"]);
    let name = got.headers["content-disposition"].to_str().unwrap();
    assert!(name.ends_with("filename*=UTF-8''lease%20%28Audit%20Trail%29.json"), "{name}");
    // Its name changes with what it says, not with the moment at which it is made.
    let etag = got.headers["etag"].to_str().unwrap().to_owned();
    std::thread::sleep(std::time::Duration::from_millis(5));
    assert_eq!(world.get_with("sp1/audit-trail.json", "If-None-Match", &etag).status, 304);
    assert_eq!(world.get_with("sp1/audit-trail.html", "If-None-Match", &etag).status, 200);
    let german = world.get("sp1/audit-trail.json?locale=de&tz=Asia/Tokyo");
    assert_eq!((&german.body["language"], &german.body["time_zone"]), (&json!("de"), &json!("Asia/Tokyo")));
    assert_ne!(german.headers["etag"].to_str().unwrap(), etag);
    let page = world.get("sp1/audit-trail.html?locale=ar");
    assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
    assert!(page.text.contains("dir=\"rtl\"") && page.text.contains(&sha256(PDF)), "{}", page.text);
    assert_eq!(world.send("document.revoked", "sp1", "si1").status, 201);
    let ended = world.get_with("sp1/audit-trail.json", "If-None-Match", &etag);
    assert_eq!((ended.status, &ended.body["is_interim"]), (200, &json!(false)));
    for bad in ["locale=xx", "locale=de&locale=en", "tz=Mars/Olympus", "x=1"] {
        world.get(&format!("sp1/audit-trail.json?{bad}")).assert_problem(400, "invalid_parameter");
        world.get(&format!("sp1/document?{bad}")).assert_problem(400, "invalid_parameter");
    }
    let files: Vec<_> = world.downloads().iter().map(|it| it["metadata"]["file"].clone()).collect();
    let expected = ["json", "html", "json", "html", "json"].map(|it| format!("audit-trail.{it}"));
    assert_eq!(files, expected);
    world.server.check_log();
}
