//! `everlog demo`: a server full of believable data, with links that open it. Deliberately absent: anything that a real
//! server would not do with the same data.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use everlog_core::event::Mode;
use everlog_core::ids::OrgId;
use futures_util::future::try_join_all;
use jiff::Timestamp;

use crate::access::{Access, NewKey, NewSession, Organization, Right, SESSION_SECONDS, User};
use crate::app::{App, NewOrganization};
use crate::cli::serve::{runtime, until_told};
use crate::cli::start_logging;
use crate::config::{Config, LISTEN_DEFAULT};
use crate::demo::{self, DemoOrg};
use crate::http::serve;
use crate::log::{BATCH_EVENTS_MAX, Outcome, Source, now_ms};
use crate::settings::Settings;

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
        let mut text = String::new();
        for (demo, org) in demos.iter().zip(&filled) {
            text.push_str(&links(&app, org, demo, &base, arguments.listen.ip())?);
        }
        println!("{text}Ready: {base}   API: {base}/docs   Stop: Ctrl-C");
        until_told(app, serving).await
    })?;
    writer.join();
    drop(scratch);
    Ok(ExitCode::SUCCESS)
}

/// Makes an organization and its history, unless the data directory holds it already.
async fn fill(app: &App, demo: DemoOrg) -> anyhow::Result<Organization> {
    let id = OrgId::try_from(demo.id)?;
    if app.directory.find(&id)?.is_none() {
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
    Ok(app.access.open_locally(&id)?)
}

/// What to open and to copy.
fn links(
    app: &App,
    org: &Organization,
    demo: &DemoOrg,
    base: &str,
    listen: IpAddr,
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
    let new = NewKey {
        name: "demo".to_owned(),
        scopes: vec![Right::Write, Right::Read, Right::Admin],
        organizations: None,
    };
    let (key, _) = app.access.create_key(Some(org), &new, now_ms(), None)?;
    writeln!(text, "  key            {}", key.as_str())?;
    let event = r#"{"action":"demo.tried","actor":{"type":"user","id":"me","name":"Me"}}"#;
    writeln!(
        text,
        "  send           curl -H 'Authorization: Bearer {}' -H 'Content-Type: application/json' -d '{event}' {base}/v1/organizations/{}/events",
        key.as_str(),
        demo.id
    )?;
    writeln!(text, "  worth finding  {}", demo.incident_hint)?;
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
