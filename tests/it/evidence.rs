//! A PDF with its evidence, from the log to the auditor: what holds, and each thing that must not. Deliberately absent: how
//! a trail looks, and what a bundle must hold (`core::bundle`).

use std::collections::BTreeMap;
use std::process::Command;

use everlog::access::Organization;
use everlog::evidence::pdf::{PdfCheck, PdfFault, check_pdf};
use everlog::evidence::{Verdict, is_pdf};
use everlog::trail::finish::{Document, Sealer, finish};
use everlog::trail::model::{Placement, Seal, Sources, Trail, Verification, trail};
use everlog::trail::seal::SealWords;
use everlog::trail::seal::key::SealKey;
use everlog_core::bundle::Trust;
use everlog_core::catalog::Catalogs;
use everlog_core::event::Event;
use everlog_core::hex::Hex;
use everlog_core::ids::{OrgId, Seq};
use everlog_core::process::{State, refold};
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::server::{Server, event};
use crate::trail::sealing::{NOW_MS, original};

const PROCESS: &str = "sp4be1c0ffee0d4c21a7e39b5d2f8a6c10";

/// A server with a process that two signed, and what a trail of it is made from.
struct World {
    server: Server,
    events: Vec<Event>,
}

/// What is made of a trail before it is put into the file.
type Change = fn(&mut Trail);

/// How a file is put together, and what is wrong with it on purpose.
struct Made<'a> {
    document: Option<&'a str>,
    placement: Placement,
    seqs: Vec<Seq>,
    change: Change,
    seal: Option<&'a SealKey>,
}

impl Made<'_> {
    fn usual(world: &World) -> Self {
        Self {
            document: Some("classic.pdf"),
            placement: Placement::Appended,
            seqs: world.events.iter().map(|event| event.seq).collect(),
            change: |_| {},
            seal: None,
        }
    }
}

fn world(document: &str) -> World {
    let server = Server::start();
    let key = server.tenant("acme", "signing");
    let bytes = original(document);
    let attached = json!({"sha256": Hex(&Sha256::digest(&bytes)).to_string(), "size": bytes.len()});
    let signee = |at: usize| format!("si{at:032x}");
    let ana = json!({"type": "user", "id": "u_1", "name": "Ana Ruiz", "email": "ana@acme.example"});
    let mut sent = vec![
        json!({"action": "document.created", "actor": ana, "metadata": {"display_name": "Lease", "file_name": "lease.pdf"}}),
        json!({"action": "document.attached", "actor": ana, "metadata": attached}),
    ];
    for at in 0..2 {
        let added = json!({"signee": {"signee_key": signee(at), "name": format!("Zoë {at}"), "email": "z@example.org", "required": true}});
        let signs = json!({"type": "signee", "id": signee(at)});
        sent.extend([
            json!({"action": "signee.added", "actor": ana, "signee": signee(at), "metadata": added}),
            json!({"action": "invitation.sent", "actor": {"type": "system"}, "signee": signee(at)}),
            json!({"action": "document.viewed", "actor": signs, "signee": signee(at), "context": {"ip": "203.0.113.7"}}),
            json!({"action": "document.signed", "actor": signs, "signee": signee(at), "context": {"ip": "203.0.113.7"}}),
        ]);
    }
    sent.push(json!({"action": "document.completed", "actor": {"type": "system"}}));
    for (at, sent) in sent.iter_mut().enumerate() {
        sent["id"] = json!(format!("e-{at}"));
        sent["process"] = json!(PROCESS);
        sent["targets"] = json!([{"type": "document", "id": PROCESS, "name": "Lease"}]);
        sent["occurred_at"] = json!(format!("2026-11-20T10:00:{at:02}Z"));
    }
    // What is in between is another's.
    sent.insert(3, event("lead.created"));
    let path = "/v1/organizations/acme/events?mode=record";
    let answer = server.post(path, &key, &Value::Array(sent));
    assert_eq!(answer.body["refused"], 0, "{answer:?}");
    let org = organization(&server);
    let events = server.app.reader.feed(&org, Seq(0), 100).unwrap();
    let events = events.into_iter().filter(|it| it.document.event.process.is_some()).collect();
    World { server, events }
}

fn organization(server: &Server) -> Organization {
    server.app.access.open_locally(&OrgId::try_from("acme").unwrap()).unwrap()
}

impl World {
    fn trust(&self) -> Trust {
        Trust { keys: self.server.app.trusted_keys(), older: None }
    }

    fn check(&self, pdf: &[u8]) -> PdfCheck {
        check_pdf(pdf, &self.trust(), &[self.server.app.seal_key.fingerprint()])
    }

    fn faults(&self, made: &Made<'_>) -> Vec<PdfFault> {
        let check = self.check(&self.make(made));
        assert_eq!(check.verdict(), Verdict::Fails);
        check.faults
    }

    fn make(&self, made: &Made<'_>) -> Vec<u8> {
        let app = &self.server.app;
        let query = [("process".to_owned(), json!(PROCESS))].into_iter().collect();
        let bundle =
            app.bundle(&organization(&self.server), &made.seqs, query, &["/s/key_id", "/s/remote"]).unwrap();
        let key = made.seal.unwrap_or(&app.seal_key);
        let mut said = self.trail(&bundle, made.placement, key);
        (made.change)(&mut said);
        let pages = pages_with(&bundle, &said.to_json().unwrap());
        let words = SealWords { name: "Everlog", reason: "Audit trail" };
        let original = made.document.map(original);
        let document = original.as_ref().map(|bytes| Document { bytes, file_name: "lease.pdf" });
        finish(document, &pages, Sealer { key, authority: None, words }, NOW_MS).unwrap().bytes
    }

    fn trail(&self, bundle: &[u8], placement: Placement, key: &SealKey) -> Trail {
        let folded = |state: Option<State>, event| Some(refold(state.as_ref(), event));
        let state = self.events.iter().fold(None, folded).unwrap();
        trail(Sources {
            process_key: PROCESS,
            state: &state,
            events: &self.events,
            erased: &BTreeMap::new(),
            catalogs: &Catalogs::shipped_with(&["everlog", "signing"], None).unwrap(),
            organization: ("acme", "Acme GmbH"),
            locale: "de",
            zone: &TimeZone::get("Europe/Berlin").unwrap(),
            now_ms: 1_795_182_082_123,
            sha256_after: None,
            verification: Verification {
                url: Some("https://log.acme.example/verify".to_owned()),
                log_key: Some(self.server.app.verifier_key()),
                checkpoint: None,
                bundle_sha256: Some(Hex(&Sha256::digest(bundle)).to_string()),
            },
            seal: Some(Seal {
                signer: "Everlog".to_owned(),
                is_self_issued: true,
                certificate_sha256: Some(Hex(&key.fingerprint()).to_string()),
                timestamp_authority: None,
                placement,
            }),
        })
    }
}

/// One page that carries both files, as plain as PDF can be.
fn pages_with(bundle: &[u8], said: &[u8]) -> Vec<u8> {
    let stream = |bytes: &[u8]| {
        let head = format!("<< /Type /EmbeddedFile /Length {} >>\nstream\n", bytes.len());
        [head.as_bytes(), bytes, b"\nendstream"].concat()
    };
    let file = |name: &str, at: u32| {
        format!("<< /Type /Filespec /F ({name}) /UF ({name}) /AFRelationship /Data /EF << /F {at} 0 R >> >>")
            .into_bytes()
    };
    let objects = [
        b"<< /Type /Catalog /Pages 2 0 R /Names << /EmbeddedFiles << /Names [(audit-trail.json) 5 0 R (everlog-bundle.jsonl) 4 0 R] >> >> >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << >> >>".to_vec(),
        file("everlog-bundle.jsonl", 6),
        file("audit-trail.json", 7),
        stream(bundle),
        stream(said),
    ];
    let mut pdf = b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n".to_vec();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (at, object) in objects.iter().enumerate() {
        table.push_str(&format!("{:010} 00000 n \n", pdf.len()));
        pdf.extend(format!("{} 0 obj\n", at + 1).into_bytes());
        pdf.extend(object);
        pdf.extend(b"\nendobj\n");
    }
    let start = pdf.len();
    let id = "[<00112233445566778899aabbccddeeff> <00112233445566778899aabbccddeeff>]";
    let trailer = format!(
        "trailer\n<< /Size {} /Root 1 0 R /ID {id} >>\nstartxref\n{start}\n%%EOF\n",
        objects.len() + 1
    );
    [pdf, table.into_bytes(), trailer.into_bytes()].concat()
}

/// L52, X01: the document at the beginning, inside, or not there; in each the evidence holds.
#[test]
fn a_sealed_trail_holds_in_each_of_its_forms() {
    for (name, placement) in [
        (Some("classic.pdf"), Placement::Appended),
        (Some("signed.pdf"), Placement::Container),
        (None, Placement::Alone),
    ] {
        let world = world(name.unwrap_or("classic.pdf"));
        let pdf = world.make(&Made { document: name, placement, ..Made::usual(&world) });
        let check = world.check(&pdf);
        assert_eq!((check.verdict(), &check.faults), (Verdict::Holds, &Vec::new()), "{name:?}");
        assert_eq!((check.placement, check.event_count), (Some(placement), world.events.len()));
        assert_eq!(check.seal_pinned, Some(true));
        let report = check.report.unwrap();
        assert!(report.key_pinned);
        assert_eq!(report.header.query["process"], PROCESS);
    }
}

#[test]
fn what_the_trail_says_and_the_evidence_does_not_is_named_by_its_place() {
    let world = world("classic.pdf");
    let changes: [(Change, &str); 9] = [
        (|said| said.signees[1].name = Some("Bo".to_owned()), "/signees/1/name"),
        (|said| said.events[3].who.email = Some("x@example.org".to_owned()), "/events/3/who/email"),
        (|said| said.events[4].ip = None, "/events/4/ip"),
        (|said| said.events[4].occurred_at.local = "yesterday".to_owned(), "/events/4/occurred_at/local"),
        (|said| drop(said.events.pop()), "/events"),
        (|said| said.process.name = None, "/process/name"),
        (|said| said.is_interim = true, "/is_interim"),
        (|said| said.verification.log_key = Some("x".to_owned()), "/verification/log_key"),
        (|said| said.verification.bundle_sha256 = Some("00".repeat(32)), "/verification/bundle_sha256"),
    ];
    for (change, place) in changes {
        let faults = world.faults(&Made { change, ..Made::usual(&world) });
        assert_eq!(faults, [PdfFault::Differs(place.to_owned())]);
    }
    // An organization may have words of its own; no event holds them.
    let change: Change = |said| said.events[3].label = "Eingeladen".to_owned();
    assert_eq!(world.check(&world.make(&Made { change, ..Made::usual(&world) })).faults, []);
}

#[test]
fn a_file_that_was_changed_or_put_together_by_others_does_not_hold() {
    let world = world("classic.pdf");
    let usual = Made::usual(&world);
    let mut altered = world.make(&usual);
    altered[200] ^= 1;
    assert_eq!(world.check(&altered).verdict(), Verdict::Fails);
    let added = [world.make(&usual), b"\n% more".to_vec()].concat();
    assert!(matches!(world.check(&added).faults[..], [PdfFault::Altered(_), ..]));
    // An event left out of the evidence, or one of another process in it.
    let fewer = world.faults(&Made { seqs: usual.seqs[1..].to_vec(), ..Made::usual(&world) });
    assert!(matches!(fewer[..], [PdfFault::Differs(_)]), "{fewer:?}");
    let foreign = world.faults(&Made { seqs: [&usual.seqs[..], &[Seq(3)]].concat(), ..Made::usual(&world) });
    assert!(matches!(foreign[..], [PdfFault::Events(_)]), "{foreign:?}");
    let other = world.faults(&Made { document: Some("streams.pdf"), ..Made::usual(&world) });
    assert_eq!(other, [PdfFault::Document]);
    // Genuine evidence under somebody else's seal: the pages could say anything.
    let pem = SealKey::generate("Everlog", NOW_MS).unwrap();
    let stranger = SealKey::from_pem(&pem, &pem).unwrap();
    let resealed = Made { seal: Some(&stranger), ..Made::usual(&world) };
    assert!(matches!(world.faults(&resealed)[..], [PdfFault::OtherSeal(_)]));
    assert_eq!(check_pdf(&world.make(&resealed), &world.trust(), &[]).seal_pinned, None);
    // Without any seal.
    let bare = pages_with(b"", b"");
    assert!(world.check(&bare).faults.contains(&PdfFault::Unsealed));
    // What is nothing of ours is not judged.
    assert_eq!(world.check(&original("classic.pdf")).verdict(), Verdict::Unknown);
    assert_eq!(world.check(b"%PDF-1.7").verdict(), Verdict::Unknown);
}

/// X02: a change wherever it is makes the file an altered one, and never one that was none of ours: somebody who has it in
/// their hands was given it as evidence.
#[test]
fn whatever_is_changed_about_a_sealed_file_it_is_told_as_altered() {
    for (document, placement) in [
        (Some("classic.pdf"), Placement::Appended),
        (Some("streams.pdf"), Placement::Appended),
        (Some("signed.pdf"), Placement::Container),
        (None, Placement::Alone),
    ] {
        let world = world(document.unwrap_or("classic.pdf"));
        let pdf = world.make(&Made { document, placement, ..Made::usual(&world) });
        assert_eq!(world.check(&pdf).verdict(), Verdict::Holds, "{document:?}");
        let told = |pdf: &[u8]| {
            assert!(is_pdf(pdf));
            world.check(pdf).verdict()
        };
        // The document part byte by byte, which is where what a reader goes by first is found broken; of the rest some.
        let first = document.map_or(0, |name| original(name).len()).min(1_200);
        for at in
            (0..first).chain((first..pdf.len()).step_by(211)).chain(pdf.len().saturating_sub(200)..pdf.len())
        {
            let mut altered = pdf.clone();
            altered[at] ^= 1 << (at % 8);
            assert_eq!(told(&altered), Verdict::Fails, "{document:?}, byte {at} of {}", pdf.len());
        }
        // A reader that is led to the document alone finds nothing of ours, and the file still was sealed.
        let end = memchr::memmem::rfind(&pdf, b"startxref").unwrap();
        let older = [&pdf[..end], b"startxref\n0\n%%EOF\n"].concat();
        assert_eq!(told(&older), Verdict::Fails);
        assert_eq!(told(&pdf[20..]), Verdict::Fails);
        assert_eq!(told(&pdf[..pdf.len() - 30]), Verdict::Fails);
    }
    assert!(!is_pdf(b"a,b\n1,2\n") && !is_pdf(b"") && !is_pdf(include_bytes!("../../docs/trail.md")));
}

/// The command and the page tell the same of one file.
#[test]
fn the_command_and_the_page_check_a_pdf() {
    let world = world("classic.pdf");
    let (server, pdf) = (&world.server, world.make(&Made::usual(&world)));
    let path = server.directory.path().join("trail.pdf");
    std::fs::write(&path, &pdf).unwrap();
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_everlog"));
        let output = command.arg("verify").arg(&path).args(arguments).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let key = server.app.verifier_key();
    let seal = Hex(&server.app.seal_key.fingerprint()).to_string();
    let (code, text) = run(&["--key", &key, "--seal", &seal]);
    assert_eq!(code, Some(0), "{text}");
    for part in
        ["VERIFIED", "are the document as it was attached", "with the certificate you gave", "11 events"]
    {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    let (code, text) = run(&[]);
    assert!(
        code == Some(0) && text.starts_with("CONSISTENT, key not checked") && text.contains(&seal),
        "{text}"
    );
    assert!(!text.contains("VERIFIED"));
    let (code, text) = run(&["--seal", &"00".repeat(32), "--key", &key]);
    assert!(code == Some(1) && text.contains("another certificate"), "{text}");
    let (_, text) = run(&["--json", "--key", &key]);
    let told: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&told["key_pinned"], &told["document"]["placement"]), (&json!(true), &json!("appended")));

    let kind = [("Content-Type", "application/pdf")];
    let page = |path: &str, pdf: &[u8]| server.request("POST", path, &kind, Some(pdf)).text;
    let genuine = page("/verify", &pdf);
    assert!(genuine.contains("From this server, and unaltered"), "{genuine}");
    for secret in ["Zoë", "Ana", "Lease", "lease", "example.org", PROCESS, "203.0.113"] {
        assert!(!genuine.contains(secret), "the page tells {secret}");
    }
    let digest = Hex(&world.check(&pdf).bundle_sha256.unwrap()).to_string();
    assert!(page(&format!("/verify?sha256={digest}"), &pdf).contains("The file that the code names"));
    let other = page(&format!("/verify?sha256={}", "0".repeat(64)), &pdf);
    assert!(other.contains("A genuine file, but not the one that the code names"));
    let pem = SealKey::generate("Everlog", NOW_MS).unwrap();
    let stranger = SealKey::from_pem(&pem, &pem).unwrap();
    let resealed = world.make(&Made { seal: Some(&stranger), ..Made::usual(&world) });
    assert!(page("/verify", &resealed).contains("Unaltered, but not from this server"));
    for at in [0, 200, pdf.len() - 3] {
        let mut altered = pdf.clone();
        altered[at] ^= 1;
        assert!(page("/verify", &altered).contains("This file was altered, or is not genuine"), "byte {at}");
        std::fs::write(&path, &altered).unwrap();
        let (code, text) = run(&[]);
        assert!(code == Some(1) && text.starts_with("DOES NOT HOLD"), "byte {at}: {text}");
    }
}
