//! Objects on their way from one file into another, under new numbers. Deliberately absent: where they belong there.

use std::collections::{BTreeMap, BTreeSet};

use crate::trail::file::attachments::Attachment;
use crate::trail::file::object::{Dict, Id, Name, Object};
use crate::trail::file::pages::Page;
use crate::trail::file::update::{Update, integer};
use crate::trail::file::{Fault, File};

/// Under which key the tree of parents knows an object, or what is on a page (ISO 32000-1, 14.7.4.4).
const KEYS_OF_PARENTS: &[&str] = &["StructParent", "StructParents"];

/// Objects on their way.
pub(super) struct Copy<'t, 'a> {
    /// Where they come from.
    pub from: &'t File<'a>,
    /// Which types of structure elements were among them.
    pub kinds: BTreeSet<Name>,
    /// By how much keys of the tree of parents grow; without one they are left out.
    keys_shift: Option<i64>,
    ids: BTreeMap<u32, Id>,
    waiting: Vec<u32>,
}

impl<'t, 'a> Copy<'t, 'a> {
    /// Nothing is under way yet.
    pub fn new(from: &'t File<'a>, keys_shift: Option<i64>) -> Self {
        Self { from, kinds: BTreeSet::new(), keys_shift, ids: BTreeMap::new(), waiting: Vec::new() }
    }

    /// What had one number there is to be this object here, which somebody else writes.
    pub fn is_now(&mut self, number: u32, id: Id) {
        self.ids.insert(number, id);
    }

    /// Gives every reference its new number and every key its new value, and remembers what is to follow.
    pub fn renumber(&mut self, update: &mut Update<'_, '_>, object: &mut Object) {
        match object {
            Object::Reference(id) => {
                *id = *self.ids.entry(id.number).or_insert_with(|| {
                    self.waiting.push(id.number);
                    update.reserve()
                });
            }
            Object::Array(items) => items.iter_mut().for_each(|item| self.renumber(update, item)),
            Object::Dict(dict) | Object::Stream(dict, _) => {
                self.shift(dict);
                dict.values_mut().for_each(|value| self.renumber(update, value));
            }
            _ => {}
        }
    }

    fn shift(&mut self, dict: &mut Dict) {
        for name in KEYS_OF_PARENTS {
            let Some(key) = dict.remove(name) else { continue };
            if let (Some(shift), Some(key)) = (self.keys_shift, key.as_integer()) {
                dict.set(name, Object::Integer(key.saturating_add(shift)));
            }
        }
        if dict.is("Type", "StructElem")
            && let Some(kind) = dict.get("S").and_then(Object::as_name)
            && !self.kinds.contains(kind)
        {
            self.kinds.insert(kind.to_vec());
        }
    }

    /// Writes the pages with all they inherit, under a branch of their own.
    pub fn pages(&mut self, update: &mut Update<'_, '_>, root: Id, all: &[Page]) -> Id {
        let branch = update.reserve();
        let ids: Vec<Id> = all
            .iter()
            .map(|page| (page.id.number, update.reserve()))
            .map(|(old, new)| {
                self.ids.insert(old, new);
                new
            })
            .collect();
        for (page, id) in all.iter().zip(&ids) {
            let mut dict = page.dict.clone();
            dict.remove("Parent");
            let mut object = Object::Dict(dict);
            self.renumber(update, &mut object);
            let Object::Dict(mut dict) = object else { continue };
            dict.set("Parent", branch.into());
            update.put(*id, &dict.into());
        }
        let mut dict = Dict::default();
        dict.set("Type", Object::name("Pages"))
            .set("Parent", root.into())
            .set("Kids", Object::Array(ids.iter().copied().map(Object::Reference).collect()))
            .set("Count", integer(ids.len()));
        update.put(branch, &dict.into());
        branch
    }

    /// Renumbers attached files.
    pub fn attachments(&mut self, update: &mut Update<'_, '_>, all: Vec<Attachment>) -> Vec<Attachment> {
        all.into_iter()
            .map(|mut it| {
                self.renumber(update, &mut it.specification);
                it
            })
            .collect()
    }

    /// Writes everything that what is written refers to.
    pub fn rest(&mut self, update: &mut Update<'_, '_>) -> Result<(), Fault> {
        while let Some(number) = self.waiting.pop() {
            let Some(id) = self.ids.get(&number).copied() else { continue };
            let mut object = self.from.object(number)?;
            if let Object::Stream(dict, _) = &mut object {
                // The length is written with the stream, and may have been an object of its own.
                dict.remove("Length");
            }
            self.renumber(update, &mut object);
            match object {
                Object::Stream(dict, place) => update.put_stream(id, dict, &self.from.bytes[place]),
                other => update.put(id, &other),
            }
        }
        Ok(())
    }
}
