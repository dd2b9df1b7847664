//! Documents that are signed while the demo starts, with their PDFs: what is asked of the API for each.
//!
//! Deliberately absent: asking, and times; these happen when the demo begins. The PDFs were printed from the pages beside them
//! in `assets/demo`.

use serde_json::{Map, Value, json};

use crate::demo::people::{PEOPLE, Person};
use crate::demo::random::Random;

/// A document under signature.
#[derive(Debug, Clone)]
pub struct DemoProcess {
    /// The key of its process.
    pub key: String,
    /// What there is to see of it.
    pub hint: &'static str,
    /// The body of `POST processes`.
    pub process: Value,
    /// The body of `PUT processes/KEY/document`.
    pub document: &'static [u8],
    /// The body of `POST processes/KEY/events`.
    pub events: Vec<Value>,
}

/// How far somebody gets.
#[derive(Clone, Copy)]
enum Step {
    Signs,
    Declines(&'static str),
    Waits,
}

/// Who signs, by the handle, in what role, and how far they get.
type Part = (&'static str, &'static str, Step);

/// A document before its process is told.
struct Paper {
    name: &'static str,
    file: &'static str,
    locale: &'static str,
    document: &'static [u8],
    hint: &'static str,
    parts: &'static [Part],
}

const PAPERS: &[Paper] = &[
    Paper {
        name: "Crew contract – Seefalke",
        file: "Crew contract Seefalke.pdf",
        locale: "en",
        document: include_bytes!("../../assets/demo/crew.pdf"),
        hint: "signed by two of three, with a trail of how far it got",
        parts: &[
            ("dmytro.shevchuk", "Master", Step::Signs),
            ("eleni.papadaki", "First officer", Step::Signs),
            ("marykate.obrien", "Chief engineer", Step::Waits),
        ],
    },
    Paper {
        name: "Bill of sale – Seeschwalbe",
        file: "Bill of sale Seeschwalbe.pdf",
        locale: "en",
        document: include_bytes!("../../assets/demo/sale.pdf"),
        hint: "declined by the buyer, who says why",
        parts: &[
            ("siobhan.nidhuibhir", "Buyer", Step::Declines("the tender is missing from the inventory")),
            ("ines.goncalves", "Seller", Step::Waits),
        ],
    },
    Paper {
        name: "Chartervertrag – Fjordlys Energi",
        file: "Chartervertrag Fjordlys Energi.pdf",
        locale: "de",
        document: include_bytes!("../../assets/demo/charter.pdf"),
        hint: "signed by both, with the final PDF in German",
        parts: &[
            ("katarina.stastna", "Reeder", Step::Signs),
            ("soren.aertebjerg", "Befrachter", Step::Signs),
        ],
    },
];

/// The documents of the firm of charterers, the newest last.
pub fn papers(owner: &Value, random: &mut Random) -> Vec<DemoProcess> {
    PAPERS.iter().map(|paper| paper.process(owner, random)).collect()
}

/// A signee of a process.
struct Signee {
    key: String,
    person: Person,
    role: &'static str,
    step: Step,
}

impl Paper {
    fn process(&self, owner: &Value, random: &mut Random) -> DemoProcess {
        let key = format!("sp{}", random.hex(32));
        let signees: Vec<Signee> = self.parts.iter().filter_map(|part| signee(part, random)).collect();
        let process = json!({
            "process_key": key,
            "display_name": self.name,
            "file_name": self.file,
            "flow_type": "FillAndSign",
            "created_by": owner,
            "requires_auth": true,
            "locale": self.locale,
            "time_zone": "Europe/Berlin",
            "signees": signees.iter().map(Signee::request).collect::<Vec<_>>(),
        });
        let mut events: Vec<Value> = signees.iter().map(|it| it.invited(owner)).collect();
        let started =
            json!({"action": "document.started", "actor": owner, "metadata": {"file_name": self.file}});
        events.push(started);
        events.extend(signees.iter().flat_map(Signee::acts));
        DemoProcess { key, hint: self.hint, process, document: self.document, events }
    }
}

fn signee((handle, role, step): &Part, random: &mut Random) -> Option<Signee> {
    let person = PEOPLE.iter().find(|person| person.handle == *handle)?;
    Some(Signee { key: format!("si{}", random.hex(32)), person: *person, role, step: *step })
}

impl Signee {
    fn request(&self) -> Value {
        let mut random = Random::seeded(&self.key);
        json!({
            "signee_key": self.key, "name": self.person.name, "email": self.person.email("mail.example"),
            "phone": format!("+49 1511 55{:05}", random.between(0, 99_999)), "city": self.person.place,
            "role": self.role, "signature_type": "Simple", "auth": {"sms": true},
        })
    }

    fn invited(&self, owner: &Value) -> Value {
        json!({
            "action": "invitation.sent", "actor": owner, "signee": self.key,
            "metadata": {"delivery_method": "Email"},
        })
    }

    /// What they do: prove who they are, open, read, and sign or not.
    fn acts(&self) -> Vec<Value> {
        let act = |action: &str, more: Value| {
            let context = json!({
                "channel": "web", "ip": self.person.ip(), "user_agent": self.person.user_agent(),
                "location": self.person.place,
            });
            let mut event = Map::from_iter([
                ("action".to_owned(), json!(action)),
                ("signee".to_owned(), json!(self.key)),
                ("context".to_owned(), context),
            ]);
            event.extend(more.as_object().cloned().unwrap_or_default());
            Value::Object(event)
        };
        let end = match self.step {
            Step::Waits => return Vec::new(),
            Step::Signs => act("document.signed", json!({"metadata": {"signature_type": "Simple"}})),
            Step::Declines(reason) => act("document.declined", json!({"reason": reason})),
        };
        let proven = act("signee.authenticated", json!({"metadata": {"method": "sms"}}));
        vec![proven, act("document.accessed", json!({})), act("document.viewed", json!({})), end]
    }
}
