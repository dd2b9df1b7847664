//! What becomes of documents when their bucket fails, in every way that buckets fail. Deliberately absent: the real server.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use everlog::blobs::{BlobError, Blobs, BucketFault, LATE_TIME_MAX, Operation, Placed};
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

/// When nothing that was sent until now can come any more.
fn later() -> Instant {
    Instant::now() + LATE_TIME_MAX
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
    // Of what never went there nothing is left to ask after.
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
    assert!(blobs.settle_doubts(&named, Instant::now()).unwrap() && blobs.is_in_doubt());
    bucket.mend();
    blobs.sweep(&named).unwrap();
    assert_eq!(bucket.count(), 3, "nothing is taken away before the server that it belongs to asks after it");
    // What is brought again meanwhile is decided on by whoever brings it.
    let again = place(&blobs, b"wanted again").unwrap();
    blobs.settle_doubts(&named, Instant::now()).unwrap();
    assert!(!blobs.settle_doubts(&named, later()).unwrap() && !blobs.is_in_doubt());
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

/// Each caller holds a thread: a bucket that never answers may not take all of them, nor let anybody wait behind those who try.
#[test]
fn many_who_wait_for_a_silent_bucket_leave_no_end_of_threads_waiting() {
    let (_data, bucket, blobs) = world();
    bucket.fail(Fault::Silent, ALWAYS);
    let busy = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..250 {
            scope.spawn(|| {
                let begun = Instant::now();
                if fault(blobs.read(ORG, &hash(b"abc")).unwrap_err()) == BucketFault::Busy {
                    busy.fetch_add(1, Ordering::Relaxed);
                }
                assert!(begun.elapsed() < Duration::from_secs(20));
            });
        }
    });
    assert!(busy.into_inner() >= 250 - 2 * 32, "nobody begins behind those who got no answer");
    bucket.mend();
    place(&blobs, b"abc").unwrap().named();
}

/// While it answers, everybody gets a turn, and whoever reads does not wait behind those who send.
#[test]
fn a_hundred_who_send_at_once_to_a_bucket_that_is_well_are_all_served() {
    let (_data, bucket, blobs) = world();
    place(&blobs, b"abc").unwrap().named();
    bucket.slow_down(Duration::from_millis(40));
    std::thread::scope(|scope| {
        for number in 0..100 {
            let blobs = &blobs;
            scope.spawn(move || place(blobs, format!("{number}").as_bytes()).unwrap().named());
        }
        for _ in 0..20 {
            scope.spawn(|| assert_eq!(blobs.read(ORG, &hash(b"abc")).unwrap(), b"abc"));
        }
    });
    assert_eq!(bucket.count(), 101);
}

/// What a bucket was told may be done although it never said so: the server that runs finds out by itself.
#[test]
fn a_document_whose_answer_was_lost_goes_when_the_bucket_answers() {
    let (data, bucket, blobs) = world();
    bucket.fail_with("PUT", Fault::Lost);
    assert!(matches!(fault(place(&blobs, b"abc").err().unwrap()), BucketFault::Away(_)));
    assert_eq!((bucket.count(), marks(data.path())), (1, 1));
    assert!(blobs.is_in_doubt());
    bucket.mend();
    blobs.settle_doubts(&|_| Ok(HashSet::new()), Instant::now()).unwrap();
    assert_eq!(bucket.count(), 0);
    // Sent again it is there to stay.
    bucket.fail_with("PUT", Fault::Lost);
    place(&blobs, b"def").err().unwrap();
    bucket.mend();
    place(&blobs, b"def").unwrap().named();
    blobs.settle_doubts(&|_| Ok([hash(b"def")].into()), later()).unwrap();
    assert_eq!((bucket.count(), marks(data.path())), (1, 0));
    assert!(!blobs.is_in_doubt());
}

/// A proxy may hold what it was sent, and hand it on when nobody waits for it any more.
#[test]
fn a_document_that_comes_late_is_found_too() {
    let (data, bucket, blobs) = world();
    let empty = bucket.exchange(Default::default());
    bucket.exchange(empty.clone());
    bucket.fail_with("PUT", Fault::Lost);
    place(&blobs, b"abc").err().unwrap();
    bucket.mend();
    // It has not come yet when the next start asks.
    let late = bucket.exchange(empty);
    drop(blobs);
    let blobs = open(data.path(), &bucket);
    let none = |_| Ok(HashSet::new());
    blobs.sweep(&none).unwrap();
    assert!(blobs.settle_doubts(&none, Instant::now()).unwrap());
    bucket.requests();
    assert!(blobs.settle_doubts(&none, Instant::now()).unwrap());
    assert_eq!((bucket.requests(), marks(data.path())), (0, 1), "it is not asked all the time");
    bucket.exchange(late);
    assert!(!blobs.settle_doubts(&none, later()).unwrap());
    assert_eq!((bucket.count(), marks(data.path())), (0, 0));
}

/// Another bucket behind the same address, while the server runs: nothing of it is believed, and nothing goes there.
#[test]
fn a_bucket_that_is_exchanged_meanwhile_is_found_out() {
    let (_data, bucket, blobs) = world();
    place(&blobs, b"abc").unwrap().named();
    let ours = bucket.exchange(Default::default());
    let refused = |blobs: &Arc<Blobs>| {
        [
            fault(blobs.read(ORG, &hash(b"abc")).unwrap_err()),
            fault(place(blobs, b"def").err().unwrap()),
            fault(blobs.delete(ORG, &hash(b"abc")).unwrap_err()),
            fault(blobs.all(ORG).unwrap_err()),
        ]
    };
    assert!(refused(&blobs).iter().all(|it| *it == BucketFault::NotOurs));
    assert_eq!((bucket.count(), blobs.is_up()), (0, Some(false)));
    let other = tempfile::tempdir().unwrap();
    place(&open(other.path(), &bucket), b"abc").unwrap().named();
    assert!(refused(&blobs).iter().all(|it| *it == BucketFault::OfOthers));
    // It is well again by itself.
    bucket.exchange(ours);
    assert_eq!(blobs.read(ORG, &hash(b"abc")).unwrap(), b"abc");
    assert_eq!(blobs.is_up(), Some(true));
}

/// Credentials that may read and no more are told apart from those that may nothing, until they may.
#[test]
fn what_is_not_allowed_is_counted_until_it_is() {
    let (_data, bucket, blobs) = world();
    place(&blobs, b"abc").unwrap().named();
    bucket.fail_with("DELETE", Fault::Answer(403, "AccessDenied"));
    let refused = fault(blobs.delete(ORG, &hash(b"abc")).unwrap_err());
    assert_eq!(refused, BucketFault::Forbidden { code: "AccessDenied".to_owned() });
    blobs.read(ORG, &hash(b"abc")).unwrap();
    let failures = |operation| blobs.failures(operation);
    assert_eq!((failures(Operation::Delete), failures(Operation::Read), blobs.is_up()), (1, 0, Some(false)));
    bucket.mend();
    blobs.delete(ORG, &hash(b"abc")).unwrap();
    assert_eq!((failures(Operation::Delete), blobs.is_up()), (1, Some(true)));
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
