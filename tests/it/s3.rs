//! A bucket for tests: a real S3 server in a process of its own, moto, which checks signatures and permissions; and what a
//! test wants to see of it with other eyes than the server's. Deliberately absent: servers that misbehave (`s3/faults`).

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use everlog::blobs::{BucketAccess, BucketUrl};
use serde_json::{Value, json};

use crate::server::is_gate;

mod claims;
mod failing;
pub mod faults;
mod killed;
mod served;
mod whole;

/// Where `./check` puts the Python with moto.
const PYTHON: &str = "target/pdf-tools/bin/python";
/// The bucket that is there.
const BUCKET: &str = "documents";

/// The server of this run. It ends with this process, whose end of its input closes.
static SERVER: LazyLock<Option<Server>> = LazyLock::new(Server::start);

struct Server {
    told: Value,
    line: Mutex<(Child, ChildStdin, BufReader<ChildStdout>)>,
}

impl Server {
    fn start() -> Option<Self> {
        let has_moto = Command::new(PYTHON).args(["-c", "import moto.server"]).output();
        if !has_moto.is_ok_and(|it| it.status.success()) {
            assert!(!is_gate(), "moto is missing: ./check installs it");
            return None;
        }
        let mut command = Command::new(PYTHON);
        let command = command.arg("tests/it/s3/serve.py").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (input, mut output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut told = String::new();
        output.read_line(&mut told).unwrap();
        let told = serde_json::from_str(&told).expect("the server tells where it is");
        Some(Self { told, line: Mutex::new((child, input, output)) })
    }

    fn ask(&self, what: &Value) -> Value {
        let mut line: MutexGuard<'_, _> = self.line.lock().unwrap();
        writeln!(line.1, "{what}").unwrap();
        let mut answer = String::new();
        line.2.read_line(&mut answer).unwrap();
        serde_json::from_str(&answer).unwrap()
    }
}

/// A prefix of a test's own in the bucket.
pub struct Prefix {
    server: &'static Server,
    pub url: BucketUrl,
}

impl Prefix {
    /// A new one; nothing, said loudly, where there is no server to run.
    pub fn new() -> Option<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let Some(server) = SERVER.as_ref() else {
            eprintln!("\n*** SKIPPED: nothing was tried against an S3 server; ./check installs moto ***\n");
            return None;
        };
        let name = format!("s3://{BUCKET}/tests/{}", COUNT.fetch_add(1, Ordering::Relaxed));
        Some(Self { server, url: name.parse().unwrap() })
    }

    /// What a process that reaches the bucket finds in its environment.
    pub fn variables(&self) -> Vec<(String, String)> {
        let key = &self.server.told["everlog"];
        let of = |name: &str, value: &Value| (name.to_owned(), value.as_str().unwrap().to_owned());
        vec![
            of("AWS_ENDPOINT_URL", &self.server.told["endpoint"]),
            of("AWS_ACCESS_KEY_ID", &key["id"]),
            of("AWS_SECRET_ACCESS_KEY", &key["secret"]),
            of("AWS_REGION", &json!("us-east-1")),
            of("AWS_ALLOW_HTTP", &json!("true")),
        ]
    }

    pub fn access(&self) -> BucketAccess {
        BucketAccess::of(self.variables())
    }

    /// The same with some variables set otherwise.
    pub fn access_with(&self, changed: &[(&str, &str)]) -> BucketAccess {
        let changed = changed.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        BucketAccess::of(self.variables().into_iter().chain(changed))
    }

    /// The endpoint that speaks TLS, and the certificate of the authority behind it.
    pub fn tls(&self) -> (&str, &str) {
        let of = |name| self.server.told[name].as_str().unwrap();
        (of("tls"), of("authority"))
    }

    /// The keys of all objects here, without the prefix.
    pub fn keys(&self) -> Vec<String> {
        let prefix = format!("{}/", self.url.prefix());
        let keys = self.server.ask(&json!({"do": "list", "prefix": prefix}));
        let keys = keys.as_array().unwrap().iter();
        keys.map(|key| key.as_str().unwrap().strip_prefix(&prefix).unwrap().to_owned()).collect()
    }

    /// The keys of documents.
    pub fn documents(&self) -> Vec<String> {
        self.keys().into_iter().filter(|key| key != "everlog-documents.json").collect()
    }

    pub fn get(&self, key: &str) -> Vec<u8> {
        let body = self.server.ask(&json!({"do": "get", "key": self.whole(key)}));
        STANDARD.decode(body.as_str().unwrap()).unwrap()
    }

    pub fn put(&self, key: &str, bytes: &[u8]) {
        self.server.ask(&json!({"do": "put", "key": self.whole(key), "body": STANDARD.encode(bytes)}));
    }

    pub fn delete(&self, key: &str) {
        self.server.ask(&json!({"do": "delete", "key": self.whole(key)}));
    }

    fn whole(&self, key: &str) -> String {
        format!("{}/{key}", self.url.prefix())
    }
}
