//! The sentence that tells an event: the sender's own, else the catalog's, filled in. Deliberately absent: markup, and
//! any word the recorded event does not hold.

use serde_json::Value;

use crate::catalog::{Catalogs, Template, Variable};
use crate::event::{Change, NewEvent, Outcome};

/// How many targets a sentence names before it counts the rest.
const TARGETS_NAMED_MAX: usize = 3;
/// Longest value that a sentence shows, in characters; the details show the whole.
const VALUE_CHARS_MAX: usize = 300;

/// The sentence of an event.
pub fn sentence(event: &NewEvent, catalogs: &Catalogs) -> String {
    if let Some(own) = &event.description {
        return own.clone();
    }
    let template = catalogs.get(&event.action).and_then(|action| action.template.as_ref());
    // Without a target a sentence about one would end in the air.
    let (told, tells_the_end) = match template.filter(|it| !event.targets.is_empty() || !needs_target(it)) {
        Some(template) => {
            let is_about_the_end = |variable| matches!(variable, &Variable::Outcome | &Variable::Reason);
            let told = template.render(&|variable| value(event, variable));
            (told, template.variables().any(is_about_the_end))
        }
        None => (without_template(event, catalogs), false),
    };
    if tells_the_end { told } else { with_outcome(event, &told) }
}

/// What was only tried must not read as if it had been done: `Denied: Ana made API key CI (members may not)`.
fn with_outcome(event: &NewEvent, told: &str) -> String {
    let outcome = match event.outcome {
        Outcome::Success => return told.to_owned(),
        Outcome::Failure => "Failed",
        Outcome::Denied => "Denied",
    };
    match &event.reason {
        Some(reason) => format!("{outcome}: {told} ({})", shorten(reason.clone())),
        None => format!("{outcome}: {told}"),
    }
}

fn needs_target(template: &Template) -> bool {
    let targets = [Variable::Target, Variable::Targets, Variable::TargetId, Variable::TargetType];
    template.required().any(|variable| targets.contains(variable))
}

/// `Invoice sent: Globex`.
fn without_template(event: &NewEvent, catalogs: &Catalogs) -> String {
    let label = catalogs.describe(&event.action).label;
    match targets(event) {
        Some(targets) => format!("{label}: {targets}"),
        None => label,
    }
}

fn value(event: &NewEvent, variable: &Variable) -> Option<String> {
    let value = match variable {
        Variable::Actor => Some(event.actor.shown().to_owned()),
        Variable::OnBehalfOf => event.on_behalf_of.as_ref().map(|actor| actor.shown().to_owned()),
        Variable::Target => event.targets.first().map(|target| target.shown().to_owned()),
        Variable::Targets => targets(event),
        Variable::TargetId => event.targets.first().map(|target| target.id.clone()),
        Variable::TargetType => event.targets.first().map(|target| target.kind.clone()),
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

fn targets(event: &NewEvent) -> Option<String> {
    let named: Vec<_> = event.targets.iter().take(TARGETS_NAMED_MAX).map(|target| target.shown()).collect();
    let rest = event.targets.len() - named.len();
    match (named.is_empty(), rest) {
        (true, _) => None,
        (false, 0) => Some(named.join(", ")),
        (false, rest) => Some(format!("{} and {rest} more", named.join(", "))),
    }
}

fn count(event: &NewEvent) -> Option<String> {
    let told = event.metadata.get("count").and_then(plain);
    told.or_else(|| (!event.targets.is_empty()).then(|| event.targets.len().to_string()))
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
    fn the_senders_own_sentence_is_told_as_it_is() {
        let event =
            json!({"action": "lead.created", "actor": {"type": "system"}, "description": "Moved in."});
        assert_eq!(told(event), "Moved in.");
    }
}
