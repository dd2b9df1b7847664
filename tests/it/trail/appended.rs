//! What a whole says of itself when a trail lies behind an original: how it is read aloud, and whether it is PDF/A or PDF/UA.
//! veraPDF is the judge. Deliberately absent: trails alone and around a document, which are in `judged`.

use everlog::trail::append::append;
use everlog::trail::append::claims::{Claims, Level, claims, with_claims};
use everlog::trail::append::structure::Structure;
use everlog::trail::file::File;
use everlog::trail::file::object::{Dict, Object};
use everlog::trail::finish::{Document, Way, finish};
use everlog::trail::inspect::{Condition, inspect};
use everlog::trail::pdf::{A4, draw};
use serde_json::{Value, json};

use crate::trail::hostile::file;
use crate::trail::judged::{Case, assert_held, judge};
use crate::trail::pdf::drawn;
use crate::trail::sealing::{NOW_MS, key, original, sealer};
use crate::trail::validators::{LATER_S, trust, validate};
use crate::trail::{PEOPLE, Story};

/// Originals, what they say of themselves, and what the whole says of itself: the part of PDF/A, its level, and PDF/UA.
type Said = (Option<&'static str>, Option<&'static str>, Option<&'static str>);
const NOTHING: Said = (None, None, None);
const SAID: &[(&str, Said, &[&str])] = &[
    ("office_2b.pdf", (Some("3"), Some("B"), None), &["3b"]),
    ("office_3b.pdf", (Some("3"), Some("B"), None), &["3b"]),
    ("office_3b_linearized.pdf", (Some("3"), Some("B"), None), &["3b"]),
    ("office_3b_attached.pdf", (Some("3"), Some("B"), None), &["3b"]),
    ("office_ua.pdf", (None, None, Some("1")), &["ua1"]),
    ("chromium_ua.pdf", (None, None, Some("1")), &["ua1"]),
    ("drawn", (Some("3"), Some("A"), Some("1")), &["3a", "ua1"]),
    // The first part knows no files in files, and has rules that the third has not kept.
    ("office_1a.pdf", NOTHING, &[]),
    // A file in a document of the second part is not filed as the third wants it.
    ("office_2b_attached.pdf", NOTHING, &[]),
    ("classic.pdf", NOTHING, &[]),
    ("chromium.pdf", NOTHING, &[]),
];

/// A document of our own house that carries nothing; or one that is kept.
fn original_of(name: &str) -> Vec<u8> {
    match name {
        "drawn" => draw(&Story::signed_by(&["Zoë Müller"]).trail(), A4, &[]).unwrap(),
        name => original(name),
    }
}

fn whole(name: &str, locale: &'static str) -> Vec<u8> {
    let bytes = original_of(name);
    let mut story = Story::signed_by(&PEOPLE);
    story.locale = locale;
    let document = Document { bytes: &bytes, file_name: name };
    let finished = finish(Some(document), &drawn(&story.trail()), sealer(&key()), NOW_MS).unwrap();
    assert_eq!(finished.way, Way::Appended, "{name}");
    assert!(finished.bytes.starts_with(&bytes));
    finished.bytes
}

/// L43: what an original says of itself and keeps with a trail behind it, it says still; and nothing else.
#[test]
fn a_whole_says_of_itself_what_a_judge_confirms() {
    let mut cases = Vec::new();
    for (name, _, standards) in SAID {
        cases.push(Case::new(&format!("appended-{name}"), whole(name, "de"), standards));
    }
    assert_held(&cases);
}

/// A tagged original has one more part and stays tagged; one that is not tagged does not say so.
#[test]
fn what_is_read_aloud_goes_on_with_the_trail() {
    let (key, directory) = (key(), tempfile::tempdir().unwrap());
    let mut paths = Vec::new();
    for (name, ..) in SAID {
        let path = directory.path().join(name);
        std::fs::write(&path, whole(name, "ar")).unwrap();
        paths.push(path);
    }
    let Some(said) = validate(&trust(&key, &directory), LATER_S, &paths) else { return };
    for ((name, expected, _), said) in SAID.iter().zip(&said) {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let claims = (text(&said["claims"]), text(&said["level"]), text(&said["accessible"]));
        let expected =
            (expected.0.map(str::to_owned), expected.1.map(str::to_owned), expected.2.map(str::to_owned));
        assert_eq!(claims, expected, "{name}: {said}");
        let structure = &said["structure"];
        let is_tagged = *name != "classic.pdf";
        assert_eq!(structure["marked"], is_tagged, "{name}: {structure}");
        assert_eq!(structure["children"], json!(["/Document"]), "{name}: {structure}");
        // A document that is tagged has the trail as its last part; the trail's own ends with a table.
        let last = if is_tagged { "/Part" } else { "/Table" };
        assert_eq!(structure["last"], last, "{name}: {structure}");
        assert_eq!(structure["is_next_free"], true, "{name}: {structure}");
        let known = structure["known"].as_array().unwrap();
        let is_known = |pages: &[Value]| pages.iter().all(|it| it.as_u64().unwrap() > 0);
        assert!(is_known(&known[known.len() - 2..]), "{name}: {structure}");
        assert_eq!(is_known(known), is_tagged, "{name}: {structure}");
    }
}

/// What veraPDF finds in a whole it found in the original alone: a trail brings no fault with it.
#[test]
fn a_trail_brings_no_fault_to_what_is_tagged() {
    let names = ["chromium.pdf", "office_3b.pdf", "office_1a.pdf", "office_2b_attached.pdf"];
    let pairs = names.map(|name| [(name, original(name)), (name, whole(name, "en"))]);
    let cases: Vec<Case> = pairs
        .into_iter()
        .flatten()
        .map(|(name, bytes)| Case::new(&format!("faults-{name}"), bytes, &["ua1"]))
        .collect();
    let Some(said) = judge(&cases) else { return };
    let rules = |faults: &[String]| -> Vec<String> {
        let mut rules: Vec<String> =
            faults.iter().map(|it| it.split(' ').next().unwrap_or_default().to_owned()).collect();
        rules.sort();
        rules
    };
    for pair in said.chunks(2) {
        let [(name, _, before), (_, _, after)] = pair else { panic!("{pair:?}") };
        assert_eq!(rules(before), rules(after), "{name}: {before:?} {after:?}");
    }
}

#[test]
fn claims_are_read_as_elements_and_as_attributes() {
    let elements =
        "<r><pdfaid:part xmlns:pdfaid='x'> 2 </pdfaid:part><pdfaid:conformance>U</pdfaid:conformance></r>";
    let attributes = "<r pdfaid:part='2'\n pdfaid:conformance = \"U\" pdfaid:amd='x' pdfuaid:part=\"1\"/>";
    let unicode = Some((2, Level::Unicode));
    assert_eq!(claims(elements), Claims { archive: unicode, is_accessible: false });
    assert_eq!(claims(attributes), Claims { archive: unicode, is_accessible: true });
    let kept = Claims { archive: Some((3, Level::Unicode)), is_accessible: false };
    let third =
        "<r><pdfaid:part xmlns:pdfaid='x'>3</pdfaid:part><pdfaid:conformance>U</pdfaid:conformance></r>";
    assert_eq!(with_claims(elements, kept).unwrap(), third);
    let third = "<r pdfaid:part='3'\n pdfaid:conformance = \"U\"  />";
    assert_eq!(with_claims(attributes, kept).unwrap(), third);
    // Twice, or unknown: nobody knows which.
    let doubtful = [
        "<r pdfaid:part='2' pdfaid:part='3' pdfaid:conformance='B'/>",
        "<r pdfaid:part='2' pdfaid:conformance='b'/>",
    ];
    for text in doubtful {
        assert_eq!(claims(text), Claims::default(), "{text}");
    }
}

/// A document of one page, with these members of its catalog and these objects from the fourth on.
fn document(members: &str, rest: &[&str]) -> Vec<u8> {
    let catalog = format!("<</Type/Catalog/Pages 2 0 R{members}>>");
    let mut objects = vec![
        catalog.as_str(),
        "<</Type/Pages/MediaBox[0 0 595 842]/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/Resources<<>>/StructParents 11>>",
    ];
    objects.extend(rest);
    file(&objects.iter().map(|it| it.as_bytes().to_vec()).collect::<Vec<_>>())
}

/// The catalog of a whole and the root of its structure.
fn structure_of(bytes: &[u8]) -> (Dict, Dict) {
    let file = File::read(bytes).unwrap();
    let catalog = file.catalog().unwrap();
    let root = file.member_dict(&catalog, "StructTreeRoot").unwrap();
    (catalog, root)
}

/// Keys of the trail come behind every key that is taken, whatever the original says of the next; branches stay as they are.
#[test]
fn a_tree_of_parents_is_gone_on_with() {
    let trail = drawn(&Story::signed_by(&["Zoë"]).trail());
    let tree =
        "<</Type/StructTreeRoot/K 5 0 R/ParentTree 6 0 R/ParentTreeNextKey 3/RoleMap<</Chapter/Sect>>>>";
    let element = "<</Type/StructElem/S/Chapter/P 4 0 R/K[]>>";
    let trees: [&[&str]; 3] = [
        &[tree, element, "<</Nums[0[5 0 R]9 5 0 R]>>"],
        &[tree, element, "<</Kids[7 0 R]>>", "<</Limits[0 9]/Nums[0[5 0 R]9 5 0 R]>>"],
        &[tree, element, "null"],
    ];
    for objects in trees {
        let bytes = document("/StructTreeRoot 4 0 R/MarkInfo<</Marked true>>", objects);
        let whole = append(&bytes, &trail).unwrap();
        let (catalog, root) = structure_of(&whole);
        assert_eq!(catalog.get("StructTreeRoot").unwrap().as_reference().unwrap().number, 4);
        let file = File::read(&whole).unwrap();
        let parents = file.member_dict(&root, "ParentTree").unwrap();
        let branches = file.member_array(&parents, "Kids").unwrap();
        let limits: Vec<Vec<i64>> = branches
            .iter()
            .map(|it| file.resolve(it).unwrap())
            .map(|it| file.member_array(it.as_dict().unwrap(), "Limits").unwrap())
            .map(|it| it.iter().filter_map(Object::as_integer).collect())
            .collect();
        // The page says eleven, which its tree does not know.
        let added = limits.last().unwrap();
        assert_eq!(added[0], 12, "{limits:?}");
        assert_eq!(limits.len(), if objects[2] == "null" { 1 } else { 2 }, "{limits:?}");
        assert!(limits.len() == 1 || limits[0] == [0, 9], "{limits:?}");
        assert_eq!(file.member(&root, "ParentTreeNextKey").unwrap().as_integer(), Some(added[1] + 1));
        // What was at the top alone, and no document, is in one with the trail.
        let top = file.resolve(&file.member_array(&root, "K").unwrap()[0]).unwrap();
        let kinds: Vec<Object> = file
            .member_array(top.as_dict().unwrap(), "K")
            .unwrap()
            .iter()
            .filter_map(|it| file.resolve(it).unwrap().as_dict()?.get("S").cloned())
            .collect();
        assert!(top.as_dict().unwrap().is("S", "Document"));
        assert_eq!(kinds, [Object::name("Chapter"), Object::name("Part")]);
        let roles = file.member_dict(&root, "RoleMap").unwrap();
        assert!(roles.is("Chapter", "Sect"), "{roles:?}");
    }
}

/// Where there is more than one element at the top already, the trail is one more.
#[test]
fn many_elements_at_the_top_stay_there() {
    let trail = drawn(&Story::signed_by(&["Zoë"]).trail());
    let objects = [
        "<</Type/StructTreeRoot/K[5 0 R 6 0 R]>>",
        "<</Type/StructElem/S/P/P 4 0 R>>",
        "<</Type/StructElem/S/P/P 4 0 R>>",
    ];
    let whole = append(&document("/StructTreeRoot 4 0 R", &objects), &trail).unwrap();
    let (_, root) = structure_of(&whole);
    assert_eq!(root.get("K").and_then(Object::as_array).unwrap().len(), 3);
}

/// Who says that it is tagged and is not, says so no longer: what reads aloud would pass over its pages.
#[test]
fn only_what_is_tagged_says_so() {
    let trail = drawn(&Story::signed_by(&["Zoë"]).trail());
    for (members, said) in [("/MarkInfo<</Marked true/UserProperties true>>", Some(false)), ("", None)] {
        let (catalog, root) = structure_of(&append(&document(members, &[]), &trail).unwrap());
        let said = said.map(Object::Bool);
        let marks = catalog.get("MarkInfo").and_then(Object::as_dict);
        assert_eq!(marks.and_then(|it| it.get("Marked")), said.as_ref());
        assert!(root.get("ParentTree").is_some());
    }
}

#[test]
fn a_structure_that_cannot_be_gone_on_with_is_left_alone() {
    let cases = [
        ("/StructTreeRoot<</Type/StructTreeRoot>>", "nothing can refer to the root of its structure"),
        ("/StructTreeRoot 2 0 R/StructTreeRoot 4 0 R", "its tree of parents is broken"),
    ];
    for (members, why) in cases {
        let bytes = document(members, &["<</Type/StructTreeRoot/ParentTree<</Nums[/A 0]>>>>"]);
        assert_eq!(inspect(&bytes).unwrap().condition, Condition::Unsure(why));
    }
}

/// A document without headings of levels is not beside ours, which have some.
#[test]
fn plain_headings_end_the_claim_to_be_accessible() {
    let root = "<</Type/StructTreeRoot/K 5 0 R>>";
    let kinds = [("/S/H1", "", false), ("/S/H", "", true), ("/S/Title", "/RoleMap<</Title/H>>", true)];
    for (kind, roles, is_plain) in kinds {
        let root = root.replace("/K 5", &format!("{roles}/K 5"));
        let element =
            format!("<</Type/StructElem/S/Document/P 4 0 R/K[<</Type/StructElem{kind}/P 5 0 R>>]>>");
        let bytes = document("/StructTreeRoot 4 0 R", &[&root, &element]);
        let file = File::read(&bytes).unwrap();
        let structure = Structure::read(&file, &file.catalog().unwrap()).unwrap().unwrap();
        assert_eq!(structure.has_plain_headings(&file).unwrap(), is_plain, "{kind}");
    }
}
