//! What a stream holds, unpacked within bounds. Deliberately absent: pictures, and packings that structure is never in.

use std::io::Read;

use flate2::read::ZlibDecoder;

use crate::trail::file::Fault;
use crate::trail::file::object::{Dict, Object};

/// Unpacks a stream that is packed with Flate or not at all, to at most so many bytes. The members of the dictionary must
/// be direct.
pub fn unpack(dict: &Dict, packed: &[u8], bytes_max: usize) -> Result<Vec<u8>, Fault> {
    let filter = match dict.get("Filter") {
        Some(Object::Array(filters)) if filters.len() > 1 => {
            return Err(Fault("a stream is packed in a way that is not read here"));
        }
        Some(Object::Array(filters)) => filters.first(),
        other => other,
    };
    let Some(filter) = filter else {
        return if packed.len() > bytes_max { Err(too_large()) } else { Ok(packed.to_vec()) };
    };
    if !matches!(filter.as_name(), Some(b"FlateDecode" | b"Fl")) {
        return Err(Fault("a stream is packed in a way that is not read here"));
    }
    let mut bytes = Vec::new();
    let bound = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
    ZlibDecoder::new(packed)
        .take(bound)
        .read_to_end(&mut bytes)
        .map_err(|_| Fault("a stream cannot be unpacked"))?;
    if bytes.len() > bytes_max {
        return Err(too_large());
    }
    let parameters = match dict.get("DecodeParms") {
        Some(Object::Array(all)) => all.first().and_then(Object::as_dict),
        other => other.and_then(Object::as_dict),
    };
    match parameters {
        Some(parameters) => unpredict(parameters, bytes),
        None => Ok(bytes),
    }
}

fn too_large() -> Fault {
    Fault("a stream unpacks to more than is read here")
}

/// Undoes the predictors of PNG (ISO 32000-1, 7.4.4.4).
fn unpredict(parameters: &Dict, bytes: Vec<u8>) -> Result<Vec<u8>, Fault> {
    let number = |name: &str, default: i64| {
        parameters.get(name).map_or(Some(default), Object::as_integer).and_then(|it| usize::try_from(it).ok())
    };
    let fault = Fault("a stream's predictor is not one that is read here");
    let predictor = number("Predictor", 1).ok_or(fault)?;
    if predictor == 1 {
        return Ok(bytes);
    }
    let columns = number("Columns", 1).filter(|it| (1..=4096).contains(it)).ok_or(fault)?;
    let is_of_bytes = number("Colors", 1) == Some(1) && number("BitsPerComponent", 8) == Some(8);
    if predictor < 10 || !is_of_bytes {
        return Err(fault);
    }
    let mut above = vec![0_u8; columns];
    let mut out = Vec::with_capacity(bytes.len());
    for row in bytes.chunks(columns + 1) {
        let [kind, row @ ..] = row else { break };
        let mut line = vec![0_u8; row.len()];
        for (place, byte) in row.iter().enumerate() {
            let left = if place > 0 { line[place - 1] } else { 0 };
            let up = above[place];
            let corner = if place > 0 { above[place - 1] } else { 0 };
            let guess = match kind {
                0 => 0,
                1 => left,
                2 => up,
                3 => left.midpoint(up),
                4 => paeth(left, up, corner),
                _ => return Err(fault),
            };
            line[place] = byte.wrapping_add(guess);
        }
        out.extend_from_slice(&line);
        above[..line.len()].copy_from_slice(&line);
    }
    Ok(out)
}

fn paeth(left: u8, up: u8, corner: u8) -> u8 {
    let estimate = i16::from(left) + i16::from(up) - i16::from(corner);
    let distance = |it: u8| (estimate - i16::from(it)).abs();
    if distance(left) <= distance(up) && distance(left) <= distance(corner) {
        left
    } else if distance(up) <= distance(corner) {
        up
    } else {
        corner
    }
}
