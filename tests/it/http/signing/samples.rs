//! The calls that programs make which were written against the original, but for host and key (T34). Deliberately absent: what
//! is answered; these calls reach it at all.

use std::process::{Command, Output};

use serde_json::{Value, json};

use super::{Signing, assert_refused, basic, created};
use crate::server::is_gate;

/// curl, with `-G` and `--data-urlencode`, and a header made by the shell.
const CURL: &str = r#"
curl -G "$BASE_URL/signing/activity" \
  -H "Authorization: Basic $(echo -n "$CREDENTIALS" | base64)" \
  --data-urlencode "StartDate=2024-01-01" \
  --data-urlencode "EndDate=2024-01-31" \
  --data-urlencode "Take=100" \
  --data-urlencode "Skip=0"
"#;

/// JavaScript, with `fetch`, `btoa` and `URLSearchParams`.
const JAVASCRIPT: &str = r#"
const credentials = btoa(process.env.CREDENTIALS);
const params = new URLSearchParams({
  StartDate: "2024-01-01",
  EndDate: "2024-01-31",
  Take: "100",
  Skip: "0",
  ...JSON.parse(process.env.OPTIONAL),
});
const response = await fetch(`${process.env.BASE_URL}/signing/activity?${params}`, {
  method: "GET",
  headers: { Authorization: `Basic ${credentials}` },
});
if (response.ok) {
  console.log(JSON.stringify(await response.json()));
} else {
  console.error(await response.text());
}
"#;

fn signing() -> Signing {
    let signing = Signing::start();
    let signee = json!({"signee": "si1", "metadata": {"signee": {"email": "signee@example.com"}}});
    signing.record(&[
        created("sp1", "2024-01-10T00:00:00Z", json!({"file_name": "a.pdf"})),
        super::step("sp1", "signee.added", "2024-01-10T00:00:01Z", super::system(), signee),
        created("sp2", "2024-02-10T00:00:00Z", json!({})),
    ]);
    signing
}

/// Runs a program with the host and the key of this test; nothing where it is not installed.
fn run(signing: &Signing, program: &str, args: &[&str], optional: &Value) -> Option<Output> {
    let ran = Command::new(program)
        .args(args)
        .env("BASE_URL", signing.server.url(""))
        .env("CREDENTIALS", format!("acme:{}", signing.key))
        .env("OPTIONAL", optional.to_string())
        .output();
    if let Err(why) = &ran {
        assert!(!is_gate(), "{program} is missing: {why}");
        eprintln!("\n*** SKIPPED: {program} is not installed ***\n");
    }
    ran.ok()
}

fn keys(output: &Output) -> Vec<String> {
    let text = String::from_utf8_lossy(&output.stdout);
    let body: Value = serde_json::from_str(&text).unwrap_or_else(|_| {
        panic!("{text}{}", String::from_utf8_lossy(&output.stderr));
    });
    body.as_array().unwrap().iter().map(|it| it["processKey"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_call_by_curl_is_answered_as_it_stands() {
    let signing = signing();
    if let Some(output) = run(&signing, "sh", &["-c", "command -v curl >/dev/null"], &json!({}))
        && !output.status.success()
    {
        assert!(!is_gate(), "curl is missing");
        eprintln!("\n*** SKIPPED: curl is not installed ***\n");
        return;
    }
    // `echo -n` is bash's.
    let Some(output) = run(&signing, "bash", &["-c", CURL], &json!({})) else { return };
    assert_eq!(keys(&output), ["sp1"]);
}

#[test]
fn the_call_by_javascript_is_answered_as_it_stands() {
    let signing = signing();
    let args = ["--input-type=module", "--eval", JAVASCRIPT];
    for (optional, expected) in [
        (json!({}), &["sp1"][..]),
        (json!({"User": "ana@acme.example"}), &["sp1"]),
        (json!({"Search": "signee@example.com"}), &["sp1"]),
        (json!({"ProcessKey": "sp2"}), &[]),
    ] {
        let Some(output) = run(&signing, "node", &args, &optional) else { return };
        assert_eq!(keys(&output), expected, "{optional}");
    }
}

/// What .NET's HttpClient sends for an interpolated query and an `AuthenticationHeaderValue`, byte by byte.
#[test]
fn the_call_by_csharp_is_answered_as_it_stands() {
    let signing = signing();
    // With the path of the original's base, of which only the host was changed, and without it.
    for base in ["", "/api"] {
        let request = format!(
            "GET {base}/signing/activity?StartDate=2024-01-01&EndDate=2024-01-31&Take=100&Skip=0 HTTP/1.1\r\n\
             Host: {}\r\nAuthorization: {}\r\nConnection: close\r\n\r\n",
            signing.server.address,
            basic("acme", &signing.key)
        );
        let answer = signing.server.raw(request.as_bytes());
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.contains("\"processKey\":\"sp1\"") && !answer.contains("\"processKey\":\"sp2\""));
    }
}

/// `https://core.taktikal.com/api` with another host is the same interface, its refusals too.
#[test]
fn a_base_of_which_only_the_host_was_changed_leads_to_the_same() {
    let signing = signing();
    let range = "StartDate=2024-01-01&EndDate=2024-01-31";
    for path in [&format!("activity?{range}"), &format!("activity/total?{range}")] {
        let [ours, theirs] = ["/signing/", "/api/signing/"].map(|base| signing.ask(&format!("{base}{path}")));
        assert_eq!((theirs.status, theirs.text), (200, ours.text));
    }
    assert_refused(&signing.ask("/api/signing/activity"), 400);
    assert_refused(&signing.ask("/api/signing/activity/sp1"), 404);
    let path = format!("/api/signing/activity?{range}");
    assert_refused(&signing.server.request("GET", &path, &[], None), 401);
    assert_refused(&signing.server.request("POST", &path, &[], None), 405);
}
