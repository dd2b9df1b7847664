//! Documents under signature in the viewer, as a browser without scripts meets them. Deliberately absent: how they look, which
//! is in `browser`.

use serde_json::{Value, json};

use crate::server::Server;
use crate::viewer::{Visitor, link, opened, plain, record, token};

/// An event of a process, some minutes after ten.
fn step(process: &str, minute: u32, action: &str, others: Value) -> Value {
    let mut event = json!({
        "action": action, "occurred_at": format!("2026-01-05T10:{minute:02}:00Z"), "process": process,
        "actor": {"type": "user", "id": "u_1", "name": "Ana Ruiz", "email": "ana@acme.example"},
        "targets": [{"type": "document", "id": process, "name": format!("Lease {process}")}],
    });
    event.as_object_mut().unwrap().extend(others.as_object().unwrap().clone());
    event
}

/// The beginning of a process with two signees, of whom the second need not sign.
fn begun(process: &str) -> Vec<Value> {
    let signee = |key: &str, name: &str, required: bool| json!({"signee_key": key, "name": name, "email": format!("{key}@mail.example"), "required": required});
    let file = json!({"display_name": format!("Lease {process}"), "file_name": format!("{process}.pdf")});
    vec![
        step(process, 0, "document.created", json!({"metadata": file})),
        step(
            process,
            1,
            "signee.added",
            json!({"signee": "si_a", "metadata": {"signee": signee("si_a", "Sam Lee", true)}}),
        ),
        step(
            process,
            1,
            "signee.added",
            json!({"signee": "si_b", "metadata": {"signee": signee("si_b", "ليلى حداد", false)}}),
        ),
        step(
            process,
            2,
            "invitation.sent",
            json!({"signee": "si_a", "metadata": {"delivery_method": "Email"}}),
        ),
        step(
            process,
            2,
            "invitation.sent",
            json!({"signee": "si_b", "metadata": {"delivery_method": "Email"}}),
        ),
    ]
}

fn by(signee: &str, others: Value) -> Value {
    let mut event = json!({"signee": signee, "actor": {"type": "signee", "id": signee}, "context": {"ip": "203.0.113.7"}});
    event.as_object_mut().unwrap().extend(others.as_object().unwrap().clone());
    event
}

/// A signing organization with a completed, an active and a canceled document.
fn filled(server: &Server) -> Visitor<'_> {
    let (key, visitor) = opened(server, "signing", "user");
    let mut events = [begun("sp_done"), begun("sp_open"), begun("sp_gone")].concat();
    events.extend([
        step("sp_done", 3, "document.viewed", by("si_a", json!({}))),
        step("sp_done", 4, "document.signed", by("si_a", json!({}))),
        step("sp_done", 4, "document.completed", json!({"actor": {"type": "system"}})),
        step(
            "sp_done",
            5,
            "delivery.confirmation",
            json!({"signee": "si_a", "actor": {"type": "service", "id": "mailgun", "name": "Mailgun"},
            "metadata": {"event": "delivered", "to": "si_a@mail.example"}}),
        ),
        step("sp_gone", 6, "document.declined", by("si_a", json!({"reason": "Wrong rent"}))),
        step(
            "sp_gone",
            6,
            "document.canceled",
            json!({"actor": {"type": "system"}, "reason": "Wrong rent", "metadata": {"cause": "declined"}}),
        ),
    ]);
    record(server, "acme", &key, &json!(events));
    visitor
}

/// X03, T16: the list by status; the trail of each document is in the menu at its right.
#[test]
fn a_reader_begins_at_the_documents_and_lists_them_by_status() {
    let server = Server::start();
    let mut visitor = filled(&server);
    let entered = visitor.get(&link(&server, "acme", "u_1", "user"));
    assert_eq!(entered.headers["location"], "/view/acme/processes");
    let page = visitor.get("/view/acme/processes");
    let text = plain(&page.text);
    assert!(text.contains("All 3 Completed 1 Active 1 Inactive 1"), "{text}");
    assert_eq!(page.headings(), ["Document", "Status", "Signees", "Started", "Last activity", "Audit Trail"]);
    let completed = plain(&visitor.get("/view/acme/processes?status=completed").text);
    assert!(completed.contains("1 document") && completed.contains("Lease sp_done"), "{completed}");
    assert!(!completed.contains("Lease sp_open") && completed.contains("1 of 2 signed"), "{completed}");
    for file in ["audit-trail.html", "audit-trail.pdf", "audit-trail.json"] {
        assert!(page.text.contains(&format!("/view/acme/processes/sp_done/{file}")), "{file}");
    }
    let searched = plain(&visitor.get("/view/acme/processes?q=SP_GONE+sam").text);
    assert!(searched.contains("1 document") && searched.contains("Cancelled"), "{searched}");
    let none = visitor.get("/view/acme/processes?q=nothing-like-it&starter=ana%40acme.example");
    assert!(
        plain(&none.text).contains("No document matches")
            && none.text.contains("href=\"/view/acme/processes\"")
    );
    let sorted = visitor.get("/view/acme/processes?sort=document").text;
    let place = |name: &str| sorted.find(&format!("Lease {name}</")).unwrap_or_else(|| panic!("{name}"));
    assert!(place("sp_done") < place("sp_gone") && place("sp_gone") < place("sp_open"));
    // The log of all of them is a page of its own.
    assert!(plain(&visitor.get("/view/acme").text).contains("Documents All activity"));
}

/// X06, X07, L52, L53: icons, groups, signees, notices, and what the types mean.
#[test]
fn a_document_has_a_page_with_its_signees_its_log_and_its_notices() {
    let server = Server::start();
    let mut visitor = filled(&server);
    let page = visitor.get("/view/acme/processes/sp_done");
    let text = plain(&page.text);
    for part in [
        "Completed Lease sp_done",
        "File sp_done.pdf",
        "Started by Ana Ruiz",
        "Sam Lee Signed",
        "203.0.113.7",
        "ليلى حداد Invited",
        "Optional",
        "document signed",
        "Sam Lee signed",
        "Invitation by e-mail si_a@mail.example Sam Lee Sent",
        "E-mail to the signer si_a@mail.example Sam Lee Delivered",
        "What the types mean",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let types = text.split("What the types mean").nth(1).unwrap();
    let place = |label: &str| types.find(label).unwrap_or_else(|| panic!("{label}: {types}"));
    assert!(place("document created") < place("Document attached"));
    assert!(
        place("document viewed") < place("Link opened When the link is opened. That may have been a program")
    );
    let grouped = plain(&visitor.get("/view/acme/processes/sp_done?by=group").text);
    let place = |group: &str| grouped.find(group).unwrap_or_else(|| panic!("{group}: {grouped}"));
    assert!(place("Creation document created") < place("By signees document viewed"));
    assert!(place("By signees document viewed") < place("End document completed"));
    let gone = plain(&visitor.get("/view/acme/processes/sp_gone").text);
    assert!(
        gone.contains("Cancelled Lease sp_gone Wrong rent") && gone.contains("Sam Lee Declined"),
        "{gone}"
    );
    let german = plain(&visitor.get("/view/acme/processes/sp_done?lang=de").text);
    assert!(german.contains("Was geschah"), "{german}");
}

/// L53: what did not arrive stands out, with what the provider says; words that nobody here knows stand as they came.
#[test]
fn a_notification_that_failed_stands_out_with_its_reason() {
    let server = Server::start();
    let (key, mut visitor) = opened(&server, "signing", "user");
    let receipt = |action: &str, metadata: Value| {
        let service = json!({"type": "service", "id": "gate", "name": "Gate"});
        step("sp_x", 9, action, json!({"signee": "si_a", "actor": service, "metadata": metadata}))
    };
    let mut events = begun("sp_x");
    events.extend([
        receipt(
            "delivery.sms",
            json!({"status": "undelivered", "to": "+354 555", "reason": "No such number"}),
        ),
        receipt("delivery.sms", json!({"status": "carrier_pigeon", "to": "+354 555"})),
    ]);
    record(&server, "acme", &key, &json!(events));
    let page = visitor.get("/view/acme/processes/sp_x").text;
    let text = plain(&page);
    assert!(text.contains("Text message +354 555 Sam Lee Not delivered No such number"), "{text}");
    assert!(text.contains("Sam Lee carrier_pigeon"), "{text}");
    assert_eq!(page.matches("al-tag al-t-bad").count(), 1, "{page}");
    let german = plain(&visitor.get("/view/acme/processes/sp_x?lang=de").text);
    assert!(german.contains("SMS +354 555 Sam Lee Nicht zugestellt"), "{german}");
}

/// What was erased is said where it stood, in the words of the reader, and leaves no hole.
#[test]
fn an_erased_signee_is_shown_as_erased() {
    let server = Server::start();
    let mut visitor = filled(&server);
    let admin = server.key("acme", &["admin"]);
    let asked =
        json!({"signee": "si_a", "basis": "GDPR article 17", "requested_by": "data protection officer"});
    assert_eq!(server.post("/v1/organizations/acme/erasures", &admin, &asked).status, 201);
    let text = plain(&visitor.get("/view/acme/processes/sp_done").text);
    for part in [
        "si_a Erased Signed",
        "si_a was added as a signer of Lease sp_done",
        "Erased since, on request: e-mail address, name.",
        "Erased since, on request: IP address.",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("Sam Lee") && !text.contains("unknown"), "{text}");
    let german = plain(&visitor.get("/view/acme/processes/sp_done?lang=de").text);
    assert!(german.contains("Seitdem auf Verlangen gelöscht: E-Mail-Adresse, Name."), "{german}");
}

/// A document with many people and many events is still a page on which its parts are found.
#[test]
fn the_page_of_a_long_process_begins_with_what_counts() {
    let server = Server::start();
    let (key, mut visitor) = opened(&server, "signing", "user");
    let mut events = vec![begun("sp_x").swap_remove(0)];
    for number in 0..40 {
        let signee = json!({"signee_key": format!("s{number}"), "name": format!("Owner {number}")});
        let added = json!({"signee": format!("s{number}"), "metadata": {"signee": signee}});
        events.push(step("sp_x", 1, "signee.added", added));
    }
    record(&server, "acme", &key, &json!(events));
    let visits: Vec<Value> =
        (0..1_000).map(|_| step("sp_x", 9, "document.viewed", by("s1", json!({})))).collect();
    for some in visits.chunks(500) {
        record(&server, "acme", &key, &json!(some));
    }
    let page = visitor.get("/view/acme/processes/sp_x").text;
    let text = plain(&page);
    assert!(text.contains("Signees 0 of 40 signed") && text.contains("28 more signees"), "{text}");
    assert!(page.contains("href=\"#al-log\"") && text.contains("41 more events are in the list"), "{text}");
    let all = page.split("al-then\"><a href=\"").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(all, "/view/acme?process=sp_x");
    assert!(plain(&visitor.get(all).text).contains("1,041 events"));
}

/// What a product reports of a document names no target: the log and the event say which document it is, and lead to it.
#[test]
fn an_event_of_a_document_says_which_and_leads_to_it() {
    let server = Server::start();
    let (key, mut visitor) = opened(&server, "signing", "user");
    let mut signed = step("sp_x", 4, "document.viewed", by("si_a", json!({"id": "e-viewed"})));
    signed.as_object_mut().unwrap().remove("targets");
    record(&server, "acme", &key, &json!([begun("sp_x"), vec![signed]].concat()));
    let list = visitor.get("/view/acme?q=document");
    assert!(list.rows()[0].contains("Sam Lee viewed Lease sp_x from 203.0.113.7"), "{:?}", list.rows());
    let page = visitor.get("/view/acme/events/e-viewed").text;
    assert!(plain(&page).contains("Sam Lee viewed Lease sp_x from 203.0.113.7"), "{page}");
    assert!(page.contains("href=\"/view/acme/processes/sp_x\""), "{page}");
    let raw = visitor.get("/view/acme/events/e-viewed?tab=raw").text;
    assert!(raw.contains("&#34;targets&#34;: []"), "the event as it was sent: {raw}");
}

/// The words of a page that is not there are about documents, and lead to them.
#[test]
fn a_document_or_a_file_that_is_not_there_is_called_so() {
    let server = Server::start();
    let mut visitor = filled(&server);
    let page = visitor.get("/view/acme/processes/sp_none");
    assert!(page.status == 404 && page.text.contains("There is no such document"), "{}", page.text);
    assert!(page.text.contains("href=\"/view/acme/processes\""), "{}", page.text);
    let file = visitor.get("/view/acme/processes/sp_open/final.pdf");
    assert!(file.status == 404 && file.text.contains("as soon as everybody has signed"), "{}", file.text);
}

/// X04, X05: a visit that a program is suspected behind says so, why, and what helps.
#[test]
fn a_visit_of_a_mail_scanner_is_marked_and_the_remedy_is_told() {
    let server = Server::start();
    let (key, mut visitor) = opened(&server, "signing", "user");
    let mut events = begun("sp_x");
    events.push(step("sp_x", 9, "document.accessed", by("si_a", json!({"metadata": {"method": "HEAD"}}))));
    record(&server, "acme", &key, &json!(events));
    let text = plain(&visitor.get("/view/acme/processes/sp_x").text);
    for part in [
        "Probably a program it only asked whether the page is there",
        "ask signees to authenticate",
        "Sam Lee Invited",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn documents_of_others_and_of_nobody_are_not_found() {
    let server = Server::start();
    let mut visitor = filled(&server);
    assert_eq!(visitor.get("/view/acme/processes/sp_none").status, 404);
    let key = server.tenant("other", "signing");
    record(&server, "other", &key, &json!(begun("sp_theirs")));
    assert_eq!(visitor.get("/view/acme/processes/sp_theirs").status, 404);
    assert_eq!(visitor.get("/view/other/processes").status, 404);
    assert!(!visitor.get("/view/acme/processes?q=sp_theirs").text.contains("Lease sp_theirs"));
}

/// Pages of the list hold each document once.
#[test]
fn many_documents_come_in_pages() {
    let server = Server::start();
    let (key, mut visitor) = opened(&server, "signing", "user");
    let events: Vec<Value> = (0..60).flat_map(|number| begun(&format!("sp_{number:02}"))).collect();
    record(&server, "acme", &key, &json!(events));
    let mut seen = Vec::new();
    let mut path = "/view/acme/processes?sort=document".to_owned();
    loop {
        let page = visitor.get(&path).text;
        seen.extend(
            page.split("al-process-name\"")
                .skip(1)
                .map(|row| plain(row.split("</a>").next().unwrap().split_once('>').unwrap().1)),
        );
        let Some(next) = page.split("rel=\"next\" href=\"").nth(1) else { break };
        path = next.split('"').next().unwrap().replace("&#38;", "&");
    }
    let expected: Vec<_> = (0..60).map(|number| format!("Lease sp_{number:02}")).collect();
    assert_eq!(seen, expected);
}

/// The list is ordered by what happened last, says so, and is as long as its reader likes.
#[test]
fn the_list_says_its_order_and_has_the_sizes_of_the_profile() {
    let server = Server::start();
    let mut visitor = filled(&server);
    let page = visitor.get("/view/acme/processes").text;
    assert!(page.contains("class=\"al-p-last_activity\" aria-sort=\"descending\""), "{page}");
    let place = |page: &str, name: &str| page.find(&format!(">{name}<")).unwrap();
    assert!(place(&page, "Lease sp_gone") < place(&page, "Lease sp_open"));
    let page = visitor.get("/view/acme/processes?sort=activity&limit=50").text;
    assert!(place(&page, "Lease sp_gone") > place(&page, "Lease sp_open"));
    assert!(page.contains("<option selected>50</option>") && page.contains("<option>100</option>"), "{page}");
    assert!(page.contains("type=\"hidden\" name=\"sort\" value=\"activity\""), "{page}");
    // Who asks for nobody's signature counts none.
    let key = server.key("acme", &["write", "admin"]);
    record(&server, "acme", &key, &json!([begun("sp_draft")[0]]));
    assert!(!plain(&visitor.get("/view/acme/processes").text).contains("0 of 0"));
}

/// L27: a draft whose document was deleted is not among those that still wait.
#[test]
fn a_deleted_draft_is_no_longer_active() {
    let server = Server::start();
    let (key, mut visitor) = opened(&server, "signing", "user");
    let mut events = vec![begun("sp_draft").swap_remove(0)];
    events.push(step("sp_draft", 5, "document.deleted", json!({})));
    record(&server, "acme", &key, &json!(events));
    let text = plain(&visitor.get("/view/acme/processes").text);
    assert!(text.contains("All 1 Completed 0 Active 0 Inactive 1"), "{text}");
    assert!(plain(&visitor.get("/view/acme/processes/sp_draft").text).contains("Cancelled Lease sp_draft"));
}

/// X03: the trail in each of its forms, in the reader's language and zone, recorded where reading the log is.
#[test]
fn the_files_of_a_document_are_taken_away_by_cookie_or_by_a_link_that_works_once() {
    let server = Server::start();
    let mut visitor = filled(&server);
    let path = |file: &str| format!("/view/acme/processes/sp_done/{file}");
    let page = visitor.get(&path("audit-trail.html?lang=de"));
    assert!(
        page.status == 200 && page.text.contains("lang=\"de\"") && page.text.contains("Sam Lee"),
        "{}",
        page.status
    );
    assert_eq!(visitor.ask("HEAD", &path("audit-trail.pdf"), &[]).headers["content-type"], "application/pdf");
    let json: Value = serde_json::from_str(&visitor.get(&path("audit-trail.json")).text).unwrap();
    assert_eq!((&json["time_zone"], &json["is_interim"]), (&json!("Europe/Berlin"), &json!(false)));
    for nothing in ["final.pdf", "viewer.css", "audit-trail.exe", "%2e%2e"] {
        assert_eq!(visitor.get(&path(nothing)).status, 404, "{nothing}");
    }
    // In a frame there is no cookie: the link is for this one file, and works once.
    let token = token(&server, "acme", "u_1", "user");
    let link =
        server.post(&path("audit-trail.html"), &token, &json!({})).body["url"].as_str().unwrap().to_owned();
    let other = link.replace("audit-trail.html", "audit-trail.json");
    let mut stranger = Visitor::new(&server);
    assert!(stranger.get(&link).text.contains("Sam Lee"));
    assert_eq!(stranger.get(&link).status, 401);
    assert_eq!(stranger.get(&other).status, 401);
    let key = server.key("acme", &["read"]);
    let taken = server.get("/v1/organizations/acme/events?category=Access&action=trail.downloaded", &key);
    assert_eq!(taken.body["data"].as_array().unwrap().len(), 3, "{taken:?}");
}

/// The code on paper: whether a final PDF with this evidence was made here, without a word of what is in it.
#[test]
fn the_code_on_paper_is_known_where_its_file_was_made() {
    let server = Server::start();
    let known = "ab".repeat(32);
    server.app.remember_evidence(&known, 1_767_607_200_000).unwrap();
    let page = server.get(&format!("/verify?sha256={known}"), "").text;
    assert!(
        page.contains("An Audit Trail with this evidence was made here")
            && page.contains("2026-01-05T10:00:00.000Z"),
        "{page}"
    );
    let page = server.get(&format!("/verify?sha256={}", "cd".repeat(32)), "").text;
    assert!(page.contains("Nothing is known here of this evidence"), "{page}");
}
