//! Where a command finds the log: a server over HTTP, or a data directory opened here. The commands do not see which.
//!
//! Deliberately absent: formatting.

use std::io::{self, Read, Write};
use std::time::Duration;

use anyhow::{Context, bail};
use everlog_core::event::{Mode, Via};
use everlog_core::query::Moment;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::access::Organization;
use crate::app::App;
use crate::app::erasures::{ErasureError, ErasureRequest, Whose};
use crate::cli::{PlaceArguments, config_of, erase};
use crate::download::Download;
use crate::download::process::{Piece, ProcessFile, tongue};
use crate::http::HEAD_TIME_MAX;
use crate::log::{Outcome, Source, WriterThread, now_ms};
use crate::read::{present, week_start};

mod proofs;

/// How long a server may take to answer a command.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(60);
/// How often events are sent again to a server that has no time, and how long to wait at most, in seconds.
const TRIES_MAX: u32 = 10;
const WAIT_SECONDS_MAX: u64 = 60;
/// Longest answer that is read, in bytes.
const ANSWER_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// How many bytes of a file are read together.
const PIECE_BYTES: usize = 64 * 1024;

pub(super) enum Place {
    Remote {
        agent: ureq::Agent,
        base: String,
        key: String,
    },
    Local {
        app: Box<App>,
        org: Box<Organization>,
        writer: Option<WriterThread>,
        runtime: tokio::runtime::Runtime,
    },
}

/// Takes the bytes of a file, and how many events they tell so far.
pub(super) type Take<'a> = &'a mut dyn FnMut(&[u8], u64) -> anyhow::Result<()>;

/// What became of a group of events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub created: u64,
    pub duplicates: u64,
    pub refused: u64,
}

impl Place {
    pub fn open(arguments: &PlaceArguments) -> anyhow::Result<Self> {
        if let Some(url) = &arguments.url {
            let key =
                arguments.api_key.clone().context("--api-key or EVERLOG_API_KEY is needed with --url")?;
            return Ok(Self::remote(url, Some(key), &arguments.org));
        }
        let (app, writer) = App::open(&config_of(&arguments.data)?)?;
        let org = app.access.open_locally(&arguments.org)?;
        let runtime = crate::cli::serve::runtime()?;
        Ok(Self::Local { app: Box::new(app), org: Box::new(org), writer: Some(writer), runtime })
    }

    fn agent() -> ureq::Agent {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(ANSWER_TIME_MAX))
            // Given up well before the server closes it: no request meets a closing connection.
            .max_idle_age(HEAD_TIME_MAX / 3)
            .build();
        config.into()
    }

    /// Takes in a group of events; tells what became of each.
    pub fn append(&self, mode: Mode, events: Vec<Value>) -> anyhow::Result<(Tally, Vec<Value>)> {
        match self {
            Self::Remote { agent, base, key } => {
                let url = format!("{base}/events?mode={}", mode.as_str());
                let body = serde_json::to_vec(&events)?;
                // Without ids of their own, events whose fate is not known would be recorded twice.
                let is_safe_again = events.iter().all(|event| event["id"].is_string());
                let answer = send_patiently(is_safe_again, || {
                    let request = agent.post(&url).header("Authorization", format!("Bearer {key}"));
                    request.header("Content-Type", "application/json").send(body.as_slice())
                })
                .with_context(|| format!("{base} does not take the events"))?;
                let count = |name: &str| answer[name].as_u64().unwrap_or_default();
                let tally = Tally {
                    created: count("created"),
                    duplicates: count("duplicates"),
                    refused: count("refused"),
                };
                let results = answer["results"].as_array().cloned().unwrap_or_default();
                Ok((tally, results))
            }
            Self::Local { app, org, runtime, .. } => {
                let source = Source { via: Via::Cli, ..Source::server() };
                let outcomes = runtime.block_on(app.log.append(org.entry(), &source, mode, events))?;
                let mut tally = Tally::default();
                for outcome in &outcomes {
                    match outcome {
                        Outcome::Created(_) => tally.created += 1,
                        Outcome::Duplicate(_) => tally.duplicates += 1,
                        Outcome::Refused(_) => tally.refused += 1,
                    }
                }
                Ok((tally, outcomes.into_iter().map(crate::http::answer).collect()))
            }
        }
    }

    /// One page of events, and the cursor of the next.
    pub fn page(&self, params: &[(String, String)]) -> anyhow::Result<(Vec<Value>, Option<String>)> {
        match self {
            Self::Remote { .. } => {
                let answer = self.get("/events", params)?;
                let data = answer["data"].as_array().cloned().unwrap_or_default();
                Ok((data, answer["next"].as_str().map(str::to_owned)))
            }
            Self::Local { app, org, .. } => {
                let question = app.reader.question(org, params, &[], &moment(org))?;
                let page = app.reader.page(org, &question)?;
                Ok((page.events.iter().map(|event| present(event, org)).collect(), page.next))
            }
        }
    }

    /// How many events match.
    pub fn total(&self, params: &[(String, String)]) -> anyhow::Result<u64> {
        match self {
            Self::Remote { .. } => {
                Ok(self.get("/events/total", params)?["total"].as_u64().unwrap_or_default())
            }
            Self::Local { app, org, .. } => {
                let question = app.reader.question(org, params, &[], &moment(org))?;
                Ok(app.reader.total(org, &question)?)
            }
        }
    }

    /// Everything that matches, as a file: `write` gets its bytes in order, with how many events they tell so far, as near
    /// as can be told. An error means that the file is not whole.
    pub fn export(&self, params: &[(String, String)], write: Take<'_>) -> anyhow::Result<()> {
        match self {
            Self::Remote { agent, base, key } => {
                let pairs = params.iter().map(|(name, value)| (name.as_str(), value.as_str()));
                // A long file takes its time; only its beginning is waited for.
                let request = agent.get(format!("{base}/export")).query_pairs(pairs);
                let request = request.header("Authorization", format!("Bearer {key}")).config();
                let request =
                    request.timeout_global(None).timeout_recv_response(Some(ANSWER_TIME_MAX)).build();
                let mut sent = request.call().with_context(|| format!("{base} cannot be reached"))?;
                if !sent.status().is_success() {
                    return answer(sent).map(drop);
                }
                let mut body = sent.body_mut().as_reader();
                let (mut piece, mut lines) = (vec![0; PIECE_BYTES], 0);
                loop {
                    let read = body.read(&mut piece).context("the server broke off")?;
                    if read == 0 {
                        return Ok(());
                    }
                    lines += piece[..read].iter().filter(|byte| **byte == b'\n').count() as u64;
                    write(&piece[..read], lines)?;
                }
            }
            Self::Local { app, org, runtime, .. } => {
                let download = Download::new(app, org.as_ref().clone(), None, params, &moment(org))?;
                let place = download.enter(app)?;
                let source = Source { via: Via::Cli, ..Source::server() };
                runtime.block_on(download.record(app, None, &source))?;
                let mut making = download.begin(app, place)?;
                while let Some(bytes) = making.step()? {
                    write(&bytes, making.events())?;
                }
                Ok(())
            }
        }
    }

    /// A file of a process. An error means that what was written is not whole.
    pub fn process_file(
        &self,
        process: &str,
        piece: Piece,
        params: &[(String, String)],
        out: &mut dyn Write,
    ) -> anyhow::Result<()> {
        match self {
            Self::Remote { agent, base, key } => {
                let process = utf8_percent_encode(process, NON_ALPHANUMERIC);
                let pairs = params.iter().map(|(name, value)| (name.as_str(), value.as_str()));
                let request = agent.get(format!("{base}/processes/{process}/{}", piece.as_str()));
                let request = request.query_pairs(pairs).header("Authorization", format!("Bearer {key}"));
                let mut sent = request.call().with_context(|| format!("{base} cannot be reached"))?;
                if !sent.status().is_success() {
                    return answer(sent).map(drop);
                }
                io::copy(&mut sent.body_mut().as_reader(), out).context("the server broke off")?;
            }
            Self::Local { app, org, runtime, .. } => {
                let tongue = tongue(params, &moment(org))?;
                let file = ProcessFile::find(app, org.as_ref().clone(), process, piece, &tongue)?;
                let source = Source { via: Via::Cli, ..Source::server() };
                runtime.block_on(file.record(app, None, &source))?;
                file.write_to(out)?;
            }
        }
        Ok(out.flush()?)
    }

    /// Erases; the answer as the API gives it.
    pub fn erase(
        &self,
        whose: Whose,
        fields: Vec<String>,
        basis: String,
        requested_by: String,
    ) -> anyhow::Result<Value> {
        match self {
            Self::Remote { agent, base, key } => {
                let body = serde_json::to_vec(&erase::body(whose, &fields, &basis, &requested_by))?;
                let request = agent.post(format!("{base}/erasures"));
                let request = request.header("Authorization", format!("Bearer {key}"));
                let request = request.header("Content-Type", "application/json");
                answer(request.send(body.as_slice()).with_context(|| format!("{base} cannot be reached"))?)
            }
            Self::Local { app, org, runtime, .. } => {
                let source = Source { via: Via::Cli, ..Source::server() };
                let actor = json!({"type": "system", "name": "Operator"});
                let request = ErasureRequest { whose, fields, basis, requested_by };
                let made =
                    runtime.block_on(app.erase(org, &source, actor, request)).map_err(|why| match why {
                        ErasureError::Invalid(faults) => {
                            let told: Vec<_> =
                                faults.iter().map(|it| format!("{}: {}", it.pointer, it.message)).collect();
                            anyhow::anyhow!(told.join("; "))
                        }
                        why => why.into(),
                    })?;
                app.purge().context(
                    "it is erased, recorded, and found by nothing any more, but not gone everywhere yet; the next \
                     start of the server goes on with that",
                )?;
                Ok(crate::http::shown_erasures(&made))
            }
        }
    }

    /// Events in the order of the log behind a position, and the new position.
    pub fn feed(&self, after: i64, limit: usize) -> anyhow::Result<(Vec<Value>, i64)> {
        match self {
            Self::Remote { .. } => {
                let params =
                    [("after".to_owned(), after.to_string()), ("limit".to_owned(), limit.to_string())];
                let answer = self.get("/feed", &params)?;
                let data = answer["data"].as_array().cloned().unwrap_or_default();
                Ok((data, answer["next"].as_i64().unwrap_or(after)))
            }
            Self::Local { app, org, .. } => {
                let from = everlog_core::ids::Seq(u64::try_from(after + 1)?);
                let events = app.reader.feed(org, from, limit)?;
                let next = events.last().map_or(after, |event| event.seq.0 as i64);
                Ok((events.iter().map(|event| present(event, org)).collect(), next))
            }
        }
    }

    /// The last position of the log, −1 when it is empty.
    pub fn last(&self) -> anyhow::Result<i64> {
        let params = [("limit".to_owned(), "1".to_owned())];
        match self {
            // The newest by time is near the end of the log; what the feed holds behind it is found from there.
            Self::Remote { .. } => {
                let (newest, _) = self.page(&params)?;
                let mut after = newest.first().and_then(|event| event["seq"].as_i64()).unwrap_or(-1);
                loop {
                    let (events, next) = self.feed(after, 1_000)?;
                    if events.is_empty() {
                        return Ok(after);
                    }
                    after = next;
                }
            }
            Self::Local { app, org, .. } => Ok(app.reader.size(org)?.0 as i64 - 1),
        }
    }

    fn get(&self, path: &str, params: &[(String, String)]) -> anyhow::Result<Value> {
        let Self::Remote { agent, base, key } = self else { bail!("this log is not behind a server") };
        let pairs = params.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let sent = agent
            .get(format!("{base}{path}"))
            .query_pairs(pairs)
            .header("Authorization", format!("Bearer {key}"))
            .call();
        answer(sent.with_context(|| format!("{base} cannot be reached"))?)
    }

    /// Lets the writer end what it took in.
    pub fn close(self) {
        if let Self::Local { app, org, writer, runtime } = self {
            // The index catches up at the next start, should this fail.
            if let Err(why) = app.index.flush() {
                eprintln!("everlog: the index is not written yet: {why}");
            }
            drop((app, org, runtime));
            writer.into_iter().for_each(WriterThread::join);
        }
    }
}

fn moment(org: &Organization) -> Moment {
    Moment { now_ms: now_ms(), time_zone: org.entry().time_zone.clone(), week_start: week_start(org) }
}

/// Sends, and sends again for a while when the server has no time now: 429 always, 503 when that is safe.
fn send_patiently(
    is_safe_again: bool,
    send: impl Fn() -> Result<ureq::http::Response<ureq::Body>, ureq::Error>,
) -> anyhow::Result<Value> {
    for _ in 0..TRIES_MAX {
        let response = send()?;
        let status = response.status().as_u16();
        if !(status == 429 || (status == 503 && is_safe_again)) {
            return answer(response);
        }
        let wait = response.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
        std::thread::sleep(Duration::from_secs(wait.unwrap_or(1).clamp(1, WAIT_SECONDS_MAX)));
    }
    answer(send()?)
}

/// The JSON of an answer; a problem document becomes an error in its own words.
pub(super) fn answer(mut response: ureq::http::Response<ureq::Body>) -> anyhow::Result<Value> {
    let status = response.status();
    let mut bytes = Vec::new();
    response.body_mut().as_reader().take(ANSWER_BYTES_MAX).read_to_end(&mut bytes)?;
    let value: Value = serde_json::from_slice(&bytes).unwrap_or_else(|_| json!({}));
    if status.is_success() {
        return Ok(value);
    }
    let told = value["detail"].as_str().unwrap_or("no reason given");
    bail!("the server answers {}: {told}", status.as_u16())
}
