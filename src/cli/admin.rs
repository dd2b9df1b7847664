//! `org` and `key`: administration of a data directory, while no server runs on it. Deliberately absent: HTTP; a running
//! server is administered with its operator's key.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use everlog_core::ids::OrgId;
use serde_json::{Value, json};

use crate::access::{NewKey, Right};
use crate::app::{App, NewOrganization};
use crate::cli::{DataArguments, config_of, config_of_new, output, parse_org, parse_right};
use crate::log::now_ms;
use crate::read::iso;
use crate::settings::Settings;

/// What `org` does.
#[derive(Subcommand)]
pub(super) enum OrgCommand {
    /// Make an organization with an empty log
    Create(OrgCreate),
    /// List organizations
    List(List),
}

/// What `org create` takes.
#[derive(Args)]
pub(super) struct OrgCreate {
    /// Its id: a-z, 0-9, _ and -, for ever
    #[arg(value_parser = parse_org)]
    id: OrgId,
    /// The name people know it by
    #[arg(long)]
    name: String,
    /// How its log is shown: documents, workspace, signing or platform
    #[arg(long)]
    profile: String,
    /// A shipped catalog it uses, instead of the profile's; may be repeated
    #[arg(long = "catalog", value_name = "CATALOG")]
    catalogs: Vec<String>,
    /// The name of its time zone
    #[arg(long, default_value = "UTC")]
    time_zone: String,
    #[command(flatten)]
    form: List,
}

/// What lists take.
#[derive(Args)]
pub(super) struct List {
    #[command(flatten)]
    data: DataArguments,
    /// JSON lines, on a terminal too
    #[arg(long)]
    json: bool,
}

/// What `key` does.
#[derive(Subcommand)]
pub(super) enum KeyCommand {
    /// Make a key; it is shown once
    Create(KeyCreate),
    /// List keys
    List(KeyList),
    /// Take a key back
    Revoke(KeyRevoke),
}

/// What `key create` takes.
#[derive(Args)]
pub(super) struct KeyCreate {
    /// The organization
    #[arg(long, value_parser = parse_org)]
    org: OrgId,
    /// What people call it
    #[arg(long, default_value = "key")]
    name: String,
    /// What it may do: write, read, admin
    #[arg(long, value_delimiter = ',', required = true, value_parser = parse_right)]
    scope: Vec<Right>,
    #[command(flatten)]
    form: List,
}

/// What `key list` takes.
#[derive(Args)]
pub(super) struct KeyList {
    /// The organization
    #[arg(long, value_parser = parse_org)]
    org: OrgId,
    #[command(flatten)]
    form: List,
}

/// What `key revoke` takes.
#[derive(Args)]
pub(super) struct KeyRevoke {
    /// The organization
    #[arg(long, value_parser = parse_org)]
    org: OrgId,
    /// The key's id, as `key list` shows it
    id: String,
    #[command(flatten)]
    data: DataArguments,
}

pub(super) fn run_org(command: OrgCommand) -> anyhow::Result<ExitCode> {
    match command {
        OrgCommand::Create(it) => {
            let (app, _writer) = App::open(&config_of_new(&it.form.data)?)?;
            let (id, name) = (it.id, it.name);
            let settings = Settings::default();
            let new = NewOrganization {
                id,
                name,
                profile: it.profile,
                catalogs: it.catalogs,
                time_zone: it.time_zone,
                settings,
            };
            let made = app.create_organization(new)?;
            show(&it.form, &["Id", "Name", "Profile", "Zone", "Events"], &[organization(&app, &made.row)?])
        }
        OrgCommand::List(form) => {
            let (app, _writer) = App::open(&config_of(&form.data)?)?;
            let rows: anyhow::Result<Vec<Value>> =
                app.store.organizations()?.iter().map(|row| organization(&app, row)).collect();
            show(&form, &["Id", "Name", "Profile", "Zone", "Events"], &rows?)
        }
    }
}

fn organization(app: &App, row: &crate::store::OrganizationRow) -> anyhow::Result<Value> {
    let size = app.store.head(row.code)?.size;
    Ok(json!({"id": row.id, "name": row.name, "profile": row.profile, "zone": row.time_zone, "events": size}))
}

pub(super) fn run_key(command: KeyCommand) -> anyhow::Result<ExitCode> {
    match command {
        KeyCommand::Create(it) => {
            let (app, _writer) = App::open(&config_of(&it.form.data)?)?;
            let org = app.access.open_locally(&it.org)?;
            let new = NewKey { name: it.name, scopes: it.scope, organizations: None };
            let (secret, id) = app.access.create_key(Some(&org), &new, now_ms(), None)?;
            if output::is_terminal() && !it.form.json {
                println!("{}\n\nIt is shown only now. Its id is {id}.", secret.as_str());
            } else {
                println!(
                    "{}",
                    json!({"id": id, "key": secret.as_str(), "name": new.name, "scopes": new.scopes})
                );
            }
            Ok(ExitCode::SUCCESS)
        }
        KeyCommand::List(it) => {
            let (app, _writer) = App::open(&config_of(&it.form.data)?)?;
            let org = app.access.open_locally(&it.org)?;
            let keys = app.access.keys(Some(&org))?;
            let keys: Vec<Value> = keys
                .iter()
                .map(|key| {
                    json!({
                        "id": key.id, "name": key.grant["name"], "scopes": key.grant["scopes"],
                        "created": iso(key.created_ms), "revoked": key.revoked_ms.map(iso),
                    })
                })
                .collect();
            show(&it.form, &["Id", "Name", "Scopes", "Created", "Revoked"], &keys)
        }
        KeyCommand::Revoke(it) => {
            let (app, _writer) = App::open(&config_of(&it.data)?)?;
            let org = app.access.open_locally(&it.org)?;
            if !app.access.revoke_key(&org, &it.id, now_ms())? {
                anyhow::bail!("{} has no key {} that still works", it.org, it.id);
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// A table for people, JSON lines for programs; the columns are the members.
fn show(form: &List, header: &[&str], rows: &[Value]) -> anyhow::Result<ExitCode> {
    if !output::is_terminal() || form.json {
        output::print_lines(rows)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = output::table(header);
    for row in rows {
        let cell = |name: &&str| match &row[name.to_lowercase()] {
            Value::Null => String::new(),
            Value::String(text) => output::visible(text),
            other => other.to_string(),
        };
        table.add_row(header.iter().map(cell));
    }
    println!("{table}");
    Ok(ExitCode::SUCCESS)
}
