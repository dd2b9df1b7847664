//! What the shipped profiles hold. Deliberately absent: how a page is drawn.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::{
    Column, ColumnField, DateStyle, Ending, Export, Filter, List, NAMES, Preset, Profile, Sees, SortKey,
    shipped,
};

fn profile(name: &str) -> &'static Profile {
    shipped(name).unwrap()
}

fn titles(columns: &[Column]) -> Vec<&str> {
    columns.iter().map(|column| column.title.as_str()).collect()
}

fn sorts(columns: &[Column]) -> Vec<(&str, SortKey)> {
    columns.iter().filter_map(|column| Some((column.title.as_str(), column.sortable?))).collect()
}

#[test]
fn every_shipped_profile_parses_under_its_name() {
    for name in NAMES {
        assert_eq!(profile(name).name, *name);
    }
    assert!(shipped("crm").is_none());
}

/// `L05`, `L06`, `L11` to `L15`, `L18`, `L19`, `L29`.
#[test]
fn the_documents_profile_is_the_activity_log_of_an_account() {
    let profile = profile("documents");
    assert_eq!(titles(&profile.columns), ["Date", "Remarks", "User", "Report Type"]);
    assert_eq!(titles(&profile.export_columns), ["Date", "Remarks", "User", "Report Type"]);
    assert_eq!(profile.date_style, DateStyle::Absolute12h);
    let presets = [Preset::Today, Preset::Yesterday, Preset::Last7Days, Preset::Last30Days, Preset::Custom];
    assert_eq!(profile.presets, presets);
    assert_eq!(profile.default_range, Preset::Last30Days);
    assert_eq!(profile.filters, [Filter::Search, Filter::Range, Filter::Users, Filter::Action]);
    assert_eq!(profile.page_sizes, [25, 50, 100]);
    assert!(sorts(&profile.columns).is_empty());
    assert_eq!(profile.exports, [Export::Csv, Export::Bundle]);
    assert_eq!(profile.sees("anybody"), Some(Sees::Everything));
    assert_eq!(profile.defaults.on_decline, Ending::Keep);
    assert!(!profile.audiences);
}

/// `C03`, `C08`, `C09`, `C16`, `C19`.
#[test]
fn the_workspace_profile_is_for_owners_and_admins() {
    let profile = profile("workspace");
    assert_eq!(titles(&profile.columns), ["Action", "User", "Description", "Date"]);
    assert_eq!(sorts(&profile.columns), [("Action", SortKey::Action), ("Date", SortKey::Time)]);
    assert_eq!(profile.date_style, DateStyle::Relative);
    let presets = [Preset::Today, Preset::Yesterday, Preset::ThisWeek, Preset::ThisMonth, Preset::Older];
    assert_eq!(profile.presets, presets);
    assert_eq!(profile.default_range, Preset::All);
    assert!(profile.filters.contains(&Filter::Category));
    assert_eq!(profile.sees("owner"), Some(Sees::Everything));
    assert_eq!(profile.sees("admin"), Some(Sees::Everything));
    assert_eq!(profile.sees("member"), Some(Sees::Nothing));
    assert_eq!(profile.sees("guest"), None);
    assert!(profile.exports.is_empty());
}

/// `D04`, `D05`, `D07`, `D10` to `D16`, `D27` to `D30`.
#[test]
fn the_platform_profile_has_three_kinds_of_readers() {
    let profile = profile("platform");
    let expected = ["#", "User", "Type", "Event", "Description", "IP Address", "Date/Time", "Details"];
    assert_eq!(titles(&profile.columns), expected);
    assert_eq!(titles(&profile.export_columns), expected[1..7]);
    let sorted = [
        ("User", SortKey::Actor),
        ("Type", SortKey::Category),
        ("Event", SortKey::Action),
        ("IP Address", SortKey::Ip),
        ("Date/Time", SortKey::Time),
    ];
    assert_eq!(sorts(&profile.columns), sorted);
    assert_eq!(profile.presets.len(), 8);
    assert_eq!(profile.presets.last(), Some(&Preset::Custom));
    assert_eq!(profile.page_sizes, [10, 25, 50, 100]);
    assert!(profile.filter_buttons && profile.audiences);
    assert_eq!(profile.exports, [Export::Csv, Export::Xlsx, Export::Jsonl]);
    assert_eq!(profile.sees("company"), Some(Sees::Organization));
    assert_eq!(profile.sees("regular"), Some(Sees::OwnInOrganization));
    assert_eq!(profile.sees("administrator"), Some(Sees::OwnInAdministrators));
    assert_eq!(profile.sees("owner"), None);
    assert!(profile.roles.iter().all(|role| role.sees.is_restricted()));
}

/// `T16`, `T21`, `T27`, `X02`, `X03`, `X13`, `X14`, `X18`.
#[test]
fn the_signing_profile_lists_processes() {
    let profile = profile("signing");
    assert_eq!(profile.list, List::Processes);
    let expected = ["Document", "Status", "Signees", "Started", "Last activity"];
    assert_eq!(titles(&profile.columns), expected);
    let sorted = [
        ("Document", SortKey::Document),
        ("Status", SortKey::Status),
        ("Started", SortKey::Started),
        ("Last activity", SortKey::Activity),
    ];
    assert_eq!(sorts(&profile.columns), sorted);
    assert_eq!(profile.process_columns.first().map(|column| column.field), Some(ColumnField::Icon));
    assert_eq!(profile.exports, [Export::Pdf, Export::Html, Export::Json]);
    assert_eq!(profile.filters.first(), Some(&Filter::Status));
    let defaults = &profile.defaults;
    let endings = (defaults.on_decline, defaults.on_bounce, defaults.on_expired);
    assert_eq!(endings, (Ending::Cancel, Ending::Cancel, Ending::Keep));
    assert_eq!(defaults.system_name, "Taktikal.Core");
    assert_eq!(profile.sees("user"), Some(Sees::Everything));
}

#[test]
fn every_contradiction_is_named_with_file_line_and_column() {
    let text = include_str!("../../../profiles/platform.toml");
    let refusal = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        Profile::parse("profiles/mine.toml", &text.replacen(from, to, 1)).unwrap_err().to_string()
    };
    for (from, to, expected) in [
        ("default_page_size = 10", "default_page_size = 11", "not one of page_sizes"),
        ("default_range = \"all\"", "default_range = \"custom\"", "\"custom\" is no range by itself"),
        ("\"everlog\", \"platform\"", "\"everlog\", \"crm\"", "there is no catalog \"crm\"; shipped are"),
        ("name = \"regular\"", "name = \"company\"", "role \"company\" stands twice"),
        ("any_role = false", "any_role = true", "with any_role, every role sees everything"),
        ("audiences = true", "audiences = false", "there are no administrators' events without audiences"),
        (
            "sees = \"organization\"",
            "sees = \"all\"",
            "unknown visibility \"all\", expected one of everything",
        ),
        ("field = \"ip\"", "field = \"ipp\"", "unknown column \"ipp\", expected one of number, date"),
        ("list = \"log\"", "lst = \"log\"", "unknown field `lst`"),
    ] {
        let message = refusal(from, to);
        let (place, reason) = message.split_once(": ").unwrap();
        assert!(reason.starts_with(expected), "{message}");
        let (line, column) = place.strip_prefix("profiles/mine.toml:").unwrap().split_once(':').unwrap();
        assert!(line.parse::<usize>().unwrap() > 1 && column.parse::<usize>().unwrap() >= 1, "{message}");
    }
}
