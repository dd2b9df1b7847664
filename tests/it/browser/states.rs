//! What a reader is told while a question is on its way and when it fails. Deliberately absent: why it fails, which is in
//! the tests of what failed; here answers are late, missing or someone else's.

use serde_json::json;

use crate::browser::{COUNT, ROWS, enter, filled, with_browser};
use crate::drill::{copy, flip_in_event};
use crate::server::Server;
use crate::viewer::link;

/// What stands between the page and the server from now on, in place of `fetch`.
const BETWEEN: &str = "window.between ??= window.fetch.bind(window); window.fetch = ";
const NOTHING: &str = "window.fetch = window.between";
const TROUBLE: &str = "document.getElementById('al-trouble').innerText";

#[test]
fn what_takes_longer_than_a_moment_is_seen_to_be_on_its_way_over_the_old_rows() {
    let server = filled();
    with_browser(true, async |browser| {
        enter(browser, &server, "documents", "user").await;
        let slow = format!(
            "{BETWEEN} (...it) => new Promise(done => setTimeout(() => done(window.between(...it)), 900))"
        );
        browser.script(&slow).await;
        browser.click("#al-next").await;
        browser.until("the sign", "document.getElementById('al-results').ariaBusy === 'true'").await;
        assert_eq!(browser.texts(ROWS).await.len(), 25, "the old rows stay");
        browser.assert_accessible("on its way").await;
        browser.until("the next page", "location.search.includes('row=26')").await;
        browser.until("no sign", "!document.getElementById('al-results').ariaBusy").await;
        browser.script(NOTHING).await;
        browser.assert_quiet("on its way").await;
    });
}

#[test]
fn a_failed_question_is_told_in_place_with_its_number_and_asked_again() {
    let server = filled();
    with_browser(true, async |browser| {
        enter(browser, &server, "platform", "company").await;
        let failing = format!(
            "{BETWEEN} async () => new Response('<h1>Bad gateway</h1>', {{status: 502, headers: {{'X-Request-Id': 'r-17'}}}})"
        );
        browser.script(&failing).await;
        browser.keys("/").await;
        browser.keys("ana").await;
        browser.until("the words", &format!("{TROUBLE}.includes('No answer came')")).await;
        assert!(browser.text("#al-trouble").await.contains("r-17"));
        assert!(!browser.text("#al-trouble").await.contains("gateway"));
        assert_eq!(browser.texts(ROWS).await.len(), 10, "the old rows stay");
        assert_eq!(browser.path().await, "/view/platform?q=ana", "the question is kept");
        assert_eq!(browser.script("return document.getElementById('al-q').value").await, "ana");
        browser.assert_accessible("failed").await;
        browser.picture("failed-1280-light").await;
        browser.look(390, 844, "dark").await;
        browser.assert_accessible("failed on a phone").await;
        browser.picture("failed-390-dark").await;
        browser.click("#al-trouble [data-retry]").await;
        browser.until("the words again", &format!("{TROUBLE}.includes('No answer came')")).await;
        browser.script(NOTHING).await;
        browser.click("#al-trouble [data-retry]").await;
        browser.until("the answer", &format!("{COUNT} === '25 events' && !{TROUBLE}")).await;
        browser.client.back().await.unwrap();
        browser.until("all of them by Back", &format!("{COUNT} === '100 events' && !location.search")).await;
        // Details that do not come are told where they were asked for.
        browser.script(&failing).await;
        browser.script("document.querySelector('.al-open').click()").await;
        browser.until("the words", &format!("{TROUBLE}.includes('No answer came')")).await;
        browser.script(NOTHING).await;
        browser.click("#al-trouble [data-retry]").await;
        browser.until("the drawer", "document.getElementById('al-drawer').open").await;
        browser.until("no words", &format!("!{TROUBLE}")).await;
        browser.assert_quiet("failed").await;
    });
}

#[test]
fn without_a_network_the_question_waits_for_its_return() {
    let server = filled();
    with_browser(true, async |browser| {
        enter(browser, &server, "documents", "user").await;
        browser.cut(true).await;
        browser.keys("/").await;
        browser.keys("doc_42").await;
        browser.until("the words", &format!("{TROUBLE}.includes('cannot be reached')")).await;
        assert_eq!(browser.path().await, "/view/documents?q=doc_42");
        browser.assert_accessible("cut off").await;
        browser.picture("offline-1280-light").await;
        browser.cut(false).await;
        browser.until("the answer by itself", &format!("{COUNT} === '1 event' && !{TROUBLE}")).await;
        // The browser itself tells of each request that it could not make.
        browser.log().await;
    });
}

#[test]
fn a_session_that_ends_is_told_in_place_and_the_question_survives_it() {
    let server = filled();
    with_browser(true, async |browser| {
        enter(browser, &server, "workspace", "owner").await;
        let cookies = browser.client.get_all_cookies().await.unwrap();
        let token = cookies.iter().find(|it| it.name().contains("workspace")).unwrap().value().to_owned();
        let ended = server.send("DELETE", "/v1/organizations/workspace/viewer-sessions", &token, None, "");
        assert_eq!(ended.status, 204);
        browser.keys("/").await;
        browser.keys("ana").await;
        browser.until("the words", &format!("{TROUBLE}.includes('Your session has ended')")).await;
        assert_eq!(browser.texts(ROWS).await.len(), 25, "the old rows stay");
        assert_eq!(browser.path().await, "/view/workspace?q=ana");
        browser.assert_accessible("ended").await;
        browser.picture("ended-1280-light").await;
        // The product opens the log again, in another tab.
        let key = server.key("workspace", &["read"]);
        let again = server.session("workspace", &key, "ana", "owner");
        let mut cookie = cookies.into_iter().find(|it| it.name().contains("workspace")).unwrap();
        cookie.set_value(again);
        browser.client.add_cookie(cookie).await.unwrap();
        browser.click("#al-trouble [data-retry]").await;
        browser.until("the answer", &format!("{COUNT} === '25 events' && !{TROUBLE}")).await;
        assert_eq!(json!(browser.path().await), "/view/workspace?q=ana");
        browser.log().await;
    });
}

/// Nothing of an event that is not what was recorded is shown; who reads is told what to do.
#[test]
fn a_log_with_a_damaged_event_says_so_on_a_page_of_its_own() {
    let copied = copy();
    flip_in_event(&copied.path().join("data"), "body", 429);
    let server = Server::start_in(copied, |_| {});
    with_browser(true, async |browser| {
        browser.look(1280, 900, "light").await;
        browser.goto(&server.url(&link(&server, "bolt", "ana", "admin"))).await;
        let page = browser.text("body").await;
        assert!(page.contains("A part of this log is damaged") && page.contains("req_"), "{page}");
        assert!(!page.contains("Harbour Ltd"), "{page}");
        browser.assert_accessible("damaged").await;
        browser.picture("damaged-1280-light").await;
        browser.look(390, 844, "dark").await;
        browser.assert_accessible("damaged on a phone").await;
        browser.picture("damaged-390-dark").await;
    });
}
