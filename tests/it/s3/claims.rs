//! Whose bucket it is: a prefix holds the documents of one data directory, which remembers it. Against a real server.
//! Deliberately absent: buckets that fail.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use everlog::blobs::{BlobError, Blobs, BucketAccess, BucketFault, BucketUrl};
use everlog::store::OrgCode;
use everlog_core::leaf::Hash;
use sha2::{Digest, Sha256};

use crate::s3::Prefix;

const ORG: OrgCode = OrgCode(1);

fn keep(blobs: &Arc<Blobs>, bytes: &[u8]) -> Hash {
    let mut upload = blobs.begin(ORG).unwrap();
    upload.write(bytes).unwrap();
    upload.place().unwrap().named();
    Sha256::digest(bytes).into()
}

fn open(data: &Path, url: Option<&BucketUrl>, access: &BucketAccess) -> Result<Arc<Blobs>, BlobError> {
    Blobs::open_at(data, url, access).map(Arc::new)
}

fn fault(opened: Result<Arc<Blobs>, BlobError>) -> BucketFault {
    match opened.err() {
        Some(BlobError::Bucket { fault, .. }) => fault,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_data_directory_remembers_its_bucket_and_takes_no_other() {
    let (Some(prefix), Some(other)) = (Prefix::new(), Prefix::new()) else { return };
    let data = tempfile::tempdir().unwrap();
    let blobs = open(data.path(), Some(&prefix.url), &prefix.access()).unwrap();
    let hash = keep(&blobs, b"abc");
    assert_eq!(prefix.keys().len(), 2, "a document, and whose it is");
    // Without a word, and with the same.
    for wanted in [None, Some(&prefix.url)] {
        let blobs = open(data.path(), wanted, &prefix.access()).unwrap();
        assert_eq!((blobs.bucket(), blobs.read(ORG, &hash).unwrap()), (Some(&prefix.url), b"abc".to_vec()));
        blobs.check().unwrap();
    }
    let refused = open(data.path(), Some(&other.url), &other.access()).err().unwrap();
    assert!(matches!(&refused, BlobError::Elsewhere { .. }), "{refused}");
    assert!(refused.to_string().contains("everlog copy --blobs"), "{refused}");
    assert_eq!(other.keys(), Vec::<String>::new());
}

#[test]
fn documents_in_the_directory_are_not_forgotten_for_a_bucket() {
    let Some(prefix) = Prefix::new() else { return };
    let data = tempfile::tempdir().unwrap();
    keep(&open(data.path(), None, &prefix.access()).unwrap(), b"abc");
    let refused = open(data.path(), Some(&prefix.url), &prefix.access()).err().unwrap();
    assert!(matches!(&refused, BlobError::Here { .. }), "{refused}");
    assert_eq!(prefix.keys(), Vec::<String>::new());
    // One that never held any may begin with a bucket at any time.
    let data = tempfile::tempdir().unwrap();
    drop(open(data.path(), None, &prefix.access()).unwrap().begin(ORG).unwrap());
    keep(&open(data.path(), Some(&prefix.url), &prefix.access()).unwrap(), b"abc");
}

#[test]
fn a_prefix_is_the_home_of_one_data_directory_only() {
    let Some(prefix) = Prefix::new() else { return };
    let (data, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    keep(&open(data.path(), Some(&prefix.url), &prefix.access()).unwrap(), b"abc");
    let refused = fault(open(other.path(), Some(&prefix.url), &prefix.access()));
    assert_eq!(refused, BucketFault::OfOthers);
    // What was refused is no home: without the setting its documents lie in the directory.
    assert_eq!(open(other.path(), None, &prefix.access()).unwrap().bucket(), None);
}

/// Objects of a home below another would be listed as the other's.
#[test]
fn a_home_lies_neither_above_nor_below_another() {
    let Some(prefix) = Prefix::new() else { return };
    let (data, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let below = |rest: &str| -> BucketUrl { format!("{}/{rest}", prefix.url).parse().unwrap() };
    keep(&open(data.path(), Some(&below("a")), &prefix.access()).unwrap(), b"abc");
    for url in [below("a/0"), below("a/0/1"), prefix.url.clone()] {
        let refused = fault(open(other.path(), Some(&url), &prefix.access()));
        assert!(matches!(refused, BucketFault::Nested(_)), "{url}: {refused}");
        assert!(refused.to_string().contains("a/everlog-documents.json"), "{refused}");
    }
    assert_eq!(prefix.keys().len(), 2, "what was refused has left nothing");
    keep(&open(other.path(), Some(&below("ab")), &prefix.access()).unwrap(), b"abc");
}

/// Killed after the object was made and before the directory remembers it, the next start knows it as its own.
#[test]
fn a_kill_while_a_bucket_becomes_a_home_does_not_lock_it() {
    let Some(prefix) = Prefix::new() else { return };
    let data = tempfile::tempdir().unwrap();
    open(data.path(), Some(&prefix.url), &prefix.access()).unwrap();
    let (kept, begun) = (data.path().join("blobs/bucket"), data.path().join("blobs/bucket.new"));
    for is_object_made in [true, false] {
        fs::rename(&kept, &begun).unwrap();
        if !is_object_made {
            prefix.delete("everlog-documents.json");
        }
        open(data.path(), Some(&prefix.url), &prefix.access()).unwrap().check().unwrap();
        assert!(kept.exists() && !begun.exists());
    }
}

/// Of two that begin at once with the same prefix, one gets it.
#[test]
fn two_that_begin_at_once_are_told_apart() {
    let Some(prefix) = Prefix::new() else { return };
    let directories: Vec<_> = (0..6).map(|_| tempfile::tempdir().unwrap()).collect();
    let begin = |data: &Path| open(data, Some(&prefix.url), &prefix.access()).is_ok();
    let begun: Vec<bool> = std::thread::scope(|scope| {
        let all: Vec<_> = directories.iter().map(|it| scope.spawn(move || begin(it.path()))).collect();
        all.into_iter().map(|it| it.join().unwrap()).collect()
    });
    assert_eq!(begun.iter().filter(|is_begun| **is_begun).count(), 1, "{begun:?}");
}

/// The server really checks who asks: what is refused here would be accepted by one that does not.
#[test]
fn who_may_not_use_the_bucket_hears_what_to_set() {
    let Some(prefix) = Prefix::new() else { return };
    let told = |changed: &[(&str, &str)]| {
        let data = tempfile::tempdir().unwrap();
        fault(open(data.path(), Some(&prefix.url), &prefix.access_with(changed)))
    };
    let forbidden = |code: &str| BucketFault::Forbidden { code: code.to_owned() };
    assert_eq!(told(&[("AWS_SECRET_ACCESS_KEY", "wrong")]), forbidden("SignatureDoesNotMatch"));
    assert_eq!(told(&[("AWS_ACCESS_KEY_ID", "AKIAUNKNOWN")]), forbidden("InvalidAccessKeyId"));
    let plain = told(&[("AWS_ALLOW_HTTP", "false")]);
    assert!(!plain.passes() && plain.to_string().contains("AWS_ALLOW_HTTP=true"), "{plain}");
    let bundle = told(&[("AWS_CA_BUNDLE", "/nowhere.pem")]).to_string();
    assert!(bundle.contains("AWS_CA_BUNDLE"), "{bundle}");
    // Nobody listens.
    let away = told(&[("AWS_ENDPOINT_URL", "http://127.0.0.1:9")]);
    assert!(matches!(away, BucketFault::Away(_)), "{away:?}");
    let data = tempfile::tempdir().unwrap();
    let no_bucket = "s3://no-such-bucket/prefix".parse().unwrap();
    assert_eq!(fault(open(data.path(), Some(&no_bucket), &prefix.access())), BucketFault::NoBucket);
    assert_eq!(prefix.keys(), Vec::<String>::new());
}

/// Files of secrets end in a line break, and whoever fills variables from them hands it on.
#[test]
fn white_space_around_a_variable_does_not_count() {
    let Some(prefix) = Prefix::new() else { return };
    let data = tempfile::tempdir().unwrap();
    let access = prefix.variables().into_iter().map(|(name, value)| (name, format!(" {value}\n")));
    let access = access.chain([("AWS_SESSION_TOKEN".to_owned(), "\n".to_owned())]);
    let blobs = open(data.path(), Some(&prefix.url), &BucketAccess::of(access)).unwrap();
    let hash = keep(&blobs, b"abc");
    assert_eq!(blobs.read(ORG, &hash).unwrap(), b"abc");
    for (name, value) in [("AWS_ALLOW_HTTP", "1"), ("AWS_ALLOW_HTTP", "TRUE"), ("AWS_TIMEOUT", "3")] {
        open(data.path(), None, &prefix.access_with(&[(name, value)])).unwrap().check().unwrap();
    }
}

/// What cannot be used is refused by its name before anything is asked, and never repeated.
#[test]
fn a_variable_that_cannot_be_used_is_named() {
    let Some(prefix) = Prefix::new() else { return };
    let data = tempfile::tempdir().unwrap();
    for (name, value) in [
        ("AWS_ENDPOINT_URL", "secret:9000"),
        ("AWS_ENDPOINT_URL", "127.0.0.1:8300"),
        ("AWS_ENDPOINT_URL", "minio.secret"),
        ("AWS_ENDPOINT_URL", "https://[secret"),
        ("AWS_ENDPOINT_URL", "https://[::secret]"),
        ("AWS_ENDPOINT_URL", "http:secret"),
        ("AWS_ENDPOINT_URL", "http://1.2.3.4.5"),
        ("AWS_ENDPOINT_URL", "https://id:secret@minio"),
        ("AWS_ENDPOINT_URL", "https://minio?secret"),
        ("AWS_ENDPOINT_URL", "https://minio/#secret"),
        ("AWS_ENDPOINT_URL", "ftp://secret"),
        ("AWS_ENDPOINT_URL", "https://minio secret"),
        ("AWS_ENDPOINT_URL_S3", "https://"),
        ("AWS_METADATA_ENDPOINT", "secret"),
        ("AWS_ENDPOINT_URL_STS", "secret"),
        ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "secret"),
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "secret"),
        ("AWS_ACCESS_KEY_ID", "secret\nsecret"),
        ("AWS_SECRET_ACCESS_KEY", "secret\0"),
        ("AWS_SESSION_TOKEN", "secret\r\nX: y"),
        ("AWS_SESSION_TOKEN", "sécret"),
        ("AWS_REGION", "eu central"),
        ("AWS_REGION", "eu/secret"),
        ("AWS_TIMEOUT", "abc"),
        ("AWS_TIMEOUT", "0"),
        ("AWS_TIMEOUT", "-3"),
        ("AWS_CONNECT_TIMEOUT", "3 secrets"),
        ("AWS_ALLOW_HTTP", "secret"),
    ] {
        let refused = fault(open(data.path(), Some(&prefix.url), &prefix.access_with(&[(name, value)])));
        let said = refused.to_string();
        assert!(said.starts_with(&format!("{name} ")) && !refused.passes(), "{value}: {said}");
        assert!(!said.contains("secret"), "{said}");
    }
}

/// As it is with every endpoint that is not on a loopback address.
#[test]
fn an_endpoint_with_tls_is_believed_by_its_certificate_alone() {
    let Some(prefix) = Prefix::new() else { return };
    let data = tempfile::tempdir().unwrap();
    let (endpoint, authority) = prefix.tls();
    let bundle = data.path().join("authority.pem");
    fs::write(&bundle, authority).unwrap();
    let tls = ("AWS_ENDPOINT_URL", endpoint);
    let (plain, bundle) = (("AWS_ALLOW_HTTP", "false"), ("AWS_CA_BUNDLE", bundle.to_str().unwrap()));
    let strange = fault(open(data.path(), Some(&prefix.url), &prefix.access_with(&[tls, plain])));
    assert!(matches!(&strange, BucketFault::Untrusted(_)) && !strange.passes(), "{strange}");
    let access = prefix.access_with(&[tls, plain, bundle]);
    let blobs = open(data.path(), Some(&prefix.url), &access).unwrap();
    let bytes = vec![42; 3_000_000];
    let hash = keep(&blobs, &bytes);
    assert_eq!(blobs.read(ORG, &hash).unwrap(), bytes);
    assert_eq!(prefix.documents().len(), 1);
}

/// Neither a secret nor anything else that somebody wrote into the place of one is repeated.
#[test]
fn a_place_for_documents_is_a_bucket_and_a_plain_prefix() {
    for (text, plain) in [
        ("s3://documents", "s3://documents"),
        ("s3://documents/", "s3://documents"),
        ("s3://acme.documents-1/live/eu", "s3://acme.documents-1/live/eu"),
        (" s3://documents/live/ ", "s3://documents/live"),
    ] {
        assert_eq!(text.parse::<BucketUrl>().unwrap().to_string(), plain);
    }
    let long = format!("s3://documents/{}", "a".repeat(513));
    for text in [
        "",
        "s3:",
        "s3://",
        "s3:///a",
        "s3://ab",
        "s3://-abc",
        "documents",
        "https://documents.s3.amazonaws.com",
        "s3://id:secret@documents",
        "s3://documents//a",
        "s3://documents/a/../b",
        "s3://documents/./b",
        "s3://documents/a b",
        "s3://documents/a?b",
        "s3://documents/ä",
        "s3://documents/a\0",
        &long,
    ] {
        let why = text.parse::<BucketUrl>().unwrap_err().to_string();
        assert!(!why.contains("secret"), "{why}");
    }
    let access = BucketAccess::of([("AWS_SECRET_ACCESS_KEY".to_owned(), "of nobody".to_owned())]);
    assert!(!format!("{access:?}").contains("of nobody"));
}
