//! Matchers and labels on the command line, as amtool takes them.

use std::collections::BTreeMap;

use admf_alerts::alertmanager_file;
use admf_alerts::series::{MatchOp, Matcher};
use serde::{Deserialize, Serialize};

use super::Refused;

/// Which alerts are meant: each of them must hold.
#[derive(Debug, clap::Args)]
pub(crate) struct Matchers {
    /// `name=value`, or with `!=`, or with `=~` or `!~` and an expression; the first may be the bare name of an alert.
    #[arg(value_name = "MATCHER")]
    matchers: Vec<String>,
}

/// A matcher as Alertmanager's API has it.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Wire {
    name: String,
    value: String,
    is_regex: bool,
    #[serde(default = "yes")]
    is_equal: bool,
}

fn yes() -> bool {
    true
}

impl Matchers {
    pub(crate) fn is_empty(&self) -> bool {
        self.matchers.is_empty()
    }

    pub(crate) fn read(&self) -> Result<Vec<Wire>, Refused> {
        let all = self.matchers.iter().enumerate();
        let read = all.map(|(at, text)| {
            let bare = at == 0 && !text.contains('=') && !text.contains("!~");
            match bare {
                true => one(&format!("alertname={text}")),
                false => one(text),
            }
        });
        let read: Result<Vec<_>, _> = read.collect();
        let wire = |matchers: Vec<Matcher>| matchers.iter().map(Wire::of).collect();
        read.map(wire).map_err(Refused::Call)
    }

    /// What the API takes to filter by.
    pub(crate) fn filters(&self) -> Result<Vec<(&'static str, String)>, Refused> {
        let all = self.read()?;
        Ok(all.iter().map(|it| ("filter", it.shown())).collect())
    }
}

/// Reads one matcher. Braces are of the value here, as for amtool; a comma is so in quotes only, since it could be meant
/// to stand between two.
fn one(text: &str) -> Result<Matcher, String> {
    let comma =
        || format!("`{text}`: give each matcher alone, and put a value with a comma in \"\"");
    let read = alertmanager_file::matchers(&format!("{{{text}}}"));
    let alone = |matchers: Vec<Matcher>| <[Matcher; 1]>::try_from(matchers).ok();
    match read {
        _ if text.trim_end().ends_with(',') => Err(comma()),
        Ok(matchers) => alone(matchers).map(|[it]| it).ok_or_else(comma),
        Err(_) if text.contains(',') && !text.contains('"') => Err(comma()),
        Err(problem) => Err(problem),
    }
}

impl Wire {
    fn of(matcher: &Matcher) -> Self {
        let op = matcher.op();
        Self {
            name: matcher.name().to_owned(),
            value: matcher.value().to_owned(),
            is_regex: matches!(op, MatchOp::Matches | MatchOp::MatchesNot),
            is_equal: matches!(op, MatchOp::Equal | MatchOp::Matches),
        }
    }

    /// Writes it as Alertmanager does, which knows these three escapes and no others.
    pub(crate) fn shown(&self) -> String {
        let op = match (self.is_equal, self.is_regex) {
            (true, false) => "=",
            (false, false) => "!=",
            (true, true) => "=~",
            (false, true) => "!~",
        };
        let value = self.value.replace('\\', r"\\").replace('"', r#"\""#);
        format!("{}{op}\"{}\"", self.name, value.replace('\n', r"\n"))
    }
}

/// Reads `name=value`.
pub(crate) fn label(text: &str) -> Result<(String, String), String> {
    let matcher = one(text)?;
    match matcher.op() {
        MatchOp::Equal => Ok((matcher.name().to_owned(), matcher.value().to_owned())),
        _ => Err("a label has a value: `name=value`".to_owned()),
    }
}

/// Labels of which each is there once.
pub(crate) fn labels(all: &[(String, String)]) -> Result<BTreeMap<&str, &str>, Refused> {
    let mut labels = BTreeMap::new();
    for (name, value) in all {
        if labels.insert(&**name, &**value).is_some() {
            return Err(Refused::Call(format!("the label `{name}` is there twice")));
        }
    }
    Ok(labels)
}
