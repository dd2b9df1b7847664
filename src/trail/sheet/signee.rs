//! A person of a trail in words. Deliberately absent: what they did, event by event.

use everlog_core::process::Stand;

use crate::trail::model::{Moment, TrailSignee};
use crate::trail::sheet::{Badge, Fact, Teller};
use crate::words::grouped;

/// A person who was to sign.
#[derive(Clone, Debug, PartialEq)]
pub struct SheetSignee {
    /// What they are called.
    pub name: String,
    /// Where they stand.
    pub status: Badge,
    /// What is known of them.
    pub facts: Vec<Fact>,
    /// Said where a check failed after they signed.
    pub warning: Option<String>,
}

impl Teller<'_> {
    pub(super) fn signee(self, signee: &TrailSignee) -> SheetSignee {
        SheetSignee {
            name: self.theirs(signee.shown()),
            status: self.stand(signee.status),
            facts: self.signee_facts(signee),
            warning: signee.verification_failed.then(|| self.say("trail-verification-failed")),
        }
    }

    fn stand(self, stand: Stand) -> Badge {
        Badge {
            word: self.say(&format!("trail-stand-{}", stand.as_str().replace('_', "-"))),
            tone: stand.tone(),
        }
    }

    fn signee_facts(self, signee: &TrailSignee) -> Vec<Fact> {
        let theirs = |text: &Option<String>| text.as_ref().map(|it| self.theirs(it));
        let when = |moment: &Option<Moment>| moment.as_ref().map(|it| self.when(it));
        let optional = (!signee.is_required).then(|| self.say("trail-optional"));
        let place = signee
            .order
            .map(|place| self.words.fill("trail-place", [("place", grouped(u64::from(place)).into())]));
        let ended = (signee.status == Stand::Declined).then(|| when(&signee.ended_at)).flatten();
        let ended_otherwise = (signee.status != Stand::Declined).then(|| when(&signee.ended_at)).flatten();
        let facts = [
            self.fact("trail-role", self.line([theirs(&signee.role), optional, place])),
            self.fact("trail-email", theirs(&signee.email)),
            self.fact("trail-phone", theirs(&signee.phone)),
            self.fact("trail-address", theirs(&signee.address)),
            self.fact("trail-identified", Some(self.identified(signee))),
            self.fact("trail-signature-type", theirs(&signee.signature_type)),
            self.fact("trail-sent", self.sent(signee)),
            self.fact("trail-viewed", when(&signee.viewed_at)),
            self.fact("trail-signed", when(&signee.signed_at)),
            self.fact("trail-declined", ended),
            self.fact("trail-ended", ended_otherwise),
            self.fact("trail-reason", theirs(&signee.reason)),
            self.fact("trail-forwarded-to", signee.forwarded_to.as_ref().map(|key| self.named(key))),
            self.fact("trail-forwarded-from", signee.forwarded_from.as_ref().map(|key| self.named(key))),
            self.fact("trail-ip", theirs(&signee.ip)),
            self.fact("trail-device", theirs(&signee.user_agent)).map(|fact| Fact { is_wide: true, ..fact }),
        ];
        facts.into_iter().flatten().collect()
    }

    fn identified(self, signee: &TrailSignee) -> String {
        if !signee.identified_by.is_empty() {
            return capital(&self.methods(&signee.identified_by));
        }
        if signee.asked_for.is_empty() {
            return self.say("trail-identified.unasked");
        }
        let methods = self.methods(&signee.asked_for);
        self.words.fill("trail-identified.not", [("methods", methods.into())])
    }

    fn methods(self, methods: &[String]) -> String {
        let told = |method: &String| {
            let id = format!("trail-method-{}", method.replace('_', "-"));
            let said = self.say(&id);
            if said == id { self.theirs(method) } else { said }
        };
        methods.iter().map(told).collect::<Vec<_>>().join(&self.say("comma"))
    }

    fn sent(self, signee: &TrailSignee) -> Option<String> {
        let when = self.when(signee.sent_at.as_ref()?);
        let sends = u64::from(signee.sends.max(1));
        let values = [("count", sends.into()), ("when", when.into()), ("shown", grouped(sends).into())];
        let sent = self.words.fill("trail-sent.times", values);
        self.line([Some(sent), signee.delivery_method.as_ref().map(|it| self.theirs(it))])
    }

    /// The signee of a key by name.
    pub(super) fn named(self, key: &str) -> String {
        let signee = self.trail.signees.iter().find(|it| it.key == key);
        self.theirs(signee.map_or(key, TrailSignee::shown))
    }
}

/// A text that begins as a sentence does, where the script knows capitals.
fn capital(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}
