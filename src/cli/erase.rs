//! `erase`: values of events, of an actor or of a signee. Deliberately absent: what belongs to a person.

use std::process::ExitCode;

use clap::{ArgGroup, Args};
use serde_json::{Value, json};

use crate::app::erasures::Whose;
use crate::cli::PlaceArguments;
use crate::cli::place::Place;

/// What `erase` takes.
#[derive(Args)]
#[command(group = ArgGroup::new("whose").required(true).args(["events", "actor", "signee"]))]
pub(super) struct EraseArguments {
    #[command(flatten)]
    place: PlaceArguments,
    /// An event, by id or position; may be given several times
    #[arg(long = "event", value_name = "ID")]
    events: Vec<String>,
    /// An actor, by id or e-mail address: everything that says who it was, wherever it stands
    #[arg(long, value_name = "ID")]
    actor: Option<String>,
    /// A signee, by key: everything that says who it was, in every process
    #[arg(long, value_name = "KEY")]
    signee: Option<String>,
    /// A pointer into the recorded document, such as /e/metadata/phone; several times; without it, what says who it was
    #[arg(long = "field", value_name = "POINTER")]
    fields: Vec<String>,
    /// On what grounds, as it is to stand in the log
    #[arg(long, value_name = "TEXT")]
    basis: String,
    /// The role of who asked for it, never a name
    #[arg(long, value_name = "ROLE")]
    requested_by: String,
    /// Print the answer as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn erase(arguments: EraseArguments) -> anyhow::Result<ExitCode> {
    let place = Place::open(&arguments.place)?;
    let whose = match (arguments.actor, arguments.signee) {
        (Some(actor), _) => Whose::Actor(actor),
        (None, Some(signee)) => Whose::Signee(signee),
        (None, None) => Whose::Events(arguments.events),
    };
    let answer = place.erase(whose, arguments.fields, arguments.basis, arguments.requested_by)?;
    place.close();
    if arguments.json {
        println!("{answer}");
    } else {
        tell(&answer);
    }
    Ok(ExitCode::SUCCESS)
}

fn tell(answer: &Value) {
    let made = answer["erasures"].as_array().cloned().unwrap_or_default();
    if made.is_empty() {
        println!("Nothing is left to be erased.");
        return;
    }
    for it in &made {
        println!(
            "Erased {} fields of {} events; the record is event {}.",
            it["fields"], it["events"], it["seq"]
        );
    }
    for it in answer["mentions"].as_array().into_iter().flatten() {
        println!(
            "{} still stands in {} events, which may mean somebody else: look at them, and name them with --event: {}",
            it["name"], it["events"], it["seqs"]
        );
    }
    println!("Not within reach:");
    for what in answer["elsewhere"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        println!("  {what}");
    }
}

/// The body that a server takes.
pub(super) fn body(whose: Whose, fields: &[String], basis: &str, requested_by: &str) -> Value {
    let mut body = json!({"fields": fields, "basis": basis, "requested_by": requested_by});
    match whose {
        Whose::Events(events) => body["events"] = json!(events),
        Whose::Actor(actor) => body["actor"] = json!(actor),
        Whose::Signee(signee) => body["signee"] = json!(signee),
    }
    body
}
