//! A small witness on a socket of its own (C2SP tlog-witness), written from the specification: it checks consistency for
//! real, and keeps what it has cosigned last. Deliberately absent: keeping it over the end of the test.

use std::collections::{HashMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use everlog_core::checkpoint::{Checkpoint, VerifierKey};
use everlog_core::ids::Size;
use everlog_core::merkle::verify_consistency;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use sha2::{Digest, Sha256};

/// What every cosignature says of its time.
pub const SECONDS: u64 = 1_795_182_082;

#[derive(Default)]
struct Inner {
    /// The logs it knows, by origin, with their key and what was cosigned last.
    logs: HashMap<String, (VerifierKey, Option<Checkpoint>)>,
    /// What was asked and answered: the old size, and the status.
    told: Vec<(u64, u16)>,
    /// What is answered next instead, whatever is asked: a status and a body. Status 0 breaks off.
    faults: VecDeque<(u16, String)>,
}

#[derive(Clone)]
pub struct SmallWitness {
    pub address: SocketAddr,
    name: &'static str,
    seed: [u8; 32],
    inner: Arc<Mutex<Inner>>,
}

impl SmallWitness {
    pub fn start(name: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seed = Sha256::digest(name).into();
        let witness = Self { address, name, seed, inner: Arc::default() };
        let own = witness.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let own = own.clone();
                // A server that stops breaks off.
                std::thread::spawn(move || own.serve(&stream.unwrap()).ok());
            }
        });
        witness
    }

    /// `URL VKEY`, as the server takes it.
    pub fn told(&self) -> String {
        format!("http://{} {}", self.address, self.vkey())
    }

    pub fn vkey(&self) -> String {
        let public = [&[4], self.key().public_key().as_ref()].concat();
        let id: String = self.id().iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{}+{id}+{}", self.name, BASE64_STANDARD.encode(public))
    }

    pub fn trust(&self, origin: &str, vkey: &str) {
        let log = (vkey.parse().unwrap(), None);
        self.inner.lock().unwrap().logs.insert(origin.to_owned(), log);
    }

    pub fn will_answer(&self, status: u16, body: &str) {
        self.inner.lock().unwrap().faults.push_back((status, body.to_owned()));
    }

    /// The old sizes that were told, and what was answered.
    pub fn exchanges(&self) -> Vec<(u64, u16)> {
        self.inner.lock().unwrap().told.clone()
    }

    /// The size it has cosigned last.
    pub fn size(&self, origin: &str) -> u64 {
        let inner = self.inner.lock().unwrap();
        inner.logs.get(origin).and_then(|log| log.1.as_ref()).map_or(0, |head| head.size.0)
    }

    fn key(&self) -> Ed25519KeyPair {
        Ed25519KeyPair::from_seed_unchecked(&self.seed).unwrap()
    }

    fn id(&self) -> [u8; 4] {
        let name = format!("{}\n\u{4}", self.name);
        let hash = Sha256::digest([name.as_bytes(), self.key().public_key().as_ref()].concat());
        hash[..4].try_into().unwrap()
    }

    pub fn cosign(&self, note: &str) -> String {
        let text = &note[..=note.rfind("\n\n").unwrap()];
        let signed = self.key().sign(format!("cosignature/v1\ntime {SECONDS}\n{text}").as_bytes());
        let line = [&self.id()[..], &SECONDS.to_be_bytes(), signed.as_ref()].concat();
        format!("\u{2014} {} {}\n", self.name, BASE64_STANDARD.encode(line))
    }

    fn serve(&self, stream: &TcpStream) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream);
        loop {
            let mut length = 0;
            let mut first = String::new();
            if reader.read_line(&mut first)? == 0 {
                return Ok(());
            }
            assert_eq!(first.trim_end(), "POST /add-checkpoint HTTP/1.1");
            loop {
                let mut line = String::new();
                reader.read_line(&mut line)?;
                let line = line.trim_end().to_ascii_lowercase();
                if let Some(value) = line.strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                if line.is_empty() {
                    break;
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body)?;
            let (status, kind, body) = self.answer(std::str::from_utf8(&body).unwrap());
            if status == 0 {
                return Ok(());
            }
            let head = format!(
                "HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            (&*stream).write_all((head + &body).as_bytes())?;
        }
    }

    fn answer(&self, body: &str) -> (u16, &'static str, String) {
        let mut inner = self.inner.lock().unwrap();
        let (head, note) = body.split_once("\n\n").unwrap();
        let mut lines = head.lines();
        let old = lines.next().unwrap().strip_prefix("old ").unwrap().parse().unwrap();
        let proof: Vec<_> =
            lines.map(|line| BASE64_STANDARD.decode(line).unwrap().try_into().unwrap()).collect();
        let answer = match inner.faults.pop_front() {
            Some((status, body)) => (status, "text/plain", body),
            None => self.judge(&mut inner, Size(old), &proof, note),
        };
        inner.told.push((old, answer.0));
        answer
    }

    fn judge(
        &self,
        inner: &mut Inner,
        old: Size,
        proof: &[[u8; 32]],
        note: &str,
    ) -> (u16, &'static str, String) {
        let no = |status| (status, "text/plain", String::new());
        let Some((key, kept)) = inner.logs.get_mut(note.lines().next().unwrap()) else { return no(404) };
        let Ok(head) = key.open(note) else { return no(403) };
        if old > head.size {
            return no(400);
        }
        let stands = kept.as_ref().map_or(Size(0), |kept| kept.size);
        let is_other = kept.as_ref().is_some_and(|kept| kept.size == head.size && kept.root != head.root);
        if old != stands || is_other {
            return (409, "text/x.tlog.size", format!("{stands}\n"));
        }
        let root = kept.as_ref().map_or(everlog_core::merkle::EMPTY_ROOT, |kept| kept.root);
        if verify_consistency(old, head.size, proof, &root, &head.root).is_err() {
            return no(422);
        }
        *kept = Some(head);
        (200, "text/plain", self.cosign(note))
    }
}
