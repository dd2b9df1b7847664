//! Every way of asking is about the same events: random events, and for each reader the set that the rule says, by every
//! route that shows or counts it. Deliberately absent: what else a route shows; and other organizations.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, prop_oneof};
use proptest::sample::select;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use proptest::{option, prop_assert_eq};
use serde_json::{Value, json};

use crate::http::export::{allow, records};
use crate::http::listen::Stream;
use crate::server::{Server, query};
use crate::viewer::token;

/// What the log is about: who did it, on whose account, for whom.
#[derive(Clone, Debug)]
struct Act {
    actor: &'static str,
    on_behalf_of: Option<&'static str>,
    is_for_administrators: bool,
    action: &'static str,
    outcome: &'static str,
    /// Days, so that a histogram has several columns.
    day: u8,
}

const PEOPLE: &[&str] = &["u_1", "u_2", "u_10", "a_1"];
const ACTIONS: &[&str] = &[
    "user.created",
    "user.role_changed",
    "auth.signed_in",
    "company.updated",
    "deal.stage_changed",
    "contact.deleted",
    "campaign.created",
    "spam_carrier.created",
    "thing.nobody_listed",
];

fn act() -> impl Strategy<Value = Act> {
    let outcome = prop_oneof![4 => Just("success"), 1 => Just("failure"), 1 => Just("denied")];
    let who = (select(PEOPLE), option::of(select(PEOPLE)), proptest::bool::ANY);
    (who, select(ACTIONS), outcome, 1..28_u8).prop_map(
        |((actor, on_behalf_of, is_for_administrators), action, outcome, day)| Act {
            actor,
            on_behalf_of,
            is_for_administrators,
            action,
            outcome,
            day,
        },
    )
}

impl Act {
    fn event(&self, number: usize) -> Value {
        let audience = if self.is_for_administrators { "administrators" } else { "organization" };
        json!({
            "id": format!("e-{number}"), "action": self.action, "outcome": self.outcome, "audience": audience,
            "occurred_at": format!("2026-10-{:02}T12:00:00Z", self.day), "description": "All carry this",
            "actor": {"type": "user", "id": self.actor, "name": self.actor},
            "on_behalf_of": self.on_behalf_of.map(|id| json!({"type": "user", "id": id})),
            "targets": [{"type": "place", "id": "common"}], "context": {"ip": format!("10.0.0.{}", self.day)},
        })
    }

    /// The rule, in plain words: D27, a company sees what is for the organization; D28, a user of it sees of that what
    /// they did, or what was done on their account; D29 and D30, the same of what is for administrators, which nobody
    /// else sees. A key, and a role that sees everything, see all of it.
    fn is_seen_by(&self, role: &str, user: &str) -> bool {
        let is_own = self.actor == user || self.on_behalf_of == Some(user);
        match role {
            "company" => !self.is_for_administrators,
            "regular" => !self.is_for_administrators && is_own,
            "administrator" => self.is_for_administrators && is_own,
            "key" => true,
            other => panic!("what does {other} see?"),
        }
    }
}

const READERS: &[(&str, &str)] = &[
    ("company", "u_1"),
    ("regular", "u_1"),
    ("regular", "u_2"),
    ("regular", "nobody"),
    ("administrator", "a_1"),
    ("administrator", "u_10"),
    ("key", "u_1"),
];

/// One reader of one organization, and everything that it can ask.
struct Asking<'a> {
    server: &'a Server,
    org: &'a str,
    token: String,
    /// Where a listener begins that has heard nothing.
    begin: &'a str,
}

type Ids = BTreeSet<String>;

impl Asking<'_> {
    fn api(&self, path: &str) -> Value {
        let answer = self.server.get(&format!("/v1/organizations/{}/{path}", self.org), &self.token);
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.body
    }

    fn pages(&self, path: &str, filters: &[(&str, &str)]) -> Ids {
        let mut seen = Ids::new();
        let mut params: Vec<(String, String)> =
            filters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        params.push(("limit".to_owned(), "3".to_owned()));
        loop {
            let borrowed: Vec<_> =
                params.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let page = self.api(&format!("{path}{}", query(&borrowed)));
            for id in ours(page["data"].as_array().unwrap().iter().map(id)) {
                assert!(seen.insert(id), "listed twice");
            }
            let Some(next) = page["next"].as_str() else { return seen };
            params = vec![("cursor".to_owned(), next.to_owned()), ("limit".to_owned(), "3".to_owned())];
        }
    }

    /// The history of the record that all name; a reader who sees none of it is told that there is none.
    fn history(&self) -> Ids {
        let path = format!("/v1/organizations/{}/targets/place/common", self.org);
        match self.server.get(&path, &self.token).status {
            404 => Ids::new(),
            _ => self.pages("targets/place/common", &[]),
        }
    }

    /// What is heard by who begins before the first event and hears so many.
    fn live(&self, count: usize) -> Ids {
        let path = format!("/v1/organizations/{}/events", self.org);
        let from = format!("Last-Event-ID: {}\r\n", self.begin);
        let mut stream = Stream::open(self.server, &path, &self.token, &from);
        stream.any().unwrap();
        let heard = stream.ids(count).into_iter().collect();
        assert!(stream.is_silent(Duration::from_millis(30)), "more is heard than is listed");
        heard
    }

    fn csv(&self) -> Ids {
        let path = format!("/v1/organizations/{}/export?format=csv&columns=full", self.org);
        let rows = records(self.server.get(&path, &self.token).text.as_bytes());
        let at = rows[0].iter().position(|title| title.trim_start_matches('\u{feff}') == "id").unwrap();
        ours(rows[1..].iter().map(|row| row[at].clone())).collect()
    }

    fn jsonl(&self) -> Ids {
        let path = format!("/v1/organizations/{}/export?format=jsonl", self.org);
        let lines = self.server.get(&path, &self.token).text;
        ours(lines.lines().map(|line| id(&serde_json::from_str(line).unwrap()))).collect()
    }

    /// The rows of the viewer, page by page, by its own links.
    fn viewer(&self) -> Ids {
        let bearer = format!("Bearer {}", self.token);
        let mut seen = Ids::new();
        let mut path = format!("/view/{}", self.org);
        let prefix = format!("{path}/events/");
        loop {
            let page = self.server.request("GET", &path, &[("Authorization", &bearer)], None);
            assert_eq!(page.status, 200, "{path}");
            let rows = page.text.split(&prefix).skip(1);
            seen.extend(ours(rows.map(|rest| rest.split(['"', '?', '&']).next().unwrap().to_owned())));
            let Some(next) = page.text.split("rel=\"next\"").nth(1) else { return seen };
            let next = next.split("href=\"").nth(1).unwrap().split('"').next().unwrap();
            path = next.replace("&#38;", "&").replace("&amp;", "&");
        }
    }

    /// The events, of so many, whose own address answers.
    fn one_by_one(&self, prefix: &str, count: usize) -> Ids {
        let bearer = format!("Bearer {}", self.token);
        let all = (0..count).map(|number| format!("e-{number}"));
        all.filter(|id| {
            let path = format!("{prefix}/events/{id}");
            let answer = self.server.request("GET", &path, &[("Authorization", &bearer)], None);
            assert!(matches!(answer.status, 200 | 404), "{path}: {answer:?}");
            answer.status == 200
        })
        .collect()
    }
}

fn id(event: &Value) -> String {
    event["id"].as_str().unwrap().to_owned()
}

/// Without what the server records of itself: the settings that this test changes.
fn ours(ids: impl Iterator<Item = String>) -> impl Iterator<Item = String> {
    ids.filter(|id| id.starts_with("e-"))
}

fn sum(counted: &Value, names: &[&str]) -> u64 {
    let items = counted.as_array().unwrap();
    items.iter().flat_map(|item| names.iter().map(|name| item[*name].as_u64().unwrap())).sum()
}

fn agree(asking: &Asking<'_>, role: &str, expected: &Ids, all: usize) -> Result<(), TestCaseError> {
    let count = expected.len() as u64;
    prop_assert_eq!(&asking.pages("events", &[]), expected, "pages");
    prop_assert_eq!(&asking.pages("events", &[("sort", "actor")]), expected, "pages in another order");
    prop_assert_eq!(&asking.pages("events", &[("q", "carry")]), expected, "a word that all carry");
    prop_assert_eq!(&asking.pages("events", &[("q", "-nowhere \"all carry\"")]), expected, "a phrase");
    prop_assert_eq!(&asking.pages("events", &[("target", "place:common")]), expected, "a filter");
    prop_assert_eq!(&asking.history(), expected, "the history of a record");
    let common = "target=place:common";
    prop_assert_eq!(asking.api(&format!("events/total?{common}"))["total"].as_u64(), Some(count), "total");
    for field in ["category", "action", "kind", "outcome", "actor", "ip"] {
        let facets = asking.api(&format!("events/facets?fields={field}&{common}"));
        prop_assert_eq!(sum(&facets[field], &["count"]), count, "{}", field);
    }
    let buckets = asking.api(&format!("events/histogram?{common}"))["buckets"].clone();
    let kinds = ["created", "updated", "deleted", "transferred", "other"];
    prop_assert_eq!(sum(&buckets, &kinds), count, "histogram");
    prop_assert_eq!(&asking.live(expected.len()), expected, "live");
    prop_assert_eq!(&asking.csv(), expected, "CSV");
    prop_assert_eq!(&asking.jsonl(), expected, "JSON Lines");
    let api = format!("/v1/organizations/{}", asking.org);
    prop_assert_eq!(&asking.one_by_one(&api, all), expected, "one by one");
    // A key opens no page.
    if role != "key" {
        prop_assert_eq!(&asking.viewer(), expected, "the page");
        let view = format!("/view/{}", asking.org);
        prop_assert_eq!(&asking.one_by_one(&view, all), expected, "the page of each");
    }
    Ok(())
}

/// An organization of its own for every try, so that a smaller one begins anew.
fn try_acts(server: &Server, tries: &AtomicU64, acts: &[Act]) -> Result<(), TestCaseError> {
    let org = format!("try-{}", tries.fetch_add(1, Ordering::Relaxed));
    let key = server.tenant(&org, "platform");
    let path = format!("/v1/organizations/{org}");
    allow(server, &org, &key, &json!(["csv", "jsonl"]));
    let path = format!("{path}/events");
    let begin = {
        let mut stream = Stream::open(server, &path, &key, "");
        stream.any().unwrap();
        stream.last_id
    };
    let events: Vec<Value> = acts.iter().enumerate().map(|(number, act)| act.event(number)).collect();
    let sent = server.post(&path, &key, &json!(events));
    assert_eq!((sent.status, &sent.body["created"]), (200, &json!(acts.len())), "{sent:?}");
    for (role, user) in READERS {
        let token = if *role == "key" { key.clone() } else { token(server, &org, user, role) };
        let asking = Asking { server, org: &org, token, begin: &begin };
        let seen = acts.iter().enumerate().filter(|(_, act)| act.is_seen_by(role, user));
        let expected: Ids = seen.map(|(number, _)| format!("e-{number}")).collect();
        agree(&asking, role, &expected, acts.len())
            .map_err(|why| TestCaseError::fail(format!("{role} {user}: {why}")))?;
    }
    Ok(())
}

/// D27 to D30, D15, D17, L18: one set, however one asks.
#[test]
fn whoever_asks_and_however_the_events_are_those_of_the_rule() {
    let server = Server::start();
    let tries = AtomicU64::new(0);
    let config = Config { cases: 8, max_shrink_iters: 10, failure_persistence: None, ..Config::default() };
    let tried = TestRunner::new(config).run(&vec(act(), 1..24), |acts| try_acts(&server, &tries, &acts));
    if let Err(why) = tried {
        panic!("{why}");
    }
    server.check_log();
}
