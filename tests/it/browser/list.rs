//! Gestures on a list: values, chips, completion, choices that wait, views, what comes in. Deliberately absent: what links
//! and forms do by themselves, which is in `viewer::list`.

use serde_json::json;

use crate::browser::{COUNT, ENTER, ESCAPE, ROWS, document, enter, filled, with_browser};
use crate::viewer::record;

const DOWN: &str = "\u{e015}";
const RIGHT: &str = "\u{e014}";

/// D11, D12, L14, L15: by keyboard from the row, by pointer, and back by the chip.
#[test]
fn a_value_of_a_row_is_filtered_for_and_out() {
    let server = filled();
    with_browser(true, async |browser| {
        enter(browser, &server, "platform", "company").await;
        browser.keys("j").await;
        browser.keys(RIGHT).await;
        browser.until("the tools of the user", "document.activeElement.dataset.do === 'only'").await;
        browser.assert_accessible("tools of a value").await;
        browser.picture("value-1280-light").await;
        browser.keys(RIGHT).await;
        browser.keys(ENTER).await;
        browser
            .until(
                "all but one user",
                &format!("{COUNT} === '75 events' && location.search === '?not=actor:ana'"),
            )
            .await;
        browser.until("the focus on the list", "document.activeElement.id === 'al-results'").await;
        assert_eq!(browser.texts(".al-not .al-chip-edit").await.len(), 1);
        browser.assert_accessible("a filter turned round").await;
        browser.click(".al-not > a:not(.al-chip-edit)").await;
        browser
            .until("that user alone", &format!("{COUNT} === '25 events' && location.search === '?actor=ana'"))
            .await;
        browser.click("a.al-chip-edit").await;
        browser
            .until(
                "the menu of the chip",
                "document.getElementById('al-menu-actor').open && document.activeElement.value === 'ana'",
            )
            .await;
        browser.keys(ESCAPE).await;
        browser.keys("j").await;
        browser.keys(RIGHT).await;
        browser.keys(ESCAPE).await;
        browser.until("the row again", "document.activeElement.classList.contains('al-open') && document.getElementById('al-value-bar').hidden").await;
        browser.assert_quiet("values").await;
    });
}

/// L10, D08: WAI-ARIA 1.2, a combobox with a list.
#[test]
fn a_search_is_completed_by_keyboard() {
    let server = filled();
    with_browser(true, async |browser| {
        enter(browser, &server, "documents", "user").await;
        browser.keys("/").await;
        browser.keys("act").await;
        browser.until("fields", "document.querySelectorAll('#al-complete li').length === 2").await;
        browser.assert_accessible("completion").await;
        browser.keys(DOWN).await;
        browser.until("the first", "document.querySelector('[aria-selected=true]').id === document.getElementById('al-q').getAttribute('aria-activedescendant')").await;
        browser.keys(ENTER).await;
        browser.until("people", "document.querySelectorAll('#al-complete li').length === 4").await;
        browser.picture("complete-1280-light").await;
        browser.keys("sam").await;
        browser.until("one", "document.querySelectorAll('#al-complete li').length === 1").await;
        browser.keys(DOWN).await;
        browser.keys(ENTER).await;
        browser.until("the events of one", &format!("{COUNT} === '25 events'")).await;
        assert_eq!(
            browser.script("return document.getElementById('al-q').value").await,
            "actor:\"Sam Lee\" "
        );
        browser.keys("foo:bar").await;
        browser.until("a hint", "document.getElementById('al-hint').innerText.includes('“foo”')").await;
        browser.keys(" ki").await;
        browser.until("more", "!document.getElementById('al-complete').hidden").await;
        browser.keys(ESCAPE).await;
        browser
            .until(
                "no list",
                "document.getElementById('al-complete').hidden && document.activeElement.id === 'al-q'",
            )
            .await;
        browser.assert_quiet("completion").await;
    });
}

/// D15, D16.
#[test]
fn choices_that_wait_are_told_and_taken_back() {
    let server = filled();
    with_browser(true, async |browser| {
        enter(browser, &server, "platform", "company").await;
        browser.click("#al-menu-kind summary").await;
        browser.click("#al-menu-kind input[value=created]").await;
        browser
            .until("what waits", "document.getElementById('al-pending').innerText === 'Not applied yet: 1'")
            .await;
        browser.assert_accessible("choices that wait").await;
        browser.click(".al-reset").await;
        browser
            .until("nothing waits", "!document.getElementById('al-pending').innerText && !document.querySelector('#al-menu-kind input:checked')")
            .await;
        browser.assert_quiet("pending").await;
    });
}

/// L16: new rows at the top, a pill further down, an address that says so.
#[test]
fn a_followed_list_shows_what_comes_in() {
    let server = filled();
    let key = server.key("documents", &["write", "admin"]);
    let new = |id: &str| json!([{"id": id, "action": "document.created", "actor": {"type": "user", "id": "ana", "name": "Ana Ruiz"}}]);
    with_browser(true, async |browser| {
        enter(browser, &server, "documents", "user").await;
        browser.keys("l").await;
        browser
            .until(
                "following",
                "location.search === '?live=1' && document.getElementById('al-live').ariaPressed === 'true'",
            )
            .await;
        record(&server, "documents", &key, &new("fresh-1"));
        browser.until("the new row", &format!("{COUNT} === '101 events' && document.querySelector('{ROWS}').classList.contains('al-new')")).await;
        browser.assert_accessible("a followed list").await;
        browser.script("scrollTo(0, 600)").await;
        record(&server, "documents", &key, &new("fresh-2"));
        browser.until("the pill", "document.getElementById('al-new').innerText === 'New events: 1'").await;
        assert_eq!(browser.text("#al-count strong").await, "101 events");
        browser.assert_accessible("new events").await;
        browser.script("document.getElementById('al-new').click()").await;
        browser
            .until(
                "both rows",
                &format!(
                    "{COUNT} === '102 events' && document.getElementById('al-new').hidden && scrollY === 0"
                ),
            )
            .await;
        browser.script("document.activeElement.blur()").await;
        browser.keys("l").await;
        browser
            .until(
                "no more",
                "location.search === '' && document.getElementById('al-live').ariaPressed === 'false'",
            )
            .await;
        browser.assert_quiet("live").await;
    });
}

/// The first event of a log shows by itself on a page that waits for it.
#[test]
fn an_empty_log_waits_for_its_first_event() {
    let server = filled();
    let key = server.tenant("empty", "workspace");
    with_browser(true, async |browser| {
        enter(browser, &server, "empty", "owner").await;
        browser.until("waiting", "document.getElementById('al-waiting')?.hidden === false").await;
        browser.assert_accessible("waiting").await;
        record(&server, "empty", &key, &json!([document(1, "ana", "Ana Ruiz", "lead.created")]));
        browser.until("the first event", &format!("document.querySelectorAll('{ROWS}').length === 1")).await;
        browser.assert_quiet("first event").await;
    });
}

#[test]
fn a_view_is_kept_and_opened_with_and_without_scripts() {
    let server = filled();
    for has_scripts in [true, false] {
        with_browser(has_scripts, async |browser| {
            enter(browser, &server, "workspace", "owner").await;
            browser.goto(&server.url("/view/workspace?kind=deleted")).await;
            browser.click("#al-menu-views summary").await;
            let name = browser
                .client
                .find(fantoccini::Locator::Css(".al-view-save input[type=text]"))
                .await
                .unwrap();
            name.send_keys(&format!("Gone{ENTER}")).await.unwrap();
            browser.until_text("#al-menu-views summary", "Gone").await;
            assert_eq!(browser.path().await, "/view/workspace?kind=deleted");
            if has_scripts {
                browser.click("#al-menu-views summary").await;
                browser.assert_accessible("views").await;
                browser.picture("views-1280-light").await;
                browser.assert_quiet("views").await;
            }
        });
    }
}
