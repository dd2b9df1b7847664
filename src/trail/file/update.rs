//! A file with something added behind its end: new objects and new contents of old ones, as one incremental update
//! (ISO 32000-1, 7.5.6).
//!
//! Deliberately absent: any change of a byte that was there.

use std::collections::BTreeMap;
use std::io::Write;
use std::ops::Range;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use sha2::{Digest, Sha256};

use crate::trail::file::object::{Dict, Id, Object, put};
use crate::trail::file::{File, OBJECTS_MAX, Table};

/// What is added to a file. The file itself, which may be large, is not copied.
pub struct Update<'f, 'a> {
    file: &'f File<'a>,
    /// What stands behind the last byte of the file.
    out: Vec<u8>,
    places: BTreeMap<u32, (usize, u16)>,
    next: u32,
}

impl<'f, 'a> Update<'f, 'a> {
    /// Begins behind the last byte of the file.
    pub fn new(file: &'f File<'a>) -> Self {
        let out = if file.bytes.ends_with(b"\n") { Vec::new() } else { vec![b'\n'] };
        Self { file, out, places: BTreeMap::new(), next: file.next_number() }
    }

    /// Where in the whole the next byte will be.
    fn at(&self) -> usize {
        self.file.bytes.len() + self.out.len()
    }

    /// A number that nothing has.
    pub fn reserve(&mut self) -> Id {
        let id = Id { number: self.next, generation: 0 };
        self.next += 1;
        id
    }

    /// The object of a number that the file has, with its generation.
    pub fn known(&self, number: u32) -> Id {
        Id { number, generation: self.file.generation(number) }
    }

    /// Writes an object, new or in place of what it was.
    pub fn put(&mut self, id: Id, object: &Object) {
        let mut written = Vec::new();
        object.write(&mut written);
        self.put_written(id, &written);
    }

    /// Writes an object that is written already, and says where in the whole its bytes lie.
    pub fn put_written(&mut self, id: Id, written: &[u8]) -> Range<usize> {
        self.begin(id);
        let start = self.at();
        self.out.extend_from_slice(written);
        let end = self.at();
        self.out.extend_from_slice(b"\nendobj\n");
        start..end
    }

    /// Writes a stream as it is; its dictionary says how it is packed.
    pub fn put_stream(&mut self, id: Id, mut dict: Dict, bytes: &[u8]) {
        self.begin(id);
        dict.set("Length", integer(bytes.len()));
        Object::Dict(dict).write(&mut self.out);
        self.out.extend_from_slice(b"\nstream\n");
        self.out.extend_from_slice(bytes);
        self.out.extend_from_slice(b"\nendstream\nendobj\n");
    }

    /// Writes a stream, packed quickly: most of what is large in a file has been packed before.
    pub fn put_packed(&mut self, id: Id, mut dict: Dict, bytes: &[u8]) {
        dict.set("Filter", Object::name("FlateDecode"));
        self.put_stream(id, dict, &pack(bytes));
    }

    fn begin(&mut self, id: Id) {
        self.places.insert(id.number, (self.at(), id.generation));
        put(&mut self.out, format_args!("{} {} obj\n", id.number, id.generation));
    }

    /// Writes where everything lies, in the way of the file, and gives what belongs behind the file; nothing when the whole
    /// would have more objects than one may have.
    pub fn finish(mut self) -> Option<Vec<u8>> {
        let mut trailer = Dict::default();
        for name in ["Root", "Info"] {
            if let Some(value) = self.file.trailer.get(name) {
                trailer.set(name, value.clone());
            }
        }
        // The first half stays as long as the file lives, the second is another for each revision (ISO 32000-1, 14.4).
        let revision = Sha256::new().chain_update(self.file.bytes).chain_update(&self.out).finalize();
        let revision = Object::Text(revision[..16].to_vec());
        let first = self.file.trailer.get("ID").and_then(Object::as_array).and_then(|it| it.first().cloned());
        let first = first.filter(|it| it.as_text().is_some()).unwrap_or_else(|| revision.clone());
        trailer.set("ID", Object::Array(vec![first, revision]));
        trailer.set("Prev", integer(self.file.newest));
        let start = self.at();
        match self.file.table {
            Table::Classic => self.classic(trailer),
            Table::Stream => self.positions(trailer),
        }
        put(&mut self.out, format_args!("startxref\n{start}\n%%EOF\n"));
        (self.next <= OBJECTS_MAX).then_some(self.out)
    }

    /// Runs of numbers that follow each other.
    fn runs(&self) -> Vec<(u32, u32)> {
        let mut runs: Vec<(u32, u32)> = Vec::new();
        for number in self.places.keys() {
            match runs.last_mut() {
                Some((start, count)) if *start + *count == *number => *count += 1,
                _ => runs.push((*number, 1)),
            }
        }
        runs
    }

    fn classic(&mut self, mut trailer: Dict) {
        self.out.extend_from_slice(b"xref\n");
        for (start, count) in self.runs() {
            put(&mut self.out, format_args!("{start} {count}\n"));
            for (_, (offset, generation)) in self.places.range(start..start + count) {
                put(&mut self.out, format_args!("{offset:010} {generation:05} n\r\n"));
            }
        }
        trailer.set("Size", Object::Integer(self.next.into()));
        self.out.extend_from_slice(b"trailer\n");
        Object::Dict(trailer).write(&mut self.out);
        self.out.push(b'\n');
    }

    fn positions(&mut self, mut dict: Dict) {
        let id = self.reserve();
        self.places.insert(id.number, (self.at(), 0));
        let mut rows = Vec::new();
        for (offset, generation) in self.places.values() {
            rows.push(1);
            // A file is far smaller than what four bytes can say: uploads are bounded.
            rows.extend_from_slice(&u32::try_from(*offset).unwrap_or(u32::MAX).to_be_bytes());
            rows.extend_from_slice(&generation.to_be_bytes());
        }
        let index = self.runs().into_iter().flat_map(|(start, count)| [start, count]);
        dict.set("Type", Object::name("XRef"))
            .set("Size", Object::Integer(self.next.into()))
            .set("Index", Object::Array(index.map(|it| Object::Integer(it.into())).collect()))
            .set("W", Object::Array([1, 4, 2].map(Object::Integer).to_vec()));
        self.put_packed(id, dict, &rows);
    }
}

/// A length as a number.
pub fn integer(length: usize) -> Object {
    // No vector is longer than this.
    Object::Integer(i64::try_from(length).unwrap_or(i64::MAX))
}

fn pack(bytes: &[u8]) -> Vec<u8> {
    let mut packer = ZlibEncoder::new(Vec::new(), Compression::fast());
    // Writing into a vector cannot fail; were it to, what comes out is read again by who asked.
    packer.write_all(bytes).ok().and_then(|()| packer.finish().ok()).unwrap_or_default()
}
