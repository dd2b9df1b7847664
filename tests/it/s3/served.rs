//! A server in this process whose documents lie in a bucket in memory: what goes on behind it while the bucket fails, and
//! restores that are broken off. Deliberately absent: what the program says of either (`s3/whole`).

use std::path::Path;

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
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(server.app.clone().keep_sweeping());
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
