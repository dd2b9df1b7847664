//! What the shipped catalogs hold, against the vocabulary. Deliberately absent: how a catalog is read.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::{BTreeMap, BTreeSet};

use super::{Action, Catalog, Catalogs, Kind, NAMES, Template, Tone, Variable, shipped};

fn catalog(name: &str) -> &'static Catalog {
    shipped(name).unwrap()
}

fn action(catalog_name: &str, key: &str) -> &'static Action {
    catalog(catalog_name).get(key).unwrap()
}

#[test]
fn every_shipped_catalog_parses_and_has_actions() {
    for name in NAMES {
        assert!(catalog(name).actions().next().is_some(), "{name}");
        assert_eq!(catalog(name).name(), format!("catalogs/{name}.toml"));
    }
    assert!(shipped("crm").is_none());
}

/// `L07`, `C16`: whoever sends no description still gets a sentence.
#[test]
fn every_shipped_action_has_a_sentence_of_its_own() {
    for name in NAMES {
        let mut sentences: BTreeMap<&str, &str> = BTreeMap::new();
        for action in catalog(name).actions() {
            let template = action.template.as_ref().map(Template::as_str).unwrap_or_default();
            assert!(!template.is_empty(), "{name}: {} has no template", action.key);
            let twin = sentences.insert(template, &action.key);
            assert_eq!(twin, None, "{name}: {} says the same", action.key);
        }
    }
}

/// What a rule implies must be describable by the same organization, else its label is only a guess.
#[test]
fn every_action_that_may_follow_is_known() {
    for profile in crate::profile::NAMES {
        let profile = crate::profile::shipped(profile).unwrap();
        let catalogs = Catalogs::shipped_with(&profile.catalogs, None).unwrap();
        let implied: BTreeSet<&String> = catalogs.actions().flat_map(|action| &action.followed_by).collect();
        let unknown: Vec<_> = implied.into_iter().filter(|key| catalogs.get(key).is_none()).collect();
        // The documents profile keeps a declined document by default, and only documents take payments.
        let expected: &[&str] = match profile.name.as_str() {
            "documents" => &["document.canceled"],
            _ => &["payment.reversed"],
        };
        assert_eq!(unknown, expected, "{}", profile.name);
    }
}

/// `L09`, `L20` to `L51`.
#[test]
fn the_documents_catalog_has_32_labels_over_30_keys() {
    let actions: Vec<&Action> = catalog("documents").actions().collect();
    assert_eq!(actions.len(), 30);
    let mut labels: BTreeSet<&str> = BTreeSet::new();
    for action in &actions {
        labels.extend([action.label_for_reader(true), action.label_for_reader(false)]);
    }
    assert_eq!(labels.len(), 32);
    let mut by_category: BTreeMap<&str, usize> = BTreeMap::new();
    for action in &actions {
        *by_category.entry(action.category.as_str()).or_default() += 1;
    }
    let expected = [
        ("Authentication", 2),
        ("Contact", 3),
        ("Document", 6),
        ("Invitation", 3),
        ("Payment", 4),
        ("Stamp", 4),
        ("Template & workflow", 5),
        ("Verification", 3),
    ];
    assert_eq!(by_category.into_iter().collect::<Vec<_>>(), expected);
}

/// `L20` to `L51`: the words a user reads, verbatim.
#[test]
fn the_documents_labels_are_those_of_the_vocabulary() {
    for (key, label, tone) in [
        ("document.created", "Create", Tone::Info),
        ("invitation.sent", "Invite", Tone::Info),
        ("document.completed", "Complete", Tone::Good),
        ("document.deleted", "Delete", Tone::Bad),
        ("invitation.resent", "Resend", Tone::Info),
        ("invitation.reinvited", "Reinvite", Tone::Info),
        ("invitation.timed_out", "Invitation Timed Out", Tone::Warn),
        ("verification.failed", "Verification Failed", Tone::Bad),
        ("verification.failed_after_sign", "Signed but Verification Failed", Tone::Warn),
        ("signing.retries_exhausted", "Retry Attempt Exhausted", Tone::Bad),
        ("stamp.used", "Stamp Used", Tone::Info),
        ("stamp.reversed", "Stamp Reversed", Tone::Neutral),
        ("stamp.expiry_extended", "Stamp Expiry Extended", Tone::Neutral),
        ("stamp.series_created", "Stamp Create", Tone::Good),
        ("template.created", "Template Create", Tone::Good),
        ("workflow.created", "Workflow Created", Tone::Good),
        ("workflow.updated", "Workflow Updated", Tone::Neutral),
        ("workflow.published", "Workflow Published", Tone::Good),
        ("workflow.deleted", "Workflow Deleted", Tone::Bad),
        ("auth.signed_in", "Sign In", Tone::Neutral),
        ("auth.signed_out", "Sign Out", Tone::Neutral),
        ("payment.authorised", "Payment Authorised", Tone::Info),
        ("payment.captured", "Payment Captured", Tone::Good),
        ("payment.capture_failed", "Payment Capture Failed", Tone::Bad),
        ("payment.reversed", "Payment Reversed", Tone::Warn),
        ("contact.deleted", "Contact Deleted", Tone::Bad),
        ("contact.sent", "Contact Sent", Tone::Info),
        ("contact.shared", "Contact Shared", Tone::Info),
    ] {
        let action = action("documents", key);
        assert_eq!((action.label.as_str(), action.tone), (label, tone), "{key}");
    }
}

/// `L22`, `L23`, `L25`, `L26`: one event, two labels, by who reads.
#[test]
fn signing_and_rejecting_read_differently_to_the_one_who_did_it() {
    let signed = action("documents", "document.signed");
    assert_eq!(signed.label_for_reader(true), "You Signed");
    assert_eq!(signed.label_for_reader(false), "Invitation Sign");
    let declined = action("documents", "document.declined");
    assert_eq!(declined.label_for_reader(true), "You Rejected");
    assert_eq!(declined.label_for_reader(false), "Invitation Reject");
    let pairs = catalog("documents").actions().filter(|action| action.reader.is_some()).count();
    assert_eq!(pairs, 2);
}

/// `L07`: remarks carry the document ID and the address or device.
#[test]
fn the_remarks_of_a_document_carry_its_id_address_and_device() {
    for action in catalog("documents").actions() {
        let variables: Vec<&Variable> = action.template.as_ref().unwrap().variables().collect();
        assert!(variables.contains(&&Variable::Ip), "{}", action.key);
        assert!(variables.contains(&&Variable::Metadata("device".into())), "{}", action.key);
        if action.evidence {
            assert!(variables.contains(&&Variable::TargetId), "{}", action.key);
        }
    }
}

/// `C10`: 69 actions; `C05`, `C07`: in 12 categories, note tags filed under notes by the table's own name.
#[test]
fn the_workspace_catalog_has_69_actions_in_13_sections() {
    let mut by_noun: BTreeMap<&str, usize> = BTreeMap::new();
    for action in catalog("workspace").actions() {
        *by_noun.entry(action.key.split('.').next().unwrap()).or_default() += 1;
    }
    let expected = [
        ("api_key", 2),
        ("calendar_event", 6),
        ("client", 6),
        ("file", 8),
        ("lead", 7),
        ("meeting", 8),
        ("member", 5),
        ("note", 6),
        ("note_tag", 2),
        ("organization", 2),
        ("subscription", 4),
        ("task", 8),
        ("timesheet", 5),
    ];
    assert_eq!(by_noun.values().sum::<usize>(), 69);
    assert_eq!(by_noun.into_iter().collect::<Vec<_>>(), expected);
}

/// `C05`, `C07`.
#[test]
fn the_workspace_catalog_has_the_12_categories() {
    let categories: BTreeSet<&str> =
        catalog("workspace").actions().map(|action| action.category.as_str()).collect();
    let expected = [
        "API Keys",
        "Clients",
        "Events",
        "Files",
        "Leads",
        "Meetings",
        "Members",
        "Notes",
        "Organization",
        "Subscription",
        "Tasks",
        "Timesheets",
    ];
    assert_eq!(categories.into_iter().collect::<Vec<_>>(), expected);
    assert_eq!(action("workspace", "note_tag.created").category, "Notes");
    assert_eq!(action("workspace", "subscription.plan_changed").category, "Subscription");
}

/// `C16`: green creation, red deletion, grey update. `C17`: approvals, completions and joins green; rejections,
/// failures, cancellations, revocations and removals red; the rest grey.
#[test]
fn the_workspace_colours_follow_kind_and_outcome() {
    const GOOD: &[&str] = &["approved", "embedding_completed", "joined", "reactivated"];
    const BAD: &[&str] =
        &["rejected", "embedding_failed", "canceled", "invitation_canceled", "revoked", "removed"];
    for action in catalog("workspace").actions() {
        let verb = action.key.split('.').next_back().unwrap();
        let expected = match action.kind {
            _ if GOOD.contains(&verb) => Tone::Good,
            _ if BAD.contains(&verb) => Tone::Bad,
            kind => kind.tone(),
        };
        assert_eq!(action.tone, expected, "{}", action.key);
    }
}

/// `C11`: a bulk operation is one event that says how many; `C12`: a change of state names both ends.
#[test]
fn the_workspace_sentences_name_counts_and_both_ends() {
    for action in catalog("workspace").actions() {
        let variables: Vec<&Variable> = action.template.as_ref().unwrap().variables().collect();
        let asks = |variable: Variable| variables.contains(&&variable);
        if action.key.contains(".bulk_") {
            assert!(asks(Variable::Count), "{}", action.key);
        }
        if action.key.ends_with(".status_changed") {
            assert!(asks(Variable::ChangeBefore("status".into())), "{}", action.key);
            assert!(asks(Variable::ChangeAfter("status".into())), "{}", action.key);
        }
    }
    let role = action("workspace", "member.role_changed").template.as_ref().unwrap();
    assert_eq!(role.variables().count(), 4);
}

/// `X06`, `X07`, `X08` to `X20`: 13 types; "signer removed" stands in two groups.
#[test]
fn the_signing_catalog_has_the_13_types_with_icon_and_group() {
    for (key, label, group, icon, tone) in [
        ("document.created", "document created", "creation", "file-add", Tone::Info),
        ("invitation.sent", "document sent", "creation", "paper-plane", Tone::Info),
        ("signee.authentication_enabled", "signer authentication", "creation", "lock", Tone::Neutral),
        ("document.viewed", "document viewed", "signer", "file-preview", Tone::Info),
        ("document.signed", "document signed", "signer", "register", Tone::Good),
        ("document.declined", "document declined", "signer", "prohibited", Tone::Bad),
        ("signee.bounced", "signer bounced", "signer", "prohibited", Tone::Bad),
        ("signee.removed", "signer removed", "signer", "prohibited", Tone::Bad),
        ("document.forwarded", "document forwarded", "signer", "arrow-right", Tone::Info),
        ("document.revoked", "document revoked", "team", "prohibited", Tone::Bad),
        ("document.expired", "document expired", "system", "timer-crossed", Tone::Warn),
        ("document.completed", "document completed", "end", "file-check", Tone::Good),
        ("document.canceled", "document cancelled", "end", "prohibited", Tone::Bad),
    ] {
        let action = action("signing", key);
        assert_eq!(action.label, label);
        assert_eq!(action.group_for(false), Some(group), "{key}");
        assert_eq!(action.icon.as_deref(), Some(icon), "{key}");
        assert_eq!(action.tone, tone, "{key}");
        assert!(action.evidence, "{key}");
    }
    assert_eq!(action("signing", "signee.removed").group_for(true), Some("team"));
    assert_eq!(action("signing", "document.signed").group_for(true), Some("signer"));
}

/// `T27`, `T28`, `T30`: the statuses of the signing activity API.
#[test]
fn the_signing_catalog_speaks_the_nine_wire_statuses() {
    let catalogs = Catalogs::shipped_with(&["everlog", "signing"], None).unwrap();
    for (key, provider, status) in [
        ("document.created", "", "Created"),
        ("signee.added", "", "SigneeAdded"),
        ("invitation.sent", "", "SignupSent"),
        ("document.started", "", "Started"),
        ("delivery.sms", "DELIVERED", "SMS:DELIVERED"),
        ("document.signed", "", "SigneeSigned"),
        ("document.completed", "", "Completed"),
        ("delivery.confirmation", "delivered", "Confirmation:delivered"),
        ("delivery.salesperson", "delivered", "SalesPerson:delivered"),
        ("reminder.sent", "", "ReminderSent"),
    ] {
        assert_eq!(catalogs.get(key).unwrap().wire_status(provider).as_deref(), Some(status));
    }
    assert_eq!(catalogs.get("document.viewed").unwrap().wire_status("x"), None);
}

/// `D12`, `D21`, `D22`.
#[test]
fn the_platform_catalog_has_every_event_of_every_type() {
    let types = [
        ("user", "User Management"),
        ("spam_carrier", "Spam Protection"),
        ("company", "Company Management"),
        ("ai_agent", "AI Agent"),
        ("campaign", "Dialer"),
        ("powerlist", "Dialer"),
        ("contact", "Contact"),
        ("stage", "Pipeline"),
        ("deal", "Pipeline"),
    ];
    let events = [
        ("created", "Created", Kind::Created),
        ("updated", "Updated", Kind::Updated),
        ("deleted", "Deleted", Kind::Deleted),
        ("transferred", "Transferred", Kind::Transferred),
        ("activated", "Activated", Kind::Other),
        ("deactivated", "Deactivated", Kind::Other),
        ("assigned", "Assigned", Kind::Other),
        ("ownership_transferred", "Ownership Transferred", Kind::Transferred),
        ("status_changed", "Status Changed", Kind::Other),
    ];
    for (noun, category) in types {
        for (verb, label, kind) in events {
            let action = action("platform", &format!("{noun}.{verb}"));
            assert_eq!(
                (action.category.as_str(), action.label.as_str(), action.kind),
                (category, label, kind)
            );
        }
    }
    for (key, label) in [
        ("auth.signed_in", "Logged In"),
        ("auth.signed_out", "Logged Out"),
        ("auth.password_changed", "Password Changed"),
    ] {
        let action = action("platform", key);
        assert_eq!((action.category.as_str(), action.label.as_str()), ("Authentication", label));
    }
    assert_eq!(catalog("platform").actions().count(), types.len() * events.len() + 3);
}

#[test]
fn our_own_catalog_keeps_reads_of_the_log_in_the_category_access() {
    let access: Vec<&str> = catalog("everlog")
        .actions()
        .filter(|action| action.category == "Access")
        .map(|action| action.key.as_str())
        .collect();
    assert_eq!(access, ["session.issued", "session.started", "export.made", "trail.downloaded"]);
    for key in access {
        assert_eq!(action("everlog", key).kind, Kind::Other);
    }
    assert_eq!(action("everlog", "settings.updated").kind, Kind::Updated);
    assert_eq!(action("everlog", "document.attached").kind, Kind::Updated);
    assert_eq!(action("everlog", "invitation.deleted").kind, Kind::Deleted);
}
