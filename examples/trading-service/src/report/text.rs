//! The report as people read it, on one screen.

use std::fmt;

use super::{Report, SideReport, Switched};
use crate::bars::Bars;
use crate::settings::Settings;
use crate::trader::Direction;

/// So many changes of the venue are listed; a bad day has more of them than a screen has lines.
const LISTED: usize = 8;

/// A report with what it is about.
#[derive(Debug)]
pub(crate) struct Text<'a> {
    pub(crate) report: &'a Report,
    pub(crate) settings: &'a Settings,
    pub(crate) bars: &'a Bars,
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.head(f)?;
        // The table and the verdict come last: they are what a small screen still shows.
        for side in self.sides() {
            self.rejections(f, side)?;
        }
        if let Some(stack) = &self.report.stack {
            self.switches(f, stack)?;
        }
        self.skipped(f)?;
        write!(f, "{}", self.report.alerts)?;
        writeln!(f)?;
        self.table(f)?;
        self.verdict(f)
    }
}

impl Text<'_> {
    fn sides(&self) -> impl Iterator<Item = (&'static str, &SideReport)> {
        let Report { stack, naive, .. } = self.report;
        let sides = [("stack", stack), ("naive", naive)].into_iter();
        sides.filter_map(|(name, side)| Some((name, side.as_ref()?)))
    }

    fn head(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { settings, bars, .. } = self;
        let day = |bar: Option<&crate::bars::Bar>| {
            bar.map_or_else(String::new, |bar| bar.date.to_string())
        };
        writeln!(
            f,
            "scenario {}, seed {}, {} bars of {} symbols, {} to {}",
            settings.scenario,
            settings.seed,
            bars.all.len(),
            bars.symbols.len(),
            day(bars.all.first()),
            day(bars.all.last()),
        )
    }

    fn table(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<24}", "")?;
        for (name, _) in self.sides() {
            write!(f, "{name:>14}")?;
        }
        writeln!(f)?;
        for (label, cell) in ROWS {
            write!(f, "{label:<24}")?;
            for (_, side) in self.sides() {
                write!(f, "{:>14}", cell(side))?;
            }
            writeln!(f)?;
        }
        writeln!(f)
    }

    fn rejections(
        &self,
        f: &mut fmt::Formatter<'_>,
        (name, side): (&str, &SideReport),
    ) -> fmt::Result {
        let listed: Vec<_> = side
            .risk_rejections
            .iter()
            .map(|(reason, count)| format!("{reason} {count}"))
            .collect();
        if !listed.is_empty() {
            writeln!(f, "rejected by risk ({name}): {}", listed.join(", "))?;
        }
        if side.limits_overlooked > 0 {
            writeln!(
                f,
                "limits broken but not enforced ({name}): {}",
                side.limits_overlooked
            )?;
        }
        Ok(())
    }

    fn switches(&self, f: &mut fmt::Formatter<'_>, side: &SideReport) -> fmt::Result {
        for switch in side.switches.iter().take(LISTED) {
            let Switched {
                at,
                seconds,
                direction,
                reason,
            } = switch;
            let way = match direction {
                Direction::Failover => "failover",
                Direction::Failback => "fail-back",
            };
            let place = usize::try_from(*at).unwrap_or(usize::MAX);
            let date = self
                .bars
                .all
                .get(place)
                .map_or_else(String::new, |bar| bar.date.to_string());
            writeln!(f, "{way:<10}{date} after {seconds:.1} s: {reason}")?;
        }
        match side.switches.len().saturating_sub(LISTED) {
            0 => Ok(()),
            more => writeln!(f, "… and {more} more (all of them with --json)"),
        }
    }

    fn skipped(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let skipped = &self.bars.skipped;
        if skipped.count == 0 {
            return Ok(());
        }
        writeln!(f, "malformed bars left out: {}", skipped.count)?;
        skipped
            .first
            .iter()
            .try_for_each(|bar| writeln!(f, "  {bar}"))
    }

    fn verdict(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, side) in self.sides() {
            if side.interrupted {
                writeln!(
                    f,
                    "{name}: stopped after {} of {} bars",
                    side.bars,
                    self.bars.all.len()
                )?;
            }
            if !side.is_counted() {
                writeln!(
                    f,
                    "{name}: {} orders for {} signals: not every signal ended",
                    side.orders, side.signals
                )?;
            }
            if side.is_agreed() {
                writeln!(f, "{name}: ledger, positions and both venues' books agree")?;
            } else {
                let SideReport {
                    lost,
                    duplicated,
                    in_doubt,
                    ..
                } = side;
                let positions = if side.positions_agree {
                    "agree"
                } else {
                    "differ"
                };
                writeln!(
                    f,
                    "{name}: {lost} lost, {duplicated} duplicated, {in_doubt} in doubt; positions {positions}"
                )?;
            }
        }
        Ok(())
    }
}

type Row = (&'static str, fn(&SideReport) -> String);

const ROWS: [Row; 18] = [
    ("orders", |side| side.orders.to_string()),
    ("  filled", |side| side.filled.to_string()),
    ("  cancelled", |side| side.cancelled.to_string()),
    ("  refused unsent", |side| side.refused_unsent.to_string()),
    ("  rejected by risk", |side| side.risk_rejected.to_string()),
    ("  in doubt", |side| side.in_doubt.to_string()),
    ("lost", |side| side.lost.to_string()),
    ("duplicated", |side| side.duplicated.to_string()),
    ("retries", |side| side.retries.to_string()),
    ("breaker trips", |side| side.breaker_trips.to_string()),
    ("failovers", |side| side.failovers.to_string()),
    ("fail-backs", |side| side.failbacks.to_string()),
    ("order latency p50", |side| {
        format!("{:.1} ms", side.latency_ms.p50)
    }),
    ("              p95", |side| {
        format!("{:.1} ms", side.latency_ms.p95)
    }),
    ("              p99", |side| {
        format!("{:.1} ms", side.latency_ms.p99)
    }),
    ("availability", |side| {
        format!("{:.2} %", side.availability * 100.0)
    }),
    ("final equity", |side| format!("{:.2}", side.final_equity)),
    ("  by the venues' books", |side| {
        format!("{:.2}", side.venue_equity)
    }),
];
