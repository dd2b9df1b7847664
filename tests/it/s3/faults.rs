//! A bucket in memory that fails when it is told to, on a machine that has a role. Deliberately absent: checking signatures,
//! which the real one does.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use everlog::blobs::{BucketAccess, BucketUrl};

/// How long a silent bucket is silent.
const SILENCE: Duration = Duration::from_secs(20);
/// What nobody may ever read in an error or a log line.
pub const SECRETS: [&str; 3] = ["AKIAOFTHETESTS", "secret-of-the-tests", "token-of-the-tests"];

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// This status and code instead of an answer.
    Answer(u16, &'static str),
    /// Half of the body, and then the end.
    Half,
    /// The connection closes without an answer.
    Closed,
    /// Nothing is said for long.
    Silent,
    /// What is asked is done, and the connection closes without an answer.
    Lost,
}

type Objects = BTreeMap<String, Vec<u8>>;

#[derive(Default)]
struct State {
    objects: Objects,
    /// What goes wrong, and how often.
    fault: Option<(Fault, usize)>,
    /// With which requests alone, if not with all.
    with: Option<&'static str>,
    /// How long every answer takes.
    rest: Duration,
    requests: usize,
    /// The tokens that came with requests to the bucket.
    tokens: BTreeSet<String>,
}

/// The bucket, until the test ends.
pub struct Failing {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl Failing {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state: Arc<Mutex<State>> = Arc::default();
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let state = Arc::clone(&shared);
                // Whoever asked may be gone.
                thread::spawn(move || answer(&stream.unwrap(), &state));
            }
        });
        Self { address, state }
    }

    pub fn url(&self) -> BucketUrl {
        "s3://documents/of/tests".parse().unwrap()
    }

    pub fn access(&self) -> BucketAccess {
        let [id, secret, token] = SECRETS;
        let variables = [
            ("AWS_ENDPOINT_URL", &*format!("http://{}", self.address)),
            ("AWS_ACCESS_KEY_ID", id),
            ("AWS_SECRET_ACCESS_KEY", secret),
            ("AWS_SESSION_TOKEN", token),
            ("AWS_ALLOW_HTTP", "true"),
            // As long as a test waits.
            ("AWS_TIMEOUT", "1s"),
        ];
        BucketAccess::of(variables.map(|(name, value)| (name.to_owned(), value.to_owned())))
    }

    /// Without credentials, on a machine whose role has some.
    pub fn access_by_role(&self) -> BucketAccess {
        let address = format!("http://{}", self.address);
        let names = ["AWS_ENDPOINT_URL", "AWS_METADATA_ENDPOINT"];
        let variables = names.map(|name| (name.to_owned(), address.clone()));
        BucketAccess::of(variables.into_iter().chain([("AWS_ALLOW_HTTP".to_owned(), "true".to_owned())]))
    }

    /// The tokens that came with requests to the bucket.
    pub fn tokens(&self) -> BTreeSet<String> {
        self.state.lock().unwrap().tokens.clone()
    }

    /// Lets so many requests fail, from now on.
    pub fn fail(&self, fault: Fault, times: usize) {
        let mut state = self.state.lock().unwrap();
        (state.fault, state.with) = (Some((fault, times)), None);
    }

    /// The same with requests of one method alone.
    pub fn fail_with(&self, method: &'static str, fault: Fault) {
        let mut state = self.state.lock().unwrap();
        (state.fault, state.with) = (Some((fault, usize::MAX)), Some(method));
    }

    /// Lets every answer take so long.
    pub fn slow_down(&self, rest: Duration) {
        self.state.lock().unwrap().rest = rest;
    }

    /// Puts another bucket behind the address, with these objects, and gives those of the old one.
    pub fn exchange(&self, objects: Objects) -> Objects {
        std::mem::replace(&mut self.state.lock().unwrap().objects, objects)
    }

    pub fn mend(&self) {
        self.fail(Fault::None, 0);
    }

    /// How many requests came since this was asked last.
    pub fn requests(&self) -> usize {
        std::mem::take(&mut self.state.lock().unwrap().requests)
    }

    /// How many documents there are.
    pub fn count(&self) -> usize {
        let state = self.state.lock().unwrap();
        state.objects.keys().filter(|key| !key.ends_with(".json")).count()
    }

    /// Puts an object below the prefix.
    pub fn put(&self, key: &str, bytes: &[u8]) {
        let key = format!("{}/{key}", self.url().prefix());
        self.state.lock().unwrap().objects.insert(key, bytes.to_vec());
    }

    /// Puts other bytes into the place of those with this hash.
    pub fn spoil(&self, sha256: &str, bytes: &[u8]) {
        let mut state = self.state.lock().unwrap();
        let object = state.objects.iter_mut().find(|(key, _)| key.ends_with(sha256));
        *object.unwrap().1 = bytes.to_vec();
    }

    pub fn forget_all(&self) {
        self.state.lock().unwrap().objects.clear();
    }
}

/// A request, its headers' names in small letters.
struct Asked {
    method: String,
    path: String,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

fn read(stream: &TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").map_or(0, |it| it.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Asked { method, path, headers, body })
}

fn answer(mut stream: &TcpStream, state: &Mutex<State>) -> Option<()> {
    let Asked { method, path, headers, body } = read(stream)?;
    let (path, query) = path.split_once('?').unwrap_or((&path, ""));
    let key = path.strip_prefix("/documents").unwrap_or(path).trim_start_matches('/').to_owned();
    let rest = state.lock().unwrap().rest;
    thread::sleep(rest);
    let mut held = state.lock().unwrap();
    let state = &mut *held;
    state.requests += 1;
    state.tokens.extend(headers.get("x-amz-security-token").cloned());
    let fault = match &mut state.fault {
        Some((fault, times)) if *times > 0 && state.with.is_none_or(|with| with == method) => {
            *times -= 1;
            *fault
        }
        _ => Fault::None,
    };
    let mut head = "ETag: \"e\"\r\nLast-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\n".to_owned();
    let (status, answer) = match (fault, method.as_str()) {
        (Fault::None, _) if path.starts_with("/latest/") => (200, role(path)),
        (Fault::Closed, _) => return None,
        (Fault::Silent, _) => {
            drop(held);
            thread::sleep(SILENCE);
            return None;
        }
        // Servers repeat what they were sent.
        (Fault::Answer(status, code), _) => (
            status,
            format!(
                "<Error><Code>{code}</Code><AWSAccessKeyId>{}</AWSAccessKeyId></Error>",
                SECRETS.join(" ")
            )
            .into_bytes(),
        ),
        (_, "PUT") => {
            if headers.contains_key("if-none-match") && state.objects.contains_key(&key) {
                (412, Vec::new())
            } else {
                state.objects.insert(key, body);
                (200, Vec::new())
            }
        }
        (_, "DELETE") => {
            state.objects.remove(&key);
            (204, Vec::new())
        }
        (_, _) if query.contains("list-type=2") => (200, list(state, query)),
        (_, _) => match state.objects.get(&key) {
            None => (404, b"<Error><Code>NoSuchKey</Code></Error>".to_vec()),
            Some(object) => {
                let from = headers
                    .get("range")
                    .and_then(|range| range.strip_prefix("bytes=")?.split('-').next()?.parse::<usize>().ok());
                let part = object[from.unwrap_or(0)..].to_vec();
                if let Some(from) = from {
                    head += &format!("Content-Range: bytes {from}-{}/{}\r\n", object.len() - 1, object.len());
                }
                (if from.is_some() { 206 } else { 200 }, part)
            }
        },
    };
    drop(held);
    if fault == Fault::Lost {
        return None;
    }
    let head =
        format!("HTTP/1.1 {status} S\r\nConnection: close\r\n{head}Content-Length: {}\r\n\r\n", answer.len());
    stream.write_all(head.as_bytes()).ok()?;
    let sent = if fault == Fault::Half { &answer[..answer.len() / 2] } else { &answer[..] };
    stream.write_all(sent).ok()
}

/// What a machine says of its role.
fn role(path: &str) -> Vec<u8> {
    let [id, secret, token] = SECRETS;
    match path.strip_prefix("/latest/meta-data/iam/security-credentials/") {
        None => b"a-token".to_vec(),
        Some("") => b"a-role".to_vec(),
        Some(_) => format!(
            r#"{{"AccessKeyId":"{id}","SecretAccessKey":"{secret}","Token":"{token}","Expiration":"2100-01-01T00:00:00Z"}}"#
        )
        .into_bytes(),
    }
}

fn list(state: &State, query: &str) -> Vec<u8> {
    let prefix = query.split('&').find_map(|pair| pair.strip_prefix("prefix=")).unwrap_or_default();
    let prefix = prefix.replace("%2F", "/");
    let mut text = "<ListBucketResult><IsTruncated>false</IsTruncated>".to_owned();
    for (key, object) in state.objects.iter().filter(|(key, _)| key.starts_with(&prefix)) {
        text += &format!(
            "<Contents><Key>{key}</Key><Size>{}</Size><LastModified>2026-01-01T00:00:00.000Z</LastModified><ETag>e</ETag></Contents>",
            object.len()
        );
    }
    text.push_str("</ListBucketResult>");
    text.into_bytes()
}
