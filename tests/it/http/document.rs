//! The generated OpenAPI document: complete in itself, and, where schemathesis is installed, tried against the server.
//! Deliberately absent: the routes one by one; see `routes`.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::http::signing;
use crate::server::{OPERATOR_KEY, Server, event};

/// Where schemathesis is looked for: `python3 -m venv target/schemathesis && target/schemathesis/bin/pip install schemathesis`.
const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/schemathesis/bin/schemathesis");
/// What it checks. It also has opinions on what a server should refuse; ours are in the contract.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
    response_schema_conformance,response_headers_conformance,unsupported_method,ignored_auth";

#[test]
fn every_operation_has_a_name_a_summary_and_says_how_it_refuses() {
    let document = serde_json::to_value(everlog::http::openapi()).unwrap();
    let mut names = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            names.push(operation["operationId"].as_str().unwrap().to_owned());
            assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{method} {path}");
            for (status, response) in operation["responses"].as_object().unwrap() {
                let told = response["description"].as_str().unwrap_or_default();
                assert!(!told.is_empty(), "{method} {path} {status} says nothing");
                if status == "default" || status.starts_with(['4', '5']) {
                    let (kind, name) = match path.starts_with(signing::PATH) {
                        true => ("application/json", "SigningRefusal"),
                        false => ("application/problem+json", "Problem"),
                    };
                    let schema = &response["content"][kind]["schema"]["$ref"];
                    let expected = format!("#/components/schemas/{name}");
                    assert_eq!(*schema, expected, "{method} {path} {status}");
                }
            }
            assert!(operation["responses"]["default"].is_object(), "{method} {path}");
            let placeholders = path.matches('{').count();
            let parameters = operation["parameters"].as_array().map_or(&[][..], Vec::as_slice);
            let described = parameters.iter().filter(|it| it["in"] == "path").count();
            assert_eq!(described, placeholders, "{method} {path}");
        }
    }
    names.sort();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count, "an operation's name is its own");
    references_resolve(&document, &document);
}

/// What the document lists is obeyed, and what it does not list is refused as unknown.
#[test]
fn the_parameters_that_are_listed_are_those_that_there_are() {
    let document = serde_json::to_value(everlog::http::openapi()).unwrap();
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let listed = |operation: &Value| -> BTreeSet<String> {
        let parameters = operation["parameters"].as_array().map_or(&[][..], Vec::as_slice);
        let asked = parameters.iter().filter(|it| it["in"] == "query");
        asked.map(|it| it["name"].as_str().unwrap().to_owned()).collect()
    };
    let paths = document["paths"].as_object().unwrap();
    let reads = paths.iter().filter_map(|(path, methods)| Some((path, listed(methods.get("get")?))));
    let reads: Vec<_> = reads.filter(|(_, listed)| !listed.is_empty()).collect();
    let known: BTreeSet<String> = reads.iter().flat_map(|(_, listed)| listed.clone()).collect();
    for (path, listed) in reads {
        let place = path.replace("{org}", "acme").replace("{type}", "lead").replace("{id}", "1");
        for name in &known {
            let is_signing = path.starts_with(signing::PATH);
            let bearer = format!("Bearer {key}");
            let credential = if is_signing { signing::basic("acme", &key) } else { bearer };
            let headers = [("Authorization", credential.as_str())];
            let answer = server.request("GET", &format!("{place}?{name}=x"), &headers, None);
            // There names are taken in any case.
            let is_listed = |it: &String| it == name || (is_signing && it.eq_ignore_ascii_case(name));
            let is_listed = listed.iter().any(is_listed);
            let refusals = ["there is no such parameter", "the record in the path", "no pages"];
            let is_refused = refusals.iter().any(|it| answer.text.contains(it));
            // What counts takes a list's address as it is; its order and pages say nothing there.
            let is_of_pages = ["sort", "limit", "cursor", "skip"].contains(&name.as_str());
            let is_count = path.contains("/events/") || path.ends_with("/total");
            if is_listed || !(is_count && is_of_pages) {
                assert_eq!(is_refused, !is_listed, "{path} {name}: {}", answer.text);
            }
        }
    }
}

#[test]
fn bodies_are_described_as_what_they_are() {
    let document = serde_json::to_value(everlog::http::openapi()).unwrap();
    for path in ["events", "feed"] {
        let read = &document["paths"][format!("/v1/organizations/{{org}}/{path}")]["get"];
        let kinds = read["responses"]["200"]["content"].as_object().unwrap();
        assert!(kinds.contains_key("application/json") && kinds.contains_key("text/event-stream"), "{path}");
        let parameters = read["parameters"].as_array().unwrap();
        let headers = parameters.iter().filter(|it| it["in"] == "header").map(|it| &it["name"]);
        assert_eq!(headers.collect::<Vec<_>>(), ["Accept", "Last-Event-ID"], "{path}");
    }
    let export = &document["paths"]["/v1/organizations/{org}/export"]["get"]["responses"]["200"]["content"];
    let book = &export["application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"]["schema"];
    let book = match book["$ref"].as_str() {
        Some(pointer) => document.pointer(&pointer[1..]).unwrap(),
        None => book,
    };
    assert_eq!((&book["type"], &book["format"]), (&"string".into(), &"binary".into()));
}

fn references_resolve(whole: &Value, part: &Value) {
    match part {
        Value::Object(members) => {
            if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
                let pointer = reference.strip_prefix('#').unwrap();
                assert!(whole.pointer(pointer).is_some(), "{reference} is nowhere");
            }
            members.values().for_each(|member| references_resolve(whole, member));
        }
        Value::Array(items) => items.iter().for_each(|item| references_resolve(whole, item)),
        _ => {}
    }
}

/// Requests made from the document, thousands of odd ones among them: no 5xx, and only answers that it promises.
#[test]
fn what_schemathesis_makes_of_the_document_is_answered_as_it_says() {
    if !Path::new(PROGRAM).exists() {
        eprintln!("\n*** SKIPPED: schemathesis is not installed at {PROGRAM} ***\n");
        return;
    }
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    server.post("/v1/organizations/acme/events", &key, &event("lead.created"));
    let hooks = server.directory.path().join("hooks.py");
    // Most of the API is behind an organization that is there.
    let into_acme = "import schemathesis\n\
        @schemathesis.hook\n\
        def map_path_parameters(ctx, path_parameters):\n    \
            if path_parameters and 'org' in path_parameters:\n        \
                path_parameters['org'] = 'acme'\n    \
            return path_parameters\n";
    std::fs::write(&hooks, into_acme).unwrap();
    for key in [key.as_str(), OPERATOR_KEY] {
        let output = Command::new(PROGRAM)
            .env("SCHEMATHESIS_HOOKS", &hooks)
            .current_dir(server.directory.path())
            .arg("run")
            .arg(server.url("/openapi.json"))
            .args(["-H", &format!("Authorization: Bearer {key}"), "--max-examples", "20"])
            .args(["--checks", CHECKS, "--phases", "examples,coverage,fuzzing"])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
    server.check_log();
}
