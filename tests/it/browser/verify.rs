//! The page that checks files, in a browser: choosing, dropping, and how it looks. Deliberately absent: what is told, which
//! is in the tests of pages without scripts.

use fantoccini::Locator;
use serde_json::json;

use crate::browser::with_browser;
use crate::server::{Server, event};

const TITLE: &str = "document.querySelector('.al-outcome h2')?.innerText ?? ''";

/// A server, and beside it files: a bundle of its own, one that was changed, and one of another log.
fn server() -> (Server, [String; 3]) {
    let server = Server::start();
    let key = server.tenant("acme", "signing");
    server.post("/v1/organizations/acme/events", &key, &event("document.signed"));
    let bundle = server.get("/v1/organizations/acme/events/0/bundle", &key).text;
    let file = |name: &str, text: &str| {
        let path = server.directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let golden = std::fs::read_to_string("vectors/bundle-v1.jsonl").unwrap();
    let files = [
        file("own.jsonl", &bundle),
        file("changed.jsonl", &bundle.replace("document.signed", "document.viewed")),
        file("other.jsonl", &golden),
    ];
    (server, files)
}

#[test]
fn a_chosen_file_is_checked_at_once_and_every_outcome_is_accessible_in_every_language() {
    let (server, files) = server();
    with_browser(true, async |browser| {
        for (lang, width, scheme) in [("en", 1280, "light"), ("de", 390, "dark"), ("ar", 800, "light")] {
            browser.look(width, 900, scheme).await;
            let path = format!("/verify?lang={lang}&sha256={}", "0123456789abcdef".repeat(4));
            browser.goto(&server.url(&path)).await;
            browser.assert_accessible(&format!("{lang}: before")).await;
            browser.picture(&format!("verify-{lang}-before")).await;
            for (file, tone) in files.iter().zip(["good", "bad", "warn"]) {
                let input = browser.client.find(Locator::Css("#al-file")).await.unwrap();
                input.send_keys(file).await.unwrap();
                let shown = format!("document.querySelector('.al-outcome-{tone}') !== null");
                browser.until(tone, &shown).await;
                browser.until("the focus", "document.activeElement.matches('.al-outcome')").await;
                browser.assert_accessible(&format!("{lang}: {tone}")).await;
                browser.picture(&format!("verify-{lang}-{tone}")).await;
            }
            let wide = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
            assert!(browser.script(wide).await.as_i64().unwrap() <= 0, "{lang} is wider than its window");
        }
        browser.assert_quiet("checking files").await;
    });
}

#[test]
fn a_file_may_be_dropped_anywhere_and_its_answer_says_which_it_is() {
    let (server, files) = server();
    let text = std::fs::read_to_string(&files[0]).unwrap();
    with_browser(true, async |browser| {
        browser.goto(&server.url("/verify")).await;
        let drop = |on: &str| {
            format!(
                "const data = new DataTransfer(); data.items.add(new File([{}], 'own.jsonl')); \
                 return document.querySelector('{on}').dispatchEvent(\
                 new DragEvent('drop', {{dataTransfer: data, bubbles: true, cancelable: true}}))",
                json!(text)
            )
        };
        assert_eq!(browser.script(&drop("h1")).await, json!(false), "the browser does not open it");
        browser.until("the outcome", &format!("{TITLE}.includes('From this server')")).await;
        assert_eq!(browser.text(".al-checked").await, "own.jsonl");
        browser.script(&drop(".al-drop label")).await;
        browser.until("another", "performance.getEntriesByType('navigation')[0].type === 'navigate' && document.querySelector('.al-checked:not([hidden])')").await;
        browser.goto(&server.url("/verify?sha256=00")).await;
        assert_eq!(browser.texts(".al-checked").await, [""; 0]);
        browser.assert_quiet("dropping a file").await;
    });
}

#[test]
fn without_scripts_the_form_has_a_button() {
    let (server, files) = server();
    with_browser(false, async |browser| {
        browser.goto(&server.url("/verify")).await;
        browser.client.find(Locator::Css("#al-file")).await.unwrap().send_keys(&files[1]).await.unwrap();
        browser.click(".al-drop button").await;
        browser.until_text(".al-outcome h2", "This file was altered, or is not genuine").await;
    });
}
