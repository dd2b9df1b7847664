//! The page at `/verify` as a stranger without scripts meets it. Deliberately absent: what a bundle must hold
//! (`core::bundle`).

use serde_json::json;

use crate::server::{Answer, Server, event};
use crate::viewer::plain;

/// A server with one event whose bundle is full of what concerns nobody else, and that bundle.
fn server() -> (Server, String) {
    let server = Server::start();
    let key = server.tenant("acme", "signing");
    let mut sent = event("document.signed");
    sent["actor"] =
        json!({"type": "user", "id": "u-secret", "name": "Ana Secret", "email": "ana@secret.example"});
    sent["targets"] = json!([{"type": "document", "id": "doc-secret", "name": "Secret merger"}]);
    server.post("/v1/organizations/acme/events", &key, &sent);
    let bundle = server.get("/v1/organizations/acme/events/0/bundle", &key).text;
    assert!(bundle.contains("Ana Secret"));
    (server, bundle)
}

/// A file as a form sends it.
fn give(server: &Server, path: &str, file: &[u8]) -> Answer {
    let head = "--b0\r\nContent-Disposition: form-data; name=\"file\"; filename=\"Ana Secret.jsonl\"\r\n\
                Content-Type: application/octet-stream\r\n\r\n";
    let body = [head.as_bytes(), file, b"\r\n--b0--\r\n"].concat();
    server.request("POST", path, &[("Content-Type", "multipart/form-data; boundary=b0")], Some(&body))
}

#[test]
fn a_stranger_is_told_whether_a_file_is_ours_and_unaltered_and_nothing_that_it_says() {
    let (server, bundle) = server();
    let altered = bundle.replace("Ana Secret", "Bo Secret");
    let golden = std::fs::read("vectors/bundle-v1.jsonl").unwrap();
    for (file, told) in [
        (bundle.as_bytes(), "From this server, and unaltered"),
        (altered.as_bytes(), "This file was altered, or is not genuine"),
        (golden.as_slice(), "Unaltered, but not from this server"),
        (b"a,b\n".as_slice(), "This cannot be checked here"),
        (b"".as_slice(), "No file was chosen"),
    ] {
        let page = give(&server, "/verify", file);
        assert_eq!(page.status, 200);
        assert!(page.text.contains(&format!("</span> {told}</h2>")), "{told}: {}", plain(&page.text));
        for secret in ["Secret", "secret", "u_1", "doc-", "lead.created", "document.signed", "acme"] {
            assert!(!page.text.contains(secret), "{told}: tells {secret}");
        }
    }
    let page = plain(&give(&server, "/verify", altered.as_bytes()).text);
    assert!(page.contains("The event on line 2 is not what was recorded."), "{page}");
    let page = plain(&give(&server, "/verify", &golden).text);
    for part in [
        "Events in the file 2",
        "No: each event",
        "Values kept back 4",
        "Values erased, each with a record of it 1",
    ] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
}

/// By `curl --data-binary`, or whatever sends the file as it is.
#[test]
fn a_file_may_be_the_whole_body() {
    let (server, bundle) = server();
    let kind = [("Content-Type", "application/x-ndjson")];
    let page = server.request("POST", "/verify", &kind, Some(bundle.as_bytes()));
    assert!(page.text.contains("From this server, and unaltered"));
}

#[test]
fn a_code_on_paper_is_remembered_by_its_hash_and_by_nothing_else() {
    let (server, bundle) = server();
    let digest = "0123456789abcdef".repeat(4);
    let path = format!("/verify?sha256={digest}&lang=de");
    let page = server.get(&path, "");
    assert!(page.text.contains("lang=\"de\"") && page.text.contains(&digest));
    assert!(page.text.contains(&format!("action=\"/verify?lang=de&#38;sha256={digest}\"")), "{}", page.text);
    assert!(give(&server, &path, bundle.as_bytes()).text.contains("Von diesem Server und unverändert"));
    for other in ["x", "%3Cscript%3E", &digest.to_uppercase(), &digest[1..]] {
        let page = server.get(&format!("/verify?sha256={other}"), "");
        assert!(!page.text.contains("The code that led here") && !page.text.contains("<script>"), "{other}");
    }
}

/// It is public: a page, its rules for browsers, and no memory of who was there.
#[test]
fn the_page_is_open_to_all_sets_no_cookie_and_is_kept_by_none() {
    let (server, bundle) = server();
    for page in [server.get("/verify", ""), give(&server, "/verify", bundle.as_bytes())] {
        assert_eq!(page.status, 200);
        let csp = page.headers["content-security-policy"].to_str().unwrap();
        assert!(csp.starts_with("default-src 'none'") && csp.contains("frame-ancestors 'none'"), "{csp}");
        assert!(!page.headers.contains_key("set-cookie"));
        assert_eq!(page.headers["cache-control"], "private, no-store");
    }
    assert_eq!(server.size("acme"), 1, "nothing is recorded of it");
}

#[test]
fn a_file_that_is_too_large_is_refused_before_it_is_all_there_and_the_place_is_given_back() {
    let (server, bundle) = server();
    let large = vec![b'x'; (48 << 20) + 1];
    for _ in 0..10 {
        let page = give(&server, "/verify", &large);
        assert_eq!(page.status, 413);
        assert!(page.text.contains("Files of up to 48 MB"));
    }
    assert!(give(&server, "/verify", bundle.as_bytes()).text.contains("From this server"));
}

#[test]
fn forms_that_are_none_break_nothing() {
    let (server, bundle) = server();
    let forms = [
        ("multipart/form-data", bundle.clone()),
        ("multipart/form-data; boundary=x", bundle),
        ("multipart/form-data; boundary=x", "--x\r\n\r\n\r\n--x".to_owned()),
        ("multipart/form-data; boundary=\"\"", "--\r\n".to_owned()),
        (
            "multipart/form-data; boundary=x",
            "--x\r\nContent-Disposition: form-data; name=file\r\n\r\n".to_owned(),
        ),
    ];
    for (kind, body) in forms {
        let page = server.request("POST", "/verify", &[("Content-Type", kind)], Some(body.as_bytes()));
        assert_eq!(page.status, 200, "{kind}");
    }
}
