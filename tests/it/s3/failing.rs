//! What becomes of documents when their bucket fails, in every way that buckets fail. Deliberately absent: the real server.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use everlog::blobs::{BlobError, Blobs, BucketFault, Placed};
use everlog::store::OrgCode;
use everlog_core::leaf::Hash;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::s3::faults::{Failing, Fault, SECRETS};

const ORG: OrgCode = OrgCode(1);
/// Longer than all retries of one call take.
const ALWAYS: usize = 1_000;

fn open(data: &Path, bucket: &Failing) -> Arc<Blobs> {
    Arc::new(Blobs::open_at(data, Some(&bucket.url()), &bucket.access()).unwrap())
}

fn world() -> (TempDir, Failing, Arc<Blobs>) {
    let (data, bucket) = (tempfile::tempdir().unwrap(), Failing::start());
    let blobs = open(data.path(), &bucket);
    bucket.requests();
    (data, bucket, blobs)
}

fn place(blobs: &Arc<Blobs>, bytes: &[u8]) -> Result<Placed, BlobError> {
    let mut upload = blobs.begin(ORG).unwrap();
    upload.write(bytes).unwrap();
    upload.place()
}

fn hash(bytes: &[u8]) -> Hash {
    Sha256::digest(bytes).into()
}

fn fault(why: BlobError) -> BucketFault {
    let said = format!("{why} {why:?}");
    assert!(SECRETS.iter().all(|secret| !said.contains(secret)), "{said}");
    match why {
        BlobError::Bucket { fault, .. } => fault,
        other => panic!("{other:?}"),
    }
}

fn marks(data: &Path) -> usize {
    std::fs::read_dir(data.join("blobs/1/new")).unwrap().count()
}

#[test]
fn a_bucket_that_is_busy_for_a_moment_is_asked_again() {
    let (_data, bucket, blobs) = world();
    for passing in [Fault::Answer(503, "SlowDown"), Fault::Answer(500, "InternalError"), Fault::Closed] {
        bucket.fail(passing, 2);
        place(&blobs, b"abc").unwrap().named();
        bucket.fail(passing, 2);
        assert_eq!(blobs.read(ORG, &hash(b"abc")).unwrap(), b"abc", "{passing:?}");
        bucket.fail(passing, 2);
        blobs.delete(ORG, &hash(b"abc")).unwrap();
        assert_eq!(bucket.count(), 0);
    }
}

/// What is not whole is fetched on from where it broke off, and is never taken for damaged.
#[test]
fn an_object_that_comes_in_pieces_is_whole_or_told_as_out_of_reach() {
    let (_data, bucket, blobs) = world();
    let bytes = vec![7; 300_000];
    place(&blobs, &bytes).unwrap().named();
    bucket.fail(Fault::Half, 2);
    assert_eq!(blobs.read(ORG, &hash(&bytes)).unwrap(), bytes);
    bucket.fail(Fault::Half, ALWAYS);
    let why = fault(blobs.read(ORG, &hash(&bytes)).unwrap_err());
    assert!(matches!(why, BucketFault::Away(_)), "{why:?}");
}

/// A bucket that does not answer says nothing of what is in it: bytes are neither missing nor damaged.
#[test]
fn what_a_bucket_refuses_is_told_apart_and_never_taken_for_missing() {
    let (data, bucket, blobs) = world();
    place(&blobs, b"abc").unwrap().named();
    let told = |given: Fault| {
        bucket.requests();
        bucket.fail(given, ALWAYS);
        let begun = Instant::now();
        let read = fault(blobs.read(ORG, &hash(b"abc")).unwrap_err());
        assert!(begun.elapsed() < Duration::from_secs(15), "{given:?}");
        assert!(bucket.requests() <= 8, "{given:?}: it is not asked for ever");
        if !matches!(given, Fault::Silent) {
            assert_eq!(fault(blobs.delete(ORG, &hash(b"abc")).unwrap_err()), read);
            assert_eq!(fault(blobs.all(ORG).unwrap_err()), read);
            assert_eq!(fault(place(&blobs, b"def").err().unwrap()), read);
        }
        bucket.mend();
        read
    };
    let code = |code: &str| code.to_owned();
    let forbidden = |it| BucketFault::Forbidden { code: code(it) };
    assert_eq!(told(Fault::Answer(403, "SignatureDoesNotMatch")), forbidden("SignatureDoesNotMatch"));
    assert_eq!(told(Fault::Answer(403, "ExpiredToken")), forbidden("ExpiredToken"));
    assert_eq!(told(Fault::Answer(404, "NoSuchBucket")), BucketFault::NoBucket);
    assert_eq!(told(Fault::Answer(301, "PermanentRedirect")), BucketFault::Region);
    assert_eq!(told(Fault::Answer(400, "AuthorizationHeaderMalformed")), BucketFault::Region);
    let busy = BucketFault::Answered { status: 503, code: code("SlowDown") };
    assert_eq!(told(Fault::Answer(503, "SlowDown")), busy);
    assert!(matches!(told(Fault::Closed), BucketFault::Away(_)));
    assert!(matches!(told(Fault::Silent), BucketFault::Away(_)));
    // What was refused halfway left a mark, which the next start settles.
    assert_eq!(marks(data.path()), 1);
    drop(blobs);
    let blobs = open(data.path(), &bucket);
    let named = |_: OrgCode| Ok([hash(b"abc")].into());
    blobs.sweep(&named).unwrap();
    assert!(blobs.is_in_doubt() && !blobs.settle_doubts(&named).unwrap());
    assert_eq!((marks(data.path()), bucket.count()), (0, 1));
}

/// An object may be there although nobody heard that it is: what was asked for then is asked after later.
#[test]
fn what_a_crash_left_in_a_bucket_that_is_away_is_taken_away_when_it_is_back() {
    let (data, bucket, blobs) = world();
    drop(place(&blobs, b"nobody names it").unwrap());
    drop(place(&blobs, b"named").unwrap());
    drop(place(&blobs, b"wanted again").unwrap());
    drop(blobs);
    let named = |_: OrgCode| Ok(HashSet::from([hash(b"named")]));
    bucket.fail(Fault::Closed, ALWAYS);
    let blobs = open(data.path(), &bucket);
    blobs.sweep(&named).unwrap();
    assert!(blobs.settle_doubts(&named).unwrap() && blobs.is_in_doubt());
    bucket.mend();
    blobs.sweep(&named).unwrap();
    assert_eq!(bucket.count(), 3, "nothing is taken away before the server that it belongs to asks after it");
    // What is brought again meanwhile is decided on by whoever brings it.
    let again = place(&blobs, b"wanted again").unwrap();
    assert!(!blobs.settle_doubts(&named).unwrap() && !blobs.is_in_doubt());
    assert!(blobs.read(ORG, &hash(b"nobody names it")).is_err());
    assert!(blobs.read(ORG, &hash(b"named")).is_ok());
    again.named();
    assert!(blobs.read(ORG, &hash(b"wanted again")).is_ok());
    assert_eq!((bucket.count(), marks(data.path())), (2, 0));
}

/// Without keys in the environment the machine is asked for its role's.
#[test]
fn a_machine_with_a_role_needs_no_keys_and_one_without_says_so() {
    let (data, bucket) = (tempfile::tempdir().unwrap(), Failing::start());
    let access = bucket.access_by_role();
    let blobs = Arc::new(Blobs::open_at(data.path(), Some(&bucket.url()), &access).unwrap());
    place(&blobs, b"abc").unwrap().named();
    assert_eq!(blobs.read(ORG, &hash(b"abc")).unwrap(), b"abc");
    assert_eq!(bucket.tokens(), [SECRETS[2].to_owned()].into());
    let blobs = Blobs::open_at(data.path(), None, &access).unwrap();
    bucket.fail(Fault::Answer(404, "NotFound"), ALWAYS);
    assert_eq!(fault(blobs.check().unwrap_err()), BucketFault::NoCredentials);
}

/// Each caller holds a thread: a bucket that never answers may not take all of them.
#[test]
fn many_who_wait_for_a_silent_bucket_leave_no_end_of_threads_waiting() {
    let (_data, bucket, blobs) = world();
    bucket.fail(Fault::Silent, ALWAYS);
    let mut busy = 0;
    std::thread::scope(|scope| {
        let ask = || fault(blobs.read(ORG, &hash(b"abc")).unwrap_err());
        let asked: Vec<_> = (0..80).map(|_| scope.spawn(ask)).collect();
        for thread in asked {
            busy += usize::from(thread.join().unwrap() == BucketFault::Busy);
        }
    });
    assert_eq!(busy, 80 - 64);
    bucket.mend();
    place(&blobs, b"abc").unwrap().named();
}

/// An endpoint or a bucket that was exchanged for another, an empty one: everything in it would seem to be lost.
#[test]
fn a_bucket_that_is_not_the_one_from_before_is_not_believed() {
    let (data, bucket, blobs) = world();
    place(&blobs, b"abc").unwrap().named();
    drop(blobs);
    bucket.forget_all();
    let blobs = open(data.path(), &bucket);
    assert_eq!(fault(blobs.read(ORG, &hash(b"abc")).unwrap_err()), BucketFault::NotOurs);
    assert_eq!(fault(blobs.check().unwrap_err()), BucketFault::NotOurs);
    assert_eq!(fault(place(&blobs, b"def").err().unwrap()), BucketFault::NotOurs);
    let other = tempfile::tempdir().unwrap();
    place(&open(other.path(), &bucket), b"of others").unwrap().named();
    assert_eq!(fault(blobs.all(ORG).unwrap_err()), BucketFault::OfOthers);
    assert_eq!(fault(blobs.delete(ORG, &hash(b"of others")).unwrap_err()), BucketFault::OfOthers);
}
