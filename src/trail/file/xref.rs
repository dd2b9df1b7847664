//! Where the objects of a file lie: tables and streams of positions, from the newest section to the oldest. Deliberately
//! absent: the objects.

use std::collections::{BTreeMap, BTreeSet};

use memchr::memmem;

use crate::trail::file::object::{Dict, Id, Lexer, Object, is_space};
use crate::trail::file::{Fault, OBJECTS_MAX, Place, Table, UNPACKED_BYTES_MAX, stream, trimmed};

/// Most sections of one file.
const SECTIONS_MAX: usize = 1_024;
/// How near to the end the position of the newest section stands.
const TAIL_BYTES: usize = 1_024;

/// Everything that the sections say.
pub(super) struct Found {
    pub trailer: Dict,
    pub table: Table,
    pub newest: usize,
    pub is_encrypted: bool,
    pub is_hybrid: bool,
    pub places: BTreeMap<u32, Place>,
}

/// Reads every section.
pub(super) fn read(bytes: &[u8]) -> Result<Found, Fault> {
    let newest = newest(bytes)?;
    let mut places = BTreeMap::new();
    let mut seen = BTreeSet::new();
    let mut first: Option<(Dict, Table)> = None;
    let (mut is_encrypted, mut is_hybrid) = (false, false);
    let mut next = Some(newest);
    while let Some(at) = next {
        if !seen.insert(at) || seen.len() > SECTIONS_MAX {
            return Err(Fault("its tables of positions lead in a circle"));
        }
        let (dict, table) = section(bytes, at, &mut places)?;
        is_encrypted |= dict.get("Encrypt").is_some();
        is_hybrid |= dict.get("XRefStm").is_some();
        next = match dict.get("Prev") {
            None => None,
            Some(previous) => {
                Some(offset(previous).ok_or(Fault("an earlier table of positions is nowhere"))?)
            }
        };
        first.get_or_insert((dict, table));
    }
    let (trailer, table) = first.ok_or(Fault("it has no table of positions"))?;
    Ok(Found { trailer, table, newest, is_encrypted, is_hybrid, places })
}

/// Where the newest section begins.
fn newest(bytes: &[u8]) -> Result<usize, Fault> {
    let bytes = trimmed(bytes);
    let tail = bytes.len().saturating_sub(TAIL_BYTES);
    let word = b"startxref";
    let at = memmem::rfind(&bytes[tail..], word)
        .ok_or(Fault("it does not say where its table of positions is"))?;
    Lexer::new(bytes, tail + at + word.len()).number()
}

fn offset(value: &Object) -> Option<usize> {
    usize::try_from(value.as_integer()?).ok()
}

fn section(bytes: &[u8], at: usize, places: &mut BTreeMap<u32, Place>) -> Result<(Dict, Table), Fault> {
    if at >= bytes.len() {
        return Err(Fault("its table of positions is beyond its end"));
    }
    let mut lexer = Lexer::new(bytes, at);
    if lexer.eat(b"xref") {
        return Ok((classic(bytes, lexer, places)?, Table::Classic));
    }
    Ok((positions(bytes, at, places)?, Table::Stream))
}

fn classic(bytes: &[u8], mut lexer: Lexer<'_>, places: &mut BTreeMap<u32, Place>) -> Result<Dict, Fault> {
    let fault = Fault("its table of positions is broken");
    let mut free = Vec::new();
    while !lexer.eat(b"trailer") {
        let (start, count): (u32, u32) = (lexer.number()?, lexer.number()?);
        let end = start
            .checked_add(count)
            .filter(|end| *end <= OBJECTS_MAX)
            .ok_or(Fault("it has too many objects"))?;
        for number in start..end {
            let (offset, generation): (usize, u32) = (lexer.number()?, lexer.number()?);
            match lexer.word() {
                b"n" => {
                    let generation = u16::try_from(generation).map_err(|_| fault)?;
                    places.entry(number).or_insert(Place::At { offset, generation });
                }
                b"f" => free.push(number),
                _ => return Err(fault),
            }
        }
    }
    let Object::Dict(trailer) = lexer.object()? else { return Err(fault) };
    // A hybrid file: what its table calls free may be in the stream (ISO 32000-1, 7.5.8.4).
    if let Some(hidden) = trailer.get("XRefStm") {
        positions(bytes, offset(hidden).ok_or(fault)?, places)?;
    }
    for number in free {
        places.entry(number).or_insert(Place::Free);
    }
    Ok(trailer)
}

/// A stream of positions (ISO 32000-1, 7.5.8).
fn positions(bytes: &[u8], at: usize, places: &mut BTreeMap<u32, Place>) -> Result<Dict, Fault> {
    let fault = Fault("its stream of positions is broken");
    let mut lexer = Lexer::new(bytes, at);
    let _: (u32, u16) = (lexer.number()?, lexer.number()?);
    if !lexer.eat(b"obj") {
        return Err(Fault("its table of positions is not where it says"));
    }
    let Object::Dict(dict) = lexer.object()? else { return Err(fault) };
    if !dict.is("Type", "XRef") || !lexer.eat(b"stream") {
        return Err(fault);
    }
    let start = match bytes.get(lexer.at..) {
        Some([b'\r', b'\n', ..]) => lexer.at + 2,
        _ => lexer.at + 1,
    };
    let length = dict.get("Length").and_then(offset).ok_or(fault)?;
    let packed = start.checked_add(length).and_then(|end| bytes.get(start..end)).ok_or(fault)?;
    let unpacked = stream::unpack(&dict, packed, UNPACKED_BYTES_MAX)?;
    let widths: Vec<usize> = dict
        .get("W")
        .and_then(Object::as_array)
        .map(|items| items.iter().filter_map(offset).filter(|width| *width <= 8).collect())
        .unwrap_or_default();
    let [kind, second, third] = widths[..] else { return Err(fault) };
    if kind + second + third == 0 {
        return Err(fault);
    }
    let mut rows = unpacked.chunks_exact(kind + second + third);
    for (start, count) in ranges(&dict)? {
        for number in start..start + count {
            let Some(row) = rows.next() else { return Ok(dict) };
            let (first, rest) = row.split_at(kind);
            let (second, third) = rest.split_at(second);
            let place = match if kind == 0 { 1 } else { big(first) } {
                0 => Place::Free,
                1 => Place::At {
                    offset: usize::try_from(big(second)).map_err(|_| fault)?,
                    generation: u16::try_from(big(third)).map_err(|_| fault)?,
                },
                2 => Place::In {
                    stream: u32::try_from(big(second)).map_err(|_| fault)?,
                    index: usize::try_from(big(third)).map_err(|_| fault)?,
                },
                // A kind nobody knows is an object nobody sees.
                _ => Place::Free,
            };
            places.entry(number).or_insert(place);
        }
    }
    Ok(dict)
}

fn ranges(dict: &Dict) -> Result<Vec<(u32, u32)>, Fault> {
    let fault = Fault("its stream of positions is broken");
    let whole = [Object::Integer(0), dict.get("Size").cloned().ok_or(fault)?];
    let numbers = match dict.get("Index") {
        Some(index) => index.as_array().ok_or(fault)?,
        None => &whole,
    };
    let number = |value: &Object| u32::try_from(value.as_integer()?).ok();
    numbers
        .chunks(2)
        .map(|pair| {
            let [start, count] = pair else { return Err(fault) };
            let (start, count) = (number(start).ok_or(fault)?, number(count).ok_or(fault)?);
            let end = start.checked_add(count).filter(|end| *end <= OBJECTS_MAX);
            end.map(|_| (start, count)).ok_or(Fault("it has too many objects"))
        })
        .collect()
}

fn big(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte))
}

/// Everything that looks like the beginning of an object, in the order of the file.
pub(super) fn scan(bytes: &[u8]) -> Result<Vec<(Id, usize)>, Fault> {
    /// Most digits of a number.
    const DIGITS_MAX: usize = 10;
    let start_of_number = |end: usize| {
        let digits = bytes[..end].iter().rev().take(DIGITS_MAX).take_while(|byte| byte.is_ascii_digit());
        end - digits.count()
    };
    let mut found = Vec::new();
    for at in memmem::find_iter(bytes, b" obj") {
        let generation = start_of_number(at);
        if generation == at || generation == 0 || !is_space(bytes[generation - 1]) {
            continue;
        }
        let start = start_of_number(generation - 1);
        let mut lexer = Lexer::new(bytes, start);
        let (Ok(number), Ok(generation)) = (lexer.number::<u32>(), lexer.number()) else { continue };
        if lexer.at == at && number < OBJECTS_MAX {
            found.push((Id { number, generation }, start));
        }
        if found.len() > OBJECTS_MAX as usize {
            return Err(Fault("it has too many objects"));
        }
    }
    Ok(found)
}
