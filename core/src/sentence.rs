//! The sentence that tells an event: the sender's own, else the catalog's or that of a reader's language, filled in.
//! Deliberately absent: markup, and any word the recorded event does not hold.

use serde_json::Value;

use crate::catalog::{Catalogs, Names, Template, Told, Variable};
use crate::event::{Actor, ActorKind, Change, NewEvent, Outcome, Target};

/// How many targets a sentence names before it counts the rest.
const TARGETS_NAMED_MAX: usize = 3;
/// Longest value that a sentence shows, in characters; the details show the whole.
const VALUE_CHARS_MAX: usize = 300;

/// What stands for a target of which nothing is left.
const ERASED: &str = "something erased";

/// The sentence of an event, in the language of its catalog.
pub fn sentence(event: &NewEvent, catalogs: &Catalogs) -> String {
    sentence_in(&Names::default(), event, catalogs)
}

/// The same in a reader's language, as far as it has a sentence for that of the catalog.
pub fn sentence_in(names: &Names, event: &NewEvent, catalogs: &Catalogs) -> String {
    let mut sentence = String::new();
    tell(names, event, catalogs, &mut |piece| sentence.push_str(piece.text()));
    sentence
}

/// Calls `each` with every piece of it, so that what others wrote can be told from our words.
pub fn tell(names: &Names, event: &NewEvent, catalogs: &Catalogs, each: &mut dyn FnMut(Told<'_>)) {
    if let Some(own) = &event.description {
        return each(Told::Value(own));
    }
    let template = catalogs.get(&event.action).and_then(|action| action.template.as_ref());
    // Without a target a sentence about one would end in the air.
    let template = template.filter(|it| !event.targets.is_empty() || !needs_target(it));
    let is_about_the_end = |variable| matches!(variable, &Variable::Outcome | &Variable::Reason);
    // What was only tried must not read as if it had been done: `Denied: Ana made API key CI (members may not)`.
    let outcome = match event.outcome {
        _ if template.is_some_and(|it| it.variables().any(is_about_the_end)) => None,
        Outcome::Success => None,
        Outcome::Failure => Some("Failed"),
        Outcome::Denied => Some("Denied"),
    };
    if let Some(outcome) = outcome {
        each(Told::Words(names.word(outcome)));
        each(Told::Words(": "));
    }
    match template {
        Some(template) => {
            let neutral = |word| names.word(word).to_owned();
            names.sentence(template).tell(&|variable| value(names, event, variable), &neutral, each);
        }
        None => without_template(names, event, catalogs, each),
    }
    if let (Some(_), Some(reason)) = (outcome, &event.reason) {
        each(Told::Words(" ("));
        each(Told::Value(&shorten(reason.clone())));
        each(Told::Words(")"));
    }
}

fn needs_target(template: &Template) -> bool {
    let targets = [Variable::Target, Variable::Targets, Variable::TargetId, Variable::TargetType];
    template.required().any(|variable| targets.contains(variable))
}

/// `Invoice sent: Globex`.
fn without_template(names: &Names, event: &NewEvent, catalogs: &Catalogs, each: &mut dyn FnMut(Told<'_>)) {
    each(Told::Words(names.label(&catalogs.describe(&event.action).label)));
    if let Some(targets) = targets(names, event) {
        each(Told::Words(": "));
        each(Told::Value(&targets));
    }
}

fn value(names: &Names, event: &NewEvent, variable: &Variable) -> Option<String> {
    let value = match variable {
        Variable::Actor => Some(named(names, &event.actor)),
        Variable::OnBehalfOf => event.on_behalf_of.as_ref().map(|actor| named(names, actor)),
        Variable::Target => event.targets.first().map(|target| shown(names, target).to_owned()),
        Variable::Targets => targets(names, event),
        Variable::TargetId => event.targets.first().map(|target| left(names, &target.id).to_owned()),
        Variable::TargetType => event.targets.first().map(|target| left(names, &target.kind).to_owned()),
        Variable::Outcome => Some(event.outcome.as_str().to_owned()),
        Variable::Reason => event.reason.clone(),
        Variable::Count => count(event),
        Variable::Process => event.process.clone(),
        Variable::Signee => event.signee.clone(),
        Variable::Channel => event.context.channel.map(|channel| channel.as_str().to_owned()),
        Variable::Ip => event.context.ip.clone(),
        Variable::Metadata(key) => metadata(event, key).and_then(plain),
        Variable::ChangeBefore(key) => change(event, key)?.before.as_ref().and_then(plain),
        Variable::ChangeAfter(key) => change(event, key)?.after.as_ref().and_then(plain),
    };
    value.map(shorten)
}

/// Who acts. A key has a name that somebody gave it and would read as a person, so that it is said to be one.
fn named(names: &Names, actor: &Actor) -> String {
    let shown = actor.shown();
    match actor.kind {
        ActorKind::ApiKey => names.word("API key {name}").replace("{name}", shown),
        _ => shown.to_owned(),
    }
}

/// A target by what is left of it.
fn shown<'a>(names: &'a Names, target: &'a Target) -> &'a str {
    left(names, target.shown())
}

/// A value that is never empty when it is sent: where it is, it was erased, and the sentence says so instead of having a hole.
fn left<'a>(names: &'a Names, value: &'a str) -> &'a str {
    if value.is_empty() { names.word(ERASED) } else { value }
}

fn targets(names: &Names, event: &NewEvent) -> Option<String> {
    let first = event.targets.iter().take(TARGETS_NAMED_MAX);
    let named: Vec<_> = first.map(|target| shown(names, target)).collect();
    let rest = event.targets.len() - named.len();
    match (named.is_empty(), rest) {
        (true, _) => None,
        (false, 0) => Some(named.join(", ")),
        (false, rest) => {
            let more = names.word("and {rest} more").replace("{rest}", &rest.to_string());
            Some(format!("{} {more}", named.join(", ")))
        }
    }
}

fn count(event: &NewEvent) -> Option<String> {
    let told = event.metadata.get("count").and_then(plain);
    // What a record of an erasure lists by event.
    let listed = || Some(event.metadata.get("erased")?.as_object()?.len().to_string());
    told.or_else(listed).or_else(|| (!event.targets.is_empty()).then(|| event.targets.len().to_string()))
}

fn change<'a>(event: &'a NewEvent, key: &str) -> Option<&'a Change> {
    event.changes.as_ref()?.0.get(key)
}

/// A member of the metadata by its own name, else by stepping into objects at the dots.
fn metadata<'a>(event: &'a NewEvent, key: &str) -> Option<&'a Value> {
    event.metadata.get(key).or_else(|| {
        let mut steps = key.split('.');
        let first = event.metadata.get(steps.next()?)?;
        steps.try_fold(first, |value, step| value.get(step))
    })
}

/// A value as people read it; null is no value.
pub fn plain(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Array(items) if items.iter().all(|item| !item.is_object() && !item.is_array()) => {
            Some(items.iter().filter_map(plain).collect::<Vec<_>>().join(", "))
        }
        other => Some(other.to_string()),
    }
}

fn shorten(text: String) -> String {
    match text.char_indices().nth(VALUE_CHARS_MAX) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::*;
    use crate::catalog::Catalogs;

    fn told(event: Value) -> String {
        sentence(&NewEvent::from_json(event).unwrap(), &Catalogs::shipped_with(&["workspace"], None).unwrap())
    }

    /// C12.
    #[test]
    fn a_status_change_names_from_and_to() {
        let event = json!({
            "action": "lead.status_changed", "actor": {"type": "user", "id": "u", "name": "Ana"},
            "targets": [{"type": "lead", "id": "l", "name": "Globex"}],
            "before": {"status": "New"}, "after": {"status": "Contacted"},
        });
        let told = told(event);
        assert!(told.contains("Globex") && told.contains("New") && told.contains("Contacted"), "{told}");
    }

    /// A key is nobody, whatever somebody called it.
    #[test]
    fn a_key_is_said_to_be_one() {
        let made = |actor: Value| {
            told(json!({
                "action": "api_key.created", "actor": actor,
                "targets": [{"type": "api_key", "id": "k", "name": "CI"}],
            }))
        };
        let named = json!({"type": "api_key", "id": "key_1", "name": "Mary"});
        assert_eq!(made(named), "API key Mary made API key CI");
        assert_eq!(made(json!({"type": "api_key", "id": "key_1"})), "API key key_1 made API key CI");
        assert_eq!(made(json!({"type": "service", "id": "s", "name": "Mary"})), "Mary made API key CI");
    }

    #[test]
    fn what_was_only_tried_does_not_read_as_done() {
        let tried = |outcome: &str, reason: Value| {
            json!({
                "action": "api_key.created", "actor": {"type": "user", "id": "u", "name": "Ana"},
                "targets": [{"type": "api_key", "id": "k", "name": "CI"}], "outcome": outcome, "reason": reason,
            })
        };
        assert_eq!(told(tried("success", json!("asked for"))), "Ana made API key CI");
        assert_eq!(told(tried("failure", Value::Null)), "Failed: Ana made API key CI");
        let denied = tried("denied", json!("members may not"));
        assert_eq!(told(denied), "Denied: Ana made API key CI (members may not)");
        let mut unknown = tried("denied", Value::Null);
        unknown["action"] = json!("vault.opened");
        assert_eq!(told(unknown), "Denied: Vault opened: CI");
    }

    /// What an erasure leaves of a target has neither name nor id.
    #[test]
    fn a_sentence_about_an_erased_target_says_so_and_has_no_hole() {
        let told = |action: &str| {
            let mut event = NewEvent::from_json(json!({
                "action": action, "actor": {"type": "user", "id": "u", "name": "Ana"},
                "targets": [{"type": "api_key", "id": "k"}, {"type": "api_key", "id": "k_2", "name": "CI"}],
            }))
            .unwrap();
            event.targets[0].id.clear();
            event.targets[0].kind.clear();
            sentence(&event, &Catalogs::shipped_with(&["workspace"], None).unwrap())
        };
        assert_eq!(told("api_key.created"), "Ana made API key something erased");
        assert_eq!(told("vault.opened"), "Vault opened: something erased, CI");
    }

    #[test]
    fn a_sentence_about_a_target_that_is_not_there_names_the_action_alone() {
        let event = json!({"action": "lead.updated", "actor": {"type": "user", "id": "u", "name": "Ana"}});
        assert_eq!(told(event), "Lead Updated");
    }

    #[test]
    fn an_action_that_no_catalog_knows_is_told_by_its_name_and_targets() {
        let actor = json!({"type": "system"});
        let target = |name: &str| json!({"type": "invoice", "id": name});
        let one = json!({"action": "invoice.sent", "actor": actor, "targets": [target("i_1")]});
        assert_eq!(told(one), "Invoice sent: i_1");
        let many: Vec<_> = ["a", "b", "c", "d", "e"].map(target).into();
        let event = json!({"action": "invoice.sent", "actor": actor, "targets": many});
        assert_eq!(told(event), "Invoice sent: a, b, c and 2 more");
    }

    #[test]
    fn a_reader_is_told_in_their_language_and_an_organizations_own_sentence_as_it_is() {
        let catalogs = Catalogs::shipped_with(&["workspace"], None).unwrap();
        let mut names = Names::default();
        let german = Template::parse("{actor} hat API-Schlüssel {target} erstellt").unwrap();
        names.sentences.insert("{actor} made API key {target}".to_owned(), german);
        let words =
            [("Denied", "Verweigert"), ("someone", "jemand"), ("and {rest} more", "und {rest} weitere")];
        names.words.extend(words.map(|(word, own)| (word.to_owned(), own.to_owned())));
        names.labels.insert("API Key Created".to_owned(), "API-Schlüssel erstellt".to_owned());
        let mut event = json!({
            "action": "api_key.created", "actor": {"type": "user", "id": "u", "name": "Ana"},
            "targets": [{"type": "api_key", "id": "k", "name": "CI"}], "outcome": "denied", "reason": "no",
        });
        let told = |event: &Value, catalogs: &Catalogs| {
            sentence_in(&names, &NewEvent::from_json(event.clone()).unwrap(), catalogs)
        };
        assert_eq!(told(&event, &catalogs), "Verweigert: Ana hat API-Schlüssel CI erstellt (no)");
        let own = "[\"api_key.created\"]\nlabel = \"Key\"\ntemplate = \"{actor} cut key {target}\"";
        let own = Catalogs::new([crate::catalog::Catalog::parse_own("own", own).unwrap()]);
        assert_eq!(told(&event, &own), "Verweigert: Ana cut key CI (no)");
        event["outcome"] = json!("success");
        event["targets"] = json!([]);
        assert_eq!(told(&event, &catalogs), "API-Schlüssel erstellt");
        event["description"] = json!("Moved in.");
        assert_eq!(told(&event, &catalogs), "Moved in.");
    }

    #[test]
    fn the_senders_own_sentence_is_told_as_it_is() {
        let event =
            json!({"action": "lead.created", "actor": {"type": "system"}, "description": "Moved in."});
        assert_eq!(told(event), "Moved in.");
    }
}
