//! Which messages an event is the cause of, and what they say. Deliberately absent: places that they go to.

use everlog_core::catalog::is_access;
use everlog_core::checkpoint::Checkpoint;
use everlog_core::event::{Event, Mode, Via};
use everlog_core::hex::Hex;
use everlog_core::process::Status;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::access::Organization;
use crate::read::process::{Process, present_process};
use crate::read::{iso, present};
use crate::store::stream::MessagePlace;
use crate::stream::Definition;

/// What is sent when a process has ended well and its Audit Trail is made.
pub const COMPLETED: &str = "process.completed";
/// What is sent when the head of the log is signed; to those only that name it.
pub const CHECKPOINT: &str = "checkpoint.signed";
/// The event behind which the signed document exists.
const TRAIL_MADE: &str = "trail.made";
/// How many bytes of a hash name a message.
const ID_BYTES: usize = 16;

/// Which of an event's messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The event itself.
    Event,
    /// The end of its process, with the signed document.
    Completed,
}

/// A message, ready to be signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its place in its stream.
    pub place: MessagePlace,
    /// What it is called: the same over all attempts. It holds no full stop, which what is signed is divided by.
    pub id: String,
    /// Its type.
    pub kind: String,
    /// The bytes that are sent and signed.
    pub body: Vec<u8>,
}

impl Part {
    /// Every part, in the order in which they are sent.
    const ALL: [Self; 2] = [Self::Event, Self::Completed];

    /// Its number in a place.
    pub const fn number(self) -> u32 {
        match self {
            Self::Event => 0,
            Self::Completed => 1,
        }
    }

    /// The parts of an event that a stream sends, from a number on.
    pub fn of(event: &Event, definition: &Definition, org: &Organization, from: u32) -> Option<Self> {
        let served = &event.document.served;
        let sent = &event.document.event;
        // History tells nobody anything new.
        if served.mode == Some(Mode::Record) || !org.scope().sees.shows(sent) {
            return None;
        }
        let is_meant = |part: &Self| match part {
            Self::Event => is_wanted(&definition.events, &sent.action),
            Self::Completed => {
                sent.action == TRAIL_MADE
                    && served.via == Via::Server
                    // It was told when the first one was made.
                    && sent.metadata.get("remade").is_none()
                    && sent.process.is_some()
                    && is_wanted(&definition.events, COMPLETED)
            }
        };
        Self::ALL.into_iter().filter(|part| part.number() >= from).find(is_meant)
    }
}

/// Whether one of the patterns means this name. Who reads the log is told of only by name.
fn is_wanted(patterns: &[String], name: &str) -> bool {
    patterns.iter().any(|pattern| match pattern.as_str() {
        "*" => !is_access(name),
        pattern => match pattern.strip_suffix(".*") {
            Some(noun) => name.strip_prefix(noun).is_some_and(|rest| rest.starts_with('.')),
            None => pattern == name,
        },
    })
}

/// The event as a message.
pub fn of_event(event: &Event, org: &Organization) -> Message {
    message(event, org, Part::Event, &event.document.event.action, &present(event, org))
}

/// The end of a process as a message; none when it did not end well. `document` is the signed document, where there is one.
pub fn of_process(
    event: &Event,
    process: &Process,
    document: Option<&[u8]>,
    org: &Organization,
) -> Option<Message> {
    use base64::Engine as _;
    if process.state.status != Status::Completed {
        return None;
    }
    let encoded = document.map(|bytes| base64::engine::general_purpose::STANDARD.encode(bytes));
    let data = json!({"process": present_process(process, org), "document": encoded.map(|encoded| json!({
        "file_name": process.state.file_name, "content_type": "application/pdf",
        "size": document.map(<[u8]>::len), "sha256": document.map(|bytes| Hex(&Sha256::digest(bytes)).to_string()),
        "base64": encoded,
    }))});
    Some(message(event, org, Part::Completed, COMPLETED, &data))
}

/// Whether a stream sends signed heads.
pub fn wants_checkpoints(definition: &Definition) -> bool {
    definition.events.iter().any(|pattern| pattern == CHECKPOINT)
}

/// A signed head as a message. It stands behind the events: `next` is the one that the stream goes on with.
pub fn of_checkpoint(
    next: MessagePlace,
    checkpoint: &Checkpoint,
    note: &str,
    signed_ms: u64,
    org: &Organization,
) -> Message {
    let mut hash = Sha256::new();
    hash.update(org.entry().row.log_id.0);
    hash.update(CHECKPOINT);
    hash.update(checkpoint.size.0.to_be_bytes());
    let data = json!({
        "organization": org.entry().row.id, "origin": checkpoint.origin, "size": checkpoint.size,
        "root": Hex(&checkpoint.root).to_string(), "checkpoint": note,
    });
    let body = json!({"type": CHECKPOINT, "timestamp": iso(signed_ms), "data": data});
    Message {
        place: next,
        id: format!("msg_{}", Hex(&hash.finalize()[..ID_BYTES])),
        kind: CHECKPOINT.to_owned(),
        body: body.to_string().into_bytes(),
    }
}

/// What is sent when an administrator asks whether anybody is there.
pub fn test(org: &Organization, stream: &str, random: &[u8; ID_BYTES], now_ms: u64) -> Message {
    let data = json!({"organization": org.entry().row.id, "stream": stream});
    let body = json!({"type": "stream.test", "timestamp": iso(now_ms), "data": data});
    let place = MessagePlace { seq: everlog_core::ids::Seq(0), part: 0 };
    Message {
        place,
        id: format!("msg_{}", Hex(random)),
        kind: "stream.test".to_owned(),
        body: body.to_string().into_bytes(),
    }
}

fn message(event: &Event, org: &Organization, part: Part, kind: &str, data: &Value) -> Message {
    // An event's own id may be anything that its sender chose.
    let mut hash = Sha256::new();
    hash.update(org.entry().row.log_id.0);
    hash.update(event.seq.0.to_be_bytes());
    hash.update(part.number().to_be_bytes());
    let body = json!({"type": kind, "timestamp": iso(event.occurred_ms()), "data": data});
    Message {
        place: MessagePlace { seq: event.seq, part: part.number() },
        id: format!("msg_{}", Hex(&hash.finalize()[..ID_BYTES])),
        kind: kind.to_owned(),
        body: body.to_string().into_bytes(),
    }
}
