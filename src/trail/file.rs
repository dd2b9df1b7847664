//! A PDF file read strictly: where its objects lie and what they are, within bounds whatever the bytes.
//!
//! Deliberately absent: guessing. What does not stand where the file says it stands is a fault, but for `recover`, which
//! only counts pages of files that nothing is appended to.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::rc::Rc;

use memchr::memmem;

use crate::trail::file::object::{Dict, Id, Lexer, Object, is_space};

pub mod attachments;
pub mod object;
pub mod pages;
pub mod stream;
pub mod update;
mod xref;

/// Most objects of one file.
pub const OBJECTS_MAX: u32 = 1 << 20;
/// Most bytes that one stream of objects, positions or metadata unpacks to.
const UNPACKED_BYTES_MAX: usize = 16 << 20;
/// Most bytes that all streams of objects of one file unpack to.
const UNPACKED_TOTAL_BYTES_MAX: usize = 64 << 20;
/// Most references followed until a value is found.
const HOPS_MAX: usize = 8;

/// Why a file cannot be read as it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Fault(pub &'static str);

/// Where an object lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Nowhere: the number is free.
    Free,
    /// At this byte.
    At { offset: usize, generation: u16 },
    /// In a stream of objects.
    In { stream: u32, index: usize },
}

/// How a file writes where its objects lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// As a table.
    Classic,
    /// As a stream.
    Stream,
}

/// The objects of a stream of objects: their numbers and where each begins.
struct Packed {
    bytes: Vec<u8>,
    objects: Vec<(u32, usize)>,
}

/// A file and where everything in it lies.
pub struct File<'a> {
    /// The whole file.
    pub bytes: &'a [u8],
    /// The newest trailer.
    pub trailer: Dict,
    /// How its newest section is written.
    pub table: Table,
    /// Where its newest section lies.
    pub newest: usize,
    /// Whether any of its trailers says that it is encrypted.
    pub is_encrypted: bool,
    /// Whether any of its tables is beside a stream that says otherwise (ISO 32000-1, 7.5.8.4).
    pub is_hybrid: bool,
    places: BTreeMap<u32, Place>,
    packed: RefCell<BTreeMap<u32, Rc<Packed>>>,
    unpacked_bytes: Cell<usize>,
}

impl<'a> File<'a> {
    /// Reads where everything lies.
    ///
    /// # Errors
    /// Says in words what is not as it must be.
    pub fn read(bytes: &'a [u8]) -> Result<Self, Fault> {
        let found = xref::read(bytes)?;
        Ok(Self {
            bytes,
            trailer: found.trailer,
            table: found.table,
            newest: found.newest,
            is_encrypted: found.is_encrypted,
            is_hybrid: found.is_hybrid,
            places: found.places,
            packed: RefCell::default(),
            unpacked_bytes: Cell::default(),
        })
    }

    /// Reads a file whose table is broken by looking for objects everywhere; good enough to count pages.
    ///
    /// # Errors
    /// Says so when there are no objects.
    pub fn recover(bytes: &'a [u8]) -> Result<Self, Fault> {
        let mut file = Self {
            bytes,
            trailer: Dict::default(),
            table: Table::Classic,
            newest: 0,
            is_encrypted: false,
            is_hybrid: false,
            places: BTreeMap::new(),
            packed: RefCell::default(),
            unpacked_bytes: Cell::default(),
        };
        for (id, offset) in xref::scan(bytes)? {
            file.places.insert(id.number, Place::At { offset, generation: id.generation });
        }
        for at in memmem::find_iter(bytes, b"trailer") {
            if let Ok(Object::Dict(dict)) = Lexer::new(bytes, at + b"trailer".len()).object() {
                file.is_encrypted |= dict.get("Encrypt").is_some();
                if dict.get("Root").is_some() {
                    file.trailer = dict;
                }
            }
        }
        file.recover_packed();
        if file.places.is_empty() { Err(Fault("it holds no objects")) } else { Ok(file) }
    }

    /// What streams of objects hold, the trailer of a file that has none, and a catalog that nothing names.
    fn recover_packed(&mut self) {
        let numbers: Vec<u32> = self.places.keys().copied().collect();
        for stream in numbers {
            let Ok(object) = self.object(stream) else { continue };
            let Some(dict) = object.as_dict() else { continue };
            if dict.is("Type", "XRef") {
                self.is_encrypted |= dict.get("Encrypt").is_some();
                if self.trailer.get("Root").is_none() {
                    self.trailer = dict.clone();
                }
            } else if dict.is("Type", "ObjStm") {
                let Ok(packed) = self.packed(stream) else { continue };
                for (index, (number, _)) in packed.objects.iter().enumerate() {
                    self.places.entry(*number).or_insert(Place::In { stream, index });
                }
            } else if dict.is("Type", "Catalog") && self.trailer.get("Root").is_none() {
                self.trailer.set("Root", Object::Reference(Id { number: stream, generation: 0 }));
            }
        }
    }

    /// Where the header stands, when it stands where a reader looks for it.
    pub fn header(bytes: &[u8]) -> Option<usize> {
        const HEADER_WITHIN: usize = 1_024;
        memmem::find(&bytes[..bytes.len().min(HEADER_WITHIN)], b"%PDF-")
    }

    /// The version that header and catalog say, the higher one: 17 is 1.7.
    pub fn version(&self) -> u32 {
        let of = |text: &[u8]| match text {
            [major @ b'0'..=b'9', b'.', minor @ b'0'..=b'9', ..] => {
                u32::from(major - b'0') * 10 + u32::from(minor - b'0')
            }
            _ => 0,
        };
        let header = Self::header(self.bytes).map_or(0, |at| of(&self.bytes[at + b"%PDF-".len()..]));
        let catalog = self.catalog().ok();
        let named = catalog.as_ref().and_then(|it| it.get("Version")).and_then(Object::as_name);
        header.max(named.map_or(0, of))
    }

    /// The catalog.
    pub fn catalog(&self) -> Result<Dict, Fault> {
        let root = self.root()?;
        self.object(root.number)?.as_dict().cloned().ok_or(Fault("its catalog is not a dictionary"))
    }

    /// Where the catalog is.
    pub fn root(&self) -> Result<Id, Fault> {
        self.trailer.get("Root").and_then(Object::as_reference).ok_or(Fault("it has no catalog"))
    }

    /// One more than the highest number in use.
    pub fn next_number(&self) -> u32 {
        let said = self.trailer.get("Size").and_then(Object::as_integer);
        let said = said.and_then(|it| u32::try_from(it).ok()).filter(|it| *it <= OBJECTS_MAX).unwrap_or(0);
        self.places.last_key_value().map_or(1, |(number, _)| number + 1).max(said)
    }

    /// Every number that is in use.
    pub fn numbers(&self) -> impl Iterator<Item = u32> {
        self.places.iter().filter(|(_, place)| **place != Place::Free).map(|(number, _)| *number)
    }

    /// The generation of an object.
    pub fn generation(&self, number: u32) -> u16 {
        match self.places.get(&number) {
            Some(Place::At { generation, .. }) => *generation,
            _ => 0,
        }
    }

    /// The object of a number; one that is not there is null.
    pub fn object(&self, number: u32) -> Result<Object, Fault> {
        match self.places.get(&number) {
            None | Some(Place::Free) => Ok(Object::Null),
            Some(Place::At { offset, .. }) => {
                let (id, object) = self.read_at(*offset, true)?;
                if id.number == number {
                    Ok(object)
                } else {
                    Err(Fault("an object is not where it should be"))
                }
            }
            Some(Place::In { stream, index }) => {
                let packed = self.packed(*stream)?;
                match packed.objects.get(*index) {
                    Some((found, at)) if *found == number => Lexer::new(&packed.bytes, *at).object(),
                    _ => Err(Fault("an object is not in the stream it should be in")),
                }
            }
        }
    }

    /// What a value says in the end, references followed.
    pub fn resolve(&self, value: &Object) -> Result<Object, Fault> {
        let mut value = value.clone();
        for _ in 0..HOPS_MAX {
            let Object::Reference(id) = value else { return Ok(value) };
            value = self.object(id.number)?;
        }
        Err(Fault("references lead in a circle"))
    }

    /// A member in the end, references followed; null when it is not there.
    pub fn member(&self, dict: &Dict, name: &str) -> Result<Object, Fault> {
        dict.get(name).map_or(Ok(Object::Null), |value| self.resolve(value))
    }

    /// A member that is a dictionary in the end; an empty one when it is not there.
    pub fn member_dict(&self, dict: &Dict, name: &str) -> Result<Dict, Fault> {
        match self.member(dict, name)? {
            Object::Null => Ok(Dict::default()),
            other => {
                other.as_dict().cloned().ok_or(Fault("something else stands where a dictionary belongs"))
            }
        }
    }

    /// A member that is a list in the end; an empty one when it is not there.
    pub fn member_array(&self, dict: &Dict, name: &str) -> Result<Vec<Object>, Fault> {
        match self.member(dict, name)? {
            Object::Null => Ok(Vec::new()),
            Object::Array(items) => Ok(items),
            _ => Err(Fault("something else stands where a list belongs")),
        }
    }

    /// What a stream holds, unpacked, to at most so many bytes.
    pub fn unpack(&self, dict: &Dict, place: &Range<usize>, bytes_max: usize) -> Result<Vec<u8>, Fault> {
        let has_references =
            ["Filter", "DecodeParms"].iter().any(|it| dict.get(it).and_then(Object::as_reference).is_some());
        if has_references {
            return Err(Fault("a stream is packed in a way that is not read here"));
        }
        stream::unpack(dict, &self.bytes[place.clone()], bytes_max)
    }

    /// Unpacks every stream of objects once, so that a file that would grow beyond all bounds is found before anybody else
    /// reads it.
    pub fn unpack_all(&self) -> Result<(), Fault> {
        let streams: BTreeSet<u32> = self
            .places
            .values()
            .filter_map(|place| if let Place::In { stream, .. } = place { Some(*stream) } else { None })
            .collect();
        streams.into_iter().try_for_each(|stream| self.packed(stream).map(drop))
    }

    /// The object that is written at a byte. The length of a stream of objects may not be in such a stream: that could be
    /// a circle.
    fn read_at(&self, offset: usize, may_unpack: bool) -> Result<(Id, Object), Fault> {
        let mut lexer = Lexer::new(self.bytes, offset);
        let id = Id { number: lexer.number()?, generation: lexer.number()? };
        if !lexer.eat(b"obj") {
            return Err(Fault("an object is not where it should be"));
        }
        let object = lexer.object()?;
        let Object::Dict(dict) = object else { return Ok((id, object)) };
        if !lexer.eat(b"stream") {
            return Ok((id, Object::Dict(dict)));
        }
        let start = match self.bytes.get(lexer.at..) {
            Some([b'\r', b'\n', ..]) => lexer.at + 2,
            Some([b'\n' | b'\r', ..]) => lexer.at + 1,
            _ => return Err(Fault("a stream does not begin as streams do")),
        };
        let place = self.stream_place(&dict, start, may_unpack)?;
        Ok((id, Object::Stream(dict, place)))
    }

    fn stream_place(&self, dict: &Dict, start: usize, may_unpack: bool) -> Result<Range<usize>, Fault> {
        let fault = Fault("a stream is not as long as it says");
        let length = match dict.get("Length") {
            Some(Object::Reference(id)) => match self.places.get(&id.number) {
                // A number has no length of its own, so this ends.
                Some(Place::At { offset, .. }) => {
                    let mut lexer = Lexer::new(self.bytes, *offset);
                    let _: (u32, u16) = (lexer.number()?, lexer.number()?);
                    if !lexer.eat(b"obj") {
                        return Err(fault);
                    }
                    lexer.number::<usize>()?
                }
                _ if may_unpack => self
                    .object(id.number)?
                    .as_integer()
                    .and_then(|it| usize::try_from(it).ok())
                    .ok_or(fault)?,
                _ => return Err(fault),
            },
            Some(Object::Integer(length)) => usize::try_from(*length).map_err(|_| fault)?,
            _ => return Err(fault),
        };
        let end = start.checked_add(length).filter(|end| *end <= self.bytes.len()).ok_or(fault)?;
        let mut lexer = Lexer::new(self.bytes, end);
        if !self.bytes[end..].starts_with(b"endstream") && !lexer.eat(b"endstream") {
            return Err(fault);
        }
        Ok(start..end)
    }

    fn packed(&self, number: u32) -> Result<Rc<Packed>, Fault> {
        if let Some(packed) = self.packed.borrow().get(&number) {
            return Ok(Rc::clone(packed));
        }
        let fault = Fault("a stream of objects is broken");
        let Some(Place::At { offset, .. }) = self.places.get(&number) else { return Err(fault) };
        let (_, Object::Stream(dict, place)) = self.read_at(*offset, false)? else { return Err(fault) };
        let bytes = self.unpack(&dict, &place, UNPACKED_BYTES_MAX)?;
        self.unpacked_bytes.set(self.unpacked_bytes.get() + bytes.len());
        if self.unpacked_bytes.get() > UNPACKED_TOTAL_BYTES_MAX {
            return Err(Fault("its streams of objects unpack to more than is read here"));
        }
        let usize_of =
            |name: &str| dict.get(name).and_then(Object::as_integer).and_then(|it| it.try_into().ok());
        let (count, first): (usize, usize) = (usize_of("N").ok_or(fault)?, usize_of("First").ok_or(fault)?);
        let mut lexer = Lexer::new(&bytes, 0);
        let mut objects = Vec::new();
        for _ in 0..count.min(bytes.len()) {
            let (object, at): (u32, usize) = (lexer.number()?, lexer.number()?);
            objects.push((object, first.checked_add(at).filter(|it| *it <= bytes.len()).ok_or(fault)?));
        }
        let packed = Rc::new(Packed { bytes, objects });
        self.packed.borrow_mut().insert(number, Rc::clone(&packed));
        Ok(packed)
    }
}

/// The bytes without white space at their end.
fn trimmed(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| !is_space(*byte)).map_or(0, |at| at + 1);
    &bytes[..end]
}
