//! What people come to a log for, each on one page. Deliberately absent: how the pages look.

use serde_json::{Value, json};

use crate::server::Server;
use crate::viewer::{now_iso, opened, plain, record};

fn event(action: &str, actor: &str, target: (&str, &str, &str)) -> Value {
    let (kind, id, name) = target;
    json!({
        "action": action, "occurred_at": now_iso(),
        "actor": {"type": "user", "id": actor, "name": format!("Person {actor}"), "email": format!("{actor}@acme.example")},
        "targets": [{"type": kind, "id": id, "name": name}],
        "context": {"ip": "203.0.113.7"},
    })
}

/// L02, L55: an audit, what led to a fault, one member, one document from beginning to end, who signed in from where.
#[test]
fn each_use_of_a_documents_log_is_one_page_away() {
    let server = Server::start();
    let (key, mut visitor) = opened(&server, "documents", "user");
    let lease = ("document", "d_1", "Lease");
    let mut failed = event("auth.signed_in", "u_3", ("user", "u_3", "Person u_3"));
    failed["outcome"] = json!("failure");
    let events = json!([
        event("document.created", "u_2", lease),
        event("invitation.sent", "u_2", lease),
        event("document.signed", "u_4", lease),
        event("document.completed", "u_2", lease),
        event("stamp.used", "u_2", ("stamp", "s_1", "Delhi 100")),
        event("workflow.published", "u_5", ("workflow", "w_1", "Two parties")),
        event("payment.captured", "u_4", ("payment", "p_1", "Fee")),
        event("contact.deleted", "u_3", ("contact", "c_1", "Juno")),
        failed,
    ]);
    record(&server, "acme", &key, &events);
    let mut rows = |query: &str| visitor.get(&format!("/view/acme?{query}")).rows();
    // A document from creation to completion, newest on top.
    let of_lease = rows("target=document:d_1");
    assert_eq!(of_lease.len(), 4, "{of_lease:?}");
    for (row, label) in of_lease.iter().zip(["Complete", "Invitation Sign", "Invite", "Create"]) {
        assert!(row.contains(label), "{label}: {row}");
    }
    // One member of the team.
    assert_eq!(rows("actor=u_3").len(), 2);
    // Unusual signing in.
    let signing_in = rows("category=Authentication&outcome=failure");
    assert!(signing_in.len() == 1 && signing_in[0].contains("Sign In · failed"), "{signing_in:?}");
    // Every part of the account in one log.
    assert_eq!(rows("").len(), 9);
}

/// L03, C02, D03: the product's own link opens the log with the newest on top. C01, D01, D02: whatever is sent is there,
/// of modules that nobody set up too, with who, when, before and after. C18, L17: however old it is.
#[test]
fn whatever_a_product_sends_is_there_for_ever() {
    let server = Server::start();
    let (key, mut visitor) = opened(&server, "workspace", "owner");
    let mut old = event("lead.created", "u_2", ("lead", "l_1", "Globex"));
    old["occurred_at"] = json!("1971-03-04T05:06:07Z");
    let mut unheard = event("warehouse.shelf_moved", "u_2", ("shelf", "s_7", "Shelf 7"));
    (unheard["id"], unheard["before"], unheard["after"]) =
        (json!("moved"), json!({"row": 1}), json!({"row": 2}));
    unheard["metadata"] = json!({"forklift": "F-9"});
    record(&server, "acme", &key, &json!([unheard, old]));
    let rows = visitor.get("/view/acme").rows();
    assert_eq!(rows.len(), 2);
    assert!(rows[0].contains("Person u_2") && rows[0].contains("Shelf 7"), "{}", rows[0]);
    assert!(rows[1].contains("Lead Created") && rows[1].contains("years ago"), "{}", rows[1]);
    let details = plain(&visitor.get("/view/acme/events/moved").text);
    for part in ["Shelf 7", "By user", "203.0.113.7", "row 1 2", "forklift", "F-9"] {
        assert!(details.contains(part), "{part}: {details}");
    }
    server.check_log();
}
