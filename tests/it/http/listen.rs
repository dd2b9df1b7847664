//! Listening to server-sent events over a socket of one's own. Deliberately absent: what is to be heard.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

use crate::server::Server;

/// A stream of messages.
pub struct Stream {
    reader: BufReader<TcpStream>,
    /// The id that a browser would come back with.
    pub last_id: String,
}

/// What stands between two empty lines.
#[derive(Debug, Default)]
pub struct Message {
    pub id: String,
    pub event: String,
    pub data: Value,
    pub comment: Option<String>,
}

impl Stream {
    /// Begins to listen; `more` are further lines of the head.
    pub fn open(server: &Server, path: &str, key: &str, more: &str) -> Self {
        let mut stream = TcpStream::connect(server.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let head = format!(
            "GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nAccept: text/event-stream\r\n{more}\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        Self { reader: BufReader::new(stream), last_id: String::new() }
    }

    /// The status of the answer, read from its first line.
    pub fn status(&mut self) -> u16 {
        let mut line = String::new();
        self.reader.read_line(&mut line).unwrap();
        line.split(' ').nth(1).unwrap().parse().unwrap()
    }

    /// Everything that comes until nothing comes for so long.
    pub fn until_silent(mut self, time: Duration) -> String {
        self.reader.get_ref().set_read_timeout(Some(time)).unwrap();
        let mut heard = Vec::new();
        // Silence is an error here, and what was heard before it is kept.
        drop(self.reader.read_to_end(&mut heard));
        String::from_utf8_lossy(&heard).into_owned()
    }

    /// The next message, of whatever kind; `None` when the stream has ended.
    pub fn any(&mut self) -> Option<Message> {
        let mut message = Message::default();
        let mut has_lines = false;
        loop {
            let mut line = String::new();
            self.reader.read_line(&mut line).expect("nothing is heard");
            // The length of the last piece, or a closed connection.
            if line.is_empty() || line == "0\r\n" {
                return None;
            }
            let line = line.trim_end();
            if let Some(id) = line.strip_prefix("id: ") {
                self.last_id = id.to_owned();
                message.id = id.to_owned();
            } else if let Some(name) = line.strip_prefix("event: ") {
                message.event = name.to_owned();
            } else if let Some(data) = line.strip_prefix("data: ") {
                message.data = serde_json::from_str(data).unwrap();
            } else if let Some(comment) = line.strip_prefix(": ") {
                message.comment = Some(comment.to_owned());
            } else if line.is_empty() && has_lines {
                return Some(message);
            } else {
                // The head of the answer, or the length of a piece.
                continue;
            }
            has_lines = true;
        }
    }

    /// The next message with an event.
    pub fn message(&mut self) -> Message {
        loop {
            let message = self.any().expect("the stream ended");
            if message.data != Value::Null {
                return message;
            }
        }
    }

    /// The ids of the next events.
    pub fn ids(&mut self, count: usize) -> Vec<String> {
        (0..count).map(|_| self.message().data["id"].as_str().unwrap().to_owned()).collect()
    }

    /// Whether nothing comes for so long.
    pub fn is_silent(&mut self, time: Duration) -> bool {
        self.reader.get_ref().set_read_timeout(Some(time)).unwrap();
        // The end of the last piece may still be on its way.
        let is_silent = loop {
            let mut line = String::new();
            match self.reader.read_line(&mut line) {
                Err(_) => break line.trim().is_empty(),
                Ok(_) if line.trim().is_empty() => {}
                Ok(_) => break false,
            }
        };
        self.reader.get_ref().set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        is_silent
    }
}
