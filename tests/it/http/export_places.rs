//! How many exports there may be at once, and what ends one before its end. Deliberately absent: what is in them.

use everlog::access::Right;
use everlog::download::{Broken, Download};
use everlog::log::now_ms;
use everlog::quota::{EXPORTS_MAX, ORG_EXPORTS_MAX};
use everlog::store::OrgCode;
use everlog_core::ids::OrgId;
use everlog_core::query::Moment;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::http::export::allow;
use crate::server::{Server, event};

const EXPORT: &str = "/v1/organizations/acme/export?format=csv";

fn code(server: &Server, org: &str) -> OrgCode {
    let org = OrgId::try_from(org).unwrap();
    server.app.access.open_locally(&org).unwrap().code()
}

#[test]
fn an_organization_makes_eight_exports_at_once_and_the_ninth_waits_unrecorded() {
    let server = Server::start();
    let (key, other) = (server.tenant("acme", "workspace"), server.tenant("globex", "workspace"));
    let mut places: Vec<_> =
        (0..ORG_EXPORTS_MAX).map(|_| server.app.exports.enter(code(&server, "acme")).unwrap()).collect();
    let size = server.size("acme");
    let refused = server.get(EXPORT, &key);
    refused.assert_problem(429, "too_many_exports");
    assert_eq!(refused.headers["retry-after"], "10");
    assert_eq!(server.size("acme"), size, "what is not made is not recorded");
    assert_eq!(server.get("/v1/organizations/globex/export?format=csv", &other).status, 200);
    places.pop();
    for _ in 0..3 {
        assert_eq!(server.get(EXPORT, &key).status, 200, "a place is given back with the last byte");
    }
    drop(places);
    assert_eq!(server.app.exports.count(), 0);
}

#[test]
fn a_server_makes_so_many_exports_at_once_and_no_more() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    let others = (0..EXPORTS_MAX).map(|at| OrgCode(u32::try_from(1_000 + at / ORG_EXPORTS_MAX).unwrap()));
    let places: Vec<_> = others.map(|org| server.app.exports.enter(org).unwrap()).collect();
    let refused = server.get(EXPORT, &key);
    refused.assert_problem(503, "unavailable");
    assert_eq!(refused.headers["retry-after"], "10");
    drop(places);
    assert_eq!(server.get(EXPORT, &key).status, 200);
}

/// A key that is taken back, or a session that has ended, gets nothing more, also in the middle of a file.
#[test]
fn an_export_ends_with_the_right_of_who_makes_it() {
    let server = Server::start();
    let key = server.tenant("acme", "workspace");
    allow(&server, "acme", &key, &json!(["csv"]));
    let events: Vec<Value> = (0..1_000).map(|_| event("lead.created")).collect();
    for _ in 0..2 {
        assert_eq!(server.post("/v1/organizations/acme/events", &key, &json!(events)).status, 200);
    }
    let made = server.post("/v1/organizations/acme/keys", &key, &json!({"name": "k", "scopes": ["read"]}));
    let reader = made.body["key"].as_str().unwrap().to_owned();
    let session = server.session("acme", &key, "u_1", "owner");
    let revoke = format!("/v1/organizations/acme/keys/{}", made.body["id"].as_str().unwrap());
    for (credential, method, path, by) in [
        (&reader, "DELETE", revoke.as_str(), &key),
        (&session, "DELETE", "/v1/organizations/acme/viewer-sessions", &session),
    ] {
        let app = &server.app;
        let caller = app.access.authenticate(credential, now_ms()).unwrap();
        let org = app.access.open(&caller, &OrgId::try_from("acme").unwrap(), Right::Read).unwrap();
        let moment = Moment { now_ms: now_ms(), time_zone: TimeZone::UTC, week_start: Weekday::Monday };
        let download = Download::new(app, org, Some(&caller), &[], &moment).unwrap();
        let place = download.enter(app).unwrap();
        let mut making = download.begin(app, place).unwrap();
        while making.events() == 0 {
            assert!(making.step().unwrap().is_some());
        }
        assert_eq!(server.send(method, path, by, None, "").status, 204);
        assert!(matches!(making.step(), Err(Broken::Denied(_))));
        assert!(making.events() < 2_000, "it had not ended by itself");
        drop(making);
        assert_eq!(app.exports.count(), 0);
    }
}
