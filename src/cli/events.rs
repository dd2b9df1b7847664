//! `query`, `tail` and `import`: events in and out by hand. Deliberately absent: where they are (`place`).

use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use everlog_core::event::Mode;
use everlog_core::json;
use serde_json::{Value, json};

use crate::cli::PlaceArguments;
use crate::cli::output::{self, visible};
use crate::cli::place::{Place, Tally};
use crate::log::BATCH_EVENTS_MAX;

/// About how many bytes are sent together: with the largest line behind them, less than a server takes.
pub(super) const GROUP_BYTES_MAX: usize = 8 * 1024 * 1024;
/// How many refused lines `import` tells one by one.
const REFUSALS_TOLD_MAX: u64 = 20;
/// How often `tail` looks for more.
const TAIL_PAUSE: Duration = Duration::from_millis(500);

/// What `query` takes.
#[derive(Args)]
pub(super) struct QueryArguments {
    #[command(flatten)]
    place: PlaceArguments,
    /// Free text: words, pieces of words, "phrases", field:value; behind a `--` also -without
    text: Vec<String>,
    /// Parameters of the API, such as kind=deleted, actor=u_3, range=last_7_days, sort=time; may be repeated
    #[arg(long = "where", short = 'w', value_name = "NAME=VALUE", value_parser = parse_pair)]
    filters: Vec<(String, String)>,
    /// Leave out what has this value, such as kind=deleted or actor=u_3; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse_pair)]
    not: Vec<(String, String)>,
    /// How many to show
    #[arg(long, short = 'n', default_value_t = 25)]
    limit: u64,
    /// All that match
    #[arg(long, conflicts_with = "limit")]
    all: bool,
    /// Only how many match
    #[arg(long)]
    count: bool,
    /// JSON lines, on a terminal too
    #[arg(long)]
    json: bool,
}

/// What `tail` takes.
#[derive(Args)]
pub(super) struct TailArguments {
    #[command(flatten)]
    place: PlaceArguments,
    /// Begin behind this position instead of at the end; -1 for the beginning
    #[arg(long, allow_negative_numbers = true)]
    after: Option<i64>,
    /// Stop when there is nothing more
    #[arg(long)]
    once: bool,
    /// JSON lines, on a terminal too
    #[arg(long)]
    json: bool,
}

/// What `import` takes.
#[derive(Args)]
pub(super) struct ImportArguments {
    #[command(flatten)]
    place: PlaceArguments,
    /// The file to read, one event a line; - for standard input
    file: PathBuf,
    /// How events are taken in
    #[arg(long, value_enum, default_value_t = ImportMode::Record)]
    mode: ImportMode,
}

#[derive(Clone, Copy, ValueEnum)]
enum ImportMode {
    /// History, accepted as it is
    Record,
    /// As if it happened now: rules run
    Command,
}

pub(super) fn parse_pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

pub(super) fn reader(file: Option<&Path>) -> anyhow::Result<Box<dyn Read>> {
    match file {
        None => Ok(Box::new(std::io::stdin())),
        Some(path) if path == Path::new("-") => Ok(Box::new(std::io::stdin())),
        Some(path) => Ok(Box::new(File::open(path).with_context(|| path.display().to_string())?)),
    }
}

pub(super) fn query(arguments: QueryArguments) -> anyhow::Result<ExitCode> {
    let place = Place::open(&arguments.place)?;
    let mut params = arguments.filters;
    params.extend(arguments.not.iter().map(|(name, value)| ("not".to_owned(), format!("{name}:{value}"))));
    if !arguments.text.is_empty() {
        params.push(("q".to_owned(), arguments.text.join(" ")));
    }
    if arguments.count {
        println!("{}", place.total(&params)?);
        place.close();
        return Ok(ExitCode::SUCCESS);
    }
    let mut left = if arguments.all { u64::MAX } else { arguments.limit };
    let as_table = output::is_terminal() && !arguments.json;
    let mut shown = Vec::new();
    let mut cursor = None;
    while left > 0 {
        let mut asked = cursor.map_or_else(|| params.clone(), |cursor| vec![("cursor".to_owned(), cursor)]);
        asked.push(("limit".to_owned(), left.min(1_000).to_string()));
        let (events, next) = place.page(&asked)?;
        left -= events.len() as u64;
        if as_table {
            shown.extend(events)
        } else {
            output::print_lines(&events)?
        }
        cursor = next;
        if cursor.is_none() {
            break;
        }
    }
    if as_table {
        print_table(&shown);
        eprintln!("{} of {}", shown.len(), place.total(&params)?);
    }
    place.close();
    Ok(ExitCode::SUCCESS)
}

fn print_table(events: &[Value]) {
    let mut table = output::table(&["When", "Who", "What", "Sentence", "Id"]);
    for event in events {
        table.add_row(cells(event));
    }
    println!("{table}");
}

fn cells(event: &Value) -> [String; 5] {
    let text = |value: &Value| visible(value.as_str().unwrap_or_default());
    let actor = &event["actor"];
    let who = ["name", "email", "id", "type"].into_iter().find(|member| actor[member].is_string());
    let who = who.map(|member| text(&actor[member])).unwrap_or_default();
    [text(&event["occurred_at"]), who, text(&event["label"]), text(&event["description"]), text(&event["id"])]
}

pub(super) fn tail(arguments: TailArguments) -> anyhow::Result<ExitCode> {
    let place = Place::open(&arguments.place)?;
    if matches!(place, Place::Local { .. }) && !arguments.once {
        bail!("a data directory that is open here does not grow: give --url, or --once");
    }
    let mut after = match arguments.after {
        Some(after) if after < -1 => bail!("--after is a position, or -1"),
        Some(after) => after,
        None if arguments.once => -1,
        None => place.last()?,
    };
    let as_lines = output::is_terminal() && !arguments.json;
    loop {
        let (events, next) = place.feed(after, 1_000)?;
        if as_lines {
            let mut out = std::io::stdout().lock();
            for event in &events {
                let [when, who, what, sentence, _] = cells(event);
                writeln!(out, "{when}  {who}  {what}  {sentence}")?;
            }
        } else {
            output::print_lines(&events)?;
        }
        after = next;
        if events.is_empty() {
            if arguments.once {
                break;
            }
            std::thread::sleep(TAIL_PAUSE);
        }
    }
    place.close();
    Ok(ExitCode::SUCCESS)
}

pub(super) fn import(arguments: ImportArguments) -> anyhow::Result<ExitCode> {
    let mode = match arguments.mode {
        ImportMode::Record => Mode::Record,
        ImportMode::Command => Mode::Command,
    };
    let length = std::fs::metadata(&arguments.file).ok().filter(|it| it.is_file()).map(|it| it.len());
    let mut lines = BufReader::with_capacity(1 << 20, reader(Some(&arguments.file))?);
    let place = Place::open(&arguments.place)?;
    let bar = output::progress(length, true);
    let mut whole = Tally::default();
    let mut told = Told::default();
    let mut group = Vec::new();
    let (mut line, mut number, mut group_bytes) = (Vec::new(), 0_u64, 0);
    loop {
        line.clear();
        let read = lines.read_until(b'\n', &mut line)?;
        number += 1;
        if !line.trim_ascii().is_empty() {
            match json::parse(&line) {
                Ok(event) => group.push((number, event)),
                Err(why) => {
                    whole.refused += 1;
                    told.tell(number, &why.to_string());
                }
            }
        }
        bar.inc(read as u64);
        group_bytes += line.len();
        let is_full = group.len() == BATCH_EVENTS_MAX || group_bytes >= GROUP_BYTES_MAX;
        if !group.is_empty() && (is_full || read == 0) {
            group_bytes = 0;
            let (numbers, events): (Vec<u64>, Vec<Value>) = std::mem::take(&mut group).into_iter().unzip();
            let (tally, results) = place.append(mode, events)?;
            let refused = numbers.iter().zip(&results).filter(|(_, result)| result["status"] == "refused");
            for (number, result) in refused {
                eprintln!(
                    "line {number}: {}",
                    visible(result["problem"]["detail"].as_str().unwrap_or_default())
                );
            }
            whole.add(tally);
            bar.set_message(format!("{} recorded", whole.created));
        }
        if read == 0 {
            break;
        }
    }
    bar.finish_and_clear();
    place.close();
    told.end();
    let counts = json!({"created": whole.created, "duplicates": whole.duplicates, "refused": whole.refused});
    if output::is_terminal() {
        println!(
            "{} recorded, {} were there before, {} refused",
            whole.created, whole.duplicates, whole.refused
        );
    } else {
        println!("{counts}");
    }
    Ok(if whole.refused == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Tally {
    pub(super) fn add(&mut self, other: Self) {
        self.created += other.created;
        self.duplicates += other.duplicates;
        self.refused += other.refused;
    }
}

/// The refusals that were told: the first ones, so that a file that is wrong throughout does not fill the screen.
#[derive(Default)]
struct Told(u64);

impl Told {
    fn tell(&mut self, line: u64, why: &str) {
        self.0 += 1;
        if self.0 <= REFUSALS_TOLD_MAX {
            eprintln!("line {line}: {}", visible(why));
        }
    }

    fn end(&self) {
        if let Some(more) = self.0.checked_sub(REFUSALS_TOLD_MAX).filter(|more| *more > 0) {
            eprintln!("and {more} more lines were refused");
        }
    }
}
