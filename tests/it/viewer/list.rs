//! What a reader does with a list, by links and forms alone: filters turned round, views kept, words completed, what comes
//! in. Deliberately absent: gestures, which are in `browser::list`.

use serde_json::json;

use crate::server::Server;
use crate::viewer::{Page, Visitor, link, now_iso, opened, plain, record};

fn filled(server: &Server, key: &str) {
    let event = |number: usize| {
        let (id, name) = [("u_1", "Ana Ruiz"), ("u_2", "Ana Ruiz"), ("u_3", "Sam \"S\" Lee")][number % 3];
        json!({"id": format!("e-{number}"), "action": (["lead.created", "lead.deleted"][number % 2]), "occurred_at": now_iso(),
            "actor": {"type": "user", "id": id, "name": name, "email": format!("{id}@acme.example")},
            "targets": [{"type": "lead", "id": format!("l_{number}")}], "context": {"ip": format!("203.0.113.{}", number % 3)}})
    };
    record(server, "acme", key, &(0..12).map(event).collect());
}

/// The first link whose label or text says this.
fn href(page: &Page, says: &str) -> String {
    let links = page.text.split("<a ").skip(1);
    let found = links
        .filter(|it| it.split("</a>").next().unwrap_or_default().contains(says))
        .find_map(|it| it.split("href=\"").nth(1));
    let found = found
        .and_then(|it| it.split('"').next())
        .unwrap_or_else(|| panic!("no link says {says}: {}", plain(&page.text)));
    found.replace("&#38;", "&").replace("&amp;", "&")
}

/// D15, D17.
#[test]
fn a_chip_is_turned_round_and_back_and_taken_away_by_links() {
    let server = Server::start();
    let (key, mut visitor) = opened(&server, "workspace", "owner");
    filled(&server, &key);
    let page = visitor.get("/view/acme?actor=u_1&category=Leads");
    assert_eq!(page.rows().len(), 4);
    let not = href(&page, "Filter it out: User");
    let page = visitor.get(&not);
    assert_eq!(not, "/view/acme?category=Leads&not=actor:u_1");
    assert_eq!(page.rows().len(), 8);
    assert!(plain(&page.text).contains("User not Ana Ruiz"), "{}", plain(&page.text));
    let back = href(&page, "Filter for it again: User");
    assert_eq!(visitor.get(&back).rows().len(), 4);
    assert_eq!(visitor.get(&href(&page, "Remove filter User")).rows().len(), 12);
    // What is left out can hide everything, and is then what the page names.
    let page = visitor.get("/view/acme?not=category:Leads");
    assert!(page.rows().is_empty() && page.text.contains("what is left out"), "{}", plain(&page.text));
    let page = visitor.get("/view/acme?not=kind:none");
    assert_eq!(page.status, 400);
}

#[test]
fn a_field_that_there_is_none_of_is_told_and_searched_as_words() {
    let server = Server::start();
    let (key, mut visitor) = opened(&server, "workspace", "owner");
    filled(&server, &key);
    let page = visitor.get("/view/acme?q=acto:ana");
    assert_eq!(page.status, 200);
    assert!(plain(&page.text).contains("There is no field “acto”"));
    for fine in ["actor:ana", "https://x.example", "\"acto: ana\"", "12:30"] {
        let page = visitor.get(&format!("/view/acme?q={}", everlog::viewer::address::encode(fine)));
        assert!(!page.text.contains("There is no field"), "{fine}");
    }
}

/// L10, C04, C06, D08: what is offered occurs, is counted as the list counts it, and finds what it says.
#[test]
fn fields_and_their_values_are_completed_with_counts_as_quoted_terms() {
    let server = Server::start();
    let (key, mut visitor) = opened(&server, "workspace", "owner");
    filled(&server, &key);
    let mut offered = |params: &str| {
        let page = visitor.get(&format!("/view/acme/complete?{params}"));
        assert_eq!(page.status, 200, "{params}");
        let inserts = page
            .text
            .split("data-insert=\"")
            .skip(1)
            .map(|it| it.split('"').next().unwrap().replace("&#34;", "\""));
        (inserts.collect::<Vec<_>>(), plain(&page.text))
    };
    assert_eq!(offered("term=act").0, ["actor:", "action:"]);
    assert_eq!(offered("term=us").0, ["user:"]);
    assert_eq!(offered("term=user:ana").0, ["user:\"u_1\" ", "user:\"u_2\" "]);
    assert_eq!(offered("term=-ca").0, ["-category:"]);
    let (inserts, text) = offered("term=actor:ana");
    // Of people with one name each is found by the id; a quotation mark in a name is no end of it.
    assert_eq!(inserts, ["actor:\"u_1\" ", "actor:\"u_2\" "]);
    assert!(text.contains("u_2@acme.example 4"), "{text}");
    assert_eq!(offered("term=actor:sam").0, Vec::<String>::new());
    assert_eq!(offered("term=-kind:del&q=actor:u_1").1, "Deleted 2");
    assert_eq!(offered("term=ip:203.0.113.2").0, ["ip:\"203.0.113.2\" "]);
    assert!(offered("term=category:Access").0.is_empty() && offered("term=nothing:x").0.is_empty());
    assert!(offered("term=actor:&q=%22open").0.len() == 2, "an unfinished search elsewhere narrows nothing");
    // People whom a menu does not hold.
    let page = visitor.get("/view/acme/complete?menu=actor&term=u_3@");
    assert!(page.text.contains("value=\"u_3\"") && page.text.contains("u_3@acme.example"), "{}", page.text);
    assert_eq!(Visitor::new(&server).get("/view/acme/complete?term=actor:").status, 401);
}

/// L10, C06: whoever has nothing in what is asked, and whatever a full menu does not hold, is found and counted as that.
#[test]
fn a_menu_finds_by_all_that_it_shows_and_beyond_what_it_holds() {
    let server = Server::start();
    let (key, mut visitor) = opened(&server, "workspace", "owner");
    filled(&server, &key);
    server.tenant("other", "documents");
    let other = server.key("other", &["write", "admin"]);
    let old = |number: u64| {
        json!({"action": format!("kind_{number}.done"), "occurred_at": "2025-01-05T10:00:00Z",
            "actor": {"type": "user", "id": format!("old-{number}"), "name": format!("Old {number}"), "email": format!("old-{number}@acme.example")}})
    };
    record(&server, "other", &other, &json!((0..105).map(old).collect::<Vec<_>>()));
    let mut reader = Visitor::new(&server);
    reader.enter(&link(&server, "other", "u_1", "user"));
    let narrowed = reader.get("/view/other");
    assert!(narrowed.text.contains("data-menu=\"actor\""), "nobody is in the last 30 days");
    let found = reader.get("/view/other/complete?menu=actor&term=old-7@");
    assert!(
        found.text.contains("value=\"old-7\"") && found.text.contains("al-choice-count\">0<"),
        "{}",
        found.text
    );
    let full = reader.get("/view/other?range=all");
    assert!(full.text.contains("data-words=\"Old 1 old-1@acme.example old-1\""), "{}", full.text);
    assert!(
        full.text.contains("data-menu=\"action\"") && full.text.contains("Search for others: action:name")
    );
    let found = reader.get("/view/other/complete?menu=action&term=kind_104&range=all");
    assert!(found.text.contains("name=\"action\" value=\"kind_104.done\""), "{}", found.text);
    assert_eq!(plain(&reader.get("/view/other/complete?menu=ip&term=2").text), "");
    let page = visitor.get("/view/acme?from=0002-11-20");
    assert_eq!(page.status, 400, "a year of which not every digit is typed");
}

/// D28: nobody is offered whom they may not see.
#[test]
fn completion_offers_only_what_the_reader_may_see() {
    let server = Server::start();
    let key = server.tenant("acme", "platform");
    filled(&server, &key);
    let mut visitor = Visitor::new(&server);
    visitor.enter(&link(&server, "acme", "u_2", "regular"));
    let page = visitor.get("/view/acme/complete?term=actor:");
    assert!(page.text.contains("u_2@acme.example") && !page.text.contains("u_1@"), "{}", page.text);
}

#[test]
fn views_are_kept_replaced_after_asking_and_taken_away_by_forms() {
    let server = Server::start();
    let (_, mut visitor) = opened(&server, "workspace", "owner");
    let own = ("Sec-Fetch-Site", "same-origin");
    let hostile = "<b>\u{202e}Deals</b>";
    let saved = visitor.send(
        "/view/acme/views",
        &[("name", "Deals"), ("query", "kind=deleted&nonsense=1&cursor=x")],
        &[own],
    );
    assert_eq!((saved.status, saved.header("location")), (303, "/view/acme?kind=deleted"));
    let page = visitor.get("/view/acme?kind=deleted");
    assert!(page.text.contains("aria-current=\"true\"><bdi>Deals</bdi>"), "the view in force is marked");
    // Another query under the same name is asked about; the same one is not.
    let again = visitor.send("/view/acme/views", &[("name", "Deals"), ("query", "kind=deleted")], &[own]);
    assert_eq!(again.status, 303);
    let asked = visitor.send("/view/acme/views", &[("name", "Deals"), ("query", "kind=created")], &[own]);
    assert_eq!(asked.status, 409);
    assert!(asked.text.contains("Replace it") && visitor.get("/view/acme").text.contains("kind=deleted\""));
    let fields = [("name", "Deals"), ("query", "kind=created"), ("replace", "yes")];
    assert_eq!(visitor.send("/view/acme/views", &fields, &[own]).status, 303);
    assert!(visitor.get("/view/acme").text.contains("href=\"/view/acme?kind=created\""));
    visitor.send("/view/acme/views", &[("name", hostile), ("query", "")], &[own]);
    let page = visitor.get("/view/acme?kind=created");
    assert!(!page.text.contains("<b>") && page.text.contains("U+202E"));
    // They belong to one reader.
    let mut other = Visitor::new(&server);
    other.enter(&link(&server, "acme", "u_2", "owner"));
    assert!(!other.get("/view/acme").text.contains("Deals"));
    let gone =
        visitor.send("/view/acme/views", &[("do", "delete"), ("name", "Deals"), ("query", "q=a")], &[own]);
    assert_eq!((gone.status, gone.header("location")), (303, "/view/acme?q=a"));
    assert!(!visitor.get("/view/acme").text.contains(">Deals<"));
}

/// A page that changes nothing for others: forms of other sites are refused, and a name is text.
#[test]
fn views_have_limits_and_are_changed_by_nobody_elses_page() {
    let server = Server::start();
    let (_, visitor) = opened(&server, "workspace", "owner");
    let own = ("Sec-Fetch-Site", "same-origin");
    let long = "x".repeat(81);
    let wide = format!("q={}", "x".repeat(4_100));
    for (name, query) in [("", ""), (long.as_str(), ""), ("a\u{7}", ""), ("a", wide.as_str())] {
        assert_eq!(
            visitor.send("/view/acme/views", &[("name", name), ("query", query)], &[own]).status,
            400,
            "{name}"
        );
    }
    let here = server.url("");
    for (headers, status) in [
        (vec![("Sec-Fetch-Site", "cross-site"), ("Origin", here.as_str())], 403),
        (vec![("Sec-Fetch-Site", "same-site")], 403),
        (vec![("Origin", "https://evil.example")], 403),
        (vec![("Origin", "null")], 403),
        (vec![], 403),
        (vec![("Origin", here.trim_end_matches('/'))], 303),
    ] {
        let sent = visitor.send("/view/acme/views", &[("name", "a"), ("query", "")], &headers);
        assert_eq!(sent.status, status, "{headers:?}");
    }
    for number in 1..100 {
        let name = number.to_string();
        assert_eq!(visitor.send("/view/acme/views", &[("name", &name), ("query", "")], &[own]).status, 303);
    }
    assert_eq!(visitor.send("/view/acme/views", &[("name", "one more"), ("query", "")], &[own]).status, 400);
    assert_eq!(visitor.send("/view/acme/views", &[("name", "5"), ("query", "")], &[own]).status, 303);
    assert_eq!(Visitor::new(&server).send("/view/acme/views", &[("name", "a")], &[own]).status, 401);
}

/// L16: what comes in is told, by its id, from where the page ended; nothing is told of what may not be seen.
#[test]
fn a_followed_list_hears_what_belongs_in_it_from_where_its_page_ended() {
    let server = Server::start();
    let (key, mut visitor) = opened(&server, "workspace", "owner");
    filled(&server, &key);
    let page = visitor.get("/view/acme?live=1&kind=deleted");
    assert!(page.text.contains("name=\"live\" value=\"1\""), "it is part of the address");
    let from = page.text.split("data-from=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    record(
        &server,
        "acme",
        &key,
        &json!([
            {"id": "hidden", "action": "lead.created", "actor": {"type": "user", "id": "u_1"}},
            {"id": "shown", "action": "lead.deleted", "actor": {"type": "user", "id": "u_1"}}
        ]),
    );
    let heard = visitor.hear("/view/acme/live?live=1&kind=deleted", &from);
    assert!(heard.contains("event: new") && heard.contains(r#"{"ids":["shown"]}"#), "{heard}");
    assert_eq!(visitor.ask("GET", "/view/acme/live", &[("Last-Event-ID", "7")]).status, 400);
    assert_eq!(Visitor::new(&server).get("/view/acme/live").status, 401);
}

/// Everything that a first view needs, compressed as it travels. What is fetched when it is there is no part of it.
#[test]
fn a_first_view_is_at_most_40_kilobytes() {
    const FIRST_VIEW_BYTES_MAX: usize = 40_000;
    let server = Server::start();
    let (key, mut visitor) = opened(&server, "workspace", "owner");
    filled(&server, &key);
    let page = visitor.get("/view/acme").text;
    let assets: Vec<&str> = page.split('"').filter(|it| it.starts_with("/assets/")).collect();
    assert!(assets.len() > 4, "{assets:?}");
    let size = |path: &str| {
        let request = ureq::http::Request::get(server.url(path)).header("Cookie", visitor.cookies.join("; "));
        // Asked for by hand, it is not unpacked.
        let request = request.header("Accept-Encoding", "gzip").body(()).unwrap();
        visitor.agent.run(request).unwrap().body_mut().read_to_vec().unwrap().len()
    };
    let sizes: Vec<_> = assets.iter().copied().chain(["/view/acme"]).map(|path| (path, size(path))).collect();
    let whole: usize = sizes.iter().map(|(_, bytes)| bytes).sum();
    assert!(whole <= FIRST_VIEW_BYTES_MAX, "{whole}: {sizes:#?}");
}
