//! One run from its settings to its exit code.

use std::io::Write;
use std::sync::Arc;

use crate::bars::Bars;
use crate::engine::{Live, Stop};
use crate::error::Error;
use crate::ops::{Console, Ops, OpsConfig};
use crate::progress::Progress;
use crate::pulse::Pulse;
use crate::report::{Report, Text};
use crate::settings::{Mode, Settings};
use crate::side::{Client, Side};
use crate::state::StateDir;

/// Trades the day, prints the report, lets it be scraped where that is asked for, and returns the exit code.
pub(crate) async fn run(settings: &Settings) -> Result<u8, Error> {
    let bars = Bars::load(&settings.data, settings.bad_bars)?;
    let mut state = StateDir::open(settings.state.as_deref())?;
    warn(settings, &bars);
    let stop = Stop::default();
    let pulse = Pulse::new(settings.stalled_after);
    let done = trade_and_tell(settings, &bars, &stop, &mut state, &pulse);
    pulse.beside(stop.while_listening(done)).await?
}

async fn trade_and_tell(
    settings: &Settings,
    bars: &Bars,
    stop: &Stop,
    state: &mut StateDir,
    pulse: &Pulse,
) -> Result<u8, Error> {
    let traded = trade(settings, bars, stop, state, pulse).await;
    let (report, ops) = traded.inspect_err(|_| {
        if settings.state.is_none() && state.is_used() {
            tell_kept(state);
        }
    })?;
    print(settings, bars, &report)?;
    // A signal that comes from here on ends the wait for a scrape, not the run.
    let code = if report.is_sound() {
        stop.exit_code().unwrap_or(0)
    } else {
        1
    };
    if code != 0 && settings.state.is_none() {
        tell_kept(state);
    }
    if let Some(at_most) = settings.hold {
        ops.hold(at_most, settings.hold_scrapes, stop).await;
    }
    ops.stop().await;
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
    pulse: &Pulse,
) -> Result<(Report, Ops), Error> {
    let clients: &[Client] = match settings.mode {
        Mode::Compare => &[Client::Stack, Client::Naive],
        Mode::Stack => &[Client::Stack],
        Mode::Naive => &[Client::Naive],
    };
    let names: Vec<_> = clients.iter().map(|client| client.word()).collect();
    let progress = Arc::new(Progress::new(&names));
    let ops = operations(settings, &progress, state, pulse).await?;
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
    if let Ok((stack, naive)) = &sides {
        let sides = [stack, naive].into_iter().flatten();
        let orders: u64 = sides.map(|it| it.orders).sum();
        let summary = format!(
            "A day of {} bars and {orders} orders is over",
            bars.all.len()
        );
        ops.happened("DayTraded", summary);
    }
    ops.tell_all().await;
    progress.finish();
    let (stack, naive) = sides?;
    let report = Report {
        stack,
        naive,
        alerts: ops.alerts(),
    };
    Ok((report, ops))
}

/// Serves and watches the run.
async fn operations(
    settings: &Settings,
    progress: &Arc<Progress>,
    state: &StateDir,
    pulse: &Pulse,
) -> Result<Ops, Error> {
    let progress = Arc::clone(progress);
    let console: Console = Arc::new(move |line| progress.note(line));
    let config = OpsConfig {
        monitoring: settings.monitoring.clone(),
        pulse,
        alerts: &settings.alerts,
        notify: Some(&settings.notify),
        data_dir: Some(state.path()),
        admin: None,
    };
    Ops::start(config, console).await
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
    tell(&text)
}

/// Writes to standard output, whole.
pub(crate) fn tell(text: &str) -> Result<(), Error> {
    let mut out = std::io::stdout();
    writeln!(out, "{text}")
        .and_then(|()| out.flush())
        .map_err(|error| Error::Run(format!("standard output: {error}")))
}
