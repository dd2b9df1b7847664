//! Where the focus goes when what had it is gone, and what is told while one still types. Deliberately absent: the gestures
//! themselves, which are in `browser::list`.

use crate::browser::{COUNT, ENTER, enter, filled, with_browser};

const RIGHT: &str = "\u{e014}";

/// WCAG 2.4.3: whoever takes chips away by keyboard goes on where the next one stands.
#[test]
fn taking_chips_away_leaves_the_focus_on_the_next_and_at_last_on_the_search() {
    let server = filled();
    with_browser(true, async |browser| {
        enter(browser, &server, "workspace", "owner").await;
        browser.goto(&server.url("/view/workspace?actor=ana&actor=sam")).await;
        browser
            .until("the scripts", "document.getElementById('al-copy-link')?.hidden === false && window.htmx")
            .await;
        browser.script("document.querySelector('.al-chip > a:last-child').focus()").await;
        browser.keys(ENTER).await;
        browser.until("one chip", "location.search === '?actor=sam'").await;
        browser.until("the focus on it", "document.activeElement.matches('.al-chip > a:last-child')").await;
        browser.keys(ENTER).await;
        browser.until("no chip", "location.search === ''").await;
        browser.until("the focus in the search", "document.activeElement.id === 'al-q'").await;
        browser.assert_quiet("chips").await;
    });
}

/// D24.
#[test]
fn a_step_in_the_drawer_keeps_the_focus_on_the_tab_or_gives_it_to_the_heading() {
    let server = filled();
    with_browser(true, async |browser| {
        enter(browser, &server, "documents", "user").await;
        browser.keys("j").await;
        browser.keys(ENTER).await;
        browser.until("the drawer", "document.getElementById('al-drawer').open").await;
        browser.keys("j").await;
        browser.until("the next event", "location.pathname.endsWith('/e-001')").await;
        browser.until("the focus on its heading", "document.activeElement.id === 'al-details-title'").await;
        browser.script("document.querySelector('.al-tabs a').focus()").await;
        browser.keys(RIGHT).await;
        browser.keys("j").await;
        browser.until("the event after", "location.pathname.endsWith('/e-002')").await;
        browser.until("the same tab", "document.activeElement.matches('.al-tabs a[href*=changes]')").await;
        browser.assert_quiet("steps").await;
    });
}

/// L11: a year is typed digit by digit, a search letter by letter; neither is wrong before it is there.
#[test]
fn nothing_is_wrong_before_it_is_typed() {
    let server = filled();
    with_browser(true, async |browser| {
        enter(browser, &server, "documents", "user").await;
        let choose = |value: &str| {
            format!(
                "const it = document.querySelector('.al-dates [name=from]'); it.value = '{value}'; it.dispatchEvent(new Event('change', {{bubbles: true}}))"
            )
        };
        for early in ["0002-01-05", "0020-01-05", "0202-01-05"] {
            browser.script(&choose(early)).await;
        }
        browser.script(&choose("2024-01-05")).await;
        browser.until("the date", "location.search === '?from=2024-01-05'").await;
        browser.keys("/").await;
        browser.keys("\"lea").await;
        let fault = "document.getElementById('al-fault')";
        browser.until("the answer", &format!("{fault}.querySelector('.al-icon')")).await;
        assert_eq!(browser.script(&format!("return getComputedStyle({fault}).display")).await, "none");
        browser.until("the fault", &format!("getComputedStyle({fault}).display !== 'none'")).await;
        browser.keys("se\"").await;
        browser.until("the rows", &format!("{COUNT} === '100 events'")).await;
        browser.assert_quiet("typing").await;
    });
}

#[test]
fn what_is_copied_is_told() {
    let server = filled();
    with_browser(true, async |browser| {
        enter(browser, &server, "workspace", "owner").await;
        browser.click("#al-copy-link").await;
        browser.until("the toast", "document.getElementById('al-toast').innerText === 'Copied'").await;
        browser.keys("j").await;
        browser.keys(RIGHT).await;
        browser.script("document.getElementById('al-toast').textContent = ''").await;
        browser.script("document.querySelector('#al-value-bar [data-do=copy]').click()").await;
        browser
            .until("the toast of a value", "document.getElementById('al-toast').innerText === 'Copied'")
            .await;
    });
}

/// WCAG 1.4.10: 1280 pixels at 400 % are 320.
#[test]
fn nothing_scrolls_sideways_at_320_pixels() {
    let server = filled();
    let key = server.key("platform", &["write", "admin"]);
    let long = serde_json::json!([{"id": "long", "action": "document.created", "occurred_at": everlog::read::iso(everlog::log::now_ms()),
        "actor": {"type": "user", "id": "long", "name": "Maximiliane von Hohenstein-Wittgenstein", "email": "maximiliane.von.hohenstein-wittgenstein@subsidiary.example"},
        "targets": [{"type": "document", "id": "d", "name": "Lease"}], "context": {"ip": "2001:db8:85a3:8d3:1319:8a2e:370:7348"}}]);
    crate::viewer::record(&server, "platform", &key, &long);
    with_browser(true, async |browser| {
        enter(browser, &server, "platform", "company").await;
        browser.look(320, 640, "light").await;
        browser.picture("cards-320-light").await;
        let inside = "return [...document.querySelectorAll('#al-results tr > td > *, #al-results tr, .al-tabs a, .al-search > kbd')].map(it => it.getBoundingClientRect()).filter(it => it.right > innerWidth + 1 || it.left < -1).length";
        assert_eq!(browser.script(inside).await, 0);
        let wide = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
        assert!(browser.script(wide).await.as_i64().unwrap() <= 0);
        let hint = "return getComputedStyle(document.querySelector('.al-search > kbd')).display";
        assert_eq!(browser.script(hint).await, "none");
        browser.script("document.querySelector('.al-open').click()").await;
        browser.until("the drawer", "document.getElementById('al-drawer').open").await;
        browser.picture("drawer-320-light").await;
        assert_eq!(browser.script(inside).await, 0);
        let drawer =
            "const it = document.getElementById('al-drawer'); return it.scrollWidth - it.clientWidth";
        assert!(browser.script(drawer).await.as_i64().unwrap() <= 0);
        let tabs = "const it = document.querySelector('.al-tabs'); return it.scrollWidth - it.clientWidth";
        assert!(browser.script(tabs).await.as_i64().unwrap() <= 0);
        browser.assert_quiet("320 pixels").await;
    });
}
