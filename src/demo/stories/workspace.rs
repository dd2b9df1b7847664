//! A team that sells and does projects: leads, clients, tasks, time, files, notes, meetings, members. Deliberately absent:
//! signing in; this product does not log it.

use serde_json::{Value, json};

use crate::demo::people::COMPANIES;
use crate::demo::record::Record;
use crate::demo::scribe::{Actor, Scribe};
use crate::demo::stories::{Told, busy, cast, outsider, tell_all};

const DOMAIN: &str = "globex.example";
const STAFF: &[(&str, &str)] = &[
    ("ana.ruiz", "owner"),
    ("chidi.okafor", "admin"),
    ("eleni.papadaki", "member"),
    ("wang.xiaoming", "member"),
    ("soren.aertebjerg", "member"),
    ("somchai.jaidee", "member"),
    ("youssef.elmasry", "member"),
    ("misaki.sato", "admin"),
    ("katarina.stastna", "member"),
    ("daniel.cohen", "member"),
];
/// Records changed many at once: noun, verb, the field it sets.
const BULK: &[(&str, &str, &str)] = &[
    ("lead", "bulk_deleted", ""),
    ("lead", "bulk_status_changed", "status"),
    ("client", "bulk_deleted", ""),
    ("client", "bulk_status_changed", "status"),
    ("task", "bulk_deleted", ""),
    ("task", "bulk_status_changed", "status"),
    ("task", "bulk_assignee_changed", "assignee"),
    ("task", "bulk_client_changed", "client"),
    ("timesheet", "bulk_deleted", ""),
    ("file", "bulk_deleted", ""),
    ("file", "bulk_reprocessed", ""),
    ("note", "bulk_deleted", ""),
    ("note", "bulk_reprocessed", ""),
    ("calendar_event", "bulk_deleted", ""),
    ("calendar_event", "bulk_assignee_changed", "assignee"),
    ("calendar_event", "bulk_client_changed", "client"),
    ("meeting", "bulk_deleted", ""),
    ("meeting", "bulk_client_changed", "client"),
];

/// The people of the team.
pub fn staff() -> Vec<Actor> {
    cast(DOMAIN, STAFF)
}

/// Five months in the workspace.
pub fn tell(scribe: &mut Scribe) {
    let mut team = Team { staff: staff(), system: Actor::system("System"), bulk_next: 0 };
    let mut stories: Vec<Told<Team>> = BULK.iter().map(|_| Told(0, Team::many_at_once as _)).collect();
    stories.extend([
        Told(10, Team::lead as fn(&mut Team, &mut Scribe, i64)),
        Told(2, Team::lead_lost),
        Told(4, Team::client),
        Told(9, Team::task),
        Told(1, Team::task_dropped),
        Told(6, Team::week_of_work),
        Told(5, Team::file),
        Told(2, Team::file_failed),
        Told(5, Team::note),
        Told(1, Team::note_failed),
        Told(4, Team::calendar),
        Told(4, Team::meeting),
        Told(1, Team::meeting_refused),
        Told(1, Team::meeting_called_off),
        Told(1, Team::member),
        Told(1, Team::member_leaves),
        Told(1, Team::organization),
        Told(1, Team::key),
        Told(1, Team::billing),
        Told(2, Team::form_filled_in),
        Told(2, Team::many_at_once),
        Told(1, Team::not_allowed),
    ]);
    tell_all(&mut team, scribe, 12, &stories);
    team.incident(scribe);
}

struct Team {
    staff: Vec<Actor>,
    system: Actor,
    bulk_next: usize,
}

impl Team {
    fn someone(&self, scribe: &mut Scribe) -> Actor {
        busy(&mut scribe.random, &self.staff)
    }

    fn name_of_someone(&self, scribe: &mut Scribe) -> Value {
        json!(self.someone(scribe).text("name"))
    }

    fn new_lead(&self, scribe: &mut Scribe) -> Record {
        let person = outsider(&mut scribe.random, &self.staff);
        let company = *scribe.random.pick(COMPANIES);
        let fields = json!({
            "status": "New", "owner": null, "contact": person.name, "email": person.email("mail.example"),
            "source": *scribe.random.pick(&["website", "fair", "referral", "call"]),
            "value_eur": scribe.random.between(4, 240) * 250, "notes": "",
        });
        Record::new(scribe, DOMAIN, "lead", company.to_owned(), fields)
    }

    fn lead(&mut self, scribe: &mut Scribe, at: i64) {
        let actor = self.someone(scribe);
        self.lead_by(scribe, at, &actor);
    }

    fn lead_by(&mut self, scribe: &mut Scribe, at: i64, actor: &Actor) {
        let mut lead = self.new_lead(scribe);
        let at = lead.created(scribe, at, actor, "lead.created");
        let owner = self.someone(scribe);
        let at = scribe.soon(at, 60, 4_000);
        let boss = self.staff[1].clone();
        let at = lead.set(scribe, at, &boss, "lead.assigned", ("owner", json!(owner.text("name"))));
        let at = scribe.later(at, 60, 2_000);
        let at = lead.set(scribe, at, &owner, "lead.status_changed", ("status", json!("Contacted")));
        let at = scribe.soon(at, 60, 900);
        let note = *scribe.random.pick(&[
            "Call back on Thursday",
            "Wants a demo",
            "先に見積もりが必要",
            "Ζητά προσφορά",
        ]);
        let at = lead.set(scribe, at, &owner, "lead.updated", ("notes", json!(note)));
        if scribe.random.chance(55) {
            let at = scribe.later(at, 1_000, 9_000);
            let at = lead.set(scribe, at, &owner, "lead.status_changed", ("status", json!("Qualified")));
            let at = scribe.later(at, 1_000, 9_000);
            let at = lead.set(scribe, at, &owner, "lead.status_changed", ("status", json!("Won")));
            let at = scribe.soon(at, 60, 600);
            self.client_of(scribe, at, &owner, &lead);
        }
    }

    fn lead_lost(&mut self, scribe: &mut Scribe, at: i64) {
        let actor = self.someone(scribe);
        let mut lead = self.new_lead(scribe);
        let at = lead.created(scribe, at, &actor, "lead.created");
        let at = scribe.later(at, 1_000, 9_000);
        let at = lead.set(scribe, at, &actor, "lead.status_changed", ("status", json!("Lost")));
        let at = scribe.later(at, 1_000, 9_000);
        lead.deleted(scribe, at, &actor, "lead.deleted");
    }

    fn client_of(&mut self, scribe: &mut Scribe, at: i64, owner: &Actor, lead: &Record) {
        let fields = json!({
            "status": "Active", "contact": lead.field("contact"), "owner": owner.text("name"),
            "payment_terms_days": 30,
        });
        let client = Record::new(scribe, DOMAIN, "client", lead.name.clone(), fields).under(lead);
        client.created(scribe, at, owner, "client.created");
    }

    fn client(&mut self, scribe: &mut Scribe, at: i64) {
        let actor = self.someone(scribe);
        let lead = self.new_lead(scribe);
        let fields = json!({"status": "Active", "owner": actor.text("name"), "payment_terms_days": 30});
        let mut client = Record::new(scribe, DOMAIN, "client", lead.name, fields);
        let at = client.created(scribe, at, &actor, "client.created");
        let at = scribe.later(at, 600, 9_000);
        let at = client.set(scribe, at, &actor, "client.updated", ("payment_terms_days", json!(14)));
        let at = scribe.later(at, 9_000, 40_000);
        let at = client.set(scribe, at, &actor, "client.status_changed", ("status", json!("Inactive")));
        if scribe.random.chance(30) {
            let at = scribe.later(at, 900, 9_000);
            client.deleted(scribe, at, &actor, "client.deleted");
        }
    }

    fn new_task(&self, scribe: &mut Scribe, at: i64) -> Record {
        const TASKS: &[&str] = &[
            "Prepare offer",
            "Send samples",
            "Review contract",
            "Update price list",
            "Plan visit",
            "送付状を作る",
        ];
        let client = *scribe.random.pick(COMPANIES);
        let name = format!("{} for {client}", scribe.random.pick(TASKS));
        let fields = json!({
            "status": "Pending", "assignee": self.name_of_someone(scribe), "client": client,
            "due": scribe.date_after(at, 9), "priority": "normal",
        });
        Record::new(scribe, DOMAIN, "task", name, fields)
    }

    fn task(&mut self, scribe: &mut Scribe, at: i64) {
        let actor = self.someone(scribe);
        let mut task = self.new_task(scribe, at);
        let at = task.created(scribe, at, &actor, "task.created");
        let at = scribe.later(at, 30, 3_000);
        let at = task.set(scribe, at, &actor, "task.updated", ("priority", json!("high")));
        let at = scribe.later(at, 30, 3_000);
        let worker = self.someone(scribe);
        let at = task.set(scribe, at, &worker, "task.status_changed", ("status", json!("In progress")));
        let at = scribe.later(at, 300, 6_000);
        task.set(scribe, at, &worker, "task.status_changed", ("status", json!("Completed")));
    }

    fn task_dropped(&mut self, scribe: &mut Scribe, at: i64) {
        let actor = self.someone(scribe);
        let task = self.new_task(scribe, at);
        let at = task.created(scribe, at, &actor, "task.created");
        let at = scribe.later(at, 300, 6_000);
        task.deleted(scribe, at, &actor, "task.deleted");
    }

    fn week_of_work(&mut self, scribe: &mut Scribe, at: i64) {
        let actor = self.someone(scribe);
        let client = *scribe.random.pick(COMPANIES);
        let day = scribe.date_after(at, 0);
        let fields = json!({"hours": 6, "date": day, "client": client, "billable": true});
        let mut sheet = Record::new(scribe, DOMAIN, "timesheet", format!("{client}, {day}"), fields);
        let at = sheet.created(scribe, at, &actor, "timesheet.created");
        let at = scribe.soon(at, 60, 9_000);
        let at = sheet.set(scribe, at, &actor, "timesheet.updated", ("hours", json!(7)));
        if scribe.random.chance(20) {
            let at = scribe.soon(at, 60, 900);
            sheet.deleted(scribe, at, &actor, "timesheet.deleted");
        } else {
            let at = scribe.later(at, 300, 3_000);
            let week = scribe.date_after(at, 0);
            let draft = scribe.event(at, &actor, "timesheet.week_saved").on(actor.as_target("user"));
            draft.meta("week", week).meta("count", 5).meta("hours", 38.5).write();
        }
    }

    fn new_file(&self, scribe: &mut Scribe) -> Record {
        const FILES: &[&str] =
            &["Offer.pdf", "Preisliste.xlsx", "Πρακτικά.docx", "Drawings.dwg", "合同.pdf", "Minutes.md"];
        let name = format!("{} {}", scribe.random.pick(COMPANIES), scribe.random.pick(FILES));
        let fields = json!({"size_bytes": scribe.random.between(9_000, 9_000_000), "description": ""});
        Record::new(scribe, DOMAIN, "file", name, fields)
    }

    fn file(&mut self, scribe: &mut Scribe, at: i64) {
        let actor = self.someone(scribe);
        let mut file = self.new_file(scribe);
        let at = file.created(scribe, at, &actor, "file.created");
        let at = scribe.soon(at, 4, 90);
        let at = scribe.event(at, &self.system, "file.embedding_completed").on(file.target()).write();
        let at = scribe.later(at, 60, 6_000);
        let at = file.set(scribe, at, &actor, "file.updated", ("description", json!("Signed version")));
        if scribe.random.chance(25) {
            let at = scribe.later(at, 60, 6_000);
            file.deleted(scribe, at, &actor, "file.deleted");
        }
    }

    fn file_failed(&mut self, scribe: &mut Scribe, at: i64) {
        let actor = self.someone(scribe);
        let file = self.new_file(scribe);
        let at = file.created(scribe, at, &actor, "file.created");
        let at = scribe.soon(at, 4, 90);
        let draft = scribe.event(at, &self.system, "file.embedding_failed").on(file.target());
        let at = draft.with("outcome", "failure").with("reason", "the file has no readable text").write();
        let at = scribe.later(at, 30, 900);
        let at = scribe.event(at, &actor, "file.embedding_reprocessed").on(file.target()).write();
        let at = scribe.soon(at, 4, 90);
        scribe.event(at, &self.system, "file.embedding_completed").on(file.target()).write();
    }

    fn note(&mut self, scribe: &mut Scribe, at: i64) {
        let actor = self.someone(scribe);
        let company = *scribe.random.pick(COMPANIES);
        let fields = json!({"text": "They compare three suppliers and decide in spring.", "pinned": false});
        let mut note = Record::new(scribe, DOMAIN, "note", format!("Call with {company}"), fields);
        let at = note.created(scribe, at, &actor, "note.created");
        let tag = *scribe.random.pick(&["urgent", "renewal", "συμφωνία", "重要"]);
        let tag =
            Record::new(scribe, DOMAIN, "note_tag", tag.to_owned(), json!({"colour": "teal"})).under(&note);
        let at = scribe.soon(at, 10, 90);
        let at = tag.created(scribe, at, &actor, "note_tag.created");
        let at = scribe.later(at, 30, 3_000);
        let text = json!("They compare two suppliers and decide in March.");
        let at = note.set(scribe, at, &actor, "note.updated", ("text", text));
        if scribe.random.chance(25) {
            let at = scribe.later(at, 300, 9_000);
            let at = tag.deleted(scribe, at, &actor, "note_tag.deleted");
            note.deleted(scribe, at + 900, &actor, "note.deleted");
        }
    }

    fn note_failed(&mut self, scribe: &mut Scribe, at: i64) {
        let actor = self.someone(scribe);
        let fields = json!({"text": "…", "pinned": true});
        let note = Record::new(scribe, DOMAIN, "note", "Scanned letter".to_owned(), fields);
        let at = note.created(scribe, at, &actor, "note.created");
        let at = scribe.later(at, 30, 900);
        scribe.event(at, &actor, "note.reprocessed").on(note.target()).write();
    }

    fn calendar(&mut self, scribe: &mut Scribe, at: i64) {
        let actor = self.someone(scribe);
        let company = *scribe.random.pick(COMPANIES);
        let starts = scribe.time_after(at, 49);
        let fields = json!({"starts_at": starts, "room": "Library", "client": company});
        let mut event = Record::new(scribe, DOMAIN, "calendar_event", format!("Visit of {company}"), fields);
        let at = event.created(scribe, at, &actor, "calendar_event.created");
        let at = scribe.later(at, 60, 2_000);
        let at = event.set(scribe, at, &actor, "calendar_event.updated", ("room", json!("Auditorium")));
        if scribe.random.chance(25) {
            let at = scribe.later(at, 60, 900);
            event.deleted(scribe, at, &actor, "calendar_event.deleted");
        }
    }

    fn new_meeting(&self, scribe: &mut Scribe, at: i64, actor: &Actor) -> (Record, i64) {
        let company = *scribe.random.pick(COMPANIES);
        let fields = json!({
            "status": "Pending", "starts_at": scribe.time_after(at, 72), "client": company, "place": "video call",
        });
        let meeting = Record::new(scribe, DOMAIN, "meeting", format!("Review with {company}"), fields);
        let at = meeting.created(scribe, at, actor, "meeting.created");
        (meeting, at)
    }

    fn meeting(&mut self, scribe: &mut Scribe, at: i64) {
        let actor = self.someone(scribe);
        let (mut meeting, at) = self.new_meeting(scribe, at, &actor);
        let at = scribe.later(at, 30, 900);
        let boss = self.staff[0].clone();
        let at = meeting.set(scribe, at, &boss, "meeting.approved", ("status", json!("Approved")));
        let at = scribe.later(at, 30, 900);
        meeting.set(scribe, at, &actor, "meeting.updated", ("place", json!("their office")));
    }

    fn meeting_refused(&mut self, scribe: &mut Scribe, at: i64) {
        let actor = self.someone(scribe);
        let (mut meeting, at) = self.new_meeting(scribe, at, &actor);
        let at = scribe.later(at, 30, 900);
        let (before, after) = meeting.put("status", json!("Rejected"));
        let draft = scribe.event(at, &self.staff[0], "meeting.rejected").on(meeting.target());
        let at = draft.changed(before, after).with("reason", "not before the audit").write();
        let at = scribe.later(at, 30, 900);
        meeting.deleted(scribe, at, &actor, "meeting.deleted");
    }

    fn meeting_called_off(&mut self, scribe: &mut Scribe, at: i64) {
        let actor = self.someone(scribe);
        let (mut meeting, at) = self.new_meeting(scribe, at, &actor);
        let at = scribe.later(at, 30, 900);
        let boss = self.staff[0].clone();
        let at = meeting.set(scribe, at, &boss, "meeting.approved", ("status", json!("Approved")));
        let at = scribe.later(at, 30, 900);
        let draft = scribe.event(at, &actor, "meeting.canceled").on(meeting.target());
        let draft = draft.changed(json!({"status": "Approved"}), json!({"status": "Canceled"}));
        draft.with("reason", "the client is ill").write();
    }

    fn new_member(&self, scribe: &mut Scribe, at: i64) -> (Record, Actor, i64) {
        let person = outsider(&mut scribe.random, &self.staff);
        let fields = json!({"role": "Member", "email": person.email(DOMAIN)});
        let member = Record::new(scribe, DOMAIN, "member", person.name.to_owned(), fields);
        let draft = scribe.event(at, &self.staff[1], "member.invited").on(member.target());
        let at = draft.with("after", member.fields()).meta("role", "Member").write();
        let number = 20 + scribe.random.position(900);
        (member, Actor::user(&person, number, DOMAIN, "member"), at)
    }

    fn member(&mut self, scribe: &mut Scribe, at: i64) {
        let (mut member, joined, at) = self.new_member(scribe, at);
        let at = scribe.later(at, 60, 3_000);
        let at = scribe.event(at, &joined, "member.joined").on(member.target()).write();
        let at = scribe.later(at, 9_000, 30_000);
        let owner = self.staff[0].clone();
        member.set(scribe, at, &owner, "member.role_changed", ("role", json!("Admin")));
    }

    fn member_leaves(&mut self, scribe: &mut Scribe, at: i64) {
        let owner = self.staff[0].clone();
        let (invited, _, at) = self.new_member(scribe, at);
        let at = scribe.later(at, 60, 3_000);
        let draft = scribe.event(at, &owner, "member.invitation_canceled").on(invited.target());
        let at = draft.with("before", invited.fields()).write();
        let (member, _, at) = self.new_member(scribe, at + 90_000);
        let at = scribe.later(at, 30_000, 60_000);
        member.deleted(scribe, at, &owner, "member.removed");
    }

    fn organization(&mut self, scribe: &mut Scribe, at: i64) {
        let owner = self.staff[0].clone();
        let fields = json!({"logo": "globe-2.svg"});
        let mut own = Record::new(scribe, DOMAIN, "organization", "Globex Trading".to_owned(), fields);
        let logo = json!(format!("globe-{}.svg", scribe.random.between(3, 90)));
        let at = own.set(scribe, at, &owner, "organization.updated", ("logo", logo));
        let fields = json!({"members": 2, "purpose": "training"});
        let sandbox = Record::new(scribe, DOMAIN, "organization", "Globex Sandbox".to_owned(), fields);
        let at = scribe.later(at, 60, 900);
        sandbox.deleted(scribe, at, &owner, "organization.deleted");
    }

    fn key(&mut self, scribe: &mut Scribe, at: i64) {
        let admin = self.staff[7].clone();
        let purpose = *scribe.random.pick(&["Accounting export", "Website form", "Data warehouse"]);
        let key = Record::new(scribe, DOMAIN, "api_key", purpose.to_owned(), json!({"scopes": ["read"]}));
        let at = key.created(scribe, at, &admin, "api_key.created");
        let at = scribe.later(at, 20_000, 60_000);
        key.deleted(scribe, at, &admin, "api_key.revoked");
    }

    fn billing(&mut self, scribe: &mut Scribe, at: i64) {
        let owner = self.staff[0].clone();
        let fields = json!({"plan": "Team", "seats": 10, "ends_on": null});
        let mut plan =
            Record::new(scribe, DOMAIN, "subscription", "Workspace subscription".to_owned(), fields);
        let seats = json!(scribe.random.between(11, 25));
        let at = plan.set(scribe, at, &owner, "subscription.seats_updated", ("seats", seats));
        let at = scribe.later(at, 600, 9_000);
        let at = plan.set(scribe, at, &owner, "subscription.plan_changed", ("plan", json!("Business")));
        let at = scribe.later(at, 600, 9_000);
        let ends = scribe.date_after(at, 30);
        let draft = scribe.event(at, &owner, "subscription.canceled").on(plan.target());
        let at = draft.meta("ends_on", ends).write();
        let at = scribe.later(at, 60, 900);
        scribe.event(at, &owner, "subscription.reactivated").on(plan.target()).write();
    }

    /// `C20`: what a program does is recorded as if its owner had done it on the page.
    fn form_filled_in(&mut self, scribe: &mut Scribe, at: i64) {
        let key = Actor::api_key("key_website", "Website form", "198.51.100.23");
        self.lead_by(scribe, at, &key);
    }

    fn many_at_once(&mut self, scribe: &mut Scribe, at: i64) {
        let (noun, verb, field) = BULK[self.bulk_next % BULK.len()];
        self.bulk_next += 1;
        let actor = self.someone(scribe);
        let count = scribe.random.between(3, 40);
        let ids: Vec<String> =
            (0..count).map(|_| format!("{}_{}", &noun[..1], scribe.random.hex(8))).collect();
        let draft = scribe.event(at, &actor, &format!("{noun}.{verb}"));
        let draft = draft.meta("count", count).meta("ids", ids);
        let company = COMPANIES[self.bulk_next % COMPANIES.len()];
        let colleague = self.staff[self.bulk_next % self.staff.len()].text("name");
        let draft = match field {
            "status" => draft.with("after", json!({"status": "Archived"})),
            "assignee" => draft.with("after", json!({"assignee": colleague})),
            "client" => draft.with("after", json!({"client": company})),
            _ => draft,
        };
        draft.write();
    }

    fn not_allowed(&mut self, scribe: &mut Scribe, at: i64) {
        let member = self.staff[2].clone();
        let key = Record::new(scribe, DOMAIN, "api_key", "Spreadsheet".to_owned(), json!({}));
        let draft = scribe.event(at, &member, "api_key.created").on(key.target());
        draft.with("outcome", "denied").with("reason", "members may not make API keys").write();
    }

    fn incident(&mut self, scribe: &mut Scribe) {
        let browser = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
        let intruder = self.staff[1].seen_at("203.0.113.199", "Tórshavn, Faroe Islands", browser);
        let at = scribe.incident();
        let fields = json!({"scopes": ["read", "write"]});
        let key = Record::new(scribe, DOMAIN, "api_key", "backup-2".to_owned(), fields);
        let at = key.created(scribe, at, &intruder, "api_key.created");
        let at = scribe.soon(at, 60, 200);
        let accomplice = self.staff[9].text("name").to_owned();
        let fields = json!({"role": "Member", "email": self.staff[9].text("email")});
        let mut member = Record::new(scribe, DOMAIN, "member", accomplice, fields);
        member.id = self.staff[9].id().to_owned();
        let mut at = member.set(scribe, at, &intruder, "member.role_changed", ("role", json!("Admin")));
        for company in COMPANIES.iter().take(5) {
            at = scribe.soon(at, 20, 80);
            let mut lead = self.new_lead(scribe);
            lead.name = (*company).to_owned();
            lead.deleted(scribe, at, &intruder, "lead.deleted");
        }
        let at = scribe.soon(at, 60, 300);
        key.deleted(scribe, at, &intruder, "api_key.revoked");
    }
}
