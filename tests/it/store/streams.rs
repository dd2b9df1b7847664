//! What every store must do for streams, dead letters and tokens. Deliberately absent: what any of them says.

use everlog::store::StoreError;
use everlog::store::stream::{DeadLetter, MessagePlace, StreamRow, Token};
use everlog_core::ids::Seq;
use serde_json::json;

use crate::store::{Open, Place, make, transact};

fn letter(seq: u64, part: u32, is_wanted: bool) -> DeadLetter {
    let place = MessagePlace { seq: Seq(seq), part };
    DeadLetter { place, letter: json!({"error": format!("{seq}.{part}")}), is_wanted }
}

pub fn a_stream_is_moved_by_its_own_epoch_only(open: Open) {
    let place = Place::new(open);
    let store = place.open();
    let (acme, other) = (make(&*store, "acme"), make(&*store, "other"));
    let row = |org, id: &str, created_ms| StreamRow {
        org,
        id: id.to_owned(),
        definition: json!({"url": id}),
        created_ms,
        epoch: 0,
        progress: json!({"next": 0}),
    };
    transact(&*store, |transaction| {
        transaction.insert_stream(&row(acme, "b", 2))?;
        transaction.insert_stream(&row(acme, "a", 3))?;
        transaction.insert_stream(&row(other, "a", 1))
    })
    .unwrap();
    let twice = transact(&*store, |transaction| transaction.insert_stream(&row(acme, "a", 4)));
    assert!(matches!(twice, Err(StoreError::Exists(_))));
    assert_eq!(store.streams(acme).unwrap(), [row(acme, "b", 2), row(acme, "a", 3)]);
    assert_eq!(store.every_stream().unwrap().len(), 3);
    assert_eq!(store.stream(other, "b").unwrap(), None);

    let advance = |epoch, next: u64| {
        let progress = json!({"next": next});
        transact(&*store, |transaction| transaction.advance_stream(acme, "a", epoch, &progress)).unwrap()
    };
    assert!(advance(0, 5) && !advance(1, 6));
    assert!(transact(&*store, |it| it.turn_stream(acme, "a", &json!({"next": 1}))).unwrap());
    assert!(!advance(0, 7), "what began before the stream was moved has no say");
    assert!(advance(1, 2));
    assert!(transact(&*store, |it| it.define_stream(acme, "a", &json!({"url": "new"}))).unwrap());
    assert!(!transact(&*store, |it| it.define_stream(other, "b", &json!({}))).unwrap());
    assert!(!transact(&*store, |it| it.turn_stream(other, "b", &json!({}))).unwrap());
    drop(store);
    let store = place.open();
    let expected = StreamRow {
        definition: json!({"url": "new"}),
        progress: json!({"next": 2}),
        epoch: 1,
        ..row(acme, "a", 3)
    };
    assert_eq!(store.stream(acme, "a").unwrap(), Some(expected));
    assert_eq!(store.stream(other, "a").unwrap(), Some(row(other, "a", 1)));
}

pub fn dead_letters_lie_in_order_and_go_with_their_stream(open: Open) {
    let place = Place::new(open);
    let store = place.open();
    let (acme, other) = (make(&*store, "acme"), make(&*store, "other"));
    for org in [acme, other] {
        let (definition, progress) = (json!({}), json!({}));
        let row = StreamRow { org, id: "s".to_owned(), definition, created_ms: 0, epoch: 0, progress };
        transact(&*store, |transaction| {
            transaction.insert_stream(&row)?;
            for (seq, part) in [(7, 1), (7, 0), (300, 0), (2, 0)] {
                transaction.put_dead_letter(org, "s", &letter(seq, part, false))?;
            }
            Ok(())
        })
        .unwrap();
    }
    let all = |after, only_wanted, limit| store.dead_letters(acme, "s", after, only_wanted, limit).unwrap();
    let order = [letter(2, 0, false), letter(7, 0, false), letter(7, 1, false), letter(300, 0, false)];
    assert_eq!(all(None, false, 9), order);
    assert_eq!(all(Some(order[1].place), false, 1), order[2..3]);
    assert_eq!(all(None, true, 9), []);
    let want = |seqs: Option<&[Seq]>| transact(&*store, |it| it.want_dead_letters(acme, "s", seqs)).unwrap();
    assert_eq!(want(Some(&[Seq(7), Seq(8)])), 2);
    assert_eq!(all(None, true, 9), [letter(7, 0, true), letter(7, 1, true)]);
    assert_eq!(want(None), 4);
    let delete = |seq, part| {
        let place = MessagePlace { seq: Seq(seq), part };
        transact(&*store, |it| it.delete_dead_letter(acme, "s", place)).unwrap()
    };
    assert!(delete(7, 0) && !delete(7, 0) && !delete(9, 0));
    assert_eq!(store.dead_letters(other, "s", None, false, 9).unwrap(), order, "another's stay as they are");
    assert!(transact(&*store, |it| it.delete_stream(acme, "s")).unwrap());
    assert!(!transact(&*store, |it| it.delete_stream(acme, "s")).unwrap());
    assert_eq!(all(None, false, 9), []);
    assert_eq!(store.dead_letters(other, "s", None, false, 9).unwrap().len(), 4);
}

pub fn a_token_is_remembered_as_long_as_it_matters(open: Open) {
    let place = Place::new(open);
    let store = place.open();
    let (acme, other) = (make(&*store, "acme"), make(&*store, "other"));
    let mut store = Some(store);
    let remember = |store: &Option<Box<dyn everlog::store::Store>>, org, token: u8, body: u8, now| {
        let forget = u64::saturating_sub(now, 100);
        let store = store.as_deref().unwrap();
        transact(store, |it| it.remember_token(org, &[token; 32], &[body; 32], now, forget)).unwrap()
    };
    assert_eq!(remember(&store, acme, 1, 1, 1_000), Token::New);
    assert_eq!(remember(&store, acme, 1, 1, 1_050), Token::Same);
    assert_eq!(remember(&store, acme, 1, 2, 1_060), Token::Other);
    assert_eq!(remember(&store, other, 1, 2, 1_060), Token::New);
    drop(store.take());
    store = Some(place.open());
    assert_eq!(remember(&store, acme, 1, 2, 1_100), Token::Other);
    assert_eq!(remember(&store, acme, 1, 2, 1_101), Token::New, "its time is over");
}
