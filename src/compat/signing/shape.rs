//! What `/signing/activity` answers, member by member, in the order in which they are written (T21 to T25, T35).
//!
//! Deliberately absent: null. What is optional and unknown is left out, what must be there and is unknown is an empty text.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

/// A signing process with everything that happened in it.
#[derive(ToSchema)]
#[schema(as = SigningProcess, rename_all = "camelCase")]
#[expect(dead_code, reason = "it describes; `walk` writes head, entries and tail as they come")]
pub struct Process<'a> {
    #[schema(inline)]
    #[serde(flatten)]
    head: Head<'a>,
    /// What happened, in the order of the log.
    activity_log: Vec<Entry<'a>>,
    #[schema(inline)]
    #[serde(flatten)]
    tail: Tail<'a>,
}

/// The members of a process in front of its log.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Head<'a> {
    /// Its key.
    pub process_key: &'a str,
    /// Where it stands: Created, Started, Completed, Canceled or Expired.
    pub status: &'static str,
    /// What people call it; normally the name of the document.
    pub activity_display_name: &'a str,
    /// The name of the document's file.
    pub file_name: &'a str,
}

/// The members of a process behind its log.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Tail<'a> {
    /// The people in it.
    pub signees: Vec<Signee<'a>>,
    /// Who of a sequential flow signs where; otherwise empty.
    pub sequence_signees: Vec<Sequence<'a>>,
    /// Other files that belong to it.
    pub attachment_references: Vec<Attachment<'a>>,
}

/// One thing that happened.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SigningEntry)]
pub struct Entry<'a> {
    /// Unique in the organization: its place in the log, counted from 1.
    pub id: u64,
    /// What the process was made from.
    pub flow_key: &'a str,
    /// The process it belongs to.
    pub process_key: &'a str,
    /// The signee it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signee_key: Option<&'a str>,
    /// What happened: Created, SigneeAdded, SignupSent, Started, SMS:DELIVERED, SigneeSigned, Completed,
    /// Confirmation:delivered and others; new words may come.
    pub status: String,
    /// The same for people.
    pub description: String,
    /// The program that was used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<&'a str>,
    /// The name of the document's file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_name: Option<&'a str>,
    /// When, in UTC.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Time,
    /// An e-mail address, or the name of a system.
    pub created_by: Cow<'a, str>,
    /// Whether who is asked to sign proves who they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requires_auth: Option<bool>,
    /// Whether signees sign one after the other.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign_in_order: Option<bool>,
    /// Where on the document signatures stand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature_location: Option<&'a str>,
    /// The sequence it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sequence_key: Option<&'a str>,
}

/// A person in a process.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SigningSignee)]
pub struct Signee<'a> {
    /// The process.
    pub process_key: &'a str,
    /// Their key.
    pub signee_key: &'a str,
    /// Their social security number.
    pub ssn: &'a str,
    /// Their name.
    pub name: &'a str,
    /// Street.
    pub address: &'a str,
    /// Postal code.
    pub postal_code: &'a str,
    /// Town.
    pub city: &'a str,
    /// Their phone number.
    pub phone: &'a str,
    /// Their e-mail address.
    pub email: &'a str,
    /// Qualified, Simple, ClickToSign, AdvancedVeriff or BankIdSe.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature_type: Option<&'a str>,
    /// Whether reminders are planned.
    pub has_reminders: bool,
    /// When they were added, in UTC.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Time,
    /// Who added them: an e-mail address, or the name of a system.
    pub created_by: &'a str,
    /// When one of these members last changed, in UTC. What a signee does changes none.
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Time,
}

/// Who of a sequential flow signs where.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SigningSequence)]
pub struct Sequence<'a> {
    /// Its key.
    pub sequence_key: &'a str,
    /// The signee it begins with.
    pub signee_key: &'a str,
    /// Where they sign.
    pub url: &'a str,
    /// Who signs in which process.
    pub signing_keys: Vec<SigningKey<'a>>,
}

/// Who signs in which process.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SigningKey<'a> {
    /// The signee.
    pub signee_key: &'a str,
    /// The process.
    pub process_key: &'a str,
}

/// Another file that belongs to a process.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SigningAttachment)]
pub struct Attachment<'a> {
    /// Its id.
    pub id: Cow<'a, str>,
    /// Its name.
    pub file_name: &'a str,
    /// How many bytes.
    pub content_length: u64,
    /// What kind of file.
    pub content_type: &'a str,
    /// Where it is.
    pub url: &'a str,
    /// What people say of it.
    pub description: &'a str,
    /// The process.
    pub process_key: &'a str,
    /// What it is for.
    pub attachment_type: &'a str,
    /// The signee it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signee_key: Option<&'a str>,
}

/// How many there are.
#[derive(ToSchema)]
#[schema(as = SigningTotal)]
#[expect(dead_code, reason = "it describes")]
pub struct Total {
    /// How many processes the parameters find.
    total: u64,
}

/// A time in milliseconds since 1970, written in UTC with seven digits of a second (T25).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time(pub u64);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let time = i64::try_from(self.0).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
        let time = time.unwrap_or(Timestamp::MAX);
        serializer.collect_str(&time.strftime("%Y-%m-%dT%H:%M:%S.%7fZ"))
    }
}
