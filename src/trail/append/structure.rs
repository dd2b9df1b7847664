//! What is read aloud of both files: the elements of the trail become the last part of the document that the original's
//! structure is, and a tagged original stays tagged as a whole (ISO 32000-1, 14.7 and 14.8).
//!
//! Deliberately absent: elements for pages of an original that has none. Nobody but its maker knows what they are; and since
//! readers that trust in tags pass over what has none, such a file does not say that it is tagged.

use crate::trail::append::copy::Copy;
use crate::trail::file::object::{Dict, Id, Object};
use crate::trail::file::pages::Page;
use crate::trail::file::update::Update;
use crate::trail::file::{Fault, File};

/// Most nodes of a tree of parents.
const NODES_MAX: usize = 100_000;
/// Most elements that are looked at.
const ELEMENTS_MAX: usize = 200_000;
/// Highest key of a tree of parents, from either file.
const KEY_MAX: i64 = 1 << 30;

/// The structure of a file.
pub struct Structure {
    id: Id,
    root: Dict,
    parents: Parents,
}

/// A tree of parents (ISO 32000-1, 14.7.4.4).
struct Parents {
    root: Dict,
    keys: Option<(i64, i64)>,
}

impl Structure {
    /// The structure of a file, when it has one.
    pub fn read(file: &File<'_>, catalog: &Dict) -> Result<Option<Self>, Fault> {
        let Some(named) = catalog.get("StructTreeRoot") else { return Ok(None) };
        let root = match file.resolve(named)? {
            Object::Null => return Ok(None),
            other => other.as_dict().cloned().ok_or(Fault("its structure has no root"))?,
        };
        let id = named.as_reference().ok_or(Fault("nothing can refer to the root of its structure"))?;
        let parents = Parents::read(file, &root)?;
        Ok(Some(Self { id, root, parents }))
    }

    /// The first key that nothing has.
    fn next_key(&self, file: &File<'_>, pages: &[Page]) -> Result<i64, Fault> {
        let said = file.member(&self.root, "ParentTreeNextKey")?.as_integer();
        let last = self.parents.keys.map(|it| it.1);
        let used = last.into_iter().chain(pages.iter().filter_map(|page| {
            // A page may have a key that its tree does not know; ours must not be taken for it.
            page.dict.get("StructParents").and_then(Object::as_integer)
        }));
        let next = used.map(|key| key.saturating_add(1)).chain(said).max().unwrap_or(0);
        if (0..KEY_MAX).contains(&next) { Ok(next) } else { Err(Fault("its tree of parents is broken")) }
    }

    /// The elements right below the root.
    fn children(&self, file: &File<'_>) -> Result<Vec<Object>, Fault> {
        children_of(file, &self.root)
    }

    /// Whether its headings have no levels, so that ours, which have, may not stand beside them (ISO 14289-1, 7.4.4); also
    /// when there are too many elements to know.
    pub fn has_plain_headings(&self, file: &File<'_>) -> Result<bool, Fault> {
        let is_heading = |value: &Object| value.as_name() == Some(b"H");
        if file.member_dict(&self.root, "RoleMap")?.iter().any(|(_, role)| is_heading(role)) {
            return Ok(true);
        }
        let mut waiting = self.children(file)?;
        for _ in 0..ELEMENTS_MAX {
            let Some(next) = waiting.pop() else { return Ok(false) };
            match file.resolve(&next)? {
                Object::Array(items) => waiting.extend(items),
                Object::Dict(element) => {
                    if element.get("S").is_some_and(is_heading) {
                        return Ok(true);
                    }
                    waiting.extend(element.get("K").cloned());
                }
                _ => {}
            }
        }
        Ok(true)
    }
}

impl Parents {
    fn read(file: &File<'_>, root: &Dict) -> Result<Self, Fault> {
        let fault = Fault("its tree of parents is broken");
        let root = file.member_dict(root, "ParentTree")?;
        let mut keys: Option<(i64, i64)> = None;
        let mut waiting = vec![Object::Dict(root.clone())];
        for _ in 0..NODES_MAX {
            let Some(node) = waiting.pop() else { return Ok(Self { root, keys }) };
            let node = file.resolve(&node)?;
            let node = node.as_dict().ok_or(fault)?;
            for pair in file.member_array(node, "Nums")?.chunks(2) {
                let [key, _] = pair else { return Err(fault) };
                let key = file.resolve(key)?.as_integer().ok_or(fault)?;
                let (first, last) = keys.unwrap_or((key, key));
                keys = Some((first.min(key), last.max(key)));
            }
            waiting.extend(file.member_array(node, "Kids")?);
        }
        Err(Fault("its tree of parents is too large"))
    }

    /// Every key with its value; of a tree that has no branches.
    fn entries(&self, file: &File<'_>) -> Result<Vec<(i64, Object)>, Fault> {
        let fault = Fault("its tree of parents has branches");
        if self.root.get("Kids").is_some() {
            return Err(fault);
        }
        let entries = file.member_array(&self.root, "Nums")?;
        entries
            .chunks(2)
            .map(|pair| {
                let [key, value] = pair else { return Err(fault) };
                Ok((file.resolve(key)?.as_integer().ok_or(fault)?, value.clone()))
            })
            .collect()
    }

    /// What a root above this tree has for children: its branches, or itself as one.
    fn branches(self, file: &File<'_>, update: &mut Update<'_, '_>) -> Result<Vec<Object>, Fault> {
        let Some((first, last)) = self.keys else { return Ok(Vec::new()) };
        if self.root.get("Kids").is_some() {
            return file.member_array(&self.root, "Kids");
        }
        let mut leaf = self.root;
        leaf.set("Limits", limits(first, last));
        let id = update.reserve();
        update.put(id, &leaf.into());
        Ok(vec![id.into()])
    }
}

fn limits(first: i64, last: i64) -> Object {
    Object::Array(vec![Object::Integer(first), Object::Integer(last)])
}

/// What is right below an element or the root, which may be a list or one.
fn children_of(file: &File<'_>, element: &Dict) -> Result<Vec<Object>, Fault> {
    let Some(children) = element.get("K") else { return Ok(Vec::new()) };
    Ok(match file.resolve(children)? {
        Object::Array(items) => items,
        Object::Null => Vec::new(),
        _ => vec![children.clone()],
    })
}

/// Where the trail's elements go. A tagged file has one element at the top (ISO 32000-1, 14.8.4.2).
enum Top {
    /// There is nothing beside them.
    Free,
    /// Into the document that the original's only element is.
    Document(Id, Dict),
    /// Beside the original's only element, below a document of both.
    Other(Id, Dict),
    /// Beside the many that there are.
    Many,
}

impl Top {
    fn of(file: &File<'_>, structure: Option<&Structure>) -> Result<Self, Fault> {
        let children = structure.map_or(Ok(Vec::new()), |it| it.children(file))?;
        match &children[..] {
            [] => Ok(Self::Free),
            [only] => {
                let element = file.resolve(only)?;
                let (Some(id), Some(element)) = (only.as_reference(), element.as_dict()) else {
                    return Ok(Self::Many);
                };
                let (id, element) = (Id { generation: file.generation(id.number), ..id }, element.clone());
                Ok(if element.is("S", "Document") {
                    Self::Document(id, element)
                } else {
                    Self::Other(id, element)
                })
            }
            _ => Ok(Self::Many),
        }
    }
}

/// The structures of an original and of a trail, to be one.
pub(super) struct Both {
    whole: Option<Structure>,
    added: Structure,
    /// The first key of the trail.
    pub keys_shift: i64,
}

/// A root of both structures that is not written yet; what it refers to is.
pub(super) struct Begun {
    both: Both,
    root: Id,
    top: Top,
    parent: Id,
    children: Vec<Object>,
    parents: Id,
    next_key: i64,
}

impl Both {
    /// Both, and where the trail's keys begin.
    pub fn of(
        (file, pages): (&File<'_>, &[Page]),
        whole: Option<Structure>,
        added: Structure,
    ) -> Result<Self, Fault> {
        let keys_shift = whole.as_ref().map_or(Ok(0), |it| it.next_key(file, pages))?;
        Ok(Self { whole, added, keys_shift })
    }

    /// Sends the trail's elements on their way, under the root that both will have.
    pub fn begin(
        self,
        file: &File<'_>,
        update: &mut Update<'_, '_>,
        copy: &mut Copy<'_, '_>,
    ) -> Result<Begun, Fault> {
        let unknown = ["ClassMap", "IDTree", "Namespaces"];
        if unknown.iter().any(|name| self.added.root.get(name).is_some()) {
            return Err(Fault("its structure says more than is carried over"));
        }
        let root = match &self.whole {
            Some(whole) => update.known(whole.id.number),
            None => update.reserve(),
        };
        let top = Top::of(file, self.whole.as_ref())?;
        let parent = match &top {
            Top::Document(id, _) => *id,
            Top::Other(..) => update.reserve(),
            Top::Free | Top::Many => root,
        };
        copy.is_now(self.added.id.number, parent);
        let children = self.added.children(copy.from)?;
        let mut written = Vec::new();
        for child in &children {
            let id = child.as_reference().ok_or(Fault("its structure has no top"))?;
            let new = update.reserve();
            copy.is_now(id.number, new);
            written.push((id, new));
        }
        for (id, new) in &written {
            let mut element = copy.from.object(id.number)?;
            copy.renumber(update, &mut element);
            if let (Object::Dict(element), false) = (&mut element, matches!(top, Top::Free | Top::Many)) {
                // The document is what both are parts of.
                element.set("S", Object::name("Part"));
            }
            update.put(*new, &element);
        }
        let children = written.into_iter().map(|(_, new)| new.into()).collect();
        let mut next_key = self.keys_shift;
        let mut entries = Vec::new();
        for (key, mut value) in self.added.parents.entries(copy.from)? {
            copy.renumber(update, &mut value);
            let key = key.saturating_add(self.keys_shift);
            next_key = next_key.max(key.saturating_add(1));
            entries.extend([Object::Integer(key), value]);
        }
        let mut leaf = Dict::default();
        leaf.set("Nums", Object::Array(entries)).set("Limits", limits(self.keys_shift, next_key - 1));
        let parents = update.reserve();
        update.put(parents, &leaf.into());
        Ok(Begun { both: self, root, top, parent, children, parents, next_key })
    }
}

impl Begun {
    /// Writes the root once every element is written, and has the catalog name it.
    pub fn end(
        self,
        file: &File<'_>,
        update: &mut Update<'_, '_>,
        copy: &Copy<'_, '_>,
        catalog: &mut Dict,
    ) -> Result<(), Fault> {
        let mut children = Vec::new();
        let mut branches = Vec::new();
        let mut root = Dict::default();
        root.set("Type", Object::name("StructTreeRoot"));
        if let Some(whole) = self.both.whole {
            children = whole.children(file)?;
            branches = whole.parents.branches(file, update)?;
            root = whole.root;
        } else {
            unmark(file, catalog)?;
        }
        match self.top {
            Top::Free | Top::Many => children.extend(self.children),
            Top::Document(id, mut element) => {
                let mut inside = children_of(file, &element)?;
                inside.extend(self.children);
                element.set("K", Object::Array(inside));
                update.put(id, &element.into());
            }
            Top::Other(id, mut element) => {
                element.set("P", self.parent.into());
                update.put(id, &element.into());
                let mut document = Dict::default();
                document
                    .set("Type", Object::name("StructElem"))
                    .set("S", Object::name("Document"))
                    .set("P", self.root.into())
                    .set("K", Object::Array([id.into()].into_iter().chain(self.children).collect()));
                update.put(self.parent, &document.into());
                children = vec![self.parent.into()];
            }
        }
        branches.push(self.parents.into());
        let mut parents = Dict::default();
        parents.set("Kids", Object::Array(branches));
        let mut roles = file.member_dict(&root, "RoleMap")?;
        for (kind, role) in copy.from.member_dict(&self.both.added.root, "RoleMap")?.iter() {
            let named = String::from_utf8_lossy(kind);
            if copy.kinds.contains(kind) && roles.get(&named).is_none() {
                roles.set(&named, role.clone());
                root.set("RoleMap", roles.clone().into());
            }
        }
        root.set("K", Object::Array(children))
            .set("ParentTree", parents.into())
            .set("ParentTreeNextKey", Object::Integer(self.next_key));
        update.put(self.root, &root.into());
        catalog.set("StructTreeRoot", self.root.into());
        Ok(())
    }
}

/// Takes back that everything is tagged, where nothing is.
fn unmark(whole: &File<'_>, catalog: &mut Dict) -> Result<(), Fault> {
    let mut said = whole.member_dict(catalog, "MarkInfo")?;
    if said.get("Marked").is_some() {
        said.set("Marked", Object::Bool(false));
        catalog.set("MarkInfo", said.into());
    }
    Ok(())
}
