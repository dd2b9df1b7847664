//! A server in this process whose documents lie in a bucket in memory: what goes on behind it while the bucket fails, and
//! restores that are broken off. Deliberately absent: what the program says of either (`s3/whole`).

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use everlog::app::documents::{START_TIME_MAX, within_start};
use everlog::backup::{Manifest, make, put};
use everlog::blobs::BucketAccess;
use everlog::store::OrgCode;
use everlog_core::hex::Hex;
use serde_json::json;
use tempfile::TempDir;

use crate::http::process_files::{PDF, finished, sha256};
use crate::s3::faults::{Failing, Fault};
use crate::server::Server;

const ORG: &str = "/v1/organizations/acme";
const ALWAYS: usize = 1_000;

fn start(directory: TempDir, bucket: &Failing) -> Server {
    Server::start_in(directory, |config| {
        config.blobs = Some(bucket.url());
        config.bucket_access = Some(bucket.access());
    })
}

fn scrub(server: &Server) -> Option<u64> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(server.app.scrub_now()).ok()
}

/// What was read while the bucket did not answer is read again: a file that is not what it was is found all the same.
#[test]
fn a_background_check_goes_back_to_the_files_that_its_bucket_kept_from_it() {
    let bucket = Failing::start();
    let server = start(TempDir::new().unwrap(), &bucket);
    let key = server.tenant("acme", "signing");
    finished(&server, "acme", &key, "p1");
    bucket.spoil(&sha256(PDF), b"%PDF-1.4 and nothing of it");
    bucket.fail(Fault::Answer(403, "ExpiredToken"), ALWAYS);
    assert_eq!(scrub(&server), None, "it says that it cannot go on");
    bucket.mend();
    assert_eq!(scrub(&server), Some(1));
    let told = server.get(&format!("{ORG}/events?action=scrub.failed"), &key);
    assert_eq!(told.body["data"].as_array().unwrap().len(), 1, "{told:?}");
}

/// A restore brings objects back that the log does not name any more. Broken off behind that, it leaves nothing of them.
#[test]
fn a_restore_that_is_broken_off_leaves_nothing_in_the_bucket() {
    let bucket = Failing::start();
    let server = start(TempDir::new().unwrap(), &bucket);
    let key = server.tenant("acme", "signing");
    finished(&server, "acme", &key, "p1");
    let place = TempDir::new().unwrap();
    let (data, backup) = (server.directory.path().join("data"), place.path().join("backup"));
    // Bytes that the log does not name any more are in the backup alone.
    let mut upload = server.app.blobs.begin(OrgCode(0)).unwrap();
    upload.write(b"of an erased trail").unwrap();
    let placed = upload.place().unwrap();
    let gone = placed.sha256();
    placed.named();
    let trail = |sha256: &str| {
        json!([{
            "action": "trail.made", "actor": {"type": "system"}, "process": "p1",
            "occurred_at": "1970-06-01T00:00:00Z", "metadata": {"sha256": sha256, "size": 1},
        }])
    };
    let history = format!("{ORG}/events?mode=record");
    assert_eq!(server.post(&history, &key, &trail(&Hex(&gone).to_string())).body["created"], 1);
    let access = bucket.access();
    made(&data, &backup, &access);
    assert_eq!(server.post(&history, &key, &trail(&sha256(b"another"))).body["created"], 1);
    server.app.blobs.delete(OrgCode(0), &gone).unwrap();
    let before = bucket.count();
    let directory = server.stop();
    let wanted = put::Wanted {
        backup: &backup,
        data: &data,
        replace: true,
        accept_loss: false,
        key: None,
        blobs: None,
        access: &access,
    };
    let ready = put::prepare(&wanted, &|_, _, _| ()).unwrap();
    assert_eq!(ready.in_bucket, Some((bucket.url(), 1)));
    assert_eq!(bucket.count(), before + 1);
    drop(ready);
    let server = start(directory, &bucket);
    assert_eq!(bucket.count(), before + 1, "who only opens the directory takes nothing away in the bucket");
    server.app.sweep_now(Instant::now()).unwrap();
    assert_eq!(bucket.count(), before);
    assert_eq!(server.get(&format!("{ORG}/processes/p1/document"), &key).text.as_bytes(), PDF);
    server.check_log();
}

fn made(data: &Path, to: &Path, access: &BucketAccess) {
    let wanted = make::Wanted { data, to, with_keys: true, log_host: None, log_key: None, access };
    assert_eq!(make::make(&wanted, &|_, _, _| ()).unwrap().manifest.faults, Vec::<String>::new());
}

/// L10: a restore into a new bucket that is broken off goes on when it is begun again, and what it has sent is found.
#[test]
fn a_restore_into_a_new_bucket_goes_on_when_it_is_begun_again() {
    let server = Server::start();
    let key = server.tenant("acme", "signing");
    finished(&server, "acme", &key, "p1");
    let (place, bucket) = (TempDir::new().unwrap(), Failing::start());
    let backup = place.path().join("backup");
    let access = bucket.access();
    made(&server.directory.path().join("data"), &backup, &access);
    let (directory, url) = (TempDir::new().unwrap(), bucket.url());
    let data = directory.path().join("data");
    let wanted = put::Wanted {
        backup: &backup,
        data: &data,
        replace: false,
        accept_loss: false,
        key: None,
        blobs: Some(&url),
        access: &access,
    };
    for new in [2, 0, 0] {
        let ready = put::prepare(&wanted, &|_, _, _| ()).unwrap();
        assert_eq!(ready.in_bucket, Some((bucket.url(), new)));
        drop(ready);
    }
    assert_eq!(put::prepare(&wanted, &|_, _, _| ()).unwrap().put().unwrap(), None);
    assert!(!data.join("restoring.bucket").exists());
    let server = start(directory, &bucket);
    assert_eq!(bucket.count(), 2);
    assert_eq!(server.get(&format!("{ORG}/processes/p1/document"), &key).text.as_bytes(), PDF);
    server.check_log();
}

/// L10: objects of a home below this one have the same names in other places; what nobody names may be anything. Neither
/// breaks a backup nor is in it.
#[test]
fn objects_that_no_log_names_are_left_out_of_a_backup() {
    let bucket = Failing::start();
    let server = start(TempDir::new().unwrap(), &bucket);
    let key = server.tenant("acme", "signing");
    finished(&server, "acme", &key, "p1");
    let (own, stray) = (sha256(PDF), sha256(b"a stray"));
    bucket.put(&format!("0/0/{}/{own}", &own[..2]), PDF);
    bucket.put(&format!("0/zz/{own}"), PDF);
    bucket.put(&format!("0/{}/{stray}", &stray[..2]), b"nothing of it");
    let place = TempDir::new().unwrap();
    let (data, backup) = (server.directory.path().join("data"), place.path().join("backup"));
    let access = bucket.access();
    made(&data, &backup, &access);
    let documents = |backup: &Path| {
        let files = Manifest::read(backup).unwrap().unwrap().files.into_iter();
        files.filter(|file| file.path.starts_with("blobs/")).count()
    };
    assert_eq!(documents(&backup), 2);
    let wanted = put::Wanted {
        backup: &backup,
        data: &place.path().join("data"),
        replace: false,
        accept_loss: false,
        key: None,
        blobs: None,
        access: &access,
    };
    put::prepare(&wanted, &|_, _, _| ()).unwrap().put().unwrap();
}

/// No list and no page makes a request for each of its rows, nor any at all.
#[test]
fn lists_and_pages_ask_the_bucket_for_nothing() {
    let bucket = Failing::start();
    let server = start(TempDir::new().unwrap(), &bucket);
    let key = server.tenant("acme", "signing");
    finished(&server, "acme", &key, "p1");
    let session = server.session("acme", &key, "u_1", "owner");
    bucket.requests();
    for path in ["processes", "processes/p1", "processes/p1/audit-trail.json", "events"] {
        assert_eq!(server.get(&format!("{ORG}/{path}"), &key).status, 200, "{path}");
    }
    let cookie = format!("everlog-acme={session}");
    for path in ["/view/acme/processes", "/view/acme/processes/p1", "/view/acme"] {
        assert_eq!(server.request("GET", path, &[("Cookie", &cookie)], None).status, 200, "{path}");
    }
    assert_eq!(bucket.requests(), 0);
    assert_eq!(server.get(&format!("{ORG}/processes/p1/document"), &key).status, 200);
    assert_eq!(bucket.requests(), 1, "one object is one request");
}

/// Another bucket behind the same address says nothing of a document: its trail waits, and is not made without it.
#[test]
fn no_trail_is_made_alone_because_a_bucket_was_exchanged() {
    let bucket = Failing::start();
    let server = start(TempDir::new().unwrap(), &bucket);
    let key = server.tenant("acme", "signing");
    let signee = begun(&server, &key);
    let path = format!("{ORG}/processes/p1/document");
    assert_eq!(server.send("PUT", &path, &key, Some(PDF), "application/pdf").status, 201);
    let ours = bucket.exchange(Default::default());
    for action in ["invitation.sent", "document.signed"] {
        let event = json!({"action": action, "signee": signee});
        assert_eq!(server.post(&format!("{ORG}/processes/p1/events"), &key, &event).status, 201);
    }
    let away = server.get(&path, &key);
    assert_eq!(away.status, 503, "{away:?}");
    assert!(away.headers.contains_key("retry-after"));
    server.make_trails();
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(server.get(&format!("{ORG}/events?action=trail.made"), &key).body["data"], json!([]));
    let metrics = server.get("/metrics", &key).text;
    assert!(metrics.contains("everlog_bucket_up 0\n"), "{metrics}");
    assert_eq!(server.get("/readyz", &key).status, 200, "the log goes on");
    bucket.exchange(ours);
    let end = Instant::now() + Duration::from_secs(60);
    while server.get(&format!("{ORG}/processes/p1/final.pdf"), &key).status != 200 {
        assert!(Instant::now() < end, "the trail is never made");
        std::thread::sleep(Duration::from_millis(100));
    }
    let made = &server.get(&format!("{ORG}/events?action=trail.made"), &key).body["data"];
    assert_eq!(made[0]["metadata"]["way"], "appended", "{made}");
    server.app.sweep_now(Instant::now()).unwrap();
    let metrics = server.get("/metrics", &key).text;
    assert!(metrics.contains("everlog_bucket_up 1\n"), "{metrics}");
    assert!(!metrics.contains("everlog_bucket_failures_total{operation=\"use\"} 0\n"), "{metrics}");
}

/// Events need no bucket: one that says nothing holds a start up for a moment alone, whatever a crash has left there.
#[test]
fn a_start_does_not_wait_for_a_bucket_that_says_nothing() {
    let bucket = Failing::start();
    let server = start(TempDir::new().unwrap(), &bucket);
    let mut upload = server.app.blobs.begin(OrgCode(0)).unwrap();
    upload.write(b"nobody names it").unwrap();
    drop(upload.place().unwrap());
    let directory = server.stop();
    bucket.fail(Fault::Silent, ALWAYS);
    let begun = Instant::now();
    let server = start(directory, &bucket);
    assert!(begun.elapsed() < START_TIME_MAX + Duration::from_secs(2), "{:?}", begun.elapsed());
    let blobs = Arc::clone(&server.app.blobs);
    let begun = Instant::now();
    assert!(within_start(move || blobs.check()).is_none());
    assert!(begun.elapsed() < START_TIME_MAX + Duration::from_secs(1));
    bucket.mend();
    // Whoever still waits for it holds the doubt.
    let end = Instant::now() + Duration::from_secs(60);
    while bucket.count() > 0 {
        assert!(Instant::now() < end);
        server.app.sweep_now(Instant::now()).unwrap();
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn begun(server: &Server, key: &str) -> String {
    let new = json!({
        "process_key": "p1", "display_name": "Lease", "file_name": "lease.pdf",
        "created_by": {"type": "user", "id": "u_1"}, "signees": [{"name": "Bo Li"}],
    });
    let made = server.post(&format!("{ORG}/processes"), key, &new);
    made.body["signees"][0]["signee_key"].as_str().unwrap().to_owned()
}
