//! Checks on the source itself: the map of imports, what every file opens with, what may not be there. Deliberately absent:
//! taste.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// What each module may import from this crate, in reading order. `lib` and `main` may import everything.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("store", &[]),
    ("metrics", &[]),
    ("demo", &[]),
    ("words", &[]),
    ("trail", &["words"]),
    ("evidence", &["trail"]),
    ("witness", &[]),
    ("blobs", &["store"]),
    ("config", &["blobs", "witness"]),
    ("ledger", &[]),
    ("signed", &["store"]),
    ("directory", &["store"]),
    ("index", &["store"]),
    ("log", &["directory", "index", "store"]),
    ("fsck", &["blobs", "directory", "index", "ledger", "log", "signed", "store"]),
    ("access", &["directory", "store"]),
    ("settings", &["log"]),
    ("quota", &["access", "store"]),
    ("read", &["access", "index", "store"]),
    ("stream", &["access", "read", "store"]),
    (
        "app",
        &[
            "access",
            "blobs",
            "config",
            "directory",
            "evidence",
            "fsck",
            "index",
            "ledger",
            "log",
            "metrics",
            "quota",
            "read",
            "settings",
            "signed",
            "store",
            "stream",
            "trail",
            "witness",
        ],
    ),
    ("backup", &["app", "blobs", "directory", "fsck", "ledger", "log", "signed", "store"]),
    ("copy", &["blobs", "fsck", "log", "store"]),
    ("export", &[]),
    ("download", &["access", "app", "blobs", "export", "log", "quota", "read", "trail", "words"]),
    ("compat", &["access", "app", "log", "read", "store"]),
    (
        "viewer",
        &[
            "access", "app", "download", "evidence", "export", "index", "log", "read", "settings", "store",
            "trail", "words",
        ],
    ),
    (
        "http",
        &[
            "access",
            "app",
            "blobs",
            "compat",
            "directory",
            "download",
            "export",
            "index",
            "log",
            "quota",
            "read",
            "settings",
            "store",
            "stream",
            "trail",
            "viewer",
        ],
    ),
    (
        "cli",
        &[
            "access",
            "app",
            "backup",
            "blobs",
            "config",
            "copy",
            "demo",
            "directory",
            "download",
            "evidence",
            "export",
            "fsck",
            "http",
            "index",
            "ledger",
            "log",
            "read",
            "settings",
            "signed",
            "store",
            "trail",
        ],
    ),
];

/// What others must trust stands on these and no more.
const CORE_MAY_DEPEND_ON: &[&str] = &[
    "base64",
    "ed25519-dalek",
    "jiff",
    "serde",
    "serde_json",
    "serde_json_canonicalizer",
    "sha2",
    "thiserror",
    "toml",
    "unicode-normalization",
];

/// Longest file, in lines; a longer one says in its `//!` why.
const LINES_MAX: usize = 900;

#[test]
fn modules_import_only_what_the_map_allows() {
    let mut used: BTreeSet<(String, String)> = BTreeSet::new();
    for (path, text) in sources("src") {
        let Some(module) = module_of(&path) else { continue };
        let (_, allowed) = MAY_IMPORT
            .iter()
            .find(|(name, _)| *name == module)
            .unwrap_or_else(|| panic!("{module} is not in MAY_IMPORT; add it and say what it may import"));
        for import in imports(&text) {
            let is_allowed = import == module || allowed.contains(&import.as_str());
            assert!(is_allowed, "{}: `{module}` may not import `{import}`", path.display());
            used.insert((module.clone(), import));
        }
    }
    for (module, allowed) in MAY_IMPORT {
        for import in *allowed {
            let is_used = used.contains(&((*module).to_owned(), (*import).to_owned()));
            assert!(is_used, "`{module}` does not import `{import}` any more: take it off the map");
        }
    }
}

#[test]
fn every_file_says_in_its_first_line_what_it_is() {
    for root in ["src", "core/src", "tests", "benches", "core/benches", "examples"] {
        for (path, text) in sources(root) {
            assert!(text.starts_with("//! "), "{}: begins without `//!`", path.display());
        }
    }
}

#[test]
fn files_are_short_and_hold_nothing_that_waits_to_be_mended() {
    // Put together so that this file does not hold them.
    let waits = ["FIX", "ME"].concat();
    let stubs = ["todo", "!("].concat();
    let ignored = ["#[", "ignore"].concat();
    let panics = ["#[", "should_panic"].concat();
    for root in ["src", "core/src", "tests"] {
        for (path, text) in sources(root) {
            for bad in [&waits, &stubs, &ignored, &panics] {
                assert!(!text.contains(bad.as_str()), "{}: holds {bad}", path.display());
            }
            assert!(text.lines().count() <= LINES_MAX, "{}: longer than {LINES_MAX} lines", path.display());
        }
    }
}

#[test]
fn the_clock_is_asked_in_one_file_only() {
    for (path, text) in sources("src") {
        let asks = text.contains("SystemTime::now")
            || text.contains("Timestamp::now")
            || text.contains("Zoned::now");
        assert!(!asks || path.ends_with("log.rs"), "{}: asks the clock", path.display());
    }
    for (path, text) in sources("core/src") {
        for bad in ["::now()", "std::fs", "std::net::Tcp", "async fn", "getrandom"] {
            assert!(!text.contains(bad), "{}: holds {bad}", path.display());
        }
    }
}

#[test]
fn core_depends_on_nothing_unlisted() {
    let manifest = fs::read_to_string("core/Cargo.toml").unwrap();
    let section = manifest.split("[dependencies]").nth(1).unwrap().split("\n[").next().unwrap();
    let names: BTreeSet<&str> =
        section.lines().filter_map(|line| line.split_once([' ', '=', '.'])).map(|it| it.0).collect();
    assert_eq!(names, CORE_MAY_DEPEND_ON.iter().copied().collect());
}

#[test]
fn tests_are_named_by_sentences() {
    for root in ["src", "core/src", "tests"] {
        for (path, text) in sources(root) {
            let mut lines = text.lines().map(str::trim);
            while let Some(line) = lines.next() {
                if line != "#[test]" {
                    continue;
                }
                let name = lines.by_ref().find_map(|line| line.strip_prefix("fn ")).unwrap_or_default();
                let name = name.split('(').next().unwrap_or_default();
                let is_sentence = !name.starts_with("test_") && name.split('_').count() >= 3;
                assert!(is_sentence, "{}: {name} is not a sentence", path.display());
            }
        }
    }
}

fn module_of(path: &Path) -> Option<String> {
    let first = path.strip_prefix("src").ok()?.components().next()?.as_os_str().to_str()?;
    let name = first.trim_end_matches(".rs");
    (!matches!(name, "lib" | "main")).then(|| name.to_owned())
}

/// The first segment behind every `crate::`, braces expanded; comments do not count.
fn imports(text: &str) -> BTreeSet<String> {
    let code: String =
        text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let mut found = BTreeSet::new();
    for tail in code.split("crate::").skip(1) {
        assert!(!tail.starts_with('{'), "write one `use crate::` a module");
        found.insert(tail.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
    }
    found
}

fn sources(root: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut directories = vec![PathBuf::from(root)];
    while let Some(directory) = directories.pop() {
        let Ok(entries) = fs::read_dir(&directory) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    found
}
