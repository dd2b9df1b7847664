//! How long a document takes with its trail laid behind it, or around it, and sealed, and checked; and how much memory:
//! `cargo bench --bench seal`. CPU time of this thread, and by how much the process grew at most, on Linux.
//!
//! Deliberately absent: drawing the trail, and any promise.

#![allow(clippy::unwrap_used)]

use std::fmt::Write;
use std::fs;
use std::time::{Duration, Instant};

use everlog::trail::check::check;
use everlog::trail::finish::{Document, Sealer, finish};
use everlog::trail::seal::SealWords;
use everlog::trail::seal::key::SealKey;
use flate2::Compression;
use flate2::write::ZlibEncoder;

/// A trail that is drawn, as one is kept beside the tests.
const TRAIL: &[u8] = include_bytes!("../tests/it/trail/trail.pdf");
const NOW_MS: u64 = 1_790_000_000_000;
const ROUNDS: u32 = 20;
/// The largest document that may be uploaded.
const LARGE_BYTES: usize = 25 << 20;

fn main() {
    let pem = SealKey::generate("bench", NOW_MS).unwrap();
    let key = SealKey::from_pem(&pem, &pem).unwrap();
    let sealer = Sealer { key: &key, authority: None, words: SealWords { name: "bench", reason: "bench" } };
    let with_junk = |bytes: Vec<u8>| [b"junk\n", &bytes[..]].concat();
    let originals: [(&str, Vec<u8>, u32); 7] = [
        ("1 page", pages(1), ROUNDS),
        ("400 pages", pages(400), ROUNDS),
        ("large pictures", pictures(), 3),
        ("large pictures, carried", with_junk(pictures()), 3),
        ("many objects", objects(), 3),
        ("many objects, carried", with_junk(objects()), 3),
        ("many packed objects", packed(), 3),
    ];
    for (name, bytes, rounds) in originals {
        let document = Document { bytes: &bytes, file_name: "it.pdf" };
        let sealed = finish(Some(document), TRAIL, sealer, NOW_MS).unwrap();
        let (way, sealed) = (sealed.way, sealed.bytes);
        let (finishing, grown) =
            measured(rounds, || drop(finish(Some(document), TRAIL, sealer, NOW_MS).unwrap()));
        let (checking, _) = measured(rounds, || drop(check(&sealed).unwrap()));
        println!(
            "{name}, {} bytes ({way:?}): joined and sealed in {finishing:.1?} with {grown} MiB, checked in {checking:.1?}",
            bytes.len()
        );
    }
}

/// CPU time of one, and by how many MiB the process grew at most.
fn measured(rounds: u32, act: impl Fn()) -> (Duration, u64) {
    // Forgets the highest mark so far; where that cannot be, the figure is of no use, and no harm.
    fs::write("/proc/self/clear_refs", "5").ok();
    let before = status_kib("VmRSS:");
    let (started, clock) = (cpu(), Instant::now());
    (0..rounds).for_each(|_| act());
    let took = cpu().zip(started).map_or(clock.elapsed(), |(now, then)| now - then);
    (took / rounds, status_kib("VmHWM:").saturating_sub(before) / 1_024)
}

/// CPU time of this thread, where the system tells it.
fn cpu() -> Option<Duration> {
    let told = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(Duration::from_nanos(told.split(' ').next()?.parse().ok()?))
}

fn status_kib(name: &str) -> u64 {
    let told = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = told.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|it| it.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}

/// A file in the making.
#[derive(Default)]
struct Making {
    out: Vec<u8>,
    places: Vec<usize>,
}

impl Making {
    fn put(&mut self, dict: &str, stream: Option<&[u8]>) {
        if self.out.is_empty() {
            self.out.extend_from_slice(b"%PDF-1.7\n");
        }
        self.places.push(self.out.len());
        self.out.extend_from_slice(format!("{} 0 obj\n{dict}\n", self.places.len()).as_bytes());
        if let Some(stream) = stream {
            self.out.extend_from_slice(b"stream\n");
            self.out.extend_from_slice(stream);
            self.out.extend_from_slice(b"\nendstream\n");
        }
        self.out.extend_from_slice(b"endobj\n");
    }

    fn finish(mut self) -> Vec<u8> {
        let (start, size) = (self.out.len(), self.places.len() + 1);
        let mut table = format!("xref\n0 {size}\n0000000000 65535 f\r\n");
        self.places.iter().for_each(|place| write!(table, "{place:010} 00000 n\r\n").unwrap());
        write!(table, "trailer\n<</Size {size}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n").unwrap();
        self.out.extend_from_slice(table.as_bytes());
        self.out
    }
}

/// A document of so many pages with a kilobyte on each.
fn pages(pages: usize) -> Vec<u8> {
    let mut making = Making::default();
    making.put("<</Type/Catalog/Pages 2 0 R>>", None);
    let kids: Vec<String> = (0..pages).map(|it| format!("{} 0 R", 3 + 2 * it)).collect();
    let tree = format!("<</Type/Pages/MediaBox[0 0 595 842]/Count {pages}/Kids[{}]>>", kids.join(" "));
    making.put(&tree, None);
    let content = "0 0 m\n".repeat(170);
    for page in 0..pages {
        let contents = 4 + 2 * page;
        making.put(&format!("<</Type/Page/Parent 2 0 R/Resources<<>>/Contents {contents} 0 R>>"), None);
        making.put(&format!("<</Length {}>>", content.len()), Some(content.as_bytes()));
    }
    making.finish()
}

fn one_page(making: &mut Making) {
    making.put("<</Type/Catalog/Pages 2 0 R>>", None);
    making.put("<</Type/Pages/MediaBox[0 0 595 842]/Count 1/Kids[3 0 R]>>", None);
    making.put("<</Type/Page/Parent 2 0 R/Resources<<>>>>", None);
}

/// One page with pictures that no packing makes smaller.
fn pictures() -> Vec<u8> {
    let mut making = Making::default();
    one_page(&mut making);
    let mut state = 7_u64;
    let mut noise = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()[0]
    };
    while making.out.len() < LARGE_BYTES - (1 << 20) {
        let picture: Vec<u8> = (0..1 << 20).map(|_| noise()).collect();
        making.put(&format!("<</Subtype/Image/Filter/DCTDecode/Length {}>>", picture.len()), Some(&picture));
    }
    making.finish()
}

fn small(number: usize) -> String {
    format!(
        "<</Type/Annot/Subtype/Link/Rect[{number} 10 20 30]/Border[0 0 0]/Dest[3 0 R/XYZ null {number} 0]>>"
    )
}

/// One page and as many small objects as there is room for.
fn objects() -> Vec<u8> {
    let mut making = Making::default();
    one_page(&mut making);
    while making.out.len() + 22 * making.places.len() < LARGE_BYTES - 1_024 {
        making.put(&small(making.places.len()), None);
    }
    making.finish()
}

/// One page, and small objects packed a hundred together, as many as are read.
fn packed() -> Vec<u8> {
    const TOGETHER: usize = 100;
    const OBJECTS: usize = 300_000;
    let mut making = Making::default();
    one_page(&mut making);
    let streams = OBJECTS / TOGETHER;
    let first_number = 4 + streams;
    let mut rows: Vec<u8> = Vec::new();
    for stream in 0..streams {
        let (mut head, mut body) = (String::new(), String::new());
        for place in 0..TOGETHER {
            let number = first_number + stream * TOGETHER + place;
            write!(head, "{number} {} ", body.len()).unwrap();
            write!(body, "{} ", small(number)).unwrap();
            rows.push(2);
            rows.extend_from_slice(&u32::try_from(4 + stream).unwrap().to_be_bytes());
            rows.push(u8::try_from(place).unwrap());
        }
        let dict = format!("<</Type/ObjStm/N {TOGETHER}/First {}/Filter/FlateDecode", head.len());
        let stream = packed_bytes((head + &body).as_bytes());
        making.put(&format!("{dict}/Length {}>>", stream.len()), Some(&stream));
    }
    let mut all = Vec::new();
    for place in &making.places {
        all.push(1);
        all.extend_from_slice(&u32::try_from(*place).unwrap().to_be_bytes());
        all.push(0);
    }
    all.extend_from_slice(&rows);
    let all = packed_bytes(&all);
    let start = making.out.len();
    let size = first_number + OBJECTS;
    let dict =
        format!("<</Type/XRef/Size {size}/Root 1 0 R/W[1 4 1]/Index[1 {}]/Filter/FlateDecode", size - 1);
    making.out.extend_from_slice(format!("{size} 0 obj\n{dict}/Length {}>>stream\n", all.len()).as_bytes());
    making.out.extend_from_slice(&all);
    making.out.extend_from_slice(format!("\nendstream\nendobj\nstartxref\n{start}\n%%EOF\n").as_bytes());
    making.out
}

fn packed_bytes(bytes: &[u8]) -> Vec<u8> {
    let mut packer = ZlibEncoder::new(Vec::new(), Compression::default());
    std::io::Write::write_all(&mut packer, bytes).unwrap();
    packer.finish().unwrap()
}
