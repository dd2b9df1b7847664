//! The demo's data: the same every time, complete, and believable as far as a program can tell. Deliberately absent: serving
//! it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::LazyLock;

use everlog::demo::{DAYS, DemoOrg, events, organizations, processes, users};
use everlog::trail::inspect::{Condition, inspect};
use everlog_core::catalog::{self, Catalogs};
use everlog_core::event::NewEvent;
use everlog_core::profile::{self, Sees};
use everlog_core::sentence::sentence;
use jiff::{Span, Timestamp};
use serde_json::{Value, json};

use crate::server::Server;

fn now() -> Timestamp {
    "2026-11-20T13:41:22Z".parse().unwrap()
}

fn text<'a>(event: &'a Value, pointer: &str) -> &'a str {
    event.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// What is told at [`now`], once for all tests.
static TOLD: LazyLock<Vec<(DemoOrg, Vec<Value>)>> = LazyLock::new(|| {
    organizations().into_iter().map(|organization| (organization, events(&organization, now()))).collect()
});

fn each(check: impl Fn(&DemoOrg, &[Value])) {
    for (organization, told) in TOLD.iter() {
        check(organization, told);
    }
}

#[test]
fn there_is_an_organization_for_every_profile() {
    let profiles: Vec<&str> = organizations().iter().map(|organization| organization.profile).collect();
    assert_eq!(profiles, ["documents", "workspace", "signing", "platform"]);
    for organization in organizations() {
        let profile = profile::shipped(organization.profile).unwrap();
        assert_eq!(organization.catalogs, profile.catalogs, "{}", organization.id);
        assert!(everlog_core::ids::OrgId::try_from(organization.id).is_ok());
        assert!(jiff::tz::TimeZone::get(organization.time_zone).is_ok(), "{}", organization.time_zone);
    }
}

#[test]
fn the_same_now_gives_the_same_events() {
    each(|organization, told| assert_eq!(told, events(organization, now())));
}

#[test]
fn every_organization_has_some_thousands_of_events_over_five_months() {
    each(|organization, told| {
        assert!((2_000..9_000).contains(&told.len()), "{}: {}", organization.id, told.len());
        let first: Timestamp = text(&told[0], "/occurred_at").parse().unwrap();
        let begin = now() - Span::new().hours(24 * i64::from(DAYS + 1));
        assert!(first > begin && first < begin + Span::new().hours(24 * 4), "{}: {first}", organization.id);
        let last: Timestamp = text(told.last().unwrap(), "/occurred_at").parse().unwrap();
        assert!(last > now() - Span::new().hours(24 * 4), "{}: {last}", organization.id);
    });
}

#[test]
fn events_come_in_the_order_of_time_and_none_lies_ahead() {
    for now in ["2026-11-20T13:41:22Z", "2026-03-29T01:30:00Z", "2024-02-29T23:59:59Z"] {
        let now: Timestamp = now.parse().unwrap();
        for organization in organizations() {
            let times: Vec<Timestamp> = events(&organization, now)
                .iter()
                .map(|event| text(event, "/occurred_at").parse().unwrap())
                .collect();
            assert!(times.is_sorted(), "{}", organization.id);
            assert!(times.last().is_some_and(|last| *last <= now), "{}", organization.id);
        }
    }
}

/// Whatever now is, every event is one that `POST events` takes, and no two share an id.
#[test]
fn every_event_is_accepted_and_has_an_id_of_its_own() {
    each(|organization, told| {
        let audiences = profile::shipped(organization.profile).unwrap().audiences;
        let mut ids = BTreeSet::new();
        for event in told {
            let read = NewEvent::from_json(event.clone());
            assert!(read.is_ok(), "{}: {:?} {event}", organization.id, read.err());
            assert!(ids.insert(text(event, "/id")), "{event}");
            assert!(text(event, "/id").starts_with("demo_"));
            assert!(audiences || event.get("audience").is_none(), "{event}");
        }
    });
}

#[test]
fn every_action_of_the_vocabulary_occurs_and_no_other() {
    each(|organization, told| {
        let told: BTreeSet<&str> = told.iter().map(|event| text(event, "/action")).collect();
        let vocabulary = catalog::shipped(organization.profile).unwrap();
        let missing: Vec<_> =
            vocabulary.actions().filter(|action| !told.contains(action.key.as_str())).collect();
        assert!(missing.is_empty(), "{}: {missing:?}", organization.id);
        let catalogs = Catalogs::shipped_with(organization.catalogs, None).unwrap();
        let unknown: Vec<_> = told.iter().filter(|key| catalogs.get(key).is_none()).collect();
        assert!(unknown.is_empty(), "{}: {unknown:?}", organization.id);
    });
}

/// `D18`, `D19`, `D20`: initial values, what changed, the snapshot.
#[test]
fn creations_changes_and_deletions_carry_values() {
    each(|organization, told| {
        for event in told {
            let (before, after) = (event.get("before"), event.get("after"));
            match text(event, "/action").rsplit('.').next().unwrap() {
                "created" if organization.profile != "signing" && event.get("outcome").is_none() => {
                    assert!(before.is_none() && after.is_some(), "{event}");
                }
                "deleted" => assert!(before.is_some() && after.is_none(), "{event}"),
                "updated" | "status_changed" | "role_changed" => {
                    let (before, after) = (before.unwrap(), after.unwrap());
                    assert_ne!(before, after, "{event}");
                }
                _ => {}
            }
        }
    });
}

/// `C12`: no sentence has to say "nothing" or "someone".
#[test]
fn every_event_tells_a_whole_sentence() {
    each(|organization, told| {
        let catalogs = Catalogs::shipped_with(organization.catalogs, None).unwrap();
        for event in told {
            let read = NewEvent::from_json(event.clone()).unwrap();
            let told = sentence(&read, &catalogs);
            for neutral in ["someone", "nothing", "several", "unknown"] {
                assert!(!told.split(' ').any(|word| word == neutral), "{told}: {event}");
            }
        }
    });
}

/// X03: something to see on the page of a document, made as any product makes it: one signed by all, one by some, one declined.
#[test]
fn documents_are_signed_while_the_demo_starts() {
    let server = Server::start();
    let mut stands = Vec::new();
    for organization in organizations().iter().filter(|it| !processes(it).is_empty()) {
        let key = server.tenant(organization.id, organization.profile);
        let path = format!("/v1/organizations/{}/processes", organization.id);
        for told in processes(organization) {
            let found = inspect(told.document).unwrap();
            assert_eq!((found.pages, found.condition), (Some(1), Condition::Healthy));
            assert_eq!(server.post(&path, &key, &told.process).status, 201);
            let path = format!("{path}/{}", told.key);
            let attached =
                server.send("PUT", &format!("{path}/document"), &key, Some(told.document), "application/pdf");
            assert_eq!(attached.status, 201, "{attached:?}");
            let recorded = server.post(&format!("{path}/events"), &key, &json!(told.events));
            assert_eq!(recorded.body["created"], told.events.len(), "{recorded:?}");
            let process = server.get(&path, &key).body;
            let signed =
                process["signees"].as_array().unwrap().iter().filter(|it| it["status"] == "signed").count();
            stands.push((text(&process, "/status").to_owned(), signed));
            let trail = server.get(&format!("{path}/audit-trail.json"), &key).body;
            assert!(
                trail["events"].as_array().unwrap().iter().all(|it| it["automated"].is_null()),
                "{trail}"
            );
        }
    }
    assert_eq!(stands, [("active".to_owned(), 2), ("canceled".to_owned(), 0), ("completed".to_owned(), 2)]);
}

#[test]
fn names_are_written_in_many_scripts() {
    let blocks = [
        ("Latin with diacritics", '\u{c0}'..='\u{17f}'),
        ("Greek", '\u{370}'..='\u{3ff}'),
        ("Cyrillic", '\u{400}'..='\u{4ff}'),
        ("Hebrew", '\u{5d0}'..='\u{5ea}'),
        ("Arabic", '\u{620}'..='\u{64a}'),
        ("Devanagari", '\u{900}'..='\u{97f}'),
        ("Thai", '\u{e00}'..='\u{e7f}'),
        ("Vietnamese", '\u{1ea0}'..='\u{1ef9}'),
        ("Japanese", '\u{3040}'..='\u{30ff}'),
        ("Chinese", '\u{4e00}'..='\u{9fff}'),
        ("Korean", '\u{ac00}'..='\u{d7a3}'),
    ];
    each(|organization, told| {
        let all: String = told.iter().map(Value::to_string).collect();
        for (script, block) in &blocks {
            assert!(all.contains(|c| block.contains(&c)), "{}: no {script}", organization.id);
        }
    });
}

#[test]
fn addresses_are_kept_for_documentation() {
    let of_documentation = |ip: &str| match ip.parse().unwrap() {
        IpAddr::V4(ip) => ip.is_documentation(),
        IpAddr::V6(_) => ip.starts_with("2001:db8:"),
    };
    each(|_, told| {
        for event in told {
            let ip = text(event, "/context/ip");
            assert!(ip.is_empty() || of_documentation(ip), "{ip}");
            for word in event.to_string().split(['"', ' ', '(', ')', '<', '>']) {
                if let Some((_, domain)) = word.split_once('@') {
                    assert!(domain.ends_with(".example"), "{word}");
                }
            }
        }
    });
}

#[test]
fn things_come_in_by_every_door_and_some_fail() {
    let mut failed_logins = 0;
    for (organization, told) in TOLD.iter() {
        let mut channels: BTreeMap<&str, usize> = BTreeMap::new();
        for event in told {
            *channels.entry(text(event, "/context/channel")).or_default() += 1;
        }
        assert!(channels.contains_key("web") && channels.contains_key("api"), "{channels:?}");
        let other = ["system", "webhook"];
        assert!(other.iter().any(|channel| channels.contains_key(channel)), "{channels:?}");
        let failed = told.iter().filter(|event| event.get("outcome").is_some()).count();
        assert!(failed > 3, "{}", organization.id);
        failed_logins += told
            .iter()
            .filter(|event| {
                text(event, "/action") == "auth.signed_in" && text(event, "/outcome") == "failure"
            })
            .count();
    }
    assert!(failed_logins > 20);
}

/// People work by day and from Monday to Friday, in the zone of their organization.
#[test]
fn most_happens_in_office_hours() {
    each(|organization, told| {
        let zone = jiff::tz::TimeZone::get(organization.time_zone).unwrap();
        let local =
            |event: &Value| text(event, "/occurred_at").parse::<Timestamp>().unwrap().to_zoned(zone.clone());
        let by_day = told.iter().filter(|event| (7..21).contains(&local(event).hour())).count();
        assert!(by_day * 100 > told.len() * 85, "{}: {by_day} of {}", organization.id, told.len());
        let weekend = |event: &&Value| local(event).weekday().to_monday_zero_offset() >= 5;
        let at_weekends = told.iter().filter(weekend).count();
        assert!(at_weekends > 0 && at_weekends * 100 < told.len() * 20, "{}: {at_weekends}", organization.id);
    });
}

#[test]
fn an_evening_eleven_days_ago_is_worth_finding() {
    each(|organization, told| {
        let zone = jiff::tz::TimeZone::get(organization.time_zone).unwrap();
        let day = now().to_zoned(zone.clone()).date() - Span::new().days(11);
        let begin = day.at(22, 40, 0, 0).to_zoned(zone).unwrap().timestamp();
        let strange: Vec<Timestamp> = told
            .iter()
            .filter(|event| text(event, "/context/ip") == "203.0.113.199")
            .map(|event| text(event, "/occurred_at").parse().unwrap())
            .collect();
        assert!(strange.len() >= 6, "{}: {}", organization.id, strange.len());
        assert_eq!(strange[0], begin, "{}", organization.id);
        assert!(*strange.last().unwrap() < begin + Span::new().minutes(40), "{}", organization.id);
        let place = told.iter().find(|event| text(event, "/context/ip") == "203.0.113.199").unwrap();
        let city = text(place, "/context/location").split(',').next().unwrap();
        assert!(organization.incident_hint.contains(city), "{}", organization.incident_hint);
        assert!(organization.incident_hint.contains(text(place, "/actor/name")), "{place}");
    });
}

/// `C03`, `D27` to `D30`: a link for every role, and something to see behind it.
#[test]
fn there_is_a_busy_user_for_every_role() {
    each(|organization, told| {
        let profile = profile::shipped(organization.profile).unwrap();
        let users = users(organization);
        let roles: Vec<&str> = users.iter().map(|user| user.role.as_str()).collect();
        assert_eq!(roles, profile.roles.iter().map(|role| role.name.as_str()).collect::<Vec<_>>());
        for user in users {
            let own = told.iter().filter(|event| text(event, "/actor/id") == user.id);
            assert!(own.clone().count() > 50, "{}: {user:?}", organization.id);
            assert!(own.clone().all(|event| text(event, "/actor/name") == user.name));
            let private = own.filter(|event| text(event, "/audience") == "administrators").count();
            let administrates = profile.sees(&user.role) == Some(Sees::OwnInAdministrators);
            assert_eq!(private > 0, administrates, "{user:?}");
        }
    });
}
