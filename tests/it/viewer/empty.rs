//! Lists with nothing in them, and what they offer instead. Deliberately absent: searches that cannot be understood.

use everlog::log::now_ms;
use everlog::read::iso;
use serde_json::json;

use crate::server::Server;
use crate::viewer::{Visitor, link, opened, plain, record};

const DAY_MS: u64 = 86_400_000;

/// "Who deleted it?" is asked of what is long gone: L10, L11, L17.
#[test]
fn what_lies_outside_the_range_in_force_is_offered_first() {
    let server = Server::start();
    let (key, mut visitor) = opened(&server, "documents", "user");
    let event = |number: u64, days: u64| {
        json!({"id": format!("e-{number}"), "action": "document.deleted", "occurred_at": iso(now_ms() - days * DAY_MS),
            "actor": {"type": "user", "id": "u_1", "name": "Ana Ruiz"}, "targets": [{"type": "document", "id": format!("doc_{number}")}]})
    };
    let events: Vec<_> = (0..5).map(|number| event(number, number * 20)).collect();
    record(&server, "acme", &key, &json!(events));
    let recent = visitor.get("/view/acme");
    assert!(plain(&recent.text).contains("2 events Last 30 days"), "{}", plain(&recent.text));
    let page = visitor.get("/view/acme?q=doc_4");
    assert!(plain(&page.text).contains("1 event matches outside “Last 30 days”."), "{}", plain(&page.text));
    assert!(
        page.text.contains("href=\"/view/acme?q=doc_4&amp;range=all\"")
            || page.text.contains("href=\"/view/acme?q=doc_4&#38;range=all\"")
    );
    let all = visitor.get("/view/acme?q=doc_4&range=all");
    assert_eq!(all.rows().len(), 1);
    assert!(!plain(&all.text).contains("1 event Last 30 days"), "a chip says which range is chosen");
    // Where no time has a match, the choice that hides most is offered as before.
    let none = visitor.get("/view/acme?q=nowhere");
    assert!(
        plain(&none.text).contains("Without the search for “nowhere” there are 2."),
        "{}",
        plain(&none.text)
    );
}

/// L16: what is new stands on the first page.
#[test]
fn refresh_leads_from_a_later_page_to_the_first_with_the_same_filters() {
    let server = Server::start();
    let (key, mut visitor) = opened(&server, "workspace", "owner");
    let event = |number: u64| json!({"action": "lead.created", "occurred_at": iso(now_ms() - number * 1000), "actor": {"type": "user", "id": "u_1"}});
    record(&server, "acme", &key, &json!((0..30).map(event).collect::<Vec<_>>()));
    let first = visitor.get("/view/acme?kind=created");
    let next = first.text.split("rel=\"next\"").nth(1).and_then(|it| it.split("href=\"").nth(1)).unwrap();
    let next = next.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
    let second = visitor.get(&next);
    assert_eq!(second.rows().len(), 5);
    assert!(second.text.contains("href=\"/view/acme?kind=created\" id=\"al-refresh\""), "{}", second.text);
}

/// D28: a command that records is for whoever sees all that is recorded, and only while nothing is.
#[test]
fn only_a_reader_of_everything_is_told_how_to_record_in_an_empty_log() {
    let server = Server::start();
    let (_, mut owner) = opened(&server, "workspace", "owner");
    assert!(owner.get("/view/acme").text.contains("EVERLOG_API_KEY"));
    for narrowed in ["/view/acme?q=x", "/view/acme?kind=created"] {
        let page = owner.get(narrowed);
        assert!(!page.text.contains("curl") && page.text.contains("No activity yet"), "{narrowed}");
    }
    server.tenant("other", "platform");
    let mut regular = Visitor::new(&server);
    regular.enter(&link(&server, "other", "u_9", "regular"));
    let page = regular.get("/view/other");
    assert!(!page.text.contains("curl") && page.text.contains("No activity yet"), "{}", plain(&page.text));
}
