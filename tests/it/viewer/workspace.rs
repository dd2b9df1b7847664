//! How the page tells what a workspace does: operations on many, from and to, and what came in over its API. Deliberately
//! absent: the labels and sentences of every action, which `core` holds to the vocabulary.

use serde_json::{Value, json};

use crate::server::Server;
use crate::viewer::{Visitor, lead, link, now_iso, opened, plain, record};

fn leads(count: usize) -> Vec<Value> {
    (0..count)
        .map(|at| json!({"type": "lead", "id": format!("l_{at}"), "name": format!("Lead {at}")}))
        .collect()
}

/// C11: what one click did to many is one entry. How many stands in its sentence; which stands in its details, whether
/// the sender names them as targets or in the metadata.
#[test]
fn an_operation_on_many_is_one_entry_that_counts_them_and_names_them_in_its_details() {
    let server = Server::start();
    let (key, mut visitor) = opened(&server, "workspace", "owner");
    let mut moved = lead("x", &now_iso());
    (moved["id"], moved["action"], moved["targets"]) =
        (json!("moved"), json!("lead.bulk_status_changed"), json!(leads(5)));
    moved["after"] = json!({"status": "Won"});
    let mut deleted = lead("x", &now_iso());
    (deleted["id"], deleted["action"]) = (json!("deleted"), json!("lead.bulk_deleted"));
    deleted.as_object_mut().unwrap().retain(|name, _| name != "targets" && name != "after");
    deleted["metadata"] =
        json!({"count": 30, "lead_ids": (0..30).map(|at| format!("l_{at}")).collect::<Vec<_>>()});
    record(&server, "acme", &key, &json!([moved, deleted]));
    let page = visitor.get("/view/acme");
    let rows = page.rows();
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert!(
        rows[0].contains("Lead Bulk Deleted") && rows[0].contains("Ana Ruiz deleted 30 leads"),
        "{rows:?}"
    );
    assert!(
        rows[1].contains("Lead Bulk Status Changed") && rows[1].contains("Ana Ruiz moved 5 leads to Won"),
        "{rows:?}"
    );
    let details = plain(&visitor.get("/view/acme/events/moved").text);
    for at in 0..5 {
        assert!(details.contains(&format!("Lead {at}")) && details.contains(&format!("l_{at}")), "{details}");
    }
    let details = plain(&visitor.get("/view/acme/events/deleted").text);
    assert!(details.contains("count 30") && details.contains("30 items"), "{details}");
    for at in 0..30 {
        assert!(details.contains(&format!("l_{at}")), "l_{at}: {details}");
    }
    // Each of them knows of it.
    for id in ["l_0", "l_4"] {
        let history = visitor.get(&format!("/view/acme/records/lead/{id}"));
        assert!(plain(&history.text).contains("Lead Bulk Status Changed"), "{id}");
    }
}

/// C12: a change of status or role is an action of its own, and its sentence says from what to what.
#[test]
fn a_change_of_status_or_role_tells_from_and_to() {
    let server = Server::start();
    let (key, mut visitor) = opened(&server, "workspace", "owner");
    for (action, field, from, to, label) in [
        ("lead.status_changed", "status", "New", "Contacted", "Lead Status Changed"),
        ("client.status_changed", "status", "Prospect", "Active", "Client Status Changed"),
        ("task.status_changed", "status", "Pending", "Completed", "Task Status Changed"),
        ("member.role_changed", "role", "Member", "Admin", "Member Role Changed"),
    ] {
        let mut event = lead("Globex", &now_iso());
        (event["id"], event["action"]) = (json!(action), json!(action));
        event["targets"] = json!([{"type": action.split('.').next(), "id": "t_1", "name": "Globex"}]);
        (event["before"], event["after"]) = (json!({(field): from}), json!({(field): to}));
        record(&server, "acme", &key, &json!([event]));
        let row = visitor.get(&format!("/view/acme?action={action}")).rows().remove(0);
        assert!(row.starts_with(label) && row.contains(&format!("from {from} to {to}")), "{action}: {row}");
        let details = plain(&visitor.get(&format!("/view/acme/events/{action}")).text);
        assert!(details.contains(&format!("from {from} to {to}")), "{action}: {details}");
        assert!(details.contains(&format!("{field} {from} {to}")), "side by side, {action}: {details}");
    }
    assert_eq!(visitor.get("/view/acme?action=lead.updated").rows().len(), 0, "it is apart from Updated");
}

/// C20, C21: what comes in over the API of the workspace is told as what the dashboard does, and its details say `API`.
#[test]
fn what_an_api_key_does_reads_as_on_the_dashboard_and_says_that_it_came_by_the_api() {
    let server = Server::start();
    let (key, mut visitor) = opened(&server, "workspace", "owner");
    let at = now_iso();
    let by = |channel: &str, action: &str| {
        let mut event = lead("Globex", &at);
        (event["id"], event["action"]) = (json!(format!("{channel}-{action}")), json!(action));
        event["context"]["channel"] = json!(channel);
        json!([event])
    };
    for action in ["lead.created", "lead.deleted", "task.created", "client.created"] {
        record(&server, "acme", &key, &by("web", action));
        // Another key, as another program has it.
        let program = server.key("acme", &["write"]);
        let sent = server.post("/v1/organizations/acme/events", &program, &by("api", action)[0]);
        assert_eq!(sent.status, 201, "{sent:?}");
        let rows = visitor.get(&format!("/view/acme?action={action}")).rows();
        assert_eq!((rows.len(), &rows[0]), (2, &rows[1]), "{action}");
        let read = |channel: &str| {
            let path = format!("/v1/organizations/acme/events/{channel}-{action}");
            let event = server.get(&path, &key).body;
            ["label", "category", "kind", "tone", "description", "actor"].map(|name| event[name].clone())
        };
        assert_eq!(read("api"), read("web"), "{action}");
        let mut details =
            |channel: &str| plain(&visitor.get(&format!("/view/acme/events/{channel}-{action}")).text);
        assert!(details("api").contains("Channel API"), "{action}: {}", details("api"));
        assert!(details("web").contains("Channel Web"), "{action}");
    }
    // C03, C21: and members see neither.
    let mut member = Visitor::new(&server);
    member.enter(&link(&server, "acme", "u_9", "member"));
    for path in ["/view/acme", "/view/acme?channel=api", "/view/acme/events/api-lead.created"] {
        let page = member.get(path);
        assert_eq!(page.status, 403, "{path}");
        assert!(!page.text.contains("Globex") && !page.text.contains("Lead Created"), "{path}");
    }
}
