//! Who sees what: one table of readers, one of routes, and a walk of every reader through every route.
//!
//! The tables are meant to be read. Deliberately absent: filters, orders and pages, see `visibility` and `agreement`; and
//! other organizations, see `routes` and `isolation`.

use std::collections::BTreeSet;
use std::time::Duration;

use everlog_core::profile;
use serde_json::{Value, json};

use crate::http::export::allow;
use crate::http::listen::Stream;
use crate::http::process_files::finished;
use crate::http::routes::body;
use crate::http::signing;
use crate::server::{Answer, OPERATOR_KEY, Server};
use crate::viewer::token;

/// Whose events a role sees. `Own` are those that the reader did, or that were done on the reader's account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sight {
    Everything,
    ForTheOrganization,
    OwnForTheOrganization,
    OwnForAdministrators,
    /// No session is made for it; one from before sees nothing any more.
    Nothing,
}
use Sight::{Everything, ForTheOrganization, Nothing, OwnForAdministrators, OwnForTheOrganization};

/// Every role of every shipped profile (D27 to D30, C03, C21, L01), and roles of an organization's own.
const READERS: &[(&str, &str, Sight)] = &[
    ("documents", "user", Everything),
    ("documents", "whatever it is called", Everything),
    ("signing", "user", Everything),
    ("signing", "whatever it is called", Everything),
    ("workspace", "owner", Everything),
    ("workspace", "admin", Everything),
    ("workspace", "member", Nothing),
    ("platform", "company", ForTheOrganization),
    ("platform", "regular", OwnForTheOrganization),
    ("platform", "administrator", OwnForAdministrators),
    // A platform with `settings.profile_overrides.roles`.
    (OWN_ROLES, "manager", ForTheOrganization),
    (OWN_ROLES, "company", ForTheOrganization),
    (OWN_ROLES, "clerk", OwnForTheOrganization),
    (OWN_ROLES, "operator", OwnForAdministrators),
    (OWN_ROLES, "guest", Nothing),
];

/// The organization whose settings name its roles.
const OWN_ROLES: &str = "own-roles";

/// Roles that an organization does not know: the words of other profiles, other cases, none.
const UNKNOWN: &[(&str, &[&str])] = &[
    ("documents", &[""]),
    ("signing", &[""]),
    ("workspace", &["company", "regular", "administrator", "user", "Owner", "owner ", "", "*"]),
    ("platform", &["owner", "admin", "member", "user", "Company", "administrators", "", "*"]),
    (OWN_ROLES, &["regular", "owner", "administrator", "Manager", ""]),
];

/// What a route gives a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gets {
    /// The events of this reader and nothing of any other. Where the route is about one event or record that is hidden,
    /// it is not found.
    Events,
    /// As many as the events of this reader are.
    Count,
    /// An answer that is about no event.
    Answer,
    /// This status, and no word of any event.
    No(u16),
}
use Gets::{Count, Events, No};

const ANSWER: Gets = Gets::Answer;
const NO_ONE: [Gets; 5] = [No(401), No(403), No(403), No(403), No(403)];
const ANYBODY: [Gets; 5] = [ANSWER; 5];

/// Every route, and what it gives to: nobody; a read key; a session that sees everything; one that sees a part; one whose
/// role sees nothing any more. `{seq}` stands for the position of an event, `{key}` for its process, `{shared}` for a record that every event
/// names; behind a `?` are parameters that make a difference; `live` listens from the beginning of the log.
#[rustfmt::skip]
const TABLE: &[(&str, &str, [Gets; 5])] = &[
    // What is in the log.                                        nobody    key      all      part     shut out
    ("GET", "/v1/organizations/{org}/events",                     [No(401), Events,  Events,  Events,  No(403)]),
    ("GET", "/v1/organizations/{org}/events live",                [No(401), Events,  Events,  Events,  No(403)]),
    ("GET", "/v1/organizations/{org}/events/total",               [No(401), Count,   Count,   Count,   No(403)]),
    ("GET", "/v1/organizations/{org}/events/facets?fields=ip",    [No(401), Events,  Events,  Events,  No(403)]),
    ("GET", "/v1/organizations/{org}/events/histogram",           [No(401), Count,   Count,   Count,   No(403)]),
    ("GET", "/v1/organizations/{org}/events/{id}",                [No(401), Events,  Events,  Events,  No(403)]),
    ("GET", "/v1/organizations/{org}/events/{id}/bundle",         [No(401), Events,  Events,  Events,  No(403)]),
    ("GET", "/v1/organizations/{org}/events/{seq}/bundle",        [No(401), Events,  Events,  No(404), No(403)]),
    ("GET", "/v1/organizations/{org}/targets/{type}/{id}",        [No(401), Events,  Events,  Events,  No(403)]),
    ("GET", "/v1/organizations/{org}/targets/{type}/{shared}",    [No(401), Events,  Events,  Events,  No(403)]),
    ("GET", "/v1/organizations/{org}/export?format=csv",          [No(401), Events,  Events,  Events,  No(403)]),
    ("GET", "/v1/organizations/{org}/export?format=jsonl",        [No(401), Events,  Events,  Events,  No(403)]),
    ("GET", "/v1/organizations/{org}/export?format=bundle",       [No(401), Events,  Events,  Events,  No(403)]),
    // Signing processes: who sees but a part of the log sees none.
    ("GET", "/v1/organizations/{org}/processes",                  [No(401), Events,  Events,  ANSWER,  No(403)]),
    ("GET", "/v1/organizations/{org}/processes/total",            [No(401), Count,   Count,   ANSWER,  No(403)]),
    ("GET", "/v1/organizations/{org}/processes/{key}",            [No(401), Events,  Events,  No(404), No(403)]),
    ("GET", "/v1/organizations/{org}/processes/{signed}/document",   [No(401), ANSWER,  ANSWER,  No(404), No(403)]),
    ("GET", "/v1/organizations/{org}/processes/{signed}/final.pdf",  [No(401), ANSWER,  ANSWER,  No(404), No(403)]),
    ("GET", "/v1/organizations/{org}/processes/{key}/audit-trail.json", [No(401), Events, Events, No(404), No(403)]),
    ("GET", "/v1/organizations/{org}/processes/{key}/audit-trail.html", [No(401), Events, Events, No(404), No(403)]),
    ("GET", "/v1/organizations/{org}/processes/{signed}/audit-trail.pdf", [No(401), ANSWER, ANSWER, No(404), No(403)]),
    // What tells of positions and sizes, and so how much is hidden.
    ("GET", "/v1/organizations/{org}/events/{seq}",               [No(401), Events,  Events,  No(404), No(403)]),
    ("GET", "/v1/organizations/{org}/targets/{type}/{shared}?at=2100-01-01", [No(401), Events, Events, No(403), No(403)]),
    ("GET", "/v1/organizations/{org}/feed",                       [No(401), Events,  Events,  No(403), No(403)]),
    ("GET", "/v1/organizations/{org}/feed?after=-1 live",         [No(401), Events,  Events,  No(403), No(403)]),
    ("GET", "/v1/organizations/{org}/checkpoint",                 [No(401), ANSWER,  ANSWER,  No(403), No(403)]),
    ("GET", "/v1/organizations/{org}/proofs/inclusion/{seq}",     [No(401), ANSWER,  ANSWER,  No(403), No(403)]),
    ("GET", "/v1/organizations/{org}/proofs/consistency?from=1",  [No(401), ANSWER,  ANSWER,  No(403), No(403)]),
    ("GET", "/log/{log_id}/checkpoint",                           [No(404), ANSWER,  ANSWER,  No(404), No(404)]),
    ("GET", "/log/{log_id}/tile/{tile}",                          [No(404), ANSWER,  ANSWER,  No(404), No(404)]),
    // What is known of a process; of none that a reader of a part sees.
    ("GET", "/v1/organizations/{org}/processes/{key}/notifications", [No(401), ANSWER, ANSWER, No(404), No(403)]),
    // What is known of processes, in the form of another interface, which is for keys.
    ("GET", "/signing/activity",                                  [No(401), Events,  No(403), No(403), No(403)]),
    ("GET", "/signing/activity/total",                            [No(401), Count,   No(403), No(403), No(403)]),
    ("GET", "/api/signing/activity",                              [No(401), Events,  No(403), No(403), No(403)]),
    ("GET", "/api/signing/activity/total",                        [No(401), Count,   No(403), No(403), No(403)]),
    // What is known of the organization.
    ("GET", "/v1/organizations/{org}",                            [No(401), ANSWER,  ANSWER,  ANSWER,  No(403)]),
    ("GET", "/v1/organizations/{org}/profile",                    [No(401), ANSWER,  ANSWER,  ANSWER,  No(403)]),
    ("GET", "/v1/organizations/{org}/catalogs",                   [No(401), ANSWER,  ANSWER,  ANSWER,  No(403)]),
    // What changes something.
    ("POST", "/v1/organizations/{org}/viewer-sessions",           [No(401), ANSWER,  No(403), No(403), No(403)]),
    ("DELETE", "/v1/organizations/{org}/viewer-sessions",         [No(401), No(403), ANSWER,  ANSWER,  No(403)]),
    ("POST", "/v1/organizations/{org}/events",                    NO_ONE),
    ("POST", "/v1/organizations/{org}/processes",                 NO_ONE),
    ("POST", "/v1/organizations/{org}/processes/{key}/events",    NO_ONE),
    ("PUT", "/v1/organizations/{org}/processes/{signed}/document",   NO_ONE),
    ("PATCH", "/v1/organizations/{org}",                          NO_ONE),
    ("PUT", "/v1/organizations/{org}/catalogs",                   NO_ONE),
    ("POST", "/v1/organizations/{org}/keys",                      NO_ONE),
    ("GET", "/v1/organizations/{org}/keys",                       NO_ONE),
    ("DELETE", "/v1/organizations/{org}/keys/{id}",               NO_ONE),
    ("POST", "/v1/organizations/{org}/erasures",                  NO_ONE),
    ("POST", "/v1/organizations/{org}/streams",                   NO_ONE),
    ("GET", "/v1/organizations/{org}/streams",                    NO_ONE),
    ("GET", "/v1/organizations/{org}/streams/{id}",               NO_ONE),
    ("PATCH", "/v1/organizations/{org}/streams/{id}",             NO_ONE),
    ("POST", "/v1/organizations/{org}/streams/{id}/test",         NO_ONE),
    ("POST", "/v1/organizations/{org}/streams/{id}/replay",       NO_ONE),
    ("GET", "/v1/organizations/{org}/streams/{id}/dead-letters",  NO_ONE),
    ("DELETE", "/v1/organizations/{org}/streams/{id}",            NO_ONE),
    ("POST", "/v1/organizations/{org}/receipts/mailgun",          [No(401); 5]),
    ("POST", "/v1/organizations/{org}/receipts/sms",              [No(401); 5]),
    ("POST", "/v1/organizations",                                 NO_ONE),
    ("GET", "/v1/organizations",                                  NO_ONE),
    ("POST", "/v1/keys",                                          NO_ONE),
    ("GET", "/v1/keys",                                           NO_ONE),
    ("DELETE", "/v1/keys/{id}",                                   NO_ONE),
    // The pages. A key is no session: it opens none.             nobody    key      all      part     shut out
    ("GET", "/view/{org}",                                        [No(401), No(401), Events,  Events,  No(403)]),
    ("GET", "/view/{org}/live",                                   [No(401), No(401), Events,  Events,  No(403)]),
    ("GET", "/view/{org}/complete?term=ip:",                      [No(401), No(401), Events,  Events,  No(403)]),
    ("GET", "/view/{org}/events/{id}",                            [No(401), No(401), Events,  Events,  No(403)]),
    ("GET", "/view/{org}/events/{id}?tab=related",                [No(401), No(401), Events,  Events,  No(403)]),
    ("GET", "/view/{org}/events/{id}?tab=raw",                    [No(401), No(401), Events,  Events,  No(403)]),
    ("GET", "/view/{org}/events/{id}?tab=proof",                  [No(401), No(401), Events,  Events,  No(403)]),
    ("GET", "/view/{org}/events/{seq}",                           [No(401), No(401), Events,  No(404), No(403)]),
    ("GET", "/view/{org}/events/{id}/bundle",                     [No(401), No(401), Events,  Events,  No(403)]),
    ("POST", "/view/{org}/events/{id}/bundle",                    [No(401), No(401), Events,  Events,  No(403)]),
    ("GET", "/view/{org}/records/{type}/{id}",                    [No(401), No(401), Events,  Events,  No(403)]),
    ("GET", "/view/{org}/records/{type}/{shared}",                [No(401), No(401), Events,  Events,  No(403)]),
    ("GET", "/view/{org}/processes",                              [No(401), No(401), Events,  ANSWER,  No(403)]),
    ("GET", "/view/{org}/processes/{key}",                        [No(401), No(401), Events,  No(404), No(403)]),
    ("GET", "/view/{org}/processes/{key}/{file}",                 [No(401), No(401), No(404), No(404), No(403)]),
    ("POST", "/view/{org}/processes/{key}/{file}",                [No(401), No(401), No(404), No(404), No(403)]),
    ("GET", "/view/{org}/export?format=csv",                      [No(401), No(401), Events,  Events,  No(403)]),
    ("POST", "/view/{org}/export?format=csv",                     [No(401), No(401), ANSWER,  ANSWER,  No(403)]),
    ("POST", "/view/{org}/views",                                 [No(401), No(401), ANSWER,  ANSWER,  No(403)]),
    ("POST", "/embed",                                            [No(401), No(401), ANSWER,  ANSWER,  No(403)]),
    // What anybody may have: nothing of it is about any organization.
    ("GET", "/",                                                  ANYBODY),
    ("GET", "/verify",                                            ANYBODY),
    ("POST", "/verify",                                           ANYBODY),
    ("GET", "/embed?host=https://app.example",                    ANYBODY),
    ("GET", "/embed.js",                                          ANYBODY),
    ("GET", "/assets/{file}",                                     ANYBODY),
    ("GET", "/docs",                                              ANYBODY),
    ("GET", "/docs.css",                                          ANYBODY),
    ("GET", "/openapi.json",                                      ANYBODY),
    ("GET", "/v1/log-key",                                        ANYBODY),
    ("GET", "/healthz",                                           ANYBODY),
    ("GET", "/readyz",                                            ANYBODY),
    ("GET", "/metrics",                                           ANYBODY),
];

/// Who reads, and with what credential.
struct Reader<'a> {
    org: &'a str,
    name: String,
    /// The column of the table.
    column: usize,
    sight: Sight,
    token: String,
}

/// One event of an organization: for whom, and by whom, the reader being `u_1`.
struct Known {
    is_for_administrators: bool,
    is_own: bool,
    seq: u64,
    event: Value,
}

/// A word that stands in everything that tells of an event, and in nothing else.
fn canary(number: usize) -> String {
    format!("canary-{number}")
}

fn ip(number: usize) -> String {
    format!("203.0.113.{number}")
}

impl Sight {
    fn shows(self, known: &Known) -> bool {
        match self {
            Everything => true,
            ForTheOrganization => !known.is_for_administrators,
            OwnForTheOrganization => !known.is_for_administrators && known.is_own,
            OwnForAdministrators => known.is_for_administrators && known.is_own,
            Nothing => false,
        }
    }
}

/// For each audience there is: by the reader, on the reader's account, by somebody else.
fn events(has_audiences: bool) -> Vec<Known> {
    let audiences = if has_audiences { &["organization", "administrators"][..] } else { &["organization"] };
    let of = audiences.iter().flat_map(|audience| {
        [("u_1", None, true), ("u_2", Some("u_1"), true), ("u_2", None, false)].map(|it| (*audience, it))
    });
    let known = of.enumerate().map(|(number, (audience, (actor, account, is_own)))| Known {
        is_for_administrators: audience == "administrators",
        is_own,
        seq: 0,
        event: json!({
            "id": canary(number), "action": "document.created", "audience": audience,
            "description": format!("About {}", canary(number)), "actor": {"type": "user", "id": actor},
            "on_behalf_of": account.map(|id| json!({"type": "user", "id": id})),
            // What all have in common is what could lead from one to another.
            "targets": [{"type": "lead", "id": canary(number)}, {"type": "lead", "id": "shared"}],
            "process": canary(number), "context": {"ip": ip(number), "session_id": "s_1", "request_id": "r_1"},
        }),
    });
    known.collect()
}

/// A server with an organization for each profile and one with roles of its own, each with its events.
struct World {
    server: Server,
    /// Organization, read key, events, and where a listener begins that has heard nothing.
    orgs: Vec<(&'static str, String, Vec<Known>, String)>,
}

fn world() -> World {
    let server = Server::start();
    let mut orgs = Vec::new();
    for (id, _) in UNKNOWN {
        let key = server.tenant(id, if *id == OWN_ROLES { "platform" } else { id });
        let path = format!("/v1/organizations/{id}/events");
        let begin = {
            let mut stream = Stream::open(&server, &path, &key, "");
            stream.any().unwrap();
            stream.last_id
        };
        let mut known = events(matches!(*id, "platform" | OWN_ROLES));
        let sent: Vec<&Value> = known.iter().map(|it| &it.event).collect();
        let answer = server.post(&path, &key, &json!(sent));
        assert_eq!(answer.body["created"], known.len(), "{answer:?}");
        for (known, result) in known.iter_mut().zip(answer.body["results"].as_array().unwrap()) {
            known.seq = result["seq"].as_u64().unwrap();
        }
        finished(&server, id, &key, "p-1");
        let mut settings = json!({"embed_origins": ["https://app.example"]});
        if *id == OWN_ROLES {
            let role = |(_, name, sight): &(&str, &str, Sight)| json!({"name": name, "sees": named(*sight)});
            let own: Vec<Value> = READERS.iter().filter(|it| it.0 == OWN_ROLES).map(role).collect();
            settings["profile_overrides"] = json!({"roles": own});
        }
        let text = json!({"settings": settings}).to_string();
        let path = format!("/v1/organizations/{id}");
        let set = server.send("PATCH", &path, &key, Some(text.as_bytes()), "application/json");
        assert_eq!(set.status, 200, "{set:?}");
        allow(&server, id, &key, &json!(["csv", "jsonl", "bundle"]));
        orgs.push((*id, server.key(id, &["read"]), known, begin));
    }
    World { server, orgs }
}

/// The word of profiles for what a role sees.
fn named(sight: Sight) -> &'static str {
    match sight {
        Everything => "everything",
        ForTheOrganization => "organization",
        OwnForTheOrganization => "own_in_organization",
        OwnForAdministrators => "own_in_administrators",
        Nothing => "nothing",
    }
}

/// What came of one call.
struct Told {
    status: u16,
    text: String,
    body: Value,
}

impl World {
    /// Calls a line of the table about one event.
    fn call(&self, method: &str, line: &str, reader: &Reader<'_>, known: &Known) -> Told {
        let id = known.event["id"].as_str().unwrap();
        let path = line
            .trim_end_matches(" live")
            .replace("{org}", reader.org)
            .replace("{type}", "lead")
            .replace("{id}", id)
            .replace("{key}", id)
            .replace("{shared}", "shared")
            .replace("{signed}", "p-1")
            .replace("{seq}", &known.seq.to_string())
            .replace("{log_id}", &self.server.log_id(reader.org))
            .replace("{tile}", "entries/000.p/2")
            .replace("{file}", "viewer.css");
        if line.ends_with("live") {
            return self.listen(&path, reader);
        }
        if line.trim_start_matches("/api").starts_with(signing::PATH) {
            // Its parameters are its own.
            let path = path.split('?').next().unwrap();
            let answer = signing::call(&self.server, method, path, reader.org, &reader.token);
            return Told { status: answer.status, text: answer.text, body: answer.body };
        }
        let (kind, sent) = match (method, line) {
            ("POST", "/view/{org}/views") => {
                ("application/x-www-form-urlencoded", Some("name=Mine&query=".to_owned()))
            }
            ("POST", "/v1/organizations/{org}/viewer-sessions") => {
                let (_, role, _) = READERS.iter().find(|it| it.0 == reader.org).unwrap();
                ("application/json", Some(json!({"user": {"id": "u_1"}, "role": role}).to_string()))
            }
            (_, line) if line.starts_with("/v1/") => {
                ("application/json", body(method, line).map(|it| it.to_string()))
            }
            _ => ("", None),
        };
        let bearer = format!("Bearer {}", reader.token);
        let mut headers = vec![("Sec-Fetch-Site", "same-origin")];
        headers.extend(sent.as_ref().map(|_| ("Content-Type", kind)));
        headers.extend((!reader.token.is_empty()).then_some(("Authorization", bearer.as_str())));
        let sent = sent.as_ref().map(|it| it.as_bytes());
        let Answer { status, text, body, .. } = self.server.request(method, &path, &headers, sent);
        Told { status, text, body }
    }

    /// Everything that a listener hears who begins at the beginning.
    fn listen(&self, path: &str, reader: &Reader<'_>) -> Told {
        let (.., begin) = self.orgs.iter().find(|it| it.0 == reader.org).unwrap();
        let from = if path.contains("/feed") { String::new() } else { format!("Last-Event-ID: {begin}\r\n") };
        let mut stream = Stream::open(&self.server, path, &reader.token, &from);
        let status = stream.status();
        let text =
            if status == 200 { stream.until_silent(Duration::from_millis(300)) } else { String::new() };
        Told { status, text, body: Value::Null }
    }

    /// Compares what a line gives with what the tables say.
    fn check(&self, method: &str, line: &str, gets: Gets, reader: &Reader<'_>, all: &[Known]) {
        let is_about_one = ["{id}", "{seq}", "{key}"].iter().any(|it| line.contains(it));
        for (number, about) in all.iter().enumerate().take(if is_about_one { all.len() } else { 1 }) {
            let note = format!("{method} {line} for {} about {number}", reader.name);
            let told = self.call(method, line, reader, about);
            let seen: BTreeSet<usize> = (0..all.len())
                .filter(|number| [canary(*number), ip(*number)].iter().any(|it| told.text.contains(it)))
                .collect();
            let shown: BTreeSet<usize> =
                (0..all.len()).filter(|number| reader.sight.shows(&all[*number])).collect();
            let excerpt: String = told.text.chars().take(600).collect();
            match gets {
                Events if is_about_one && !shown.contains(&number) => {
                    assert_eq!(told.status, 404, "{note}: {excerpt}");
                    assert!(seen.is_empty(), "{note} tells of {seen:?}");
                }
                Events if is_about_one => {
                    assert_eq!(told.status, 200, "{note}: {excerpt}");
                    assert!(
                        seen.contains(&number) && seen.is_subset(&shown),
                        "{note}: {seen:?} of {shown:?}"
                    );
                }
                // A record of which nothing is seen is one that is not there.
                Events if shown.is_empty() && line.contains("{shared}") => {
                    assert_eq!((told.status, &seen), (404, &shown), "{note}: {excerpt}");
                }
                Events => assert_eq!((told.status, &seen), (200, &shown), "{note}: {excerpt}"),
                Count => assert_eq!(counted(&told.body), shown.len() as u64, "{note}: {excerpt}"),
                Gets::Answer => {
                    assert!((200..400).contains(&told.status), "{note}: {} {excerpt}", told.status);
                    assert!(seen.is_empty(), "{note} tells of {seen:?}");
                }
                No(status) => {
                    assert_eq!(told.status, status, "{note}: {excerpt}");
                    assert!(seen.is_empty(), "{note} tells of {seen:?}");
                }
            }
            if reader.column == PART {
                for hint in ["\"seq\"", "\"cause\"", "&#34;seq&#34;", "&quot;seq&quot;"] {
                    assert!(!told.text.contains(hint) || line == "/openapi.json", "{note}: {hint}");
                }
            }
        }
    }
}

/// The columns of the table.
const NOBODY: usize = 0;
const KEY: usize = 1;
const ALL: usize = 2;
const PART: usize = 3;
const SHUT_OUT: usize = 4;

/// The number in an answer that counts.
fn counted(body: &Value) -> u64 {
    if let Some(total) = body["total"].as_u64() {
        return total;
    }
    let kinds = ["created", "updated", "deleted", "transferred", "other"];
    let buckets = body["buckets"].as_array().unwrap();
    buckets.iter().flat_map(|bucket| kinds.map(|kind| bucket[kind].as_u64().unwrap())).sum()
}

/// D27 to D30, C03, C21, L01, and the roles that an organization's settings name.
#[test]
fn every_reader_gets_from_every_route_what_the_tables_say() {
    let world = world();
    for (org, key, known, _) in &world.orgs {
        let reader = |name: &str, column, sight, token: String| Reader {
            org,
            name: format!("{name} of {org}"),
            column,
            sight,
            token,
        };
        let mut readers = vec![
            reader("nobody", NOBODY, Nothing, String::new()),
            reader("a read key", KEY, Everything, key.clone()),
        ];
        for (_, role, sight) in READERS.iter().filter(|it| it.0 == *org) {
            let column = match sight {
                Everything => ALL,
                Nothing => SHUT_OUT,
                _ => PART,
            };
            readers.push(reader(role, column, *sight, token(&world.server, org, "u_1", role)));
        }
        for reader in &readers {
            // A session that has ended could not show anything more.
            let ends = |it: &&(&str, &str, _)| it.0 == "DELETE" && it.1.ends_with("/viewer-sessions");
            let (last, first): (Vec<_>, Vec<_>) = TABLE.iter().partition(ends);
            for (method, line, gets) in first.into_iter().chain(last) {
                let counts = format!("{line}?q=canary");
                let line = if gets[reader.column] == Count { counts.as_str() } else { line };
                world.check(method, line, gets[reader.column], reader, known);
            }
        }
    }
    world.server.check_log();
}

/// C03: no session is made for a role that sees nothing (403), nor for one that there is not (422); nothing is recorded.
#[test]
fn sessions_are_made_for_the_roles_of_the_table_and_no_others() {
    let world = world();
    for (org, key, ..) in &world.orgs {
        let make = |role: &str| {
            let new = json!({"user": {"id": "u_1"}, "role": role});
            world.server.post(&format!("/v1/organizations/{org}/viewer-sessions"), key, &new)
        };
        let size = world.server.size(org);
        let roles = || READERS.iter().filter(|it| it.0 == *org);
        for (_, role, _) in roles().filter(|it| it.2 == Nothing) {
            make(role).assert_problem(403, "role_excluded");
        }
        for role in UNKNOWN.iter().filter(|it| it.0 == *org).flat_map(|it| it.1) {
            let answer = make(role);
            answer.assert_problem(422, "invalid");
            assert_eq!(answer.body["errors"][0]["pointer"], "/role", "{org}: {role:?}");
        }
        assert_eq!(world.server.size(org), size, "{org}");
        for (_, role, _) in roles().filter(|it| it.2 != Nothing) {
            assert_eq!(make(role).status, 201, "{org}: {role}");
        }
    }
}

/// A role without a line would be a role whose sight nobody checks.
#[test]
fn every_role_of_every_shipped_profile_has_a_line() {
    for file in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/profiles")).unwrap() {
        let name = file.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned();
        let shipped = profile::shipped(&name).unwrap();
        for role in &shipped.roles {
            let has_line = READERS.iter().any(|it| it.0 == name && it.1 == role.name);
            assert!(has_line, "{name}: {}", role.name);
        }
        for (_, role, _) in READERS.iter().filter(|it| it.0 == name) {
            assert!(shipped.sees(role).is_some(), "{name} has no {role} any more");
        }
    }
}

/// The routes that stand in the source and not in the generated document: the pages, and what describes the API itself.
fn routes_of_the_source() -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    let mut directories = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for hidden in [".route_service(", ".nest(", ".nest_service(", ".fallback_service("] {
                assert!(!text.contains(hidden), "{}: {hidden} hides routes from this test", path.display());
            }
            for route in text.split(".route(").skip(1) {
                let (path, handlers) = route.trim_start().strip_prefix('"').unwrap().split_once('"').unwrap();
                let handlers = handlers.split(".route(").next().unwrap().split(';').next().unwrap();
                let handlers = handlers.split(".layer(").next().unwrap();
                let methods: Vec<&str> = ["get", "post", "put", "patch", "delete", "any", "on"]
                    .into_iter()
                    .filter(|it| {
                        [" ", ".", "("].iter().any(|mark| handlers.contains(&format!("{mark}{it}(")))
                    })
                    .collect();
                assert!(!methods.is_empty(), "{path}: {handlers}");
                found.extend(methods.iter().map(|it| (it.to_uppercase(), path.to_owned())));
            }
        }
    }
    found
}

#[test]
fn every_route_of_the_server_has_a_line_and_no_line_is_stale() {
    let document = serde_json::to_value(everlog::http::openapi()).unwrap();
    let mut served = routes_of_the_source();
    assert!(served.contains(&("GET".to_owned(), "/view/{org}".to_owned())), "{served:?}");
    for (path, methods) in document["paths"].as_object().unwrap() {
        served.extend(methods.as_object().unwrap().keys().map(|it| (it.to_uppercase(), path.clone())));
    }
    let route = |line: &str| {
        let path = line.split(['?', ' ']).next().unwrap();
        path.replace("/events/{seq}", "/events/{id}").replace("{shared}", "{id}").replace("{signed}", "{key}")
    };
    let listed: BTreeSet<_> =
        TABLE.iter().map(|(method, line, _)| ((*method).to_owned(), route(line))).collect();
    assert_eq!(listed, served);
}

/// The operator administers and reads nothing: neither logs nor pages.
#[test]
fn the_operators_key_opens_no_log_and_no_page() {
    let world = world();
    let (org, _, known, _) = &world.orgs[0];
    let reader = Reader {
        org,
        name: "the operator".to_owned(),
        column: NOBODY,
        sight: Nothing,
        token: OPERATOR_KEY.to_owned(),
    };
    for (method, line, gets) in TABLE.iter().filter(|it| it.2.contains(&Events) || it.2.contains(&Count)) {
        let status = if gets[KEY] == No(401) { 401 } else { 403 };
        world.check(method, line, No(status), &reader, known);
    }
}
