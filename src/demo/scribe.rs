//! Writes the demo's events down: who, when and from where, in the order in which they will be sent. Deliberately absent:
//! what happens; that is told in `stories`.

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Zoned};
use serde_json::{Map, Value, json};

use crate::demo::people::Person;
use crate::demo::random::Random;

/// How far back the demo's history goes, in days: five months.
pub const DAYS: i32 = 150;
/// How long ago the incident was, in days.
const INCIDENT_DAYS_AGO: i32 = 11;

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;

/// Who acts, and from where.
#[derive(Debug, Clone)]
pub struct Actor {
    value: Value,
    id: String,
    context: Map<String, Value>,
}

impl Actor {
    /// A person with an account and a role, at the usual desk.
    pub fn user(person: &Person, number: usize, domain: &str, role: &str) -> Self {
        let id = format!("u_{number:02}");
        let value = json!({
            "type": "user", "id": id, "name": person.name, "email": person.email(domain), "role": role,
        });
        Self { value, id, context: desk(person) }
    }

    /// Somebody who signs.
    pub fn signee(person: &Person, key: &str) -> Self {
        let value = json!({"type": "signee", "id": key, "name": person.name});
        Self { value, id: key.to_owned(), context: desk(person) }
    }

    /// The product itself.
    pub fn system(name: &str) -> Self {
        let value = json!({"type": "system", "id": "system", "name": name});
        Self { value, id: "system".to_owned(), context: channel("system") }
    }

    /// A program with a key.
    pub fn api_key(id: &str, name: &str, ip: &str) -> Self {
        let mut context = channel("api");
        context.insert("ip".to_owned(), json!(ip));
        context.insert("user_agent".to_owned(), json!("integration/4.2 (+https://hub.example)"));
        Self { value: json!({"type": "api_key", "id": id, "name": name}), id: id.to_owned(), context }
    }

    /// Another product that reports back.
    pub fn service(id: &str, name: &str) -> Self {
        let mut context = channel("webhook");
        context.insert("ip".to_owned(), json!("198.51.100.7"));
        Self { value: json!({"type": "service", "id": id, "name": name}), id: id.to_owned(), context }
    }

    /// The same actor somewhere else.
    pub fn seen_at(&self, ip: &str, place: &str, user_agent: &str) -> Self {
        let mut elsewhere = self.clone();
        for (key, value) in [("ip", ip), ("location", place), ("user_agent", user_agent)] {
            elsewhere.context.insert(key.to_owned(), json!(value));
        }
        elsewhere
    }

    /// As the actor of an event.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// Its id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// A member of the actor as sent, such as `name`.
    pub fn text(&self, member: &str) -> &str {
        self.value[member].as_str().unwrap_or_default()
    }

    /// The same as the target of somebody's action.
    pub fn as_target(&self, kind: &str) -> Value {
        json!({"type": kind, "id": self.id, "name": self.text("name")})
    }
}

fn channel(channel: &str) -> Map<String, Value> {
    Map::from_iter([("channel".to_owned(), json!(channel))])
}

fn desk(person: &Person) -> Map<String, Value> {
    let mut context = channel("web");
    context.insert("ip".to_owned(), json!(person.ip()));
    context.insert("user_agent".to_owned(), json!(person.user_agent()));
    context.insert("location".to_owned(), json!(person.place));
    context
}

/// Collects the events of one organization.
#[derive(Debug)]
pub struct Scribe {
    /// Chance, always the same.
    pub random: Random,
    zone: TimeZone,
    now: Zoned,
    written: Vec<(i64, Value)>,
}

impl Scribe {
    /// A scribe of an organization; an unknown zone is UTC.
    pub fn new(organization: &str, zone: &str, now: Timestamp) -> Self {
        let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
        let now = now.to_zoned(zone.clone());
        Self { random: Random::seeded(organization), zone, now, written: Vec::new() }
    }

    /// A time of day so many days ago, in milliseconds since 1970.
    fn moment(&self, days_ago: i32, minute_of_day: i64) -> i64 {
        // A span of days and minutes from a date of these years is always in range.
        let midnight = Span::new()
            .try_days(days_ago)
            .ok()
            .and_then(|days| self.now.date().checked_sub(days).ok()?.to_zoned(self.zone.clone()).ok());
        let midnight = midnight.unwrap_or_else(|| self.now.clone());
        midnight.timestamp().as_millisecond() + minute_of_day * MINUTE
    }

    /// When the incident begins: an evening, eleven days ago.
    pub fn incident(&self) -> i64 {
        self.moment(INCIDENT_DAYS_AGO, 22 * 60 + 40)
    }

    /// When things begin on each day of the history, oldest first: many on working days, few at night.
    pub fn openings(&mut self, per_workday: i64) -> Vec<i64> {
        let mut openings = Vec::new();
        for days_ago in (0..=DAYS).rev() {
            let noon = self.moment(days_ago, 12 * 60);
            let count = match self.zoned(noon).weekday() {
                Weekday::Saturday => per_workday / 6,
                Weekday::Sunday => per_workday / 10,
                Weekday::Friday => per_workday * 4 / 5,
                _ => per_workday + self.random.between(-1, 2),
            };
            let mut day: Vec<i64> = (0..count).map(|_| self.moment_of_work(days_ago)).collect();
            day.sort_unstable();
            openings.extend(day);
        }
        openings
    }

    /// Mostly office hours, with a peak before and one after lunch.
    fn moment_of_work(&mut self, days_ago: i32) -> i64 {
        let minute = match self.random.between(1, 100) {
            1..=40 => self.random.between(9 * 60, 12 * 60),
            41..=76 => self.random.between(13 * 60 + 30, 17 * 60),
            77..=92 => self.random.between(8 * 60, 18 * 60 + 30),
            93..=98 => self.random.between(18 * 60, 22 * 60),
            _ => self.random.between(0, 24 * 60 - 1),
        };
        self.moment(days_ago, minute) + self.random.between(0, MINUTE - 1)
    }

    fn zoned(&self, at: i64) -> Zoned {
        let timestamp = Timestamp::from_millisecond(at).unwrap_or_else(|_| self.now.timestamp());
        timestamp.to_zoned(self.zone.clone())
    }

    /// Seconds later.
    pub fn soon(&mut self, at: i64, low: i64, high: i64) -> i64 {
        at + self.random.between(low * SECOND, high * SECOND)
    }

    /// Minutes later, but people sleep, and most rest at weekends.
    pub fn later(&mut self, at: i64, low: i64, high: i64) -> i64 {
        let mut then = at + self.random.between(low * MINUTE, high * MINUTE);
        let local = self.zoned(then);
        let hour = i64::from(local.hour());
        if !(7..21).contains(&hour) && self.random.chance(92) {
            let hours = if hour >= 21 { 33 - hour } else { 9 - hour };
            then += hours * 60 * MINUTE + self.random.between(0, 90 * MINUTE);
        }
        let rest = match self.zoned(then).weekday() {
            Weekday::Saturday => 2,
            Weekday::Sunday => 1,
            _ => 0,
        };
        if self.random.chance(85) { then + rest * 24 * 60 * MINUTE } else { then }
    }

    /// The date so many days after a moment, as records write it.
    pub fn date_after(&self, at: i64, days: i64) -> String {
        self.zoned(at + days * 24 * 60 * MINUTE).date().to_string()
    }

    /// The date and time so many hours after a moment, as sentences write it.
    pub fn time_after(&self, at: i64, hours: i64) -> String {
        self.zoned(at + hours * 60 * MINUTE).strftime("%Y-%m-%d %H:00").to_string()
    }

    /// Begins an event; [`Draft::write`] ends it.
    pub fn event(&mut self, at: i64, actor: &Actor, action: &str) -> Draft<'_> {
        let mut context = actor.context.clone();
        if context.get("channel") == Some(&json!("web")) {
            let day = self.zoned(at).date();
            let session = Random::seeded(&format!("{}{day}", actor.id())).hex(16);
            context.insert("session_id".to_owned(), json!(format!("ses_{session}")));
        }
        let request = self.random.hex(12);
        context.insert("request_id".to_owned(), json!(format!("req_{request}")));
        let members = Map::from_iter([
            ("action".to_owned(), json!(action)),
            ("actor".to_owned(), actor.value.clone()),
            ("context".to_owned(), Value::Object(context)),
        ]);
        Draft { scribe: self, at, members }
    }

    /// Everything that has happened by now, by time, each event with its id.
    pub fn finish(mut self, organization: &str) -> Vec<Value> {
        // The order of writing decides among events of one millisecond: a cause stands before what follows.
        self.written.sort_by_key(|(at, _)| *at);
        let mut events = Vec::with_capacity(self.written.len());
        for (number, (_, mut event)) in self.written.into_iter().enumerate() {
            event["id"] = json!(format!("demo_{organization}_{number:05}"));
            events.push(event);
        }
        events
    }
}

/// An event while it is written.
#[derive(Debug)]
#[must_use = "an event is written only by `write`"]
pub struct Draft<'a> {
    scribe: &'a mut Scribe,
    at: i64,
    members: Map<String, Value>,
}

impl Draft<'_> {
    /// Sets a member of the event.
    pub fn with(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.members.insert(member.to_owned(), value.into());
        self
    }

    /// Adds a target.
    pub fn on(mut self, target: Value) -> Self {
        let targets = self.members.entry("targets").or_insert_with(|| json!([]));
        if let Value::Array(targets) = targets {
            targets.push(target);
        }
        self
    }

    /// Adds a member of the metadata.
    pub fn meta(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.members.entry("metadata").or_insert_with(|| json!({}))[key] = value.into();
        self
    }

    /// Says what was and what is.
    pub fn changed(self, before: Value, after: Value) -> Self {
        self.with("before", before).with("after", after)
    }

    /// Writes it down, unless it has not happened yet; gives back when it happened.
    pub fn write(mut self) -> i64 {
        let at = self.at;
        if at <= self.scribe.now.timestamp().as_millisecond() {
            let when = Timestamp::from_millisecond(at).unwrap_or_else(|_| self.scribe.now.timestamp());
            self.members.insert("occurred_at".to_owned(), json!(format!("{when:.3}")));
            self.scribe.written.push((at, Value::Object(self.members)));
        }
        at
    }
}
