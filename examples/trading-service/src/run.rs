//! One run from its settings to its exit code.

use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use crate::bars::Bars;
use crate::engine::{Live, Stop};
use crate::error::Error;
use crate::ops::{Console, Ops};
use crate::progress::Progress;
use crate::report::{Report, Text};
use crate::settings::{Mode, Settings};
use crate::side::{Client, Side};
use crate::state::StateDir;

/// Trades the day, prints the report, and returns the exit code.
pub(crate) async fn run(settings: &Settings) -> Result<u8, Error> {
    let bars = Bars::load(&settings.data, settings.bad_bars)?;
    let mut state = StateDir::open(settings.state.as_deref())?;
    warn(settings, &bars);
    let stop = Stop::default();
    let report = stop
        .while_listening(trade(settings, &bars, &stop, &state))
        .await?;
    let report = report.inspect_err(|_| {
        if settings.state.is_none() && state.is_used() {
            tell_kept(&mut state);
        }
    })?;
    print(settings, &bars, &report)?;
    let code = if report.is_sound() {
        stop.exit_code().unwrap_or(0)
    } else {
        1
    };
    if code != 0 && settings.state.is_none() {
        tell_kept(&mut state);
    }
    Ok(code)
}

/// Keeps what a run that did not end well has traded, and says where it is.
fn tell_kept(state: &mut StateDir) {
    let path = state.keep().display();
    eprintln!("ledger and books are kept: --state {path}");
}

async fn trade(
    settings: &Settings,
    bars: &Bars,
    stop: &Stop,
    state: &StateDir,
) -> Result<Report, Error> {
    let clients: &[Client] = match settings.mode {
        Mode::Compare => &[Client::Stack, Client::Naive],
        Mode::Stack => &[Client::Stack],
        Mode::Naive => &[Client::Naive],
    };
    let names: Vec<_> = clients.iter().map(|client| client.word()).collect();
    let progress = Arc::new(Progress::new(&names));
    let mut ops = operations(settings, &progress).await?;
    ops.machine(state.path())?;
    let lives = lives(&names, &ops, &progress)?;
    ops.started();
    let side = async |client: Client| {
        let Some(place) = clients.iter().position(|one| *one == client) else {
            return Ok(None);
        };
        let live = lives[place].clone();
        let side = Side {
            client,
            settings,
            bars,
            stop,
            live,
        };
        side.run(state.path()).await.map(Some)
    };
    let sides = async { tokio::try_join!(side(Client::Stack), side(Client::Naive)) };
    let sides = ops.until_stopped(stop, sides).await;
    ops.finish();
    progress.finish();
    let (stack, naive) = sides?;
    Ok(Report { stack, naive })
}

/// Serves and watches the run, on a free port if the user names none.
async fn operations(settings: &Settings, progress: &Arc<Progress>) -> Result<Ops, Error> {
    let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let progress = Arc::clone(progress);
    let console: Console = Arc::new(move |line| progress.note(line));
    let ops = settings.ops.unwrap_or(free);
    Ops::start(ops, &settings.alerts, console, None).await
}

fn lives(names: &[&'static str], ops: &Ops, progress: &Arc<Progress>) -> Result<Vec<Live>, Error> {
    let live = |(side, name): (usize, &&'static str)| {
        let progress = Arc::clone(progress);
        let watcher = ops.side(name, move |now| progress.update(side, now))?;
        Ok(Live::new(watcher))
    };
    names.iter().enumerate().map(live).collect()
}

fn warn(settings: &Settings, bars: &Bars) {
    // The text report tells it by itself.
    if settings.json && bars.skipped.count > 0 {
        eprintln!("warning: malformed bars left out: {}", bars.skipped.count);
        bars.skipped
            .first
            .iter()
            .for_each(|bar| eprintln!("warning: {bar}"));
    }
    if !settings.risk.trading {
        eprintln!("warning: paper-trading-enabled is false: every signal will be rejected");
    } else if !settings.risk.checks {
        eprintln!("warning: risk-check-enabled is false: no limit is looked at");
    } else if !settings.risk.enforced {
        eprintln!("warning: risk-limits-enforced is false: broken limits are only counted");
    }
}

fn print(settings: &Settings, bars: &Bars, report: &Report) -> Result<(), Error> {
    let text = if settings.json {
        let json = serde_json::to_string_pretty(report);
        json.expect("a report is numbers, words, lists and maps by word")
    } else {
        Text {
            report,
            settings,
            bars,
        }
        .to_string()
        .trim_end()
        .to_owned()
    };
    writeln!(std::io::stdout(), "{text}")
        .map_err(|error| Error::Run(format!("standard output: {error}")))
}
