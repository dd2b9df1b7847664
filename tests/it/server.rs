//! A server for tests: the real one, in this process, on a data directory of its own. Deliberately absent: shortcuts; tests
//! speak HTTP to it like everybody else.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use everlog::app::App;
use everlog::config::Config;
use everlog::fsck::Checks;
use everlog::http::{HEAD_TIME_MAX, serve};
use everlog::log::WriterThread;
use serde_json::{Value, json};
use tempfile::TempDir;

/// The operator's key of every test server.
pub const OPERATOR_KEY: &str = "operator-key-of-the-tests-0123456789";

pub struct Server {
    pub address: SocketAddr,
    pub app: App,
    pub directory: TempDir,
    runtime: Option<tokio::runtime::Runtime>,
    serving: Option<tokio::task::JoinHandle<()>>,
    writer: Option<WriterThread>,
    agent: ureq::Agent,
}

/// An answer: its status, its head, its body as JSON where it is JSON.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: ureq::http::HeaderMap,
    pub body: Value,
    pub text: String,
}

impl Server {
    pub fn start() -> Self {
        Self::start_with(|_| {})
    }

    pub fn start_with(adjust: impl FnOnce(&mut Config)) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), adjust)
    }

    pub fn start_in(directory: TempDir, adjust: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config {
            data: Some(directory.path().join("data")),
            operator_key: Some(OPERATOR_KEY.to_owned()),
            ..Config::default()
        };
        adjust(&mut config);
        let (app, writer) = App::open(&config).unwrap();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let serving = runtime.block_on(serve(app.clone(), "127.0.0.1:0".parse().unwrap())).unwrap();
        let address = serving.address().unwrap();
        let serving = Some(runtime.spawn(serving.run()));
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .allow_non_standard_methods(true)
            .timeout_global(Some(Duration::from_secs(60)))
            // Given up well before the server closes it: no request meets a closing connection.
            .max_idle_age(HEAD_TIME_MAX / 3)
            .build()
            .into();
        Self { address, app, directory, runtime: Some(runtime), serving, writer: Some(writer), agent }
    }

    /// Makes the trails that wait from now on, as the program does beside its server. Most tests want to see what they did
    /// themselves, and no more.
    pub fn make_trails(&self) {
        self.runtime.as_ref().unwrap().spawn(self.app.clone().make_trails());
    }

    /// Stops as SIGTERM does, and gives the data directory back.
    pub fn stop(mut self) -> TempDir {
        self.end();
        let directory = std::mem::replace(&mut self.directory, tempfile::tempdir().unwrap());
        let writer = self.writer.take();
        // The writer ends when nobody can send to it any more; until then it holds the data directory.
        drop(self);
        writer.into_iter().for_each(WriterThread::join);
        directory
    }

    fn end(&mut self) {
        self.app.stopping.set();
        if let (Some(runtime), Some(serving)) = (self.runtime.take(), self.serving.take()) {
            runtime.block_on(serving).unwrap();
            runtime.shutdown_timeout(Duration::from_secs(5));
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn send(&self, method: &str, path: &str, key: &str, body: Option<&[u8]>, kind: &str) -> Answer {
        let mut request = ureq::http::Request::builder().method(method).uri(self.url(path));
        if !key.is_empty() {
            request = request.header("Authorization", format!("Bearer {key}"));
        }
        if body.is_some() {
            request = request.header("Content-Type", kind);
        }
        let answer = match body {
            Some(body) => self.agent.run(request.body(body).unwrap()),
            None => self.agent.run(request.body(()).unwrap()),
        };
        Answer::read(answer.unwrap()).unwrap()
    }

    /// A request with whatever headers and body.
    pub fn request(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&[u8]>) -> Answer {
        self.try_request(method, path, headers, body).unwrap()
    }

    /// The same for a body that the server may stop reading: it then closes, and the answer may be lost on its way.
    pub fn try_request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> Result<Answer, ureq::Error> {
        let mut request = ureq::http::Request::builder().method(method).uri(self.url(path));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = match body {
            Some(body) => self.agent.run(request.body(body).unwrap()),
            None => self.agent.run(request.body(()).unwrap()),
        };
        Answer::read(answer?)
    }

    pub fn get(&self, path: &str, key: &str) -> Answer {
        self.send("GET", path, key, None, "")
    }

    pub fn post(&self, path: &str, key: &str, body: &Value) -> Answer {
        self.send("POST", path, key, Some(body.to_string().as_bytes()), "application/json")
    }

    /// Bytes straight into the socket, and whatever comes back before the server closes or falls silent.
    pub fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(3))).unwrap();
        // The server may close while we still write.
        drop(stream.write_all(bytes));
        let mut answer = Vec::new();
        let mut piece = [0; 8192];
        while let Ok(read) = stream.read(&mut piece)
            && read > 0
        {
            answer.extend_from_slice(&piece[..read]);
        }
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// Makes an organization.
    pub fn organization(&self, id: &str, profile: &str) {
        let new = json!({"id": id, "name": format!("The {id}"), "profile": profile});
        let answer = self.post("/v1/organizations", OPERATOR_KEY, &new);
        assert_eq!(answer.status, 201, "{answer:?}");
    }

    /// Makes a key of an organization.
    pub fn key(&self, org: &str, scopes: &[&str]) -> String {
        let new = json!({"name": "test", "scopes": scopes});
        let answer = self.post(&format!("/v1/organizations/{org}/keys"), OPERATOR_KEY, &new);
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.body["key"].as_str().unwrap().to_owned()
    }

    /// An organization and a key that may do everything.
    pub fn tenant(&self, id: &str, profile: &str) -> String {
        self.organization(id, profile);
        self.key(id, &["write", "read", "admin"])
    }

    /// Makes a viewer session and gives its token.
    pub fn session(&self, org: &str, key: &str, user: &str, role: &str) -> String {
        let new = json!({"user": {"id": user, "name": user}, "role": role});
        let answer = self.post(&format!("/v1/organizations/{org}/viewer-sessions"), key, &new);
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.body["token"].as_str().unwrap().to_owned()
    }

    /// How many events an organization's log holds, Access included.
    pub fn size(&self, org: &str) -> u64 {
        let org = everlog_core::ids::OrgId::try_from(org).unwrap();
        let org = self.app.access.open_locally(&org).unwrap();
        self.app.store.head(org.code()).unwrap().size.0
    }

    /// The id of an organization's log; of one that is not there, none that is anybody's.
    pub fn log_id(&self, org: &str) -> String {
        let known = everlog_core::ids::OrgId::try_from(org).ok();
        let entry = known.and_then(|id| self.app.directory.find(&id).unwrap());
        entry.map_or("0".repeat(32), |entry| entry.row.log_id.to_string())
    }

    /// Re-reads and re-verifies the whole log of every organization, the states of its processes and their files.
    pub fn check_log(&self) {
        let ledger = self.app.ledger.read().unwrap();
        let checks = Checks {
            blobs: Some(&self.app.blobs),
            ledger: Some(&ledger),
            ..Checks::of(self.app.store.as_ref())
        };
        for org in self.app.directory.all().unwrap() {
            assert_eq!(checks.log(&org).unwrap().faults, []);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
        drop(self.writer.take());
    }
}

impl Answer {
    fn read(mut answer: ureq::http::Response<ureq::Body>) -> Result<Self, ureq::Error> {
        let status = answer.status().as_u16();
        let headers = answer.headers().clone();
        let bytes = answer.body_mut().with_config().limit(1 << 30).read_to_vec()?;
        // What is compressed is no text.
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Ok(Self { status, headers, body, text })
    }

    /// A problem document of this status and code, in the one shape of all.
    pub fn assert_problem(&self, status: u16, code: &str) {
        assert_eq!((self.status, self.body["code"].as_str()), (status, Some(code)), "{self:?}");
        assert_eq!(self.headers["content-type"], "application/problem+json");
        assert_eq!(self.body["status"], status);
        assert!(self.body["detail"].as_str().is_some_and(|detail| !detail.is_empty()), "{self:?}");
        assert!(self.body["request_id"].as_str().is_some_and(|id| id.starts_with("req_")), "{self:?}");
    }
}

/// Whether this run is the gate, `./check`: then nothing is skipped or shortened.
pub fn is_gate() -> bool {
    std::env::var_os("EVERLOG_TESTS_MUST_RUN").is_some()
}

/// The least that an event is.
pub fn event(action: &str) -> Value {
    json!({"action": action, "actor": {"type": "user", "id": "u_1", "name": "Ana Ruiz"}})
}

/// The parameters of a URL, encoded, with a question mark in front.
pub fn query(params: &[(&str, &str)]) -> String {
    let encode = |text: &str| -> String {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        text.bytes()
            .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
            .collect()
    };
    let pairs: Vec<_> =
        params.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
    format!("?{}", pairs.join("&"))
}
