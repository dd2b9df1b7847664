//! The real program: stopping in the middle of work, a disk that is full, and what its log lines say. Deliberately absent:
//! being killed; see `crash`.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::server::{OPERATOR_KEY, event};

struct Program {
    child: Child,
    base: String,
    log: Option<std::thread::JoinHandle<String>>,
}

impl Program {
    /// Starts `everlog serve`; `before` is what a shell does first.
    fn start(data: &Path, before: &str, log: &str) -> Self {
        let mut child = Command::new("sh")
            .args(["-c", &format!("{before} exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_everlog"), "serve"])
            .args(["--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .env("EVERLOG_OPERATOR_KEY", OPERATOR_KEY)
            .env("RUST_LOG", log)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut errors = child.stderr.take().unwrap();
        let log = std::thread::spawn(move || {
            let mut text = Vec::new();
            errors.read_to_end(&mut text).unwrap();
            String::from_utf8_lossy(&text).into_owned()
        });
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let base = line
            .split_whitespace()
            .find(|word| word.starts_with("http://"))
            .unwrap_or_else(|| panic!("{line:?}"));
        Self { base: base.to_owned(), child, log: Some(log) }
    }

    fn signal(&self, name: &str) {
        let told = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(told.unwrap().success());
    }

    /// Waits for the end: the exit code and the log lines.
    fn end(&mut self) -> (Option<i32>, String) {
        let deadline = Instant::now() + Duration::from_secs(40);
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status.code(), self.log.take().unwrap().join().unwrap());
            }
            assert!(Instant::now() < deadline, "the server does not stop");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Sends a request; nothing when there is nobody who answers.
    fn send(
        &self,
        method: &str,
        path: &str,
        key: &str,
        body: Option<&Value>,
    ) -> Option<(u16, Value, Option<String>)> {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(30)))
            .build()
            .into();
        let request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header("Authorization", format!("Bearer {key}"))
            .header("Content-Type", "application/json");
        let answer = match body {
            Some(body) => agent.run(request.body(body.to_string()).unwrap()),
            None => agent.run(request.body(()).unwrap()),
        };
        let mut answer = answer.ok()?;
        let retry = answer.headers().get("retry-after").map(|it| it.to_str().unwrap().to_owned());
        let text = answer.body_mut().read_to_string().ok()?;
        Some((answer.status().as_u16(), serde_json::from_str(&text).unwrap_or_default(), retry))
    }

    fn tenant(&self) -> String {
        let new = json!({"id": "acme", "name": "Acme", "profile": "workspace"});
        self.send("POST", "/v1/organizations", OPERATOR_KEY, Some(&new)).unwrap();
        let new = json!({"name": "Nebukadnezar", "scopes": ["write", "read", "admin"]});
        let (status, made, _) =
            self.send("POST", "/v1/organizations/acme/keys", OPERATOR_KEY, Some(&new)).unwrap();
        assert_eq!(status, 201, "{made}");
        made["key"].as_str().unwrap().to_owned()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// What the command line finds wrong with a data directory: nothing.
fn fsck(data: &Path) {
    let checked =
        Command::new(env!("CARGO_BIN_EXE_everlog")).arg("fsck").arg("--data").arg(data).output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
}

/// SIGTERM under load: whoever was answered finds the event afterwards, the exit code is 0, and it does not take long.
#[test]
fn sigterm_finishes_what_was_accepted_and_exits_0() {
    for signal in ["TERM", "INT"] {
        let directory = TempDir::new().unwrap();
        let data = directory.path().join("data");
        let mut program = Program::start(&data, "", "info");
        let key = program.tenant();
        let stopped = AtomicBool::new(false);
        let acknowledged: Vec<String> = std::thread::scope(|scope| {
            let senders: Vec<_> = (0..4)
                .map(|sender| {
                    let (program, key, stopped) = (&program, &key, &stopped);
                    scope.spawn(move || {
                        let mut acknowledged = Vec::new();
                        for number in 0.. {
                            let mut sent = event("lead.created");
                            sent["id"] = json!(format!("e-{sender}-{number}"));
                            match program.send("POST", "/v1/organizations/acme/events", key, Some(&sent)) {
                                Some((201, answer, _)) => {
                                    acknowledged.push(answer["id"].as_str().unwrap().to_owned())
                                }
                                Some((status, answer, _)) => assert_eq!(status, 503, "{answer}"),
                                None => {
                                    assert!(
                                        stopped.load(Ordering::SeqCst),
                                        "nobody answered before the signal"
                                    );
                                    break;
                                }
                            }
                        }
                        acknowledged
                    })
                })
                .collect();
            std::thread::sleep(Duration::from_millis(700));
            stopped.store(true, Ordering::SeqCst);
            program.signal(signal);
            senders.into_iter().flat_map(|sender| sender.join().unwrap()).collect()
        });
        let (code, log) = program.end();
        assert_eq!(code, Some(0), "{log}");
        assert!(!acknowledged.is_empty());
        fsck(&data);
        let program = Program::start(&data, "", "error");
        for id in &acknowledged {
            let (status, _, _) =
                program.send("GET", &format!("/v1/organizations/acme/events/{id}"), &key, None).unwrap();
            assert_eq!(status, 200, "{id} was acknowledged");
        }
    }
}

/// A disk that takes no more: nothing is acknowledged that is not there, reading goes on, and with room it goes on.
#[test]
fn on_a_full_disk_writing_is_503_with_retry_after_and_reading_goes_on() {
    let directory = TempDir::new().unwrap();
    let data = directory.path().join("data");
    // Files may grow to some MiB and no further, which the program is told as an error of the write.
    let program = Program::start(&data, "trap '' XFSZ; ulimit -f 6000;", "error");
    let key = program.tenant();
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut noise = || -> String {
        (0..12_000)
            .map(|_| {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                format!("{random:016x}")
            })
            .collect()
    };
    let (mut acknowledged, mut refused) = (0_u64, None);
    for number in 0..300 {
        let mut sent = event("lead.created");
        sent["id"] = json!(format!("e-{number}"));
        sent["reason"] = json!(noise());
        let Some(answer) = program.send("POST", "/v1/organizations/acme/events", &key, Some(&sent)) else {
            panic!("nobody answers any more");
        };
        match answer {
            (201, _, _) => acknowledged += 1,
            other => {
                refused = Some(other);
                break;
            }
        }
    }
    let (status, answer, retry) = refused.expect("the disk is full some time");
    assert_eq!((status, answer["code"].as_str()), (503, Some("unavailable")), "{answer}");
    assert!(retry.is_some(), "Retry-After");
    assert!(acknowledged > 0);
    for path in ["events?limit=1", "events/total", "events/e-0", "feed?limit=1", "events?q=lead&limit=1"] {
        let (status, answer, _) =
            program.send("GET", &format!("/v1/organizations/acme/{path}"), &key, None).unwrap();
        assert_eq!(status, 200, "{path}: {answer}");
    }
    let (_, total, _) = program.send("GET", "/v1/organizations/acme/events/total", &key, None).unwrap();
    assert_eq!(total["total"], acknowledged, "what was refused is not there");
    let (ready, _, _) = program.send("GET", "/readyz", "", None).unwrap();
    assert!([200, 503].contains(&ready));
    drop(program);
    fsck(&data);
    let program = Program::start(&data, "", "error");
    let mut again = event("lead.created");
    again["id"] = json!("after");
    let (status, answer, _) =
        program.send("POST", "/v1/organizations/acme/events", &key, Some(&again)).unwrap();
    assert_eq!((status, answer["seq"].as_u64()), (201, Some(acknowledged)), "{answer}");
}

/// L18: a workbook that finds no room while it waits breaks its transfer and nothing else: nobody panics, nothing is held,
/// and writing goes on.
#[test]
fn a_workbook_that_finds_no_room_breaks_off_and_leaves_the_server_as_it_was() {
    let directory = TempDir::new().unwrap();
    let data = directory.path().join("data");
    let mut program = Program::start(&data, "trap '' XFSZ; ulimit -f 12000;", "error");
    let key = program.tenant();
    // Each `&` takes one byte in the log, and five in the XML of a sheet.
    let (each, count) = ("&".repeat(4_000), 20);
    for _ in 0..30 {
        let mut sent = event("lead.created");
        sent["metadata"] = json!({"text": each});
        let events = json!(vec![sent; count]);
        let (status, answer, _) =
            program.send("POST", "/v1/organizations/acme/events", &key, Some(&events)).unwrap();
        assert_eq!((status, answer["created"].as_u64()), (200, Some(count as u64)), "{answer}");
    }
    let export = |format: &str| {
        let url = format!("{}/v1/organizations/acme/export?columns=full&format={format}", program.base);
        let mut answer = ureq::get(url).header("Authorization", format!("Bearer {key}")).call().unwrap();
        answer.body_mut().with_config().limit(1 << 30).read_to_vec()
    };
    assert!(export("xlsx").is_err(), "a file that is not whole looks whole");
    assert!(export("csv").is_ok());
    let (status, answer, _) =
        program.send("POST", "/v1/organizations/acme/events", &key, Some(&event("lead.created"))).unwrap();
    assert_eq!(status, 201, "{answer}");
    let metrics = ureq::get(format!("{}/metrics", program.base)).call().unwrap();
    let metrics = metrics.into_body().read_to_string().unwrap();
    assert!(metrics.contains("everlog_exports_open 0"), "{metrics}");
    program.signal("TERM");
    let (code, log) = program.end();
    assert_eq!(code, Some(0));
    assert!(log.contains("an export broke off") && !log.contains("panicked"), "{log}");
}

/// B, I of the hostile list, style 38: at every level of detail of ours, log lines hold no key, body, address or name.
#[test]
fn log_lines_hold_no_key_no_body_no_address_and_no_name() {
    for format in ["text", "json"] {
        let directory = TempDir::new().unwrap();
        let data = directory.path().join("data");
        let before = format!("EVERLOG_LOG_FORMAT={format}; export EVERLOG_LOG_FORMAT;");
        let mut program = Program::start(&data, &before, "debug,everlog=trace");
        let key = program.tenant();
        let session = json!({"user": {"id": "u_geheim", "name": "Nofretete", "email": "nofretete@x.example"}, "role": "owner"});
        let (_, made, _) =
            program.send("POST", "/v1/organizations/acme/viewer-sessions", &key, Some(&session)).unwrap();
        let token = made["token"].as_str().unwrap().to_owned();
        let code = made["url"].as_str().unwrap().split("code=").nth(1).unwrap().to_owned();
        let sent = json!({
            "id": "Kleopatra", "action": "lead.ptolemaios",
            "actor": {"type": "user", "id": "u_hatschepsut", "name": "Hatschepsut", "email": "hatschepsut@x.example"},
            "context": {"ip": "203.0.113.77"}, "metadata": {"card": "4111111111111111"}, "reason": "\u{1b}[2J ${jndi:ldap://x}",
        });
        let paths = [
            "events?q=Semiramis",
            "events/Semiramis",
            "events?actor=Semiramis&sort=nope",
            "feed?after=Semiramis",
            "Semiramis",
        ];
        for key in [key.as_str(), token.as_str(), "evl_sk_Semiramis", OPERATOR_KEY, code.as_str()] {
            for body in
                [&sent, &json!({"Semiramis": 1}), &json!("Semiramis"), &json!([sent, {"Semiramis": 1}])]
            {
                program.send("POST", "/v1/organizations/acme/events", key, Some(body)).unwrap();
            }
            for path in paths {
                program.send("GET", &format!("/v1/organizations/acme/{path}"), key, None).unwrap();
            }
            program
                .send(
                    "POST",
                    "/v1/organizations",
                    key,
                    Some(&json!({"id": "Semiramis", "name": "Semiramis"})),
                )
                .unwrap();
        }
        program.signal("TERM");
        let (code_of_exit, log) = program.end();
        assert_eq!(code_of_exit, Some(0));
        assert!(log.lines().count() > 20, "lines were written: {log}");
        for secret in [
            key.as_str(),
            &key[7..20],
            &token,
            &code,
            OPERATOR_KEY,
            "Kleopatra",
            "ptolemaios",
            "atschepsut",
            "203.0.113.77",
            "4111111111111111",
            "Nofretete",
            "nofretete",
            "geheim",
            "Semiramis",
            "semiramis",
            "jndi",
            "Nebukadnezar",
            "Bearer",
        ] {
            let line = log.lines().find(|line| line.contains(secret));
            assert!(line.is_none(), "{secret} in: {line:?}");
        }
        assert!(!log.contains("ERROR"), "nobody has to act: {log}");
    }
}
