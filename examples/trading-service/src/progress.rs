//! How far a run is, on standard error: a bar on a terminal, a plain line now and then otherwise.

use std::ffi::OsStr;
use std::io::{IsTerminal, Write, stderr};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::engine::Now;

/// Goes to the start of the line and empties it.
const CLEAR: &str = "\r\x1b[K";
/// Cuts what is longer than a line, as a bar that went on below could not be drawn over again.
const CUT: &str = "\x1b[?7l";
/// Lets what is longer than a line go on below.
const WRAP: &str = "\x1b[?7h";
const WIDTH: u64 = 30;
/// Per cent between two plain lines.
const PLAIN_STEP: u64 = 10;

/// Shows how far the slowest side of a run is.
#[derive(Debug)]
pub(crate) struct Progress {
    terminal: bool,
    sides: Mutex<Vec<Shown>>,
}

#[derive(Debug)]
struct Shown {
    name: &'static str,
    now: Now,
    percent: u64,
}

impl Progress {
    /// Makes one for sides of these names.
    pub(crate) fn new(names: &[&'static str]) -> Self {
        let sides = names
            .iter()
            .map(|name| Shown {
                name,
                now: Now::default(),
                percent: 0,
            })
            .collect();
        Self {
            terminal: stderr().is_terminal() && can_draw(std::env::var_os("TERM").as_deref()),
            sides: Mutex::new(sides),
        }
    }

    /// Takes where a side stands, and shows it if that is news.
    pub(crate) fn update(&self, side: usize, now: &Now) {
        let mut sides = self.lock();
        let before = slowest(&sides);
        let percent = (now.bars * 100).checked_div(now.of).unwrap_or(100);
        let Some(shown) = sides.get_mut(side) else {
            return;
        };
        let news = shown.percent != percent;
        (shown.now, shown.percent) = (*now, percent);
        let after = slowest(&sides);
        if self.terminal && news {
            write(&bar(&sides, after));
        } else if !self.terminal && after / PLAIN_STEP > before / PLAIN_STEP {
            write(&plain(&sides, after));
        }
    }

    /// Puts a line above the bar.
    pub(crate) fn note(&self, line: &str) {
        // Held while it is written: nobody draws the bar into the line.
        let sides = self.lock();
        if self.terminal {
            write(&above(line, &bar(&sides, slowest(&sides))));
        } else {
            write(&format!("{line}\n"));
        }
    }

    /// Ends the line of the bar, so that what follows starts on a new one.
    pub(crate) fn finish(&self) {
        if self.terminal {
            write(CLEAR);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Shown>> {
        self.sides.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says whether a terminal that calls itself so knows how to draw over what is there.
fn can_draw(term: Option<&OsStr>) -> bool {
    term.is_some_and(|term| !term.is_empty() && term != "dumb")
}

fn write(text: &str) {
    // A terminal that is gone is no reason to end the run.
    let _ = stderr().write_all(text.as_bytes());
}

fn above(line: &str, bar: &str) -> String {
    format!("{CLEAR}{line}\n{bar}")
}

fn slowest(sides: &[Shown]) -> u64 {
    sides.iter().map(|side| side.percent).min().unwrap_or(0)
}

fn bar(sides: &[Shown], percent: u64) -> String {
    let full = percent * WIDTH / 100;
    let drawn: String = (0..WIDTH)
        .map(|cell| if cell < full { '#' } else { '.' })
        .collect();
    let stands = stands(sides);
    // Who writes a line past this one, such as a channel of alerts, writes over the bar.
    format!("{CUT}\r[{drawn}] {percent:>3} %{stands}\x1b[K{WRAP}\r")
}

fn plain(sides: &[Shown], percent: u64) -> String {
    format!("replayed {percent:>3} %{}\n", stands(sides))
}

fn stands(sides: &[Shown]) -> String {
    let stand = |side: &Shown| {
        let date = side
            .now
            .date
            .map_or_else(String::new, |date| date.to_string());
        format!("  {} {date}", side.name)
    };
    sides.iter().map(stand).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(bars: u64) -> Now {
        Now {
            bars,
            of: 200,
            date: "2001-02-03".parse().ok(),
            ..Now::default()
        }
    }

    #[test]
    fn the_bar_is_as_full_as_the_slowest_side() {
        let sides = [
            Shown {
                name: "stack",
                now: at(200),
                percent: 100,
            },
            Shown {
                name: "naive",
                now: at(100),
                percent: 50,
            },
        ];
        let line = bar(&sides, slowest(&sides));
        assert!(
            line.contains("[###############...............]  50 %"),
            "{line}"
        );
        assert!(
            line.contains("stack 2001-02-03  naive 2001-02-03"),
            "{line}"
        );
    }

    #[test]
    fn a_line_is_put_where_the_bar_was_and_the_bar_is_drawn_anew_below_it() {
        let bar = "\r[###]  10 %\x1b[K";
        assert_eq!(above("FIRING", bar), "\r\x1b[KFIRING\n\r[###]  10 %\x1b[K");
    }

    #[test]
    fn the_bar_stays_on_one_line_of_a_narrow_terminal() {
        let line = bar(&[], 50);
        assert!(
            line.starts_with("\x1b[?7l\r[") && line.ends_with("\x1b[?7h\r"),
            "{line:?}"
        );
    }

    #[test]
    fn a_terminal_that_cannot_draw_gets_plain_lines() {
        for (term, draws) in [
            (Some("xterm-256color"), true),
            (Some("dumb"), false),
            (Some(""), false),
            (None, false),
        ] {
            assert_eq!(can_draw(term.map(OsStr::new)), draws, "{term:?}");
        }
    }

    #[test]
    fn a_side_that_is_not_known_changes_nothing() {
        let progress = Progress::new(&["stack"]);
        progress.update(7, &at(100));
        assert_eq!(slowest(&progress.sides.lock().unwrap()), 0);
    }
}
