//! A store in memory, for tests that need none of its durability and all of its speed.
//!
//! Stricter than the real one: appending out of order, or without codes for its values being asked for, panics. Deliberately
//! absent: everything that the index does not read.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

use everlog::store::process::{ProcessFilter, ProcessPage, SubjectRow, Summoned};
use everlog::store::stream::{DeadLetter, MessagePlace, StreamRow};
use everlog::store::{
    Append, Code, CodeKind, Credential, Head, OrgCode, OrganizationRow, Row, SavedView, Store, StoreError,
    Transaction, blank, is_blank,
};
use everlog_core::ids::{OrgId, Seq, Size};
use everlog_core::leaf::{Hash, LogId};
use serde_json::Map;

#[derive(Default)]
pub struct MemoryStore(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    organizations: Vec<OrganizationRow>,
    rows: HashMap<OrgCode, Vec<Row>>,
    codes: HashMap<(OrgCode, CodeKind), Vec<String>>,
    appends: Vec<Append>,
}

impl MemoryStore {
    /// A store with so many organizations, named by their codes.
    pub fn with_organizations(count: u32) -> Self {
        let organization = |code| OrganizationRow {
            code: OrgCode(code),
            id: OrgId::try_from(format!("o{code}")).unwrap(),
            name: format!("Organization {code}"),
            profile: "workspace".to_owned(),
            catalogs: vec!["workspace".to_owned()],
            time_zone: "UTC".to_owned(),
            settings: Map::new(),
            created_ms: 0,
            log_id: LogId([0; 16]),
            log_host: "localhost".to_owned(),
        };
        let organizations = (0..count).map(organization).collect();
        Self(Mutex::new(Inner { organizations, ..Inner::default() }))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }

    /// Appends rows to one log, with codes for the values of their events.
    pub fn append(&self, org: OrgCode, rows: Vec<Row>, coded: &[(CodeKind, String)]) -> Append {
        let mut inner = self.lock();
        inner.intern(org, coded);
        // Places in the order of commits grow, but are not dense.
        let pos = inner.appends.last().map_or(1, |append| append.pos + 1 + append.pos % 3);
        let log = inner.rows.entry(org).or_default();
        let first = Seq(log.len() as u64);
        for (at, row) in rows.iter().enumerate() {
            assert_eq!(row.seq.0, first.0 + at as u64, "rows come in order, without gaps");
        }
        let append = Append { pos, org, first, count: rows.len() as u64 };
        log.extend(rows);
        inner.appends.push(append);
        append
    }

    /// Puts what is left of an event in its place, with codes for the values that it still has.
    pub fn erase(&self, org: OrgCode, row: Row, coded: &[(CodeKind, String)]) {
        let mut inner = self.lock();
        inner.intern(org, coded);
        let place = &mut inner.rows.get_mut(&org).unwrap()[row.seq.0 as usize];
        assert_eq!((place.seq, place.received_ms), (row.seq, row.received_ms), "an event keeps its place");
        *place = row;
    }

    /// Blanks the values of codes, as the real store does.
    pub fn blank_codes(&self, org: OrgCode, kind: CodeKind, codes: &[Code]) {
        let mut inner = self.lock();
        for code in codes {
            let value = &mut inner.codes.get_mut(&(org, kind)).unwrap()[code.0 as usize];
            assert!(!is_blank(value), "a value is blanked once");
            *value = blank(value);
        }
    }
}

impl Inner {
    fn intern(&mut self, org: OrgCode, coded: &[(CodeKind, String)]) {
        for (kind, value) in coded {
            let values = self.codes.entry((org, *kind)).or_default();
            if !values.contains(value) {
                values.push(value.clone());
            }
        }
    }
}

impl Store for MemoryStore {
    fn transact(
        &self,
        _: &mut dyn FnMut(&mut dyn Transaction) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        panic!("this store is written by `append` alone")
    }

    fn organizations(&self) -> Result<Vec<OrganizationRow>, StoreError> {
        Ok(self.lock().organizations.clone())
    }

    fn organization(&self, id: &OrgId) -> Result<Option<OrganizationRow>, StoreError> {
        Ok(self.lock().organizations.iter().find(|row| row.id == *id).cloned())
    }

    fn catalog(&self, _: OrgCode) -> Result<Option<String>, StoreError> {
        Ok(None)
    }

    fn views(&self, _: OrgCode, _: &str) -> Result<Vec<SavedView>, StoreError> {
        Ok(Vec::new())
    }

    fn head(&self, org: OrgCode) -> Result<Head, StoreError> {
        let size = Size(self.lock().rows.get(&org).map_or(0, |rows| rows.len() as u64));
        Ok(Head { size, frontier: Default::default(), received_ms: 0 })
    }

    fn rows(&self, org: OrgCode, seqs: &[Seq]) -> Result<Vec<Row>, StoreError> {
        let inner = self.lock();
        let Some(rows) = inner.rows.get(&org) else { return Ok(Vec::new()) };
        Ok(seqs.iter().filter_map(|seq| rows.get(seq.0 as usize).cloned()).collect())
    }

    fn scan(&self, org: OrgCode, from: Seq, limit: usize) -> Result<Vec<Row>, StoreError> {
        let inner = self.lock();
        let Some(rows) = inner.rows.get(&org) else { return Ok(Vec::new()) };
        Ok(rows.iter().skip(from.0 as usize).take(limit).cloned().collect())
    }

    fn erased_seqs(&self, _: OrgCode, _: Seq, _: usize) -> Result<Vec<Seq>, StoreError> {
        Ok(Vec::new())
    }

    fn erasures(&self, _: OrgCode) -> Result<Vec<(Seq, bool)>, StoreError> {
        Ok(Vec::new())
    }

    fn unpurged(&self) -> Result<Vec<(OrgCode, Seq)>, StoreError> {
        Ok(Vec::new())
    }

    fn every_view(&self, _: OrgCode) -> Result<Vec<(String, SavedView)>, StoreError> {
        Ok(Vec::new())
    }

    fn settle(&self) -> Result<bool, StoreError> {
        Ok(true)
    }

    fn find_id(&self, _: OrgCode, _: &str) -> Result<Option<Seq>, StoreError> {
        Ok(None)
    }

    fn leaf_hashes(&self, _: OrgCode, _: Seq, _: Size) -> Result<Vec<Hash>, StoreError> {
        Ok(Vec::new())
    }

    fn codes(&self, org: OrgCode, kind: CodeKind, from: Code) -> Result<Vec<String>, StoreError> {
        let inner = self.lock();
        let values = inner.codes.get(&(org, kind)).map_or(&[][..], Vec::as_slice);
        Ok(values.iter().skip(from.0 as usize).cloned().collect())
    }

    fn appends(&self, after: u64, limit: usize) -> Result<Vec<Append>, StoreError> {
        let inner = self.lock();
        Ok(inner.appends.iter().filter(|append| append.pos > after).take(limit).copied().collect())
    }

    fn last_append(&self) -> Result<u64, StoreError> {
        Ok(self.lock().appends.last().map_or(0, |append| append.pos))
    }

    fn credential(&self, _: &Hash) -> Result<Option<Credential>, StoreError> {
        Ok(None)
    }

    fn credentials(&self, _: Option<OrgCode>, _: &str) -> Result<Vec<Credential>, StoreError> {
        Ok(Vec::new())
    }

    fn meta(&self, _: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(None)
    }

    fn subject(&self, _: OrgCode, _: &str) -> Result<Option<SubjectRow>, StoreError> {
        Ok(None)
    }

    fn processes(
        &self,
        _: OrgCode,
        _: &ProcessFilter,
        _: ProcessPage,
    ) -> Result<Vec<SubjectRow>, StoreError> {
        Ok(Vec::new())
    }

    fn count_processes(&self, _: OrgCode, _: &ProcessFilter) -> Result<u64, StoreError> {
        Ok(0)
    }

    fn starters(&self, _: OrgCode, _: usize) -> Result<Vec<(String, u64)>, StoreError> {
        Ok(Vec::new())
    }

    fn process_seqs(&self, _: OrgCode, _: &str, _: Seq, _: usize) -> Result<Vec<Seq>, StoreError> {
        Ok(Vec::new())
    }

    fn due(&self, _: u64, _: usize) -> Result<Vec<Summoned>, StoreError> {
        Ok(Vec::new())
    }

    fn aged(&self, _: OrgCode, _: &str, _: u64, _: usize) -> Result<Vec<Summoned>, StoreError> {
        Ok(Vec::new())
    }

    fn awaiting_trails(&self, _: usize) -> Result<Vec<Summoned>, StoreError> {
        Ok(Vec::new())
    }

    fn streams(&self, _: OrgCode) -> Result<Vec<StreamRow>, StoreError> {
        unreachable!("the index reads no streams")
    }

    fn stream(&self, _: OrgCode, _: &str) -> Result<Option<StreamRow>, StoreError> {
        unreachable!("the index reads no streams")
    }

    fn every_stream(&self) -> Result<Vec<StreamRow>, StoreError> {
        unreachable!("the index reads no streams")
    }

    fn dead_letters(
        &self,
        _: OrgCode,
        _: &str,
        _: Option<MessagePlace>,
        _: bool,
        _: usize,
    ) -> Result<Vec<DeadLetter>, StoreError> {
        unreachable!("the index reads no dead letters")
    }

    fn check(&self) -> Result<Vec<String>, StoreError> {
        Ok(Vec::new())
    }
}
