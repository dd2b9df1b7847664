//! One store copied into another, whatever each is: every log with its positions, leaves and salts, so that what was proven
//! of the one holds for the other.
//!
//! Deliberately absent: what is made of the log (index, states) and made anew, and tokens of receipts, which matter for
//! minutes. Broken off anywhere, the copy goes on where it stopped when it is begun again.

use std::collections::{BTreeMap, HashSet};
use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::Arc;

use everlog_core::erasure::Salts;
use everlog_core::event::Document;
use everlog_core::ids::Seq;
use everlog_core::leaf::{Hash, Seed};
use serde_json::Value;

use crate::blobs::{BlobError, Blobs};
use crate::fsck;
use crate::log::{self, coded};
use crate::store::stream::MessagePlace;
use crate::store::{EVIDENCE_PREFIX, Head, OrgCode, OrganizationRow, Row, Store, StoreError, Transaction};

/// How many events are copied in one transaction.
const GROUP_EVENTS: usize = 1_000;
/// How many dead letters are read together.
const GROUP_LETTERS: usize = 500;
/// The kinds of credentials that organizations have.
const CREDENTIALS: &[&str] = &["key", "session", "session_code", "download_code"];
/// Named values of the installation that are not told by a log.
const NAMED: &[&str] = &["cursor_key"];
/// The file in a directory that is being copied into.
const MARK: &str = "copying";

/// Why a copy cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// One of the stores cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Documents cannot be read or kept.
    #[error(transparent)]
    Blob(#[from] BlobError),
    /// That it is being made cannot be noted.
    #[error("that a copy is being made cannot be noted in its directory")]
    Mark(#[source] io::Error),
    /// It was broken off.
    #[error(
        "{0} is a copy that was broken off, and not whole: the same `everlog copy --from … --to {0}` goes on where it stopped"
    )]
    Half(String),
    /// The target holds something that is not from this source.
    #[error("the target is no copy of this log: {0}")]
    Foreign(String),
}

/// What was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Copied {
    /// Organizations in the copy.
    pub organizations: u64,
    /// Events in the copy.
    pub events: u64,
    /// Of them, those that were copied now.
    pub new_events: u64,
    /// Documents that were copied now.
    pub documents: u64,
    /// Documents that no process names: they are left where they are.
    pub unnamed_documents: u64,
}

/// Says that a directory is being copied into, until [`end`] does away with it. What holds another log is left as it was.
///
/// # Errors
/// When the target is no copy of this log, or cannot be written.
pub fn begin(from: &dyn Store, to: &dyn Store, directory: &Path) -> Result<(), CopyError> {
    for there in to.organizations()? {
        let foreign = |what: &str| CopyError::Foreign(format!("{} {what}", there.id));
        let Some(here) = from.organization(&there.id)? else {
            return Err(foreign("is not here"));
        };
        if here.log_id != there.log_id || here.code != there.code {
            return Err(foreign("is another organization there"));
        }
        let (size, longest) = (to.head(there.code)?.size, from.head(here.code)?.size);
        let Some(last) = size.0.checked_sub(1).map(Seq) else { continue };
        let leaf = |store: &dyn Store| {
            let rows = store.rows(there.code, &[last]);
            rows.map(|rows| rows.first().map(|row| row.leaf_hash))
        };
        if size > longest || leaf(from)? != leaf(to)? {
            return Err(foreign("has a log that went on by itself there"));
        }
    }
    let mark = directory.join(MARK);
    File::create(mark).and_then(|mark| mark.sync_all()).map_err(CopyError::Mark)?;
    File::open(directory).and_then(|it| it.sync_all()).map_err(CopyError::Mark)
}

/// Says that a directory holds a whole copy.
///
/// # Errors
/// When it cannot be written.
pub fn end(directory: &Path) -> Result<(), CopyError> {
    fs::remove_file(directory.join(MARK)).map_err(CopyError::Mark)?;
    File::open(directory).and_then(|it| it.sync_all()).map_err(CopyError::Mark)
}

/// Refuses a directory that was copied into and not to the end.
///
/// # Errors
/// When it is one.
pub fn refuse_half(directory: &Path) -> Result<(), CopyError> {
    if directory.join(MARK).exists() {
        return Err(CopyError::Half(directory.display().to_string()));
    }
    Ok(())
}

/// Copies everything that the target does not hold yet. Nobody else may write to either. `progress` hears of events.
///
/// # Errors
/// When a store cannot be read or written, or the target holds other logs.
pub fn copy(
    from: (&dyn Store, &Arc<Blobs>),
    to: (&dyn Store, &Arc<Blobs>),
    progress: &dyn Fn(u64),
) -> Result<Copied, CopyError> {
    let mut copied = Copied::default();
    let mut orgs = from.0.organizations()?;
    // A code says which organization it was: it gets the same when they are made in their order.
    orgs.sort_by_key(|org| org.code);
    for org in &orgs {
        organization(to.0, org)?;
        copied.new_events += events(from.0, to.0, org.code, progress)?;
        erasures(from.0, to.0, org.code)?;
        beside(from.0, to.0, org.code)?;
        log::rebuild(to.0, org.code)?;
        let named = fsck::named_now(from.0, org.code)?;
        documents(from.1, to.1, org.code, &named, &mut copied)?;
        let (there, here) = (from.0.head(org.code)?, to.0.head(org.code)?);
        if there != here {
            return Err(CopyError::Foreign(format!("the log of {} ends differently", org.id)));
        }
        copied.organizations += 1;
        copied.events += here.size.0;
    }
    credentials(from.0, to.0, None, "vendor_key")?;
    for name in NAMED {
        named(from.0, to.0, name)?;
    }
    Ok(copied)
}

fn organization(to: &dyn Store, org: &OrganizationRow) -> Result<(), CopyError> {
    match to.organization(&org.id)? {
        Some(there) if there.log_id != org.log_id || there.code != org.code => {
            Err(CopyError::Foreign(format!("{} is another organization there", org.id)))
        }
        Some(_) => Ok(to.transact(&mut |transaction| transaction.update_organization(org))?),
        None => {
            let mut code = None;
            to.transact(&mut |transaction| {
                code = Some(transaction.create_organization(org)?);
                Ok(())
            })?;
            if code == Some(org.code) {
                return Ok(());
            }
            Err(CopyError::Foreign("it holds organizations that are not here".to_owned()))
        }
    }
}

/// Copies the events behind the end of the target's log, and how many there were.
fn events(from: &dyn Store, to: &dyn Store, org: OrgCode, progress: &dyn Fn(u64)) -> Result<u64, CopyError> {
    let mut new = 0;
    loop {
        let mut head = to.head(org)?;
        let rows = from.scan(org, head.size.next(), GROUP_EVENTS)?;
        if rows.is_empty() {
            return Ok(new);
        }
        let mut read = Vec::with_capacity(rows.len());
        for row in rows {
            let document = row.parsed()?;
            head.frontier.push(row.leaf_hash);
            head = Head { size: row.seq.size_through(), received_ms: row.received_ms, ..head };
            read.push((row, document));
        }
        to.transact(&mut |transaction| append(transaction, org, &read, &head))?;
        evidence(from, to, &read)?;
        new += read.len() as u64;
        progress(read.len() as u64);
    }
}

fn append(
    transaction: &mut dyn Transaction,
    org: OrgCode,
    read: &[(Row, Document)],
    head: &Head,
) -> Result<(), StoreError> {
    let whole = |(row, document): &(Row, Document)| {
        // What was erased has no seed any more; the row gets its salts right below.
        let salts = match &row.salts {
            Salts::Seed(seed) => Salts::Seed(seed.clone()),
            Salts::Written(_) => Salts::Seed(Seed(row.leaf_hash)),
        };
        (Row { salts, ..row.clone() }, document.id().to_owned())
    };
    for (_, document) in read {
        for (kind, value) in coded(&document.event) {
            transaction.intern(org, kind, &value)?;
        }
    }
    let rows: Vec<(Row, String)> = read.iter().map(whole).collect();
    transaction.append(org, &rows, head)?;
    let erased = read.iter().filter(|(row, _)| !row.salts.erased().is_empty());
    erased.map(|(row, _)| row).try_for_each(|row| transaction.erase(org, row))
}

/// Copies what is known of the evidence in final PDFs that these events tell of.
fn evidence(from: &dyn Store, to: &dyn Store, read: &[(Row, Document)]) -> Result<(), StoreError> {
    for (_, document) in read.iter().filter(|(_, document)| document.event.action == "trail.made") {
        if let Some(hash) = document.event.metadata.get("evidence_sha256").and_then(Value::as_str) {
            named(from, to, &format!("{EVIDENCE_PREFIX}{hash}"))?;
        }
    }
    Ok(())
}

fn named(from: &dyn Store, to: &dyn Store, name: &str) -> Result<(), StoreError> {
    match from.meta(name)? {
        Some(value) => to.transact(&mut |transaction| transaction.set_meta(name, &value)),
        None => Ok(()),
    }
}

/// Erases what was erased since an event was copied, and copies which events record erasures.
fn erasures(from: &dyn Store, to: &dyn Store, org: OrgCode) -> Result<(), StoreError> {
    let mut next = Seq(0);
    loop {
        let seqs = from.erased_seqs(org, next, GROUP_EVENTS)?;
        let Some(last) = seqs.last() else { break };
        next = Seq(last.0 + 1);
        let (wanted, kept) = (from.rows(org, &seqs)?, to.rows(org, &seqs)?);
        let changed: Vec<Row> = wanted
            .into_iter()
            .zip(kept)
            .filter(|(wanted, kept)| wanted != kept)
            .map(|(row, _)| row)
            .collect();
        to.transact(&mut |transaction| changed.iter().try_for_each(|row| transaction.erase(org, row)))?;
    }
    let kept = to.erasures(org)?;
    let new: Vec<Seq> = from.erasures(org)?.into_iter().map(|(seq, _)| seq).collect();
    let new: Vec<Seq> = new.into_iter().filter(|seq| !kept.iter().any(|(it, _)| it == seq)).collect();
    // Purged they are when the copy is first opened: its index is made of what is left.
    to.transact(&mut |transaction| new.iter().try_for_each(|seq| transaction.add_erasure(org, *seq)))
}

/// Copies what an organization keeps beside its log.
fn beside(from: &dyn Store, to: &dyn Store, org: OrgCode) -> Result<(), StoreError> {
    if let Some(catalog) = from.catalog(org)? {
        to.transact(&mut |transaction| transaction.set_catalog(org, &catalog))?;
    }
    let views = from.every_view(org)?;
    to.transact(&mut |transaction| {
        views.iter().try_for_each(|(owner, view)| transaction.save_view(org, owner, view))
    })?;
    for kind in CREDENTIALS {
        credentials(from, to, Some(org), kind)?;
    }
    for stream in from.streams(org)? {
        if to.stream(org, &stream.id)?.is_none() {
            to.transact(&mut |transaction| transaction.insert_stream(&stream))?;
        }
        let mut after: Option<MessagePlace> = None;
        loop {
            let letters = from.dead_letters(org, &stream.id, after, false, GROUP_LETTERS)?;
            let Some(last) = letters.last() else { break };
            after = Some(last.place);
            to.transact(&mut |transaction| {
                letters.iter().try_for_each(|letter| transaction.put_dead_letter(org, &stream.id, letter))
            })?;
        }
    }
    Ok(())
}

fn credentials(from: &dyn Store, to: &dyn Store, org: Option<OrgCode>, kind: &str) -> Result<(), StoreError> {
    for credential in from.credentials(org, kind)? {
        let kept = to.credential(&credential.hash)?;
        to.transact(&mut |transaction| match (&kept, credential.revoked_ms) {
            (None, _) => transaction.insert_credential(&credential),
            (Some(kept), Some(revoked_ms)) if kept.revoked_ms.is_none() => {
                transaction.revoke_credential(org, &credential.id, revoked_ms).map(drop)
            }
            (Some(_), _) => Ok(()),
        })?;
    }
    Ok(())
}

/// Copies the documents that processes name. One that is not there as it was is left out: whoever checks the copy is told.
fn documents(
    from: &Arc<Blobs>,
    to: &Arc<Blobs>,
    org: OrgCode,
    named: &BTreeMap<Hash, Vec<String>>,
    copied: &mut Copied,
) -> Result<(), BlobError> {
    let kept: HashSet<Hash> = to.all(org)?.into_iter().map(|(hash, _)| hash).collect();
    let (named, unnamed): (Vec<_>, Vec<_>) =
        from.all(org)?.into_iter().partition(|(hash, _)| named.contains_key(hash));
    copied.unnamed_documents += unnamed.len() as u64;
    for (hash, _) in named.into_iter().filter(|(hash, _)| !kept.contains(hash)) {
        let bytes = match from.read(org, &hash) {
            Err(BlobError::Missing(_) | BlobError::Damaged { .. }) => continue,
            read => read?,
        };
        let mut upload = to.begin(org)?;
        upload.write(&bytes)?;
        upload.place()?.named();
        copied.documents += 1;
    }
    Ok(())
}
