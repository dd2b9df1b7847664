//! A record of some product: what is created, changed and deleted in the demo. Deliberately absent: any store.

use serde_json::{Map, Value, json};

use crate::demo::scribe::{Actor, Scribe};

/// A record with a name and fields.
#[derive(Debug, Clone)]
pub struct Record {
    /// What it is.
    pub kind: &'static str,
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    fields: Map<String, Value>,
    parent: Option<Value>,
    url: String,
}

impl Record {
    /// A record of a product at this domain; its fields are a JSON object.
    pub fn new(scribe: &mut Scribe, domain: &str, kind: &'static str, name: String, fields: Value) -> Self {
        let id = format!("{}_{}", kind.chars().next().unwrap_or('r'), scribe.random.hex(8));
        let mut fields = match fields {
            Value::Object(fields) => fields,
            _ => Map::new(),
        };
        fields.insert("name".to_owned(), json!(name));
        let url = format!("https://app.{domain}/{kind}/{id}");
        Self { kind, id, name, fields, parent: None, url }
    }

    /// The same record, belonging to another.
    pub fn under(mut self, parent: &Record) -> Self {
        self.parent = Some(json!({"type": parent.kind, "id": parent.id, "name": parent.name}));
        self
    }

    /// As the target of an event.
    pub fn target(&self) -> Value {
        let mut target = json!({"type": self.kind, "id": self.id, "name": self.name, "url": self.url});
        if let Some(parent) = &self.parent {
            target["parent"] = parent.clone();
        }
        target
    }

    /// All its fields.
    pub fn fields(&self) -> Value {
        Value::Object(self.fields.clone())
    }

    /// A field's value.
    pub fn field(&self, field: &str) -> Value {
        self.fields.get(field).cloned().unwrap_or_default()
    }

    /// Writes that it came to be, with all initial values.
    pub fn created(&self, scribe: &mut Scribe, at: i64, actor: &Actor, action: &str) -> i64 {
        scribe.event(at, actor, action).on(self.target()).with("after", self.fields()).write()
    }

    /// Writes that a field changed; the event has the whole record before and after.
    pub fn set(
        &mut self,
        scribe: &mut Scribe,
        at: i64,
        actor: &Actor,
        action: &str,
        (field, value): (&str, Value),
    ) -> i64 {
        let (before, after) = self.put(field, value);
        scribe.event(at, actor, action).on(self.target()).changed(before, after).write()
    }

    /// Changes a field; returns all of them as they were and as they are.
    pub fn put(&mut self, field: &str, value: Value) -> (Value, Value) {
        let before = self.fields();
        self.fields.insert(field.to_owned(), value);
        (before, self.fields())
    }

    /// Writes that it is gone, with a snapshot.
    pub fn deleted(&self, scribe: &mut Scribe, at: i64, actor: &Actor, action: &str) -> i64 {
        scribe.event(at, actor, action).on(self.target()).with("before", self.fields()).write()
    }
}
