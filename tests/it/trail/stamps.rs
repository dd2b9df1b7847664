//! Seals with the time of an authority: one made of openssl, and ones that do not behave. Deliberately absent: real ones.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;

use everlog::trail::check::{SealState, StampState, check};
use everlog::trail::finish::{Finished, Sealer, finish};
use everlog::trail::seal::key::SealKey;
use everlog::trail::seal::stamp::{Authority, StampError};
use serde_json::json;

use crate::trail::keys::{now_s, openssl};
use crate::trail::sealing::{NOW_MS, TRAIL, key, sealer};
use crate::trail::validators::{trust, validate};

/// An authority that answers questions, until the test ends.
fn authority(answer: impl Fn(&[u8]) -> Vec<u8> + Send + 'static) -> Authority {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut length = 0;
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                let line = line.trim_end().to_ascii_lowercase();
                if let Some(said) = line.strip_prefix("content-length:") {
                    length = said.trim().parse().unwrap();
                }
                if line.is_empty() {
                    break;
                }
            }
            let mut question = vec![0; length];
            reader.read_exact(&mut question).unwrap();
            let answer = answer(&question);
            let head =
                format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", answer.len());
            // Who has read enough may have gone.
            stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&answer)).ok();
        }
    });
    Authority::new(format!("http://{address}/"))
}

const SETTINGS: &str = "[tsa]\ndefault_tsa=t\n[t]\nserial=serial\nsigner_cert=tsa.pem\nsigner_key=tsa.key\n\
    signer_digest=sha384\ndefault_policy=1.2.3.4\ndigests=sha256\ness_cert_id_alg=sha256\n";

/// Makes what openssl needs to be an authority; false where it is not installed.
fn prepare(directory: &Path) -> bool {
    std::fs::write(directory.join("settings"), SETTINGS).unwrap();
    openssl(
        directory,
        "req -x509 -newkey rsa:2048 -nodes -keyout tsa.key -out tsa.pem -days 30 -subj '/CN=An authority on time' \
         -addext extendedKeyUsage=critical,timeStamping -addext keyUsage=critical,digitalSignature",
    )
}

fn ask(directory: &Path, question: &[u8]) -> Vec<u8> {
    std::fs::write(directory.join("question"), question).unwrap();
    openssl(directory, "ts -reply -config settings -queryfile question -out answer");
    std::fs::read(directory.join("answer")).unwrap()
}

/// An authority that openssl is, with its files in a directory; nothing where it is not installed.
pub fn openssl_authority(directory: &Path) -> Option<Authority> {
    let place = directory.to_owned();
    prepare(directory).then(|| authority(move |question| ask(&place, question)))
}

fn stamped(key: &SealKey, authority: &Authority) -> Finished {
    finish(None, TRAIL, Sealer { authority: Some(authority), ..sealer(key) }, NOW_MS).unwrap()
}

/// L44: with an authority, the seal is stamped with its time, and both our check and pyHanko say so.
#[test]
fn a_seal_is_stamped_by_an_authority() {
    let (key, directory) = (key(), tempfile::tempdir().unwrap());
    let Some(authority) = openssl_authority(directory.path()) else { return };
    let finished = stamped(&key, &authority);
    assert!(finished.time_stamp_missing.is_none(), "{:?}", finished.time_stamp_missing);
    let SealState::Intact(seal) = check(&finished.bytes).unwrap().seal else { panic!("altered") };
    let StampState::Stamped(stamp) = &seal.stamp else { panic!("{:?}", seal.stamp) };
    assert_eq!(stamp.certificate.common_name().as_deref(), Some("An authority on time"));
    assert!(u64::try_from(stamp.time_ms).unwrap().abs_diff(now_s() * 1_000) < 200_000);

    // A token of another signature is of no use.
    let again = directory.path().join("answer");
    let authority = self::authority(move |_| std::fs::read(&again).unwrap());
    assert!(matches!(stamped(&key, &authority).time_stamp_missing, Some(StampError::Useless)));

    let path = directory.path().join("sealed.pdf");
    std::fs::write(&path, finished.bytes).unwrap();
    let root = trust(&key, &directory);
    let both = std::fs::read_to_string(&root).unwrap()
        + &std::fs::read_to_string(directory.path().join("tsa.pem")).unwrap();
    std::fs::write(&root, both).unwrap();
    let Some(said) = validate(&root, now_s(), &[path]) else { return };
    let signature = &said[0]["signatures"][0];
    assert_eq!(
        (&signature["bottom_line"], &signature["is_stamped"]),
        (&json!(true), &json!(true)),
        "{signature}"
    );
}

/// An authority that fails costs the stamp, not the seal.
#[test]
fn without_an_answer_of_the_authority_a_file_is_sealed_all_the_same() {
    let key = key();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let cases = [
        Authority::new(format!("http://{nobody}/")),
        authority(|_| b"<html>not found</html>".to_vec()),
        authority(|_| Vec::new()),
        authority(|_| vec![0x30; 1 << 20]),
        // Refused, in the words of RFC 3161.
        authority(|_| vec![0x30, 5, 0x30, 3, 2, 1, 2]),
    ];
    for authority in cases {
        let finished = stamped(&key, &authority);
        assert!(finished.time_stamp_missing.is_some());
        let SealState::Intact(seal) = check(&finished.bytes).unwrap().seal else { panic!("altered") };
        assert!(matches!(seal.stamp, StampState::Missing));
    }
}
