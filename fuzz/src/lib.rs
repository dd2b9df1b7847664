//! What the fuzz targets share: a real file with changes that the fuzzer chooses.
//!
//! Deliberately absent: the targets. Each is a file under `targets/`, a few lines that call what everybody can call and say
//! what must hold.

/// Most changes that are made to one file; more are noise.
const EDITS_MAX: usize = 16;
/// How many bytes tell one change: where (three), what (one), and with what byte.
const EDIT_BYTES: usize = 5;

/// A file with the changes that `edits` tell: bytes set, put in, taken out, doubled, swapped, or the end cut off. None when it
/// tells of none.
pub fn edited(file: &[u8], edits: &[u8]) -> Vec<u8> {
    let mut file = file.to_vec();
    for edit in edits.chunks_exact(EDIT_BYTES).take(EDITS_MAX) {
        let [high, middle, low, what, byte] = *edit else { continue };
        let place = u32::from_be_bytes([0, high, middle, low]) as usize;
        let at = place % file.len().max(1);
        if file.is_empty() {
            return file;
        }
        match what % 8 {
            0 | 1 => file[at] = byte,
            2 => file[at] ^= 1 << (byte % 8),
            3 => file.insert(at, byte),
            4 => drop(file.remove(at)),
            5 => file.truncate(at),
            6 => {
                let end = (at + usize::from(byte)).min(file.len());
                let piece = file[at..end].to_vec();
                file.splice(at..at, piece);
            }
            _ => {
                let other = (at + usize::from(byte)) % file.len();
                file.swap(at, other);
            }
        }
    }
    file
}
