//! Documents under signature: found, opened and read by whoever uses a keyboard, a phone or no script. Deliberately absent:
//! what stands on the pages, which is in `viewer::processes`.

use serde_json::{Value, json};

use crate::browser::{driver::Browser, with_browser};
use crate::server::Server;
use crate::viewer::{link, record};

const LIST: &str = "/view/signing/processes";

/// Twelve documents with long names in several scripts, one opened by a scanner.
pub fn signing() -> Server {
    let server = Server::start();
    let key = server.tenant("signing", "signing");
    let names = [
        "Lease",
        "عقد إيجار طويل الاسم جدًا لا ينتهي",
        "賃貸契約書",
        "Gesellschaftervereinbarungsänderungsvertragsentwurf",
    ];
    let document = |number: usize| {
        let process = format!("sp{number:032x}");
        let step = |minute: usize, action: &str, others: Value| {
            let mut event = json!({
                "action": action, "occurred_at": format!("2026-01-05T10:{minute:02}:00Z"), "process": process, "context": {"ip": "203.0.113.7"},
                "actor": {"type": "user", "id": "ana", "name": "Ana Ruiz", "email": "ana@acme.example"},
                "targets": [{"type": "document", "id": process, "name": names[number % 4]}],
            });
            event.as_object_mut().unwrap().extend(others.as_object().unwrap().clone());
            event
        };
        let file =
            json!({"display_name": names[number % 4], "file_name": format!("{}.pdf", names[number % 4])});
        let signee = json!({"signee_key": "si_a", "name": "ليلى حداد", "email": "layla@mail.example", "auth": {"sms": true}});
        vec![
            step(0, "document.created", json!({"metadata": file})),
            step(1, "signee.added", json!({"signee": "si_a", "metadata": {"signee": signee}})),
            step(2, "invitation.sent", json!({"signee": "si_a", "metadata": {"delivery_method": "Email"}})),
            step(
                3,
                "document.accessed",
                json!({"signee": "si_a", "actor": {"type": "signee", "id": "si_a"}, "metadata": {"method": "HEAD"}}),
            ),
            step(
                4,
                "delivery.confirmation",
                json!({"signee": "si_a", "actor": {"type": "service", "id": "mailgun"}, "metadata": {"event": "delivered", "to": "layla@mail.example"}}),
            ),
        ]
    };
    let events: Vec<Value> = (0..12).flat_map(document).collect();
    record(&server, "signing", &key, &json!(events));
    server
}

async fn enter(browser: &Browser, server: &Server) {
    browser.goto(&server.url(&link(server, "signing", "ana", "user"))).await;
    assert_eq!(browser.path().await, LIST);
}

/// X03, X06, X07, X04.
#[test]
fn documents_are_accessible_in_light_and_dark_wide_and_narrow() {
    let server = signing();
    with_browser(true, async |browser| {
        enter(browser, &server).await;
        for scheme in ["light", "dark"] {
            for width in [1280, 390, 320] {
                let what = format!("documents-{width}-{scheme}");
                browser.look(width, 900, scheme).await;
                browser.goto(&server.url(LIST)).await;
                browser.assert_accessible(&what).await;
                browser.picture(&what).await;
                let page = format!("{LIST}/sp{:032x}", 1);
                for order in ["", "?by=group&lang=ar"] {
                    browser.goto(&server.url(&format!("{page}{order}"))).await;
                    browser
                        .script("document.querySelectorAll('.al-types').forEach(it => it.open = true)")
                        .await;
                    browser.assert_accessible(&format!("{what}-{order}")).await;
                    let is_wider = "return document.documentElement.scrollWidth > innerWidth";
                    assert_eq!(browser.script(is_wider).await, false, "{what}{order}");
                }
                browser.picture(&format!("document-{width}-{scheme}")).await;
            }
        }
        browser.assert_quiet("documents").await;
    });
}

#[test]
fn documents_are_found_and_opened_without_scripts() {
    let server = signing();
    with_browser(false, async |browser| {
        enter(browser, &server).await;
        let search = browser.client.find(fantoccini::Locator::Css("#al-q")).await.unwrap();
        search.send_keys("賃貸\u{e007}").await.unwrap();
        browser.until_text(".al-count-line", "3 documents").await;
        browser.click(".al-process-name").await;
        browser.until_text("h1", "賃貸契約書").await;
        browser.click(".al-entry-text").await;
        browser.until_text("h1", "Ana Ruiz created 賃貸契約書").await;
    });
}

/// A list answers while one types; going back to it from a document finds it as it was.
#[test]
fn documents_are_found_while_one_types() {
    let server = signing();
    with_browser(true, async |browser| {
        enter(browser, &server).await;
        browser.script("document.getElementById('al-q').focus()").await;
        browser.keys("賃貸").await;
        browser.until_text("#al-count", "3 documents").await;
        browser.until("the address", "new URL(location).searchParams.get('q') == '賃貸'").await;
        assert_eq!(browser.texts("#al-statuses a[aria-current] span").await, ["3"]);
        assert_eq!(browser.script("return document.activeElement.id").await, "al-q");
        browser.assert_accessible("documents-found").await;
        browser.click(".al-process-name").await;
        browser.until_text("h1", "賃貸契約書").await;
        browser.script("history.back()").await;
        browser.until_text("#al-count", "3 documents").await;
        browser
            .script("document.getElementById('al-q').select(); document.getElementById('al-q').focus()")
            .await;
        browser.keys("zzz").await;
        browser.until_text("#al-results h2", "No document matches").await;
        browser.assert_accessible("documents-none").await;
    });
}
