//! The page in other languages and zones, as a browser shows it. Deliberately absent: the words themselves, which are in
//! `words` and `viewer::languages`.

use serde_json::{Value, json};

use crate::browser::{enter, filled, now, with_browser};
use crate::server::is_gate;
use crate::viewer::record;

const OVERFLOW: &str = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";

#[test]
fn every_profile_reads_from_right_to_left() {
    let server = filled();
    with_browser(true, async |browser| {
        for (org, role) in
            [("documents", "user"), ("workspace", "owner"), ("signing", "user"), ("platform", "company")]
        {
            enter(browser, &server, org, role).await;
            let looks = [(1280, 900, "light"), (390, 844, "dark"), (1280, 900, "dark"), (390, 844, "light")];
            // Every look in the gate, two of them after an edit.
            let count = if is_gate() { looks.len() } else { 2 };
            for (width, height, scheme) in looks.into_iter().take(count) {
                let what = format!("ar-{org}-{width}-{scheme}");
                browser.look(width, height, scheme).await;
                browser.goto(&server.url(&format!("/view/{org}?lang=ar"))).await;
                browser.picture(&what).await;
                browser.assert_accessible(&what).await;
                assert!(browser.script(OVERFLOW).await.as_i64().unwrap() <= 0, "{what} is too wide");
            }
        }
        // The page begins at the right, and the drawer stands at the left.
        browser.look(1280, 900, "light").await;
        browser.goto(&server.url("/view/workspace?lang=ar")).await;
        let middle = |selector: &str| {
            format!(
                "const box = document.querySelector('{selector}').getBoundingClientRect(); return Math.round(box.x + box.width / 2)"
            )
        };
        assert!(browser.script(&middle("h1")).await.as_i64().unwrap() > 640);
        assert!(browser.script(&middle("#al-refresh")).await.as_i64().unwrap() < 640);
        browser.click("#al-results .al-open").await;
        browser.until("the drawer", "document.getElementById('al-drawer').open && document.getElementById('al-drawer').getAnimations().length === 0").await;
        assert!(browser.script(&middle("#al-drawer")).await.as_i64().unwrap() < 640);
        browser.picture("ar-drawer").await;
        browser.assert_accessible("the drawer in Arabic").await;
        browser.goto(&server.url("/view/documents?lang=ar&q=zzzz&action=document.created")).await;
        browser.picture("ar-no-match").await;
        browser.goto(&server.url("/view/platform?lang=ar")).await;
        browser.click(".al-display summary").await;
        browser.picture("ar-display").await;
        browser.assert_accessible("the display menu in Arabic").await;
        browser.assert_quiet("Arabic").await;
    });
}

/// C16: what the server wrote first is what the script writes on.
#[test]
fn the_script_tells_times_in_the_words_of_the_server() {
    const SECONDS: &[(u64, u64)] =
        &[(0, 60), (0, 3_600), (0, 86_400), (3_600, 2_592_000), (86_400, 31_536_000)];
    let server = filled();
    let key = server.tenant("times", "workspace");
    let ages = SECONDS.iter().flat_map(|(more, unit)| [1, 2, 3, 7, 11].map(|count| more + count * unit));
    let event = |seconds: u64| json!({"action": "lead.created", "actor": {"type": "user", "id": "u"}, "occurred_at": everlog::read::iso(now() - seconds * 1000)});
    record(&server, "times", &key, &ages.map(event).collect::<Value>());
    with_browser(true, async |browser| {
        enter(browser, &server, "times", "owner").await;
        for tag in ["en", "de", "ar"] {
            browser.goto(&server.url(&format!("/view/times?lang={tag}"))).await;
            let differ = browser
                .script(
                    "const told = (root) => [...root.querySelectorAll('#al-results time')].map((it) => it.textContent);
                    const shown = told(document);
                    return fetch(location.href).then((it) => it.text()).then((html) => {
                        const sent = told(new DOMParser().parseFromString(html, 'text/html'));
                        return shown.length === 25 ? shown.filter((it, at) => it !== sent[at]).map((it) => it + ' | ' + sent.join(' | ')) : [shown.length];
                    })",
                )
                .await;
            assert_eq!(differ, json!([]), "{tag}");
        }
    });
}

/// C16, L06: the same list in another zone, with one key and back.
#[test]
fn a_key_turns_the_zone() {
    let server = filled();
    with_browser(true, async |browser| {
        enter(browser, &server, "documents", "user").await;
        browser.keys("u").await;
        browser.until("UTC", "location.search === '?tz=UTC' && document.readyState === 'complete'").await;
        assert!(browser.text(".al-zone").await.ends_with("UTC"));
        browser.keys("u").await;
        browser.until("the own zone", "location.search === '' && document.readyState === 'complete'").await;
        // What is chosen later goes along into another language.
        browser.keys("/").await;
        browser.keys("doc_42").await;
        browser.until("the search", "location.search === '?q=doc_42'").await;
        browser.click(".al-display summary").await;
        browser.click(".al-display [hreflang=de]").await;
        browser
            .until("German", "document.documentElement.lang === 'de' && document.readyState === 'complete'")
            .await;
        assert_eq!(browser.path().await, "/view/documents?q=doc_42&lang=de");
        assert_eq!(browser.text("#al-count strong").await, "1 Ereignis");
    });
}

/// C16, L06: who reads far from the organization's zone has their own in the menu.
#[test]
fn the_zone_of_the_device_is_offered() {
    let server = filled();
    with_browser(true, async |browser| {
        browser.zone("Asia/Tokyo").await;
        enter(browser, &server, "documents", "user").await;
        browser.click(".al-display summary").await;
        browser.until_text("#al-device-zone", "Asia/Tokyo, UTC+9").await;
        browser.assert_accessible("the zone of the device").await;
        browser.click("#al-device-zone a").await;
        browser.until("its address", "location.search === '?tz=Asia%2FTokyo'").await;
        browser.until_text(".al-zone", "Asia/Tokyo, UTC+9").await;
        assert_eq!(browser.script("return document.getElementById('al-device-zone').hidden").await, true);
        browser.goto(&server.url("/view/signing/processes")).await;
    });
}
