//! The commands of a test file.

use admf_alerts::duration;
use admf_alerts::notation::{self, Described, Item};
use regex::Regex;

use crate::expectation::{expectation, head};

pub(crate) enum Command {
    Clear,
    Load(Load),
    Eval(Eval),
}

pub(crate) struct Load {
    pub(crate) block: notation::Load,
    /// Each histogram's buckets make a native histogram too.
    pub(crate) with_native: bool,
}

pub(crate) struct Eval {
    pub(crate) line: usize,
    pub(crate) expr: String,
    /// Start, end, step; an instant has no step.
    pub(crate) span: (i64, i64, Option<i64>),
    pub(crate) expected: Expected,
    pub(crate) ordered: bool,
    pub(crate) fail: Option<Failure>,
    pub(crate) annotations: bool,
}

pub(crate) enum Failure {
    Any,
    Message(String),
    Pattern(Regex),
}

pub(crate) enum Expected {
    Scalar(f64),
    Text(String),
    Series(Vec<Described>),
    /// Samples over time at an instant.
    Matrix {
        start: i64,
        step: i64,
        series: Vec<Described>,
    },
}

const EVALS: [&str; 5] = [
    "eval",
    "eval_fail",
    "eval_ordered",
    "eval_warn",
    "eval_info",
];

/// Reads a length of time.
pub(crate) fn millis(text: &str) -> Result<i64, String> {
    let length = duration::parse(text)?.as_millis();
    i64::try_from(length).map_err(|error| error.to_string())
}

/// Reads a file; a problem begins with its line.
pub(crate) fn parse(text: &str) -> Result<Vec<Command>, String> {
    let lines = text.lines().map(|line| {
        let line = line.trim();
        if line.starts_with('#') { "" } else { line }
    });
    let mut lines = Lines {
        lines: lines.collect(),
        next: 0,
    };
    let mut commands = vec![];
    while let Some(line) = lines.next() {
        if line.is_empty() {
            continue;
        }
        let number = lines.next;
        let command = lines.command(line);
        commands.push(command.map_err(|problem| format!("{number}: {problem}"))?);
    }
    Ok(commands)
}

struct Lines<'t> {
    lines: Vec<&'t str>,
    next: usize,
}

impl<'t> Lines<'t> {
    fn next(&mut self) -> Option<&'t str> {
        let line = self.lines.get(self.next).copied()?;
        self.next += 1;
        Some(line)
    }

    /// The next line of this command, of which an empty one is the end.
    fn more(&mut self) -> Option<&'t str> {
        self.next().filter(|line| !line.is_empty())
    }

    fn command(&mut self, line: &'t str) -> Result<Command, String> {
        let (word, rest) = line.split_once([' ', '\t']).unwrap_or((line, ""));
        let rest = rest.trim();
        match &*word.to_ascii_lowercase() {
            "clear" => Ok(Command::Clear),
            "load" => self.load(rest, false),
            "load_with_nhcb" => self.load(rest, true),
            word if EVALS.contains(&word) => self.eval(word, rest),
            _ => Err(format!("`{word}` is no command")),
        }
    }

    fn load(&mut self, step: &str, with_native: bool) -> Result<Command, String> {
        let mut series = vec![];
        while let Some(line) = self.more() {
            // When a counter began is told by nothing that is stored here.
            let (metric, _) = line.split_once([' ', '\t']).unwrap_or((line, ""));
            if !metric.ends_with("@st") {
                series.push(Described::parse(line)?);
            }
        }
        let step = millis(step)?;
        let block = notation::Load { step, series };
        Ok(Command::Load(Load { block, with_native }))
    }

    fn eval(&mut self, word: &str, rest: &'t str) -> Result<Command, String> {
        let mut eval = head(rest)?;
        eval.line = self.next;
        match word {
            "eval_fail" => eval.fail = Some(Failure::Any),
            "eval_ordered" => eval.ordered = true,
            "eval_warn" | "eval_info" => eval.annotations = true,
            _ => {}
        }
        while let Some(line) = self.more() {
            if expectation(&mut eval, line)? {
                break;
            }
        }
        Ok(Command::Eval(eval))
    }
}

impl Eval {
    /// Says whether a native histogram is expected.
    pub(crate) fn expects_native(&self) -> bool {
        let (Expected::Series(series) | Expected::Matrix { series, .. }) = &self.expected else {
            return false;
        };
        let mut items = series.iter().flat_map(|it| &it.items);
        items.any(|item| *item == Item::Native)
    }
}
