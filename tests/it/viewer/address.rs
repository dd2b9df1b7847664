//! The state of a page in its URL. Deliberately absent: pages; those are asked for over HTTP.

use everlog::viewer::address::Address;
use everlog_core::profile;

fn read(sent: &[(&str, &str)], profile: &str) -> Address {
    let sent: Vec<_> = sent.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Address::read("/view/acme".to_owned(), &sent, profile::shipped(profile).unwrap())
}

#[test]
fn what_a_form_sends_becomes_a_short_link() {
    let sent = [
        ("q", "a&b ü"),
        ("from", ""),
        ("to", ""),
        ("range", "last_30_days"),
        ("actor", "u_1"),
        ("actor", "u_2"),
    ];
    assert_eq!(read(&sent, "documents").href(), "/view/acme?actor=u_1&actor=u_2&q=a%26b%20%C3%BC");
    assert_eq!(read(&[("limit", "25"), ("utm_source", "x")], "documents").href(), "/view/acme");
    assert_eq!(read(&[("limit", "100000")], "documents").href(), "/view/acme");
}

/// L11, L12.
#[test]
fn two_dates_count_only_where_custom_is_chosen() {
    let dates =
        |range: &str| read(&[("range", range), ("from", "2026-01-05"), ("to", "2026-01-07")], "documents");
    assert_eq!(dates("custom").href(), "/view/acme?from=2026-01-05&to=2026-01-07");
    assert_eq!(dates("today").href(), "/view/acme?range=today");
}

/// L13.
#[test]
fn the_default_range_of_the_profile_is_in_force_until_another_is_chosen() {
    let profile = profile::shipped("documents").unwrap();
    let asked = |sent: &[(&str, &str)]| read(sent, "documents").query(profile);
    assert!(asked(&[]).contains(&("range".to_owned(), "last_30_days".to_owned())));
    assert!(!asked(&[("from", "2026-01-05")]).iter().any(|(name, _)| name == "range"));
    assert!(asked(&[("range", "all")]).contains(&("range".to_owned(), "all".to_owned())));
}

#[test]
fn another_choice_begins_at_the_first_page() {
    let address = read(&[("category", "Leads"), ("cursor", "abc"), ("row", "26")], "workspace");
    assert_eq!(address.first_row(), 26);
    assert_eq!(address.without_value("category", "Leads").href(), "/view/acme");
    assert_eq!(address.with("sort", "action").href(), "/view/acme?category=Leads&sort=action");
    assert_eq!(address.cleared().href(), "/view/acme");
}
