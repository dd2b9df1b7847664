//! A PDF that carries its evidence, checked: the seal over all of it, the document at its beginning or inside, the bundle,
//! and that the trail says what the bundle says.
//!
//! Deliberately absent: the pages as they look. The seal is over them; what is drawn on them nothing reads.

use everlog_core::bundle::{Fault, Report, Trust};
use everlog_core::hex::Hex;
use everlog_core::leaf::Hash;
use everlog_core::process::Attached;
use memchr::memmem;
use sha2::{Digest, Sha256};

use crate::evidence::compare::{Shown, is_hash_of};
use crate::evidence::{BundleCheck, Verdict, check_bundle};
use crate::trail::check::{Checked, Seal, SealState, check};
use crate::trail::model::{FORMAT, Placement, Trail};

/// What stands in every file that we sealed, beside the range of its seal: the name of its field and that of a file inside.
/// Where one was changed, the other is left.
const SEAL_MARKS: [&str; 2] = ["(Everlog seal)", BUNDLE];
/// What says over which bytes a seal is.
const SEAL_RANGE: &[u8] = b"/ByteRange";
/// What the bundle inside is called.
pub const BUNDLE: &str = "everlog-bundle.jsonl";
/// What the trail inside is called.
pub const TRAIL: &str = "audit-trail.json";

/// What a PDF is worth, part by part.
#[derive(Debug)]
pub struct PdfCheck {
    /// The seal, where there is one that holds.
    pub seal: Option<Box<Seal>>,
    /// Whether the seal's certificate is one that was pinned; nothing where none was.
    pub seal_pinned: Option<bool>,
    /// What holds of the bundle.
    pub report: Option<Report>,
    /// How document and trail are one file.
    pub placement: Option<Placement>,
    /// The document, as the log knows it.
    pub document: Option<Attached>,
    /// How many events of the process there are.
    pub event_count: usize,
    /// SHA-256 of the bundle, which a code on paper names.
    pub bundle_sha256: Option<Hash>,
    /// What does not hold, the gravest first.
    pub faults: Vec<PdfFault>,
    /// Whether there is anything of ours in it.
    is_known: bool,
}

/// What can be wrong with a PDF.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PdfFault {
    /// It cannot be read, or nothing in it is ours.
    #[error("this is no sealed Audit Trail: {0}")]
    Unknown(String),
    /// It bears no seal: pages may have been changed.
    #[error("it bears no seal, so its pages may have been changed")]
    Unsealed,
    /// It bears our seal and cannot be read: whatever we seal can.
    #[error("it bears a seal of Everlog and was changed after it was sealed, so that it cannot be read: {0}")]
    Unreadable(String),
    /// Our seal stands in it, and is not where a reader of the file finds it.
    #[error(
        "it bears a seal of Everlog that a reader of the file is led past: it was changed after it was sealed"
    )]
    Hidden,
    /// It is not what was sealed.
    #[error("the seal is broken: {0}")]
    Altered(&'static str),
    /// Somebody else sealed it.
    #[error("it was sealed with another certificate than the one you trust, with that of fingerprint {0}")]
    OtherSeal(String),
    /// A file inside is missing, or there are two of the name.
    #[error("it holds no file {0}, or more than one")]
    Missing(&'static str),
    /// The bundle does not hold.
    #[error("the evidence in it does not hold: {0}")]
    Bundle(String),
    /// The events are not of one process, or not shown.
    #[error("the evidence in it is not that of one process: {0}")]
    Events(String),
    /// The document is another one.
    #[error("the document in it is not the one that was attached when the process began")]
    Document,
    /// The trail cannot be read.
    #[error("its audit-trail.json is not one that this program can read")]
    Trail,
    /// The trail says something else.
    #[error("its audit-trail.json does not say what the evidence says, at {0}")]
    Differs(String),
}

impl PdfCheck {
    /// What it is worth.
    pub fn verdict(&self) -> Verdict {
        match (self.is_known, self.faults.is_empty()) {
            (false, _) => Verdict::Unknown,
            (true, true) => Verdict::Holds,
            (true, false) => Verdict::Fails,
        }
    }

    fn unknown(why: impl Into<String>) -> Self {
        Self { faults: vec![PdfFault::Unknown(why.into())], ..Self::nothing() }
    }

    fn altered(fault: PdfFault) -> Self {
        Self { is_known: true, faults: vec![fault], ..Self::nothing() }
    }

    fn nothing() -> Self {
        Self {
            seal: None,
            seal_pinned: None,
            report: None,
            placement: None,
            document: None,
            event_count: 0,
            bundle_sha256: None,
            faults: Vec::new(),
            is_known: false,
        }
    }
}

/// Whether a file plainly was sealed by us once, whatever became of it since.
pub fn bears_our_seal(file: &[u8]) -> bool {
    let holds = |mark: &[u8]| memmem::find(file, mark).is_some();
    holds(SEAL_RANGE) && SEAL_MARKS.iter().any(|mark| holds(mark.as_bytes()))
}

/// Checks a PDF. `seals` are the fingerprints of certificates that may have sealed; with none, the seal's is told.
pub fn check_pdf(pdf: &[u8], trust: &Trust, seals: &[Hash]) -> PdfCheck {
    let checked = match check(pdf) {
        Ok(checked) => checked,
        Err(why) if bears_our_seal(pdf) => return PdfCheck::altered(PdfFault::Unreadable(why.to_string())),
        Err(why) => return PdfCheck::unknown(why.to_string()),
    };
    let has_ours = checked.attachments.iter().any(|it| it.name == BUNDLE || it.name == TRAIL);
    if !has_ours && matches!(checked.seal, SealState::Missing) {
        if bears_our_seal(pdf) {
            return PdfCheck::altered(PdfFault::Hidden);
        }
        return PdfCheck::unknown("it bears no seal and carries no evidence");
    }
    let mut found = PdfCheck { is_known: true, ..PdfCheck::nothing() };
    check_seal(&checked.seal, seals, &mut found);
    let shown = check_events(&checked, trust, &mut found);
    let said = read_trail(&checked, &mut found);
    if let Some(shown) = &shown {
        found.event_count = shown.count();
        found.document = shown.document().cloned();
        check_document(pdf, &checked, said.as_ref(), &mut found);
    }
    if let (Some(shown), Some(said)) = (&shown, &said) {
        let at = verification(&checked, said, found.report.as_ref()).or_else(|| shown.differs(said));
        found.faults.extend(at.map(PdfFault::Differs));
    }
    found
}

fn check_seal(state: &SealState, seals: &[Hash], found: &mut PdfCheck) {
    match state {
        SealState::Missing => found.faults.push(PdfFault::Unsealed),
        SealState::Altered(why) => found.faults.push(PdfFault::Altered(why)),
        SealState::Intact(seal) => {
            let fingerprint = seal.certificate.fingerprint();
            let is_pinned = seals.contains(&fingerprint);
            if !seals.is_empty() && !is_pinned {
                found.faults.push(PdfFault::OtherSeal(Hex(&fingerprint).to_string()));
            }
            found.seal_pinned = (!seals.is_empty()).then_some(is_pinned);
            found.seal = Some(seal.clone());
        }
    }
}

/// The events of the bundle, when it holds and they are of one process.
fn check_events(checked: &Checked, trust: &Trust, found: &mut PdfCheck) -> Option<Shown> {
    let Some(bundle) = checked.attachment(BUNDLE) else {
        found.faults.push(PdfFault::Missing(BUNDLE));
        return None;
    };
    found.bundle_sha256 = Some(Sha256::digest(&bundle.bytes).into());
    let (mut shown, mut unfit) = (Shown::default(), None);
    let check = check_bundle(bundle.bytes.as_slice(), trust, &mut |line| {
        if unfit.is_none() {
            unfit = shown.add(line).err();
        }
        Ok(())
    });
    match check {
        Ok(BundleCheck(Ok(report))) => found.report = Some(report),
        Ok(BundleCheck(Err(why))) => {
            let place =
                if matches!(why.fault, Fault::NotTrusted(_)) { String::new() } else { format!("{why}: ") };
            found.faults.push(PdfFault::Bundle(format!("{place}{}", why.fault)));
            return None;
        }
        // Memory can always be read.
        Err(why) => {
            found.faults.push(PdfFault::Bundle(why.to_string()));
            return None;
        }
    }
    if let Some(why) = unfit {
        found.faults.push(PdfFault::Events(why.to_string()));
        return None;
    }
    Some(shown)
}

/// The trail as data: exactly the members that there are, written as they are written.
fn read_trail(checked: &Checked, found: &mut PdfCheck) -> Option<Trail> {
    let Some(file) = checked.attachment(TRAIL) else {
        found.faults.push(PdfFault::Missing(TRAIL));
        return None;
    };
    let said: Option<Trail> = serde_json::from_slice(&file.bytes).ok();
    // Another spelling could hold what a reader takes for something else.
    let said =
        said.filter(|said| said.format == FORMAT && said.to_json().is_ok_and(|bytes| bytes == file.bytes));
    if said.is_none() {
        found.faults.push(PdfFault::Trail);
    }
    said
}

/// The document that was attached is the first bytes of the file, or a file inside; a trail alone has none.
fn check_document(pdf: &[u8], checked: &Checked, said: Option<&Trail>, found: &mut PdfCheck) {
    let Some(document) = &found.document else { return };
    let is_it = |bytes: &[u8]| bytes.len() as u64 == document.size && is_hash_of(&document.sha256, bytes);
    let size = usize::try_from(document.size).unwrap_or(usize::MAX);
    if pdf.get(..size).is_some_and(is_it) {
        found.placement = Some(Placement::Appended);
    } else if checked.attachments.iter().any(|it| is_it(&it.bytes)) {
        found.placement = Some(Placement::Container);
    } else {
        found.placement = Some(Placement::Alone);
    }
    let claimed = said.and_then(|said| said.seal.as_ref()).map(|seal| seal.placement);
    if claimed.is_some_and(|claimed| claimed != Placement::Alone && Some(claimed) != found.placement) {
        found.faults.push(PdfFault::Document);
    }
}

/// Where what a trail says about its own checking is not so.
fn verification(checked: &Checked, said: &Trail, report: Option<&Report>) -> Option<String> {
    let sealed = match &checked.seal {
        SealState::Intact(seal) => Some(Hex(&seal.certificate.fingerprint()).to_string()),
        _ => None,
    };
    let claimed = said.seal.as_ref().and_then(|seal| seal.certificate_sha256.as_ref());
    if claimed.is_some() && sealed.is_some() && claimed != sealed.as_ref() {
        return Some("/seal/certificate_sha256".to_owned());
    }
    let (said, bundle) = (&said.verification, checked.attachment(BUNDLE)?);
    let header = &report?.header;
    let is_it = |said: &Option<String>, is: &dyn Fn(&str) -> bool| said.as_deref().is_none_or(is);
    let wrong = if !is_it(&said.log_key, &|it| it == header.key) {
        "log_key"
    } else if !is_it(&said.checkpoint, &|it| it == header.checkpoint) {
        "checkpoint"
    } else if !is_it(&said.bundle_sha256, &|it| is_hash_of(it, &bundle.bytes)) {
        "bundle_sha256"
    } else {
        return None;
    };
    Some(format!("/verification/{wrong}"))
}
