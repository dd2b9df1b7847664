//! What a list looks like on a phone, and with names that are too long for it; dates chosen by hand. Deliberately absent:
//! what is in the HTML, which is in `viewer::sizes`.

use serde_json::json;

use crate::browser::{COUNT, ENTER, ESCAPE, enter, filled, with_browser};
use crate::viewer::record;

const WIDER: &str = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";

#[test]
fn an_endless_name_widens_neither_list_nor_menu_nor_chip_nor_completion() {
    let server = filled();
    let key = server.key("platform", &["write", "admin"]);
    let long = json!({"action": "lead.created", "actor": {"type": "user", "id": "long", "name": "x".repeat(100_000)}});
    record(&server, "platform", &key, &json!([long]));
    with_browser(true, async |browser| {
        enter(browser, &server, "platform", "company").await;
        for (width, height) in [(1280, 900), (390, 844)] {
            browser.look(width, height, "light").await;
            browser.goto(&server.url("/view/platform?actor=long")).await;
            browser.until("the list", &format!("{COUNT} === '1 event'")).await;
            browser.click("#al-menu-actor summary").await;
            assert!(browser.script(WIDER).await.as_i64().unwrap() <= 0, "{width}");
            browser.picture(&format!("endless-{width}")).await;
            browser.keys(ESCAPE).await;
            browser.assert_accessible(&format!("an endless name at {width}")).await;
            browser.click("#al-q").await;
            browser.keys("actor:xx").await;
            browser
                .until("what is offered", "document.querySelectorAll('#al-complete li').length === 1")
                .await;
            assert!(browser.script(WIDER).await.as_i64().unwrap() <= 0, "{width}");
        }
    });
}

/// C09, D05: cards have no headings, and are sorted all the same, with scripts and without.
#[test]
fn on_a_phone_cards_are_sorted_by_a_menu_and_the_title_row_is_one_row() {
    let server = filled();
    for has_scripts in [true, false] {
        with_browser(has_scripts, async |browser| {
            enter(browser, &server, "platform", "company").await;
            browser.look(390, 844, "light").await;
            browser.goto(&server.url("/view/platform")).await;
            let option = fantoccini::Locator::Css("#al-order option[value='-actor']");
            browser.client.find(option).await.unwrap().click().await.unwrap();
            if has_scripts {
                browser.until("the order", "location.search === '?sort=-actor'").await;
                let tops = "return new Set([...document.querySelectorAll('.al-actions > *, .al-actions summary')].map(it => it.getBoundingClientRect()).filter(it => it.width).map(it => Math.round(it.top))).size";
                assert_eq!(browser.script(tops).await, json!(1), "one row");
                browser.assert_accessible("a phone").await;
                browser.picture("sorted-390-light").await;
                browser.assert_quiet("cards").await;
            } else {
                browser.click(".al-orders button").await;
                browser.until_text(".al-name", "王晓明").await;
            }
        });
    }
}

/// L12, D14: two dates, by keyboard and by pointer, in force with the Filter button.
#[test]
fn custom_dates_are_typed_or_clicked_and_applied_by_the_button() {
    let server = filled();
    with_browser(true, async |browser| {
        enter(browser, &server, "platform", "company").await;
        browser.click("#al-menu-range summary").await;
        let inside = "return [...document.querySelectorAll('#al-menu-range .al-pop')].every(it => it.getBoundingClientRect().right <= document.querySelector('.al-table-frame').getBoundingClientRect().right)";
        assert_eq!(browser.script(inside).await, json!(true), "the menu ends with the page");
        browser.script("document.querySelector('.al-dates input[name=from]').focus()").await;
        browser.keys("01052020").await;
        browser.until("the choice of dates", "document.getElementById('al-custom').checked && document.querySelector('.al-dates input[name=from]').value === '2020-01-05'").await;
        browser.assert_accessible("dates").await;
        browser.keys(ESCAPE).await;
        browser.click("#al-menus .al-primary").await;
        browser
            .until(
                "the list since",
                &format!("location.search === '?from=2020-01-05' && {COUNT} === '100 events'"),
            )
            .await;
        // By pointer: the picker is the browser's own; what it chooses arrives as a change.
        browser.click("#al-menu-range summary").await;
        browser.click("#al-menu-range label:has(#al-custom)").await;
        browser.script("const it = document.querySelector('.al-dates input[name=to]'); it.value = '2020-02-01'; it.dispatchEvent(new Event('change', {bubbles: true}))").await;
        browser.keys(ENTER).await;
        browser
            .until(
                "nothing then",
                "location.search === '?from=2020-01-05&to=2020-02-01' && document.querySelector('.al-empty')",
            )
            .await;
        browser.assert_quiet("dates").await;
    });
}
