//! An event of a trail in words. Deliberately absent: abridging. What does not fit one line takes two.

use std::collections::BTreeSet;

use everlog_core::catalog::Tone;
use everlog_core::event::Outcome;
use everlog_core::process::BEFORE_CREATION;
use jiff::Timestamp;

use crate::trail::model::Entry;
use crate::trail::safe;
use crate::trail::sheet::{Teller, capitalized};

/// From how long on between event and record the record's time is told as well, in milliseconds.
const LATE_MS: i64 = 60_000;

/// An event.
#[derive(Clone, Debug, PartialEq)]
pub struct SheetEvent {
    /// When, in the trail's zone.
    pub when: String,
    /// When, in UTC.
    pub utc: String,
    /// The name of its icon.
    pub icon: String,
    /// The colour of its label.
    pub tone: Tone,
    /// What it is called.
    pub label: String,
    /// Whose doing it was.
    pub group: Option<String>,
    /// The sentence that tells it.
    pub sentence: String,
    /// Whether it is told in English, from left to right, on a trail that runs the other way.
    pub is_foreign: bool,
    /// Who acted, and for whom; whose part it was.
    pub who: String,
    /// Its place in the log, address, program.
    pub technical: String,
    /// What a reader must know: a program probably did it, it was brought in as history, something was erased.
    pub notes: Vec<String>,
}

impl Teller<'_> {
    pub(super) fn event(self, entry: &Entry) -> SheetEvent {
        let names = self.names(entry);
        let is_foreign = self.is_rtl && !safe::is_told_leftward(&entry.sentence, &names);
        SheetEvent {
            when: self.when(&entry.occurred_at),
            utc: entry.occurred_at.utc.clone(),
            icon: entry.icon.clone().unwrap_or_default(),
            tone: entry.tone,
            label: self.label(entry),
            group: entry.group.as_ref().map(|it| self.say(&format!("trail-group-{it}"))),
            sentence: safe::sentence(&entry.sentence, &names, self.is_rtl && !is_foreign),
            is_foreign,
            who: self.who(entry),
            technical: self.technical(entry),
            notes: self.notes(entry),
        }
    }

    fn label(self, entry: &Entry) -> String {
        let label = capitalized(&safe::visible(&entry.label));
        let outcome = match entry.outcome {
            Outcome::Success => return label,
            Outcome::Failure => "outcome-failure",
            Outcome::Denied => "outcome-denied",
        };
        self.words.fill(outcome, [("label", label.into())])
    }

    /// What others may have written in a sentence.
    fn names<'e>(self, entry: &'e Entry) -> Vec<&'e str>
    where
        Self: 'e,
    {
        let trail = self.trail;
        let people = [Some(&entry.who), entry.on_behalf_of.as_ref(), trail.process.owner.as_ref()];
        let people = people.into_iter().flatten().flat_map(|it| [&it.name, &it.email, &it.id]);
        let process = [&trail.process.name, &trail.process.file_name, &entry.ip, &entry.reason];
        let mut names: Vec<&str> = people.chain(process).flatten().map(String::as_str).collect();
        for signee in &trail.signees {
            names.push(signee.shown());
            names.extend([&signee.email, &signee.phone].into_iter().flatten().map(String::as_str));
        }
        names
    }

    fn who(self, entry: &Entry) -> String {
        let name = entry.who.shown(self.words);
        let email = entry.who.email.as_ref().filter(|email| **email != name);
        let account = entry.on_behalf_of.as_ref().map(|account| {
            let name = self.theirs(&account.shown(self.words));
            self.words.fill("trail-for", [("name", name.into())])
        });
        let is_about_another = |key: &&String| entry.who.id.as_ref() != Some(*key);
        let signee = entry
            .signee
            .as_ref()
            .filter(is_about_another)
            .map(|key| self.words.fill("trail-about", [("name", self.named(key).into())]));
        let parts = [Some(self.theirs(&name)), email.map(|it| self.theirs(it)), account, signee];
        self.line(parts).unwrap_or_default()
    }

    fn technical(self, entry: &Entry) -> String {
        let number = self.words.fill("trail-number", [("number", entry.seq.to_string().into())]);
        let theirs = |text: &Option<String>| text.as_ref().map(|it| self.theirs(it));
        let ip = theirs(&entry.ip).map(|ip| match theirs(&entry.location) {
            Some(location) => format!("{ip} ({location})"),
            None => ip,
        });
        let parts = [
            Some(number),
            Some(self.theirs(&entry.occurred_at.utc)),
            self.recorded(entry),
            ip,
            theirs(&entry.user_agent),
        ];
        self.line(parts).unwrap_or_default()
    }

    /// When it was recorded, where that was long after it happened.
    fn recorded(self, entry: &Entry) -> Option<String> {
        let ms = |utc: &str| utc.parse::<Timestamp>().ok().map(Timestamp::as_millisecond);
        let late = ms(&entry.received_at.utc)? - ms(&entry.occurred_at.utc)?;
        let when = self.theirs(&entry.received_at.utc);
        (late.abs() >= LATE_MS).then(|| self.words.fill("trail-recorded", [("when", when.into())]))
    }

    fn notes(self, entry: &Entry) -> Vec<String> {
        let why = |codes: &[String]| {
            let codes: Vec<_> = codes.iter().map(|it| self.theirs(&it.replace('_', " "))).collect();
            codes.join(&self.say("comma"))
        };
        let note = |id: &str, codes: &[String]| {
            (!codes.is_empty()).then(|| self.words.fill(id, [("why", why(codes).into())]))
        };
        let erased = (!entry.erased.is_empty()).then(|| {
            let named: BTreeSet<&String> = entry.erased.iter().collect();
            let what: Vec<_> = named.into_iter().map(|it| self.theirs(it)).collect();
            self.words.fill("trail-erased", [("what", what.join(&self.say("comma")).into())])
        });
        let reasons = entry.automated.as_ref().map(|it| it.reasons.as_slice()).unwrap_or_default();
        let (early, unmet) =
            entry.anomalies.iter().cloned().partition::<Vec<_>, _>(|it| it == BEFORE_CREATION);
        let early = (!early.is_empty()).then(|| self.say("note-before-creation"));
        let notes = [note("note-automated", reasons), note("note-anomalies", &unmet), early, erased];
        notes.into_iter().flatten().collect()
    }
}
