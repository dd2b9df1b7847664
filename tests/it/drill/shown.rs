//! Whoever asks a running server for what is damaged is told so, and sees nothing of it as good. Deliberately absent: what is
//! damaged beyond opening.

use std::path::Path;

use crate::drill::{SOUND, copy, flip_in_event, sql, walk};
use crate::server::Server;
use crate::viewer::{Visitor, link};

type Damage = Box<dyn Fn(&Path)>;

/// A body that cannot be read, one that reads well and is another event's, a time that was edited, another seed.
fn damages() -> Vec<(u64, Damage)> {
    let by_sql =
        |statements: &'static str| -> Box<dyn Fn(&Path)> { Box::new(move |data| sql(data, statements)) };
    vec![
        (421, Box::new(|data| flip_in_event(data, "body", 421))),
        (
            422,
            by_sql(
                "update events set body = (select body from events where id = (1 << 40) + 9) where id = (1 << 40) + 422",
            ),
        ),
        (423, by_sql("update events set received_ms = received_ms + 1 where id = (1 << 40) + 423")),
        (424, Box::new(|data| flip_in_event(data, "seed", 424))),
    ]
}

#[test]
fn a_damaged_event_is_told_as_damaged_and_the_others_are_shown() {
    for (seq, damage) in damages() {
        let copied = copy();
        damage(&copied.path().join("data"));
        let server = Server::start_in(copied, |_| {});
        let key = &SOUND.keys[1];
        let get = |path: &str| server.get(&format!("/v1/organizations/bolt/{path}"), key);
        get(&format!("events/{seq}")).assert_problem(500, "damaged");
        get("events?limit=1000").assert_problem(500, "damaged");
        get("feed?after=400").assert_problem(500, "damaged");
        assert_eq!(get("events/100").status, 200);
        assert_eq!(get("events?q=id%3A%22e-10%22").status, 200);
        // What is counted says nothing of it.
        assert_eq!(get("events/facets?fields=action").status, 200);

        let hundredth = get("events/100").body["id"].as_str().unwrap()["e-".len()..].parse::<u64>().unwrap();
        let behind = 100 - hundredth;
        let mut visitor = Visitor::new(&server);
        visitor.enter(&link(&server, "bolt", "ana", "admin"));
        let id = format!("e-{}", seq - behind);
        for path in ["/view/bolt".to_owned(), format!("/view/bolt/events/{id}")] {
            let page = visitor.get(&path);
            assert_eq!(page.status, 500, "{seq} {path}: {}", page.text);
            assert!(page.text.contains("A part of this log is damaged"), "{seq} {path}: {}", page.text);
            assert!(!page.text.contains("Harbour Ltd"), "{seq} {path}");
        }
        assert_eq!(visitor.get("/view/bolt?q=id%3A%22e-10%22").status, 200);
    }
}

#[test]
fn a_damaged_document_is_told_as_damaged() {
    let copied = copy();
    let data = copied.path().join("data");
    for blob in walk(&data.join("blobs")) {
        let mut bytes = std::fs::read(&blob).unwrap();
        bytes[9] ^= 1;
        std::fs::write(&blob, bytes).unwrap();
    }
    let server = Server::start_in(copied, |_| {});
    server
        .get("/v1/organizations/acme/processes/p-1/document", &SOUND.keys[0])
        .assert_problem(500, "damaged");
}
