//! The Audit Trail: one model, and that its renderings say the same. Deliberately absent: the log and HTTP; states and events
//! are made here.

use std::collections::BTreeMap;

use everlog::trail::model::{Placement, Seal, Sources, Trail, Verification, trail};
use everlog_core::catalog::Catalogs;
use everlog_core::event::{Document, Event, NewEvent, Origin, Served, Via};
use everlog_core::ids::Seq;
use everlog_core::process::{Attached, Signee, Stand, State, Status};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

mod appended;
mod hostile;
mod html;
mod judged;
mod keys;
mod large;
mod model;
mod pdf;
mod safe;
pub mod sealing;
mod stamps;
mod validators;

/// A process that is told: its state, its events, and in which words.
pub struct Story {
    pub state: State,
    pub events: Vec<Event>,
    pub erased: BTreeMap<Seq, Vec<String>>,
    pub catalogs: Catalogs,
    pub locale: &'static str,
    pub zone: &'static str,
    pub seal: Option<Seal>,
}

pub const KEY: &str = "sp4be1c0ffee0d4c21a7e39b5d2f8a6c10";
const SHA256: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

pub fn ms(time: &str) -> u64 {
    u64::try_from(time.parse::<Timestamp>().unwrap().as_millisecond()).unwrap()
}

impl Story {
    /// A process that Ana started and nobody is in yet.
    pub fn begun() -> Self {
        let ana = json!({"type": "user", "id": "u_1", "name": "Ana Ruiz", "email": "ana@acme.example"});
        let state = State {
            is_created: true,
            display_name: Some("Master services agreement".to_owned()),
            file_name: Some("msa-2026.pdf".to_owned()),
            created_by: serde_json::from_value(ana).unwrap(),
            created_ms: Some(ms("2026-11-20T09:00:00Z")),
            status: Status::Active,
            document: Some(Attached { sha256: SHA256.to_owned(), size: 184_223, at_ms: 0 }),
            ..State::default()
        };
        let seal = Seal {
            signer: "Acme GmbH".to_owned(),
            is_self_issued: true,
            certificate_sha256: Some(SHA256.to_owned()),
            timestamp_authority: None,
            placement: Placement::Appended,
        };
        Self {
            state,
            events: Vec::new(),
            erased: BTreeMap::new(),
            catalogs: Catalogs::shipped_with(&["everlog", "signing"], None).unwrap(),
            locale: "en",
            zone: "Europe/Berlin",
            seal: Some(seal),
        }
    }

    /// A finished process of these people, each of whom was invited, opened the link, viewed and signed.
    pub fn signed_by(names: &[&str]) -> Self {
        let mut story = Self::begun();
        story.happens("09:00:00", json!({"action": "document.created", "actor": ana()}));
        let size = json!({"sha256": SHA256, "size": 184_223});
        story.happens("09:00:01", json!({"action": "document.attached", "actor": ana(), "metadata": size}));
        for (at, name) in names.iter().enumerate() {
            story.adds(at, name);
        }
        for (at, _) in names.iter().enumerate() {
            story.is_signed(at);
        }
        story.happens("18:00:00", json!({"action": "document.completed", "actor": {"type": "system"}}));
        story.state.status = Status::Completed;
        story.state.end_cause = Some("signed".to_owned());
        story.state.started_ms = Some(ms("2026-11-20T09:02:00Z"));
        story.state.ended_ms = Some(ms("2026-11-20T18:00:00Z"));
        story
    }

    fn adds(&mut self, at: usize, name: &str) {
        let key = signee_key(at);
        let email = format!("signer{at}@example.org");
        let invited = format!("09:02:{:02}", at % 60);
        self.state.signees.push(Signee {
            key: key.clone(),
            name: Some(name.to_owned()),
            email: Some(email.clone()),
            is_required: true,
            role: Some("Buyer".to_owned()),
            signature_type: Some("Simple".to_owned()),
            added_ms: ms("2026-11-20T09:01:00Z"),
            sends: 1,
            sent_ms: Some(ms(&format!("2026-11-20T{invited}Z"))),
            delivery_method: Some("Email".to_owned()),
            stand: Stand::Invited,
            auth: everlog_core::process::Auth { sms: at == 0, ..Default::default() },
            ..Signee::default()
        });
        let added = json!({"signee": {"signee_key": key, "name": name, "email": email, "required": true}});
        self.happens(
            "09:01:00",
            json!({"action": "signee.added", "actor": ana(), "signee": key, "metadata": added}),
        );
        let sent = json!({"delivery_method": "Email"});
        let system = json!({"type": "system"});
        self.happens(
            &invited,
            json!({"action": "invitation.sent", "actor": system, "signee": key, "metadata": sent}),
        );
    }

    fn is_signed(&mut self, at: usize) {
        let key = signee_key(at);
        let hour = 10 + at % 8;
        let context = json!({
            "ip": format!("203.0.113.{}", 7 + at % 200), "location": "Berlin, Germany",
            "user_agent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_6) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 Safari/605.1.15",
        });
        let actor = json!({"type": "signee", "id": key});
        let mut act = |action: &str, second: u32, metadata: Value| {
            let event = json!({"action": action, "actor": actor, "signee": key, "context": context, "metadata": metadata});
            self.happens(&format!("{hour}:30:{second:02}"), event);
        };
        if at == 0 {
            act("signee.authenticated", 4, json!({"method": "sms"}));
        }
        act("document.viewed", 9, json!({}));
        act("document.signed", 48, json!({}));
        let signee = &mut self.state.signees[at];
        signee.stand = Stand::Signed;
        signee.viewed_ms = Some(ms(&format!("2026-11-20T{hour}:30:09Z")));
        signee.signed_ms = Some(ms(&format!("2026-11-20T{hour}:30:48Z")));
        signee.ip = context["ip"].as_str().map(str::to_owned);
        signee.user_agent = context["user_agent"].as_str().map(str::to_owned);
        if at == 0 {
            signee.authenticated = vec!["sms".to_owned()];
        }
    }

    /// Something happens at a time of that day; the document is what it happens to.
    pub fn happens(&mut self, time: &str, mut event: Value) -> &mut Event {
        let name = self.state.display_name.as_deref();
        event["process"] = json!(KEY);
        event["targets"] = json!([{"type": "document", "id": KEY, "name": name}]);
        event["occurred_at"] = json!(format!("2026-11-20T{time}Z"));
        let seq = 4_100 + self.events.len() as u64;
        let served: Served = serde_json::from_value(json!({
            "id": format!("evt_{seq}"), "kind": Origin::Event.as_str(), "via": Via::Api.as_str(),
        }))
        .unwrap();
        self.events.push(Event {
            seq: Seq(seq),
            received_ms: ms(&format!("2026-11-20T{time}Z")) + 12,
            leaf_hash: [7; 32],
            document: Document { event: NewEvent::from_json(event).unwrap(), served },
            erased: Vec::new(),
        });
        self.events.last_mut().unwrap()
    }

    pub fn trail(&self) -> Trail {
        let verification = Verification {
            url: Some("https://log.acme.example/verify".to_owned()),
            log_key: Some("log.acme.example/acme+8fd12e6a+AY3q0b9uP1mHn3eYp6XqkQ0mVb2Z5b7c1sQ0".to_owned()),
            checkpoint: Some(format!(
                "log.acme.example/acme\n4117\n{SHA256}\n\n— log.acme.example/acme j9Eu\n"
            )),
            bundle_sha256: Some(SHA256.to_owned()),
        };
        trail(Sources {
            process_key: KEY,
            state: &self.state,
            events: &self.events,
            erased: &self.erased,
            catalogs: &self.catalogs,
            organization: ("acme", "Acme GmbH"),
            locale: self.locale,
            zone: &TimeZone::get(self.zone).unwrap(),
            now_ms: ms("2026-11-20T18:00:01Z"),
            sha256_after: None,
            verification,
            seal: self.seal.clone(),
        })
    }
}

fn signee_key(at: usize) -> String {
    format!("si{at:032x}")
}

pub fn ana() -> Value {
    json!({"type": "user", "id": "u_1", "name": "Ana Ruiz", "email": "ana@acme.example"})
}

/// Names in the scripts that fonts are shipped for.
pub const PEOPLE: [&str; 6] =
    ["Zoë Müller-Straße", "محمد العربي", "דוד לוי", "अनन्या शर्मा", "王小明", "김민준"];

/// Keeps what was drawn for whoever wants to look: in the directory that `EVERLOG_SCREENSHOTS` names.
pub fn keep(name: &str, bytes: &[u8]) {
    if let Some(directory) = std::env::var_os("EVERLOG_SCREENSHOTS") {
        std::fs::create_dir_all(&directory).unwrap();
        std::fs::write(std::path::Path::new(&directory).join(name), bytes).unwrap();
    }
}
