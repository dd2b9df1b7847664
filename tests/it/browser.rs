//! The viewer in Chromium: what a person sees, types and presses, with scripts and without. Deliberately absent: what can be
//! told from HTML alone, which is in `viewer`.

use std::time::Duration;

use serde_json::{Value, json};

use crate::server::{Server, is_gate};
use crate::viewer::{HOSTILE, hostile, link, record};
use everlog::viewer::address::encode;

mod chart;
mod details;
mod driver;
mod embed;
mod focus;
mod languages;
mod list;
mod processes;
mod sizes;
mod states;
mod verify;

use driver::Browser;

/// Keys as WebDriver writes them.
const ENTER: &str = "\u{e007}";
const ESCAPE: &str = "\u{e00c}";

fn now() -> u64 {
    everlog::log::now_ms()
}

fn document(number: u64, user: &str, name: &str, action: &str) -> Value {
    json!({
        "id": format!("e-{number:03}"), "action": action, "occurred_at": everlog::read::iso(now() - number * 3_600_000),
        "actor": {"type": "user", "id": user, "name": name, "email": format!("{user}@acme.example")},
        "targets": [{"type": "document", "id": format!("doc_{number}"), "name": format!("Lease {number}")}],
        "before": {"status": "New", "note": "Call back on Monday at nine"}, "after": {"status": "Sent", "note": "Call back on Friday at nine"},
        "context": {"ip": "203.0.113.7"}
    })
}

/// A server with one organization of each profile, and a hundred events in each.
fn filled() -> Server {
    let server = Server::start();
    let people = [("ana", "Ana Ruiz"), ("sam", "Sam Lee"), ("layla", "ليلى حداد"), ("wang", "王晓明")];
    let actions =
        ["document.created", "invitation.sent", "document.signed", "document.deleted", "auth.signed_in"];
    for profile in ["documents", "workspace", "signing", "platform"] {
        let key = server.tenant(profile, profile);
        let event = |number: u64| {
            let (user, name) = people[(number % 4) as usize];
            document(number, user, name, actions[(number % 5) as usize])
        };
        record(&server, profile, &key, &(0..100).map(event).collect());
    }
    server
}

/// Runs a scenario where there is a browser.
fn with_browser<F: AsyncFnOnce(&Browser)>(has_scripts: bool, scenario: F) {
    if !driver::is_there() {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let browser = Browser::open(has_scripts).await;
        scenario(&browser).await;
        browser.assert_no_script_failed().await;
        browser.close().await;
    });
}

async fn enter(browser: &Browser, server: &Server, org: &str, role: &str) {
    browser.look(1280, 900, "light").await;
    browser.goto(&server.url(&link(server, org, "ana", role))).await;
    // Where documents are listed, the list of events is one step further.
    if browser.path().await.ends_with("/processes") {
        browser.goto(&server.url(&format!("/view/{org}"))).await;
    }
    if browser.has_scripts {
        browser.until("the last of the scripts", EQUIPPED).await;
    }
}

/// What comes after the first view is there, too: the last script shows the button that it serves.
const EQUIPPED: &str = "document.getElementById('al-copy-link')?.hidden === false";

const ROWS: &str = "#al-results tbody tr";
const COUNT: &str = "document.querySelector('#al-count strong').textContent";

/// L04, L10, L11, L14, L16, D08.
#[test]
fn a_log_is_searched_while_one_types_filtered_sorted_and_paged() {
    let server = filled();
    with_browser(true, async |browser| {
        enter(browser, &server, "documents", "user").await;
        assert_eq!(browser.path().await, "/view/documents");
        assert_eq!(browser.text("#al-count strong").await, "100 events");
        browser.keys("/").await;
        browser.keys("doc_42").await;
        browser.until("the row of the search", &format!("{COUNT} === '1 event'")).await;
        assert!(browser.text(ROWS).await.contains("Lease 42"));
        assert_eq!(browser.path().await, "/view/documents?q=doc_42");
        assert_eq!(browser.script("return document.activeElement.id").await, "al-q");
        browser.keys(" \"").await;
        browser
            .until(
                "the fault of the search",
                "document.querySelector('#al-fault').innerText.includes('At character 8')",
            )
            .await;
        assert!(!browser.texts(ROWS).await.is_empty(), "the old rows stay");
        browser.script("document.getElementById('al-q').select()").await;
        browser.keys("\u{e017}").await;
        browser.until("all rows again", &format!("{COUNT} === '100 events'")).await;
        // Two users, one after the other, in the same open menu.
        browser.click("#al-menu-actor summary").await;
        browser.click("#al-menu-actor input[value=ana]").await;
        browser.until("the events of one", &format!("{COUNT} === '25 events'")).await;
        browser.click("#al-menu-actor input[value=sam]").await;
        browser.until("the events of two", &format!("{COUNT} === '50 events'")).await;
        assert_eq!(browser.path().await, "/view/documents?actor=ana&actor=sam");
        browser.keys(ESCAPE).await;
        browser.click("#al-menu-range summary").await;
        browser.click("#al-menu-range input[value=yesterday]").await;
        browser.until("a day's events", "location.search.includes('range=yesterday')").await;
        let chips = browser.texts(".al-chip").await;
        assert_eq!(chips, ["Date\nYesterday", "User\nAna Ruiz", "User\nSam Lee"]);
        browser.client.back().await.unwrap();
        browser
            .until(
                "the range before",
                &format!("{COUNT} === '50 events' && !location.search.includes('range')"),
            )
            .await;
        browser.click(".al-clear").await;
        browser.until("no filter", &format!("{COUNT} === '100 events'")).await;
        assert_eq!(
            browser.script("return document.querySelectorAll('#al-menus input:checked').length").await,
            1,
            "only the range"
        );
        browser.keys("]").await;
        browser
            .until("the second page", "document.querySelector('.al-pager p').innerText.startsWith('26–50')")
            .await;
        browser.until("the focus on the list", "document.activeElement.id === 'al-results'").await;
        browser.script("scrollTo(0, document.body.scrollHeight)").await;
        browser.keys("[").await;
        browser
            .until("the first page", "document.querySelector('.al-pager p').innerText.startsWith('1–25')")
            .await;
        let top = "document.getElementById('al-results').getBoundingClientRect().top";
        browser.until("the top of the list", &format!("{top} > -1 && {top} < innerHeight")).await;
        browser.script("const it = document.getElementById('al-limit'); it.value = '100'; it.dispatchEvent(new Event('change', {bubbles: true}))").await;
        browser
            .until("a longer page", "document.querySelectorAll('#al-results tbody tr').length === 100")
            .await;
        browser.assert_quiet("search and filters").await;
    });
}

#[test]
fn refresh_and_back_lead_to_the_address_that_is_shown() {
    let server = filled();
    with_browser(true, async |browser| {
        enter(browser, &server, "documents", "user").await;
        browser.keys("/").await;
        browser.keys("doc_42").await;
        browser.until("the row of the search", &format!("{COUNT} === '1 event'")).await;
        browser.click("#al-refresh").await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert_eq!(browser.path().await, "/view/documents?q=doc_42");
        assert_eq!(browser.text("#al-count strong").await, "1 event");
        assert_eq!(browser.script("return document.getElementById('al-q').value").await, "doc_42");
        // An event that is loaded again is a page; Back leads from it to the list.
        browser.click(".al-open").await;
        browser.until("the drawer", "document.getElementById('al-drawer').open").await;
        browser.client.refresh().await.unwrap();
        browser.until("the event as a page", "!document.getElementById('al-drawer')").await;
        browser.client.back().await.unwrap();
        browser
            .until("the list", "location.search === '?q=doc_42' && document.querySelectorAll('#al-results tbody tr').length === 1")
            .await;
        browser.assert_quiet("refresh and back").await;
    });
}

/// D05, D14 to D17.
#[test]
fn filters_with_a_button_wait_for_it_while_the_search_does_not() {
    let server = filled();
    with_browser(true, async |browser| {
        enter(browser, &server, "platform", "company").await;
        browser.click("#al-menu-kind summary").await;
        browser.click("#al-menu-kind input[value=created]").await;
        browser.keys(ESCAPE).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert_eq!(browser.text("#al-count strong").await, "100 events");
        browser.click("#al-q").await;
        browser.keys("ana").await;
        browser.until("the rows of the search", &format!("{COUNT} === '25 events'")).await;
        assert_eq!(browser.path().await, "/view/platform?q=ana");
        assert_eq!(
            browser
                .script("return document.querySelector('#al-menu-kind input[value=created]').checked")
                .await,
            true
        );
        browser.click("#al-menus .al-primary").await;
        browser.until("both together", &format!("{COUNT} === '5 events'")).await;
        browser.click("th.al-c-user a").await;
        browser
            .until("sorted by user", "document.querySelector('th.al-c-user').ariaSort === 'ascending'")
            .await;
        assert_eq!(browser.script("return document.activeElement.id").await, "al-sort-user");
        browser.click(".al-reset").await;
        browser.until("everything", &format!("{COUNT} === '100 events'")).await;
        assert_eq!(browser.script("return document.getElementById('al-q').value").await, "");
        browser.assert_quiet("buttons").await;
    });
}

/// D09, D24: keys, drawer, history.
#[test]
fn details_open_and_close_by_keyboard_and_the_focus_comes_back() {
    let server = filled();
    let is_open = "document.getElementById('al-drawer').open";
    with_browser(true, async |browser| {
        enter(browser, &server, "documents", "user").await;
        browser.keys("j").await;
        browser.keys("j").await;
        browser.keys(ENTER).await;
        browser.until("the drawer", is_open).await;
        assert!(browser.path().await.starts_with("/view/documents/events/e-001"));
        let text = browser.text("#al-drawer").await;
        for part in [
            "Invite",
            "Lease 1",
            "Sam Lee",
            "203.0.113.7",
            "Before",
            "After",
            "Monday",
            "Friday",
            "Raw",
            "Proof",
        ] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
        assert_eq!(browser.texts("#al-drawer ins").await, ["Friday", "Sent"]);
        browser.picture("drawer-1280-light").await;
        browser.assert_accessible("drawer").await;
        browser.keys("j").await;
        browser.until("the next event", "location.pathname.endsWith('/e-002')").await;
        browser.click("#al-step-back").await;
        browser.until("the event before", "location.pathname.endsWith('/e-001')").await;
        browser.keys(ESCAPE).await;
        browser.until("the list", &format!("!{is_open} && location.pathname === '/view/documents'")).await;
        browser.until("the focus in the row", "document.activeElement.classList.contains('al-open')").await;
        browser.keys(ENTER).await;
        browser.until("the drawer", is_open).await;
        browser.client.back().await.unwrap();
        browser
            .until("the list by Back", &format!("!{is_open} && location.pathname === '/view/documents'"))
            .await;
        browser.client.forward().await.unwrap();
        browser.until("the drawer by Forward", is_open).await;
        browser.client.refresh().await.unwrap();
        assert!(browser.text("main").await.contains("All activity"), "opened directly it is a page");
        browser.assert_accessible("details").await;
        browser.click(".al-back a").await;
        assert_eq!(browser.path().await, "/view/documents");
        browser.script("[...document.querySelectorAll('.al-open')].at(-1).click()").await;
        browser.until("the last event of the page", is_open).await;
        assert_eq!(
            browser.script("return document.getElementById('al-step-on').title").await,
            "End of this page"
        );
        let edge = "document.getElementById('al-drawer').getBoundingClientRect().right === innerWidth";
        browser.until("the drawer at the edge", edge).await;
        browser.keys(ESCAPE).await;
        let row = "document.activeElement.closest('tr')?.getBoundingClientRect()";
        browser
            .until(
                "the last row in sight",
                &format!("!{is_open} && {row}?.top >= 0 && {row}?.bottom <= innerHeight + 1"),
            )
            .await;
        browser.keys("?").await;
        browser.until("the help", "document.getElementById('al-help').open").await;
        browser.assert_accessible("help").await;
        browser.assert_quiet("details").await;
    });
}

#[test]
fn without_scripts_the_page_does_the_same_by_links_and_forms() {
    let server = filled();
    with_browser(false, async |browser| {
        browser.goto(&server.url(&link(&server, "platform", "ana", "company"))).await;
        let find = |css: &'static str| browser.client.find(fantoccini::Locator::Css(css));
        find("#al-q").await.unwrap().send_keys(&format!("ana{ENTER}")).await.unwrap();
        browser.until_text("#al-count strong", "25 events").await;
        browser.click("#al-menu-kind summary").await;
        browser.click("#al-menu-kind input[value=created]").await;
        browser.click("#al-menus .al-primary").await;
        browser.until_text("#al-count strong", "5 events").await;
        browser.click("th.al-c-date a").await;
        browser.until_text("tbody .al-c-number", "1").await;
        assert!(browser.path().await.contains("sort=time"));
        browser.click(".al-open").await;
        browser.until_text("h1", "Lease").await;
        browser.click(".al-back a").await;
        browser.until_text("#al-count strong", "5 events").await;
        browser.click(".al-reset").await;
        browser.until_text("#al-count strong", "100 events").await;
        browser.click("#al-next").await;
        browser.until_text(".al-pager p", "11–20").await;
    });
}

/// G of the hostile list: no dialog, no report of the policy, no request to anyone else.
#[test]
fn hostile_text_opens_nothing_and_asks_nobody() {
    let server = filled();
    let key = server.key("workspace", &["write", "admin"]);
    record(&server, "workspace", &key, &HOSTILE.iter().map(|text| hostile(text)).collect());
    with_browser(true, async |browser| {
        enter(browser, &server, "workspace", "owner").await;
        browser.assert_quiet("hostile list").await;
        browser.picture("hostile-1280-light").await;
        for row in 0..HOSTILE.len() {
            browser.script(&format!("document.querySelectorAll('.al-open')[{row}].click()")).await;
            browser.until("the drawer", "document.getElementById('al-drawer').open").await;
            for tab in ["changes", "related", "raw", "proof"] {
                browser.click(&format!(".al-tabs a[href*='tab={tab}']")).await;
                browser
                    .until(
                        tab,
                        &format!(
                            "document.querySelector('.al-tabs [aria-current]')?.href.includes('tab={tab}')"
                        ),
                    )
                    .await;
            }
            browser.script("document.getElementById('al-drawer').close()").await;
            browser.until("the list", "location.pathname === '/view/workspace'").await;
        }
        for text in HOSTILE {
            let id = encode(text);
            browser.goto(&server.url(&format!("/view/workspace/records/{id}/{id}"))).await;
            browser.assert_quiet("hostile record").await;
        }
        browser.goto(&server.url("/view/workspace")).await;
        browser.click("#al-menu-category summary").await;
        let foreign = "return performance.getEntriesByType('resource').filter(it => !it.name.startsWith(location.origin) && !it.name.startsWith('data:')).length";
        assert_eq!(browser.script(foreign).await, 0);
        browser.assert_quiet("hostile details").await;
    });
}

#[test]
fn every_profile_is_accessible_in_light_and_dark_wide_and_narrow() {
    let server = filled();
    let long = json!({"action": "lead.created", "actor": {"type": "user", "id": "long", "name": "x".repeat(100_000)}, "description": "y".repeat(100_000)});
    let key = server.key("workspace", &["write"]);
    let sent = server.post("/v1/organizations/workspace/events", &key, &long);
    assert_eq!(sent.status, 201, "{sent:?}");
    server.tenant("empty", "platform");
    with_browser(true, async |browser| {
        for (org, role) in [
            ("documents", "user"),
            ("workspace", "owner"),
            ("signing", "user"),
            ("platform", "company"),
            ("empty", "company"),
        ] {
            enter(browser, &server, org, role).await;
            let looks = [
                (1280, 900, "light"),
                (390, 844, "dark"),
                (1280, 900, "dark"),
                (390, 844, "light"),
                (800, 900, "light"),
            ];
            // Every look in the gate, two of them after an edit.
            let count = if is_gate() { looks.len() } else { 2 };
            for (width, height, scheme) in looks.into_iter().take(count) {
                let what = format!("{org}-{width}-{scheme}");
                browser.look(width, height, scheme).await;
                browser.goto(&server.url(&format!("/view/{org}"))).await;
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
        for (name, path) in [
            ("landing", "/"),
            ("no-match", "/view/documents?q=zzzz&action=document.created"),
            ("details", "/view/documents/events/e-001"),
        ] {
            browser.look(1280, 900, "light").await;
            browser.goto(&server.url(path)).await;
            browser.picture(name).await;
            browser.assert_accessible(name).await;
        }
        browser.assert_quiet("every profile").await;
    });
}
