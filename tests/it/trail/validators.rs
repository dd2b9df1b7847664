//! Programs that nobody here wrote look at sealed files: qpdf, pdfsig, pdftotext, pyHanko and pikepdf. Deliberately absent:
//! our own checks.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use everlog::trail::finish::{Document, Way, finish};
use everlog::trail::seal::key::SealKey;
use everlog_core::hex::Hex;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::server::is_gate;
use crate::trail::hostile::file;
use crate::trail::sealing::{CARRIED, HEALTHY, NOW_MS, TRAIL, TRAIL_PAGES, finished, key, original, sealer};

/// Where `./check` puts the Python with pyHanko and pikepdf.
pub const PYTHON: &str = "target/pdf-tools/bin/python";

/// A minute after everything here is sealed.
pub const LATER_S: u64 = NOW_MS / 1_000 + 60;

/// Runs a program; nothing, said loudly, where it is not installed.
pub fn run(program: &str, arguments: &[&str]) -> Option<Output> {
    let ran = Command::new(program).args(arguments).output();
    if ran.is_err() {
        assert!(!is_gate(), "{program} is missing: ./check installs it");
        eprintln!("\n*** SKIPPED: {program} did not look at sealed files; ./check installs it ***\n");
    }
    ran.ok()
}

pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// What pyHanko and pikepdf say of files when certificates are trusted, at a moment.
pub fn validate(certificates: &Path, at_s: u64, paths: &[PathBuf]) -> Option<Vec<Value>> {
    let moment = at_s.to_string();
    let mut arguments = vec!["tests/it/trail/validate.py", &moment, text(certificates)];
    arguments.extend(paths.iter().map(|path| text(path)));
    let ran = run(PYTHON, &arguments)?;
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    Some(
        String::from_utf8(ran.stdout)
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect(),
    )
}

pub fn trust(key: &SealKey, directory: &TempDir) -> PathBuf {
    let path = directory.path().join("root.pem");
    let der = STANDARD.encode(&key.certificate().der);
    std::fs::write(&path, format!("-----BEGIN CERTIFICATE-----\n{der}\n-----END CERTIFICATE-----\n"))
        .unwrap();
    path
}

fn sha256(bytes: &[u8]) -> String {
    Hex(&Sha256::digest(bytes)).to_string()
}

/// Every kind of original, finished and written.
fn all(key: &SealKey, directory: &TempDir) -> Vec<(&'static str, PathBuf)> {
    let names = HEALTHY.iter().map(|it| it.0).chain(CARRIED.iter().map(|it| it.0));
    names
        .map(|name| {
            let path = directory.path().join(name);
            std::fs::write(&path, finished(name, key).bytes).unwrap();
            (name, path)
        })
        .collect()
}

/// L44: the seal is a valid PAdES signature over the whole file for whoever trusts its certificate.
#[test]
fn pyhanko_finds_every_seal_valid_and_pikepdf_everything_that_was_put_in() {
    let (key, directory) = (key(), tempfile::tempdir().unwrap());
    let all = all(&key, &directory);
    let paths: Vec<PathBuf> = all.iter().map(|it| it.1.clone()).collect();
    let Some(said) = validate(&trust(&key, &directory), LATER_S, &paths) else { return };
    for ((name, _), said) in all.iter().zip(&said) {
        let seal = json!([{"field": "Everlog seal", "bottom_line": true, "coverage": "ENTIRE_FILE",
            "filter": "/ETSI.CAdES.detached", "is_stamped": false}]);
        assert_eq!(said["signatures"], seal, "{name}: {said}");
        assert_eq!(said["claims"], Value::Null, "{name}");
        assert_eq!(said["files"]["everlog-bundle.jsonl"], sha256(b"{\"a\":1}\n"), "{name}");
        let pages = said["pages"].as_u64().unwrap();
        let turned = said["turned"].as_array().unwrap();
        assert!(turned[turned.len() - TRAIL_PAGES..].iter().all(|it| it == 0), "{name}: {said}");
        if let Some((_, own)) = HEALTHY.iter().find(|it| it.0 == *name) {
            assert_eq!(pages, (own + TRAIL_PAGES) as u64, "{name}");
            assert_eq!(said["sizes"][own], json!([0.0, 0.0, 595.0, 842.0]), "{name}");
        } else {
            assert_eq!(pages, TRAIL_PAGES as u64, "{name}");
            assert_eq!(said["files"][name], sha256(&original(name)), "{name}");
            assert_eq!(said["sources"], json!([name]));
        }
    }
    let of = |name: &str| &said[all.iter().position(|it| it.0 == name).unwrap()];
    // The form's own field is still there, the description has kept its title.
    assert_eq!(of("form.pdf")["fields"], 2);
    assert_eq!(of("attached.pdf")["title"], "An agreement");
    assert_eq!(of("attached.pdf")["files"]["größe.txt"], sha256(b"Another.\n"));
    assert_eq!(of("turned.pdf")["turned"], json!([90, 90, 0, 0]));
}

/// L43: a signature that was there stays valid, because its document is carried as it is.
#[test]
fn a_signature_of_somebody_else_stays_valid_in_what_is_carried() {
    let (key, directory) = (key(), tempfile::tempdir().unwrap());
    for name in ["signed.pdf", "certified.pdf"] {
        let checked = everlog::trail::check::check(&finished(name, &key).bytes).unwrap();
        let path = directory.path().join(name);
        std::fs::write(&path, &checked.attachment(name).unwrap().bytes).unwrap();
        let root = Path::new("tests/it/trail/originals/somebody.pem");
        let Some(said) = validate(root, LATER_S, &[path]) else { return };
        assert_eq!(said[0]["signatures"][0]["bottom_line"], true, "{name}: {}", said[0]);
    }
}

#[test]
fn pyhanko_notices_a_changed_byte() {
    let (key, directory) = (key(), tempfile::tempdir().unwrap());
    let mut changed = finished("classic.pdf", &key).bytes;
    let at = memchr::memmem::find(&changed, b"proc_7").unwrap();
    changed[at + 5] = b'8';
    let path = directory.path().join("changed.pdf");
    std::fs::write(&path, changed).unwrap();
    let Some(said) = validate(&trust(&key, &directory), LATER_S, &[path]) else { return };
    assert_eq!(said[0]["signatures"][0]["bottom_line"], false);
}

#[test]
fn qpdf_finds_nothing_wrong_and_pdfsig_a_signature_of_the_whole() {
    let (key, directory) = (key(), tempfile::tempdir().unwrap());
    for (name, path) in all(&key, &directory) {
        if let Some(ran) = run("qpdf", &["--check", text(&path)]) {
            assert!(ran.status.success(), "{name}: {}", String::from_utf8_lossy(&ran.stderr));
        }
        let Some(ran) = run("pdfsig", &["-nocert", text(&path)]) else { continue };
        let said = String::from_utf8_lossy(&ran.stdout);
        assert!(said.contains("Signature is Valid."), "{name}: {said}");
        assert!(said.contains("Total document signed"), "{name}: {said}");
        assert!(said.contains("ETSI.CAdES.detached"), "{name}: {said}");
        let Some(ran) = run("pdftotext", &[text(&path), "-"]) else { continue };
        let said = String::from_utf8_lossy(&ran.stdout);
        assert!(said.contains("Audit Trail, page 2"), "{name}: {said}");
        let is_appended = HEALTHY.iter().any(|it| it.0 == name);
        assert_eq!(said.contains("Agreement"), is_appended, "{name}: {said}");
    }
}

/// A long document costs its bytes, not its pages.
#[test]
fn four_hundred_pages_are_laid_behind_like_one() {
    const PAGES: usize = 400;
    let (key, directory) = (key(), tempfile::tempdir().unwrap());
    let kids: Vec<String> = (0..PAGES).map(|it| format!("{} 0 R", it + 3)).collect();
    let mut objects = vec![
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        format!("<</Type/Pages/MediaBox[0 0 595 842]/Count {PAGES}/Kids[{}]>>", kids.join(" ")).into_bytes(),
    ];
    objects.resize(PAGES + 2, b"<</Type/Page/Parent 2 0 R/Resources<<>>>>".to_vec());
    let bytes = file(&objects);
    let document = Document { bytes: &bytes, file_name: "long.pdf" };
    let finished = finish(Some(document), TRAIL, sealer(&key), NOW_MS).unwrap();
    assert_eq!((finished.way, finished.page_count), (Way::Appended, PAGES + TRAIL_PAGES));
    let path = directory.path().join("long.pdf");
    std::fs::write(&path, finished.bytes).unwrap();
    let Some(said) = validate(&trust(&key, &directory), LATER_S, &[path]) else { return };
    assert_eq!(said[0]["pages"], PAGES + TRAIL_PAGES);
    assert_eq!(said[0]["signatures"][0]["bottom_line"], true);
}
