//! Events that something was erased from, made by hand in the data directory of a server that is stopped. Deliberately
//! absent: the act of erasing, and who may.

use std::collections::BTreeMap;
use std::path::Path;

use everlog::store::sqlite::SqliteStore;
use everlog::store::{CodeKind, Head, Row, Store};
use everlog_core::erasure::Salts;
use everlog_core::hex::Hex;
use everlog_core::ids::{OrgId, Seq, Size};
use everlog_core::json;
use everlog_core::leaf::{Seed, leaf_hash};
use serde_json::Value;

/// Erases what the pointers name in these events and appends the record of it, in one transaction. Returns its position.
pub fn erase(data: &Path, org: &str, seqs: &[u64], pointers: &[&str]) -> Seq {
    let store = SqliteStore::open(data).unwrap();
    let row = store.organization(&OrgId::try_from(org).unwrap()).unwrap().unwrap();
    let mut by = Seq(0);
    store
        .transact(&mut |transaction| {
            let mut head = transaction.head(row.code)?;
            by = head.size.next();
            let mut listed: BTreeMap<String, Vec<String>> = BTreeMap::new();
            let mut left = Vec::new();
            for &seq in seqs {
                let before = transaction.row(row.code, Seq(seq))?.unwrap();
                let mut document = json::parse_with_depth(&before.document, 40).unwrap();
                let named = before.salts.named(&document, pointers);
                listed.insert(seq.to_string(), named.iter().map(|it| Hex(&it.0).to_string()).collect());
                let written = before.salts.erase(&mut document, pointers, by).unwrap();
                let salts = Salts::Written(written);
                left.push(Row { document: json::canonical(&document), salts, ..before });
            }
            let record = record(&listed, by);
            let salts = Salts::Seed(Seed([by.0 as u8; 32]));
            let received_ms = head.received_ms;
            let leaf = leaf_hash(&row.log_id, by, received_ms, &salts.commitments(&record));
            head.frontier.push(leaf);
            let head = Head { size: Size(by.0 + 1), ..head };
            let document = json::canonical(&record);
            let made = Row { seq: by, received_ms, document, salts, leaf_hash: leaf };
            transaction.intern(row.code, CodeKind::Action, "erasure.made")?;
            transaction.intern(row.code, CodeKind::Actor, r#"["system",null,null,null,null]"#)?;
            transaction.append(row.code, &[(made, format!("evt_erasure_{by}"))], &head)?;
            left.iter().try_for_each(|left| transaction.erase(row.code, left))
        })
        .unwrap();
    by
}

fn record(listed: &BTreeMap<String, Vec<String>>, by: Seq) -> Value {
    let metadata = serde_json::json!({
        "basis": "GDPR, article 17", "requested_by": "data protection officer", "erased": listed,
    });
    serde_json::json!({
        "e": {"action": "erasure.made", "actor": {"type": "system"}, "metadata": metadata},
        "s": {"id": format!("evt_erasure_{by}"), "kind": "erasure", "via": "server"},
    })
}
