//! What makes a process: the body of `POST processes`, read strictly, and the events that it becomes.
//!
//! Deliberately absent: rules. Whether there is such a process already, the writer says.

use everlog_core::event::{FieldError, OccurredAt};
use everlog_core::process::SIGNEES_MAX;
use everlog_core::process::form::{self, Misfit};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::http::problem::Problem;

/// Longest address of a file or page, in characters.
const URL_CHARS_MAX: usize = 2_000;
/// Longest name of a language (BCP 47 asks for 35).
const LOCALE_CHARS_MAX: usize = 35;
/// Most sequences, most keys in one, and most attachments: all of them are fields of one event.
const LIST_MAX: usize = 50;
/// How many faults are told of one request.
const FAULTS_MAX: usize = 20;

/// The members that stand among the metadata of the event `document.created`; the sender's own have other names.
const METADATA: &[&str] = &[
    "display_name",
    "file_name",
    "flow_key",
    "flow_type",
    "sign_in_order",
    "requires_auth",
    "signature_location",
    "expires_at",
    "locale",
    "time_zone",
    "sequences",
    "attachments",
];

/// A signing process to be made.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::http) struct ProcessRequest {
    /// 1 to 128 of `A–Z a–z 0–9 . _ : ~ -`, for ever; `sp` and 32 hex digits when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    process_key: Option<String>,
    /// What people call the document.
    display_name: String,
    /// The name of its file.
    file_name: String,
    /// What it was made from.
    #[serde(skip_serializing_if = "Option::is_none")]
    flow_key: Option<String>,
    /// By what kind of flow.
    #[serde(skip_serializing_if = "Option::is_none")]
    flow_type: Option<String>,
    /// Who starts it, as the actor of an event.
    #[schema(value_type = Object)]
    created_by: Value,
    /// Whether signees sign one after the other; false when absent.
    #[serde(skip_serializing_if = "is_not_true")]
    sign_in_order: Option<bool>,
    /// Whether every signee proves who they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    requires_auth: Option<bool>,
    /// Where on the document signatures stand.
    #[serde(skip_serializing_if = "Option::is_none")]
    signature_location: Option<SignatureLocation>,
    /// When its time is up: RFC 3339.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<OccurredAt>,
    /// The language of its Audit Trail.
    #[serde(skip_serializing_if = "Option::is_none")]
    locale: Option<String>,
    /// The IANA name of the zone of its Audit Trail.
    #[serde(skip_serializing_if = "Option::is_none")]
    time_zone: Option<String>,
    /// Who of a sequential flow signs where.
    #[serde(skip_serializing_if = "is_empty")]
    sequences: Option<Vec<Sequence>>,
    /// Other files.
    #[serde(skip_serializing_if = "is_empty")]
    attachments: Option<Vec<Attachment>>,
    /// What else it is about, as the targets of an event.
    #[schema(value_type = Option<Vec<Object>>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    targets: Option<Vec<Value>>,
    /// Whatever else the sender keeps with it; the names of the members above are taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Map<String, Value>>,
    /// The people in it, at most 500; more can be added later.
    signees: Vec<SigneeRequest>,
}

/// Where on a document signatures stand.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
enum SignatureLocation {
    TopFirstPage,
    BottomLastPage,
}

/// How a signature is made.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
enum SignatureType {
    Qualified,
    Simple,
    ClickToSign,
    AdvancedVeriff,
    BankIdSe,
}

/// One signee's part of a sequential flow.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Sequence {
    sequence_key: String,
    signee_key: String,
    url: String,
    signing_keys: Vec<SigningKey>,
}

/// The key of a signee in a process of a sequential flow.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SigningKey {
    signee_key: String,
    process_key: String,
}

/// A file beside the document.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Attachment {
    id: String,
    file_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_length: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attachment_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signee_key: Option<String>,
}

/// A person to sign.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SigneeRequest {
    /// As `process_key`; `si` and 32 hex digits when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    signee_key: Option<String>,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ssn: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    postal_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    city: Option<String>,
    /// Whether the process waits for them; true when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    required: Option<bool>,
    /// Their place when signees sign in order; the place in this list when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature_type: Option<SignatureType>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth: Option<AuthRequest>,
    /// When their time is up: RFC 3339.
    #[schema(value_type = Option<String>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<OccurredAt>,
    /// Whether reminders are planned.
    #[serde(skip_serializing_if = "Option::is_none")]
    has_reminders: Option<bool>,
}

/// By what a signee proves who they are.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AuthRequest {
    #[serde(skip_serializing_if = "is_not_true")]
    sms: Option<bool>,
    #[serde(skip_serializing_if = "is_not_true")]
    otp: Option<bool>,
    #[serde(skip_serializing_if = "is_not_true")]
    pin: Option<bool>,
    #[serde(skip_serializing_if = "is_not_true")]
    id_check: Option<bool>,
}

/// What is not true is the default, and defaults are not recorded.
#[expect(clippy::ref_option, reason = "serde gives it so")]
fn is_not_true(flag: &Option<bool>) -> bool {
    *flag != Some(true)
}

#[expect(clippy::ref_option, reason = "serde gives it so")]
fn is_empty<T>(list: &Option<Vec<T>>) -> bool {
    list.as_ref().is_none_or(Vec::is_empty)
}

/// A process that can be made: every key is there and every member is well.
pub(super) struct NewProcess {
    /// The key of the process.
    pub key: String,
    /// The keys of the signees, as they were sent.
    pub signee_keys: Vec<String>,
    request: ProcessRequest,
}

impl ProcessRequest {
    /// Checks every member. Keys that the sender left out come from `new_key`, given what they begin with.
    ///
    /// # Errors
    /// Names the members that are at fault.
    pub(super) fn check(mut self, new_key: impl Fn(&str) -> String) -> Result<NewProcess, Problem> {
        let mut faults = Faults::default();
        faults.of_process(&self);
        if !faults.0.is_empty() {
            return Err(Problem::invalid(faults.0));
        }
        let key = self.process_key.take().unwrap_or_else(|| new_key("sp"));
        for signee in &mut self.signees {
            signee.signee_key.get_or_insert_with(|| new_key("si"));
        }
        let signee_keys = self.signees.iter().filter_map(|signee| signee.signee_key.clone()).collect();
        Ok(NewProcess { key, signee_keys, request: self })
    }
}

impl NewProcess {
    /// Checks that nothing of it is over before it begins.
    ///
    /// # Errors
    /// Names the times that have passed.
    pub fn check_times(&self, now_ms: u64) -> Result<(), Problem> {
        let process = ("/expires_at".to_owned(), &self.request.expires_at);
        let signees = self.request.signees.iter().enumerate();
        let signees = signees.map(|(at, signee)| (format!("/signees/{at}/expires_at"), &signee.expires_at));
        let mut faults = Faults::default();
        for (pointer, time) in std::iter::once(process).chain(signees) {
            if time.as_ref().is_some_and(|time| time.ms() <= now_ms) {
                faults.add(pointer, "invalid_value", "this time has passed");
            }
        }
        if faults.0.is_empty() { Ok(()) } else { Err(Problem::invalid(faults.0)) }
    }

    /// The events that make it: the creation, and each signee.
    pub fn into_events(self) -> Vec<Value> {
        let Self { key, signee_keys, request } = self;
        let document = json!({"type": "document", "id": key, "name": request.display_name});
        let added = request.signees.iter().zip(&signee_keys).map(|(signee, signee_key)| {
            json!({
                "action": "signee.added", "actor": {"type": "system"}, "process": key, "signee": signee_key,
                "targets": [document], "metadata": {"signee": signee},
            })
        });
        let added: Vec<Value> = added.collect();
        let mut members = match serde_json::to_value(&request) {
            Ok(Value::Object(members)) => members,
            _ => Map::new(),
        };
        let mut metadata = request.metadata.unwrap_or_default();
        metadata.extend(METADATA.iter().filter_map(|name| members.remove_entry(*name)));
        let mut targets = vec![document];
        targets.extend(request.targets.unwrap_or_default());
        let created = json!({
            "action": "document.created", "actor": request.created_by, "process": key, "targets": targets,
            "metadata": metadata,
        });
        std::iter::once(created).chain(added).collect()
    }
}

/// Where in the request a fault of the event `document.created` lies.
pub(super) fn in_request(mut fault: FieldError) -> FieldError {
    if let Some(rest) = fault.pointer.strip_prefix("/actor") {
        fault.pointer = format!("/created_by{rest}");
        fault.message = fault.message.replacen("actor", "created_by", 1);
    } else if let Some(rest) = fault.pointer.strip_prefix("/targets/") {
        let (at, rest) =
            rest.split_once('/').map_or((rest, String::new()), |(at, rest)| (at, format!("/{rest}")));
        // The document itself is the first target of the event.
        let at = at.parse::<usize>().map_or_else(|_| at.to_owned(), |at| at.saturating_sub(1).to_string());
        fault.pointer = format!("/targets/{at}{rest}");
    }
    fault
}

/// What is wrong, and where.
#[derive(Default)]
struct Faults(Vec<FieldError>);

impl Faults {
    fn add(&mut self, pointer: String, code: &'static str, message: impl Into<String>) {
        if self.0.len() < FAULTS_MAX {
            self.0.push(FieldError { pointer, code, message: message.into() });
        }
    }

    fn of_process(&mut self, request: &ProcessRequest) {
        self.key("/process_key", request.process_key.as_deref());
        self.text("/display_name", Some(&request.display_name));
        self.text("/file_name", Some(&request.file_name));
        self.text("/flow_key", request.flow_key.as_deref());
        self.text("/flow_type", request.flow_type.as_deref());
        self.locale(request.locale.as_deref());
        if request.time_zone.as_deref().is_some_and(|name| TimeZone::get(name).is_err()) {
            let message = "expected the name of a time zone, such as Europe/Berlin";
            self.add("/time_zone".to_owned(), "invalid_value", message);
        }
        for name in
            request.metadata.iter().flat_map(Map::keys).filter(|name| METADATA.contains(&name.as_str()))
        {
            let message = format!("{name} is a member of the process itself and cannot be metadata too");
            self.add(format!("/metadata/{name}"), "reserved_member", message);
        }
        self.sequences(request.sequences.as_deref().unwrap_or_default());
        self.attachments(request.attachments.as_deref().unwrap_or_default());
        self.signees(&request.signees);
    }

    fn sequences(&mut self, sequences: &[Sequence]) {
        self.length("/sequences", sequences.len(), LIST_MAX, "sequences");
        for (at, sequence) in sequences.iter().enumerate().take(LIST_MAX) {
            let at = format!("/sequences/{at}");
            self.text(&format!("{at}/sequence_key"), Some(&sequence.sequence_key));
            self.key(&format!("{at}/signee_key"), Some(&sequence.signee_key));
            self.url(&format!("{at}/url"), Some(&sequence.url));
            let keys = &sequence.signing_keys;
            self.length(&format!("{at}/signing_keys"), keys.len(), LIST_MAX, "keys");
            for (place, key) in keys.iter().enumerate().take(LIST_MAX) {
                let at = format!("{at}/signing_keys/{place}");
                self.key(&format!("{at}/signee_key"), Some(&key.signee_key));
                self.key(&format!("{at}/process_key"), Some(&key.process_key));
            }
        }
    }

    fn attachments(&mut self, attachments: &[Attachment]) {
        self.length("/attachments", attachments.len(), LIST_MAX, "attachments");
        for (at, attachment) in attachments.iter().enumerate().take(LIST_MAX) {
            let at = format!("/attachments/{at}");
            self.text(&format!("{at}/id"), Some(&attachment.id));
            self.text(&format!("{at}/file_name"), Some(&attachment.file_name));
            self.text(&format!("{at}/content_type"), attachment.content_type.as_deref());
            self.url(&format!("{at}/url"), attachment.url.as_deref());
            self.text(&format!("{at}/description"), attachment.description.as_deref());
            self.text(&format!("{at}/attachment_type"), attachment.attachment_type.as_deref());
            self.key(&format!("{at}/signee_key"), attachment.signee_key.as_deref());
        }
    }

    fn signees(&mut self, signees: &[SigneeRequest]) {
        self.length("/signees", signees.len(), SIGNEES_MAX, "signees");
        let mut keys = std::collections::HashSet::new();
        for (at, signee) in signees.iter().enumerate().take(SIGNEES_MAX) {
            let at = format!("/signees/{at}");
            let pointer = |name: &str| format!("{at}/{name}");
            self.key(&pointer("signee_key"), signee.signee_key.as_deref());
            if signee.signee_key.as_ref().is_some_and(|key| !keys.insert(key)) {
                self.add(pointer("signee_key"), "duplicate", "another signee has this key");
            }
            self.text(&pointer("name"), Some(&signee.name));
            self.formed(&pointer("email"), signee.email.as_deref(), form::email);
            self.formed(&pointer("phone"), signee.phone.as_deref(), form::phone);
            let texts = [
                ("ssn", &signee.ssn),
                ("address", &signee.address),
                ("postal_code", &signee.postal_code),
                ("city", &signee.city),
                ("role", &signee.role),
            ];
            for (name, text) in texts {
                self.text(&pointer(name), text.as_deref());
            }
        }
    }

    fn length(&mut self, pointer: &str, length: usize, max: usize, what: &str) {
        if length > max {
            self.add(pointer.to_owned(), "too_many", format!("at most {max} {what}, and these are {length}"));
        }
    }

    fn formed(&mut self, pointer: &str, value: Option<&str>, form: fn(&str) -> Result<(), Misfit>) {
        if let Some(Err(misfit)) = value.map(form) {
            self.add(pointer.to_owned(), misfit.code, misfit.expected);
        }
    }

    fn key(&mut self, pointer: &str, key: Option<&str>) {
        self.formed(pointer, key, form::key);
    }

    fn text(&mut self, pointer: &str, text: Option<&str>) {
        self.formed(pointer, text, form::text);
    }

    fn url(&mut self, pointer: &str, url: Option<&str>) {
        let Some(url) = url else { return };
        let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        let is_odd = |c: char| c.is_control() || c.is_whitespace();
        let fits = host.is_some_and(|host| !host.is_empty()) && !url.contains(is_odd);
        if !fits || url.chars().count() > URL_CHARS_MAX {
            let message = format!(
                "an address that begins with https:// or http://, at most {URL_CHARS_MAX} characters"
            );
            self.add(pointer.to_owned(), "invalid_value", message);
        }
    }

    fn locale(&mut self, locale: Option<&str>) {
        let Some(locale) = locale else { return };
        let mut parts = locale.split('-');
        let is_word = |part: &str, min: usize| {
            (min..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        let is_language = parts
            .next()
            .is_some_and(|part| is_word(part, 2) && part.bytes().all(|it| it.is_ascii_alphabetic()));
        if !(is_language && parts.all(|part| is_word(part, 1))) || locale.len() > LOCALE_CHARS_MAX {
            self.add("/locale".to_owned(), "invalid_value", "the name of a language, such as is or pt-BR");
        }
    }
}
