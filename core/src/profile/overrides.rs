//! What an organization shows otherwise than its profile: members of its own, checked like the profile's.
//!
//! Deliberately absent: what would change whom events are for, rather than how they are shown. Roles are added, and none is
//! widened. `catalogs` are chosen at the organization itself; with `audiences` or `any_role` an event would be seen by
//! others than it was recorded for; `defaults` are settings of their own; `exports` is the setting `export`; `list` decides
//! what the other members mean.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::profile::{Column, ColumnField, List, Preset, Profile, Role, Sees};
use crate::query::LIMIT_MAX;

/// The members that can be overridden.
pub const OVERRIDABLE: &[&str] = &[
    "title",
    "columns",
    "process_columns",
    "export_columns",
    "date_style",
    "presets",
    "default_range",
    "filters",
    "filter_buttons",
    "page_sizes",
    "default_page_size",
    "roles",
];
/// Most items of one list.
pub const ITEMS_MAX: usize = 50;
/// Longest title and name, in characters.
pub const TITLE_CHARS_MAX: usize = 200;

/// What is wrong with an override, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{pointer}: {message}")]
pub struct OverrideFault {
    /// RFC 6901 pointer into the overrides.
    pub pointer: String,
    /// What is wrong there.
    pub message: String,
}

fn fault(pointer: impl Into<String>, message: impl Into<String>) -> OverrideFault {
    OverrideFault { pointer: pointer.into(), message: message.into() }
}

/// What was found wrong so far.
#[derive(Default)]
struct Faults(Vec<OverrideFault>);

impl Faults {
    fn add(&mut self, pointer: impl Into<String>, message: impl Into<String>) {
        self.0.push(fault(pointer, message));
    }

    /// Reads a member into its place.
    fn read<T: DeserializeOwned>(&mut self, name: &str, value: &Value, place: &mut T) {
        match T::deserialize(value) {
            Ok(read) => *place = read,
            Err(why) => self.add(format!("/{name}"), why.to_string()),
        }
    }

    /// Reads a list, and names the item that is at fault.
    fn read_list<T: DeserializeOwned>(&mut self, name: &str, value: &Value, place: &mut Vec<T>) {
        let Some(items) = value.as_array().filter(|items| items.len() <= ITEMS_MAX) else {
            return self.add(format!("/{name}"), format!("expected a list of at most {ITEMS_MAX}"));
        };
        place.clear();
        for (at, item) in items.iter().enumerate() {
            match T::deserialize(item) {
                Ok(read) => place.push(read),
                Err(why) => self.add(format!("/{name}/{at}"), why.to_string()),
            }
        }
    }

    fn check_text(&mut self, pointer: String, text: &str, may_be_blank: bool) {
        let is_odd = text.contains(char::is_control);
        if (text.trim().is_empty() && !may_be_blank) || text.chars().count() > TITLE_CHARS_MAX || is_odd {
            self.add(pointer, format!("1 to {TITLE_CHARS_MAX} characters without control characters"));
        }
    }
}

impl Profile {
    /// This profile with members of an organization's own in their places; a null is none.
    ///
    /// # Errors
    /// Everything that is wrong, each with its pointer. Nothing is overridden then.
    pub fn overridden(&self, overrides: &Map<String, Value>) -> Result<Self, Vec<OverrideFault>> {
        let mut profile = self.clone();
        let mut faults = Faults::default();
        let given: Vec<_> = overrides.iter().filter(|(_, value)| !value.is_null()).collect();
        for (name, value) in &given {
            profile.set(name, value, &mut faults);
        }
        let has = |name: &str| given.iter().any(|(given, _)| *given == name);
        // Files that hold what the list shows go on doing so.
        if has("columns") && !has("export_columns") && self.export_columns == exportable(&self.columns) {
            profile.export_columns = exportable(&profile.columns);
        }
        if faults.0.is_empty() {
            profile.contradictions(&has, &mut faults);
            if has("roles") {
                self.check_widening(&profile.roles, &mut faults);
            }
        }
        if faults.0.is_empty() { Ok(profile) } else { Err(faults.0) }
    }

    fn set(&mut self, name: &str, value: &Value, faults: &mut Faults) {
        match name {
            "title" => faults.read(name, value, &mut self.title),
            "columns" => faults.read_list(name, value, &mut self.columns),
            "process_columns" => faults.read_list(name, value, &mut self.process_columns),
            "export_columns" => faults.read_list(name, value, &mut self.export_columns),
            "date_style" => faults.read(name, value, &mut self.date_style),
            "presets" => faults.read_list(name, value, &mut self.presets),
            "default_range" => faults.read(name, value, &mut self.default_range),
            "filters" => faults.read_list(name, value, &mut self.filters),
            "filter_buttons" => faults.read(name, value, &mut self.filter_buttons),
            "page_sizes" => faults.read_list(name, value, &mut self.page_sizes),
            "default_page_size" => faults.read(name, value, &mut self.default_page_size),
            "roles" => faults.read_list(name, value, &mut self.roles),
            other => {
                let shown: String = other.chars().take(TITLE_CHARS_MAX).collect();
                let pointer = format!("/{}", shown.replace('~', "~0").replace('/', "~1"));
                faults.add(pointer, format!("cannot be overridden; {} can", OVERRIDABLE.join(", ")));
            }
        }
    }

    /// The same contradictions that a profile's file is refused for, where a member given here takes part in one.
    fn contradictions(&self, has: &dyn Fn(&str) -> bool, faults: &mut Faults) {
        faults.check_text("/title".to_owned(), &self.title, false);
        for (name, columns) in [
            ("columns", &self.columns),
            ("process_columns", &self.process_columns),
            ("export_columns", &self.export_columns),
        ] {
            if has(name) {
                self.check_columns(name, columns, faults);
            }
        }
        self.check_choices(has, faults);
        if has("roles") {
            let mut seen = BTreeSet::new();
            for (at, role) in self.roles.iter().enumerate() {
                faults.check_text(format!("/roles/{at}/name"), &role.name, false);
                let is_first = seen.insert(role.name.as_str());
                if let Some(why) = role_contradiction(role, is_first, self.any_role, self.audiences) {
                    faults.add(format!("/roles/{at}"), why);
                }
            }
            if self.roles.is_empty() && !self.any_role {
                faults.add("/roles", "without a role nobody could read the log");
            }
        }
    }

    /// Roles of one's own may be added, and shipped ones left out. None may show events to others than they were recorded
    /// for: sessions and what was promised to senders go by what the profile says of its roles.
    fn check_widening(&self, roles: &[Role], faults: &mut Faults) {
        for (at, role) in roles.iter().enumerate() {
            let pointer = format!("/roles/{at}/sees");
            let shipped = self.roles.iter().find(|it| it.name == role.name);
            match shipped {
                Some(shipped) if shipped.sees != role.sees => {
                    let message =
                        format!("\"{}\" sees \"{}\" in every log of this profile", role.name, shipped.sees);
                    faults.add(pointer, message);
                }
                None if self.audiences && role.sees == Sees::Everything => {
                    faults.add(pointer, "with audiences, no role sees everything");
                }
                _ => (),
            }
        }
    }

    fn check_columns(&self, name: &str, columns: &[Column], faults: &mut Faults) {
        let pointer = format!("/{name}");
        if columns.is_empty() && (name != "process_columns" || self.list == List::Processes) {
            faults.add(&pointer, "at least one column");
        }
        let lists_processes = name != "process_columns" && self.list == List::Processes;
        for (at, column) in columns.iter().enumerate() {
            // What is no text has no need of a heading.
            let may_be_blank = !column.field.is_exportable();
            faults.check_text(format!("{pointer}/{at}/title"), &column.title, may_be_blank);
            let pointer = format!("{pointer}/{at}/field");
            if columns[..at].iter().any(|other| other.field == column.field) {
                faults.add(&pointer, format!("column \"{}\" stands twice", column.field));
            }
            if is_of_processes(column.field) && !lists_processes {
                faults.add(&pointer, format!("\"{}\" is a column of processes, not of events", column.field));
            }
            if name == "export_columns" && !column.field.is_exportable() {
                faults.add(&pointer, format!("\"{}\" is of the screen only", column.field));
            }
        }
    }

    fn check_choices(&self, has: &dyn Fn(&str) -> bool, faults: &mut Faults) {
        let repeated = |words: &[&str]| (1..words.len()).find(|&at| words[..at].contains(&words[at]));
        let presets: Vec<_> = self.presets.iter().map(|it| it.as_str()).collect();
        let filters: Vec<_> = self.filters.iter().map(|it| it.as_str()).collect();
        for (name, words) in [("presets", &presets), ("filters", &filters)] {
            if let Some(at) = repeated(words).filter(|_| has(name)) {
                faults.add(format!("/{name}/{at}"), format!("\"{}\" stands twice", words[at]));
            }
        }
        if has("default_range") && self.default_range == Preset::Custom {
            faults.add("/default_range", "\"custom\" is no range by itself");
        }
        if has("page_sizes") {
            let is_size = |size: &u32| (1..=LIMIT_MAX).contains(&(*size as usize));
            if let Some(at) = self.page_sizes.iter().position(|size| !is_size(size)) {
                faults.add(format!("/page_sizes/{at}"), format!("a number from 1 to {LIMIT_MAX}"));
            }
        }
        if !self.page_sizes.contains(&self.default_page_size) {
            let size = self.default_page_size;
            if has("default_page_size") {
                faults.add("/default_page_size", "not one of page_sizes");
            } else {
                faults.add("/page_sizes", format!("{size}, which is default_page_size, is not among them"));
            }
        }
    }
}

/// The columns that files can hold.
pub(super) fn exportable(columns: &[Column]) -> Vec<Column> {
    columns.iter().filter(|column| column.field.is_exportable()).cloned().collect()
}

/// What contradicts a role, if anything does.
pub(super) fn role_contradiction(
    role: &Role,
    is_first: bool,
    any_role: bool,
    audiences: bool,
) -> Option<String> {
    if !is_first {
        return Some(format!("role \"{}\" stands twice", role.name));
    }
    if any_role && role.sees != Sees::Everything {
        return Some("with any_role, every role sees everything".to_owned());
    }
    if !audiences && role.sees == Sees::OwnInAdministrators {
        return Some("there are no administrators' events without audiences".to_owned());
    }
    None
}

fn is_of_processes(field: ColumnField) -> bool {
    use ColumnField::{Document, LastActivity, Signees, Started, Status};
    matches!(field, Document | Status | Signees | Started | LastActivity)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::{Value, json};

    use crate::profile::{NAMES, Profile, Sees, shipped};

    fn overridden(name: &str, overrides: Value) -> Result<Profile, Vec<String>> {
        let Value::Object(map) = overrides else { unreachable!() };
        let faults = |faults: Vec<_>| faults.iter().map(ToString::to_string).collect();
        shipped(name).unwrap().overridden(&map).map_err(faults)
    }

    #[test]
    fn a_profile_overridden_by_its_own_members_is_itself() {
        for name in NAMES {
            let profile = shipped(name).unwrap();
            let Value::Object(mut all) = serde_json::to_value(profile).unwrap() else { unreachable!() };
            all.retain(|name, _| super::OVERRIDABLE.contains(&name.as_str()));
            assert_eq!(&profile.overridden(&all).unwrap(), profile, "{name}");
            let nothing = all.keys().map(|name| (name.clone(), Value::Null)).collect();
            assert_eq!(&profile.overridden(&nothing).unwrap(), profile, "{name}");
        }
    }

    #[test]
    fn files_hold_the_columns_of_the_list_unless_they_have_their_own() {
        let columns = json!([{"field": "number", "title": "No."}, {"field": "user", "title": "Who"}]);
        let profile = overridden("platform", json!({"columns": columns})).unwrap();
        assert_eq!(profile.export_columns.len(), 1);
        assert_eq!(profile.export_columns[0].title, "Who");
    }

    /// D27 to D30: what a role of the profile sees is not an organization's to say, nor who sees both audiences.
    #[test]
    fn roles_are_added_and_left_out_and_none_is_widened() {
        let sees = |profile: &str, name: &str, sees: &str| {
            overridden(profile, json!({"roles": [{"name": name, "sees": sees}]}))
        };
        let profile = sees("platform", "clerk", "own_in_organization").unwrap();
        assert_eq!((profile.sees("clerk"), profile.sees("company")), (Some(Sees::OwnInOrganization), None));
        let profile = sees("workspace", "auditor", "everything").unwrap();
        assert_eq!(profile.sees("auditor"), Some(Sees::Everything));
        for (profile, name, other) in [
            ("platform", "boss", "everything"),
            ("platform", "company", "everything"),
            ("platform", "regular", "organization"),
            ("platform", "administrator", "nothing"),
            ("workspace", "member", "everything"),
            ("workspace", "owner", "nothing"),
        ] {
            let faults = sees(profile, name, other).unwrap_err();
            assert!(faults[0].starts_with("/roles/0/sees: "), "{profile}, {name}: {faults:?}");
        }
    }

    #[test]
    fn every_contradiction_is_named_with_its_pointer() {
        let long = "x".repeat(201);
        for (profile, overrides, expected) in [
            ("workspace", json!({"title": " "}), "/title: 1 to 200 characters"),
            ("workspace", json!({"title": "a\u{7}"}), "/title: 1 to 200 characters"),
            ("workspace", json!({"title": long}), "/title: 1 to 200 characters"),
            ("workspace", json!({"title": 7}), "/title: invalid type: integer `7`, expected a string"),
            ("workspace", json!({"columns": []}), "/columns: at least one column"),
            ("workspace", json!({"columns": {}}), "/columns: expected a list of at most 50"),
            ("workspace", json!({"columns": [{"field": "usr", "title": "x"}]}), "/columns/0: unknown column"),
            ("workspace", json!({"columns": [{"field": "user"}]}), "/columns/0: missing field `title`"),
            (
                "workspace",
                json!({"columns": [{"field": "user", "title": "x", "wide": true}]}),
                "/columns/0: unknown field `wide`",
            ),
            (
                "workspace",
                json!({"columns": [{"field": "status", "title": "x"}]}),
                "/columns/0/field: \"status\" is a column of processes",
            ),
            (
                "workspace",
                json!({"export_columns": [{"field": "user", "title": "x"}, {"field": "details", "title": "y"}]}),
                "/export_columns/1/field: \"details\" is of the screen only",
            ),
            (
                "workspace",
                json!({"columns": [{"field": "user", "title": "x"}, {"field": "user", "title": "y"}]}),
                "/columns/1/field: column \"user\" stands twice",
            ),
            ("workspace", json!({"default_range": "custom"}), "/default_range: \"custom\" is no range"),
            ("workspace", json!({"presets": ["today", "today"]}), "/presets/1: \"today\" stands twice"),
            ("workspace", json!({"filters": ["search", "sarch"]}), "/filters/1: unknown filter \"sarch\""),
            ("workspace", json!({"page_sizes": [10, 0]}), "/page_sizes/1: a number from 1 to 1000"),
            ("workspace", json!({"page_sizes": [7]}), "/page_sizes: "),
            ("workspace", json!({"default_page_size": 7}), "/default_page_size: not one of page_sizes"),
            ("workspace", json!({"roles": []}), "/roles: without a role"),
            (
                "workspace",
                json!({"roles": [{"name": "a", "sees": "own_in_administrators"}]}),
                "/roles/0: there are no administrators' events",
            ),
            (
                "platform",
                json!({"roles": [{"name": "a", "sees": "everything"}, {"name": "a", "sees": "nothing"}]}),
                "/roles/1: role \"a\" stands twice",
            ),
            (
                "documents",
                json!({"roles": [{"name": "a", "sees": "nothing"}]}),
                "/roles/0: with any_role, every role sees everything",
            ),
            ("platform", json!({"audiences": false}), "/audiences: cannot be overridden"),
            ("platform", json!({"any_role": true}), "/any_role: cannot be overridden"),
            ("platform", json!({"catalogs": []}), "/catalogs: cannot be overridden"),
            ("platform", json!({"defaults": {}}), "/defaults: cannot be overridden"),
            ("platform", json!({"a/b": 1}), "/a~1b: cannot be overridden"),
        ] {
            let faults = overridden(profile, overrides.clone()).unwrap_err();
            assert!(faults.iter().any(|fault| fault.starts_with(expected)), "{overrides}: {faults:?}");
        }
    }
}
