//! A firm that has deeds and agreements signed: documents, stamps, workflows, payments, contacts. Deliberately absent:
//! process keys; these documents are signed elsewhere and only reported here.

use serde_json::json;

use crate::demo::people::{COMPANIES, PEOPLE, Person};
use crate::demo::record::Record;
use crate::demo::scribe::{Actor, Scribe};
use crate::demo::stories::{Told, busy, cast, outsider, tell_all};

const DOMAIN: &str = "northwind.example";
const TITLES: &[&str] = &[
    "Lease agreement",
    "Sale deed",
    "विक्रय विलेख",
    "Power of attorney",
    "Loan agreement",
    "Non-disclosure agreement",
    "Convention de prêt",
    "租赁合同",
    "Employment contract",
    "Gift deed",
    "عقد إيجار",
    "Shareholders’ agreement",
];
const METHODS: &[&str] = &["Aadhaar eSign", "Virtual sign", "Digital certificate"];
const DEVICES: &[&str] = &["Android phone", "iPhone", "Windows laptop", "tablet"];
const STAFF: &[(&str, &str)] = &[
    ("meera.iyer", "admin"),
    ("ananya.sharma", "member"),
    ("rohan.deshmukh", "member"),
    ("olha.kravets", "member"),
    ("seoyeon.kim", "member"),
    ("layla.haddad", "admin"),
    ("huong.nguyen", "member"),
    ("noa.barak", "member"),
];

/// The people of the firm.
pub fn staff() -> Vec<Actor> {
    cast(DOMAIN, STAFF)
}

/// Five months at the firm.
pub fn tell(scribe: &mut Scribe) {
    let mut firm = Firm { staff: staff(), system: Actor::system("System") };
    let stories: &[Told<Firm>] = &[
        Told(12, Firm::agreement),
        Told(9, Firm::day_at_work),
        Told(3, Firm::paid_agreement),
        Told(2, Firm::rejected_then_signed),
        Told(2, Firm::not_received),
        Told(2, Firm::code_mistyped),
        Told(1, Firm::attempts_used_up),
        Told(1, Firm::failed_after_signing),
        Told(2, Firm::withdrawn),
        Told(1, Firm::refunded),
        Told(1, Firm::cleaned_up),
        Told(1, Firm::stamps_bought),
        Told(1, Firm::workflow_built),
        Told(2, Firm::contacts_passed_on),
        Told(1, Firm::sent_by_program),
    ];
    tell_all(&mut firm, scribe, 9, stories);
    firm.incident(scribe);
}

struct Firm {
    staff: Vec<Actor>,
    system: Actor,
}

/// A document under way, with those who shall sign it.
struct Deal {
    document: Record,
    sender: Actor,
    parties: Vec<(Person, Actor)>,
}

impl Firm {
    fn begin(&mut self, scribe: &mut Scribe, at: i64, parties: usize) -> (Deal, i64) {
        let sender = busy(&mut scribe.random, &self.staff);
        self.begin_as(scribe, at, sender, parties)
    }

    fn begin_as(&mut self, scribe: &mut Scribe, at: i64, sender: Actor, parties: usize) -> (Deal, i64) {
        let (title, company) = (*scribe.random.pick(TITLES), *scribe.random.pick(COMPANIES));
        let name = format!("{title} – {company}");
        let fields = json!({"pages": scribe.random.between(2, 48), "folder": company, "language": "en"});
        let document = Record::new(scribe, DOMAIN, "document", name, fields);
        let mut at = document.created(scribe, at, &sender, "document.created");
        if scribe.random.chance(45) {
            at = scribe.soon(at, 5, 90);
            self.uses_stamp(scribe, at, &sender, &document);
        }
        let parties: Vec<(Person, Actor)> = (0..parties)
            .map(|_| {
                let person = outsider(&mut scribe.random, &self.staff);
                let key = format!("inv_{}", scribe.random.hex(10));
                (person, Actor::signee(&person, &key))
            })
            .collect();
        for (person, _) in &parties {
            at = scribe.soon(at, 10, 200);
            let invitee = person.email("mail.example");
            let sent = scribe.event(at, &sender, "invitation.sent").on(document.target());
            sent.meta("invitee", invitee).meta("delivery_method", "e-mail").write();
        }
        (Deal { document, sender, parties }, at)
    }

    /// A document takes a stamp; which one, and how many of its series are left.
    fn uses_stamp(&self, scribe: &mut Scribe, at: i64, actor: &Actor, document: &Record) -> (String, i64) {
        let state = *scribe.random.pick(&["Karnataka", "Maharashtra", "Tamil Nadu", "Delhi"]);
        let (series, balance) = (format!("{state} 100"), scribe.random.between(20, 400));
        self.stamp(scribe, at, actor, document, "stamp.used", &series, balance);
        (series, balance)
    }

    #[expect(clippy::too_many_arguments, reason = "each is one member of the event")]
    fn stamp(
        &self,
        scribe: &mut Scribe,
        at: i64,
        actor: &Actor,
        document: &Record,
        action: &str,
        series: &str,
        balance: i64,
    ) {
        let draft = scribe.event(at, actor, action).on(document.target());
        draft.meta("series", series).meta("balance", balance).meta("amount", "INR 100").write();
    }

    fn signs(&self, scribe: &mut Scribe, at: i64, deal: &Deal, party: usize) -> i64 {
        let method = *scribe.random.pick(METHODS);
        let device = *scribe.random.pick(DEVICES);
        let draft = scribe.event(at, &deal.parties[party].1, "document.signed").on(deal.document.target());
        draft.meta("method", method).meta("device", device).write()
    }

    fn completes(&self, scribe: &mut Scribe, at: i64, deal: &Deal) -> i64 {
        let at = at + 40;
        let draft = scribe.event(at, &self.system, "document.completed").on(deal.document.target());
        draft.with("reason", "all parties have signed").write()
    }

    fn agreement(&mut self, scribe: &mut Scribe, at: i64) {
        let parties = 1 + scribe.random.position(3);
        let (deal, mut at) = self.begin(scribe, at, parties);
        for party in 0..parties {
            at = scribe.later(at, 12, 2_400);
            at = self.signs(scribe, at, &deal, party);
        }
        self.completes(scribe, at, &deal);
    }

    fn day_at_work(&mut self, scribe: &mut Scribe, at: i64) {
        let member = busy(&mut scribe.random, &self.staff);
        let mut at = at;
        if scribe.random.chance(12) {
            let failed = scribe.event(at, &member, "auth.signed_in").with("outcome", "failure");
            at = failed.with("reason", "wrong password").write();
            at = scribe.soon(at, 8, 40);
        }
        scribe.event(at, &member, "auth.signed_in").meta("device", "Windows laptop").write();
        let at = scribe.soon(at, 1_200, 28_000);
        scribe.event(at, &member, "auth.signed_out").meta("device", "Windows laptop").write();
    }

    fn pays(&self, scribe: &mut Scribe, at: i64, deal: &Deal, action: &str, amount: i64) -> i64 {
        let actor = if action == "payment.authorised" { &deal.parties[0].1 } else { &self.system };
        let actor = actor.clone();
        let draft = scribe.event(at, &actor, action).on(deal.document.target());
        let draft = draft.meta("amount", format!("INR {amount}")).meta("gateway_reference", "pay_7Q2");
        match action {
            "payment.capture_failed" => {
                draft.with("outcome", "failure").with("reason", "card declined").write()
            }
            "payment.reversed" => draft.with("reason", "the document was deleted").write(),
            _ => draft.write(),
        }
    }

    fn paid_agreement(&mut self, scribe: &mut Scribe, at: i64) {
        let (deal, at) = self.begin(scribe, at, 1);
        let amount = scribe.random.between(3, 90) * 100;
        let at = scribe.later(at, 30, 1_500);
        let at = self.pays(scribe, at, &deal, "payment.authorised", amount);
        let at = scribe.soon(at, 60, 400);
        let at = self.signs(scribe, at, &deal, 0);
        let at = scribe.soon(at, 2, 20);
        let at = self.pays(scribe, at, &deal, "payment.captured", amount);
        self.completes(scribe, at, &deal);
    }

    fn rejected_then_signed(&mut self, scribe: &mut Scribe, at: i64) {
        let (deal, at) = self.begin(scribe, at, 1);
        let at = scribe.later(at, 40, 1_500);
        let reason = *scribe.random.pick(&["the rent is wrong", "the name is misspelled", "दिनांक गलत है"]);
        let draft = scribe.event(at, &deal.parties[0].1, "document.declined").on(deal.document.target());
        let at = draft.with("reason", reason).write();
        let at = scribe.later(at, 20, 600);
        let invitee = deal.parties[0].0.email("mail.example");
        let draft = scribe.event(at, &deal.sender, "invitation.reinvited").on(deal.document.target());
        let at = draft.meta("invitee", invitee).write();
        let at = scribe.later(at, 20, 1_200);
        let at = self.signs(scribe, at, &deal, 0);
        self.completes(scribe, at, &deal);
    }

    fn not_received(&mut self, scribe: &mut Scribe, at: i64) {
        let (deal, mut at) = self.begin(scribe, at, 1);
        let invitee = deal.parties[0].0.email("mail.example");
        for _ in 0..scribe.random.between(1, 4) {
            at = scribe.later(at, 900, 3_000);
            let method = *scribe.random.pick(&["e-mail", "WhatsApp", "SMS"]);
            let draft = scribe.event(at, &deal.sender, "invitation.resent").on(deal.document.target());
            draft.meta("invitee", invitee.clone()).meta("delivery_method", method).write();
        }
        let at = at + 7 * 24 * 3_600_000;
        let draft = scribe.event(at, &self.system, "invitation.timed_out").on(deal.document.target());
        draft.meta("invitee", invitee).write();
    }

    fn fails(&self, scribe: &mut Scribe, at: i64, deal: &Deal, action: &str, step: &str) -> i64 {
        let draft = scribe.event(at, &deal.parties[0].1, action).on(deal.document.target());
        let draft = draft.with("outcome", "failure").meta("step", step).meta("method", "Aadhaar eSign");
        draft.with("reason", "the code did not match").meta("device", "Android phone").write()
    }

    fn code_mistyped(&mut self, scribe: &mut Scribe, at: i64) {
        let (deal, at) = self.begin(scribe, at, 1);
        let at = scribe.later(at, 30, 900);
        let at = self.fails(scribe, at, &deal, "verification.failed", "otp");
        let at = scribe.soon(at, 40, 300);
        let at = self.signs(scribe, at, &deal, 0);
        self.completes(scribe, at, &deal);
    }

    fn attempts_used_up(&mut self, scribe: &mut Scribe, at: i64) {
        let (deal, mut at) = self.begin(scribe, at, 1);
        for _ in 0..3 {
            at = scribe.soon(at, 60, 900);
            at = self.fails(scribe, at, &deal, "verification.failed", "otp");
        }
        let at = scribe.soon(at, 2, 20);
        self.fails(scribe, at, &deal, "signing.retries_exhausted", "otp");
    }

    fn failed_after_signing(&mut self, scribe: &mut Scribe, at: i64) {
        let (deal, at) = self.begin(scribe, at, 1);
        let amount = scribe.random.between(3, 60) * 100;
        let at = scribe.later(at, 30, 900);
        let at = self.pays(scribe, at, &deal, "payment.authorised", amount);
        let at = scribe.soon(at, 60, 400);
        let at = self.signs(scribe, at, &deal, 0);
        let at = scribe.soon(at, 20, 60);
        let draft =
            scribe.event(at, &self.system, "verification.failed_after_sign").on(deal.document.target());
        let draft =
            draft.with("outcome", "failure").with("reason", "the name differs from the identity card");
        let at = draft.meta("department", "Home loans").write();
        let at = scribe.soon(at, 20, 60);
        self.pays(scribe, at, &deal, "payment.capture_failed", amount);
    }

    fn deletes(&self, scribe: &mut Scribe, at: i64, deal: &Deal, by: &Actor, reason: &str) -> i64 {
        let draft = scribe.event(at, by, "document.deleted").on(deal.document.target());
        draft.with("before", deal.document.fields()).with("reason", reason).write()
    }

    fn withdrawn(&mut self, scribe: &mut Scribe, at: i64) {
        let (deal, at) = self.begin(scribe, at, 1);
        let at = scribe.soon(at, 20, 60);
        let (series, left) = self.uses_stamp(scribe, at, &deal.sender, &deal.document);
        let at = scribe.later(at, 60, 3_000);
        let at = self.deletes(scribe, at, &deal, &deal.sender, "sent by mistake");
        self.stamp(scribe, at, &self.system, &deal.document, "stamp.reversed", &series, left + 1);
    }

    fn refunded(&mut self, scribe: &mut Scribe, at: i64) {
        let (deal, at) = self.begin(scribe, at, 2);
        let amount = scribe.random.between(3, 60) * 100;
        let at = scribe.later(at, 30, 900);
        let at = self.pays(scribe, at, &deal, "payment.authorised", amount);
        let at = scribe.soon(at, 60, 400);
        let at = self.signs(scribe, at, &deal, 0);
        let at = scribe.soon(at, 2, 20);
        let at = self.pays(scribe, at, &deal, "payment.captured", amount);
        let at = scribe.later(at, 900, 4_000);
        let at = self.deletes(scribe, at, &deal, &deal.sender, "the other party withdrew");
        self.pays(scribe, at, &deal, "payment.reversed", amount);
    }

    fn cleaned_up(&mut self, scribe: &mut Scribe, at: i64) {
        let (deal, at) = self.begin(scribe, at, 1);
        let at = scribe.later(at, 30, 900);
        let at = self.signs(scribe, at, &deal, 0);
        let at = self.completes(scribe, at, &deal);
        let at = at + 90 * 24 * 3_600_000;
        self.deletes(scribe, at, &deal, &self.system, "90 days after completion, as set in the settings");
    }

    fn stamps_bought(&mut self, scribe: &mut Scribe, at: i64) {
        let admin = self.staff[0].clone();
        let state = *scribe.random.pick(&["Karnataka", "Maharashtra", "Tamil Nadu", "Delhi"]);
        let name = format!("{state} {}", scribe.random.between(1, 5) * 100);
        let fields = json!({
            "state": state, "quantity": 250, "first_serial": scribe.random.hex(8),
            "expires_on": scribe.date_after(at, 60),
        });
        let mut series = Record::new(scribe, DOMAIN, "stamp_series", name, fields);
        let at = series.created(scribe, at, &admin, "stamp.series_created");
        let at = scribe.later(at, 2_000, 20_000);
        let until = scribe.date_after(at, 180);
        series.set(scribe, at, &admin, "stamp.expiry_extended", ("expires_on", json!(until)));
    }

    fn workflow_built(&mut self, scribe: &mut Scribe, at: i64) {
        let admin = self.staff[0].clone();
        let title = *scribe.random.pick(TITLES);
        let fields = json!({"fields": scribe.random.between(4, 30), "language": "en"});
        let template = Record::new(scribe, DOMAIN, "template", format!("{title}, template"), fields);
        let at = template.created(scribe, at, &admin, "template.created");
        let at = scribe.soon(at, 300, 2_000);
        let fields = json!({"steps": 3, "status": "draft", "template": template.name});
        let mut workflow = Record::new(scribe, DOMAIN, "workflow", format!("{title}, two parties"), fields);
        let at = workflow.created(scribe, at, &admin, "workflow.created");
        let at = scribe.soon(at, 300, 2_000);
        let at = workflow.set(scribe, at, &admin, "workflow.updated", ("steps", json!(4)));
        let at = scribe.soon(at, 60, 900);
        let at = workflow.set(scribe, at, &admin, "workflow.published", ("status", json!("active")));
        if scribe.random.chance(40) || workflow.id.ends_with('0') {
            let at = scribe.later(at, 9_000, 60_000);
            workflow.deleted(scribe, at, &admin, "workflow.deleted");
        }
    }

    fn contact(&self, scribe: &mut Scribe, person: Person) -> Record {
        let company = *scribe.random.pick(COMPANIES);
        let fields = json!({"email": person.email("mail.example"), "company": company, "city": person.place});
        Record::new(scribe, DOMAIN, "contact", person.name.to_owned(), fields)
    }

    fn contacts_passed_on(&mut self, scribe: &mut Scribe, at: i64) {
        let member = busy(&mut scribe.random, &self.staff);
        let colleague = busy(&mut scribe.random, &self.staff);
        let person = outsider(&mut scribe.random, &self.staff);
        let contact = self.contact(scribe, person);
        let draft = scribe.event(at, &member, "contact.shared").on(contact.target());
        let at = draft.meta("recipient", colleague.text("name")).write();
        let at = scribe.soon(at, 60, 4_000);
        let draft = scribe.event(at, &colleague, "contact.sent").on(contact.target());
        let at = draft.meta("recipient", "Accounting system").write();
        let at = scribe.later(at, 2_000, 30_000);
        contact.deleted(scribe, at, &member, "contact.deleted");
    }

    fn sent_by_program(&mut self, scribe: &mut Scribe, at: i64) {
        let key = Actor::api_key("key_loans", "Loan desk integration", "203.0.113.40");
        let (deal, at) = self.begin_as(scribe, at, key, 1);
        let at = scribe.later(at, 30, 1_500);
        let at = self.signs(scribe, at, &deal, 0);
        self.completes(scribe, at, &deal);
    }

    fn incident(&mut self, scribe: &mut Scribe) {
        let browser = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
        let intruder = self.staff[0].seen_at("203.0.113.199", "Ulaanbaatar, Mongolia", browser);
        let mut at = scribe.incident();
        for _ in 0..3 {
            let failed = scribe.event(at, &intruder, "auth.signed_in").with("outcome", "failure");
            failed.with("reason", "wrong password").write();
            at = scribe.soon(at, 11, 35);
        }
        scribe.event(at, &intruder, "auth.signed_in").write();
        let mut people = PEOPLE.iter().rev().copied();
        for person in people.by_ref().take(3) {
            at = scribe.soon(at, 30, 90);
            let contact = self.contact(scribe, person);
            let draft = scribe.event(at, &intruder, "contact.sent").on(contact.target());
            draft.meta("recipient", "archive@parcel-drop.example").write();
        }
        for person in people.take(4) {
            at = scribe.soon(at, 15, 60);
            self.contact(scribe, person).deleted(scribe, at, &intruder, "contact.deleted");
        }
        at = scribe.soon(at, 60, 120);
        let fields = json!({"steps": 5, "status": "active"});
        let workflow = Record::new(scribe, DOMAIN, "workflow", "Disbursal, two approvals".to_owned(), fields);
        workflow.deleted(scribe, at, &intruder, "workflow.deleted");
        at = scribe.soon(at, 60, 120);
        scribe.event(at, &intruder, "auth.signed_out").write();
    }
}
