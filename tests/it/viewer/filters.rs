//! Menus, dates and chips of the query bar. Deliberately absent: pages; those are asked for over HTTP.

use everlog::index::FacetValue;
use everlog::read::iso;
use everlog::viewer::address::Address;
use everlog::viewer::dates::Clock;
use everlog::viewer::filters::{chips, menu, range_menu};
use everlog::viewer::text::Text;
use everlog::words::Words;
use everlog::words::grouped;
use everlog::words::time::moment;
use everlog_core::catalog::Catalogs;
use everlog_core::profile::{self, DateStyle, Filter};
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use serde_json::json;

use crate::server::Server;
use crate::viewer::{opened, plain, record};

fn address(sent: &[(&str, &str)]) -> Address {
    let sent: Vec<_> = sent.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Address::read("/view/acme".to_owned(), &sent, profile::shipped("platform").unwrap())
}

fn values(names: &[(&str, &str, u64)]) -> Vec<FacetValue> {
    let value = |(value, label, count): &(&str, &str, u64)| FacetValue {
        detail: None,
        value: (*value).to_owned(),
        label: (*label).to_owned(),
        count: *count,
    };
    names.iter().map(value).collect()
}

/// D10 to D12, C06.
#[test]
fn a_menu_offers_the_values_that_occur_and_keeps_what_is_chosen() {
    let platform = profile::shipped("platform").unwrap();
    let users = values(&[("u_1", "Ana Ruiz", 1204), ("u_2", "Sam", 3)]);
    let users = menu(platform, Filter::User, &users, &address(&[("actor", "u_9")]), Words::of(&[])).unwrap();
    assert_eq!((users.label.as_str(), users.any.as_str(), users.is_single), ("User", "All users", true));
    let choices: Vec<_> =
        users.choices.iter().map(|it| (it.plain.as_str(), it.count.as_str(), it.is_chosen)).collect();
    assert_eq!(choices, [("Ana Ruiz", "1,204", false), ("Sam", "3", false), ("u_9", "", true)]);
    let kinds =
        menu(platform, Filter::Kind, &values(&[("created", "created", 1)]), &address(&[]), Words::of(&[]))
            .unwrap();
    assert_eq!((kinds.label.as_str(), kinds.choices[0].plain.as_str()), ("Event", "Created"));
}

#[test]
fn every_choice_but_the_search_has_a_chip_that_takes_it_back() {
    let platform = profile::shipped("platform").unwrap();
    let address = address(&[("q", "x"), ("range", "today"), ("actor", "u_1"), ("ip", "203.0.113.7")]);
    let facets = [(Filter::User, values(&[("u_1", "Ana Ruiz", 4)]))];
    let chips = chips(platform, &address, &facets, &Catalogs::default(), Words::of(&[]));
    let told: Vec<_> = chips.iter().map(|chip| (chip.field.as_str(), chip.plain.as_str())).collect();
    assert_eq!(told, [("Date", "Today"), ("User", "Ana Ruiz"), ("IP address", "203.0.113.7")]);
    assert_eq!(chips[0].href, "/view/acme?actor=u_1&ip=203.0.113.7&q=x");
}

#[test]
fn people_of_the_same_name_can_be_told_apart_and_a_full_menu_says_so() {
    let platform = profile::shipped("platform").unwrap();
    let same = values(&[("u_1", "Sam Lee", 3), ("u_2", "Sam Lee", 2), ("u_3", "Ana", 1)]);
    let people = menu(platform, Filter::User, &same, &address(&[]), Words::of(&[])).unwrap();
    let seconds: Vec<_> = people.choices.iter().map(|it| it.second.clone()).collect();
    assert_eq!(seconds, [Some(Text::name("u_1")), Some(Text::name("u_2")), None]);
    assert_eq!(people.rest, "");
    let many: Vec<_> = (0..100).map(|n| format!("u_{n}")).collect();
    let many: Vec<_> = many.iter().map(|id| (id.as_str(), id.as_str(), 1)).collect();
    let full = menu(platform, Filter::User, &values(&many), &address(&[]), Words::of(&[])).unwrap();
    assert!(full.rest.starts_with("The 100 most active are shown"), "{}", full.rest);
}

#[test]
fn part_of_a_day_stays_chosen_when_the_form_is_sent_again() {
    let clock = Clock { now_ms: 0, zone: TimeZone::UTC, style: DateStyle::Exact, words: Words::of(&[]) };
    let platform = profile::shipped("platform").unwrap();
    let menu =
        range_menu(platform, &address(&[("from", "2026-11-20T13:00"), ("to", "2026-11-20T14:00")]), &clock);
    assert_eq!(
        (menu.input, menu.from.as_str(), menu.to.as_str()),
        ("datetime-local", "2026-11-20T13:00", "2026-11-20T14:00")
    );
    assert_eq!(menu.chosen, "Nov 20, 2026, 13:00 – Nov 20, 2026, 14:00");
}

#[test]
fn counts_are_grouped() {
    let told: Vec<_> = [0, 999, 1000, 1_234_567].into_iter().map(grouped).collect();
    assert_eq!(told, ["0", "999", "1,000", "1,234,567"]);
}

/// A week begins when the organization says, for the list, its figures and its file alike.
#[test]
fn this_week_begins_on_the_day_that_the_organization_sets() {
    let server = Server::start();
    let (key, mut visitor) = opened(&server, "workspace", "owner");
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let now = everlog::log::now_ms();
    let days: Vec<_> = (0..8).map(|day| now - day * 86_400_000).collect();
    let event = |at: &u64| json!({"action": "lead.created", "occurred_at": iso(*at), "actor": {"type": "user", "id": "u_1"}, "targets": [{"type": "lead", "id": "l", "name": "Globex"}]});
    record(&server, "acme", &key, &days.iter().map(event).collect());
    let weekday = |at: u64| moment(at).to_zoned(zone.clone()).weekday();
    for (set, first) in
        [("sunday", Weekday::Sunday), ("monday", Weekday::Monday), ("saturday", Weekday::Saturday)]
    {
        let change = json!({"settings": {"week_start": set}}).to_string();
        let answer =
            server.send("PATCH", "/v1/organizations/acme", &key, Some(change.as_bytes()), "application/json");
        assert_eq!(answer.status, 200, "{answer:?}");
        let expected = days.iter().position(|at| weekday(*at) == first).unwrap() + 1;
        let page = visitor.get("/view/acme?range=this_week&action=lead.created");
        assert_eq!(page.rows().len(), expected, "{set}: {}", plain(&page.text));
    }
}

/// C08: yesterday is asked for as often as today.
#[test]
fn a_workspace_offers_yesterday() {
    let server = Server::start();
    let (_, mut visitor) = opened(&server, "workspace", "owner");
    assert!(visitor.get("/view/acme").text.contains("value=\"yesterday\""));
    assert!(plain(&visitor.get("/view/acme?lang=de").text).contains("Gestern"));
}
