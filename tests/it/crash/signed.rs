//! Kill −9 while heads are signed: what anybody was given is kept, and what is kept the store holds.
//!
//! Deliberately absent: losing power, of which no test can know; the order of the system calls is told in `src/signed.rs`.

use std::fs;
use std::time::Duration;

use everlog::app::App;
use everlog::config::Config;
use everlog_core::ids::{OrgId, Size};
use serde_json::Value;

use crate::crash::{ORGS, ROUNDS, agent, event, post, prepare, serve};

/// The size of the head under which an event of one's own is proven; each is signed at once. Nothing when the server is gone.
fn sign(agent: &ureq::Agent, base: &str, key: &str, id: &str) -> Option<u64> {
    let base = format!("{base}/v1/organizations/{}", ORGS[0]);
    let seq = post(agent, &format!("{base}/events"), key, &event(id))?["seq"].as_u64()?;
    let asked = agent.get(format!("{base}/proofs/inclusion/{seq}"));
    let mut proof = asked.header("Authorization", format!("Bearer {key}")).call().ok()?;
    let text = proof.body_mut().read_to_string().ok()?;
    // The note stands behind the first empty line.
    text.split_once("\n\n")?.1.lines().nth(1)?.parse().ok()
}

#[test]
fn no_head_that_was_given_out_is_forgotten_by_kill_9() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    let keys = prepare(&data);
    let mut given = 0;
    for round in 0..ROUNDS {
        let mut running = serve(&data);
        let (base, key) = (running.base.clone(), keys[0].clone());
        let asking = std::thread::spawn(move || {
            let agent = agent();
            let heads = (0..).map_while(|count| sign(&agent, &base, &key, &format!("r-{round}-{count}")));
            heads.last()
        });
        std::thread::sleep(Duration::from_millis(60 + 37 * round % 90));
        running.child.kill().unwrap();
        running.child.wait().unwrap();
        given = asking.join().unwrap().unwrap_or(0).max(given);

        let kept: Vec<Value> = fs::read_dir(data.join("signed"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_none())
            .map(|path| serde_json::from_slice(&fs::read(path).unwrap()).unwrap())
            .collect();
        let sizes = kept.iter().map(|kept| kept["note"].as_str().unwrap().lines().nth(1).unwrap());
        let kept = sizes.map(|size| size.parse().unwrap()).max().unwrap_or(0_u64);
        assert!(kept >= given, "round {round}: {given} was given out, {kept} is kept");
        let config = Config {
            data: Some(data.clone()),
            operator_key: Some(crate::server::OPERATOR_KEY.to_owned()),
            ..Config::default()
        };
        let (app, writer) = App::open(&config).unwrap();
        assert_eq!(app.log.all_closed(), [], "round {round}");
        let org = app.access.open_locally(&OrgId::try_from(ORGS[0]).unwrap()).unwrap();
        assert!(app.checkpoint_covering(&org, Size(given)).unwrap().checkpoint.size.0 >= kept);
        drop((org, app));
        writer.join();
    }
    assert!(given > 0, "something was signed");
}
