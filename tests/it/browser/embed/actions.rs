//! What a reader does inside another page that a cookie would carry elsewhere: keeping views, following, taking away.
//! Deliberately absent: the same at the top, which is in `browser::list` and `viewer::export`.

use fantoccini::Locator;
use serde_json::json;

use crate::browser::embed::{COUNT, PLACE, embedding, end, give, inside, open, outside, token};
use crate::browser::processes::signing;
use crate::browser::{ENTER, filled, with_browser};
use crate::viewer::record;

#[test]
fn views_are_kept_asked_about_and_taken_away_in_a_frame() {
    let server = filled();
    let host = embedding(&server, "documents", "");
    let token = token(&server, "documents", "user");
    with_browser(true, async |browser| {
        open(browser, &host, &token).await;
        let keep = async || {
            browser.click("#al-menu-views summary").await;
            let name = browser.client.find(Locator::Css(".al-view-save input[type=text]")).await.unwrap();
            name.send_keys(&format!("Mine{ENTER}")).await.unwrap();
        };
        browser.click("#al-menu-actor summary").await;
        browser.click("#al-menu-actor input[value=ana]").await;
        browser.until("the events of one", &format!("{COUNT} === '25 events'")).await;
        keep().await;
        browser
            .until("the view", "document.querySelector('#al-menu-views summary').innerText.includes('Mine')")
            .await;
        assert_eq!(browser.script(PLACE).await, "/view/documents?actor=ana");
        // The page that a script came with is another one now; what it offers works all the same.
        browser.click("#al-q").await;
        browser.keys("act").await;
        browser.until("what is offered", "document.getElementById('al-q').role === 'combobox' && !document.getElementById('al-complete').hidden").await;
        browser.keys("\u{e00c}").await;
        browser.script("document.getElementById('al-q').select()").await;
        browser.keys("lease").await;
        browser.until("another list", "location.search.includes('q=lease')").await;
        keep().await;
        browser
            .until(
                "the question",
                "document.querySelector('main').innerText.includes('A view of this name exists')",
            )
            .await;
        assert_eq!(
            browser.script(PLACE).await,
            "/view/documents?actor=ana&q=lease",
            "a question has no address"
        );
        browser.click(".al-empty-actions .al-primary").await;
        browser
            .until("the view", "document.querySelector('#al-menu-views summary')?.innerText.includes('Mine')")
            .await;
        browser.click("#al-menu-views summary").await;
        browser.assert_accessible("views in a frame").await;
        browser.click(".al-views-list button").await;
        browser
            .until(
                "no view",
                "document.querySelector('#al-menu-views summary')?.innerText.trim() === 'Views'",
            )
            .await;
        outside(browser).await;
        // The question is a refusal to the console.
        assert!(browser.log().await.iter().all(|line| line.contains("409")));
    });
}

/// L16: the token that the stream was opened with ends, and the next one goes on listening.
#[test]
fn a_followed_list_goes_on_with_the_next_token() {
    let server = filled();
    let key = server.key("documents", &["write", "admin"]);
    let host = embedding(&server, "documents", "");
    let first = token(&server, "documents", "user");
    let new = |id: &str| json!([{"id": id, "action": "document.created", "actor": {"type": "user", "id": "ana", "name": "Ana Ruiz"}}]);
    with_browser(true, async |browser| {
        open(browser, &host, &first).await;
        browser.click("#al-live").await;
        browser.until("following", "location.search === '?live=1'").await;
        record(&server, "documents", &key, &new("fresh-1"));
        browser.until("the new row", &format!("{COUNT} === '102 events'")).await;
        end(&server, "documents", &first);
        outside(browser).await;
        browser.until("the page around is asked", "told.includes('log token-expired')").await;
        let second = token(&server, "documents", "user");
        give(browser, "log", &second).await;
        inside(browser, "log").await;
        browser.until("the words are gone", "!document.getElementById('al-ended')").await;
        record(&server, "documents", &key, &new("fresh-2"));
        browser
            .until(
                "the next new row",
                "document.querySelector('#al-results').innerHTML.includes('/events/fresh-2')",
            )
            .await;
        assert_eq!(browser.script("return location.search").await, "?live=1");
        outside(browser).await;
        assert!(browser.log().await.iter().all(|line| line.contains("401")));
    });
}

#[test]
fn a_file_is_taken_away_by_clicking_in_a_frame() {
    let server = filled();
    let host = embedding(&server, "documents", "");
    let token = token(&server, "documents", "user");
    with_browser(true, async |browser| {
        open(browser, &host, &token).await;
        browser.click("#al-export-menu summary").await;
        browser.assert_accessible("the menu in a frame").await;
        // Where the link leads that works once; clicking it would end in a directory of the browser's.
        browser.script("window.taken = []; HTMLAnchorElement.prototype.click = function () { taken.push([this.href, this.hasAttribute('download')]) }").await;
        let link = browser.client.find(Locator::Css("#al-export-menu a[data-export]")).await.unwrap();
        link.click().await.unwrap();
        browser.until("the file", "taken.length === 1").await;
        let taken = browser.script("return taken[0]").await;
        assert_eq!(taken[1], json!(true));
        let path =
            taken[0].as_str().unwrap().strip_prefix(server.url("").trim_end_matches('/')).unwrap().to_owned();
        assert!(!path.contains("evl_vs_"), "{path}");
        let file = server.request("GET", &path, &[], None);
        assert_eq!(file.status, 200);
        browser.until("a closed menu", "!document.getElementById('al-export-menu').open").await;
        assert_eq!(browser.script(PLACE).await, "/view/documents");
        outside(browser).await;
        browser.assert_quiet("export in a frame").await;
    });
}

/// A frame has no cookie: what is typed among documents is asked with the token, and asked again with the next one.
#[test]
fn documents_are_found_inside_another_page() {
    let server = signing();
    let host = embedding(&server, "signing", "");
    let (first, next) = (token(&server, "signing", "user"), token(&server, "signing", "user"));
    with_browser(true, async |browser| {
        browser.look(1280, 900, "light").await;
        browser.goto(&host.origin).await;
        give(browser, "log", &first).await;
        browser.until("the log is ready", "told.includes('log ready')").await;
        inside(browser, "log").await;
        browser.until_text("#al-count", "12 documents").await;
        browser.script("document.getElementById('al-q').focus()").await;
        browser.keys("賃貸").await;
        browser.until_text("#al-count", "3 documents").await;
        end(&server, "signing", &first);
        browser.keys("契").await;
        outside(browser).await;
        browser.until("the end of the token", "told.includes('log token-expired')").await;
        give(browser, "log", &next).await;
        inside(browser, "log").await;
        browser.until("the address", "new URL(location).searchParams.get('q') == '賃貸契'").await;
        browser.until_text("#al-count", "3 documents").await;
        browser.click(".al-process-name").await;
        browser.until_text("h1", "賃貸契約書").await;
        browser.assert_accessible("a document in a frame").await;
        outside(browser).await;
    });
}
