//! The details in Chromium: tabs by mouse and keys, the check in the page, the page of a record. Deliberately absent: what
//! HTML alone can tell, which is in `viewer::details`.

use serde_json::json;

use crate::browser::{ENTER, ESCAPE, document, enter, filled, with_browser};
use crate::server::is_gate;
use crate::viewer::record;

const RIGHT: &str = "\u{e014}";
const LOOKS: [(u32, u32, &str); 4] =
    [(1280, 900, "light"), (390, 844, "dark"), (1280, 900, "dark"), (390, 844, "light")];

fn chosen(tab: &str) -> String {
    format!("document.querySelector('.al-tabs [aria-current]')?.href.includes('tab={tab}')")
}

/// D09, D24: the tab that was chosen stays when one goes on to the next event; closing leads back to the list.
#[test]
fn tabs_are_walked_by_keys_and_stay_chosen_from_event_to_event() {
    let server = filled();
    let key = server.key("documents", &["write", "admin"]);
    let beside = document(2, "sam", "Sam Lee", "document.updated");
    let beside = json!({"id": "beside", "targets": [{"type": "document", "id": "doc_1"}], "action": beside["action"], "actor": beside["actor"], "occurred_at": beside["occurred_at"]});
    record(&server, "documents", &key, &json!([beside]));
    with_browser(true, async |browser| {
        enter(browser, &server, "documents", "user").await;
        browser.keys("j").await;
        browser.keys(ENTER).await;
        browser.until("the drawer", "document.getElementById('al-drawer').open").await;
        browser.script("document.querySelector('.al-tabs a').focus()").await;
        browser.keys(RIGHT).await;
        browser.keys(ENTER).await;
        browser.until("the changes", &chosen("changes")).await;
        browser.until("the focus on the tab", "document.activeElement.closest('.al-tabs')").await;
        assert!(browser.path().await.ends_with("/e-000?tab=changes"), "{}", browser.path().await);
        browser.keys("j").await;
        browser.until("the next event", "location.pathname.endsWith('/e-001')").await;
        browser.until("the same tab", &chosen("changes")).await;
        browser.click(".al-tabs a[href*='tab=related']").await;
        browser.until("the related events", "document.querySelector('.al-related-row')").await;
        browser.click(".al-related-row[href*='/events/']").await;
        browser.until("the related event", "!location.pathname.endsWith('/e-001')").await;
        assert!(browser.script("return document.getElementById('al-drawer').open").await == json!(true));
        browser.keys(ESCAPE).await;
        browser.until("the list", "location.pathname === '/view/documents' && !location.search").await;
        browser.assert_quiet("tabs").await;
    });
}

/// The page itself hashes from the leaf to the root, and says so when the path leads elsewhere.
#[test]
fn a_page_checks_the_proof_and_notices_a_wrong_path() {
    let server = filled();
    with_browser(true, async |browser| {
        enter(browser, &server, "workspace", "owner").await;
        for id in ["e-000", "e-042", "e-099"] {
            browser.goto(&server.url(&format!("/view/workspace/events/{id}?tab=proof"))).await;
            browser
                .until("the check", "document.getElementById('al-verdict').dataset.result === 'holds'")
                .await;
            let told = browser.text("#al-verdict").await;
            assert!(
                told.contains("Checked in this page") && told.contains("the signature on that head"),
                "{told}"
            );
        }
        // A browser that knows no Ed25519 says so, and claims nothing of the signature.
        browser
            .script(
                "crypto.subtle.importKey = () => Promise.reject(new DOMException('', 'NotSupportedError'))",
            )
            .await;
        let again = "document.dispatchEvent(new CustomEvent('htmx:after:swap', {detail: {ctx: {target: {id: 'al-drawer-body'}}}}))";
        browser.script(again).await;
        browser.until("less", "document.getElementById('al-verdict').dataset.result === 'path'").await;
        assert!(browser.text("#al-verdict").await.contains("was not checked here"));
        // Another key did not sign it.
        browser
            .script("delete crypto.subtle.importKey; document.querySelector('[data-key]').textContent = 'log.example+891bac2d+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs'")
            .await;
        browser.script(again).await;
        browser.until("the doubt", "document.getElementById('al-verdict').dataset.result === 'fails'").await;
        assert!(browser.text("#al-verdict").await.contains("signature on the head is not by the key"));
        // The same path for another leaf: the click of a tab brings the drawer's check, which must not hold.
        browser
            .script("document.querySelector('[data-leaf]').textContent = '00'.repeat(32); document.dispatchEvent(new CustomEvent('htmx:after:swap', {detail: {ctx: {target: {id: 'al-drawer-body'}}}}))")
            .await;
        browser.until("the doubt", "document.getElementById('al-verdict').dataset.result === 'fails'").await;
        assert!(browser.text("#al-verdict").await.contains("does not lead"));
        // The list's script looks for the drawer that such an answer would have come into.
        browser.log().await;
    });
}

#[test]
fn every_tab_and_the_page_of_a_record_are_accessible_in_light_and_dark_wide_and_narrow() {
    let server = filled();
    with_browser(true, async |browser| {
        enter(browser, &server, "workspace", "owner").await;
        let count = if is_gate() { LOOKS.len() } else { 2 };
        for (width, height, scheme) in LOOKS.into_iter().take(count) {
            browser.look(width, height, scheme).await;
            for (name, path) in [
                ("overview", "events/e-001"),
                ("changes", "events/e-001?tab=changes"),
                ("related", "events/e-001?tab=related"),
                ("raw", "events/e-001?tab=raw"),
                ("proof", "events/e-001?tab=proof"),
                ("record", "records/document/doc_1"),
                ("record-deleted", "records/document/doc_3"),
                ("record-before", "records/document/doc_1?at=2026-01-01T00:00:00Z"),
            ] {
                let what = format!("{name}-{width}-{scheme}");
                browser.goto(&server.url(&format!("/view/workspace/{path}"))).await;
                browser.picture(&what).await;
                browser.assert_accessible(&what).await;
                let overflow = browser
                    .script(
                        "return document.documentElement.scrollWidth - document.documentElement.clientWidth",
                    )
                    .await;
                assert!(overflow.as_i64().unwrap() <= 0, "{what} is wider than its window by {overflow}");
            }
        }
        browser.assert_quiet("every tab").await;
    });
}

#[test]
fn without_scripts_tabs_and_moments_are_links_and_forms() {
    let server = filled();
    with_browser(false, async |browser| {
        browser.goto(&server.url(&crate::viewer::link(&server, "workspace", "ana", "owner"))).await;
        browser.goto(&server.url("/view/workspace/events/e-001")).await;
        browser.click(".al-tabs a[href*='tab=proof']").await;
        browser.until_text("#al-verdict", "This server followed the path").await;
        browser.click(".al-tabs a:first-child").await;
        browser.click(".al-history").await;
        browser.until_text("h1", "Lease 1").await;
        browser.click(".al-then a").await;
        browser.until_text("#al-state-title", "As it was").await;
    });
}
