//! `GET profile` and the setting `profile_overrides`: what an organization shows otherwise than its profile. Deliberately
//! absent: what each role sees; see `table`.

use serde_json::{Value, json};

use crate::server::{OPERATOR_KEY, Server};

const ACME: &str = "/v1/organizations/acme";

fn patch(server: &Server, overrides: Value) -> crate::server::Answer {
    let body = json!({"settings": {"profile_overrides": overrides}}).to_string();
    server.send("PATCH", ACME, OPERATOR_KEY, Some(body.as_bytes()), "application/json")
}

#[test]
fn what_is_overridden_is_in_force_at_once_and_a_null_takes_it_back() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let shipped = server.get(&format!("{ACME}/profile"), &key).body;
    let columns =
        json!([{"field": "date", "title": "When", "sortable": "time"}, {"field": "user", "title": "Who"}]);
    let answer = patch(&server, json!({"title": "Journal", "columns": columns}));
    assert_eq!(answer.status, 200, "{answer:?}");
    let other = patch(&server, json!({"page_sizes": [5, 10], "default_page_size": 5}));
    assert_eq!(
        other.body["settings"]["profile_overrides"]["title"], "Journal",
        "members that are not named stay"
    );
    let now = server.get(&format!("{ACME}/profile"), &key).body;
    assert_eq!(
        (&now["title"], &now["columns"], &now["default_page_size"]),
        (&json!("Journal"), &columns, &json!(5))
    );
    assert_eq!(now["export_columns"], columns, "files hold what the list shows");
    assert_eq!(now["roles"], shipped["roles"]);
    // The page reads the same profile.
    let url = {
        let new = json!({"user": {"id": "u_1"}, "role": "owner"});
        server.post(&format!("{ACME}/viewer-sessions"), &key, &new).body["url"].as_str().unwrap().to_owned()
    };
    let path = url.split_once("/view/").unwrap().1;
    let led = server.get(&format!("/view/{path}"), "");
    let cookie = led.headers["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let page = server.request("GET", "/view/acme", &[("Cookie", &cookie)], None).text;
    assert!(page.contains("Journal") && page.contains("When") && !page.contains(">Action<"), "{page}");
    // It was recorded.
    let events = server.get(&format!("{ACME}/events?action=settings.updated"), &key).body;
    assert_eq!(events["data"][1]["changes"]["profile_overrides"]["after"]["title"], "Journal");
    let gone = patch(
        &server,
        json!({"title": null, "columns": null, "page_sizes": null, "default_page_size": null}),
    );
    assert_eq!(gone.body["settings"].get("profile_overrides"), None, "{gone:?}");
    assert_eq!(server.get(&format!("{ACME}/profile"), &key).body, shipped);
}

#[test]
fn an_override_that_contradicts_the_profile_is_422_with_its_pointer_and_changes_nothing() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let shipped = server.get(&format!("{ACME}/profile"), &key).body;
    for (overrides, pointer) in [
        (
            json!({"columns": [{"field": "user", "title": "x"}, {"field": "nose", "title": "y"}]}),
            "/columns/1",
        ),
        (json!({"audiences": true}), "/audiences"),
        (json!({"catalogs": ["platform"]}), "/catalogs"),
        (json!({"any_role": true}), "/any_role"),
        (json!({"defaults": {"on_decline": "keep"}}), "/defaults"),
        (json!({"roles": [{"name": "x", "sees": "own_in_administrators"}]}), "/roles/0"),
        (json!({"roles": [{"name": "member", "sees": "everything"}]}), "/roles/0/sees"),
        (json!({"columns": [{"field": "user", "title": "a\u{7}b"}]}), "/columns/0/title"),
        (json!({"page_sizes": [3]}), "/page_sizes"),
    ] {
        let answer = patch(&server, overrides.clone());
        answer.assert_problem(422, "invalid");
        let expected = format!("/settings/profile_overrides{pointer}");
        assert_eq!(answer.body["errors"][0]["pointer"], expected, "{overrides}");
    }
    patch(&server, json!([1])).assert_problem(422, "invalid");
    // A profile that would contradict what is overridden is refused, too.
    assert_eq!(patch(&server, json!({"roles": [{"name": "x", "sees": "nothing"}]})).status, 200);
    let change = json!({"profile": "documents"}).to_string();
    server
        .send("PATCH", ACME, OPERATOR_KEY, Some(change.as_bytes()), "application/json")
        .assert_problem(422, "invalid");
    assert_eq!(patch(&server, json!(null)).status, 200);
    assert_eq!(server.get(&format!("{ACME}/profile"), &key).body, shipped);
    assert_eq!(server.get(&format!("{ACME}/events/total?action=settings.updated"), &key).body["total"], 2);
}
