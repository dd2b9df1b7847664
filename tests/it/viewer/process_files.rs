//! The files of a process from its page: by cookie, and by links that work once. Deliberately absent: what they hold.

use serde_json::{Value, json};

use crate::http::export::allow;
use crate::http::process_files::{PDF, finished};
use crate::server::{Server, query};
use crate::viewer::export::once;
use crate::viewer::{Visitor, opened};

const PAGE: &str = "/view/acme/processes/sp1";

/// X03: what the menu offers is there, in the language of the page, and each download is recorded.
#[test]
fn the_files_of_a_document_are_taken_by_who_sees_its_page() {
    let server = Server::start();
    let (key, mut visitor) = opened(&server, "signing", "user");
    finished(&server, "acme", &key, "sp1");
    let file = visitor.get(&format!("{PAGE}/final.pdf?lang=de"));
    assert_eq!((file.status, file.text.as_bytes()), (200, &[PDF, b"% final\n"].concat()[..]));
    let page = visitor.get(&format!("{PAGE}/audit-trail.html?lang=de"));
    assert!(page.status == 200 && page.text.contains("lang=\"de\""), "{}", page.text);
    let json: Value =
        serde_json::from_str(&visitor.get(&format!("{PAGE}/audit-trail.json?lang=ar")).text).unwrap();
    assert_eq!(json["language"], "ar");
    for file in ["audit-trail.pdf", "document"] {
        let look = visitor.ask("HEAD", &format!("{PAGE}/{file}"), &[]);
        assert_eq!((look.status, &look.headers["content-type"]), (200, &"application/pdf".parse().unwrap()));
    }
    for nothing in [
        "/view/acme/processes/sp2/final.pdf",
        &format!("{PAGE}/other.pdf"),
        "/view/nobody/processes/sp1/final.pdf",
    ] {
        assert!(matches!(visitor.get(nothing).status, 401 | 404), "{nothing}");
    }
    assert_eq!(Visitor::new(&server).get(&format!("{PAGE}/final.pdf")).status, 401);
    let path = "/v1/organizations/acme/events?category=Access&action=trail.downloaded&sort=time";
    let told = server.get(path, &key).body["data"].clone();
    assert_eq!(told.as_array().unwrap().len(), 3);
    assert_eq!((&told[0]["actor"]["type"], &told[0]["actor"]["id"]), (&"user".into(), &"u_1".into()));
    server.check_log();
}

/// A frame without cookies follows a link that works once, for the one file that was asked for.
#[test]
fn a_link_opens_one_file_once_and_nothing_else() {
    let server = Server::start();
    let (key, visitor) = opened(&server, "signing", "user");
    allow(&server, "acme", &key, &json!(["csv"]));
    finished(&server, "acme", &key, "sp1");
    finished(&server, "acme", &key, "sp2");
    let bearer = format!("Bearer {}", server.session("acme", &key, "u_1", "user"));
    let ask = |path: &str| once(&server, path, &[("Authorization", &bearer)]);
    let mut stranger = Visitor::new(&server);
    let (status, url) = ask(&format!("{PAGE}/audit-trail.json?lang=de"));
    assert_eq!(status, 200);
    assert_eq!(stranger.ask("HEAD", &url, &[]).status, 200, "looking leaves it alone");
    let file = stranger.get(&url);
    assert!(file.status == 200 && file.text.contains("\"language\": \"de\""), "{}", file.text);
    assert!(stranger.cookies.is_empty());
    assert_eq!(stranger.get(&url).status, 401, "once");
    for (of, elsewhere) in [
        (format!("{PAGE}/final.pdf"), "/view/acme/processes/sp2/final.pdf"),
        (format!("{PAGE}/final.pdf"), "/view/acme/processes/sp1/document"),
        (format!("{PAGE}/final.pdf"), "/view/acme/export"),
        (format!("{PAGE}/final.pdf"), "/view/acme"),
        (
            format!("{PAGE}/final.pdf{}", query(&[("file", "sp2/final.pdf")])),
            "/view/acme/processes/sp2/final.pdf",
        ),
        ("/view/acme/export?format=csv".to_owned(), "/view/acme/processes/sp1/final.pdf"),
    ] {
        let (status, url) = ask(&of);
        assert_eq!(status, 200, "{of}");
        let code = url.split("code=").nth(1).unwrap();
        assert_eq!(stranger.get(&format!("{elsewhere}?code={code}")).status, 401, "{of} at {elsewhere}");
    }
    assert_eq!(once(&server, &format!("{PAGE}/final.pdf"), &[("Cookie", &visitor.cookies[0])]).0, 401);
    assert_eq!(ask("/view/acme/processes/sp9/final.pdf").0, 404);
}
