//! The viewer over HTTP, as a browser without scripts meets it: sessions, pages, fragments, and text that wants to be more.
//! Deliberately absent: what only a browser can tell, which is in `browser`.

use std::io::{BufRead, BufReader};

use everlog::access::{NewSession, Secret, User};
use everlog_core::ids::OrgId;
use serde_json::{Value, json};

use crate::server::Server;

mod address;
mod changes;
mod dates;
mod details;
mod embed;
mod empty;
pub mod export;
mod filters;
mod histogram;
mod languages;
mod list;
mod person;
mod process_files;
mod processes;
mod sizes;
mod text;
mod uses;
mod verify;
mod workspace;

/// What a browser keeps of one server.
pub struct Visitor<'a> {
    server: &'a Server,
    agent: ureq::Agent,
    pub cookies: Vec<String>,
}

pub struct Page {
    pub status: u16,
    pub headers: ureq::http::HeaderMap,
    pub text: String,
}

impl Page {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The body of the table, row by row, without its markup.
    fn rows(&self) -> Vec<String> {
        let body = self
            .text
            .split("<tbody>")
            .last()
            .unwrap_or_default()
            .split("</tbody>")
            .next()
            .unwrap_or_default();
        body.split("<tr>").skip(1).map(plain).collect()
    }

    fn headings(&self) -> Vec<String> {
        let head = self.text.split("<thead>").last().unwrap().split("</thead>").next().unwrap();
        head.split("<th ").skip(1).map(|cell| plain(&format!("<th {cell}"))).collect()
    }
}

/// Markup taken out, white space made one.
fn plain(html: &str) -> String {
    let mut text = String::new();
    let mut is_tag = false;
    for c in html.chars() {
        match c {
            '<' => is_tag = true,
            '>' => {
                is_tag = false;
                text.push(' ');
            }
            c if !is_tag => text.push(c),
            _ => {}
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl<'a> Visitor<'a> {
    pub fn new(server: &'a Server) -> Self {
        let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0);
        let agent = config.max_idle_age(everlog::http::HEAD_TIME_MAX / 3).build().into();
        Self { server, agent, cookies: Vec::new() }
    }

    pub fn get(&mut self, path: &str) -> Page {
        self.ask("GET", path, &[])
    }

    /// As htmx asks for what changes.
    fn fragment(&mut self, path: &str, others: &[(&str, &str)]) -> Page {
        let headers = [&[("HX-Request", "true"), ("HX-Request-Type", "partial")], others].concat();
        self.ask("GET", path, &headers)
    }

    fn ask(&mut self, method: &str, path: &str, headers: &[(&str, &str)]) -> Page {
        let mut request = ureq::http::Request::builder().method(method).uri(self.server.url(path));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !self.cookies.is_empty() {
            request = request.header("Cookie", self.cookies.join("; "));
        }
        let mut answer = self.agent.run(request.body(()).unwrap()).unwrap();
        let headers = answer.headers().clone();
        for cookie in headers.get_all("set-cookie") {
            self.cookies.push(cookie.to_str().unwrap().split(';').next().unwrap().to_owned());
        }
        let text = answer.body_mut().with_config().limit(1 << 28).lossy_utf8(true).read_to_string().unwrap();
        Page { status: answer.status().as_u16(), headers, text }
    }

    /// Sends a form.
    fn send(&self, path: &str, fields: &[(&str, &str)], headers: &[(&str, &str)]) -> Page {
        let mut request = self.agent.post(self.server.url(path)).header("Cookie", self.cookies.join("; "));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut answer = request.send_form(fields.iter().copied()).unwrap();
        let text = answer.body_mut().read_to_string().unwrap();
        Page { status: answer.status().as_u16(), headers: answer.headers().clone(), text }
    }

    /// Listens from a place on until the first message has come.
    fn hear(&self, path: &str, from: &str) -> String {
        let request = self.agent.get(self.server.url(path)).header("Cookie", self.cookies.join("; "));
        let answer = request.header("Last-Event-ID", from).call().unwrap();
        let mut lines = BufReader::new(answer.into_body().into_reader()).lines().map(Result::unwrap);
        let mut heard = String::new();
        while !heard.contains("data: ") || !heard.ends_with("\n\n") {
            heard.push_str(&lines.next().expect("the stream ended"));
            heard.push('\n');
        }
        heard
    }

    /// Opens a link as its owner does.
    pub fn enter(&mut self, link: &str) {
        let entered = self.get(link);
        assert_eq!(entered.status, 303, "{}", entered.text);
    }
}

/// A link for a user in a role, without the server's address; made past the checks of the API where `role` needs it.
pub fn link(server: &Server, org: &str, user: &str, role: &str) -> String {
    let (_, _, code) = session(server, org, user, role);
    format!("/view/{org}?code={}", code.as_str())
}

/// The token of such a session.
pub fn token(server: &Server, org: &str, user: &str, role: &str) -> String {
    session(server, org, user, role).0.as_str().to_owned()
}

fn session(server: &Server, org: &str, user: &str, role: &str) -> (Secret, String, Secret) {
    let org_id = OrgId::try_from(org).unwrap();
    let organization = server.app.access.open_locally(&org_id).unwrap();
    let new = NewSession {
        user: User { id: user.to_owned(), name: Some(user.to_owned()), email: None },
        role: role.to_owned(),
        time_zone: Some("Europe/Berlin".to_owned()),
        locale: None,
        ttl_seconds: 900,
        reusable: false,
    };
    server.app.access.create_session(&organization, &new, everlog::log::now_ms()).unwrap()
}

pub fn record(server: &Server, org: &str, key: &str, events: &Value) {
    let answer = server.post(&format!("/v1/organizations/{org}/events?mode=record"), key, events);
    assert!(answer.status < 300 && answer.body["refused"].as_u64().unwrap_or(0) == 0, "{answer:?}");
}

fn lead(name: &str, at: &str) -> Value {
    json!({"action": "lead.created", "occurred_at": at, "actor": {"type": "user", "id": "u_1", "name": "Ana Ruiz", "email": "ana@acme.example"},
        "targets": [{"type": "lead", "id": name, "name": name}], "after": {"status": "New"}, "context": {"ip": "203.0.113.7"}})
}

/// An organization, its key, and a visitor in it.
fn opened<'a>(server: &'a Server, profile: &str, role: &str) -> (String, Visitor<'a>) {
    let key = server.tenant("acme", profile);
    let mut visitor = Visitor::new(server);
    visitor.enter(&link(server, "acme", "u_1", role));
    (key, visitor)
}

#[test]
fn a_link_starts_one_session_and_leads_to_an_address_without_its_code() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let link = link(&server, "acme", "u_1", "owner");
    let mut visitor = Visitor::new(&server);
    assert_eq!(visitor.ask("HEAD", &link, &[]).status, 200);
    let entered = visitor.get(&format!("{link}&q=a%26b"));
    assert_eq!((entered.status, entered.header("location")), (303, "/view/acme?q=a%26b"));
    let cookie = entered.header("set-cookie");
    assert!(
        cookie.starts_with("everlog-acme=evl_vs_")
            && cookie.contains("HttpOnly; SameSite=Lax; Path=/; Max-Age="),
        "{cookie}"
    );
    assert_eq!(visitor.get("/view/acme").status, 200);
    // The same link again: its owner goes on, nobody else gets in.
    assert_eq!(visitor.get(&link).status, 303);
    let other = Visitor::new(&server).get(&link);
    assert_eq!(other.status, 401);
    assert!(other.text.contains("This link has expired or was already used"));
    let started = server.get("/v1/organizations/acme/events?category=Access", &key);
    let actions: Vec<_> = started.body["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["action"].as_str().unwrap())
        .collect();
    assert_eq!(actions.iter().filter(|action| **action == "session.started").count(), 1, "{actions:?}");
    server.check_log();
}

#[test]
fn a_code_used_twice_at_once_starts_one_session() {
    let server = Server::start();
    server.tenant("acme", "workspace");
    let link = link(&server, "acme", "u_1", "owner");
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let tries: Vec<_> = (0..8).map(|_| scope.spawn(|| Visitor::new(&server).get(&link).status)).collect();
        tries.into_iter().map(|it| it.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 1, "{statuses:?}");
}

#[test]
fn another_organizations_log_is_as_little_there_as_an_unknown_one() {
    let server = Server::start();
    server.tenant("globex", "workspace");
    let (_, mut visitor) = opened(&server, "workspace", "owner");
    for path in ["/view/{}", "/view/{}/events/1", "/view/{}/records/lead/1"] {
        let foreign = visitor.get(&path.replace("{}", "globex"));
        let unknown = visitor.get(&path.replace("{}", "nobody"));
        assert_eq!((foreign.status, &foreign.text), (404, &unknown.text));
        assert_eq!(unknown.status, 404);
        let stranger = Visitor::new(&server).get(&path.replace("{}", "globex"));
        assert_eq!(
            (stranger.status, stranger.text),
            (401, Visitor::new(&server).get(&path.replace("{}", "nobody")).text)
        );
    }
    // The cookie of one organization under the name of another opens nothing.
    let stolen = visitor.cookies[0].replace("everlog-acme", "everlog-globex");
    visitor.cookies = vec![stolen];
    assert_eq!(visitor.get("/view/globex").status, 404);
}

#[test]
fn logs_of_several_organizations_are_open_side_by_side() {
    let server = Server::start();
    server.tenant("globex", "workspace");
    let (_, mut visitor) = opened(&server, "workspace", "owner");
    visitor.enter(&link(&server, "globex", "u_9", "owner"));
    assert_eq!((visitor.get("/view/acme").status, visitor.get("/view/globex").status), (200, 200));
}

/// C03, C21.
#[test]
fn a_member_of_a_workspace_gets_no_page() {
    let server = Server::start();
    let (_, mut visitor) = opened(&server, "workspace", "member");
    let page = visitor.get("/view/acme");
    assert_eq!(page.status, 403);
    assert!(page.text.contains("Your role cannot open this log"));
}

#[test]
fn a_session_that_is_over_is_told_so_in_the_page_and_in_its_place() {
    let server = Server::start();
    server.tenant("acme", "workspace");
    let mut visitor = Visitor::new(&server);
    visitor.cookies = vec![format!("everlog-acme=evl_vs_{}", "x".repeat(30))];
    let page = visitor.get("/view/acme");
    assert_eq!(page.status, 401);
    assert!(page.text.contains("Your session has ended") && page.text.contains("<!doctype html>"));
    let fragment = visitor.fragment("/view/acme", &[]);
    assert_eq!(fragment.status, 401);
    assert!(fragment.text.contains("Your session has ended") && !fragment.text.contains("<html"));
}

/// A copied address, opened where nobody signed in: nothing has ended there.
#[test]
fn who_never_had_a_session_is_not_told_that_it_ended() {
    let server = Server::start();
    server.tenant("acme", "workspace");
    for cookie in ["theme=dark", "everlog-globex=x"] {
        let mut visitor = Visitor::new(&server);
        visitor.cookies = vec![cookie.to_owned()];
        let page = visitor.get("/view/acme?q=ana");
        assert_eq!(page.status, 401);
        assert!(page.text.contains("This log opens from your product"), "{}", page.text);
        assert!(!page.text.contains("ended"));
        let fragment = visitor.fragment("/view/acme", &[]);
        assert!(fragment.text.contains("Your session has ended"), "an open page had one");
    }
    let german = Visitor::new(&server).get("/view/acme/export?format=csv&lang=de");
    assert!(german.text.contains("Dieses Protokoll öffnen Sie aus Ihrem Produkt"), "{}", german.text);
}

/// C16: the reader's language reaches the problems of every route, and a bad address says what is wrong with its part.
#[test]
fn a_bad_address_says_why_in_the_readers_language() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let token = server.session("acme", &key, "u_1", "owner");
    let mut visitor = Visitor::new(&server);
    visitor.cookies = vec![format!("everlog-acme={token}")];
    let long = format!("?actor={}&lang=de", "x".repeat(2_000));
    for (address, told) in [
        ("?outcome=maybe", "The part “outcome” is not valid. Expected: "),
        (&long, "Ein Wert ist leer oder länger als 1024 Bytes."),
        ("?range=never&lang=de", "Diesen Zeitraum gibt es nicht; wählen Sie einen aus der Liste."),
        ("?tz=Mars&lang=de", "Hier wird der Name einer Zeitzone wie Europe/Berlin erwartet."),
    ] {
        let page = visitor.get(&format!("/view/acme{address}"));
        assert!(page.text.contains(told), "{address}: {}", page.text);
    }
}

#[test]
fn over_tls_the_cookie_is_bound_to_this_host() {
    let server = Server::start_with(|config| config.public_url = Some("https://log.example".to_owned()));
    server.tenant("acme", "workspace");
    let entered = Visitor::new(&server).get(&link(&server, "acme", "u_1", "owner"));
    let cookie = entered.header("set-cookie");
    assert!(cookie.starts_with("__Host-everlog-acme=evl_vs_") && cookie.ends_with("; Secure"), "{cookie}");
}

/// D09: a name is a link when it has one that leads to a page.
#[test]
fn only_addresses_of_pages_become_links() {
    let server = Server::start();
    let (key, mut visitor) = opened(&server, "workspace", "owner");
    let urls = [
        "https://app.example/leads/9",
        "HTTP://app.example",
        "javascript:alert(1)",
        "java\tscript:alert(1)",
        "data:text/html,x",
        " https://x",
        "//evil.example",
    ];
    let mut event = lead("Globex", "2026-01-05T10:00:00Z");
    event["id"] = json!("linked");
    event["targets"] = urls.iter().map(|url| json!({"type": "lead", "id": url, "url": url})).collect();
    record(&server, "acme", &key, &json!([event]));
    let page = visitor.get("/view/acme/events/linked");
    let links: Vec<_> = page
        .text
        .split("class=\"al-record\" href=\"")
        .skip(1)
        .map(|it| it.split('"').next().unwrap())
        .collect();
    assert_eq!(links, &urls[..2]);
    assert_eq!(page.text.matches("rel=\"noopener noreferrer nofollow\"").count(), 2);
}

#[test]
fn every_page_forbids_what_it_does_not_need() {
    let server = Server::start();
    let (key, mut visitor) = opened(&server, "workspace", "owner");
    record(&server, "acme", &key, &json!([lead("Globex", "2026-01-05T10:00:00Z")]));
    for path in ["/", "/view/acme", "/view/acme/events/0", "/view/nobody", "/view/acme?range=nonsense"] {
        let page = visitor.get(path);
        let policy = page.header("content-security-policy");
        for rule in [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "form-action 'self'",
        ] {
            assert!(policy.contains(rule), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(page.header("referrer-policy"), "same-origin");
        assert_eq!(page.header("x-content-type-options"), "nosniff");
        assert_eq!(page.header("cross-origin-opener-policy"), "same-origin");
        assert_eq!(page.header("cache-control"), "private, no-store");
        assert!(page.header("vary").contains("HX-Request"), "{path}");
    }
}

/// The policy stops inline script and style, and htmx would need `eval` for some of what it offers.
#[test]
fn no_template_holds_what_the_policy_would_stop() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/templates/viewer");
    let mut read = 0;
    for file in std::fs::read_dir(directory).unwrap() {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        for bad in [
            "<style",
            "style=",
            "hx-on",
            "js:",
            "javascript:",
            "onclick",
            "onload",
            "onerror",
            "hx-vals",
            "<script>",
            "<base",
        ] {
            assert!(!text.contains(bad), "{} holds {bad}", path.display());
        }
        for trigger in text.split("hx-trigger=\"").skip(1) {
            assert!(
                !trigger.split('"').next().unwrap().contains('['),
                "{} filters a trigger",
                path.display()
            );
        }
        read += 1;
    }
    assert!(read > 5);
}

#[test]
fn assets_are_kept_for_ever_and_the_landing_page_names_them() {
    let server = Server::start();
    let mut visitor = Visitor::new(&server);
    let landing = visitor.get("/");
    assert_eq!(landing.status, 200);
    assert!(landing.text.contains("href=\"/docs\""));
    let css = landing.text.split("href=\"/assets/viewer.css").nth(1).unwrap().split('"').next().unwrap();
    let asset = visitor.get(&format!("/assets/viewer.css{css}"));
    assert_eq!((asset.status, asset.header("content-type")), (200, "text/css; charset=utf-8"));
    assert!(asset.header("cache-control").contains("immutable"));
    let again = visitor.ask("GET", "/assets/viewer.css", &[("If-None-Match", asset.header("etag"))]);
    assert_eq!((again.status, again.text.as_str()), (304, ""));
    for bad in ["/assets/nothing.css", "/assets/..%2fCargo.toml", "/assets/events-v1.zdict"] {
        assert_eq!(visitor.get(bad).status, 404, "{bad}");
    }
}

/// L05, L06, L08, L13, L17.
#[test]
fn documents_show_four_columns_and_the_last_30_days_until_asked_for_more() {
    let server = Server::start();
    let (key, mut visitor) = opened(&server, "documents", "user");
    let event = |action: &str, at: String| {
        json!({"action": action, "occurred_at": at, "actor": {"type": "user", "id": "u_2", "name": "Ana Ruiz", "email": "ana@acme.example"},
            "targets": [{"type": "document", "id": "doc_1", "name": "Lease"}]})
    };
    record(
        &server,
        "acme",
        &key,
        &json!([
            event("template.created", "2025-12-15T15:54:00Z".to_owned()),
            event("auth.signed_in", now_iso())
        ]),
    );
    let page = visitor.get("/view/acme");
    assert_eq!(page.headings(), ["Date", "Remarks", "User", "Report Type"]);
    assert_eq!(page.rows().len(), 1);
    let all = visitor.get("/view/acme?range=all");
    let row = all.rows().pop().unwrap();
    assert!(row.starts_with("Dec 15, 2025 04:54 PM"), "{row}");
    assert!(row.contains("Ana Ruiz ana@acme.example") && row.ends_with("Template Create"), "{row}");
}

fn now_iso() -> String {
    everlog::read::iso(everlog::log::now_ms())
}

/// L22, L23.
#[test]
fn who_signed_reads_you_signed_and_everybody_else_reads_invitation_sign() {
    let server = Server::start();
    let (key, mut visitor) = opened(&server, "documents", "user");
    let event = json!({"action": "document.signed", "occurred_at": now_iso(), "actor": {"type": "user", "id": "u_1", "name": "Ana Ruiz"}});
    record(&server, "acme", &key, &json!([event]));
    assert!(visitor.get("/view/acme").rows()[0].ends_with("You Signed"));
    let mut other = Visitor::new(&server);
    other.enter(&link(&server, "acme", "u_2", "user"));
    assert!(other.get("/view/acme").rows()[0].ends_with("Invitation Sign"));
}

/// C04 to C06, C08, C09, C16.
#[test]
fn a_workspace_shows_tags_people_and_relative_dates_and_offers_only_what_occurs() {
    let server = Server::start();
    let (key, mut visitor) = opened(&server, "workspace", "owner");
    let two_hours_ago = everlog::read::iso(everlog::log::now_ms() - 2 * 3_600_000);
    let deleted = json!({"action": "task.deleted", "occurred_at": two_hours_ago, "actor": {"type": "user", "id": "u_2", "name": "Sam Lee"},
        "targets": [{"type": "task", "id": "t", "name": "Call Globex"}]});
    record(&server, "acme", &key, &json!([lead("Globex", "2026-01-05T10:00:00Z"), deleted]));
    let page = visitor.get("/view/acme");
    assert_eq!(page.headings(), ["Action", "User", "Description", "Date"]);
    assert!(
        page.rows()[0].starts_with("Task Deleted SL Sam Lee") && page.rows()[0].ends_with("2 hours ago"),
        "{:?}",
        page.rows()
    );
    assert!(
        page.text.contains("al-tag al-t-bad\"><bdi>Task Deleted")
            && page.text.contains("al-tag al-t-good\"><bdi>Lead Created")
    );
    let values: Vec<_> = page
        .text
        .split("name=\"category\" value=\"")
        .skip(1)
        .map(|it| it.split('"').next().unwrap())
        .collect();
    assert_eq!(values, ["Leads", "Tasks"]);
    assert_eq!(visitor.get("/view/acme?q=deleted").rows().len(), 1);
    assert_eq!(visitor.get("/view/acme?q=ana").rows().len(), 1);
    assert!(visitor.get("/view/acme?sort=action").rows()[0].starts_with("Lead Created"));
    assert!(visitor.get("/view/acme?sort=action").text.contains("aria-sort=\"ascending\""));
}

#[test]
fn what_failed_or_was_denied_does_not_look_like_a_success() {
    let server = Server::start();
    let (key, mut visitor) = opened(&server, "workspace", "owner");
    let tried = |id: &str, outcome: &str| {
        let mut event = lead("Globex", "2026-01-05T10:00:00Z");
        (event["id"], event["outcome"]) = (json!(id), json!(outcome));
        event["context"]["location"] = json!("Nuuk, Greenland");
        event
    };
    record(
        &server,
        "acme",
        &key,
        &json!([tried("e-1", "failure"), tried("e-2", "denied"), tried("e-3", "success")]),
    );
    let list = visitor.get("/view/acme").text;
    for (id, tag) in [
        ("e-1", "al-t-bad\"><bdi>Lead Created · failed"),
        ("e-2", "al-t-bad\"><bdi>Lead Created · denied"),
        ("e-3", "al-t-good\"><bdi>Lead Created</bdi>"),
    ] {
        assert!(list.contains(tag), "{id} in the list");
        let details = visitor.get(&format!("/view/acme/events/{id}")).text;
        assert!(details.contains(tag), "{id} in its details");
        assert!(plain(&details).contains("IP address 203.0.113.7 · Nuuk, Greenland"), "{id}");
    }
}

/// D04, D06, D07.
#[test]
fn a_platform_numbers_its_rows_over_all_pages() {
    let server = Server::start();
    let (key, mut visitor) = opened(&server, "platform", "company");
    let events: Vec<_> =
        (0..25).map(|n| lead(&format!("lead-{n:02}"), &format!("2026-01-05T10:{n:02}:00Z"))).collect();
    record(&server, "acme", &key, &json!(events));
    let first = visitor.get("/view/acme");
    assert_eq!(
        first.headings(),
        ["#", "User", "Type", "Event", "Description", "IP Address", "Date/Time", "Details"]
    );
    assert_eq!(first.rows().len(), 10);
    assert!(first.rows()[0].starts_with("1 AR Ana Ruiz") && plain(&first.text).contains("1–10 of 25"));
    let step = |page: &Page, rel: &str| {
        page.text
            .split(&format!("rel=\"{rel}\""))
            .nth(1)
            .unwrap()
            .split("href=\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap()
            .replace("&#38;", "&")
            .replace("&amp;", "&")
    };
    let second = visitor.get(&step(&first, "next"));
    let third = visitor.get(&step(&second, "next"));
    assert!(
        third.rows()[0].starts_with("21 ")
            && third.rows().len() == 5
            && plain(&third.text).contains("21–25 of 25")
    );
    assert!(!third.text.contains("rel=\"next\""));
    assert!(third.text.contains(", row 21\"") && third.text.contains(", row 25\""), "a button names its row");
    let back = visitor.get(&step(&third, "prev"));
    assert_eq!(back.rows(), second.rows());
    assert_eq!(visitor.get("/view/acme?limit=25").rows().len(), 25);
}

/// D27 to D30.
#[test]
fn no_part_of_a_page_tells_what_its_reader_may_not_see() {
    let server = Server::start();
    let key = server.tenant("acme", "platform");
    let by = |user: &str, audience: &str| {
        json!({"action": "user.created", "occurred_at": "2026-01-05T10:00:00Z", "audience": audience,
            "actor": {"type": "user", "id": user, "name": format!("canary-{user}")}, "context": {"ip": "203.0.113.7"},
            "targets": [{"type": "user", "id": format!("record-of-{user}")}]})
    };
    record(
        &server,
        "acme",
        &key,
        &json!([
            by("u_1", "organization"),
            by("u_2", "organization"),
            by("a_1", "administrators"),
            by("a_2", "administrators")
        ]),
    );
    for (user, role, seen) in [
        ("u_1", "regular", vec!["u_1"]),
        ("a_1", "administrator", vec!["a_1"]),
        ("c", "company", vec!["u_1", "u_2"]),
    ] {
        let mut visitor = Visitor::new(&server);
        visitor.enter(&link(&server, "acme", user, role));
        for path in
            ["/view/acme", "/view/acme?sort=actor", "/view/acme?q=canary", "/view/acme?q=nothing-like-this"]
        {
            let page = visitor.get(path);
            for hidden in ["u_1", "u_2", "a_1", "a_2"].iter().filter(|it| !seen.contains(it)) {
                assert!(
                    !page.text.contains(&format!("canary-{hidden}"))
                        && !page.text.contains(&format!("record-of-{hidden}")),
                    "{role} sees {hidden}"
                );
            }
        }
        let shown = visitor.get("/view/acme");
        let events = if seen.len() == 1 { "1 event".to_owned() } else { format!("{} events", seen.len()) };
        assert!(shown.text.contains(&format!("<strong>{events}</strong>")), "{role}");
        assert_eq!(visitor.get("/view/acme/events/0").status, 404, "a position tells how much is hidden");
    }
}

#[test]
fn htmx_gets_only_what_changes_and_the_address_that_goes_with_it() {
    let server = Server::start();
    let (key, mut visitor) = opened(&server, "workspace", "owner");
    record(&server, "acme", &key, &json!([lead("Globex", "2026-01-05T10:00:00Z")]));
    let changed = visitor
        .fragment("/view/acme?q=&range=all&category=Leads", &[("HX-Current-URL", "http://x/view/acme")]);
    assert!(
        !changed.text.contains("<html")
            && changed.text.contains("hx-partial")
            && changed.text.contains("Lead Created")
    );
    assert_eq!(changed.header("hx-push-url"), "/view/acme?category=Leads");
    let typing = [("HX-Source", "input#al-q"), ("HX-Current-URL", "http://x/view/acme?q=glo")];
    assert_eq!(visitor.fragment("/view/acme?q=glob", &typing).header("hx-replace-url"), "/view/acme?q=glob");
    let restored = visitor.ask("GET", "/view/acme", &[("HX-Request", "true"), ("HX-Request-Type", "full")]);
    assert!(restored.text.contains("<html"));
    let id = plain_id(&changed.text);
    let drawer = visitor.fragment(&format!("/view/acme/events/{id}"), &[]);
    assert!(!drawer.text.contains("<html") && drawer.text.contains("Initial values"));
    assert!(visitor.get(&format!("/view/acme/events/{id}")).text.contains("<html"));
}

fn plain_id(html: &str) -> &str {
    html.split("/events/").nth(1).unwrap().split(['"', '?']).next().unwrap()
}

#[test]
fn a_search_that_cannot_be_understood_is_shown_with_its_place() {
    let server = Server::start();
    let (key, mut visitor) = opened(&server, "workspace", "owner");
    record(&server, "acme", &key, &json!([lead("Globex", "2026-01-05T10:00:00Z")]));
    let page = visitor.get("/view/acme?q=ab+%22cd");
    assert_eq!(page.status, 400);
    assert!(
        page.text.contains("At character 4") && page.text.contains("<mark>&#34;</mark>cd"),
        "{}",
        page.text
    );
    let fragment = visitor.fragment("/view/acme?q=ab+%22cd", &[]);
    assert_eq!((fragment.status, fragment.header("hx-push-url")), (200, "false"));
    assert!(fragment.text.contains("al-fault") && !fragment.text.contains("<table"), "old rows stay");
    assert_eq!(visitor.get("/view/acme?range=nonsense").status, 400);
    assert_eq!(visitor.get("/view/acme?cursor=abc").status, 400);
}

#[test]
fn dates_the_wrong_way_round_say_so_and_show_no_figure() {
    let server = Server::start();
    let (key, mut visitor) = opened(&server, "platform", "company");
    record(&server, "acme", &key, &json!([lead("Globex", "2026-01-05T10:00:00Z")]));
    let path = "/view/acme?from=2026-03-09&to=2026-03-01";
    let page = visitor.get(path);
    assert_eq!(page.status, 400);
    let fragment = visitor.fragment(path, &[("HX-Current-URL", "http://x/view/acme")]);
    assert_eq!(
        (fragment.status, fragment.header("hx-push-url")),
        (200, path),
        "the address is what is shown"
    );
    for text in [&page.text, &fragment.text] {
        assert!(text.contains("To lies before From.</p>"), "under the dates");
        assert!(text.contains("<h2>To lies before From</h2>") && text.contains("<strong></strong>"));
        assert!(text.contains("class=\"al-choice-count\"></span>") && !text.contains("al-choice-count\">1"));
        assert!(!text.contains("<table") && !text.contains("<svg viewBox=\"0 0 1200"), "nothing stale");
    }
}

/// C17: a filter names the person it leaves nothing of.
#[test]
fn a_person_without_matches_is_called_by_name() {
    let server = Server::start();
    let (key, mut visitor) = opened(&server, "documents", "user");
    record(&server, "acme", &key, &json!([lead("Globex", "2026-01-05T10:00:00Z")]));
    let page = visitor.get("/view/acme?actor=u_1&actor=u_9&q=nowhere");
    let chips = plain(page.text.split("al-chips").nth(1).unwrap().split("</ul>").next().unwrap());
    assert!(chips.contains("User Ana Ruiz") && chips.contains("User u_9"), "{chips}");
}

#[test]
fn an_empty_list_says_why_and_what_to_do() {
    let server = Server::start();
    let (key, mut visitor) = opened(&server, "workspace", "owner");
    let first = visitor.get("/view/acme");
    assert!(
        first.text.contains("Nothing has happened yet")
            && first.text.contains("/v1/organizations/acme/events")
    );
    record(
        &server,
        "acme",
        &key,
        &json!([lead("Globex", "2026-01-05T10:00:00Z"), lead("Initech", "2026-01-05T10:00:00Z")]),
    );
    let none = visitor.get("/view/acme?q=nowhere&category=Leads");
    assert!(none.text.contains("Without the search for “nowhere” there are 2"), "{}", none.text);
    assert!(none.text.contains("href=\"/view/acme?category=Leads\""));
}

/// The strings of G of the hostile list, and some more.
pub const HOSTILE: &[&str] = &[
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'><svg onload=alert(1)>",
    "java\tscript:alert(1)",
    "[x](javascript:alert(1))",
    "![](http://evil.example/?c)",
    "{{7*7}}${7*7}<%=7*7%>",
    "</style><style>*{display:none}</style>",
    "</title></textarea></pre><script>alert(1)</script>",
    "<hx-partial hx-target=\"body\"><img src=x onerror=alert(1)></hx-partial>",
    "<template hx type=partial></template><div hx-get=/ hx-trigger=load>",
    "a\u{2028}b\u{2029}c",
    "user\u{202e}nimda",
    "ad\u{200b}min",
    "<form id=al-bar><input name=q></form>",
    "<a id=location href=javascript:alert(1)>x</a>",
];

/// An event with one text in every field that takes one.
pub fn hostile(text: &str) -> Value {
    json!({
        "action": "lead.updated", "occurred_at": now_iso(),
        "actor": {"type": "user", "id": text, "name": text, "email": text, "role": text, "avatar_url": text},
        "on_behalf_of": {"type": "user", "id": text, "name": text},
        "targets": [{"type": text, "id": text, "name": text, "url": "javascript:alert(1)", "parent": {"type": text, "id": text, "name": text}}],
        "description": text, "before": {(text): text, "note": text}, "after": {(text): {"deep": text}, "note": format!("{text} {text} {text} {text}")},
        "context": {"user_agent": text, "location": text, "session_id": text, "request_id": text},
        "reason": text, "metadata": {(text): text, "nested": {(text): [text]}}
    })
}

#[test]
fn hostile_text_is_text_everywhere() {
    let server = Server::start();
    let (key, mut visitor) = opened(&server, "workspace", "owner");
    let events: Vec<_> = HOSTILE.iter().map(|text| hostile(text)).collect();
    record(&server, "acme", &key, &json!(events));
    let mut paths = vec!["/view/acme?range=all".to_owned()];
    let list = visitor.get("/view/acme");
    paths.extend(
        list.text
            .split("al-open al-text\" href=\"")
            .skip(1)
            .map(|it| it.split('"').next().unwrap().to_owned()),
    );
    assert_eq!(paths.len(), HOSTILE.len() + 1);
    for event in paths.clone().iter().skip(1) {
        paths.extend(["changes", "related", "raw", "proof"].map(|tab| format!("{event}?tab={tab}")));
    }
    for text in HOSTILE {
        let id = everlog::viewer::address::encode(text);
        paths.push(format!("/view/acme/records/{id}/{id}"));
        paths.push(format!("/view/acme/records/{id}/{id}?at=2026-01-01T00:00:00Z"));
    }
    let reflected = "%22%3E%3Cscript%3Ealert(1)%3C/script%3E";
    for name in [
        "q",
        "actor",
        "category",
        "action",
        "ip",
        "target_type",
        "process",
        "range",
        "sort",
        "cursor",
        "from",
        "nonsense",
        "row",
    ] {
        paths.push(format!("/view/acme?{name}={reflected}"));
    }
    paths.push(format!("/view/{reflected}"));
    paths.push(format!("/view/acme/events/{reflected}"));
    paths.push(format!("/view/acme/events/0?tab={reflected}&all={reflected}"));
    paths.push(format!("/view/acme/records/lead/{reflected}?at={reflected}"));
    for path in paths {
        for page in [visitor.get(&path), visitor.fragment(&path, &[])] {
            assert!(page.status < 500, "{path}: {}", page.status);
            for bad in [
                "<script>",
                "<img src=x",
                "<svg onload",
                "</style>",
                "<hx-partial hx-target=\"body\"",
                "<div hx-get",
                "<a id=location",
                "<form id=al-bar>",
                "href=\"javascript",
                "\u{202e}",
                "\u{200b}",
            ] {
                assert!(!page.text.contains(bad), "{path} holds {bad}");
            }
        }
    }
}

/// C16: a picture is shown only when it is small and inside the event.
#[test]
fn a_name_of_100000_characters_is_shortened_in_the_list() {
    let server = Server::start();
    let (key, mut visitor) = opened(&server, "workspace", "owner");
    let mut event = lead("Globex", "2026-01-05T10:00:00Z");
    event["actor"]["name"] = json!("x".repeat(100_000));
    record(&server, "acme", &key, &json!([event]));
    let page = visitor.get("/view/acme");
    assert!(page.status == 200 && page.text.len() < 60_000, "{}", page.text.len());
}

/// The first view stays small.
#[test]
fn the_first_view_is_at_most_40_kilobytes_on_the_wire() {
    let server = Server::start();
    let (key, mut visitor) = opened(&server, "workspace", "owner");
    let events: Vec<_> = (0..60)
        .map(|n| lead(&format!("lead-{n:02}"), &format!("2026-01-{:02}T10:{n:02}:00Z", n % 28 + 1)))
        .collect();
    record(&server, "acme", &key, &json!(events));
    let page = visitor.get("/view/acme");
    let mut paths = vec!["/view/acme".to_owned()];
    paths.extend(
        page.text.split("\"/assets/").skip(1).map(|it| format!("/assets/{}", it.split('"').next().unwrap())),
    );
    let gzip: usize = paths.iter().map(|path| compressed(&server, path, &visitor.cookies.join("; "))).sum();
    assert!(gzip <= 40 * 1024, "{gzip} bytes");
}

/// The length of a body as it goes over the wire.
fn compressed(server: &Server, path: &str, cookie: &str) -> usize {
    let mut request = ureq::get(server.url(path))
        .header("Accept-Encoding", "gzip")
        .header("Cookie", cookie)
        .call()
        .unwrap();
    request.body_mut().with_config().limit(1 << 20).read_to_vec().unwrap().len()
}
