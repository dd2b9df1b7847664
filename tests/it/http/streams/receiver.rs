//! A receiver of messages, on a socket of its own. Deliberately absent: TLS, which tests of the server leave out.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;

/// One request as it came.
#[derive(Clone, Debug)]
pub struct Got {
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Got {
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|it| it.0 == name).map(|it| it.1.as_str()).unwrap_or_default()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

#[derive(Default)]
struct Inner {
    got: Vec<Got>,
    /// What is answered next; when nothing is left, 200.
    answers: VecDeque<String>,
    pause: Duration,
}

/// Answers until the test ends.
#[derive(Clone)]
pub struct Receiver {
    pub address: SocketAddr,
    inner: Arc<Mutex<Inner>>,
}

impl Receiver {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let inner: Arc<Mutex<Inner>> = Arc::default();
        let receiver = Self { address, inner };
        let own = receiver.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let own = own.clone();
                // A sender that is killed breaks off.
                std::thread::spawn(move || own.answer(stream.unwrap()).ok());
            }
        });
        receiver
    }

    pub fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// What is answered next, a status or a whole head, in order.
    pub fn will_answer(&self, answers: &[&str]) {
        self.inner.lock().unwrap().answers.extend(answers.iter().map(|it| (*it).to_owned()));
    }

    /// How long it thinks about each message.
    pub fn will_wait(&self, pause: Duration) {
        self.inner.lock().unwrap().pause = pause;
    }

    pub fn got(&self) -> Vec<Got> {
        self.inner.lock().unwrap().got.clone()
    }

    /// What came, once it is so many.
    pub fn wait_for(&self, count: usize) -> Vec<Got> {
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            let got = self.got();
            if got.len() >= count {
                return got;
            }
            assert!(Instant::now() < end, "{} of {count} came", got.len());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn answer(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream.try_clone()?);
        let mut headers = Vec::new();
        let mut line = String::new();
        reader.read_line(&mut line)?;
        loop {
            line.clear();
            // A sender that was killed in the middle of its head has sent nothing.
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let Some((name, value)) = line.split_once(':') else { break };
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
        let length = headers.iter().find(|it| it.0 == "content-length").map_or("0", |it| it.1.as_str());
        let mut body = vec![0; length.parse().unwrap()];
        reader.read_exact(&mut body)?;
        let (answer, pause) = {
            let mut inner = self.inner.lock().unwrap();
            inner.got.push(Got { headers, body });
            (inner.answers.pop_front().unwrap_or_else(|| "200 OK".to_owned()), inner.pause)
        };
        std::thread::sleep(pause);
        write!(stream, "HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    }
}
