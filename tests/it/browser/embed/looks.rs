//! How a log looks inside another page, and whose pictures it shows there. Deliberately absent: what it does.

use serde_json::json;

use crate::browser::embed::{Host, embedding, give, inside, list, open, outside, token};
use crate::browser::{ESCAPE, filled, with_browser};
use crate::server::Server;
use crate::viewer::{link, record};

#[test]
fn theme_accent_language_and_height_change_without_a_reload() {
    let server = filled();
    let host = embedding(&server, "platform", "theme=\"dark\" accent=\"#ffd400\"");
    let token = token(&server, "platform", "company");
    with_browser(true, async |browser| {
        open(browser, &host, &token).await;
        let style = |selector: &str, name: &str| {
            format!("getComputedStyle(document.querySelector('{selector}')).{name}")
        };
        browser.script("globalThis.stays = true").await;
        browser
            .until(
                "the accent",
                &format!("{} === 'rgb(255, 212, 0)'", style(".al-primary", "backgroundColor")),
            )
            .await;
        browser
            .until(
                "text that can be read on it",
                &format!("{} === 'rgb(0, 0, 0)'", style(".al-primary", "color")),
            )
            .await;
        browser.assert_accessible("dark and yellow").await;
        outside(browser).await;
        browser.picture("embed-dark").await;
        let set = "const log = document.getElementById('log'); ";
        for (accent, theme) in [
            ("#0a7d55", "light"),
            ("#ff0055", "dark"),
            ("#ffd400", "light"),
            ("#111111", "dark"),
            ("oklch(0.7 0.2 30)", "light"),
        ] {
            browser
                .script(&format!(
                    "{set} log.setAttribute('theme', '{theme}'); log.setAttribute('accent', '{accent}')"
                ))
                .await;
            inside(browser, "log").await;
            browser
                .until("the theme", &format!("document.documentElement.style.colorScheme === '{theme}'"))
                .await;
            browser.click("#al-menu-kind summary").await;
            browser.assert_accessible(&format!("{accent} {theme}")).await;
            browser.keys(ESCAPE).await;
            outside(browser).await;
        }
        browser.script(&format!("{set} log.style.cssText = '--al-font: Georgia, serif; --al-radius: 2px; --al-ground: #fffdf5; --al-page: red; --al-line: url(https://evil.example/x)'; log.setAttribute('accent', 'red; }} body {{ display: none'); log.setAttribute('theme', 'light'); log.setAttribute('lang', 'ar')")).await;
        inside(browser, "log").await;
        browser
            .until(
                "the language",
                "document.documentElement.dir === 'rtl' && document.documentElement.lang === 'ar'",
            )
            .await;
        assert_eq!(browser.script("return ['--al-font', '--al-radius', '--al-ground', '--al-line', '--al-accent'].map(it => document.documentElement.style.getPropertyValue(it))").await,
            json!(["Georgia, serif", "2px", "#fffdf5", "", ""]));
        assert_eq!(browser.script("return globalThis.stays").await, true);
        outside(browser).await;
        browser.script(&format!("{set} log.removeAttribute('lang'); log.removeAttribute('style'); log.setAttribute('height', 'auto')")).await;
        let frame =
            "document.getElementById('log').shadowRoot.querySelector('iframe').getBoundingClientRect()";
        inside(browser, "log").await;
        browser.until("nothing scrolls", "document.documentElement.dir === 'ltr' && document.documentElement.scrollHeight <= innerHeight").await;
        outside(browser).await;
        let height = browser.script(&format!("return {frame}.height")).await.as_f64().unwrap();
        assert!(height > 300.0 && height < 3_000.0 && (height - 720.0).abs() > 1.0, "{height}");
        let title = "return document.getElementById('log').shadowRoot.querySelector('iframe').title";
        assert!(browser.script(title).await.as_str().unwrap().contains(" · "), "the page's own title");
        inside(browser, "log").await;
        let shown = style("#al-copy-link", "display");
        browser.until("no link to copy", &format!("{shown} === 'none'")).await;
        outside(browser).await;
        browser.script(&format!("{set} log.setAttribute('height', '480px')")).await;
        browser.until("a height of its own", &format!("{frame}.height === 480")).await;
        browser.script(&format!("{set} log.removeAttribute('height')")).await;
        browser.until("the height that it has else", &format!("{frame}.height === 720")).await;
        browser.look(390, 844, "light").await;
        inside(browser, "log").await;
        browser.until("cards", &format!("{} === 'flex'", style("#al-results tbody tr", "display"))).await;
        browser.assert_accessible("phone").await;
        let overflow = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
        assert!(browser.script(overflow).await.as_i64().unwrap() <= 0);
        outside(browser).await;
        browser.picture("embed-phone").await;
        browser.assert_quiet("looks").await;
    });
}

/// C of the hostile list, the referrer among it.
#[test]
fn pictures_come_from_listed_origins_only_and_are_asked_for_without_a_referrer() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let host = embedding(&server, "acme", "");
    let (pictures, others) = (Host::start(|_| String::new()), Host::start(|_| String::new()));
    list(&server, "acme", json!({"avatar_origins": [pictures.origin]}));
    let by = |id: &str, url: String| json!({"action": "lead.created", "actor": {"type": "user", "id": id, "name": id, "avatar_url": url}});
    let events = json!([
        by("ana", format!("{}/ana.png", pictures.origin)),
        by("eve", format!("{}/eve.png", others.origin)),
        by("mal", format!("{}.evil.example/mal.png", pictures.origin))
    ]);
    record(&server, "acme", &key, &events);
    let token = token(&server, "acme", "owner");
    let shown = "[...document.querySelectorAll('#al-results img')].map(it => it.naturalWidth).join() === '1'";
    with_browser(true, async |browser| {
        browser.look(1280, 900, "light").await;
        browser.goto(&host.origin).await;
        give(browser, "log", &token).await;
        inside(browser, "log").await;
        browser.until("the picture in the frame", shown).await;
        outside(browser).await;
        browser.assert_quiet("pictures in the frame").await;
        browser.goto(&server.url(&link(&server, "acme", "ana", "owner"))).await;
        browser.until("the picture at the top", shown).await;
        browser.assert_quiet("pictures at the top").await;
    });
    for head in pictures.asked.lock().unwrap().iter().map(|head| head.to_lowercase()) {
        assert!(!head.contains("\r\nreferer:"), "{head}");
    }
    let asked = others.asked.lock().unwrap();
    assert!(asked.is_empty(), "{asked:?}");
    // Nor does the page around learn an address of the log.
    assert!(host.asked.lock().unwrap().iter().all(|head| !head.contains("evl_vs_")));
}

/// Of a frame as high as its list only a part is on the screen: what opens, opens there, and a menu at the end is not cut off.
#[test]
fn in_a_frame_of_automatic_height_what_opens_is_seen() {
    let server = filled();
    let host = embedding(&server, "documents", "height=\"auto\"");
    let token = token(&server, "documents", "user");
    with_browser(true, async |browser| {
        open(browser, &host, &token).await;
        outside(browser).await;
        let frame =
            "document.getElementById('log').shadowRoot.querySelector('iframe').getBoundingClientRect()";
        browser.until("a high frame", &format!("{frame}.height > 1500")).await;
        browser.script("scrollTo(0, 900)").await;
        inside(browser, "log").await;
        browser.script("document.querySelectorAll('#al-results .al-open')[18].click()").await;
        browser.until("the drawer", "document.querySelector('#al-drawer[open] #al-details-title')").await;
        let top = "Math.round(document.querySelector('#al-drawer').getBoundingClientRect().top)";
        browser.until("its place", &format!("{top} > 600")).await;
        let place = browser
            .script(&format!("return [{top}, document.querySelector('#al-drawer').offsetHeight]"))
            .await;
        outside(browser).await;
        browser.picture("embed-auto-drawer").await;
        let offset = browser.script(&format!("return {frame}.top")).await.as_f64().unwrap();
        let (top, height) = (place[0].as_f64().unwrap() + offset, place[1].as_f64().unwrap());
        assert!(top >= -1.0 && top + height <= 901.0, "from {top}, {height} high");
        inside(browser, "log").await;
        browser.keys(ESCAPE).await;
        // An empty list is lower than the menu over it.
        browser
            .script("const q = document.getElementById('al-q'); q.value = 'zzzz'; q.form.requestSubmit()")
            .await;
        browser.until("nothing", "document.querySelector('#al-results .al-empty')").await;
        browser.click(".al-display summary").await;
        browser
            .until(
                "room for the menu",
                "document.querySelector('.al-display .al-pop').getBoundingClientRect().bottom <= innerHeight",
            )
            .await;
    });
}
