//! `record`: events into the log, as they come. Deliberately absent: where the log is (`place`), and what a receipt is
//! (`receipts`).

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use everlog_core::event::Mode;
use everlog_core::json;
use serde_json::Value;

use crate::cli::PlaceArguments;
use crate::cli::events::{GROUP_BYTES_MAX, reader};
use crate::cli::output;
use crate::cli::place::{Place, Tally};
use crate::cli::receipts::Receipts;
use crate::log::BATCH_EVENTS_MAX;

/// What `record` takes.
#[derive(Args)]
pub(super) struct RecordArguments {
    #[command(flatten)]
    place: PlaceArguments,
    /// The file to read; - or nothing for standard input
    file: Option<PathBuf>,
    /// Keep the answer to each write with its proof in this file, behind what is in it, for `verify` later
    #[arg(long, value_name = "FILE")]
    receipts: Option<PathBuf>,
}

pub(super) fn record(arguments: RecordArguments) -> anyhow::Result<ExitCode> {
    let mut input = Input::open(BufReader::with_capacity(1 << 20, reader(arguments.file.as_deref())?))?;
    let place = Place::open(&arguments.place)?;
    let mut receipts = match &arguments.receipts {
        Some(path) => Some(Receipts::open(path, &arguments.place.org, place.log_keys()?)?),
        None => None,
    };
    let mut whole = Tally::default();
    while let Some(group) = input.group()? {
        let (tally, results) = place.append(Mode::Command, group)?;
        whole.add(tally);
        let kept = receipts.as_mut().map_or(Ok(()), |receipts| receipts.keep(&place, &results));
        // What is recorded is told, whether or not its receipt can be had.
        output::print_lines(&results)?;
        kept?;
    }
    place.close();
    Ok(if whole.refused == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Events as they are read: one a line, an array, or one alone on as many lines as it likes.
struct Input<R> {
    lines: BufReader<R>,
    /// How many lines were read.
    number: u64,
    /// Events that wait for their turn.
    waiting: VecDeque<Value>,
    /// What stands behind them, and is no event.
    fault: Option<anyhow::Error>,
}

impl<R: Read> Input<R> {
    fn open(lines: BufReader<R>) -> anyhow::Result<Self> {
        let mut input = Self { lines, number: 0, waiting: VecDeque::new(), fault: None };
        let first = input.line()?;
        match json::parse(&first) {
            Ok(event @ Value::Object(_)) => input.waiting.push_back(event),
            _ if first.is_empty() => {}
            _ => {
                let mut whole = first;
                input.lines.read_to_end(&mut whole)?;
                let value = json::parse_with_depth(&whole, json::DEPTH_MAX + 1);
                match value.context("the input is neither a JSON value nor one a line")? {
                    Value::Array(events) => input.waiting.extend(events),
                    event => input.waiting.push_back(event),
                }
            }
        }
        Ok(input)
    }

    /// The next line that is not empty; empty at the end.
    fn line(&mut self) -> anyhow::Result<Vec<u8>> {
        let mut line = Vec::new();
        loop {
            line.clear();
            self.number += 1;
            let read = self.lines.read_until(b'\n', &mut line)?;
            if read == 0 || !line.trim_ascii().is_empty() {
                return Ok(line);
            }
        }
    }

    /// The next events that belong together: as many as may be sent at once, or as have come by now, so that who writes
    /// one line at a time waits for nothing.
    fn group(&mut self) -> anyhow::Result<Option<Vec<Value>>> {
        let mut bytes = 0;
        while self.fault.is_none() && self.waiting.len() < BATCH_EVENTS_MAX && bytes < GROUP_BYTES_MAX {
            // Nothing more is at hand: a pipe would be waited for.
            if !self.waiting.is_empty() && !self.lines.buffer().contains(&b'\n') {
                break;
            }
            let line = self.line()?;
            if line.is_empty() {
                break;
            }
            bytes += line.len();
            match json::parse(&line) {
                Ok(event) => self.waiting.push_back(event),
                Err(why) => {
                    let told = format!("line {} is no event; those before it are recorded", self.number);
                    self.fault = Some(anyhow::Error::new(why).context(told));
                }
            }
        }
        let group: Vec<Value> = self.waiting.drain(..self.waiting.len().min(BATCH_EVENTS_MAX)).collect();
        match self.fault.take_if(|_| group.is_empty()) {
            Some(why) => Err(why),
            None => Ok((!group.is_empty()).then_some(group)),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::io::BufReader;

    use serde_json::{Value, json};

    use super::Input;

    fn read(text: &str) -> (Vec<Value>, Option<String>) {
        let mut events = Vec::new();
        let mut input = match Input::open(BufReader::new(text.as_bytes())) {
            Ok(input) => input,
            Err(why) => return (events, Some(why.to_string())),
        };
        loop {
            match input.group() {
                Ok(Some(group)) => events.extend(group),
                Ok(None) => return (events, None),
                Err(why) => return (events, Some(why.to_string())),
            }
        }
    }

    #[test]
    fn events_are_read_alone_in_an_array_and_one_a_line() {
        let two = vec![json!({"a": 1}), json!({"b": 2})];
        for text in ["{\"a\":1}\n{\"b\":2}\n", "\n\n{\"a\":1}\n\n \n{\"b\":2}", "[{\"a\":1},\n{\"b\":2}]"] {
            assert_eq!(read(text), (two.clone(), None), "{text:?}");
        }
        assert_eq!(read("{\n\"a\":1\n}"), (two[..1].to_vec(), None));
        assert_eq!(read(""), (vec![], None));
        let many: String = (0..2_500).map(|at| format!("{{\"n\":{at}}}\n")).collect();
        assert_eq!(read(&many).0.len(), 2_500);
    }

    #[test]
    fn what_stands_before_a_line_that_is_no_event_is_given_first() {
        let (events, fault) = read("{\"a\":1}\n{\"b\":2}\n{\"c\":\n{\"d\":4}\n");
        assert_eq!(events.len(), 2);
        assert!(fault.unwrap().contains("line 3 is no event"));
        assert!(read("{\"a\":\n{\"b\":2}").1.is_some());
    }
}
