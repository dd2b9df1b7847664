//! Reading a `NewEvent` from JSON: every fault is named with its place, and all of them at once.
//!
//! Deliberately absent: limits that need the recorded form (bytes, fields), which `log` checks, and anything about state.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::event::{
    ACTION_BYTES_MAX, Actor, ActorKind, Audience, Change, Changes, Channel, Context, EVENT_ID_CHARS_MAX,
    NewEvent, OccurredAt, Outcome, Parent, Target,
};

/// How many faults are reported of one event.
const ERRORS_MAX: usize = 20;

/// One fault, where it is and what is wrong.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct FieldError {
    /// RFC 6901 pointer from the event.
    pub pointer: String,
    /// A stable word for programs.
    pub code: &'static str,
    /// A sentence for people.
    pub message: String,
}

/// Why a JSON value is not an event.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the event has {} fault(s); the first: {}", .errors.len(), .errors.first().map(|it| it.message.as_str()).unwrap_or_default())]
pub struct Invalid {
    /// The faults, at least one.
    pub errors: Vec<FieldError>,
}

impl Invalid {
    /// One fault.
    pub fn one(pointer: &str, code: &'static str, message: impl Into<String>) -> Self {
        Self { errors: vec![FieldError { pointer: pointer.to_owned(), code, message: message.into() }] }
    }
}

impl NewEvent {
    /// Reads and normalises an event as sent.
    ///
    /// # Errors
    /// Every fault that the members have by themselves, up to a limit, each with its place.
    pub fn from_json(value: Value) -> Result<Self, Invalid> {
        let mut errors = Vec::new();
        let event = Members::of(value, String::new(), &mut errors).map(read_event);
        match event {
            Some(event) if errors.is_empty() => Ok(event),
            _ => Err(Invalid { errors }),
        }
    }

    /// The canonical JSON value of this event: the member `e` of the document.
    pub fn to_json(&self) -> Value {
        // A struct of strings, maps with string keys and JSON values always serialises.
        serde_json::to_value(self).unwrap_or_default()
    }
}

fn read_event(mut members: Members<'_>) -> NewEvent {
    let id = members.text("id");
    if let Some(id) = &id
        && let Some(why) = bad_event_id(id)
    {
        members.fault("id", "invalid_value", why);
    }
    let action = members.required("action").unwrap_or_default();
    if !members.failed("action")
        && let Some(why) = bad_action(&action)
    {
        members.fault("action", "invalid_value", why);
    }
    let occurred_at = members.text("occurred_at").and_then(|text| {
        OccurredAt::try_from(text)
            .map_err(|why| members.fault("occurred_at", "invalid_value", why.to_string()))
            .ok()
    });
    let actor = match members.object("actor") {
        Some(actor) => read_actor(actor),
        None => {
            members.missing("actor");
            no_actor()
        }
    };
    let on_behalf_of = members.object("on_behalf_of").map(read_actor);
    let targets = members.objects("targets", read_target);
    let before = members.map("before");
    let after = members.map("after");
    let changes = read_changes(&mut members);
    if changes.is_some() && (before.is_some() || after.is_some()) {
        members.fault("changes", "conflict", "send either changes, or before and after, not both");
    }
    let changes = match (changes, before, after) {
        (Some(changes), _, _) => Some(changes),
        (None, None, None) => None,
        (None, before, after) => Some(Changes::between(before, after)),
    };
    let event = NewEvent {
        id,
        action,
        occurred_at,
        actor,
        on_behalf_of,
        targets,
        process: members.name("process"),
        signee: members.name("signee"),
        description: members.text("description"),
        changes,
        context: members.object("context").map(read_context).unwrap_or_default(),
        outcome: members.word("outcome", Outcome::ALL, Outcome::as_str).unwrap_or_default(),
        reason: members.text("reason"),
        audience: members.word("audience", Audience::ALL, Audience::as_str).unwrap_or_default(),
        metadata: members.map("metadata").unwrap_or_default(),
    };
    members.end();
    event
}

fn no_actor() -> Actor {
    Actor { kind: ActorKind::Anonymous, id: None, name: None, email: None, role: None, avatar_url: None }
}

fn read_actor(mut members: Members<'_>) -> Actor {
    let kind = members.word("type", ActorKind::ALL, ActorKind::as_str);
    if kind.is_none() {
        members.missing("type");
    }
    let kind = kind.unwrap_or(ActorKind::Anonymous);
    let id = members.name("id");
    if id.is_none() && !matches!(kind, ActorKind::System | ActorKind::Anonymous) {
        members.missing("id");
    }
    let actor = Actor {
        kind,
        id,
        name: members.text("name"),
        email: members.text("email"),
        role: members.text("role"),
        avatar_url: members.text("avatar_url"),
    };
    members.end();
    actor
}

fn read_target(mut members: Members<'_>) -> Target {
    let target = Target {
        kind: members.required("type").unwrap_or_default(),
        id: members.required("id").unwrap_or_default(),
        name: members.text("name"),
        url: members.text("url"),
        parent: members.object("parent").map(read_parent),
    };
    members.end();
    target
}

fn read_parent(mut members: Members<'_>) -> Parent {
    let parent = Parent {
        kind: members.required("type").unwrap_or_default(),
        id: members.required("id").unwrap_or_default(),
        name: members.text("name"),
    };
    members.end();
    parent
}

fn read_context(mut members: Members<'_>) -> Context {
    let context = Context {
        ip: members.text("ip"),
        user_agent: members.text("user_agent"),
        location: members.text("location"),
        session_id: members.text("session_id"),
        request_id: members.text("request_id"),
        channel: members.word("channel", Channel::ALL, Channel::as_str),
    };
    if context.ip.is_some() && context.ip_addr().is_none() {
        members.fault("ip", "invalid_value", "ip is one IPv4 or IPv6 address, without port or zone");
    }
    members.end();
    context
}

/// `changes` as an object keyed by field, or as a list of `{field, before, after}`.
fn read_changes(members: &mut Members<'_>) -> Option<Changes> {
    match members.take("changes")? {
        Value::Object(map) => {
            let mut fields = BTreeMap::new();
            for (field, value) in map {
                let pointer = format!("changes/{}", escape(&field));
                if let Some(change) = members.nested(&pointer, value, |_| ()).map(|(change, ())| change) {
                    fields.insert(field, change);
                }
            }
            Some(Changes(fields))
        }
        Value::Array(items) => {
            let mut fields = BTreeMap::new();
            for (position, item) in items.into_iter().enumerate() {
                let pointer = format!("changes/{position}");
                let read =
                    members.nested(&pointer, item, |members| members.required("field").unwrap_or_default());
                if let Some((change, field)) = read
                    && fields.insert(field, change).is_some()
                {
                    members.fault(&pointer, "duplicate", "this field stands in changes twice");
                }
            }
            Some(Changes(fields))
        }
        _ => {
            members.fault(
                "changes",
                "wrong_type",
                "changes is an object keyed by field, or a list of {field, before, after}",
            );
            None
        }
    }
}

fn bad_event_id(id: &str) -> Option<&'static str> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._:~-".contains(&byte);
    if id.is_empty() || id.len() > EVENT_ID_CHARS_MAX || !id.bytes().all(allowed) {
        return Some("an id is 1 to 128 characters of A-Z a-z 0-9 . _ : ~ -");
    }
    id.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then_some("an id of digits only would be mistaken for a position")
}

fn bad_action(action: &str) -> Option<&'static str> {
    let odd = |c: char| c.is_whitespace() || c.is_control() || c == '*';
    let fits = !action.is_empty() && action.len() <= ACTION_BYTES_MAX && !action.contains(odd);
    (!fits).then_some(
        "an action is 1 to 200 bytes such as lead.created, without white space, control characters and *",
    )
}

/// One segment of an RFC 6901 pointer.
fn escape(segment: &str) -> String {
    segment.replace('~', "~0").replace('/', "~1")
}

/// The members of one object while they are read: each is taken once, what is left over is unknown.
struct Members<'a> {
    map: Map<String, Value>,
    pointer: String,
    errors: &'a mut Vec<FieldError>,
}

impl<'a> Members<'a> {
    fn of(value: Value, pointer: String, errors: &'a mut Vec<FieldError>) -> Option<Self> {
        match value {
            Value::Object(map) => Some(Self { map, pointer, errors }),
            _ => {
                let message = "an object is expected here".to_owned();
                push(errors, FieldError { pointer, code: "wrong_type", message });
                None
            }
        }
    }

    /// The member, when it is there and not null.
    fn take(&mut self, name: &str) -> Option<Value> {
        self.map.remove(name).filter(|value| !value.is_null())
    }

    fn fault(&mut self, name: &str, code: &'static str, message: impl Into<String>) {
        let pointer = format!("{}/{name}", self.pointer);
        push(self.errors, FieldError { pointer, code, message: message.into() });
    }

    fn failed(&self, name: &str) -> bool {
        let pointer = format!("{}/{name}", self.pointer);
        self.errors.iter().any(|error| error.pointer == pointer)
    }

    fn missing(&mut self, name: &str) {
        if !self.failed(name) {
            self.fault(name, "required", format!("{name} is required"));
        }
    }

    fn text(&mut self, name: &str) -> Option<String> {
        match self.take(name)? {
            Value::String(text) => Some(text),
            _ => {
                self.fault(name, "wrong_type", format!("{name} is a string"));
                None
            }
        }
    }

    /// A string that is not empty, when it is there.
    fn name(&mut self, name: &str) -> Option<String> {
        let text = self.text(name)?;
        if text.is_empty() {
            self.fault(name, "invalid_value", format!("{name} may be left out, but not be empty"));
        }
        Some(text)
    }

    fn required(&mut self, name: &str) -> Option<String> {
        let text = self.text(name);
        if text.is_none() {
            self.missing(name);
        }
        if text.as_deref() == Some("") {
            self.fault(name, "invalid_value", format!("{name} is required and may not be empty"));
        }
        text
    }

    fn map(&mut self, name: &str) -> Option<Map<String, Value>> {
        match self.take(name)? {
            Value::Object(map) => Some(map),
            _ => {
                self.fault(name, "wrong_type", format!("{name} is an object"));
                None
            }
        }
    }

    fn object(&mut self, name: &str) -> Option<Members<'_>> {
        let value = self.take(name)?;
        Members::of(value, format!("{}/{name}", self.pointer), self.errors)
    }

    fn objects<T>(&mut self, name: &str, read: fn(Members<'_>) -> T) -> Vec<T> {
        match self.take(name) {
            None => Vec::new(),
            Some(Value::Array(items)) => {
                let list = format!("{}/{name}", self.pointer);
                let members = items.into_iter().enumerate();
                members
                    .filter_map(|(i, item)| Members::of(item, format!("{list}/{i}"), self.errors).map(read))
                    .collect()
            }
            Some(_) => {
                self.fault(name, "wrong_type", format!("{name} is an array of objects"));
                Vec::new()
            }
        }
    }

    fn word<T: Copy>(&mut self, name: &str, all: &[T], as_str: fn(T) -> &'static str) -> Option<T> {
        let text = self.text(name)?;
        let found = all.iter().copied().find(|it| as_str(*it) == text);
        if found.is_none() {
            let words: Vec<_> = all.iter().map(|it| as_str(*it)).collect();
            self.fault(name, "invalid_value", format!("{name} is one of {}", words.join(", ")));
        }
        found
    }

    /// Reads one change with whatever else its object holds.
    fn nested<T>(
        &mut self,
        name: &str,
        value: Value,
        more: fn(&mut Members<'_>) -> T,
    ) -> Option<(Change, T)> {
        let mut members = Members::of(value, format!("{}/{name}", self.pointer), self.errors)?;
        let more = more(&mut members);
        // Inside changes a null is a value: the member is taken as it is.
        let change = Change { before: members.map.remove("before"), after: members.map.remove("after") };
        if change == Change::default() {
            members.missing("after");
        }
        members.end();
        Some((change, more))
    }

    /// What nobody took is unknown.
    fn end(mut self) {
        let names: Vec<String> = std::mem::take(&mut self.map).into_iter().map(|(name, _)| name).collect();
        for name in names {
            let shown: String = name.chars().take(60).collect();
            self.fault(&escape(&name), "unknown_member", format!("{shown} is not a member of this object"));
        }
    }
}

fn push(errors: &mut Vec<FieldError>, error: FieldError) {
    if errors.len() < ERRORS_MAX {
        errors.push(error);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::json;

    fn e(sent: Value) -> String {
        String::from_utf8(json::canonical(&NewEvent::from_json(sent).unwrap().to_json())).unwrap()
    }

    fn faults(sent: Value) -> Vec<(String, &'static str)> {
        let invalid = NewEvent::from_json(sent).unwrap_err();
        invalid.errors.into_iter().map(|error| (error.pointer, error.code)).collect()
    }

    #[test]
    fn nulls_and_defaults_of_the_schema_are_not_recorded_but_nulls_inside_values_are() {
        let bare = json!({"action": "a.b", "actor": {"type": "system"}});
        let full = json!({
            "action": "a.b", "actor": {"type": "system", "id": null, "name": null}, "id": null, "targets": [],
            "context": {"ip": null}, "outcome": "success", "audience": "organization", "metadata": {},
            "before": null, "changes": null, "reason": null,
        });
        assert_eq!(e(full), e(bare));
        let kept = json!({"action": "a.b", "actor": {"type": "system"}, "metadata": {"x": null}, "after": {"y": null}});
        let text = e(kept);
        assert!(
            text.contains(r#""metadata":{"x":null}"#) && text.contains(r#""changes":{"y":{"after":null}}"#),
            "{text}"
        );
    }

    /// D18, D19, D20, D24: a creation keeps all values, an update what differs, a deletion the snapshot.
    #[test]
    fn before_and_after_become_only_what_differs() {
        let changes = |before: Value, after: Value| {
            let sent =
                json!({"action": "a.b", "actor": {"type": "system"}, "before": before, "after": after});
            NewEvent::from_json(sent).unwrap().to_json()["changes"].clone()
        };
        let update = changes(
            json!({"status": "New", "owner": "u", "gone": 1}),
            json!({"status": "Won", "owner": "u", "new": null}),
        );
        let expected = json!({"status": {"before": "New", "after": "Won"}, "gone": {"before": 1}, "new": {"after": null}});
        assert_eq!(update, expected);
        assert_eq!(changes(Value::Null, json!({"a": 1})), json!({"a": {"after": 1}}));
        assert_eq!(changes(json!({"a": 1}), Value::Null), json!({"a": {"before": 1}}));
        assert_eq!(changes(json!({"a": 1}), json!({"a": 1})), json!({}));
    }

    #[test]
    fn changes_as_a_list_and_as_an_object_are_the_same() {
        let sent = |changes: Value| json!({"action": "a.b", "actor": {"type": "system"}, "changes": changes});
        let list = json!([{"field": "a/b", "before": null, "after": 2}, {"field": "c", "after": 3}]);
        assert_eq!(e(sent(list)), e(sent(json!({"a/b": {"before": null, "after": 2}, "c": {"after": 3}}))));
        assert_eq!(
            faults(sent(json!([{"field": "a", "after": 1}, {"field": "a", "after": 2}]))),
            [("/changes/1".to_owned(), "duplicate")]
        );
        assert_eq!(faults(sent(json!({"a~/": {}}))), [("/changes/a~0~1/after".to_owned(), "required")]);
    }

    #[test]
    fn every_fault_is_named_with_its_place() {
        let sent = json!({
            "action": "a b", "actor": {"type": "robot", "id": 7}, "targets": [{"type": "lead"}, 3], "id": "12",
            "context": {"ip": "203.0.113.7:80"}, "occurred_at": "yesterday", "before": [], "s": {}, "seq": 4, "outcome": "ok",
        });
        let mut found: Vec<_> =
            faults(sent).into_iter().map(|(pointer, code)| format!("{pointer} {code}")).collect();
        found.sort();
        let expected = [
            "/action invalid_value",
            "/actor/id wrong_type",
            "/actor/type invalid_value",
            "/before wrong_type",
            "/context/ip invalid_value",
            "/id invalid_value",
            "/occurred_at invalid_value",
            "/outcome invalid_value",
            "/s unknown_member",
            "/seq unknown_member",
            "/targets/0/id required",
            "/targets/1 wrong_type",
        ];
        assert_eq!(found, expected);
        assert_eq!(faults(json!([])), [(String::new(), "wrong_type")]);
        assert_eq!(faults(json!({})).len(), 2);
        let both = json!({"action": "a.b", "actor": {"type": "system"}, "changes": {}, "after": {}});
        assert_eq!(faults(both), [("/changes".to_owned(), "conflict")]);
    }

    fn arbitrary_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (-1000i64..1000).prop_map(Value::from),
            "\\PC{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-z/~é]{1,6}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    fn arbitrary_object() -> impl Strategy<Value = Value> {
        prop::collection::btree_map("[a-z]{1,4}", arbitrary_json(), 0..5)
            .prop_map(|map| Value::Object(map.into_iter().collect()))
    }

    proptest! {
        #[test]
        fn an_event_read_again_from_what_is_recorded_gives_the_same_bytes(
            before in prop::option::of(arbitrary_object()),
            after in prop::option::of(arbitrary_object()),
            metadata in arbitrary_object(),
            name in prop::option::of("\\PC{0,20}"),
        ) {
            let sent = json!({
                "action": "lead.updated", "actor": {"type": "user", "id": "u", "name": name},
                "before": before, "after": after, "metadata": metadata,
            });
            let once = e(sent);
            prop_assert_eq!(&e(serde_json::from_str(&once).unwrap()), &once);
            let typed: NewEvent = serde_json::from_str(&once).unwrap();
            prop_assert_eq!(String::from_utf8(json::canonical(&typed.to_json())).unwrap(), once);
        }

        #[test]
        fn any_json_is_read_or_refused_with_places(sent in arbitrary_json(), actor in arbitrary_json(), changes in arbitrary_json()) {
            let whole = json!({"action": "a.b", "actor": actor, "changes": changes, "context": sent.clone()});
            for sent in [sent, whole] {
                if let Err(invalid) = NewEvent::from_json(sent) {
                    prop_assert!((1..=ERRORS_MAX).contains(&invalid.errors.len()));
                }
            }
        }
    }
}
