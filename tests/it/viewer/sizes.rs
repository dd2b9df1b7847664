//! Values that are too many, too long or not what they seem, in lists, menus, chips and completion. Deliberately absent:
//! how they look, which is in `browser::sizes`.

use serde_json::{Value, json};

use crate::server::Server;
use crate::viewer::{Visitor, link, now_iso, opened, plain, record};

/// No page holds more rows than this, and no profile may ask for more.
const ROWS_MAX: usize = 1_000;
const OVERRIDE: char = '\u{202e}';

fn by(actor: &Value, action: &str) -> Value {
    json!({"action": action, "actor": actor, "occurred_at": now_iso()})
}

/// A menu holds what is most frequent, and says so; what it does not hold is found by the search.
#[test]
fn ten_thousand_kinds_of_events_leave_a_menu_and_its_page_small() {
    let server = Server::start();
    let (key, mut visitor) = opened(&server, "workspace", "owner");
    let event = |number: usize| by(&json!({"type": "user", "id": "u_1"}), &format!("thing{number}.created"));
    for batch in 0..10 {
        record(&server, "acme", &key, &(batch * 1_000..(batch + 1) * 1_000).map(event).collect());
    }
    let begun = std::time::Instant::now();
    let page = visitor.get("/view/acme");
    assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
    let choices = page.text.matches("name=\"category\"").count();
    assert!((1..=100).contains(&choices), "{choices}");
    assert!(page.text.len() < 200_000, "{}", page.text.len());
    assert!(plain(&page.text).contains("10,000 events"));
}

/// Bidirectional overrides and endless names, wherever a name is told.
#[test]
fn names_that_are_endless_or_turn_text_round_stay_in_their_place() {
    let server = Server::start();
    let key = server.tenant("acme", "platform");
    let long =
        json!({"type": "user", "id": "long", "name": "x".repeat(100_000), "email": "long@acme.example"});
    let turned = json!({"type": "user", "id": "turned", "name": format!("Ana {OVERRIDE}gpj.exe")});
    let nameless = json!({"type": "user", "id": "nameless"});
    record(
        &server,
        "acme",
        &key,
        &json!([by(&long, "lead.created"), by(&turned, "lead.created"), by(&nameless, "lead.created")]),
    );
    let mut visitor = Visitor::new(&server);
    visitor.enter(&link(&server, "acme", "boss", "company"));
    let own = ("Sec-Fetch-Site", "same-origin");
    let name = format!("Mine {OVERRIDE}txt");
    assert_eq!(
        visitor.send("/view/acme/views", &[("name", &name), ("query", "actor=turned")], &[own]).status,
        303
    );
    for path in
        ["/view/acme", "/view/acme?actor=turned", "/view/acme?actor=long", "/view/acme?not=actor:turned"]
    {
        let page = visitor.get(path);
        assert_eq!(page.status, 200, "{path}");
        assert!(!plain(&page.text).contains(OVERRIDE), "{path}");
        assert!(page.text.len() < 120_000, "{path}: {}", page.text.len());
    }
    let page = visitor.get("/view/acme?actor=turned");
    assert!(plain(&page.text).contains("U+202E"), "{}", plain(&page.text));
    assert!(plain(&visitor.get("/view/acme").text).contains("nameless"));
    // What is offered can be searched for: by id where the name could not.
    for (term, insert) in [("actor:xxx", "actor:&#34;long&#34; "), ("actor:gpj", "actor:&#34;turned&#34; ")] {
        let page = visitor.get(&format!("/view/acme/complete?term={term}"));
        assert!(page.text.contains(insert), "{term}: {}", page.text);
        assert!(page.text.len() < 2_000 && !page.text.contains(OVERRIDE), "{term}");
    }
}

#[test]
fn no_page_holds_more_than_a_thousand_rows() {
    let server = Server::start();
    let (key, mut visitor) = opened(&server, "workspace", "owner");
    let event = |_| by(&json!({"type": "user", "id": "u_1"}), "lead.created");
    record(&server, "acme", &key, &(0..ROWS_MAX).map(event).collect());
    record(&server, "acme", &key, &(0..20).map(event).collect());
    assert_eq!(everlog_core::query::LIMIT_MAX, ROWS_MAX);
    for limit in ["1001", "100000", "0", "-1"] {
        let rows = visitor.get(&format!("/view/acme?limit={limit}")).rows().len();
        assert_eq!(rows, 25, "{limit}");
    }
}
