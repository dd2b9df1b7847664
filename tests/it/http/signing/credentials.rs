//! Who may ask (T05, T06), and how everybody else is refused (T35, T36). Deliberately absent: parameters.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::{PATH, Signing, TOTAL, assert_refused, basic, created};
use crate::server::{Answer, OPERATOR_KEY};

const RANGE: &str = "?StartDate=2024-01-01&EndDate=2024-02-01";

fn ask(signing: &Signing, headers: &[&str]) -> [Answer; 2] {
    let headers: Vec<_> = headers.iter().map(|value| ("Authorization", *value)).collect();
    [PATH, TOTAL].map(|path| signing.server.request("GET", &format!("{path}{RANGE}"), &headers, None))
}

/// T06.
#[test]
fn without_a_key_that_works_it_is_a_401_with_a_challenge() {
    let signing = Signing::start();
    let key = signing.key.as_str();
    let good = basic("acme", key);
    let bearer = format!("Bearer {key}");
    let other = format!("Digest {}", &good[6..]);
    let bare = STANDARD.encode(key);
    for headers in [
        &[][..],
        &[""],
        &["Basic"],
        &["Basic "],
        &["Basic !!!!"],
        &["Basic /////w=="],
        &[&format!("Basic {bare}")],
        &[&basic("acme", "")],
        &[&basic("acme", "evl_sk_nothing")],
        &[&basic(key, "acme")],
        &[&basic("acme", &format!("{key}\n"))],
        &[&basic(&"a".repeat(2_000), key)],
        &[&bearer],
        &[&other],
        &[&good, &good],
        &[&good, &bearer],
    ] {
        for answer in ask(&signing, headers) {
            assert_refused(&answer, 401);
            assert!(!answer.text.contains(key));
        }
    }
    for good in [good.replace("Basic", "basic"), good.trim_end_matches('=').to_owned()] {
        for answer in ask(&signing, &[&good]) {
            assert_eq!(answer.status, 200, "{good}");
        }
    }
}

/// T05: the company of the credentials and no other; another's is told like one that there is not.
#[test]
fn a_key_reads_its_own_organization_and_learns_of_no_other() {
    let signing = Signing::start();
    let server = &signing.server;
    server.tenant("globex", "signing");
    let globex = server.key("globex", &["read"]);
    signing.record(&[created("sp1", "2024-01-10T00:00:00Z", json!({}))]);
    let told = |org: &str, key: &str| {
        ask(&signing, &[&basic(org, key)]).map(|answer| {
            let mut body = answer.body.clone();
            if let Some(status) = body.get_mut("responseStatus") {
                status["meta"] = json!({});
            }
            (answer.status, body)
        })
    };
    assert_eq!(told("globex", &globex), [(200, json!([])), (200, json!({"total": 0}))]);
    for answer in ask(&signing, &[&basic("acme", &globex)]) {
        assert_refused(&answer, 404);
    }
    for unknown in ["nobody", "ACME", "acme ", "", "*", "%00", "acme\0"] {
        assert_eq!(told("acme", &globex), told(unknown, &globex), "{unknown}");
    }
    // What is wrong with the parameters makes no difference to a stranger.
    let ask = |org: &str| {
        let headers = [("Authorization", &*basic(org, &globex))];
        server.request("GET", &format!("{PATH}?x=1"), &headers, None).status
    };
    assert_eq!((ask("acme"), ask("nobody"), ask("globex")), (404, 404, 400));
    // A vendor's key works for each of its organizations.
    let new = json!({"name": "v", "scopes": ["read"], "organizations": ["acme"]});
    let vendor = server.post("/v1/keys", OPERATOR_KEY, &new).body["key"].as_str().unwrap().to_owned();
    assert_eq!(told("acme", &vendor)[1], (200, json!({"total": 1})));
    assert_eq!(told("globex", &vendor)[0].0, 404);
}

#[test]
fn only_a_key_that_may_read_is_let_in() {
    let signing = Signing::start();
    let session = signing.server.session("acme", &signing.key, "u_1", "user");
    let others = signing.server.key("acme", &["write", "admin"]);
    for secret in [&session, &others, OPERATOR_KEY] {
        for answer in ask(&signing, &[&basic("acme", secret)]) {
            assert_refused(&answer, 403);
        }
    }
}

/// T36, and whatever else is no call of this interface.
#[test]
fn other_paths_and_methods_are_refused_in_the_same_shape() {
    let signing = Signing::start();
    let good = basic("acme", &signing.key);
    let ask = |method: &str, path: &str| {
        signing.server.request(method, &format!("{path}{RANGE}"), &[("Authorization", &good)], None)
    };
    for path in [
        "/signing/activity/sp1",
        "/signing/activity/user/",
        "/signing/activity/user/ana@acme.example",
        "/signing/activity/company",
        "/signing/activity/",
        "/signing/",
    ] {
        let answer = ask("GET", path);
        assert_refused(&answer, 404);
        assert!(answer.text.contains("GET /signing/activity is the one path"), "{answer:?}");
    }
    for method in ["POST", "PUT", "DELETE", "PATCH"] {
        let answer = ask(method, PATH);
        assert_refused(&answer, 405);
        assert!(answer.headers["allow"].to_str().unwrap().contains("GET"));
    }
    // Around it everything is refused as it was.
    signing.server.get("/signings", "").assert_problem(404, "not_found");
}
