//! The Export menu and its links, as a browser without scripts and a frame without cookies meet them. Deliberately absent:
//! what a file holds, which is in `http::export`.

use serde_json::{Value, json};

use crate::http::export::{allow, records};
use crate::server::Server;
use crate::viewer::{Page, Visitor, lead, link, opened, plain, record};

/// The menu's links, as a browser follows them.
fn links(page: &Page) -> Vec<String> {
    let menu = page.text.split("id=\"al-export-menu\"").nth(1).unwrap_or_default();
    let menu = menu.split("</details>").next().unwrap_or_default();
    let hrefs = menu.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
    hrefs.map(|href| href.replace("&amp;", "&").replace("&#38;", "&")).collect()
}

/// L18, C19: the menu offers what this session may take away, and each link holds what the page counts.
#[test]
fn the_menu_offers_what_is_allowed_and_exports_what_is_filtered() {
    let server = Server::start();
    let (key, mut visitor) = opened(&server, "workspace", "owner");
    record(
        &server,
        "acme",
        &key,
        &json!([lead("Globex", "2026-11-01T10:00:00Z"), lead("Initech", "2026-11-02T10:00:00Z")]),
    );
    let page = visitor.get("/view/acme");
    assert!(!page.text.contains("al-export-menu"), "nothing is allowed, so nothing is offered");
    assert_eq!(visitor.get("/view/acme/export?format=csv").status, 403);
    allow(&server, "acme", &key, &json!(["csv", "jsonl", "pdf"]));
    let page = visitor.get("/view/acme?q=globex&limit=50");
    assert_eq!(
        links(&page),
        ["/view/acme/export?q=globex&format=csv", "/view/acme/export?q=globex&format=jsonl"]
    );
    assert!(page.text.contains("The file holds the one event that matches."));
    let file = visitor.get(&links(&page)[0]);
    assert_eq!((file.status, file.header("content-type")), (200, "text/csv; charset=utf-8"));
    assert!(file.header("content-disposition").starts_with("attachment; filename=\"acme-activity-log-"));
    let rows = records(file.text.as_bytes());
    assert_eq!(rows[0], ["Action", "User", "Description", "Date"]);
    assert_eq!((rows.len(), rows[1][3].as_str()), (2, "2026-11-01 11:00:00"), "in the reader's zone");
    assert_eq!(visitor.get("/view/acme/export?format=xlsx").status, 403);
    // What changes with the list, the menu does.
    let part = visitor.fragment("/view/acme?q=initech", &[]);
    assert!(part.text.contains("/view/acme/export?q=initech"));
}

/// L13, L18: the default range counts, as on the screen.
#[test]
fn an_export_keeps_to_the_range_that_the_page_has_by_default() {
    let server = Server::start();
    let (key, mut visitor) = opened(&server, "documents", "user");
    let recent = everlog::read::iso(everlog::log::now_ms() - 3_600_000);
    let sent = |at: &str| json!({"action": "document.created", "occurred_at": at, "actor": {"type": "user", "id": "u_1"}});
    record(&server, "acme", &key, &json!([sent("2020-01-01T00:00:00Z"), sent(&recent)]));
    let page = visitor.get("/view/acme");
    let shown = page.rows().len();
    assert_eq!(links(&page), ["/view/acme/export?format=csv", "/view/acme/export?format=bundle"]);
    let rows = records(visitor.get("/view/acme/export?format=csv").text.as_bytes());
    assert_eq!((rows.len() - 1, shown), (1, 1));
    let rows = records(visitor.get("/view/acme/export?format=csv&range=all").text.as_bytes());
    assert_eq!(rows.len() - 1, 2);
    let made = server.get("/v1/organizations/acme/events?category=Access&action=export.made", &key);
    let actors: Vec<&Value> =
        made.body["data"].as_array().unwrap().iter().map(|it| &it["actor"]["id"]).collect();
    assert_eq!(actors, [&json!("u_1"), &json!("u_1")]);
}

/// L18, D21: people read titles, labels and sentences, so that a file has them in the language of its page; what programs
/// read stays as it is.
#[test]
fn a_file_speaks_the_language_of_its_page_and_names_members_for_programs() {
    let server = Server::start();
    let (key, mut visitor) = opened(&server, "workspace", "owner");
    record(&server, "acme", &key, &json!([lead("Globex", "2026-11-01T10:00:00Z")]));
    allow(&server, "acme", &key, &json!(["csv", "jsonl"]));
    let rows = |text: &str| records(text.as_bytes());
    let page = visitor.get("/view/acme?lang=de");
    let german = rows(&visitor.get(&links(&page)[0]).text);
    assert_eq!(german[0], ["Aktion", "Benutzer", "Beschreibung", "Datum"]);
    assert!(page.text.contains(&german[2][0]), "{german:?}");
    assert!(german[2][2].contains("hat den Lead „Globex“ hinzugefügt"), "{german:?}");
    let english = rows(&visitor.get("/view/acme/export?format=csv").text);
    assert_eq!(english[0], ["Action", "User", "Description", "Date"]);
    let full = rows(&visitor.get("/view/acme/export?format=csv&columns=full&lang=de").text);
    assert_eq!(full[0][1..4], ["id", "organization", "occurred_at"]);
    assert!(visitor.get("/view/acme/export?format=jsonl&lang=de").text.contains("\"kind\":\"created\""));
    // A frame says its language in a header; the link that it gets remembers.
    let token = server.session("acme", &key, "u_1", "owner");
    let headers = [("Authorization", &*format!("Bearer {token}")), ("Everlog-Language", "de")];
    let (status, url) = once(&server, "/view/acme/export?format=csv", &headers);
    assert_eq!((status, &rows(&Visitor::new(&server).get(&url).text)[0]), (200, &german[0]));
}

/// Asks for a link that works once, with a token and whatever else.
pub fn once(server: &Server, path: &str, headers: &[(&str, &str)]) -> (u16, String) {
    let answer = server.request("POST", path, headers, None);
    (answer.status, answer.body["url"].as_str().unwrap_or_default().to_owned())
}

/// C of the hostile list: a frame's link works once, soon, for its organization, and only while its session does.
#[test]
fn a_link_of_a_frame_gives_its_file_exactly_once() {
    let server = Server::start();
    let (key, _) = opened(&server, "platform", "company");
    server.tenant("globex", "platform");
    record(
        &server,
        "acme",
        &key,
        &json!([lead("Globex", "2026-11-01T10:00:00Z"), lead("Initech", "2026-11-02T10:00:00Z")]),
    );
    let token = server.session("acme", &key, "u_1", "company");
    let bearer = format!("Bearer {token}");
    let ask = |path: &str| once(&server, path, &[("Authorization", &bearer)]);
    let (status, url) = ask("/view/acme/export?format=jsonl&q=globex");
    assert_eq!(status, 200);
    assert!(url.starts_with("/view/acme/export?code=evl_vc_"), "{url}");
    let mut stranger = Visitor::new(&server);
    let look = stranger.ask("HEAD", &url, &[]);
    assert_eq!(
        (look.status, look.header("content-type")),
        (200, "application/x-ndjson"),
        "looking leaves it alone"
    );
    let elsewhere = url.replace("/view/acme/", "/view/globex/");
    assert_eq!(stranger.get(&elsewhere).status, 401);
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let tries: Vec<_> = (0..8).map(|_| scope.spawn(|| Visitor::new(&server).get(&url).status)).collect();
        tries.into_iter().map(|it| it.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [200, 401].contains(status)), "{statuses:?}");
    // A look is answered as the file would be.
    assert_eq!(stranger.ask("HEAD", &url, &[]).status, 401, "it was used");
    for path in [elsewhere.as_str(), "/view/acme/export?code=evl_vc_nothing", "/view/acme/export?code="] {
        assert_eq!(stranger.ask("HEAD", path, &[]).status, 401, "{path}");
    }
    // What it holds, and that it starts no session.
    let (_, url) = ask("/view/acme/export?format=jsonl&q=globex");
    let file = stranger.get(&url);
    assert_eq!(file.text.lines().count(), 1);
    assert!(stranger.cookies.is_empty() && file.text.contains("Globex"));
    // The code of a download opens no page, and that of a page no download.
    let (_, url) = ask("/view/acme/export?format=csv");
    let code = url.split("code=").nth(1).unwrap();
    assert_eq!(stranger.get(&format!("/view/acme?code={code}")).status, 401);
    let page = link(&server, "acme", "u_1", "company").replace("/view/acme?", "/view/acme/export?");
    assert_eq!(stranger.get(&page).status, 401);
    // It ends with its session.
    let (_, url) = ask("/view/acme/export?format=csv");
    let ended = server.send("DELETE", "/v1/organizations/acme/viewer-sessions", &token, None, "");
    assert_eq!(ended.status, 204);
    assert_eq!(stranger.get(&url).status, 401);
    assert_eq!(ask("/view/acme/export?format=csv").0, 401);
}

/// No page of another origin can have a link made: a browser's cookie counts nothing there.
#[test]
fn a_link_of_a_frame_is_made_for_a_token_and_never_for_a_cookie() {
    let server = Server::start();
    let (key, visitor) = opened(&server, "documents", "user");
    let path = "/view/acme/export?format=csv";
    assert_eq!(once(&server, path, &[("Cookie", &visitor.cookies[0])]).0, 401);
    assert_eq!(once(&server, path, &[]).0, 401);
    assert_eq!(
        once(&server, path, &[("Authorization", &format!("Bearer {key}"))]).0,
        401,
        "a key is no session"
    );
    let token = server.session("acme", &key, "u_1", "user");
    let bearer = format!("Bearer {token}");
    assert_eq!(once(&server, path, &[("Authorization", &bearer)]).0, 200);
    assert_eq!(once(&server, "/view/acme/export?format=xlsx", &[("Authorization", &bearer)]).0, 403);
    assert_eq!(once(&server, "/view/acme/export?format=zip", &[("Authorization", &bearer)]).0, 400);
    assert_eq!(once(&server, "/view/nobody/export?format=csv", &[("Authorization", &bearer)]).0, 404);
}

/// A code waits for sixty seconds.
#[test]
fn a_code_of_a_download_is_over_after_a_minute() {
    use everlog::access::{Caller, DOWNLOAD_CODE_MS};
    let server = Server::start();
    let key = server.tenant("acme", "documents");
    let token = server.session("acme", &key, "u_1", "user");
    let (access, now) = (&server.app.access, everlog::log::now_ms());
    let Ok(Caller::Session(session)) = access.authenticate(&token, now) else { panic!("a session") };
    let org = everlog_core::ids::OrgId::try_from("acme").unwrap();
    let made = || access.create_download(&session, &[], now).unwrap();
    assert!(access.exchange_download(&org, made().as_str(), now + DOWNLOAD_CODE_MS - 1).is_ok());
    assert!(access.exchange_download(&org, made().as_str(), now + DOWNLOAD_CODE_MS).is_err());
    assert_eq!(DOWNLOAD_CODE_MS, 60_000);
}

/// The words of the menu in the reader's language.
#[test]
fn the_menu_speaks_the_readers_language() {
    let server = Server::start();
    let (_, mut visitor) = opened(&server, "documents", "user");
    let page = visitor.ask("GET", "/view/acme", &[("Accept-Language", "de")]);
    let menu = page.text.split("id=\"al-export-menu\"").nth(1).unwrap();
    assert!(plain(menu).contains("Exportieren"), "{menu}");
}
