//! The program's commands from end to end, on a data directory and against a server. Deliberately absent: `serve`, which
//! `http::stopping` stops.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::server::{Server, event};

struct Shell {
    directory: TempDir,
    /// What every command with a log is given: a data directory, or a server and a key.
    place: Vec<String>,
}

impl Shell {
    fn local() -> Self {
        let directory = TempDir::new().unwrap();
        let place = vec!["--data".to_owned(), directory.path().join("data").display().to_string()];
        Self { directory, place }
    }

    fn run(&self, arguments: &[&str], input: &str) -> Output {
        use std::io::Write;
        let mut child = Command::new(env!("CARGO_BIN_EXE_everlog"))
            .args(arguments)
            .args(&self.place)
            .env_remove("EVERLOG_URL")
            .env_remove("EVERLOG_API_KEY")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that reads nothing may have ended.
        child.stdin.take().unwrap().write_all(input.as_bytes()).ok();
        child.wait_with_output().unwrap()
    }

    /// The lines of JSON that a command prints when it succeeds.
    fn lines(&self, arguments: &[&str], input: &str) -> Vec<Value> {
        let output = self.run(arguments, input);
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn file(&self, name: &str, content: &str) -> String {
        let path = self.directory.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.display().to_string()
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn with_id(id: &str) -> Value {
    let mut sent = event("lead.created");
    sent["id"] = json!(id);
    sent["occurred_at"] = json!("2026-03-01T10:00:00Z");
    sent
}

/// Records, finds, follows and imports; the same whether the log is a directory or behind a server.
fn events_go_in_and_come_out(shell: &Shell) {
    let org = ["--org", "acme"];
    let with = |arguments: &[&str]| -> Vec<String> {
        [arguments, &org].concat().iter().map(|it| (*it).to_owned()).collect()
    };
    let lines = |arguments: &[&str], input: &str| {
        let arguments = with(arguments);
        shell.lines(&arguments.iter().map(String::as_str).collect::<Vec<_>>(), input)
    };
    let one = lines(&["record"], &with_id("e-0").to_string());
    assert_eq!((one.len(), &one[0]["status"], &one[0]["seq"]), (1, &json!("created"), &json!(0)));
    let array = json!([with_id("e-0"), with_id("e-1")]).to_string();
    let two = lines(&["record"], &array);
    assert_eq!([&two[0]["status"], &two[1]["status"]], ["duplicate", "created"]);

    let import: String = (0..2_500).map(|at| format!("{}\n", with_id(&format!("i-{at}")))).collect();
    let import = format!("{import}{{\"action\":\n\n{}\n{{\"action\":\"a.b\"}}\n", with_id("i-0"));
    let file = shell.file("history.jsonl", &import);
    let arguments = with(&["import", &file]);
    let output = shell.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>(), "");
    assert_eq!(output.status.code(), Some(1), "some lines were bad: {}", text(&output.stderr));
    let tally: Value = serde_json::from_str(&text(&output.stdout)).unwrap();
    assert_eq!(tally, json!({"created": 2_500, "duplicates": 1, "refused": 2}));
    let told = text(&output.stderr);
    assert!(told.contains("line 2501:") && told.contains("line 2504:"), "{told}");

    assert_eq!(lines(&["query", "--count"], ""), [json!(2_502)]);
    assert_eq!(lines(&["query", "id:i-7", "-n", "3", "-w", "kind=created"], "").len(), 3);
    assert_eq!(lines(&["query", "--all"], "").len(), 2_502);
    assert_eq!(lines(&["tail", "--once", "--after", "-1"], "").len(), 2_502);
    let end = lines(&["tail", "--once", "--after", "2500"], "");
    assert_eq!((end.len(), &end[0]["id"]), (1, &json!("i-2499")));
    for bad in [
        &["query", "-w", "sort=nope"][..],
        &["query", "-w", "unknown=1"],
        &["query", "\"open"],
        &["tail", "--once", "--after", "-2"],
    ] {
        let arguments = with(bad);
        let output = shell.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>(), "");
        assert_eq!(output.status.code(), Some(1), "{bad:?}");
        assert!(text(&output.stderr).starts_with("everlog: "), "{bad:?}: {}", text(&output.stderr));
    }
}

/// L18: a file holds what `query` finds, and has its name when it is whole; in a pipe the same.
fn exports_hold_what_query_finds(shell: &Shell) {
    let path = shell.directory.path().join("found.jsonl");
    let file = path.display().to_string();
    let found = shell.lines(&["query", "id:i-24", "--all", "--org", "acme"], "");
    let run = |arguments: &[&str]| {
        let output = shell.run(&[&["export", "id:i-24", "--org", "acme"], arguments].concat(), "");
        (output.status.code(), output.stdout, text(&output.stderr))
    };
    assert_eq!(run(&["-o", &file]), (Some(0), Vec::new(), String::new()));
    let written = std::fs::read_to_string(&path).unwrap();
    let written: Vec<Value> = written.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(written, found);
    let (code, csv, _) = run(&["--columns", "full", "--raw"]);
    assert_eq!((code, csv::Reader::from_reader(csv.as_slice()).records().count()), (Some(0), found.len()));
    let (code, workbook, _) = run(&["--format", "xlsx"]);
    assert_eq!((code, &workbook[..2]), (Some(0), b"PK".as_slice()));
    // What cannot be made takes nothing away from what is there.
    let (code, _, told) = run(&["-o", &file, "-w", "kind=nope"]);
    assert!(code == Some(1) && told.starts_with("everlog: "), "{told}");
    assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), found.len());
    let left = std::fs::read_dir(shell.directory.path()).unwrap().flatten();
    let left: Vec<_> =
        left.map(|it| it.file_name()).filter(|it| it.to_string_lossy().ends_with(".part")).collect();
    assert!(left.is_empty(), "{left:?}");
}

/// L18: `-o` replaces a regular file and nothing else: devices and pipes are written into, links are followed.
fn an_export_takes_no_place_but_a_files(shell: &Shell) {
    use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, symlink};
    let place = shell.directory.path();
    let at = |name: &str| place.join(name).display().to_string();
    let run = |arguments: &[&str]| {
        let output = shell.run(&[&["export", "id:i-24", "--org", "acme"], arguments].concat(), "");
        (output.status.code(), text(&output.stderr))
    };
    let fine = (Some(0), String::new());
    // A pipe stays one, and its reader gets everything.
    assert!(Command::new("mkfifo").arg(at("pipe.csv")).status().unwrap().success());
    let reader = std::thread::spawn({
        let pipe = at("pipe.csv");
        move || std::fs::read(pipe).unwrap()
    });
    assert_eq!(run(&["-o", &at("pipe.csv")]), fine);
    assert!(reader.join().unwrap().len() > 100);
    assert!(std::fs::metadata(at("pipe.csv")).unwrap().file_type().is_fifo());
    let null = std::fs::metadata("/dev/null").unwrap();
    symlink("/dev/null", at("null.csv")).unwrap();
    assert_eq!(run(&["-o", &at("null.csv")]), fine);
    assert!(std::fs::symlink_metadata(at("null.csv")).unwrap().is_symlink());
    let after = std::fs::metadata("/dev/null").unwrap();
    assert_eq!((after.ino(), after.file_type().is_char_device()), (null.ino(), true));
    // Links stay links, also those that lead to nothing yet; what is replaced keeps its mode.
    std::fs::write(at("real.csv"), "before").unwrap();
    std::fs::set_permissions(at("real.csv"), std::fs::Permissions::from_mode(0o640)).unwrap();
    for (link, target) in [("link.csv", "real.csv"), ("dangling.csv", "new.csv")] {
        symlink(target, at(link)).unwrap();
        // What lies under the name of a part is nobody's way to another file.
        symlink("victim", at(&format!("{target}.part"))).unwrap();
        assert_eq!(run(&["-o", &at(link)]), fine, "{link}");
        assert!(std::fs::symlink_metadata(at(link)).unwrap().is_symlink(), "{link}");
        assert!(std::fs::read(at(target)).unwrap().len() > 100, "{target}");
    }
    assert_eq!(std::fs::metadata(at("real.csv")).unwrap().permissions().mode() & 0o777, 0o640);
    assert!(!place.join("victim").exists());
    let (code, told) = run(&["-o", &place.display().to_string()]);
    assert!(code == Some(1) && told.contains("is a directory"), "{told}");
}

/// L18: an ending that is no format is no CSV, and `--raw` is a form of CSV alone.
fn an_export_of_no_format_is_refused(shell: &Shell) {
    let path = shell.directory.path().join("a.pdf");
    let file = path.display().to_string();
    let told = |arguments: &[&str]| {
        let output = shell.run(&[&["export", "--org", "acme"], arguments].concat(), "");
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        text(&output.stderr)
    };
    assert!(told(&["-o", &file]).contains("csv, xlsx, jsonl"));
    assert!(!path.exists());
    for format in ["xlsx", "jsonl"] {
        assert!(told(&["--raw", "-f", format]).contains("--raw"));
    }
}

#[test]
fn a_data_directory_is_administered_filled_searched_checked_and_reindexed() {
    let shell = Shell::local();
    let made =
        shell.lines(&["org", "create", "acme", "--name", "Acme", "--profile", "workspace", "--json"], "");
    assert_eq!(made[0]["id"], "acme");
    assert_ne!(
        shell.run(&["org", "create", "acme", "--name", "Acme", "--profile", "workspace"], "").status.code(),
        Some(0)
    );
    assert_ne!(
        shell.run(&["org", "create", "other", "--name", "O", "--profile", "nope"], "").status.code(),
        Some(0)
    );
    assert_eq!(shell.lines(&["org", "list"], "").len(), 1);
    let key = shell.lines(&["key", "create", "--org", "acme", "--scope", "write,read"], "").remove(0);
    assert!(key["key"].as_str().unwrap().starts_with("evl_sk_"));
    assert_eq!(shell.lines(&["key", "list", "--org", "acme"], "")[0]["revoked"], Value::Null);
    let id = key["id"].as_str().unwrap();
    assert_eq!(shell.run(&["key", "revoke", "--org", "acme", id], "").status.code(), Some(0));
    assert_ne!(shell.run(&["key", "revoke", "--org", "acme", id], "").status.code(), Some(0));
    assert!(shell.lines(&["key", "list", "--org", "acme"], "")[0]["revoked"].is_string());

    events_go_in_and_come_out(&shell);
    let checked = shell.lines(&["fsck", "--json"], "");
    assert_eq!((&checked[0]["events"], &checked[0]["faults"]), (&json!(2_502), &json!([])));
    assert_eq!(shell.run(&["reindex"], "").status.code(), Some(0));
    assert_eq!(shell.lines(&["query", "--org", "acme", "id:i-24", "--count"], ""), [json!(111)]);
    exports_hold_what_query_finds(&shell);
    an_export_takes_no_place_but_a_files(&shell);
    an_export_of_no_format_is_refused(&shell);
    damage_is_told(&shell);
}

/// X03: the trail of a process as a file of its kind, and the document with it.
#[test]
fn a_trail_is_written_as_what_the_files_name_says() {
    let server = Server::start();
    let key = server.tenant("acme", "signing");
    crate::http::process_files::finished(&server, "acme", &key, "sp1");
    let url = server.url("");
    let mut shell = Shell::local();
    shell.place = ["--url", &url, "--api-key", &key].map(str::to_owned).to_vec();
    let write = |shell: &Shell, arguments: &[&str], name: &str| {
        let path = shell.directory.path().join(name);
        let all = [&["trail", "--org", "acme", "-o", path.to_str().unwrap()], arguments].concat();
        let output = shell.run(&all, "");
        (output.status.code(), text(&output.stderr), std::fs::read(&path).unwrap_or_default())
    };
    let all_kinds = |shell: &Shell| {
        let begin = |arguments: &[&str], name: &str| {
            let (code, complaint, bytes) = write(shell, arguments, name);
            assert_eq!(code, Some(0), "{complaint}");
            String::from_utf8_lossy(&bytes).into_owned()
        };
        assert!(begin(&["sp1"], "trail.pdf").starts_with("%PDF-"));
        assert!(begin(&["sp1", "--locale", "de"], "trail.html").contains("lang=\"de\""));
        let json: Value = serde_json::from_str(&begin(&["sp1", "--tz", "Asia/Tokyo"], "trail.json")).unwrap();
        assert_eq!(json["time_zone"], "Asia/Tokyo");
        assert!(begin(&["sp1", "--final"], "final.pdf").ends_with("% final\n"));
        let (code, complaint, bytes) = write(shell, &["sp9"], "none.pdf");
        assert!(code == Some(1) && complaint.contains("no such process") && bytes.is_empty(), "{complaint}");
        let (code, complaint, _) = write(shell, &["sp1"], "trail.docx");
        assert!(code == Some(1) && complaint.contains(".docx"), "{complaint}");
    };
    all_kinds(&shell);
    let directory = server.stop();
    shell.place = vec!["--data".to_owned(), directory.path().join("data").to_str().unwrap().to_owned()];
    all_kinds(&shell);
}

/// One byte changed behind the program's back is found, and named.
fn damage_is_told(shell: &Shell) {
    let truth = std::fs::read_dir(shell.directory.path().join("data")).unwrap().map(|it| it.unwrap().path());
    let truth = truth
        .filter(|path| path.extension().is_some_and(|it| it == "db" || it == "sqlite"))
        .max_by_key(|path| std::fs::metadata(path).unwrap().len());
    let truth = truth.expect("the truth is a file");
    let mut bytes = std::fs::read(&truth).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 64].iter_mut().for_each(|byte| *byte ^= 0xff);
    std::fs::write(&truth, bytes).unwrap();
    let output = shell.run(&["fsck"], "");
    assert_ne!(output.status.code(), Some(0), "{}", text(&output.stdout));
}

#[test]
fn a_server_is_filled_and_searched_with_a_key() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let mut shell = Shell::local();
    shell.place = vec!["--url".to_owned(), server.url(""), "--api-key".to_owned(), key.clone()];
    events_go_in_and_come_out(&shell);
    exports_hold_what_query_finds(&shell);
    server.check_log();
    let wrong = ["evl_sk_wrong", &server.key("acme", &["write"])].map(str::to_owned);
    for wrong in wrong {
        shell.place[3] = wrong.clone();
        let output = shell.run(&["query", "--org", "acme", "--count"], "");
        assert_eq!(output.status.code(), Some(1));
        assert!(!text(&output.stderr).contains(&wrong), "an error repeats the key");
    }
    shell.place[3] = key;
    assert_eq!(shell.run(&["query", "--org", "nobody", "--count"], "").status.code(), Some(1));
}

/// I of the hostile list: on a terminal, what would steer it is shown, in tables, in followed lines and in faults.
#[test]
fn a_terminal_is_never_steered_by_what_is_in_the_log() {
    if !Path::new("/usr/bin/script").exists() {
        eprintln!("\n*** SKIPPED: script(1), which gives a terminal, is not installed ***\n");
        return;
    }
    let shell = Shell::local();
    shell
        .lines(&["org", "create", "acme", "--name", "A\u{1b}[2Jcme", "--profile", "workspace", "--json"], "");
    let steering = "\u{1b}[2J\u{1b}]8;;http://evil.example\u{7}link\u{1b}]8;;\u{7}\u{1b}]52;c;ZXZpbA==\u{7}\u{1b}P0;1|17/41\u{1b}\\\u{9b}31m\r\u{8}\u{202e}gpj.exe\u{200b}${jndi:ldap://x}";
    let sent = json!({
        "id": "e-0", "action": "lead.created", "actor": {"type": "user", "id": "u", "name": steering}, "description": steering,
        "targets": [{"type": "lead", "id": "l", "name": steering}],
    });
    shell.lines(&["record", "--org", "acme"], &sent.to_string());
    let program = env!("CARGO_BIN_EXE_everlog");
    let place = shell.place.join(" ");
    let bad = shell.file("bad.jsonl", &format!("{{\"action\":\"{}\"}}\n", "\\u001b[2J"));
    for command in
        ["query --org acme", "tail --once --org acme", "org list", &format!("import {bad} --org acme")]
    {
        let output = Command::new("script")
            .args(["-qec", &format!("stty cols 2000; {program} {command} {place}"), "/dev/null"])
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let shown = text(&output.stdout);
        for steers in
            ["\u{1b}[2J", "\u{1b}]8", "\u{1b}]52", "\u{1b}P", "\u{9b}", "\u{8}", "\u{202e}", "\u{200b}"]
        {
            assert!(!shown.contains(steers), "{command}: {shown:?}");
        }
        if !command.starts_with("import") {
            assert!(shown.contains("u{1b}"), "{command}: it is shown instead: {shown:?}");
        }
    }
}

/// A mistyped path, or a disk that is not mounted, must not become an empty log in which all is well.
#[test]
fn a_directory_without_a_log_is_refused_and_nothing_is_made_in_it() {
    let shell = Shell::local();
    for arguments in [
        &["fsck"][..],
        &["reindex"],
        &["query", "--org", "acme", "x"],
        &["org", "list"],
        &["key", "list", "--org", "acme"],
    ] {
        let output = shell.run(arguments, "");
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(text(&output.stderr).contains("holds no log"), "{arguments:?}: {}", text(&output.stderr));
        assert!(!shell.directory.path().join("data").exists(), "{arguments:?}");
    }
}

/// The guide says to export the key; a data directory needs none, and is opened all the same.
#[test]
fn a_key_in_the_environment_does_not_keep_a_data_directory_closed() {
    let shell = Shell::local();
    shell.lines(&["org", "create", "acme", "--name", "Acme", "--profile", "workspace", "--json"], "");
    let output = Command::new(env!("CARGO_BIN_EXE_everlog"))
        .args(["query", "--org", "acme", "--count"])
        .args(&shell.place)
        .env("EVERLOG_API_KEY", "evl_sk_x")
        .env_remove("EVERLOG_URL")
        .output()
        .unwrap();
    assert_eq!(text(&output.stdout).trim(), "0", "{}", text(&output.stderr));
}
