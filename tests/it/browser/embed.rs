//! The log inside another page, across origins, in Chromium: 127.0.0.1 on two ports are two origins. Deliberately absent:
//! what a policy or a token does over HTTP, which is in `viewer`.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use base64::Engine;
use serde_json::{Value, json};

use crate::browser::driver::Browser;
use crate::browser::{ENTER, EQUIPPED, ESCAPE, filled, with_browser};
use crate::server::{OPERATOR_KEY, Server};

mod actions;
mod examples;
mod looks;

/// What a host page does for its readers: holds tokens, hands them to its logs, and counts what it is told.
const SCRIPT: &str = "const told = []; for (const name of ['ready', 'token-expired']) addEventListener(name, ({ target }) => told.push(`${target.id} ${name}`)); onmessage = ({ data }) => heard.push(data); const heard = [];";

/// A page of another origin; ends with the process.
struct Host {
    origin: String,
    /// The heads of the requests that it got.
    asked: Arc<Mutex<Vec<String>>>,
}

/// A picture of one point.
const PICTURE: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

impl Host {
    /// Serves what `body` makes of the origin, whatever is asked for.
    fn start(body: impl FnOnce(&str) -> String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let page = format!(
            "<!doctype html><html lang=\"en\"><title>Host</title><meta name=\"viewport\" content=\"width=device-width\"><link rel=\"icon\" href=\"data:,\"><script>{SCRIPT}</script>{}",
            body(&origin)
        );
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heads = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                let mut piece = [0; 4096];
                let read = stream.read(&mut piece).unwrap_or(0);
                let head = String::from_utf8_lossy(&piece[..read]).into_owned();
                let (kind, body) = match head.contains(".png ") {
                    true => ("image/png", base64::engine::general_purpose::STANDARD.decode(PICTURE).unwrap()),
                    false => ("text/html; charset=utf-8", page.clone().into_bytes()),
                };
                heads.lock().unwrap().push(head);
                let head = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                    body.len()
                );
                // Who closes at once is answered in vain.
                drop(stream.write_all(&[head.as_bytes(), &body].concat()));
            }
        });
        Self { origin, asked }
    }
}

/// A page with one log, whose organization lists it.
fn embedding(server: &Server, org: &str, attributes: &str) -> Host {
    let src = server.url("");
    let host = Host::start(|_| {
        format!(
            "<script src=\"{src}/embed.js\"></script><main><h1>A product</h1><activity-log id=\"log\" src=\"{src}\" {attributes}></activity-log></main>"
        )
    });
    list(server, org, json!({"embed_origins": [host.origin]}));
    host
}

fn list(server: &Server, org: &str, settings: Value) {
    let body = json!({"settings": settings}).to_string();
    let path = format!("/v1/organizations/{org}");
    let answer = server.send("PATCH", &path, OPERATOR_KEY, Some(body.as_bytes()), "application/json");
    assert_eq!(answer.status, 200, "{answer:?}");
}

fn token(server: &Server, org: &str, role: &str) -> String {
    let key = server.key(org, &["read"]);
    server.session(org, &key, "ana", role)
}

fn end(server: &Server, org: &str, token: &str) {
    let path = format!("/v1/organizations/{org}/viewer-sessions");
    assert_eq!(server.send("DELETE", &path, token, None, "").status, 204);
}

/// Gives a log its token, from outside.
async fn give(browser: &Browser, id: &str, token: &str) {
    browser.script(&format!("document.getElementById('{id}').setAttribute('token', '{token}')")).await;
}

async fn inside(browser: &Browser, id: &str) {
    browser.enter(&format!("document.getElementById('{id}').shadowRoot.querySelector('iframe')")).await;
}

async fn outside(browser: &Browser) {
    browser.client.enter_parent_frame().await.unwrap();
}

const COUNT: &str = "document.querySelector('#al-count strong')?.textContent";
const PLACE: &str = "return location.pathname + location.search";

/// A log that is open inside a page; its organization said so, which is an event more.
async fn open(browser: &Browser, host: &Host, token: &str) {
    browser.look(1280, 900, "light").await;
    browser.goto(&host.origin).await;
    give(browser, "log", token).await;
    browser.until("the log is ready", "told.includes('log ready')").await;
    inside(browser, "log").await;
    browser.until("the log", &format!("{COUNT} === '101 events' && {EQUIPPED}")).await;
}

#[test]
fn everything_works_inside_another_page_without_cookie_or_token_in_any_address() {
    let server = filled();
    let host = embedding(&server, "documents", "");
    let token = token(&server, "documents", "user");
    with_browser(true, async |browser| {
        open(browser, &host, &token).await;
        browser.picture("embed-inside").await;
        browser.assert_accessible("embedded").await;
        browser.click("#al-q").await;
        browser.keys("doc_42").await;
        browser.until("the row of the search", &format!("{COUNT} === '1 event'")).await;
        browser.script("document.getElementById('al-q').select()").await;
        browser.keys("\u{e017}").await;
        browser.until("all rows again", &format!("{COUNT} === '101 events'")).await;
        browser.click("#al-menu-actor summary").await;
        browser.click("#al-menu-actor input[value=ana]").await;
        browser.until("the events of one", &format!("{COUNT} === '25 events'")).await;
        browser.keys(ESCAPE).await;
        browser.script("history.back()").await;
        browser.until("Back inside", &format!("{COUNT} === '101 events'")).await;
        browser.click("#al-next").await;
        browser
            .until("the second page", "document.querySelector('.al-pager p').innerText.startsWith('26–50')")
            .await;
        browser.script("history.back()").await;
        browser
            .until("the first page", "document.querySelector('.al-pager p').innerText.startsWith('1–25')")
            .await;
        browser.script("document.querySelectorAll('.al-open')[1].focus()").await;
        browser.keys(ENTER).await;
        browser.until("the drawer", "document.getElementById('al-drawer').open").await;
        assert!(browser.text("#al-drawer").await.contains("203.0.113.7"));
        browser.keys(ESCAPE).await;
        browser
            .until(
                "the list",
                "!document.getElementById('al-drawer').open && location.pathname === '/view/documents'",
            )
            .await;
        // What is a page of its own at the top stays in the frame, too.
        browser.script("document.querySelectorAll('.al-open')[1].click()").await;
        browser.until("the drawer", "document.getElementById('al-drawer').open").await;
        browser
            .script("[...document.querySelectorAll('#al-drawer a[hx-boost=\"false\"]')].at(-1).click()")
            .await;
        browser
            .until(
                "the event as a page",
                "!document.getElementById('al-drawer') && document.querySelector('.al-back a')",
            )
            .await;
        browser.script("document.querySelector('.al-back a').click()").await;
        browser.until("the list by its link", &format!("{COUNT} === '101 events'")).await;
        browser.script("history.back()").await;
        browser.until("the event by Back, over its list", "document.getElementById('al-drawer')?.open").await;
        browser.script("history.forward()").await;
        browser
            .until(
                "the list by Forward",
                &format!("{COUNT} === '101 events' && !document.getElementById('al-drawer').open"),
            )
            .await;
        let asked = browser.script("return [location.href, document.referrer, document.cookie, ...performance.getEntriesByType('resource').map(it => it.name), JSON.stringify({...localStorage}), JSON.stringify({...sessionStorage})].join(' ')").await;
        assert!(!asked.as_str().unwrap().contains("evl_vs_"), "{asked}");
        assert_eq!(browser.script("return document.cookie").await, "");
        outside(browser).await;
        assert_eq!(browser.path().await, "/", "the page around stays where it is");
        browser.picture("embed-host").await;
        browser.assert_quiet("embedded").await;
    });
    assert_eq!(started(&server, "documents"), 1);
}

fn started(server: &Server, org: &str) -> usize {
    let key = server.key(org, &["read"]);
    let path = format!("/v1/organizations/{org}/events?category=Access&action=session.started");
    server.get(&path, &key).body["data"].as_array().unwrap().len()
}

/// C of the hostile list: a token is over when its session is.
#[test]
fn a_session_that_ends_is_told_and_the_next_token_goes_on_where_the_reader_was() {
    let server = filled();
    let host = embedding(&server, "platform", "");
    let first = token(&server, "platform", "company");
    with_browser(true, async |browser| {
        open(browser, &host, &first).await;
        browser.click("#al-q").await;
        browser.keys("ana").await;
        browser.until("a search", &format!("{COUNT} === '25 events'")).await;
        end(&server, "platform", &first);
        browser.script("document.querySelector('th.al-c-date a').click()").await;
        browser
            .until(
                "the words",
                "document.querySelector('#al-ended[open]')?.innerText.includes('Your session has ended')",
            )
            .await;
        assert_eq!(browser.script(COUNT_RETURNED).await, "25 events", "what was there stays");
        browser.picture("embed-ended").await;
        browser.assert_accessible("ended").await;
        outside(browser).await;
        assert_eq!(browser.script("return told").await, json!(["log ready", "log token-expired"]));
        let second = token(&server, "platform", "company");
        give(browser, "log", &second).await;
        inside(browser, "log").await;
        browser
            .until(
                "the sorted list",
                "!document.querySelector('#al-ended') && location.search.includes('sort=time')",
            )
            .await;
        assert_eq!(browser.script(PLACE).await, "/view/platform?q=ana&sort=time");
        assert_eq!(browser.script(COUNT_RETURNED).await, "25 events");
        // A host whose tokens never work is not asked for ever.
        end(&server, "platform", &second);
        outside(browser).await;
        for bad in ["evl_vs_one", "evl_vs_two", "evl_vs_three", "evl_vs_four"] {
            give(browser, "log", bad).await;
            tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        }
        let asked = browser.script("return told.filter(it => it === 'log token-expired').length").await;
        assert_eq!(asked, 3);
        // A token that is taken back takes what was read with it.
        browser.script("document.getElementById('log').removeAttribute('token')").await;
        inside(browser, "log").await;
        browser.until("nothing", "!document.querySelector('#al-results')").await;
        outside(browser).await;
        browser.log().await;
    });
    assert_eq!(started(&server, "platform"), 2);
}

const COUNT_RETURNED: &str = "return document.querySelector('#al-count strong').textContent";

/// G of the hostile list: framing by a foreign origin, messages from a foreign origin.
#[test]
fn a_foreign_page_can_neither_frame_the_log_nor_speak_to_it() {
    let server = filled();
    let host = embedding(&server, "documents", "");
    let token = token(&server, "documents", "user");
    let src = server.url("");
    // Names the listed page, and is another.
    let evil = Host::start(|_| {
        format!(
            "<iframe id=\"one\" src=\"{src}/embed?host={}\"></iframe><iframe id=\"two\" src=\"{src}/view/documents\"></iframe><script src=\"{src}/embed.js\"></script><activity-log id=\"log\" src=\"{src}\" token=\"{token}\"></activity-log>",
            host.origin
        )
    });
    let speaking = Host::start(|_| "<p>Speaks</p>".to_owned());
    with_browser(true, async |browser| {
        browser.goto(&evil.origin).await;
        browser.until("the frames were tried", "document.readyState === 'complete'").await;
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        assert_eq!(browser.script("return [told, heard]").await, json!([[], []]), "nothing in them speaks");
        browser.log().await;
        // A page of another origin, beside a frame whose window it can reach, says what the host would say.
        browser.goto(&host.origin).await;
        let frames = format!(
            "for (const [id, src] of [['plain', '{src}/embed?host={}'], ['evil', '{}']]) {{ const it = document.createElement('iframe'); it.id = id; it.src = src; document.body.append(it) }}",
            host.origin, speaking.origin
        );
        browser.script(&frames).await;
        browser.until("the frame waits", "heard.filter(it => it.names).length === 2").await;
        browser.enter("document.getElementById('evil')").await;
        browser
            .until(
                "the foreign page",
                "document.readyState === 'complete' && document.body.innerText.includes('Speaks')",
            )
            .await;
        let said = "for (let at = 0; at < parent.frames.length; at++) parent.frames[at].postMessage(['TOKEN'], '*'); return parent.frames.length";
        assert_eq!(browser.script(&said.replace("TOKEN", &token)).await, 2);
        outside(browser).await;
        browser.enter("document.getElementById('plain')").await;
        // Nor does it listen to itself.
        browser.script(&format!("postMessage(['{token}'], '*')")).await;
        tokio::time::sleep(std::time::Duration::from_millis(700)).await;
        assert_eq!(browser.script("return !!document.querySelector('#al-results')").await, false);
        outside(browser).await;
        browser
            .script(&format!(
                "document.getElementById('plain').contentWindow.postMessage(['{token}'], '{src}')"
            ))
            .await;
        browser.enter("document.getElementById('plain')").await;
        browser.until("its own page is heard", "document.querySelector('#al-results')").await;
    });
}

#[test]
fn two_logs_of_two_organizations_stand_on_one_page() {
    let server = filled();
    let src = server.url("");
    let host = Host::start(|_| {
        format!(
            "<script src=\"{src}/embed.js\"></script><activity-log id=\"one\" src=\"{src}\"></activity-log><activity-log id=\"two\" src=\"{src}\"></activity-log>"
        )
    });
    list(&server, "documents", json!({"embed_origins": [host.origin]}));
    let (one, two) = (token(&server, "documents", "user"), token(&server, "platform", "company"));
    with_browser(true, async |browser| {
        browser.goto(&host.origin).await;
        give(browser, "one", &one).await;
        browser.until("the first", "told.includes('one ready')").await;
        give(browser, "two", &two).await;
        inside(browser, "two").await;
        browser
            .until(
                "the words of who is not listed",
                "document.body.innerText.includes('This page may not show the log')",
            )
            .await;
        browser.assert_accessible("not listed").await;
        outside(browser).await;
        browser.log().await;
        list(&server, "platform", json!({"embed_origins": [host.origin]}));
        give(browser, "two", &token(&server, "platform", "company")).await;
        browser.until("the second", "told.includes('two ready')").await;
        for (id, org) in [("one", "The documents"), ("two", "The platform")] {
            inside(browser, id).await;
            browser
                .until(
                    "its own log",
                    &format!("document.querySelector('.al-titles').innerText.includes('{org}')"),
                )
                .await;
            outside(browser).await;
        }
        browser.assert_quiet("two logs").await;
    });
}
