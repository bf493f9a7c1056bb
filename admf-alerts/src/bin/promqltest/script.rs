//! The commands of a test file.

use regex::Regex;

use crate::description::{Description, Item, number, quoted};
use crate::duration::millis;

pub(crate) enum Command {
    Clear,
    Load(Load),
    Eval(Eval),
}

pub(crate) struct Load {
    pub(crate) step: i64,
    /// Each histogram's buckets make a native histogram too.
    pub(crate) with_native: bool,
    pub(crate) series: Vec<Description>,
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
    Series(Vec<Description>),
    /// Samples over time at an instant.
    Matrix {
        start: i64,
        step: i64,
        series: Vec<Description>,
    },
}

const EVALS: [&str; 5] = [
    "eval",
    "eval_fail",
    "eval_ordered",
    "eval_warn",
    "eval_info",
];

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
                series.push(Description::parse(line)?);
            }
        }
        Ok(Command::Load(Load {
            step: millis(step)?,
            with_native,
            series,
        }))
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

/// Reads `instant at T EXPR` or `range from T to T step T EXPR`.
fn head(text: &str) -> Result<Eval, String> {
    let mut rest = text;
    let mut word = || {
        let (word, after) = rest.split_once([' ', '\t']).ok_or("it is cut off")?;
        rest = after.trim_start();
        Ok::<_, String>(word)
    };
    let span = match word()? {
        "instant" => {
            word()?;
            let at = millis(word()?)?;
            (at, at, None)
        }
        "range" => {
            let mut part = || word().and_then(|_| millis(word()?));
            let (start, end) = (part()?, part()?);
            (start, end, Some(part()?))
        }
        other => return Err(format!("`{other}` is neither instant nor range")),
    };
    Ok(Eval {
        line: 0,
        expr: rest.trim().to_owned(),
        span,
        expected: Expected::Series(vec![]),
        ordered: false,
        fail: None,
        annotations: false,
    })
}

/// Reads one line under an `eval`, and says whether it is the last.
fn expectation(eval: &mut Eval, line: &str) -> Result<bool, String> {
    if let Some(message) = line.strip_prefix("expected_fail_message") {
        eval.fail = Some(Failure::Message(message.trim().to_owned()));
        return Ok(true);
    }
    if let Some(pattern) = line.strip_prefix("expected_fail_regexp") {
        eval.fail = Some(Failure::Pattern(regex(pattern)?));
        return Ok(true);
    }
    if let Some(rest) = line.strip_prefix("expect ") {
        expect(eval, rest.trim())?;
        return Ok(false);
    }
    if let Ok(value) = number(line) {
        eval.expected = Expected::Scalar(value);
        return Ok(true);
    }
    let description = Description::parse(line)?;
    match &mut eval.expected {
        Expected::Series(series) | Expected::Matrix { series, .. } => series.push(description),
        _ => return Err("a series beside a scalar or a text".to_owned()),
    }
    Ok(false)
}

fn expect(eval: &mut Eval, rest: &str) -> Result<(), String> {
    let (kind, what) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let what = what.trim();
    match kind {
        "ordered" => eval.ordered = true,
        "string" => eval.expected = Expected::Text(quoted(what)?.0),
        "warn" | "no_warn" | "info" | "no_info" => eval.annotations = true,
        "fail" => {
            eval.fail = Some(match what.split_once(':') {
                Some(("msg", message)) => Failure::Message(message.trim().to_owned()),
                Some(("regex", pattern)) => Failure::Pattern(regex(pattern)?),
                _ => Failure::Any,
            });
        }
        "range" => {
            let words: Vec<_> = what.split_whitespace().collect();
            let ["vector", "from", start, "to", _, "step", step] = words[..] else {
                return Err(format!("`expect {rest}` is not known"));
            };
            eval.expected = Expected::Matrix {
                start: millis(start)?,
                step: millis(step)?,
                series: vec![],
            };
        }
        _ => return Err(format!("`expect {rest}` is not known")),
    }
    Ok(())
}

fn regex(pattern: &str) -> Result<Regex, String> {
    Regex::new(pattern.trim()).map_err(|error| error.to_string().replace('\n', " "))
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
