//! Charter parties and ship papers under signature: processes from the draft to the last signature, or to another end.
//! Deliberately absent: the documents' bytes; only what happened to them is told.

use serde_json::{Value, json};

use crate::demo::people::{COMPANIES, Person};
use crate::demo::random::Random;
use crate::demo::scribe::{Actor, Draft, Scribe};
use crate::demo::stories::{Told, busy, cast, outsider, tell_all};

const DOMAIN: &str = "hanse.example";
const TITLES: &[&str] = &[
    "Charter party",
    "Bill of sale",
    "Salvage agreement",
    "Chartervertrag",
    "Ναυλοσύμφωνο",
    "Crew contract",
    "Tonnage certificate",
    "定期傭船契約",
    "Договір фрахтування",
    "Pilotage order",
];
const FLOWS: &[&str] = &["FillAndSign", "DropAndSign", "RenderFlow"];
const STAFF: &[(&str, &str)] = &[
    ("juergen.grossmann", "owner"),
    ("zoe.branza", "admin"),
    ("lukasz.wojcik", "member"),
    ("thordis.jonsdottir", "member"),
    ("amelie.lefevre", "member"),
    ("nikos.alexiou", "member"),
];

/// The people of the firm.
pub fn staff() -> Vec<Actor> {
    cast(DOMAIN, STAFF)
}

/// Five months of signing.
pub fn tell(scribe: &mut Scribe) {
    let mut office = Office {
        staff: staff(),
        system: Actor::system("Taktikal.Core"),
        mail: Actor::service("mailgun", "Mailgun"),
        texts: Actor::service("sms", "Text message gateway"),
    };
    let stories: &[Told<Office>] = &[
        Told(14, Office::signed_by_all),
        Told(3, Office::signed_with_code),
        Told(2, Office::reminded),
        Told(2, Office::declined),
        Told(1, Office::bounced),
        Told(1, Office::optional_signer_removed),
        Told(1, Office::all_removed),
        Told(2, Office::forwarded),
        Told(1, Office::revoked),
        Told(2, Office::expired),
        Told(2, Office::sent_by_program),
        Told(2, Office::wrong_code),
    ];
    tell_all(&mut office, scribe, 4, stories);
    office.incident(scribe);
}

struct Office {
    staff: Vec<Actor>,
    system: Actor,
    mail: Actor,
    texts: Actor,
}

/// Somebody who shall sign.
struct Signee {
    key: String,
    person: Person,
    actor: Actor,
}

/// One document under way.
struct Process {
    key: String,
    flow_key: String,
    title: String,
    file_name: String,
    owner: Actor,
    signees: Vec<Signee>,
}

impl Process {
    fn document(&self) -> Value {
        json!({"type": "document", "id": self.key, "name": self.title})
    }

    /// An event of this process.
    fn event<'a>(&self, scribe: &'a mut Scribe, at: i64, actor: &Actor, action: &str) -> Draft<'a> {
        let draft = scribe.event(at, actor, action).on(self.document());
        draft.with("process", self.key.clone())
    }

    /// An event about one of its signees, done by somebody else.
    fn about<'a>(
        &self,
        scribe: &'a mut Scribe,
        at: i64,
        actor: &Actor,
        action: &str,
        signee: usize,
    ) -> Draft<'a> {
        self.event(scribe, at, actor, action).with("signee", self.signees[signee].key.clone())
    }

    /// An event that a signee made.
    fn by<'a>(&self, scribe: &'a mut Scribe, at: i64, signee: usize, action: &str) -> Draft<'a> {
        self.about(scribe, at, &self.signees[signee].actor, action, signee)
    }
}

fn new_signee(random: &mut Random, staff: &[Actor]) -> Signee {
    let person = outsider(random, staff);
    let key = format!("si{}", random.hex(32));
    let actor = Actor::signee(&person, &key);
    Signee { key, person, actor }
}

fn signee_data(random: &mut Random, signee: &Signee, required: bool) -> Value {
    json!({
        "signee_key": signee.key, "name": signee.person.name, "email": signee.person.email("mail.example"),
        "phone": format!("+49 1511 55{:05}", random.between(0, 99_999)), "city": signee.person.place,
        "required": required, "signature_type": "Simple", "has_reminders": true,
    })
}

impl Office {
    fn someone(&self, scribe: &mut Scribe) -> Actor {
        busy(&mut scribe.random, &self.staff)
    }

    /// Created and its signees added; `optional` of them need not sign.
    fn draft(
        &self,
        scribe: &mut Scribe,
        at: i64,
        owner: Actor,
        signees: usize,
        optional: usize,
    ) -> (Process, i64) {
        let (title, company) = (*scribe.random.pick(TITLES), *scribe.random.pick(COMPANIES));
        let process = Process {
            key: format!("sp{}", scribe.random.hex(32)),
            flow_key: scribe.random.hex(12),
            title: format!("{title} – {company}"),
            file_name: format!("{title} {company}.pdf"),
            signees: (0..signees).map(|_| new_signee(&mut scribe.random, &self.staff)).collect(),
            owner,
        };
        let flow_type = *scribe.random.pick(FLOWS);
        let draft = process.event(scribe, at, &process.owner, "document.created");
        let draft =
            draft.meta("display_name", process.title.clone()).meta("file_name", process.file_name.clone());
        let draft = draft.meta("flow_key", process.flow_key.clone()).meta("flow_type", flow_type);
        let mut at = draft.meta("locale", "en").meta("time_zone", "Europe/Berlin").write();
        for number in 0..signees {
            at += scribe.random.between(40, 400);
            let required = number + optional < signees;
            let data = signee_data(&mut scribe.random, &process.signees[number], required);
            process.about(scribe, at, &self.system, "signee.added", number).meta("signee", data).write();
        }
        (process, at)
    }

    fn invites(&self, scribe: &mut Scribe, at: i64, process: &Process, signee: usize, method: &str) -> i64 {
        let draft = process.about(scribe, at, &self.system, "invitation.sent", signee);
        draft.meta("delivery_method", method).write()
    }

    /// Invitations to all, and what the providers say about them.
    fn sends(&self, scribe: &mut Scribe, at: i64, process: &Process) -> i64 {
        let mut at = at;
        for signee in 0..process.signees.len() {
            at += scribe.random.between(80, 900);
            at = self.invites(scribe, at, process, signee, "Sms");
        }
        at += scribe.random.between(20, 200);
        process
            .event(scribe, at, &process.owner, "document.started")
            .meta("file_name", process.file_name.clone())
            .write();
        let started = at;
        for signee in 0..process.signees.len() {
            let at = scribe.soon(started, 2, 25);
            let status = if scribe.random.chance(94) { "DELIVERED" } else { "UNDELIVERABLE" };
            let draft = process.about(scribe, at, &self.texts, "delivery.sms", signee);
            draft.meta("status", status).meta("wire_status", format!("SMS:{status}")).write();
        }
        started + 25_000
    }

    fn begin(&self, scribe: &mut Scribe, at: i64, signees: usize, optional: usize) -> (Process, i64) {
        let owner = self.someone(scribe);
        let (process, at) = self.draft(scribe, at, owner, signees, optional);
        let at = scribe.soon(at, 1, 40);
        let at = self.sends(scribe, at, &process);
        (process, at)
    }

    fn opens(&self, scribe: &mut Scribe, at: i64, process: &Process, signee: usize) -> i64 {
        let at = process.by(scribe, at, signee, "document.accessed").write();
        let at = scribe.soon(at, 1, 6);
        process.by(scribe, at, signee, "document.viewed").write()
    }

    fn signs(&self, scribe: &mut Scribe, at: i64, process: &Process, signee: usize) -> i64 {
        let at = self.opens(scribe, at, process, signee);
        let at = scribe.soon(at, 40, 1_500);
        process.by(scribe, at, signee, "document.signed").meta("signature_type", "Simple").write()
    }

    fn report(&self, process: &Process, signee: usize, draft: Draft<'_>) -> i64 {
        let to = process.signees[signee].person.email("mail.example");
        draft.meta("event", "delivered").meta("to", to).meta("sender", "no-reply@hanse.example").write()
    }

    /// Completed by the last signature, and the confirmations go out.
    fn completes(&self, scribe: &mut Scribe, at: i64, process: &Process) {
        let last = process.signees.len() - 1;
        let at = process.about(scribe, at + 12, &self.system, "document.completed", last).write();
        for signee in 0..=last {
            let at = scribe.soon(at, 3, 30);
            let draft = process.about(scribe, at, &self.mail, "delivery.confirmation", signee);
            self.report(process, signee, draft.meta("wire_status", "Confirmation:delivered"));
        }
        let at = scribe.soon(at, 31, 60);
        let draft = process.event(scribe, at, &self.mail, "delivery.salesperson");
        let to = process.owner.text("email").to_owned();
        draft.meta("event", "delivered").meta("to", to).meta("wire_status", "SalesPerson:delivered").write();
    }

    fn canceled(&self, scribe: &mut Scribe, at: i64, process: &Process, reason: &str) {
        let draft = process.event(scribe, at + 9, &self.system, "document.canceled");
        draft.with("reason", reason).meta("cause", reason).write();
    }

    fn signed_by_all(&mut self, scribe: &mut Scribe, at: i64) {
        let count = 1 + scribe.random.position(3);
        let (process, mut at) = self.begin(scribe, at, count, 0);
        for signee in 0..count {
            at = scribe.later(at, 15, 2_600);
            at = self.signs(scribe, at, &process, signee);
        }
        self.completes(scribe, at, &process);
    }

    fn authenticates(&self, scribe: &mut Scribe, at: i64, process: &Process, right: bool) -> i64 {
        let draft = process.by(scribe, at, 0, "signee.authenticated").meta("method", "sms");
        if right {
            return draft.write();
        }
        draft.with("outcome", "failure").with("reason", "the code did not match").write()
    }

    fn with_code(&self, scribe: &mut Scribe, at: i64) -> (Process, i64) {
        let owner = self.someone(scribe);
        let (process, at) = self.draft(scribe, at, owner, 1, 0);
        let draft = process.about(scribe, at + 90, &process.owner, "signee.authentication_enabled", 0);
        let at = draft.meta("method", "sms").write();
        let at = self.sends(scribe, at, &process);
        (process, at)
    }

    fn signed_with_code(&mut self, scribe: &mut Scribe, at: i64) {
        let (process, at) = self.with_code(scribe, at);
        let at = scribe.later(at, 15, 2_000);
        let at = self.authenticates(scribe, at, &process, true);
        let at = scribe.soon(at, 3, 20);
        let at = self.signs(scribe, at, &process, 0);
        self.completes(scribe, at, &process);
    }

    fn wrong_code(&mut self, scribe: &mut Scribe, at: i64) {
        let (process, at) = self.with_code(scribe, at);
        let at = scribe.later(at, 15, 2_000);
        let at = self.authenticates(scribe, at, &process, false);
        let at = scribe.soon(at, 15, 60);
        let at = self.authenticates(scribe, at, &process, true);
        let at = scribe.soon(at, 3, 20);
        let at = self.signs(scribe, at, &process, 0);
        self.completes(scribe, at, &process);
    }

    fn reminded(&mut self, scribe: &mut Scribe, at: i64) {
        let (process, mut at) = self.begin(scribe, at, 1, 0);
        for _ in 0..2 {
            at = scribe.later(at, 2_880, 4_300);
            let draft = process.about(scribe, at, &self.system, "reminder.sent", 0);
            draft.meta("delivery_method", "Email").write();
        }
        let at = scribe.later(at, 30, 900);
        let at = self.signs(scribe, at, &process, 0);
        self.completes(scribe, at, &process);
    }

    fn declined(&mut self, scribe: &mut Scribe, at: i64) {
        let (process, at) = self.begin(scribe, at, 2, 0);
        let at = scribe.later(at, 30, 2_000);
        let at = self.opens(scribe, at, &process, 0);
        let at = scribe.soon(at, 90, 2_000);
        let reason =
            *scribe.random.pick(&["the demurrage clause is missing", "wrong vessel", "船名が違います"]);
        let at = process.by(scribe, at, 0, "document.declined").with("reason", reason).write();
        self.canceled(scribe, at, &process, "declined");
    }

    fn bounced(&mut self, scribe: &mut Scribe, at: i64) {
        let owner = self.someone(scribe);
        let (process, at) = self.draft(scribe, at, owner, 1, 0);
        let at = self.invites(scribe, at + 300, &process, 0, "Email");
        process.event(scribe, at + 40, &process.owner, "document.started").write();
        let at = scribe.soon(at, 20, 200);
        let to = process.signees[0].person.email("mail.example");
        let draft = process.about(scribe, at, &self.mail, "signee.bounced", 0).with("outcome", "failure");
        let at = draft.with("reason", "550 no such mailbox").meta("to", to).write();
        self.canceled(scribe, at, &process, "bounced");
    }

    fn removes(&self, scribe: &mut Scribe, at: i64, process: &Process, signee: usize) -> i64 {
        process.about(scribe, at, &process.owner, "signee.removed", signee).write()
    }

    fn optional_signer_removed(&mut self, scribe: &mut Scribe, at: i64) {
        let (process, at) = self.begin(scribe, at, 2, 1);
        let at = scribe.later(at, 30, 2_000);
        let at = self.removes(scribe, at, &process, 1);
        let at = scribe.later(at, 30, 2_000);
        let at = self.signs(scribe, at, &process, 0);
        self.completes(scribe, at, &process);
    }

    fn all_removed(&mut self, scribe: &mut Scribe, at: i64) {
        let (process, at) = self.begin(scribe, at, 1, 1);
        let at = scribe.later(at, 30, 2_000);
        let at = self.removes(scribe, at, &process, 0);
        self.canceled(scribe, at, &process, "all_removed");
    }

    fn forwarded(&mut self, scribe: &mut Scribe, at: i64) {
        let (mut process, at) = self.begin(scribe, at, 1, 0);
        let at = scribe.later(at, 30, 2_000);
        let at = self.opens(scribe, at, &process, 0);
        let at = scribe.soon(at, 60, 600);
        let deputy = new_signee(&mut scribe.random, &self.staff);
        let data = signee_data(&mut scribe.random, &deputy, true);
        let draft = process.by(scribe, at, 0, "document.forwarded").meta("signee", data.clone());
        let at = draft.with("reason", "on leave until Monday").write();
        process.signees.push(deputy);
        let at = process.about(scribe, at + 5, &self.system, "signee.added", 1).meta("signee", data).write();
        let at = self.invites(scribe, at + 5, &process, 1, "Email");
        let at = scribe.later(at, 30, 2_000);
        let at = self.signs(scribe, at, &process, 1);
        self.completes(scribe, at, &process);
    }

    fn revokes(&self, scribe: &mut Scribe, at: i64, process: &Process, by: &Actor, reason: &str) -> i64 {
        let at = process.event(scribe, at, by, "document.revoked").with("reason", reason).write();
        self.canceled(scribe, at, process, "revoked");
        at
    }

    fn revoked(&mut self, scribe: &mut Scribe, at: i64) {
        let (process, at) = self.begin(scribe, at, 2, 0);
        let at = scribe.later(at, 60, 4_000);
        self.revokes(scribe, at, &process, &process.owner, "replaced by a newer draft");
    }

    fn expired(&mut self, scribe: &mut Scribe, at: i64) {
        let (process, at) = self.begin(scribe, at, 2, 0);
        let then = scribe.later(at, 30, 2_000);
        self.signs(scribe, then, &process, 0);
        let due = at + 14 * 24 * 3_600_000;
        process.event(scribe, due, &self.system, "document.expired").write();
    }

    fn sent_by_program(&mut self, scribe: &mut Scribe, at: i64) {
        let key = Actor::api_key("key_fleet", "Fleet system", "198.51.100.90");
        let (process, at) = self.draft(scribe, at, key, 1, 0);
        let at = scribe.soon(at, 1, 3);
        let at = self.sends(scribe, at, &process);
        let at = scribe.later(at, 15, 2_000);
        let at = self.signs(scribe, at, &process, 0);
        self.completes(scribe, at, &process);
    }

    fn incident(&mut self, scribe: &mut Scribe) {
        let browser = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
        let intruder = self.staff[0].seen_at("203.0.113.199", "Punta Arenas, Chile", browser);
        let mut at = scribe.incident();
        for number in 0..3 {
            let (process, sent) = self.draft(scribe, at, intruder.clone(), 2, 0);
            at = self.sends(scribe, sent + 2_000, &process);
            if number == 2 {
                at = scribe.soon(at, 60, 120);
                at = self.opens(scribe, at, &process, 0);
                at = scribe.soon(at, 20, 50);
                at = process.by(scribe, at, 0, "document.signed").meta("signature_type", "Simple").write();
            }
            at = scribe.soon(at, 40, 100);
            at = self.revokes(scribe, at, &process, &intruder, "no longer needed");
            at = scribe.soon(at, 20, 60);
        }
    }
}
