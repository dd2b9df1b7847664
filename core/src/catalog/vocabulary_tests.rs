//! The words of the shipped catalogs, row by row. Deliberately absent: counts and rules, which `shipped_tests` holds.

#![allow(clippy::unwrap_used)]

use super::{Kind, Tone, shipped};

/// `L20` to `L51`: key, category, kind.
#[test]
fn the_documents_categories_and_kinds_are_those_of_the_vocabulary() {
    use Kind::{Created, Deleted, Other, Updated};
    let catalog = shipped("documents").unwrap();
    for (key, category, kind) in [
        ("document.created", "Document", Created),
        ("invitation.sent", "Document", Other),
        ("document.signed", "Document", Other),
        ("document.completed", "Document", Other),
        ("document.declined", "Document", Other),
        ("document.deleted", "Document", Deleted),
        ("invitation.resent", "Invitation", Other),
        ("invitation.reinvited", "Invitation", Other),
        ("invitation.timed_out", "Invitation", Other),
        ("verification.failed", "Verification", Other),
        ("verification.failed_after_sign", "Verification", Other),
        ("signing.retries_exhausted", "Verification", Other),
        ("stamp.used", "Stamp", Other),
        ("stamp.reversed", "Stamp", Other),
        ("stamp.expiry_extended", "Stamp", Updated),
        ("stamp.series_created", "Stamp", Created),
        ("template.created", "Template & workflow", Created),
        ("workflow.created", "Template & workflow", Created),
        ("workflow.updated", "Template & workflow", Updated),
        ("workflow.published", "Template & workflow", Updated),
        ("workflow.deleted", "Template & workflow", Deleted),
        ("auth.signed_in", "Authentication", Other),
        ("auth.signed_out", "Authentication", Other),
        ("payment.authorised", "Payment", Other),
        ("payment.captured", "Payment", Other),
        ("payment.capture_failed", "Payment", Other),
        ("payment.reversed", "Payment", Other),
        ("contact.deleted", "Contact", Deleted),
        ("contact.sent", "Contact", Other),
        ("contact.shared", "Contact", Other),
    ] {
        let action = catalog.get(key).unwrap();
        assert_eq!((action.category.as_str(), action.kind), (category, kind), "{key}");
    }
}

/// `C10`, with `C05`, `C07`, `C11`, `C13` to `C17` in its columns: key, label, category, kind, tone.
#[test]
fn every_workspace_action_has_the_words_of_the_table() {
    use Kind::{Created, Deleted, Other, Updated};
    use Tone::{Bad, Good, Neutral};
    let catalog = shipped("workspace").unwrap();
    let table = [
        ("lead.created", "Lead Created", "Leads", Created, Good),
        ("lead.updated", "Lead Updated", "Leads", Updated, Neutral),
        ("lead.status_changed", "Lead Status Changed", "Leads", Updated, Neutral),
        ("lead.assigned", "Lead Assigned", "Leads", Updated, Neutral),
        ("lead.deleted", "Lead Deleted", "Leads", Deleted, Bad),
        ("lead.bulk_deleted", "Lead Bulk Deleted", "Leads", Deleted, Bad),
        ("lead.bulk_status_changed", "Lead Bulk Status Changed", "Leads", Updated, Neutral),
        ("client.created", "Client Created", "Clients", Created, Good),
        ("client.updated", "Client Updated", "Clients", Updated, Neutral),
        ("client.status_changed", "Client Status Changed", "Clients", Updated, Neutral),
        ("client.deleted", "Client Deleted", "Clients", Deleted, Bad),
        ("client.bulk_deleted", "Client Bulk Deleted", "Clients", Deleted, Bad),
        ("client.bulk_status_changed", "Client Bulk Status Changed", "Clients", Updated, Neutral),
        ("task.created", "Task Created", "Tasks", Created, Good),
        ("task.updated", "Task Updated", "Tasks", Updated, Neutral),
        ("task.status_changed", "Task Status Changed", "Tasks", Updated, Neutral),
        ("task.deleted", "Task Deleted", "Tasks", Deleted, Bad),
        ("task.bulk_deleted", "Task Bulk Deleted", "Tasks", Deleted, Bad),
        ("task.bulk_status_changed", "Task Bulk Status Changed", "Tasks", Updated, Neutral),
        ("task.bulk_assignee_changed", "Task Bulk Assignee Changed", "Tasks", Updated, Neutral),
        ("task.bulk_client_changed", "Task Bulk Client Changed", "Tasks", Updated, Neutral),
        ("timesheet.created", "Timesheet Created", "Timesheets", Created, Good),
        ("timesheet.updated", "Timesheet Updated", "Timesheets", Updated, Neutral),
        ("timesheet.deleted", "Timesheet Deleted", "Timesheets", Deleted, Bad),
        ("timesheet.bulk_deleted", "Timesheet Bulk Deleted", "Timesheets", Deleted, Bad),
        ("timesheet.week_saved", "Timesheet Week Saved", "Timesheets", Updated, Neutral),
        ("member.invited", "Member Invited", "Members", Created, Good),
        ("member.joined", "Member Joined", "Members", Created, Good),
        ("member.removed", "Member Removed", "Members", Deleted, Bad),
        ("member.role_changed", "Member Role Changed", "Members", Updated, Neutral),
        ("member.invitation_canceled", "Invitation Cancelled", "Members", Deleted, Bad),
        ("organization.updated", "Organization Updated", "Organization", Updated, Neutral),
        ("organization.deleted", "Organization Deleted", "Organization", Deleted, Bad),
        ("file.created", "File Created", "Files", Created, Good),
        ("file.updated", "File Updated", "Files", Updated, Neutral),
        ("file.deleted", "File Deleted", "Files", Deleted, Bad),
        ("file.bulk_deleted", "File Bulk Deleted", "Files", Deleted, Bad),
        ("file.embedding_completed", "File Embedding Completed", "Files", Other, Good),
        ("file.embedding_failed", "File Embedding Failed", "Files", Other, Bad),
        ("file.embedding_reprocessed", "File Embedding Reprocessed", "Files", Other, Neutral),
        ("file.bulk_reprocessed", "File Bulk Reprocessed", "Files", Other, Neutral),
        ("note.created", "Note Created", "Notes", Created, Good),
        ("note.updated", "Note Updated", "Notes", Updated, Neutral),
        ("note.deleted", "Note Deleted", "Notes", Deleted, Bad),
        ("note.bulk_deleted", "Note Bulk Deleted", "Notes", Deleted, Bad),
        ("note.reprocessed", "Note Reprocessed", "Notes", Other, Neutral),
        ("note.bulk_reprocessed", "Note Bulk Reprocessed", "Notes", Other, Neutral),
        ("note_tag.created", "Note Tag Created", "Notes", Created, Good),
        ("note_tag.deleted", "Note Tag Deleted", "Notes", Deleted, Bad),
        ("api_key.created", "API Key Created", "API Keys", Created, Good),
        ("api_key.revoked", "API Key Revoked", "API Keys", Deleted, Bad),
        ("calendar_event.created", "Event Created", "Events", Created, Good),
        ("calendar_event.updated", "Event Updated", "Events", Updated, Neutral),
        ("calendar_event.deleted", "Event Deleted", "Events", Deleted, Bad),
        ("calendar_event.bulk_deleted", "Event Bulk Deleted", "Events", Deleted, Bad),
        ("calendar_event.bulk_assignee_changed", "Event Bulk Assignee Changed", "Events", Updated, Neutral),
        ("calendar_event.bulk_client_changed", "Event Bulk Client Changed", "Events", Updated, Neutral),
        ("meeting.created", "Meeting Created", "Meetings", Created, Good),
        ("meeting.updated", "Meeting Updated", "Meetings", Updated, Neutral),
        ("meeting.canceled", "Meeting Canceled", "Meetings", Updated, Bad),
        ("meeting.approved", "Meeting Approved", "Meetings", Updated, Good),
        ("meeting.rejected", "Meeting Rejected", "Meetings", Updated, Bad),
        ("meeting.deleted", "Meeting Deleted", "Meetings", Deleted, Bad),
        ("meeting.bulk_deleted", "Meeting Bulk Deleted", "Meetings", Deleted, Bad),
        ("meeting.bulk_client_changed", "Meeting Bulk Client Changed", "Meetings", Updated, Neutral),
        ("subscription.canceled", "Subscription Canceled", "Subscription", Updated, Bad),
        ("subscription.reactivated", "Subscription Reactivated", "Subscription", Updated, Good),
        ("subscription.plan_changed", "Plan Changed", "Subscription", Updated, Neutral),
        ("subscription.seats_updated", "Seats Updated", "Subscription", Updated, Neutral),
    ];
    for (key, label, category, kind, tone) in table {
        let action = catalog.get(key).unwrap();
        let words = (action.label.as_str(), action.category.as_str(), action.kind, action.tone);
        assert_eq!(words, (label, category, kind, tone), "{key}");
    }
    assert_eq!(catalog.actions().count(), table.len());
}

/// `D12`, `D21`, `D22`: created green, deleted red.
#[test]
fn the_platform_colours_follow_the_event() {
    for action in shipped("platform").unwrap().actions() {
        match action.kind {
            Kind::Created => assert_eq!(action.tone, Tone::Good, "{}", action.key),
            Kind::Deleted => assert_eq!(action.tone, Tone::Bad, "{}", action.key),
            Kind::Updated | Kind::Transferred | Kind::Other => {
                assert!(!matches!(action.tone, Tone::Bad), "{}", action.key);
            }
        }
    }
}
