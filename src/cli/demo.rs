//! `everlog demo`: a server full of believable data, with links that open it. Deliberately absent: anything that a real
//! server would not do with the same data.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use axum::Router;
use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{Method, Request};
use clap::Args;
use everlog_core::event::Mode;
use everlog_core::ids::OrgId;
use futures_util::future::try_join_all;
use jiff::Timestamp;
use serde_json::Value;
use tower::ServiceExt;

use crate::access::{Access, NewKey, NewSession, Organization, Right, SESSION_SECONDS, Secret, User};
use crate::app::{App, NewOrganization};
use crate::cli::serve::{runtime, until_told};
use crate::cli::start_logging;
use crate::config::{Config, LISTEN_DEFAULT};
use crate::demo::{self, DemoOrg, DemoProcess};
use crate::http::{router, serve};
use crate::log::{BATCH_EVENTS_MAX, Outcome, Source, now_ms};
use crate::settings::Settings;

/// Longest answer of the API that is read here, in bytes.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;

/// What `demo` takes.
#[derive(Args)]
pub(super) struct DemoArguments {
    /// The address to listen on
    #[arg(long, env = "EVERLOG_LISTEN", default_value = LISTEN_DEFAULT, value_name = "ADDRESS")]
    listen: SocketAddr,
    /// Keep the data in this directory; without it, it is gone when the demo ends
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

pub(super) fn run(arguments: DemoArguments) -> anyhow::Result<ExitCode> {
    start_logging(None, "warn");
    let scratch = match &arguments.data {
        Some(_) => None,
        None => Some(Scratch::new()?),
    };
    let data = arguments.data.clone().or_else(|| scratch.as_ref().map(|it| it.0.clone()));
    let operator_key = format!("evl_op_{}", crate::access::Secret::new_session().as_str());
    let config = Config { data, operator_key: Some(operator_key), ..Config::default() };
    let (app, writer) = App::open(&config)?;
    runtime()?.block_on(async {
        // Listening first: a taken port is told at once.
        let serving = serve(app.clone(), arguments.listen).await.with_context(|| {
            format!("cannot listen on {}; choose another with --listen", arguments.listen)
        })?;
        let base = format!("http://{}", serving.address()?);
        let demos = demo::organizations();
        let filled = try_join_all(demos.iter().map(|demo| fill(&app, *demo))).await?;
        let api = router(app.clone());
        let mut text = String::new();
        for (demo, (org, is_new)) in demos.iter().zip(&filled) {
            let key = key_of(&app, org)?;
            if *is_new {
                // One after the other: the last is to be the newest.
                for process in demo::processes(demo) {
                    sign(&api, demo, &key, &process).await?;
                }
            }
            text.push_str(&links(&app, org, demo, &base, arguments.listen.ip(), &key)?);
        }
        println!("{text}Ready: {base}   API: {base}/docs   Stop: Ctrl-C");
        until_told(app, serving).await
    })?;
    writer.join();
    drop(scratch);
    Ok(ExitCode::SUCCESS)
}

/// Makes an organization and its history, unless the data directory holds it already; says whether it did.
async fn fill(app: &App, demo: DemoOrg) -> anyhow::Result<(Organization, bool)> {
    let id = OrgId::try_from(demo.id)?;
    let is_new = app.directory.find(&id)?.is_none();
    if is_new {
        let entry = app.create_organization(NewOrganization {
            id: id.clone(),
            name: demo.name.to_owned(),
            profile: demo.profile.to_owned(),
            catalogs: demo.catalogs.iter().map(|name| (*name).to_owned()).collect(),
            time_zone: demo.time_zone.to_owned(),
            settings: Settings::default(),
        })?;
        let now = Timestamp::from_millisecond(i64::try_from(now_ms())?)?;
        let events = tokio::task::spawn_blocking(move || demo::events(&demo, now)).await?;
        for group in events.chunks(BATCH_EVENTS_MAX) {
            let outcomes = app.log.append(&entry, &Source::server(), Mode::Record, group.to_vec()).await?;
            if let Some(Outcome::Refused(why)) = outcomes.iter().find(|it| matches!(it, Outcome::Refused(_)))
            {
                anyhow::bail!("an event of the demo is refused: {why:?}");
            }
        }
    }
    Ok((app.access.open_locally(&id)?, is_new))
}

/// A key for whoever tries the demo.
fn key_of(app: &App, org: &Organization) -> anyhow::Result<Secret> {
    let new = NewKey {
        name: "demo".to_owned(),
        scopes: vec![Right::Write, Right::Read, Right::Admin],
        organizations: None,
    };
    Ok(app.access.create_key(Some(org), &new, now_ms(), None)?.0)
}

/// Has a document signed by the API, as any product would.
async fn sign(api: &Router, demo: &DemoOrg, key: &Secret, told: &DemoProcess) -> anyhow::Result<()> {
    let processes = format!("/v1/organizations/{}/processes", demo.id);
    let process = format!("{processes}/{}", told.key);
    let json = "application/json";
    let events = Value::from(told.events.clone());
    let asked = [
        (Method::POST, processes, json, told.process.to_string().into_bytes()),
        (Method::PUT, format!("{process}/document"), "application/pdf", told.document.to_vec()),
        (Method::POST, format!("{process}/events"), json, events.to_string().into_bytes()),
    ];
    for (method, path, content_type, body) in asked {
        let request = Request::builder()
            .method(method)
            .uri(&path)
            .header(AUTHORIZATION, format!("Bearer {}", key.as_str()))
            .header(CONTENT_TYPE, content_type)
            .body(Body::from(body))?;
        let answer = api.clone().oneshot(request).await?;
        let is_well = answer.status().is_success();
        let said = axum::body::to_bytes(answer.into_body(), ANSWER_BYTES_MAX).await?;
        let said: Value = serde_json::from_slice(&said)?;
        // Of several events, each has an answer of its own.
        anyhow::ensure!(is_well && said["refused"].as_u64().unwrap_or(0) == 0, "{path} answered {said}");
    }
    Ok(())
}

/// What to open and to copy.
fn links(
    app: &App,
    org: &Organization,
    demo: &DemoOrg,
    base: &str,
    listen: IpAddr,
    key: &Secret,
) -> anyhow::Result<String> {
    use std::fmt::Write;
    let mut text = String::new();
    let size = app.reader.size(org)?;
    writeln!(text, "\n{} · profile {} · {size} events", demo.name, demo.profile)?;
    for user in demo::users(demo) {
        if Access::check_role(org, &user.role).is_err() {
            writeln!(text, "  {:<14} may not see the log in this profile", user.role)?;
            continue;
        }
        let new = NewSession {
            user: User { id: user.id, name: Some(user.name), email: Some(user.email) },
            role: user.role.clone(),
            time_zone: None,
            locale: None,
            ttl_seconds: SESSION_SECONDS.1,
            // What works again and again is not for other machines.
            reusable: listen.is_loopback(),
        };
        let (_, _, code) = app.access.create_session(org, &new, now_ms())?;
        writeln!(text, "  {:<14} {base}/view/{}?code={}", user.role, demo.id, code.as_str())?;
    }
    writeln!(text, "  key            {}", key.as_str())?;
    let event = r#"{"action":"demo.tried","actor":{"type":"user","id":"me","name":"Me"}}"#;
    writeln!(
        text,
        "  send           curl -H 'Authorization: Bearer {}' -H 'Content-Type: application/json' -d '{event}' {base}/v1/organizations/{}/events",
        key.as_str(),
        demo.id
    )?;
    writeln!(text, "  worth finding  {}", demo.incident_hint)?;
    for DemoProcess { key, hint, process, .. } in demo::processes(demo).into_iter().rev() {
        if app.reader.process(org, &key)?.is_some() {
            let name = process["display_name"].as_str().unwrap_or_default();
            writeln!(text, "  document       {base}/view/{}/processes/{key}  {name}: {hint}", demo.id)?;
        }
    }
    Ok(text)
}

/// A directory of our own that is gone when the demo ends.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> anyhow::Result<Self> {
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(|why| anyhow::anyhow!("no random bytes: {why}"))?;
        let path = std::env::temp_dir().join(format!("everlog-demo-{}", everlog_core::hex::Hex(&random)));
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed from the temporary directory is left to it.
        drop(std::fs::remove_dir_all(&self.0));
    }
}
