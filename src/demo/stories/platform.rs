//! A calling platform of many modules, with companies, their users and the platform's administrators. Deliberately absent:
//! the calls themselves.

use serde_json::{Value, json};

use crate::demo::people::COMPANIES;
use crate::demo::record::Record;
use crate::demo::scribe::{Actor, Draft, Scribe};
use crate::demo::stories::{Told, busy, cast, outsider, tell_all};

const DOMAIN: &str = "dialpoint.example";
const STAFF: &[(&str, &str)] = &[
    ("ines.goncalves", "company"),
    ("luis.araujo", "regular"),
    ("gulsen.yildiz", "regular"),
    ("jihoon.park", "regular"),
    ("nikos.alexiou", "regular"),
    ("pimchanok.kaewsai", "regular"),
    ("chen.yijun", "regular"),
    ("mbali.dlamini", "company"),
    ("dmytro.shevchuk", "regular"),
    ("layla.haddad", "regular"),
];
const ADMINISTRATORS: &[(&str, &str)] =
    &[("thordis.jonsdottir", "administrator"), ("noa.barak", "administrator")];
const NOUNS: &[&str] =
    &["user", "spam_carrier", "company", "ai_agent", "campaign", "powerlist", "contact", "stage", "deal"];
const VERBS: &[&str] = &[
    "created",
    "updated",
    "activated",
    "assigned",
    "status_changed",
    "deactivated",
    "transferred",
    "ownership_transferred",
    "deleted",
];

const STATES: &[&str] = &["open", "busy", "done", "on hold"];
const REMARKS: &[&str] = &["checked", "ver proposta", "lütfen arayın", "다시 연락", "call after six"];

/// The people of the companies, then the platform's administrators.
pub fn staff() -> Vec<Actor> {
    let members: Vec<(&str, &str)> = STAFF.iter().chain(ADMINISTRATORS).copied().collect();
    cast(DOMAIN, &members)
}

/// Five months on the platform.
pub fn tell(scribe: &mut Scribe) {
    let (staff, administrators) = {
        let mut staff = staff();
        let administrators = staff.split_off(STAFF.len());
        (staff, administrators)
    };
    let mut platform = Platform { staff, administrators, noun_next: 0 };
    let mut stories: Vec<Told<Platform>> = NOUNS.iter().map(|_| Told(0, Platform::whole_life as _)).collect();
    stories.extend([
        Told(12, Platform::contact_called as fn(&mut Platform, &mut Scribe, i64)),
        Told(9, Platform::deal),
        Told(6, Platform::campaign),
        Told(10, Platform::day_at_work),
        Told(2, Platform::agent_tuned),
        Told(2, Platform::reported_as_spam),
        Told(2, Platform::whole_life),
        Told(4, Platform::administration),
        Told(1, Platform::password),
        Told(3, Platform::imported_by_program),
    ]);
    tell_all(&mut platform, scribe, 12, &stories);
    platform.incident(scribe);
}

struct Platform {
    staff: Vec<Actor>,
    administrators: Vec<Actor>,
    noun_next: usize,
}

impl Platform {
    fn someone(&self, scribe: &mut Scribe) -> Actor {
        busy(&mut scribe.random, &self.staff)
    }

    fn record(&self, scribe: &mut Scribe, noun: &'static str) -> Record {
        let person = outsider(&mut scribe.random, &self.staff);
        let company = *scribe.random.pick(COMPANIES);
        let number = scribe.random.between(10, 99);
        let (name, mut fields) = match noun {
            "user" => (person.name.to_owned(), json!({"email": person.email(DOMAIN), "seat": "agent"})),
            "spam_carrier" => {
                (format!("Carrier {number} for {company}"), json!({"carrier": number, "checked_numbers": 12}))
            }
            "company" => (company.to_owned(), json!({"city": person.place, "seats": number})),
            "ai_agent" => (
                format!("Voice agent {number}"),
                json!({"voice": "alto", "language": "pt-BR", "pause_ms": 600}),
            ),
            "campaign" => {
                (format!("{company}, wave {number}"), json!({"lines": 3, "calls_per_hour": number}))
            }
            "powerlist" => {
                (format!("Callbacks {number}"), json!({"contacts": number * 7, "order": "newest"}))
            }
            "contact" => {
                let phone = format!("+1 202 555 01{number}");
                (person.name.to_owned(), json!({"phone": phone, "company": company, "city": person.place}))
            }
            "stage" => {
                (format!("Negotiation {number}"), json!({"position": 3, "probability_percent": number}))
            }
            _ => (
                format!("{company}, {number} lines"),
                json!({"value_usd": number * 400, "stage": "Proposal"}),
            ),
        };
        fields["status"] = json!("new");
        fields["owner"] = json!(self.someone(scribe).text("name"));
        fields["active"] = json!(false);
        Record::new(scribe, DOMAIN, noun, name, fields)
    }

    /// One event of a record's life.
    fn happens(&self, scribe: &mut Scribe, at: i64, actor: &Actor, record: &mut Record, verb: &str) -> i64 {
        let action = format!("{}.{verb}", record.kind);
        let colleagues: Vec<&str> = self.staff.iter().map(|colleague| colleague.text("name")).collect();
        let mut other = |options: &[&str], field: &str| {
            let current = record.field(field);
            json!(scribe.random.pick_other(options, current.as_str().unwrap_or_default()))
        };
        let (field, value): (&str, Value) = match verb {
            "created" => return record.created(scribe, at, actor, &action),
            "deleted" => return record.deleted(scribe, at, actor, &action),
            "assigned" => {
                let assignee = other(&colleagues, "owner");
                return scribe
                    .event(at, actor, &action)
                    .on(record.target())
                    .meta("assignee", assignee)
                    .write();
            }
            "transferred" => {
                let from = *scribe.random.pick(COMPANIES);
                let to = scribe.random.pick_other(COMPANIES, from);
                let draft = scribe.event(at, actor, &action).on(record.target());
                return draft.meta("from", from).meta("to", to).write();
            }
            "activated" => ("active", json!(true)),
            "deactivated" => ("active", json!(false)),
            "status_changed" => ("status", other(STATES, "status")),
            "ownership_transferred" => ("owner", other(&colleagues, "owner")),
            _ => ("remark", other(REMARKS, "remark")),
        };
        record.set(scribe, at, actor, &action, (field, value))
    }

    fn life(&self, scribe: &mut Scribe, at: i64, actor: &Actor, noun: &'static str, verbs: &[&str]) {
        let mut record = self.record(scribe, noun);
        let mut at = at;
        for verb in verbs {
            at = self.happens(scribe, at, actor, &mut record, verb);
            at = scribe.later(at, 2, 2_500);
        }
    }

    /// From creation to deletion, with everything in between; the next noun each time.
    fn whole_life(&mut self, scribe: &mut Scribe, at: i64) {
        let noun = NOUNS[self.noun_next % NOUNS.len()];
        self.noun_next += 1;
        let actor = self.staff[0].clone();
        self.life(scribe, at, &actor, noun, VERBS);
    }

    fn contact_called(&mut self, scribe: &mut Scribe, at: i64) {
        let actor = self.someone(scribe);
        let verbs: &[&str] = if scribe.random.chance(20) {
            &["created", "updated", "status_changed", "deleted"]
        } else {
            &["created", "status_changed", "updated"]
        };
        self.life(scribe, at, &actor, "contact", verbs);
    }

    fn deal(&mut self, scribe: &mut Scribe, at: i64) {
        let actor = self.someone(scribe);
        let mut deal = self.record(scribe, "deal");
        let at = self.happens(scribe, at, &actor, &mut deal, "created");
        let at = scribe.later(at, 30, 900);
        let mut at = self.happens(scribe, at, &actor, &mut deal, "assigned");
        for stage in ["Negotiation", "Contract", "Won"] {
            at = scribe.later(at, 300, 6_000);
            at = deal.set(scribe, at, &actor, "deal.updated", ("stage", json!(stage)));
            if scribe.random.chance(35) {
                return;
            }
        }
    }

    fn campaign(&mut self, scribe: &mut Scribe, at: i64) {
        let actor = self.someone(scribe);
        self.life(scribe, at, &actor, "powerlist", &["created"]);
        let at = scribe.soon(at, 60, 900);
        self.life(scribe, at, &actor, "campaign", &["created", "updated", "activated", "deactivated"]);
    }

    fn agent_tuned(&mut self, scribe: &mut Scribe, at: i64) {
        let actor = self.someone(scribe);
        let mut agent = self.record(scribe, "ai_agent");
        let at = agent.created(scribe, at, &actor, "ai_agent.created");
        let at = scribe.later(at, 30, 900);
        let pause = json!(scribe.random.between(7, 14) * 100);
        agent.set(scribe, at, &actor, "ai_agent.updated", ("pause_ms", pause));
    }

    /// A carrier reports back by itself.
    fn reported_as_spam(&mut self, scribe: &mut Scribe, at: i64) {
        let carrier = Actor::service("svc_reputation", "Number reputation");
        self.life(scribe, at, &carrier, "spam_carrier", &["status_changed"]);
    }

    fn imported_by_program(&mut self, scribe: &mut Scribe, at: i64) {
        let key = Actor::api_key("key_import", "Contact import", "203.0.113.61");
        let mut at = at;
        for _ in 0..scribe.random.between(2, 7) {
            at = scribe.soon(at, 1, 4);
            let contact = self.record(scribe, "contact");
            contact.created(scribe, at, &key, "contact.created");
        }
    }

    fn day_at_work(&mut self, scribe: &mut Scribe, at: i64) {
        let member = self.someone(scribe);
        let mut at = at;
        if scribe.random.chance(10) {
            at = failed_login(scribe, at, &member).write();
            at = scribe.soon(at, 8, 40);
        }
        scribe.event(at, &member, "auth.signed_in").on(member.as_target("user")).write();
        let at = scribe.soon(at, 1_200, 28_000);
        scribe.event(at, &member, "auth.signed_out").on(member.as_target("user")).write();
    }

    fn password(&mut self, scribe: &mut Scribe, at: i64) {
        let member = self.someone(scribe);
        scribe.event(at, &member, "auth.password_changed").on(member.as_target("user")).write();
    }

    /// `D30`: what administrators do stays among themselves.
    fn administration(&mut self, scribe: &mut Scribe, at: i64) {
        let administrator = busy(&mut scribe.random, &self.administrators);
        let user = self.record(scribe, "user");
        let private = |draft: Draft<'_>| draft.with("audience", "administrators").write();
        let draft = scribe.event(at, &administrator, "auth.signed_in").on(administrator.as_target("user"));
        private(draft);
        let at = scribe.soon(at, 60, 600);
        let draft = scribe.event(at, &administrator, "user.created").on(user.target());
        private(draft.with("after", user.fields()));
        let at = scribe.soon(at, 60, 900);
        let draft = scribe.event(at, &administrator, "user.updated").on(user.target());
        private(draft.changed(json!({"seat": "agent"}), json!({"seat": "supervisor"})));
        let company = self.record(scribe, "company");
        let at = scribe.soon(at, 60, 900);
        let draft = scribe.event(at, &administrator, "company.updated").on(company.target());
        let seats = seats_of(&company);
        private(draft.changed(json!({"seats": seats}), json!({"seats": seats + 5})));
    }

    fn incident(&mut self, scribe: &mut Scribe) {
        let browser = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
        let intruder = self.staff[0].seen_at("203.0.113.199", "Nuuk, Greenland", browser);
        let own = intruder.as_target("user");
        let mut at = scribe.incident();
        for _ in 0..2 {
            failed_login(scribe, at, &intruder).write();
            at = scribe.soon(at, 11, 40);
        }
        scribe.event(at, &intruder, "auth.signed_in").on(own.clone()).write();
        at = scribe.soon(at, 60, 120);
        scribe.event(at, &intruder, "auth.password_changed").on(own.clone()).write();
        for _ in 0..3 {
            at = scribe.soon(at, 30, 100);
            let deal = self.record(scribe, "deal");
            let draft = scribe.event(at, &intruder, "deal.transferred").on(deal.target());
            draft.meta("from", "Dialpoint").meta("to", "North Quay Holdings").write();
        }
        for _ in 0..4 {
            at = scribe.soon(at, 15, 60);
            self.record(scribe, "contact").deleted(scribe, at, &intruder, "contact.deleted");
        }
        at = scribe.soon(at, 60, 120);
        scribe.event(at, &intruder, "auth.signed_out").on(own).write();
    }
}

fn failed_login<'a>(scribe: &'a mut Scribe, at: i64, member: &Actor) -> Draft<'a> {
    let draft = scribe.event(at, member, "auth.signed_in").on(member.as_target("user"));
    draft
        .with("outcome", "failure")
        .with("reason", "wrong password")
        .with("description", "User failed to log in")
}

fn seats_of(company: &Record) -> i64 {
    company.field("seats").as_i64().unwrap_or_default()
}
