//! Pages in other languages, zones and ways of writing times. Deliberately absent: what only a browser can tell.

use std::collections::BTreeSet;

use everlog::access::{NewSession, User};
use everlog_core::ids::OrgId;
use serde_json::{Value, json};

use crate::server::Server;
use crate::viewer::{Page, Visitor, lead, opened, plain, record};

/// What a page without markup shows, the names of controls included; what the log itself says is left out.
fn visible(html: &str) -> String {
    let body = html.split("<body>").last().unwrap();
    let body = without(&without(&without(body, "<code", "</code>"), "<kbd", "</kbd>"), "<pre", "</pre>");
    // Sentences hold what others wrote.
    let body = without(&without(&body, "al-open al-text\"", "</a>"), "<span class=\"al-text\"", "</span>");
    let named = ["aria-label=\"", "placeholder=\"", "title=\""];
    let names =
        named.iter().flat_map(|name| body.split(name).skip(1).map(|it| it.split('"').next().unwrap()));
    let names: Vec<_> = names.collect();
    format!("{} {}", plain(&body), names.join(" "))
}

fn without(html: &str, from: &str, to: &str) -> String {
    let mut parts = html.split(from);
    let first = parts.next().unwrap().to_owned();
    parts.fold(first, |kept, part| kept + part.split_once(to).map_or("", |(_, rest)| rest))
}

fn latin_words(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_alphabetic()).filter(|word| word.len() > 2);
    words.filter(|word| word.is_ascii()).map(str::to_lowercase).collect()
}

/// What of the log, of zones and of languages stands on these pages.
const OWN: &[&str] = &[
    "the", "range", "acme", "actor", "ana", "ruiz", "example", "globex", "initech", "europe", "berlin",
    "utc", "deutsch", "english", "cet", "cest", "name", "nowhere", "csv", "xlsx", "json", "jsonl", "bundle",
    "lines", "excel", "pdf", "html", "system",
];

fn filled<'a>(server: &'a Server, profile: &str, role: &str) -> Visitor<'a> {
    let (key, visitor) = opened(server, profile, role);
    let mut deleted = lead("Initech", "2026-01-05T11:00:00Z");
    deleted["action"] = json!("lead.deleted");
    deleted["after"] = Value::Null;
    deleted["outcome"] = json!("denied");
    record(server, "acme", &key, &json!([lead("Globex", "2026-01-05T10:00:00Z"), deleted]));
    visitor
}

#[test]
fn no_english_word_is_left_on_a_list_in_another_language() {
    let english = latin_words(&std::fs::read_to_string("messages/en.ftl").unwrap());
    let german = latin_words(&std::fs::read_to_string("messages/de.ftl").unwrap());
    let german_labels = latin_words(&std::fs::read_to_string("messages/catalogs/de.ftl").unwrap());
    for (profile, role) in [("workspace", "owner"), ("documents", "user")] {
        let server = Server::start();
        let mut visitor = filled(&server, profile, role);
        for query in [
            "range=all",
            "range=all&q=nowhere",
            "q=a+%22b",
            "from=2026-03-09&to=2026-03-01",
            "range=nonsense",
        ] {
            for page in [
                visitor.get(&format!("/view/acme?lang=de&{query}")),
                visitor.fragment(&format!("/view/acme?lang=de&{query}"), &[]),
            ] {
                let left: Vec<_> = latin_words(&visible(&page.text))
                    .into_iter()
                    .filter(|word| {
                        english.contains(word) && !german.contains(word) && !german_labels.contains(word)
                    })
                    .filter(|word| !OWN.contains(&word.as_str()))
                    .collect();
                assert!(left.is_empty(), "{profile} {query}: {left:?} in {}", visible(&page.text));
            }
            let page = visitor.get(&format!("/view/acme?lang=ar&{query}"));
            let left: Vec<_> = latin_words(&visible(&page.text))
                .into_iter()
                .filter(|word| !OWN.contains(&word.as_str()) && word != "api")
                .filter(|word| {
                    profile == "workspace" || !["lead", "created", "deleted"].contains(&word.as_str())
                })
                .collect();
            assert!(left.is_empty(), "{profile} {query}: {left:?} in {}", visible(&page.text));
        }
    }
}

#[test]
fn a_language_is_chosen_in_the_address_by_the_session_or_by_the_browser_and_stays() {
    let server = Server::start();
    let mut visitor = filled(&server, "workspace", "owner");
    let german = [("Accept-Language", "fr, de-CH;q=0.8")];
    assert!(visitor.ask("GET", "/view/acme", &german).text.contains("<html lang=\"de\" dir=\"ltr\">"));
    assert!(visitor.get("/view/acme").text.contains("<html lang=\"en\" dir=\"ltr\">"));
    assert!(
        visitor.get("/view/acme?lang=tlh").text.contains("<html lang=\"en\""),
        "a language that is not there"
    );
    let page = visitor.ask("GET", "/view/acme?lang=ar&category=Leads", &german);
    assert!(page.text.contains("<html lang=\"ar\" dir=\"rtl\">") && page.text.contains("سجل النشاط"));
    let links = page.text.split("href=\"/view/acme").skip(1).map(|it| it.split('"').next().unwrap());
    for link in links.filter(|link| !link.contains("/export")) {
        assert!(link.contains("lang="), "{link}");
    }
    assert!(page.text.contains("name=\"lang\" value=\"ar\""), "a form takes it along");
    // Who may see nothing is told so in the same language.
    for (path, told) in [
        ("/view/acme/events/nothing?lang=de", "Dieses Ereignis gibt es nicht"),
        ("/view/nobody?lang=de", "gibt es nicht"),
    ] {
        assert!(visitor.get(path).text.contains(told), "{path}");
    }
    assert!(Visitor::new(&server).get("/view/acme?lang=ar").text.contains("dir=\"rtl\""));
    let fragment = visitor.fragment("/view/acme?lang=de&q=globex", &[]);
    assert!(fragment.text.contains("<strong>1 Ereignis</strong>"), "{}", fragment.text);
    assert_eq!(fragment.header("hx-push-url"), "/view/acme?q=globex&lang=de");
}

/// C04: a search finds what is read, with the same figures everywhere.
#[test]
fn a_search_finds_the_words_of_the_readers_language_beside_the_english_ones() {
    let server = Server::start();
    let mut visitor = filled(&server, "workspace", "owner");
    let rows = |page: &Page| (page.rows().len(), page.rows().concat());
    let deleted = rows(&visitor.get("/view/acme?lang=de&q=deleted"));
    assert_eq!(deleted.0, 1);
    for q in [
        "gel%C3%B6scht",
        "GELOSCHT",
        "gel",
        "%22lead+gel%C3%B6scht%22",
        "action:gel%C3%B6scht",
        "kind:gel%C3%B6scht",
    ] {
        let page = visitor.get(&format!("/view/acme?lang=de&q={q}"));
        assert_eq!(rows(&page), deleted, "{q}");
        assert!(page.text.contains("<strong>1 Ereignis</strong>"), "{q}");
        let counts: Vec<_> = page.text.split("al-choice-count\">").skip(1).collect();
        assert!(counts.iter().all(|it| it.starts_with("1<")), "{q}: {}", counts.len());
    }
    assert_eq!(visitor.get("/view/acme?lang=de&q=-gel%C3%B6scht").rows().len(), 1);
    assert_eq!(
        visitor.get("/view/acme?lang=en&q=gel%C3%B6scht").rows().len(),
        0,
        "the language of the page counts"
    );
    assert_eq!(visitor.get("/view/acme?lang=ar&q=%D8%AD%D8%B0%D9%81").rows().len(), 1);
    let sorted = visitor.get("/view/acme?lang=de&sort=action").rows();
    assert!(sorted[0].contains("Lead erstellt") && sorted[1].contains("Lead gelöscht"), "{sorted:?}");
    let chips = visitor.get("/view/acme?lang=de&category=Clients");
    assert!(plain(&chips.text).contains("Kategorie Kunden"), "values of an address stay English");
}

/// L11, C08, D13: days of the reader's zone, also where they have 23 or 25 hours.
#[test]
fn a_day_is_the_whole_day_of_the_zone_that_is_chosen() {
    let server = Server::start();
    let (key, mut visitor) = opened(&server, "platform", "company");
    // Clocks in Berlin go forward on 29 March and back on 25 October 2026.
    let times = [
        "2026-03-28T22:59:59Z",
        "2026-03-28T23:00:00Z",
        "2026-03-29T21:59:59Z",
        "2026-03-29T22:00:00Z",
        "2026-10-24T21:59:59Z",
        "2026-10-24T22:00:00Z",
        "2026-10-25T22:59:59Z",
        "2026-10-25T23:00:00Z",
    ];
    let events: Vec<_> = times.iter().map(|at| lead(at, at)).collect();
    record(&server, "acme", &key, &json!(events));
    for (day, own, utc) in [("2026-03-29", [1, 2], [2, 3]), ("2026-10-25", [5, 6], [6, 7])] {
        let path = format!("/view/acme?from={day}&to={day}");
        for (path, found) in [(path.clone(), own), (format!("{path}&tz=UTC"), utc)] {
            let rows = visitor.get(&path).rows();
            assert_eq!(rows.len(), 2, "{path}: {rows:?}");
            for at in found {
                assert!(rows.iter().any(|row| row.contains(times[at])), "{path}: {}", times[at]);
            }
        }
    }
    let utc = visitor.get("/view/acme?tz=UTC");
    assert!(plain(&utc.text).contains("Times in UTC") && utc.rows()[0].contains("Oct 25, 2026 23:00:00"));
    let own = visitor.get("/view/acme");
    assert!(
        plain(&own.text).contains("Times in Europe/Berlin")
            && own.rows()[0].contains("Oct 26, 2026 00:00:00")
    );
    assert_eq!(visitor.get("/view/acme?tz=Nowhere/Else").status, 400);
}

/// C16: relative or exact, the other on hover.
#[test]
fn times_are_written_as_one_chooses() {
    let server = Server::start();
    let mut visitor = filled(&server, "workspace", "owner");
    let exact = visitor.get("/view/acme?times=exact");
    assert!(exact.rows()[0].contains("Jan 05, 2026 12:00:00"), "{:?}", exact.rows());
    let relative = visitor.get("/view/acme");
    assert!(
        relative.rows()[0].contains("months ago")
            && relative.text.contains("title=\"Mon, Jan 05, 2026, 12:00:00")
    );
    assert!(visitor.get("/view/acme?lang=de").rows()[0].contains("Monaten"));
}

#[test]
fn a_session_is_read_in_its_own_language_and_in_english_where_that_is_not_there() {
    let server = Server::start();
    server.tenant("acme", "workspace");
    let organization = server.app.access.open_locally(&OrgId::try_from("acme").unwrap()).unwrap();
    for (locale, lang, told) in
        [("de-CH", "de", "Dieses Ereignis gibt es nicht"), ("tlh", "en", "There is no such event")]
    {
        let new = NewSession {
            user: User { id: "u_1".to_owned(), name: None, email: None },
            role: "owner".to_owned(),
            time_zone: None,
            locale: Some(locale.to_owned()),
            ttl_seconds: 900,
            reusable: false,
        };
        let made = server.app.access.create_session(&organization, &new, everlog::log::now_ms()).unwrap();
        let mut visitor = Visitor::new(&server);
        visitor.enter(&format!("/view/acme?code={}", made.2.as_str()));
        assert!(visitor.get("/view/acme").text.contains(&format!("<html lang=\"{lang}\"")), "{locale}");
        assert!(visitor.get("/view/acme/events/nothing").text.contains(told), "{locale}: problems too");
    }
}
