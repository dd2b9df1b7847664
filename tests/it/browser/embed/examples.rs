//! The shipped examples at work, as a product would run them. Deliberately absent: what they are written in, which is
//! theirs.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::json;

use crate::browser::embed::{end, inside, list, outside};
use crate::browser::with_browser;
use crate::server::Server;

/// An example at work, ended with its test.
struct Example {
    child: Child,
    origin: String,
}

impl Example {
    fn start(program: &str, file: &str, server: &Server, key: &str) -> Self {
        let mut command = Command::new(program);
        command.arg(file).env("EVERLOG_URL", server.url("")).env("EVERLOG_ORG", "acme");
        command.env("EVERLOG_API_KEY", key).env("EVERLOG_ROLE", "owner").env("PORT", "0");
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut origin = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut origin).unwrap();
        assert!(origin.starts_with("http://127.0.0.1:"), "{file} says {origin:?}");
        Self { child, origin: origin.trim().to_owned() }
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn is_installed(program: &str) -> bool {
    Command::new(program).arg("--version").stdout(Stdio::null()).status().is_ok_and(|status| status.success())
}

#[test]
fn the_examples_record_an_event_and_show_it_in_a_page_whose_token_is_renewed() {
    let server = Server::start();
    server.organization("acme", "workspace");
    let key = server.key("acme", &["write", "read"]);
    let examples = [("python3", "examples/python/server.py"), ("node", "examples/node/server.mjs")];
    let examples = examples.into_iter().filter(|(program, _)| *program == "python3" || is_installed(program));
    let examples: Vec<_> =
        examples.map(|(program, file)| Example::start(program, file, &server, &key)).collect();
    let origins: Vec<_> = examples.iter().map(|it| it.origin.clone()).collect();
    list(&server, "acme", json!({"embed_origins": origins}));
    with_browser(true, async |browser| {
        browser.look(1280, 900, "light").await;
        for (at, origin) in origins.iter().enumerate() {
            browser.goto(origin).await;
            browser
                .until("its log element", "document.querySelector('activity-log')?.shadowRoot?.firstChild")
                .await;
            browser.script("document.querySelector('activity-log').id = 'log'").await;
            let given = "document.getElementById('log').getAttribute('token')";
            browser.until("a token", given).await;
            inside(browser, "log").await;
            browser
                .until(
                    "the event that it recorded",
                    "document.querySelector('#al-results')?.innerText.includes('Sales of the year')",
                )
                .await;
            outside(browser).await;
            browser.picture(&format!("embed-example-{at}")).await;
            let first = browser.script(&format!("return {given}")).await.as_str().unwrap().to_owned();
            end(&server, "acme", &first);
            inside(browser, "log").await;
            browser.click("#al-q").await;
            browser.keys("sales").await;
            browser
                .until(
                    "the search, after another token",
                    "location.search === '?q=sales' && !document.querySelector('#al-ended')",
                )
                .await;
            outside(browser).await;
            assert_ne!(browser.script(&format!("return {given}")).await.as_str(), Some(first.as_str()));
            // The console tells of the one answer that was a refusal.
            assert!(browser.log().await.iter().all(|line| line.contains("401")), "{origin}");
        }
    });
}
