//! Bytes by organization and hash as objects of an S3 bucket. Deliberately absent: whether anybody names them.
//!
//! Every call waits for the bucket, on the thread that makes it, which is never one of those that answer requests. The first
//! one asks whether the bucket is the one that the data directory knows: what lies in another one says nothing of documents
//! that are missing.

use std::fmt;
use std::fs::File;
use std::future::Future;
use std::io::{Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use everlog_core::hex::{self, Hex};
use everlog_core::leaf::Hash;
use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey};
use object_store::path::Path as Key;
use object_store::{
    BackoffConfig, ObjectStore, ObjectStoreExt as _, PutMode, PutOptions, PutPayload, RetryConfig,
};
use tempfile::NamedTempFile;
use tokio::runtime;
use tokio::sync::Semaphore;

use crate::blobs::fault::{BucketFault, fault};
use crate::blobs::home::{self, BYTES_MAX, BucketUrl, Home};
use crate::blobs::http::Connector;
use crate::blobs::{BlobError, failed};
use crate::store::OrgCode;

/// The object at the prefix that says whose documents these are.
const IDENTITY: &str = "everlog-documents.json";
/// How often a bucket that is busy or away is asked again, and for how long at most.
const RETRIES_MAX: usize = 4;
const RETRY_TIME_MAX: Duration = Duration::from_secs(15);
/// The first rest between two tries, and the longest.
const REST: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(4));
/// How many callers wait for the bucket at once. Each holds a thread: were there no end to them, a bucket that answers
/// slowly would take the threads that read the log.
const CALLS_MAX: usize = 64;
/// How many of them send bytes at once: what is sent is in memory.
const PUTS_MAX: usize = 4;
/// How many objects are looked at before a prefix becomes a home: there should be none.
const LISTED_MAX: usize = 10_000;
/// What names variables for buckets begin with.
const VARIABLES: &str = "AWS_";
/// The variable that names a file of certificates that endpoints are verified with, and no others.
const CERTIFICATES: &str = "AWS_CA_BUNDLE";

/// How a bucket is reached, and in whose name: what the variables say that everybody uses for it, as names in lower case and
/// their values. Secrets among them are shown to nobody.
#[derive(Clone, Default)]
pub struct BucketAccess(Vec<(String, String)>);

impl BucketAccess {
    /// What the environment says.
    pub fn of_environment() -> Self {
        let all = std::env::vars_os().filter_map(|(name, value)| {
            let name = name.to_str()?;
            name.starts_with(VARIABLES).then_some((name.to_owned(), value.into_string().ok()?))
        });
        Self::of(all.filter(|(_, value)| !value.is_empty()))
    }

    /// What these variables say, of which each has its usual name.
    pub fn of(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(variables.into_iter().collect())
    }
}

impl fmt::Debug for BucketAccess {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.0.iter().map(|(name, _)| name);
        formatter.write_str("BucketAccess ")?;
        formatter.debug_set().entries(names).finish()
    }
}

/// The place of bytes whose home is a bucket.
pub(super) struct Bucket {
    home: Home,
    store: AmazonS3,
    /// Where files without a name grow.
    scratch: PathBuf,
    /// Whether it was seen to be the one that the data directory knows.
    is_known: AtomicBool,
    /// How many wait for it.
    calls: AtomicUsize,
    puts: Semaphore,
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
            is_known: AtomicBool::new(false),
            calls: AtomicUsize::new(0),
            puts: Semaphore::new(PUTS_MAX),
        })
    }

    /// Where it is.
    pub fn url(&self) -> &BucketUrl {
        &self.home.url
    }

    /// Makes it the home of documents, unless it is that of others, or lies above or below one.
    pub fn claim(&self) -> Result<(), BlobError> {
        self.refuse_nested()?;
        let (key, object) = (self.identity(), self.home.as_object());
        self.wait("used", async {
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
            let found = self.wait("used", async {
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
        let below = self.wait("listed", async {
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
        self.known()?;
        let prefix = self.key("");
        self.wait("listed", async { self.store.list_with_delimiter(Some(&prefix)).await.map(drop) })
    }

    /// A file with these bytes, which has no name and is gone when it is closed.
    pub fn open(&self, org: OrgCode, sha256: &Hash) -> Result<File, BlobError> {
        let mut file = tempfile::tempfile_in(&self.scratch).map_err(failed("read"))?;
        self.known()?;
        let key = self.place(org, sha256);
        let fetched = self.wait("read", async {
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
        fetched.ok_or(BlobError::Missing(*sha256))?.map_err(failed("read"))?;
        Ok(file)
    }

    /// Makes an object of a file. It is durable when the bucket has answered.
    pub fn put(&self, org: OrgCode, sha256: &Hash, file: NamedTempFile) -> Result<(), BlobError> {
        self.known()?;
        let key = self.place(org, sha256);
        let sent = self.wait("written", async {
            // Nobody closes it.
            let _place = self.puts.acquire().await;
            match std::fs::read(file.path()) {
                Ok(bytes) => self.store.put(&key, PutPayload::from(bytes)).await.map(|_| Ok(())),
                Err(why) => Ok(Err(why)),
            }
        })?;
        sent.map_err(failed("written"))
    }

    /// Takes bytes away; none that are not there.
    pub fn remove(&self, org: OrgCode, sha256: &Hash) -> Result<(), BlobError> {
        self.known()?;
        let key = self.place(org, sha256);
        self.wait("deleted from", async {
            match self.store.delete(&key).await {
                Err(why @ object_store::Error::NotFound { .. }) if !is_no_bucket(&why) => Ok(()),
                deleted => deleted,
            }
        })
    }

    /// The hashes of all bytes of an organization, and how many they are.
    pub fn all(&self, org: OrgCode) -> Result<Vec<(Hash, u64)>, BlobError> {
        self.known()?;
        let prefix = self.key(&org.0.to_string());
        self.wait("listed", async {
            // What lies elsewhere under this prefix, or below another document's name, is nothing that is found again.
            let named = |it: object_store::ObjectMeta| {
                let hash = hex::decode(it.location.filename()?)?;
                (it.location == self.place(org, &hash)).then_some((hash, it.size))
            };
            let found = self.store.list(Some(&prefix));
            found.try_filter_map(|it| std::future::ready(Ok(named(it)))).try_collect().await
        })
    }

    /// Sees once that this is the bucket that the data directory knows.
    fn known(&self) -> Result<(), BlobError> {
        if self.is_known.load(Ordering::Acquire) {
            return Ok(());
        }
        let key = self.identity();
        let id = self.wait("read", async {
            match self.store.get(&key).await {
                Err(why @ object_store::Error::NotFound { .. }) if !is_no_bucket(&why) => Ok(None),
                Ok(got) if got.meta.size > BYTES_MAX => Ok(None),
                got => Ok(home::id_in(&got?.bytes().await?)),
            }
        })?;
        match id {
            Some(id) if id == self.home.id => {
                self.is_known.store(true, Ordering::Release);
                Ok(())
            }
            Some(_) => Err(self.refused(BucketFault::OfOthers)),
            None => Err(self.refused(BucketFault::NotOurs)),
        }
    }

    fn refused(&self, fault: BucketFault) -> BlobError {
        BlobError::Bucket { url: self.home.url.clone(), doing: "used", fault }
    }

    /// Waits for what is asked of the bucket, with a runtime for this call alone: requests block the thread.
    fn wait<T>(
        &self,
        doing: &'static str,
        work: impl Future<Output = object_store::Result<T>>,
    ) -> Result<T, BlobError> {
        let bad = |fault| BlobError::Bucket { url: self.home.url.clone(), doing, fault };
        let _call = Call::begin(&self.calls).ok_or_else(|| bad(BucketFault::Busy))?;
        let runtime = runtime::Builder::new_current_thread().enable_time().build();
        let runtime = runtime.map_err(failed("asked for"))?;
        runtime.block_on(work).map_err(|why| bad(fault(&why)))
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

/// Somebody who waits for a bucket.
struct Call<'a>(&'a AtomicUsize);

impl<'a> Call<'a> {
    fn begin(calls: &'a AtomicUsize) -> Option<Self> {
        let before = calls.fetch_add(1, Ordering::AcqRel);
        let call = Self(calls);
        (before < CALLS_MAX).then_some(call)
    }
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

fn client(url: &BucketUrl, access: &BucketAccess) -> Result<AmazonS3, BucketFault> {
    let (mut builder, mut certificates) = (AmazonS3Builder::new(), None);
    for (name, value) in &access.0 {
        if name == CERTIFICATES {
            let bad = |why: String| BucketFault::Setting(format!("{CERTIFICATES} names {value}: {why}"));
            certificates = Some(std::fs::read(value).map_err(|why| bad(why.to_string()))?);
        } else if let Ok(key) = name.to_ascii_lowercase().parse::<AmazonS3ConfigKey>() {
            builder = builder.with_config(key, value);
        }
    }
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
