//! Proofs that stand alone, and names of tiles. Deliberately absent: paths that lead to a signed root by chance.

#![no_main]

use everlog_core::checkpoint::VerifierKey;
use everlog_core::proof::Proof;
use everlog_core::tile::Tile;
use libfuzzer_sys::fuzz_target;

const KEY: &str = "log.example+891bac2d+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs";

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    Tile::parse(text);
    let Ok(proof) = Proof::parse(text) else { return };
    assert_eq!(proof.to_string(), text, "what parses is written as it was read");
    let key: VerifierKey = KEY.parse().expect("this is a key");
    assert!(proof.verify(&[1; 32], &key).is_err(), "no log holds this leaf");
});
