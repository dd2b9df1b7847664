//! Keys that seal: one's own, and those of an operator. Deliberately absent: what they seal, which is in `sealing`.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use everlog::app::App;
use everlog::config::Config;
use everlog::trail::check::{SealState, check};
use everlog::trail::finish::finish;
use everlog::trail::seal::key::{SealKey, SealKeyError};
use serde_json::json;

use crate::trail::sealing::{NOW_MS, TRAIL, sealer};
use crate::trail::validators::{run, text, validate};

/// Runs openssl in a directory; false, said loudly, where it is not installed.
pub fn openssl(directory: &Path, arguments: &str) -> bool {
    let script = format!("cd '{}' && openssl {arguments}", text(directory));
    let is_there = run("openssl", &["version"]).is_some();
    if is_there {
        let ran = run("sh", &["-c", &script]).unwrap();
        assert!(ran.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&ran.stderr));
    }
    is_there
}

/// What is valid now; certificates made by others begin to hold when they are made.
pub fn now_s() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() + 60
}

/// A key of a kind with a certificate of an authority, both made by openssl: key, chain, root.
fn issued(directory: &Path, kind: &str) -> Option<(String, String, PathBuf)> {
    let usage = "keyUsage=critical,digitalSignature,nonRepudiation";
    openssl(
        directory,
        "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 30 -subj '/CN=An authority'",
    )
    .then_some(())?;
    openssl(
        directory,
        &format!(
            "req -new -newkey {kind} -nodes -keyout own.key -out own.csr -subj '/CN=An operator' -addext {usage}"
        ),
    );
    openssl(
        directory,
        "x509 -req -in own.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 20 -copy_extensions copyall -out own.pem",
    );
    let read = |name: &str| std::fs::read_to_string(directory.join(name)).unwrap();
    Some((read("own.key"), read("own.pem") + &read("ca.pem"), directory.join("ca.pem")))
}

/// L44: an operator's own key seals, whatever its kind, and its whole chain goes with it.
#[test]
fn keys_of_every_kind_that_operators_have_seal() {
    for kind in ["ec -pkeyopt ec_paramgen_curve:P-256", "ec -pkeyopt ec_paramgen_curve:P-384", "rsa:2048"] {
        let directory = tempfile::tempdir().unwrap();
        let Some((key, chain, root)) = issued(directory.path(), kind) else { return };
        let key = SealKey::from_pem(&key, &chain).unwrap();
        assert!(!key.is_self_issued());
        let sealed = finish(None, TRAIL, sealer(&key), NOW_MS).unwrap().bytes;
        let SealState::Intact(seal) = check(&sealed).unwrap().seal else { panic!("{kind}") };
        assert_eq!(seal.certificate.common_name().as_deref(), Some("An operator"));
        assert_eq!(seal.certificate.fingerprint(), key.fingerprint());
        let path = directory.path().join("sealed.pdf");
        std::fs::write(&path, sealed).unwrap();
        let Some(said) = validate(&root, now_s(), &[path]) else { continue };
        assert_eq!(said[0]["signatures"][0]["bottom_line"], json!(true), "{kind}: {}", said[0]);
    }
}

#[test]
fn keys_that_cannot_seal_are_refused_in_words() {
    let (own, other) = (SealKey::generate("a", NOW_MS).unwrap(), SealKey::generate("b", NOW_MS).unwrap());
    assert!(matches!(SealKey::from_pem(&own, &other), Err(SealKeyError::Mismatch)));
    assert!(matches!(SealKey::from_pem("", &own), Err(SealKeyError::Key)));
    assert!(matches!(SealKey::from_pem(&own, ""), Err(SealKeyError::Certificates(None))));
    let directory = tempfile::tempdir().unwrap();
    let Some((key, chain, _)) = issued(directory.path(), "ed25519") else { return };
    assert!(matches!(SealKey::from_pem(&key, &chain), Err(SealKeyError::Key)));
}

/// The first start makes a key that only its owner reads; later ones, and every seal until then, have the same.
#[test]
fn the_first_start_makes_a_key_and_the_second_finds_it() {
    let directory = tempfile::tempdir().unwrap();
    let config = Config { data: Some(directory.path().to_owned()), ..Config::default() };
    let start = || {
        let (app, writer) = App::open(&config).unwrap();
        let (fingerprint, is_self_issued) = (app.seal_key.fingerprint(), app.seal_key.is_self_issued());
        drop(app);
        writer.join();
        assert!(is_self_issued);
        fingerprint
    };
    let first = start();
    assert_eq!(first, start());
    let path = directory.path().join("seal.key");
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);

    let text = SealKey::generate("An operator", NOW_MS).unwrap();
    let own = directory.path().join("own.pem");
    std::fs::write(&own, &text).unwrap();
    let set = Config { seal_key: Some(own.clone()), seal_certificate: Some(own), ..config.clone() };
    let (app, writer) = App::open(&set).unwrap();
    assert_eq!(app.seal_key.fingerprint(), SealKey::from_pem(&text, &text).unwrap().fingerprint());
    drop(app);
    writer.join();

    std::fs::write(&path, "nothing").unwrap();
    let why = App::open(&config).map(drop).unwrap_err().to_string();
    assert!(why.contains("seal.key cannot seal"), "{why}");
}
