//! A trail in words, part by part in the order in which they are read: what HTML and PDF draw, so that both say the same.
//!
//! Deliberately absent: layout, fonts and markup. Text of others is safe to stand here (`safe`).

use everlog_core::catalog::Tone;

use crate::trail::model::{Moment, Placement, Trail};
use crate::trail::safe::{isolated, visible};
use crate::words::{Words, grouped};

mod event;
mod signee;

pub use event::SheetEvent;
pub use signee::SheetSignee;

/// Stands between the parts of one line.
pub const BETWEEN: &str = " · ";

/// What checks a file without the server.
const OFFLINE: &str = "everlog verify FILE.pdf --key KEY";

/// A trail in words.
#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    /// The language (BCP 47).
    pub language: &'static str,
    /// Whether it runs from right to left.
    pub is_rtl: bool,
    /// What this paper is.
    pub kind: String,
    /// What the process is called.
    pub title: String,
    /// The process's key.
    pub key: String,
    /// Whose log it is from.
    pub organization: String,
    /// Where the process stands.
    pub status: Badge,
    /// Said at the head when the process has not ended: a word, and what it means.
    pub interim: Option<(String, String)>,
    /// When it was made.
    pub made: String,
    /// The process.
    pub process: Vec<Fact>,
    /// The document's bytes; a sentence where there are none.
    pub document: Vec<Fact>,
    /// Said where there is no document.
    pub no_document: Option<String>,
    /// Who was to sign.
    pub signees: Vec<SheetSignee>,
    /// How many events there are.
    pub count: String,
    /// Every event, in order.
    pub events: Vec<SheetEvent>,
    /// About mail scanners, where anybody opened anything (X04, X05): a title, the warning, the remedy.
    pub scanners: Option<[String; 3]>,
    /// What the seal attests and does not.
    pub seal: Vec<String>,
    /// Whose it is.
    pub seal_facts: Vec<Fact>,
    /// How to verify.
    pub verify: Vec<String>,
    /// With what.
    pub verify_facts: Vec<Fact>,
    /// The page that verifies, and what its code is called.
    pub verify_code: Option<(String, String)>,
    /// The titles of the parts.
    pub titles: Titles,
}

/// The titles of the parts, and of the columns of the events.
#[derive(Clone, Debug, PartialEq)]
pub struct Titles {
    /// Of the document.
    pub document: String,
    /// Of those who sign.
    pub signees: String,
    /// Of the events.
    pub events: String,
    /// Of the seal.
    pub seal: String,
    /// Of how to verify.
    pub verify: String,
    /// Of when.
    pub time: String,
    /// Of what.
    pub event: String,
}

/// A word with a colour.
#[derive(Clone, Debug, PartialEq)]
pub struct Badge {
    /// The word.
    pub word: String,
    /// The colour.
    pub tone: Tone,
}

/// A name and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// What it is called.
    pub label: String,
    /// What it is.
    pub value: String,
    /// Whether it is for programs: a hash, a key, an address; these run from left to right.
    pub is_code: bool,
    /// Whether it is likely to need a line of its own.
    pub is_wide: bool,
}

/// What words a trail is told in.
#[derive(Clone, Copy, Debug)]
struct Teller<'a> {
    trail: &'a Trail,
    words: Words,
    is_rtl: bool,
}

impl Sheet {
    /// Tells a trail.
    pub fn of(trail: &Trail) -> Self {
        let words = Words::of(&[Some(&trail.language)]);
        let tell = Teller { trail, words, is_rtl: words.direction() == "rtl" };
        let title = |id: &str| words.say(id);
        Self {
            language: words.tag(),
            is_rtl: tell.is_rtl,
            kind: title("trail-title"),
            title: tell.theirs(trail.title()),
            key: visible(&trail.process.key),
            organization: tell.theirs(&trail.organization.name),
            status: tell.status(),
            interim: trail.is_interim.then(|| tell.interim()),
            made: words.fill("trail-made", [("when", tell.when(&trail.made_at).into())]),
            process: tell.process(),
            document: tell.document(),
            no_document: trail.document.sha256_before.is_none().then(|| title("trail-no-document")),
            signees: trail.signees.iter().map(|it| tell.signee(it)).collect(),
            count: tell.count(),
            events: trail.events.iter().map(|it| tell.event(it)).collect(),
            scanners: tell.scanners(),
            seal: tell.seal(),
            seal_facts: tell.seal_facts(),
            verify: vec![title("trail-verify-how"), title("trail-verify-inside")],
            verify_facts: tell.verify_facts(),
            verify_code: tell.verify_code(),
            titles: Titles {
                document: title("trail-document"),
                signees: title("trail-signees"),
                events: title("trail-events"),
                seal: title("trail-seal"),
                verify: title("trail-verify"),
                time: title("trail-time"),
                event: title("trail-event"),
            },
        }
    }

    /// What stands at the foot of a page.
    pub fn page_number(&self, page: usize, pages: usize) -> String {
        let words = Words::of(&[Some(self.language)]);
        words.fill("trail-page", [("page", grouped_of(page).into()), ("pages", grouped_of(pages).into())])
    }
}

fn grouped_of(number: usize) -> String {
    grouped(u64::try_from(number).unwrap_or(u64::MAX))
}

impl Teller<'_> {
    fn say(self, id: &str) -> String {
        self.words.say(id)
    }

    /// A text of others among our words.
    fn theirs(self, text: &str) -> String {
        isolated(text, self.is_rtl)
    }

    /// A moment in the trail's zone.
    fn when(self, moment: &Moment) -> String {
        moment.local.clone()
    }

    /// Several parts on one line; those without a text are left out.
    fn line<const N: usize>(self, parts: [Option<String>; N]) -> Option<String> {
        let parts: Vec<_> = parts.into_iter().flatten().filter(|it| !it.is_empty()).collect();
        (!parts.is_empty()).then(|| parts.join(BETWEEN))
    }

    fn fact(self, id: &str, value: Option<String>) -> Option<Fact> {
        Some(Fact { label: self.say(id), value: value?, is_code: false, is_wide: false })
    }

    fn code(self, id: &str, value: Option<&String>) -> Option<Fact> {
        Some(Fact { label: self.say(id), value: visible(value?), is_code: true, is_wide: true })
    }

    fn status(self) -> Badge {
        let process = &self.trail.process;
        Badge { word: self.say(&format!("trail-status-{}", process.status)), tone: process.status.tone() }
    }

    fn interim(self) -> (String, String) {
        let when = self.when(&self.trail.made_at);
        (self.say("trail-interim"), self.words.fill("trail-interim.text", [("when", when.into())]))
    }

    fn process(self) -> Vec<Fact> {
        let process = &self.trail.process;
        let when = |moment: &Option<Moment>| moment.as_ref().map(|it| self.when(it));
        let zone = self.theirs(&self.trail.time_zone);
        let zone = self.words.fill("trail-zone.text", [("zone", zone.into())]);
        let owner = process.owner.as_ref().and_then(|owner| {
            let name = owner.shown(self.words);
            let email = owner.email.as_ref().filter(|email| **email != name);
            self.line([Some(self.theirs(&name)), email.map(|it| self.theirs(it))])
        });
        let in_order = process.sign_in_order.then(|| self.say("trail-order.signing"));
        let facts = [
            self.fact("trail-name", process.name.as_ref().map(|it| self.theirs(it))),
            self.fact("trail-file", process.file_name.as_ref().map(|it| self.theirs(it))),
            self.code("trail-process", Some(&process.key)),
            self.fact("trail-status", Some(self.standing())),
            self.fact("trail-organization", Some(self.theirs(&self.trail.organization.name))),
            self.fact("trail-owner", owner),
            self.fact("trail-created", when(&process.created_at)),
            self.fact("trail-started", when(&process.started_at)),
            self.fact("trail-ended", when(&process.ended_at)),
            self.fact("trail-expires", when(&process.expires_at)),
            self.fact("trail-deleted", when(&process.deleted_at)),
            self.fact("trail-reason", process.end_reason.as_ref().map(|it| self.theirs(it))),
            self.fact("trail-order", in_order),
            self.fact("trail-zone", Some(zone)),
        ];
        facts.into_iter().flatten().collect()
    }

    /// Where the process stands, and what ended it.
    fn standing(self) -> String {
        let cause = self.trail.process.end_cause.as_ref().map(|cause| {
            let id = format!("trail-cause-{}", cause.replace('_', "-"));
            let said = self.say(&id);
            // A cause that came with history is told as it was recorded.
            if said == id { self.theirs(cause) } else { said }
        });
        self.line([Some(self.status().word), cause]).unwrap_or_default()
    }

    fn document(self) -> Vec<Fact> {
        let document = &self.trail.document;
        let size = document.size.map(|size| {
            self.words.fill("trail-size", [("count", size.into()), ("shown", grouped(size).into())])
        });
        let before = document.sha256_before.as_ref();
        let facts = [
            self.code("trail-sha256-before", before),
            self.code("trail-sha256-after", document.sha256_after.as_ref()),
            self.fact("trail-bytes", size.filter(|_| before.is_some())),
        ];
        facts.into_iter().flatten().collect()
    }

    fn count(self) -> String {
        let count = self.trail.events.len();
        if count == 0 {
            return self.say("trail-no-events");
        }
        let number = u64::try_from(count).unwrap_or(u64::MAX);
        let values = [("count", number.into()), ("shown", grouped(number).into())];
        self.words.fill("trail-events-count", values)
    }

    fn scanners(self) -> Option<[String; 3]> {
        let is_look = |action: &str| matches!(action, "document.viewed" | "document.accessed");
        let is_any = self.trail.events.iter().any(|it| is_look(&it.action) || it.automated.is_some());
        let ids = ["trail-scanners", "trail-scanners.text", "trail-scanners.remedy"];
        is_any.then(|| ids.map(|id| self.say(id)))
    }

    fn seal(self) -> Vec<String> {
        let Some(seal) = &self.trail.seal else { return vec![self.say("trail-seal-none")] };
        let placement = match seal.placement {
            Placement::Alone => "trail-seal-alone",
            Placement::Appended => "trail-seal-appended",
            Placement::Container => "trail-seal-container",
        };
        ["trail-seal-attests", "trail-seal-not", placement].map(|id| self.say(id)).into()
    }

    fn seal_facts(self) -> Vec<Fact> {
        let Some(seal) = &self.trail.seal else { return Vec::new() };
        let signer = self.theirs(&seal.signer);
        let signer = match seal.is_self_issued {
            true => self.words.fill("trail-seal-self-issued", [("signer", signer.into())]),
            false => signer,
        };
        let authority = seal.timestamp_authority.as_ref().map(|it| self.theirs(it));
        let facts = [
            self.fact("trail-seal-signer", Some(signer)),
            self.fact("trail-seal-time", authority.or_else(|| Some(self.say("trail-seal-time.own")))),
            self.code("trail-seal-certificate", seal.certificate_sha256.as_ref()),
        ];
        facts.into_iter().flatten().collect()
    }

    fn verify_facts(self) -> Vec<Fact> {
        let verification = &self.trail.verification;
        // A signed note is several lines; where one must do, they are told apart.
        let checkpoint = verification
            .checkpoint
            .as_ref()
            .map(|it| it.lines().filter(|line| !line.is_empty()).collect::<Vec<_>>().join(BETWEEN));
        let facts = [
            self.code("trail-verify-url", verification.url.as_ref()),
            self.code("trail-verify-offline", Some(&OFFLINE.to_owned())),
            self.code("trail-verify-key", verification.log_key.as_ref()),
            self.code("trail-verify-bundle", verification.bundle_sha256.as_ref()),
            self.code("trail-verify-checkpoint", checkpoint.as_ref()),
        ];
        facts.into_iter().flatten().collect()
    }

    fn verify_code(self) -> Option<(String, String)> {
        let url = self.trail.verification.url.clone()?;
        let called = self.words.fill("trail-verify-code", [("url", visible(&url).into())]);
        Some((url, called))
    }
}

/// How the first letter of a label stands at the head of a line.
fn capitalized(label: &str) -> String {
    let mut chars = label.chars();
    let first = chars.next().into_iter().flat_map(char::to_uppercase);
    first.chain(chars).collect()
}
