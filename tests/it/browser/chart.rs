//! The drawing above a list, by pointer and by keys. Deliberately absent: how high its bars are, which is in
//! `viewer::histogram`.

use serde_json::json;

use crate::browser::{COUNT, ENTER, ESCAPE, document, enter, filled, with_browser};
use crate::viewer::record;

const LEFT: &str = "\u{e012}";
const RIGHT: &str = "\u{e014}";
const HOME: &str = "\u{e011}";
const TIP: &str = "document.querySelector('.al-chart-tip')";

#[test]
fn bars_are_one_stop_walked_by_arrows_and_zoomed_into_and_out_of() {
    let server = filled();
    with_browser(true, async |browser| {
        enter(browser, &server, "platform", "company").await;
        let stops = "[...document.querySelectorAll('.al-bucket[tabindex=\"0\"]')].length";
        assert_eq!(browser.script(&format!("return {stops}")).await, 1);
        browser.script("document.querySelector('.al-bucket[tabindex=\"0\"]').focus()").await;
        browser
            .until("what the bar holds", &format!("!{TIP}.hidden && {TIP}.innerText.includes('Created')"))
            .await;
        browser.assert_accessible("a bar in focus").await;
        browser.keys(LEFT).await;
        browser.keys(LEFT).await;
        browser.keys(RIGHT).await;
        browser.until("the bar before the last", "[...document.querySelectorAll('a.al-bucket')].indexOf(document.activeElement) === document.querySelectorAll('a.al-bucket').length - 2").await;
        browser.picture("bar-1280-light").await;
        assert_eq!(browser.script(&format!("return {stops}")).await, 1);
        browser.keys(ESCAPE).await;
        browser.until("nothing told", &format!("{TIP}.hidden")).await;
        browser.keys(HOME).await;
        browser
            .until("the first bar", "document.activeElement === document.querySelector('a.al-bucket')")
            .await;
        browser.keys(ENTER).await;
        browser
            .until("the zoom", &format!("location.search.includes('from=') && {COUNT} !== '100 events'"))
            .await;
        browser.until("the way out", "document.activeElement.id === 'al-zoom-out'").await;
        browser.picture("zoomed-1280-light").await;
        browser.assert_accessible("zoomed").await;
        browser.click("#al-zoom-out").await;
        browser.until("everything", &format!("{COUNT} === '100 events' && !location.search")).await;
        browser.script("document.querySelector('a.al-bucket').dispatchEvent(new PointerEvent('pointerover', {bubbles: true}))").await;
        browser.until("what the bar holds", &format!("!{TIP}.hidden")).await;
        browser.assert_quiet("bars").await;
    });
}

/// What waits for the reader is counted all the same, and nothing moves that is read.
#[test]
fn what_comes_in_is_counted_while_its_rows_wait() {
    let server = filled();
    let key = server.key("documents", &["write", "admin"]);
    with_browser(true, async |browser| {
        enter(browser, &server, "documents", "user").await;
        browser.keys("l").await;
        browser.until("following", "location.search === '?live=1'").await;
        browser.script("scrollTo(0, 600)").await;
        let mut event = document(0, "ana", "Ana Ruiz", "document.created");
        event["id"] = json!("fresh");
        record(&server, "documents", &key, &json!([event]));
        browser.until("the pill", "!document.getElementById('al-new').hidden").await;
        browser.until("the count", &format!("{COUNT} === '101 events'")).await;
        let state = "return [location.search, document.getElementById('al-new').hidden, document.querySelectorAll('tr.al-new').length]";
        assert_eq!(browser.script(state).await, json!(["?live=1", false, 0]));
        browser.assert_quiet("counting").await;
    });
}
