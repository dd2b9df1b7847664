//! Other people's programs read our files: LibreOffice opens what an export made. Deliberately absent: what a file should
//! hold, which is in `http::export`.

use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use serde_json::json;

use crate::http::export::{download, records};
use crate::server::{Server, event, is_gate};

const ORG: &str = "/v1/organizations/acme";

/// Separated by commas, quoted, UTF-8, from the first line on; everything that looks like a number, a date or a formula is
/// taken for one.
const CSV: &str = "Text - txt - csv (StarCalc):44,34,76,1,,0,false,true";
/// One at a time: two that start together have been seen to end each other.
static ONE: Mutex<()> = Mutex::new(());

/// LibreOffice reads a file and writes it in another format; nothing where it is not installed.
fn convert(directory: &Path, file: &str, to: &str) -> Option<Vec<u8>> {
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let profile = format!("-env:UserInstallation=file://{}", directory.join("profile").display());
    let ran = Command::new("soffice")
        .args([&profile, "--headless"])
        .args(file.ends_with(".csv").then(|| format!("--infilter={CSV}")))
        .args(["--convert-to", to, "--outdir"])
        .arg(directory.join("converted"))
        .arg(directory.join(file))
        .output();
    let Ok(ran) = ran else {
        assert!(!is_gate(), "soffice is missing: apt-get install libreoffice-calc-nogui");
        eprintln!("not run: soffice is not installed");
        return None;
    };
    let ending = to.split(':').next().unwrap();
    let path = directory.join("converted").join(file).with_extension(ending);
    Some(std::fs::read(path).unwrap_or_else(|why| panic!("{why}: {}", String::from_utf8_lossy(&ran.stderr))))
}

/// Values that a spreadsheet would compute, follow or change, were they not text.
const VALUES: &[&str] = &[
    "=1+1",
    "+2",
    "-3",
    "@SUM(A1)",
    "\t=4",
    "＝5",
    " =6",
    "=HYPERLINK(\"http://evil.example\",\"click\")",
    "=cmd|' /C calc'!A0",
    "http://evil.example/x",
    "0042",
    "1e5",
    "TRUE",
    "2026-01-02",
    "Größe, \"Maß\" und 数",
];

fn server() -> (Server, String) {
    let server = Server::start();
    let key = server.tenant("acme", "documents");
    for (minute, value) in VALUES.iter().enumerate() {
        let mut sent = event("document.created");
        sent["description"] = json!(value);
        sent["occurred_at"] = json!(format!("2026-07-01T22:{minute:02}:07.250Z"));
        sent["actor"]["email"] = json!("ana@acme.example");
        assert_eq!(server.post(&format!("{ORG}/events"), &key, &sent).status, 201);
    }
    (server, key)
}

/// L19: a workbook has the values as they were recorded and dates that are dates, in the zone that was asked for.
#[test]
fn libreoffice_reads_a_workbook_as_it_was_meant() {
    let (server, key) = server();
    let directory = tempfile::tempdir().unwrap();
    let path = format!("{ORG}/export?format=xlsx&sort=time&tz=Europe/Berlin");
    std::fs::write(directory.path().join("log.xlsx"), download(&server, &path, &key).unwrap()).unwrap();
    let Some(bytes) = convert(directory.path(), "log.xlsx", &format!("csv:{CSV}")) else { return };
    let rows = records(&bytes);
    assert_eq!(rows[0], ["Date (Europe/Berlin)", "Remarks", "User", "Report Type"]);
    assert_eq!(rows.len() - 1, VALUES.len());
    for (minute, (row, value)) in rows[1..].iter().zip(VALUES).enumerate() {
        assert_eq!(row[0], format!("2026-07-02 00:{minute:02}:07"));
        assert_eq!(row[1], *value);
        assert_eq!(row[2..], ["Ana Ruiz <ana@acme.example>", "Create"]);
    }
}

/// L19 and H of the hostile list: our CSV becomes a sheet without a single formula or link, its dates dates.
#[test]
fn libreoffice_finds_no_formula_in_a_csv() {
    let (server, key) = server();
    let directory = tempfile::tempdir().unwrap();
    let open = |raw: &str| {
        let path = format!("{ORG}/export?sort=time&tz=Europe/Berlin&raw={raw}");
        std::fs::write(directory.path().join("log.csv"), download(&server, &path, &key).unwrap()).unwrap();
        let sheet = String::from_utf8(convert(directory.path(), "log.csv", "fods")?).unwrap();
        Some(sheet.split("<office:spreadsheet>").nth(1).unwrap().to_owned())
    };
    let (Some(raw), Some(body)) = (open("true"), open("false")) else { return };
    assert!(raw.contains("table:formula"), "what is raw is as dangerous as it was recorded");
    assert!(!body.contains("table:formula"), "a cell became a formula");
    assert!(!body.contains("xlink:href"), "a cell became a link");
    for minute in 0..VALUES.len() {
        let date = format!("office:date-value=\"2026-07-02T00:{minute:02}:07\"");
        assert!(body.contains(&date), "{date} is no date");
    }
    assert!(body.contains("Größe, &quot;Maß&quot; und 数"), "the file is read as UTF-8");
}
