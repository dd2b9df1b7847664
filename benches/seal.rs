//! How long a document takes with its trail laid behind it, sealed, and checked: `cargo bench --bench seal`.
//!
//! Deliberately absent: drawing the trail, and any promise.

#![allow(clippy::unwrap_used)]

use std::fmt::Write;
use std::time::Instant;

use everlog::trail::check::check;
use everlog::trail::finish::{Document, Sealer, finish};
use everlog::trail::seal::SealWords;
use everlog::trail::seal::key::SealKey;

const TRAIL: &[u8] = include_bytes!("../tests/it/trail/trail.pdf");
const NOW_MS: u64 = 1_790_000_000_000;
const ROUNDS: u32 = 20;

fn main() {
    let pem = SealKey::generate("bench", NOW_MS).unwrap();
    let key = SealKey::from_pem(&pem, &pem).unwrap();
    for pages in [1, 400] {
        let bytes = original(pages);
        let document = Document { bytes: &bytes, file_name: "it.pdf" };
        let sealer =
            Sealer { key: &key, authority: None, words: SealWords { name: "bench", reason: "bench" } };
        let sealed = finish(Some(document), TRAIL, sealer, NOW_MS).unwrap().bytes;
        let started = Instant::now();
        (0..ROUNDS).for_each(|_| drop(finish(Some(document), TRAIL, sealer, NOW_MS).unwrap()));
        let finishing = started.elapsed() / ROUNDS;
        let started = Instant::now();
        (0..ROUNDS).for_each(|_| drop(check(&sealed).unwrap()));
        let checking = started.elapsed() / ROUNDS;
        println!(
            "{pages:>4} pages, {:>7} bytes: appended and sealed in {finishing:.1?}, checked in {checking:.1?}",
            bytes.len()
        );
    }
}

/// A document of so many pages with a kilobyte on each.
fn original(pages: usize) -> Vec<u8> {
    let mut out = String::from("%PDF-1.7\n");
    let mut places = Vec::new();
    let mut put = |out: &mut String, body: &str| {
        places.push(out.len());
        write!(out, "{} 0 obj\n{body}\nendobj\n", places.len()).unwrap();
    };
    put(&mut out, "<</Type/Catalog/Pages 2 0 R>>");
    let kids: Vec<String> = (0..pages).map(|it| format!("{} 0 R", 3 + 2 * it)).collect();
    let tree = format!("<</Type/Pages/MediaBox[0 0 595 842]/Count {pages}/Kids[{}]>>", kids.join(" "));
    put(&mut out, &tree);
    let content = "0 0 m\n".repeat(170);
    for page in 0..pages {
        put(&mut out, &format!("<</Type/Page/Parent 2 0 R/Resources<<>>/Contents {} 0 R>>", 4 + 2 * page));
        put(&mut out, &format!("<</Length {}>>\nstream\n{content}\nendstream", content.len()));
    }
    let start = out.len();
    let size = places.len() + 1;
    write!(out, "xref\n0 {size}\n0000000000 65535 f\r\n").unwrap();
    places.iter().for_each(|place| write!(out, "{place:010} 00000 n\r\n").unwrap());
    write!(out, "trailer\n<</Size {size}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n").unwrap();
    out.into_bytes()
}
