//! Bytes by organization and hash as objects of an S3 bucket. Deliberately absent: whether anybody names them.
//!
//! Every call waits for the bucket, on the thread that makes it, which is never one of those that answer requests. What lies in
//! another bucket than the one that the data directory knows says nothing of documents that are missing, and must not get
//! any: whose it is, is asked by the first call, before one that changes something and behind one that finds nothing.

use std::fs::File;
use std::future::Future;
use std::io::{Seek as _, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use everlog_core::hex::{self, Hex};
use everlog_core::leaf::Hash;
use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path as Key;
use object_store::{
    BackoffConfig, ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, PutPayload, RetryConfig,
};
use tempfile::NamedTempFile;
use tokio::runtime;

use crate::blobs::access::{BucketAccess, CERTIFICATES};
use crate::blobs::fault::{BucketFault, fault};
use crate::blobs::health::{Health, Operation};
use crate::blobs::home::{self, BYTES_MAX, BucketUrl, Home};
use crate::blobs::http::Connector;
use crate::blobs::turns::{Limits, Turns};
use crate::blobs::{BlobError, failed};
use crate::store::OrgCode;

/// The object at the prefix that says whose documents these are.
const IDENTITY: &str = "everlog-documents.json";
/// How often a bucket that is busy or away is asked again, and for how long at most.
const RETRIES_MAX: usize = 4;
const RETRY_TIME_MAX: Duration = Duration::from_secs(15);
/// The first rest between two tries, and the longest.
const REST: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(4));
/// How many ask for something at once, and how many send bytes: what is sent is in memory. All who may wait together are fewer
/// than the threads there are.
const ASKING: Limits = Limits { places: 32, waiting: 160, time: TURN_TIME_MAX };
const SENDING: Limits = Limits { places: 4, waiting: 160, time: TURN_TIME_MAX };
/// How long somebody waits for a turn.
const TURN_TIME_MAX: Duration = Duration::from_secs(30);
/// How long it is believed that the bucket is ours when something in it is changed, or all of it counts.
const KNOWN_TIME_MAX: Duration = Duration::from_secs(60);
/// How many objects are looked at before a prefix becomes a home: there should be none.
const LISTED_MAX: usize = 10_000;

/// The place of bytes whose home is a bucket.
pub(super) struct Bucket {
    home: Home,
    store: AmazonS3,
    /// Where files without a name grow.
    scratch: PathBuf,
    /// When it was last seen to be the one that the data directory knows.
    known: Mutex<Option<Instant>>,
    asking: Turns,
    sending: Turns,
    health: Health,
}

impl Bucket {
    /// A bucket that is not asked anything yet.
    ///
    /// # Errors
    /// When what is said of the access to it cannot be used.
    pub fn new(home: Home, access: &BucketAccess, scratch: &Path) -> Result<Self, BlobError> {
        let store = client(&home.url, access).map_err(|why| BlobError::Bucket {
            url: home.url.clone(),
            doing: "used",
            fault: why,
        })?;
        Ok(Self {
            home,
            store,
            scratch: scratch.to_owned(),
            known: Mutex::default(),
            asking: Turns::new(ASKING),
            sending: Turns::new(SENDING),
            health: Health::default(),
        })
    }

    /// Where it is.
    pub fn url(&self) -> &BucketUrl {
        &self.home.url
    }

    /// How it does.
    pub fn health(&self) -> &Health {
        &self.health
    }

    /// Makes it the home of documents, unless it is that of others, or lies above or below one.
    pub fn claim(&self) -> Result<(), BlobError> {
        self.refuse_nested()?;
        let (key, object) = (self.identity(), self.home.as_object());
        self.wait(Operation::Use, async {
            let create = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
            match self.store.put_opts(&key, object.clone().into(), create).await {
                // Some servers know no conditions; then only two that begin at once are not told apart here.
                Err(why) if is_no_condition(&why) => match self.store.head(&key).await {
                    Err(object_store::Error::NotFound { .. }) => {
                        self.store.put(&key, object.into()).await.map(drop)
                    }
                    head => head.map(drop),
                },
                Err(object_store::Error::AlreadyExists { .. }) => Ok(()),
                put => put.map(drop),
            }
        })?;
        self.check()
    }

    /// Refuses a home above or below another: objects of the one would seem to be the other's. As far as it may be asked, and
    /// of what lies below only so much is looked at.
    fn refuse_nested(&self) -> Result<(), BlobError> {
        let (own, mut above) = (self.identity(), self.home.url.prefix());
        while let Some((next, _)) = above.rsplit_once('/').or((!above.is_empty()).then_some(("", ""))) {
            above = next;
            let key = Key::from(format!("{above}/{IDENTITY}"));
            let found = self.wait(Operation::Use, async {
                match self.store.head(&key).await {
                    Err(why) if says_nothing(&why) => Ok(false),
                    head => head.map(|_| true),
                }
            })?;
            if found {
                return Err(self.refused(BucketFault::Nested(key.to_string())));
            }
        }
        let prefix = self.key("");
        let below = self.wait(Operation::List, async {
            let found = self.store.list(Some(&prefix)).take(LISTED_MAX);
            let is_home = |it: &object_store::ObjectMeta| {
                it.location != own && it.location.filename() == Some(IDENTITY)
            };
            let found = found.try_filter(|it| std::future::ready(is_home(it))).try_next().await;
            match found {
                Err(why) if says_nothing(&why) => Ok(None),
                found => found,
            }
        })?;
        let nested =
            |it: object_store::ObjectMeta| self.refused(BucketFault::Nested(it.location.to_string()));
        below.map_or(Ok(()), |it| Err(nested(it)))
    }

    /// Asks for what every later call needs: that the bucket is there, is ours, and may be listed.
    pub fn check(&self) -> Result<(), BlobError> {
        self.ask_whose()?;
        let prefix = self.key("");
        self.wait(Operation::List, async { self.store.list_with_delimiter(Some(&prefix)).await.map(drop) })
    }

    /// A file with these bytes, which has no name and is gone when it is closed.
    pub fn open(&self, org: OrgCode, sha256: &Hash) -> Result<File, BlobError> {
        let mut file = tempfile::tempfile_in(&self.scratch).map_err(failed("read"))?;
        self.known(None)?;
        let key = self.place(org, sha256);
        let fetched = self.wait(Operation::Read, async {
            let got = match self.store.get(&key).await {
                Err(object_store::Error::NotFound { path, source }) => {
                    let why = object_store::Error::NotFound { path, source };
                    return if is_no_bucket(&why) { Err(why) } else { Ok(None) };
                }
                got => got?,
            };
            let mut pieces = got.into_stream();
            while let Some(piece) = pieces.try_next().await? {
                if let Err(why) = file.write_all(&piece) {
                    return Ok(Some(Err(why)));
                }
            }
            Ok(Some(file.rewind()))
        })?;
        let Some(fetched) = fetched else {
            // In another bucket everything would seem to be lost.
            self.ask_whose()?;
            return Err(BlobError::Missing(*sha256));
        };
        fetched.map_err(failed("read"))?;
        Ok(file)
    }

    /// Makes an object of a file. It is durable when the bucket has answered.
    pub fn put(&self, org: OrgCode, sha256: &Hash, file: NamedTempFile) -> Result<(), BlobError> {
        self.known(Some(KNOWN_TIME_MAX))?;
        let key = self.place(org, sha256);
        let sent = self.wait(Operation::Write, async {
            match std::fs::read(file.path()) {
                Ok(bytes) => self.store.put(&key, PutPayload::from(bytes)).await.map(|_| Ok(())),
                Err(why) => Ok(Err(why)),
            }
        })?;
        sent.map_err(failed("written"))
    }

    /// Takes bytes away; none that are not there.
    pub fn remove(&self, org: OrgCode, sha256: &Hash) -> Result<(), BlobError> {
        // Nothing that it answers would tell that it is another one.
        self.ask_whose()?;
        let key = self.place(org, sha256);
        self.wait(Operation::Delete, async {
            match self.store.delete(&key).await {
                Err(why @ object_store::Error::NotFound { .. }) if !is_no_bucket(&why) => Ok(()),
                deleted => deleted,
            }
        })
    }

    /// The hashes of all bytes of an organization, and how many they are.
    pub fn all(&self, org: OrgCode) -> Result<Vec<(Hash, u64)>, BlobError> {
        self.known(Some(KNOWN_TIME_MAX))?;
        let prefix = self.key(&org.0.to_string());
        self.wait(Operation::List, async {
            // What lies elsewhere under this prefix, or below another document's name, is nothing that is found again.
            let named = |it: object_store::ObjectMeta| {
                let hash = hex::decode(it.location.filename()?)?;
                (it.location == self.place(org, &hash)).then_some((hash, it.size))
            };
            let found = self.store.list(Some(&prefix));
            found.try_filter_map(|it| std::future::ready(Ok(named(it)))).try_collect().await
        })
    }

    /// Sees that this is the bucket that the data directory knows, unless that was seen within this time, or ever.
    fn known(&self, within: Option<Duration>) -> Result<(), BlobError> {
        let seen = *self.known_at();
        match seen.filter(|at| within.is_none_or(|within| at.elapsed() < within)) {
            Some(_) => Ok(()),
            None => self.ask_whose(),
        }
    }

    /// Asks whether this is the bucket that the data directory knows.
    fn ask_whose(&self) -> Result<(), BlobError> {
        let key = self.identity();
        let asked = Instant::now();
        let seen = self.wait_for(Operation::Use, async {
            let id = match self.store.get(&key).await {
                Err(why @ object_store::Error::NotFound { .. }) if !is_no_bucket(&why) => None,
                Ok(got) if got.meta.size > BYTES_MAX => None,
                got => home::id_in(&got?.bytes().await?),
            };
            Ok(match id {
                Some(id) if id == self.home.id => Ok(()),
                Some(_) => Err(BucketFault::OfOthers),
                None => Err(BucketFault::NotOurs),
            })
        });
        match &seen {
            Ok(()) => *self.known_at() = Some(asked),
            // Until it is ours again, everything asks before.
            Err(BlobError::Bucket { fault: BucketFault::OfOthers | BucketFault::NotOurs, .. }) => {
                *self.known_at() = None;
            }
            Err(_) => {}
        }
        seen
    }

    fn refused(&self, fault: BucketFault) -> BlobError {
        BlobError::Bucket { url: self.home.url.clone(), doing: "used", fault }
    }

    fn known_at(&self) -> MutexGuard<'_, Option<Instant>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<T>(
        &self,
        operation: Operation,
        work: impl Future<Output = object_store::Result<T>>,
    ) -> Result<T, BlobError> {
        self.wait_for(operation, async { work.await.map(Ok) })
    }

    /// Waits for what is asked of the bucket, with a runtime for this call alone: requests block the thread.
    fn wait_for<T>(
        &self,
        operation: Operation,
        work: impl Future<Output = object_store::Result<Result<T, BucketFault>>>,
    ) -> Result<T, BlobError> {
        let (url, doing) = (&self.home.url, operation.doing());
        let bad = |fault| BlobError::Bucket { url: url.clone(), doing, fault };
        let turns = if operation == Operation::Write { &self.sending } else { &self.asking };
        let _turn = turns.take(&|| !self.health.is_away()).ok_or_else(|| bad(BucketFault::Busy))?;
        let runtime = runtime::Builder::new_current_thread().enable_time().build();
        let runtime = runtime.map_err(failed("asked for"))?;
        // The client ends its thread over what it cannot put into a request; what is set was seen before, what a machine says
        // of its role was not.
        let done = catch_unwind(AssertUnwindSafe(|| runtime.block_on(work)));
        let done = match done {
            Ok(Ok(done)) => done,
            Ok(Err(why)) => Err(fault(&why)),
            Err(_) => Err(BucketFault::Setting("no request can be made of what is set for it".to_owned())),
        };
        match &done {
            Ok(_) => self.health.worked(url, operation),
            Err(fault) => self.health.failed(url, operation, fault),
        }
        done.map_err(bad)
    }

    fn identity(&self) -> Key {
        self.key(IDENTITY)
    }

    fn place(&self, org: OrgCode, sha256: &Hash) -> Key {
        self.key(&format!("{}/{}/{}", org.0, Hex(&sha256[..1]), Hex(sha256)))
    }

    fn key(&self, rest: &str) -> Key {
        Key::from(format!("{}/{rest}", self.home.url.prefix()))
    }
}

fn client(url: &BucketUrl, access: &BucketAccess) -> Result<AmazonS3, BucketFault> {
    let mut builder = AmazonS3Builder::new();
    for (key, value) in access.settings()? {
        builder = builder.with_config(key, value);
    }
    let read = |path: &str| {
        let bad = |why| BucketFault::Setting(format!("{CERTIFICATES} names {path}: {why}"));
        std::fs::read(path).map_err(bad)
    };
    let certificates = access.certificates().map(read).transpose()?;
    let connector = Connector::new(certificates.as_deref())
        .map_err(|why| BucketFault::Setting(format!("{CERTIFICATES}: {why}")))?;
    let backoff = BackoffConfig { init_backoff: REST.0, max_backoff: REST.1, ..BackoffConfig::default() };
    builder
        .with_bucket_name(url.bucket())
        // One request each, and every server knows it.
        .with_disable_bulk_delete(true)
        .with_retry(RetryConfig { backoff, max_retries: RETRIES_MAX, retry_timeout: RETRY_TIME_MAX })
        .with_http_connector(connector)
        .build()
        .map_err(|why| fault(&why))
}

/// Whether a server says that it has no conditional requests.
fn is_no_condition(why: &object_store::Error) -> bool {
    matches!(why, object_store::Error::NotImplemented { .. })
        || matches!(fault(why), BucketFault::Answered { status: 501, .. })
}

/// Whether an answer says nothing of what lies there: nothing does, or who asks may not know. What is done there next tells.
fn says_nothing(why: &object_store::Error) -> bool {
    matches!(why, object_store::Error::NotFound { .. })
        || matches!(fault(why), BucketFault::Forbidden { .. } | BucketFault::NoBucket)
}

fn is_no_bucket(why: &object_store::Error) -> bool {
    matches!(fault(why), BucketFault::NoBucket)
}
