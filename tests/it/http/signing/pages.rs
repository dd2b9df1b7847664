//! Pages (T09, T10, T18, T20), and answers longer than what is read at once. Deliberately absent: filters.

use serde_json::json;

use super::{PATH, Signing, created, step, system};

fn key(number: usize) -> String {
    format!("sp{number:04}")
}

/// T18, T20: pages put together are the whole, in the order of their making, whatever is made meanwhile.
#[test]
fn pages_put_together_are_the_whole_while_others_are_made() {
    let signing = Signing::start();
    let many: Vec<_> =
        (0..250).map(|number| created(&key(number), "2024-01-10T00:00:00Z", json!({}))).collect();
    signing.record(&many);
    let whole = signing.keys(&[]);
    assert_eq!(whole, (0..250).map(key).collect::<Vec<_>>());
    let mut together = Vec::new();
    for (round, skip) in (0..whole.len()).step_by(60).enumerate() {
        together.extend(signing.keys(&[("Take", "60"), ("Skip", &skip.to_string())]));
        signing.record(&[created(&format!("new{round}"), "2024-01-10T00:00:00Z", json!({}))]);
    }
    assert_eq!(together[..250], whole);
    assert_eq!(signing.keys(&[("Take", "0")]), Vec::<String>::new());
    assert_eq!(signing.keys(&[("Take", "1"), ("Skip", "2147483647")]), Vec::<String>::new());
    assert_eq!(signing.keys(&[("Take", "100")]), whole[..100]);
    assert_eq!(signing.keys(&[("Take", "101"), ("Skip", "99")]), whole[99..200]);
    assert_eq!(signing.keys(&[("Take", "100000")]).len(), 255);
}

/// T19: a log longer than what is read at once is as whole as a short one.
#[test]
fn a_process_of_many_events_comes_with_all_of_them() {
    let signing = Signing::start();
    let at = "2024-01-10T00:00:00Z";
    let mut events = vec![created("sp1", at, json!({})), created("sp2", at, json!({}))];
    let receipt = |number: usize| {
        let text = format!("{}-{number}", "x".repeat(200));
        step("sp1", "delivery.sms", at, system(), json!({"metadata": {"status": text}}))
    };
    events.extend((0..1_234).map(receipt));
    signing.record(&events);
    let found = signing.find(&[("StartDate", "2024-01-10"), ("EndDate", "2024-01-11")]);
    let logs: Vec<_> = found.iter().map(|it| it["activityLog"].as_array().unwrap()).collect();
    assert_eq!((logs[0].len(), logs[1].len()), (1_235, 1));
    let ids: Vec<_> = logs[0].iter().map(|it| it["id"].as_u64().unwrap()).collect();
    assert!(ids.is_sorted() && ids[0] == 1 && ids[1..] == (3..=1_236).collect::<Vec<_>>());
}

#[test]
fn a_log_without_processes_is_an_empty_array() {
    let signing = Signing::start();
    let answer = signing.ask(&format!("{PATH}?StartDate=2024-01-01&EndDate=2024-01-31"));
    assert_eq!((answer.status, answer.text.as_str()), (200, "[]"));
    assert_eq!(answer.headers["cache-control"], "private, no-store");
}
