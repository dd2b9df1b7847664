//! What the parameters mean (T07 to T17), and what is said of wrong ones (T35). Deliberately absent: pages.

use serde_json::json;

use super::{PATH, Signing, TOTAL, assert_refused, created, example, step, system};
use crate::server::query;

/// A refusal in the one shape, about this parameter.
fn fault(signing: &Signing, params: &[(&str, &str)]) -> (String, String) {
    let mut told = Vec::new();
    for path in [PATH, TOTAL] {
        let answer = signing.ask(&format!("{path}{}", query(params)));
        assert_refused(&answer, 400);
        let status = &answer.body["responseStatus"];
        let first = &status["errors"][0];
        let text = |name: &str| first[name].as_str().unwrap().to_owned();
        assert_eq!(
            status["message"].as_str().unwrap(),
            format!("{}: {}", text("fieldName"), text("message"))
        );
        told.push((text("fieldName"), text("errorCode")));
    }
    assert_eq!(told[0], told[1]);
    told.remove(0)
}

/// T07, T08, T35.
#[test]
fn what_is_missing_reversed_unknown_or_unreadable_is_a_400_that_names_it() {
    let signing = Signing::start();
    let range = [("StartDate", "2024-01-01"), ("EndDate", "2024-01-31")];
    let told = |params: &[(&str, &str)]| {
        let (name, code) = fault(&signing, params);
        format!("{name} {code}")
    };
    assert_eq!(told(&[]), "StartDate Required");
    assert_eq!(told(&range[..1]), "EndDate Required");
    assert_eq!(told(&range[1..]), "StartDate Required");
    assert_eq!(told(&[("StartDate", " "), ("EndDate", "2024-01-31")]), "StartDate Required");
    for reversed in ["2024-01-31", "2024-02-01", "2024-01-31T00:00:00Z", "2024-01-31T01:00:00+01:00"] {
        assert_eq!(told(&[("StartDate", reversed), range[1]]), "StartDate Invalid", "{reversed}");
    }
    for unreadable in [
        "yesterday",
        "2024",
        "31.01.2024",
        "2024-02-30",
        "2024-01-01T25:00",
        "1704067200",
        "0000-01-01",
        "-000001-01-01",
        "+010000-01-01",
        "2024-01-01T00:00:00[Europe/Berlin]",
        "2024-01-01T00:00:00Z[UTC]",
        "Infinity",
        "٢٠٢٤-٠١-٠١",
        "2024-01-01\0",
    ] {
        assert_eq!(told(&[("StartDate", unreadable), range[1]]), "StartDate Invalid", "{unreadable}");
    }
    for (name, value) in [
        ("Take", "-1"),
        ("Take", "100001"),
        ("Take", "ten"),
        ("Take", "1e3"),
        ("Take", "99999999999999999999"),
        ("Skip", "-1"),
        ("Skip", "2147483648"),
        ("FlowType", "Fax"),
        ("StatusFilter", "Done"),
        ("StatusFilter", "Active,Completed"),
    ] {
        assert_eq!(told(&[&range[..], &[(name, value)]].concat()), format!("{name} Invalid"), "{value}");
    }
    let long = "x".repeat(1_025);
    let words = "ab ".repeat(21);
    for (name, value) in [("User", long.as_str()), ("Search", &words), ("Search", &long[..201])] {
        assert_eq!(told(&[&range[..], &[(name, value)]].concat()), format!("{name} Invalid"));
    }
    assert_eq!(told(&[&range[..], &[("format", "json")]].concat()), "format Unknown");
    assert_eq!(told(&[&range[..], &[("Skip", "1"), ("skip", "1")]].concat()), "Skip Repeated");
    for query in ["?User=%FF", "?User=%C3", "?%FF=1"] {
        let answer = signing.ask(&format!("{PATH}{query}"));
        assert_eq!(answer.status, 400, "{query}");
    }
    // Everything that is wrong is told at once.
    let answer = signing.ask(&format!("{PATH}?Take=x&Skip=y&FlowType=z&w=1"));
    let names = answer.body["responseStatus"]["errors"].as_array().unwrap().iter();
    let names: Vec<_> = names.map(|it| it["fieldName"].as_str().unwrap()).collect();
    assert_eq!(names, ["w", "StartDate", "EndDate", "FlowType", "Take", "Skip"]);
    let many: String = (0..500).map(|at| format!("a{at}=1&")).collect();
    let answer = signing.ask(&format!("{PATH}?{many}"));
    assert_eq!(answer.body["responseStatus"]["errors"].as_array().unwrap().len(), 20);
}

/// T07, T08, T19: from the first moment of one day until before the first of another, in UTC.
#[test]
fn a_process_is_found_by_any_event_inside_the_range_and_comes_whole() {
    let signing = Signing::start();
    let at = |day: &str| format!("2024-01-{day}Z");
    signing.record(&[
        created("sp1", &at("10T00:00:00.000"), json!({})),
        step("sp1", "document.started", &at("20T12:30:00.500"), system(), json!({})),
        step("sp1", "document.canceled", &at("30T23:59:59.999"), system(), json!({})),
    ]);
    let found = |from: &str, to: &str| {
        let found = signing.find(&[("StartDate", from), ("EndDate", to)]);
        for process in &found {
            assert_eq!(process["activityLog"].as_array().unwrap().len(), 3);
        }
        found.len()
    };
    for (from, to, expected) in [
        ("2024-01-10", "2024-01-11", 1),
        ("2024-01-09", "2024-01-10", 0),
        ("2024-01-11", "2024-01-20", 0),
        ("2024-01-11", "2024-01-21", 1),
        ("2024-01-30", "2024-01-31", 1),
        ("2024-01-31", "2024-02-01", 0),
        ("2024-01-20T12:30:00.5Z", "2024-01-20T12:30:00.5001Z", 1),
        ("2024-01-20T12:30:00.5000001Z", "2024-01-20T12:31:00Z", 0),
        ("2024-01-20T12:30", "2024-01-20T12:30:00.500", 0),
        ("2024-01-20T12:30:00.5000000Z", "2024-01-20T12:30:00.501", 1),
        ("2024-01-20 12:30:00", "2024-01-20 12:31:00", 1),
        ("2024-01-20T14:30:00+02:00", "2024-01-20T14:31:00+02:00", 1),
        ("2024-01-20T14:30:00 02:00", "2024-01-20T14:31:00 02:00", 1),
        ("2024-01-20T07:30:00-05:00", "2024-01-20T07:31:00-05:00", 1),
        ("2024-01-30T23:59:59.9990000Z", "2024-01-30T23:59:59.9999999Z", 1),
        ("0001-01-01", "9999-12-31", 1),
        ("0001-01-01T00:00:00.0000000", "9999-12-31T23:59:59.9999999", 1),
        ("0001-01-01", "0001-01-02", 0),
        ("9999-12-30", "9999-12-31", 0),
    ] {
        assert_eq!(found(from, to), expected, "{from} to {to}");
    }
    // As forms write it, and as it stands.
    for query in [
        "?StartDate=2024-01-20T12%3A30%3A00Z&EndDate=2024-01-20T12%3a31%3a00Z",
        "?StartDate=2024-01-20T12:30:00Z&EndDate=2024-01-20T12:31:00Z",
        "?StartDate=2024-01-20T14:30:00%2B02:00&EndDate=2024-01-20T14:31:00+02:00",
        "?startdate=2024-01-20&ENDDATE=2024-01-21&&",
    ] {
        let answer = signing.ask(&format!("{PATH}{query}"));
        assert_eq!(answer.body.as_array().map(Vec::len), Some(1), "{query}: {answer:?}");
    }
}

/// T11 to T16.
#[test]
fn filters_narrow_down_each_and_together() {
    let signing = Signing::start();
    let at = "2024-01-10T00:00:00Z";
    signing.record(&example());
    let zoe = json!({"type": "user", "id": "u_2", "email": "Zoe@Acme.Example"});
    let mut other = created("SP-Two", at, json!({"file_name": "Größe.pdf", "flow_type": "FillAndSign"}));
    other["actor"] = zoe;
    let signee = |name: &str| json!({"signee": "si2", "metadata": {"signee": {"name": name, "ssn": "777"}}});
    signing.record(&[
        other,
        step("SP-Two", "signee.added", at, system(), signee("Łukasz Nowak")),
        created("sp3", at, json!({"file_name": "c.pdf", "flow_key": "f3"})),
        step("sp3", "document.started", at, system(), json!({})),
        created("sp4", at, json!({})),
        step("sp4", "document.canceled", at, system(), json!({})),
        created("sp5", at, json!({})),
        step("sp5", "document.expired", at, system(), json!({})),
    ]);
    let one = super::KEY;
    for (name, value, expected) in [
        ("User", "ana@acme.example", &[one, "sp3", "sp4", "sp5"][..]),
        ("User", "zoe@acme.example", &["SP-Two"]),
        ("User", "ZOE@ACME.EXAMPLE", &["SP-Two"]),
        ("User", "zoe", &[]),
        ("User", "bob@globex.example", &[]),
        ("ProcessKey", "sp3", &["sp3"]),
        ("ProcessKey", "SP3", &[]),
        ("ProcessKey", "sp", &[]),
        ("FlowType", "DropAndSign", &[one]),
        ("FlowType", "fillandsign", &["SP-Two"]),
        ("FlowType", "PEP", &[]),
        ("FlowKey", "f3", &["sp3"]),
        ("FlowKey", "F3", &[]),
        ("Search", "445566", &[one]),
        ("Search", "SP-TWO", &["SP-Two"]),
        ("Search", "sp-two", &["SP-Two"]),
        ("Search", "bob stone", &[one]),
        ("Search", "stone bob", &[one]),
        ("Search", "bob nowak", &[]),
        ("Search", "GLOBEX.example", &[one]),
        ("Search", "555010", &[one]),
        ("Search", "010190-1234", &[one]),
        ("Search", "lukasz", &["SP-Two"]),
        ("Search", "grosse.PDF", &["SP-Two"]),
        ("Search", ".pdf", &[one, "SP-Two", "sp3"]),
        ("Search", "%", &[]),
        ("Search", "_", &[]),
        ("Search", "Reykjavik", &[]),
        ("StatusFilter", "All", &[one, "SP-Two", "sp3", "sp4", "sp5"]),
        ("StatusFilter", "Completed", &[one]),
        ("StatusFilter", "Active", &["SP-Two", "sp3"]),
        ("StatusFilter", "InActive", &["sp4", "sp5"]),
        ("StatusFilter", "inactive", &["sp4", "sp5"]),
    ] {
        assert_eq!(signing.keys(&[(name, value)]), expected, "{name}={value}");
    }
    assert_eq!(signing.keys(&[("User", "ana@acme.example"), ("StatusFilter", "Active")]), ["sp3"]);
    assert_eq!(signing.keys(&[("User", ""), ("Search", " "), ("Take", ""), ("StatusFilter", "")]).len(), 5);
}
