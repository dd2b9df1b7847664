//! `GET events`, `total`, `facets`, `histogram`: every parameter, every order, every page, and what tries to be more than a
//! parameter. Deliberately absent: what words find; the index has an oracle for that.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::server::{Answer, Server, query};

const EVENTS: &str = "/v1/organizations/acme/events";
const SORTS: [&str; 6] = ["time", "action", "category", "kind", "actor", "ip"];
const KINDS: [&str; 5] = ["created", "updated", "deleted", "transferred", "other"];
/// How many events the log of these tests holds: more than a page, with many that are equal in what they are sorted by.
const COUNT: usize = 300;

fn number(random: &mut u64, below: usize) -> usize {
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    usize::try_from(*random >> 8).unwrap() % below
}

fn sent(at: usize) -> Value {
    let actions =
        ["lead.created", "lead.updated", "lead.deleted", "lead.transferred", "odd.thing", "user.invited"];
    // Ties in everything, times out of order.
    let minute = at * 37 % 90;
    json!({
        "id": format!("e-{at}"), "action": actions[at % 6], "occurred_at": format!("2026-03-{:02}T10:{:02}:00Z", 1 + at % 5, minute % 60),
        "actor": {"type": "user", "id": format!("u_{}", at % 4), "name": (["Ána", "bob", "Čeněk", "ana"][at % 4]), "email": format!("u{}@x.example", at % 4)},
        "targets": [{"type": (["lead", "deal"][at % 2]), "id": format!("l_{}", at % 11), "name": format!("Target {}", at % 11)}],
        "process": format!("p_{}", at % 3), "outcome": (["success", "failure", "denied"][at % 3]),
        "context": if at.is_multiple_of(5) { json!({}) } else { json!({"ip": format!("10.0.{}.1", at % 13)}) },
        "metadata": {"number": at, "word": format!("word{}", at % 17)},
    })
}

fn world() -> (Server, String) {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let events: Vec<Value> = (0..COUNT).map(sent).collect();
    let answer = server.post(EVENTS, &key, &json!(events));
    assert_eq!(answer.body["created"], COUNT, "{answer:?}");
    (server, key)
}

fn get(server: &Server, key: &str, path: &str, params: &[(&str, &str)]) -> Answer {
    server.get(&format!("{EVENTS}{path}{}", query(params)), key)
}

fn ids(page: &Value) -> Vec<String> {
    page["data"].as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect()
}

/// Follows `next` to the end, then `previous` to the beginning; both are what one long page is.
#[test]
fn paging_forwards_and_backwards_in_every_order_is_one_long_page() {
    let (server, key) = world();
    for by in SORTS {
        for sort in [by.to_owned(), format!("-{by}")] {
            let whole = ids(&get(&server, &key, "", &[("sort", &sort), ("limit", "1000")]).body);
            assert_eq!(whole.len(), COUNT);
            let (mut forwards, mut page) =
                (Vec::new(), get(&server, &key, "", &[("sort", &sort), ("limit", "23")]).body);
            assert_eq!(page["previous"], Value::Null);
            let mut last = page.clone();
            loop {
                forwards.extend(ids(&page));
                last = if ids(&page).is_empty() { last } else { page.clone() };
                let Some(next) = page["next"].as_str() else { break };
                page = get(&server, &key, "", &[("cursor", next), ("limit", "23")]).body;
            }
            assert_eq!(forwards, whole, "{sort}");
            let mut backwards = ids(&last);
            page = last;
            while let Some(previous) = page["previous"].as_str() {
                // The same query may be said again, and pages may have another length.
                page = get(&server, &key, "", &[("cursor", previous), ("limit", "31"), ("sort", &sort)]).body;
                backwards = [ids(&page), backwards].concat();
            }
            assert_eq!(backwards, whole, "{sort}, backwards");
            for skip in [0, 1, 22, 299, 300, 5_000] {
                let skipped =
                    get(&server, &key, "", &[("sort", &sort), ("skip", &skip.to_string()), ("limit", "10")]);
                let expected: Vec<_> = whole.iter().skip(skip).take(10).cloned().collect();
                assert_eq!(ids(&skipped.body), expected, "{sort}, skip {skip}");
            }
        }
    }
}

/// The order is by what is shown; what is equal follows newest first, in both directions.
#[test]
fn every_order_is_by_what_is_shown_and_then_newest_first() {
    let (server, key) = world();
    let newest: Vec<String> = ids(&get(&server, &key, "", &[("limit", "1000")]).body);
    let place: BTreeMap<_, _> = newest.iter().enumerate().map(|(at, id)| (id.clone(), at)).collect();
    for by in ["action", "category", "kind", "actor"] {
        for sort in [by.to_owned(), format!("-{by}")] {
            let page = get(&server, &key, "", &[("sort", &sort), ("limit", "1000")]).body;
            let data = page["data"].as_array().unwrap();
            let shown = |event: &Value| match by {
                "action" => event["label"].clone(),
                "actor" => event["actor"]["name"].clone(),
                other => event[other].clone(),
            };
            let mut seen: Vec<Value> = Vec::new();
            for pair in data.windows(2) {
                if shown(&pair[0]) == shown(&pair[1]) {
                    let at = |event: &Value| place[event["id"].as_str().unwrap()];
                    assert!(at(&pair[0]) < at(&pair[1]), "{sort}: newest first");
                } else {
                    assert!(!seen.contains(&shown(&pair[1])), "{sort}: equal values stand together");
                    seen.push(shown(&pair[0]));
                }
            }
        }
    }
    let times: Vec<_> = get(&server, &key, "", &[("sort", "time"), ("limit", "1000")]).body["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| (it["occurred_at"].as_str().unwrap().to_owned(), it["seq"].as_u64()))
        .collect();
    assert!(times.is_sorted());
}

/// The first page fixes what is there: events that come later are on no later page, in no later total.
#[test]
fn later_pages_hold_what_was_there_when_the_first_was_asked_for() {
    let (server, key) = world();
    let first = get(&server, &key, "", &[("limit", "100"), ("sort", "actor")]).body;
    let mut more: Vec<Value> = (0..50).map(sent).collect();
    more.iter_mut().enumerate().for_each(|(at, it)| it["id"] = json!(format!("late-{at}")));
    assert_eq!(server.post(EVENTS, &key, &json!(more)).body["created"], 50);
    let mut all = ids(&first);
    let mut page = first;
    while let Some(next) = page["next"].as_str() {
        page = get(&server, &key, "", &[("cursor", next), ("limit", "100")]).body;
        all.extend(ids(&page));
    }
    assert_eq!(all.len(), COUNT);
    assert!(!all.iter().any(|id| id.starts_with("late")));
    for (size, expected) in
        [("0", 0), ("1", 1), ("299", 299), ("300", 300), ("350", 350), ("18446744073709551615", 350)]
    {
        let total = get(&server, &key, "/total", &[("size", size)]);
        assert_eq!(total.body["total"], expected, "size={size}");
        assert_eq!(ids(&get(&server, &key, "", &[("size", size), ("limit", "1000")]).body).len(), expected);
    }
}

#[test]
fn a_cursor_with_another_query_is_400_and_so_is_one_that_was_touched() {
    let (server, key) = world();
    let first = get(&server, &key, "", &[("limit", "10"), ("kind", "created"), ("sort", "actor")]).body;
    let cursor = first["next"].as_str().unwrap().to_owned();
    let bad = |params: &[(&str, &str)]| {
        let answer = get(&server, &key, "", params);
        answer.assert_problem(400, "invalid_parameter");
        answer.body["errors"][0]["pointer"].as_str().unwrap().to_owned()
    };
    for other in [("kind", "deleted"), ("sort", "time"), ("q", "x"), ("range", "today")] {
        assert_eq!(bad(&[("cursor", &cursor), other]), "cursor");
    }
    assert_eq!(bad(&[("cursor", &cursor), ("kind", "created")]), "cursor");
    assert_eq!(bad(&[("cursor", &cursor), ("skip", "3")]), "skip");
    assert_eq!(bad(&[("cursor", &cursor), ("cursor", &cursor)]), "cursor");
    assert_eq!(bad(&[("cursor", &cursor), ("unknown", "1")]), "cursor");
    let again = [("cursor", cursor.as_str()), ("sort", "actor"), ("kind", "created")];
    assert_eq!(get(&server, &key, "", &again).status, 200, "the same query in another order is the same");
    for at in 0..cursor.len() {
        let mut touched = cursor.clone();
        touched.replace_range(at..=at, if cursor.as_bytes()[at] == b'A' { "B" } else { "A" });
        assert_eq!(bad(&[("cursor", &touched)]), "cursor");
    }
    for odd in [
        "x",
        "=",
        "AAAA",
        "..",
        "null",
        "-1",
        "9223372036854775808",
        "\u{0}",
        &"A".repeat(20_000),
        &cursor[1..],
        &format!("{cursor}A"),
        &format!("{cursor}="),
    ] {
        assert_eq!(bad(&[("cursor", odd)]), "cursor", "{odd:.40}");
    }
    // It is sealed: positions would tell a restricted reader how much is hidden.
    assert!(!cursor.contains("actor") && !cursor.contains("created"));
}

/// F of the hostile list: what is code elsewhere is a value here, of which there is none, or a 400 that names it.
#[test]
fn injections_in_every_parameter_are_values_that_nothing_has_or_are_refused_by_name() {
    let (server, key) = world();
    let strings = [
        "' OR 1=1--",
        "\"; drop table event; --",
        "1); delete from event where (1=1",
        "%",
        "_",
        "\\",
        "*",
        "?",
        ".*",
        "$.x[*]",
        "{{7*7}}",
        "${jndi:ldap://x}",
        "organization:*",
        "group:x OR group:*",
        "NEAR(a b)",
        "a^2",
        "a:b:c",
        "(((((",
        "\u{0}",
        "\n",
        "\u{202e}",
        "\u{feff}",
        "Ω≈ç√",
        "null",
        "-1",
        "NaN",
        "1e309",
        "../../etc/passwd",
        "<script>alert(1)</script>",
        "0; --",
        "/**/union/**/select",
        "[",
        "+",
        "AND",
        "NOT",
        "TO",
    ];
    let mut params: Vec<&str> = everlog_core::query::PARAMETERS.to_vec();
    params.extend(["limit", "skip", "size", "cursor"]);
    for param in params {
        for text in strings {
            for path in ["", "/total", "/facets", "/histogram"] {
                let answer = get(&server, &key, path, &[(param, text)]);
                if answer.status == 400 {
                    answer.assert_problem(400, "invalid_parameter");
                    assert_eq!(answer.body["errors"][0]["pointer"], param, "{text}");
                } else {
                    assert_eq!(answer.status, 200, "{param}={text}: {answer:?}");
                    // Everything that exact filters find here is nothing; a lone sign is no word to search for.
                    let is_wide = ["q", "action", "limit", "skip", "size"].contains(&param);
                    if path == "/total" && !is_wide {
                        assert_eq!(answer.body["total"], 0, "{param}={text}");
                    }
                }
            }
        }
    }
    for name in
        ["order", "order_by", "sort[]", "where", "fields ", "q'", "kind; drop", "\u{0}", &"x".repeat(1_000)]
    {
        let answer = get(&server, &key, "", &[(name, "x")]);
        answer.assert_problem(400, "invalid_parameter");
    }
    assert_eq!(server.size("acme"), COUNT as u64);
    server.check_log();
}

/// D17, L10: what a filter finds and what it leaves out are the whole, in every count and in the list.
#[test]
fn what_a_filter_finds_and_what_it_leaves_out_are_everything() {
    let (server, key) = world();
    let total =
        |params: &[(&str, &str)]| get(&server, &key, "/total", params).body["total"].as_u64().unwrap();
    for (name, value) in [
        ("actor", "u_1"),
        ("actor", "U1@x.example"),
        ("category", "Leads"),
        ("action", "lead.*"),
        ("kind", "deleted"),
        ("outcome", "denied"),
        ("target", "lead:l_4"),
        ("target_type", "deal"),
        ("ip", "10.0.5.1"),
        ("process", "p_2"),
    ] {
        let not = format!("{name}:{value}");
        let (with, without) = (total(&[(name, value)]), total(&[("not", &not)]));
        assert!(with > 0 && with + without == COUNT as u64, "{not}: {with} and {without}");
        assert_eq!(total(&[(name, value), ("not", &not)]), 0, "{not}");
        let page = get(&server, &key, "", &[("not", &not), ("limit", "1000")]);
        assert_eq!(ids(&page.body).len() as u64, without, "{not}");
        let histogram = get(&server, &key, "/histogram", &[("not", &not)]).body;
        let counted = histogram["buckets"].as_array().unwrap().iter();
        let counted: u64 = counted.flat_map(|it| KINDS.map(|kind| it[kind].as_u64().unwrap())).sum();
        assert_eq!(counted, without, "{not}");
    }
    // The facet of a field still offers what was taken away; the others do not count it.
    let facets = get(&server, &key, "/facets", &[("not", "kind:deleted"), ("fields", "kind,action")]).body;
    let has =
        |field: &str, value: &str| facets[field].as_array().unwrap().iter().any(|it| it["value"] == value);
    assert!(has("kind", "deleted") && !has("action", "lead.deleted") && has("action", "lead.created"));
    // Every one of them is obeyed, and with the filters.
    let both = total(&[("not", "kind:deleted"), ("not", "actor:u_1"), ("not", "actor:u_2")]);
    let counted = (0..COUNT).filter(|at| at % 6 != 2 && ![1, 2].contains(&(at % 4))).count();
    assert_eq!(both, counted as u64);
}

/// An id, an e-mail or a part of a name finds an actor; equal names are told apart by their e-mails.
#[test]
fn actors_beyond_the_most_active_are_found_by_a_part_of_what_is_shown() {
    let (server, key) = world();
    for (part, values) in
        [("u_3", vec!["u_3"]), ("ana", vec!["u_0", "u_3"]), ("2@x.ex", vec!["u_2"]), ("cen", vec!["u_2"])]
    {
        let facets = get(&server, &key, "/facets", &[("fields", "actor"), ("prefix", part)]).body;
        let mut found: Vec<_> =
            facets["actor"].as_array().unwrap().iter().map(|it| it["value"].as_str().unwrap()).collect();
        found.sort_unstable();
        assert_eq!(found, values, "{part}");
        assert!(facets["actor"][0]["detail"].as_str().unwrap().ends_with("@x.example"), "{facets}");
    }
}

#[test]
fn numbers_out_of_bounds_are_400_and_named() {
    let (server, key) = world();
    let cases = [
        (
            "limit",
            vec!["0", "-1", "1001", "1000000000", "1e3", "NaN", "0x10", "1.0", "18446744073709551616", "１"],
        ),
        ("skip", vec!["-1", "1000001", "18446744073709551616", "x", "1.5"]),
        ("size", vec!["-1", "18446744073709551616", "x"]),
        ("sort", vec!["Time", "--time", "time,actor", "-", "seq", "time desc", "1"]),
        ("kind", vec!["Created", "created,updated", "x"]),
        ("outcome", vec!["ok", "Success"]),
        ("target", vec!["lead", ":", "lead:", ":l_1"]),
        (
            "not",
            vec![
                "kind",
                ":",
                "kind:",
                "q:x",
                "not:kind:created",
                "kind:x",
                "ip:x",
                "target:lead",
                "action:l*d",
            ],
        ),
        ("range", vec!["Today", "last_8_days", "tomorrow"]),
        ("tz", vec!["Mars", "+99:00", "Europe/Berlin; x"]),
        ("from", vec!["x", "2026-13-01", "2026-02-30T00:00:00Z", "1e9", "-1"]),
        ("to", vec!["x", "99999-01-01", "2026-01-01T99:00:00Z"]),
    ];
    for (name, values) in &cases {
        for value in values {
            for path in ["", "/total", "/facets", "/histogram"] {
                let answer = get(&server, &key, path, &[(name, value)]);
                answer.assert_problem(400, "invalid_parameter");
                assert_eq!(answer.body["errors"][0]["pointer"], *name, "{value}");
            }
        }
    }
    for once in ["q", "sort", "from", "to", "range", "tz", "limit", "skip", "size"] {
        let value = match once {
            "sort" => "time",
            "range" => "all",
            "tz" => "UTC",
            "from" | "to" => "2026-01-01",
            "q" => "x",
            _ => "1",
        };
        let answer = get(&server, &key, "", &[(once, value), (once, value)]);
        answer.assert_problem(400, "invalid_parameter");
        assert_eq!(answer.body["errors"][0]["pointer"], once);
    }
    let both = [("range", "today"), ("from", "2026-01-01")];
    get(&server, &key, "", &both).assert_problem(400, "invalid_parameter");
    get(&server, &key, "", &[("from", "2026-02-01"), ("to", "2026-01-01")])
        .assert_problem(400, "invalid_parameter");
    get(&server, &key, "/facets", &[("fields", "category,password")])
        .assert_problem(400, "invalid_parameter");
    // Times at the ends of what a calendar holds are times.
    for ends in [
        [("from", "0001-01-01"), ("to", "9999-12-31")],
        [("from", "-009000-01-02T00:00:00Z"), ("to", "9999-12-30T22:00:00.999Z")],
    ] {
        assert_eq!(get(&server, &key, "/total", &ends).body["total"], COUNT);
        assert_eq!(get(&server, &key, "/histogram", &ends).status, 200);
    }
}

/// Limits exactly at and one over: characters and terms of a search, values of a filter, parameters of a URL.
#[test]
fn the_limits_of_a_question_hold_at_and_one_over() {
    let (server, key) = world();
    let status = |params: &[(&str, &str)]| get(&server, &key, "/total", params).status;
    let text = |chars: usize| "é".repeat(chars);
    assert_eq!((status(&[("q", &text(200))]), status(&[("q", &text(201))])), (200, 400));
    let terms = |count: usize| vec!["word1"; count].join(" ");
    assert_eq!((status(&[("q", &terms(20))]), status(&[("q", &terms(21))])), (200, 400));
    let value = |bytes: usize| "x".repeat(bytes);
    assert_eq!((status(&[("actor", &value(1_024))]), status(&[("actor", &value(1_025))])), (200, 400));
    let values: Vec<String> = (0..101).map(|at| format!("u_{at}")).collect();
    let many: Vec<_> = values.iter().map(|value| ("actor", value.as_str())).collect();
    assert_eq!((status(&many[..100]), status(&many)), (200, 400));
    let same = vec![("actor", "u_1"); 2_000];
    assert_eq!(status(&same), 400, "more parameters than a URL may have");
    assert_eq!(status(&vec![("actor", "u_1"); 900]), 200, "one value said often is one value");
    let brackets = format!("{}x{}", "(".repeat(99), ")".repeat(99));
    assert_eq!(status(&[("q", &brackets)]), 200);
    assert_eq!(status(&[("q", &"(".repeat(10_000))]), 400);
    assert_eq!(status(&[("q", &"x OR ".repeat(2_000))]), 400);
    for typed in [
        "\"",
        "\"a b",
        "actor:",
        "-",
        "--",
        "* * *",
        "\"\"",
        "a:b",
        "metadata.:x",
        "metadata.word:",
        "\u{3000}",
    ] {
        let answer = get(&server, &key, "/total", &[("q", typed)]);
        assert!([200, 400].contains(&answer.status), "{typed}: {answer:?}");
    }
}

/// Random filters: total, rows walked, sum of the histogram and sums of the facets are the same number, and it is the
/// one that the events themselves give.
#[test]
fn under_random_filters_total_rows_histogram_and_facets_agree_with_the_events() {
    let (server, key) = world();
    let all: Vec<Value> =
        get(&server, &key, "", &[("limit", "1000")]).body["data"].as_array().unwrap().clone();
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    for _ in 0..150 {
        let mut filters: Vec<(&str, String)> = Vec::new();
        for (name, count) in [
            ("actor", 5),
            ("action", 6),
            ("kind", 5),
            ("outcome", 3),
            ("target", 11),
            ("target_type", 2),
            ("ip", 13),
            ("process", 3),
        ] {
            for _ in 0..[0, 0, 0, 1, 2][number(&mut random, 5)] {
                let at = number(&mut random, count);
                filters.push((
                    name,
                    match name {
                        "actor" => {
                            if at.is_multiple_of(2) {
                                format!("u_{at}")
                            } else {
                                format!("u{at}@x.example")
                            }
                        }
                        "action" => ["lead.*", "lead.updated", "odd.thing", "user.*", "none.such", "deal.*"]
                            [at]
                            .to_owned(),
                        "kind" => KINDS[at].to_owned(),
                        "outcome" => ["success", "failure", "denied"][at].to_owned(),
                        "target" => format!("{}:l_{at}", ["lead", "deal"][number(&mut random, 2)]),
                        "target_type" => ["lead", "deal"][at].to_owned(),
                        "ip" => format!("10.0.{at}.1"),
                        _ => format!("p_{at}"),
                    },
                ));
            }
        }
        let word = number(&mut random, 17);
        if word < 4 {
            filters.push((
                "q",
                [
                    format!("word{word}"),
                    format!("-word{word}"),
                    format!("metadata.word:word{word}"),
                    "bob".to_owned(),
                ][word]
                    .clone(),
            ));
        }
        if number(&mut random, 3) == 0 {
            filters.push(("from", format!("2026-03-0{}", 1 + number(&mut random, 3))));
            filters.push(("to", format!("2026-03-0{}", 3 + number(&mut random, 3))));
        }
        let expected: Vec<&Value> = all.iter().filter(|event| matches(event, &filters)).collect();
        agree(&server, &key, &filters, &expected);
    }
}

/// The same filters, said again as simply as they can be.
fn matches(event: &Value, filters: &[(&str, String)]) -> bool {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let holds = |name: &str, value: &str| match name {
        "actor" => text(&event["actor"]["id"]) == value || text(&event["actor"]["email"]) == value,
        "action" => match value.strip_suffix('*') {
            Some(prefix) => text(&event["action"]).starts_with(prefix),
            None => text(&event["action"]) == value,
        },
        "target" => {
            format!("{}:{}", text(&event["targets"][0]["type"]), text(&event["targets"][0]["id"])) == value
        }
        "target_type" => text(&event["targets"][0]["type"]) == value,
        "ip" => text(&event["context"]["ip"]) == value,
        "from" => text(&event["occurred_at"])[..10] >= *value,
        "to" => text(&event["occurred_at"])[..10] <= *value,
        "q" => match value {
            "bob" => text(&event["actor"]["name"]) == "bob",
            // "word1" is found inside "word10" too.
            _ if value.starts_with('-') => !text(&event["metadata"]["word"]).contains(&value[1..]),
            _ => text(&event["metadata"]["word"]).contains(value.rsplit(':').next().unwrap()),
        },
        other => text(&event[other]) == value,
    };
    let names: std::collections::BTreeSet<_> = filters.iter().map(|(name, _)| *name).collect();
    names
        .into_iter()
        .all(|name| filters.iter().filter(|it| it.0 == name).any(|(_, value)| holds(name, value)))
}

fn agree(server: &Server, key: &str, filters: &[(&str, String)], expected: &[&Value]) {
    let params: Vec<_> = filters.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let walked = ids(&get(server, key, "", &[params.as_slice(), &[("limit", "1000")]].concat()).body);
    let ids: Vec<_> = expected.iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(walked, ids, "{filters:?}");
    let count = expected.len() as u64;
    assert_eq!(get(server, key, "/total", &params).body["total"], count, "{filters:?}");
    let histogram = get(server, key, "/histogram", &params).body;
    let mut sums = [0; 5];
    for bucket in histogram["buckets"].as_array().unwrap() {
        assert!(bucket["from"].as_str() < bucket["to"].as_str());
        for (sum, kind) in sums.iter_mut().zip(KINDS) {
            *sum += bucket[kind].as_u64().unwrap();
        }
    }
    for (sum, kind) in sums.iter().zip(KINDS) {
        assert_eq!(
            *sum,
            expected.iter().filter(|it| it["kind"] == kind).count() as u64,
            "{kind} {filters:?}"
        );
    }
    let facets = get(server, key, "/facets", &params).body;
    for field in ["category", "action", "kind", "outcome"] {
        // A facet is counted under all filters but its own.
        if !filters.iter().any(|(name, _)| *name == field) {
            let mut counted = BTreeMap::new();
            for event in expected {
                *counted.entry(event[field].as_str().unwrap()).or_insert(0_u64) += 1;
            }
            let told: BTreeMap<_, _> = facets[field]
                .as_array()
                .unwrap()
                .iter()
                .map(|it| (it["value"].as_str().unwrap(), it["count"].as_u64().unwrap()))
                .collect();
            assert_eq!(told, counted, "{field} {filters:?}");
        }
    }
}

/// An empty answer to a value that nothing can have would be read as "nobody did".
#[test]
fn a_value_that_no_event_can_have_is_refused_by_name() {
    let (server, key) = world();
    for (name, value) in
        [("ip", "10.0.0.0/8"), ("ip", "foo"), ("action", "us*"), ("action", "*.x"), ("action", "*")]
    {
        let answer = get(&server, &key, "", &[(name, value)]);
        answer.assert_problem(400, "invalid_parameter");
        assert_eq!(answer.body["errors"][0]["pointer"], name, "{value}");
    }
    server.get(&format!("{EVENTS}?q=%ff"), &key).assert_problem(400, "invalid_parameter");
}

/// Days are days of the zone that the question names.
#[test]
fn the_days_of_a_histogram_begin_in_the_zone_that_is_asked_for() {
    let (server, key) = world();
    for (zone, hour) in [("Asia/Tokyo", "T15:00:00.000Z"), ("UTC", "T00:00:00.000Z")] {
        let answer = get(&server, &key, "/histogram", &[("range", "last_30_days"), ("tz", zone)]);
        let buckets = answer.body["buckets"].as_array().unwrap();
        assert_eq!((buckets.len(), &answer.body["interval"]), (30, &json!("P1D")), "{zone}");
        assert!(buckets.iter().all(|bucket| bucket["from"].as_str().unwrap().ends_with(hour)), "{zone}");
    }
}
