//! The embedded store: the cases of every store, and what only a data directory can do.

use std::path::Path;

use everlog::store::Store;
use everlog::store::sqlite::SqliteStore;

use crate::for_each_case;

fn open(dir: &Path) -> Box<dyn Store> {
    Box::new(SqliteStore::open(dir).unwrap())
}

macro_rules! on_sqlite {
    ($($case:ident)*) => {
        $(#[test]
        fn $case() {
            crate::store::cases::$case(open);
        })*
    };
}

for_each_case!(on_sqlite);
