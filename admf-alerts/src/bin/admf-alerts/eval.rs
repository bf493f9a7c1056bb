//! `eval`: an expression over samples.

use admf_alerts::promql::{Query, Settings, Value};

use crate::data::Data;
use crate::moment;
use crate::output::Done;
use crate::shown;
use serde_json::json;

/// How many points a range may have.
const POINTS: i64 = 11_000;

#[derive(Debug, clap::Args)]
pub(crate) struct Eval {
    /// The expression, in quotes.
    #[arg(allow_hyphen_values = true, value_parser = expression)]
    expr: String,
    /// A Prometheus text, whose samples may have times, or a block `load STEP` with series in the notation of tests; `-` is
    /// standard input. Nothing: there are no samples.
    #[arg(long, value_name = "FILE")]
    data: Option<String>,
    /// When: seconds since 1970, or a length of time since then. Default: the newest time in the data, or 0.
    #[arg(long, value_parser = moment::time, allow_negative_numbers = true, conflicts_with_all = ["start", "end", "step"])]
    time: Option<i64>,
    /// The first of many times.
    #[arg(long, value_parser = moment::time, allow_negative_numbers = true, requires_all = ["end", "step"])]
    start: Option<i64>,
    /// The last of many times.
    #[arg(long, value_parser = moment::time, allow_negative_numbers = true, requires_all = ["start", "step"])]
    end: Option<i64>,
    /// What is between two of them: seconds, or a length of time.
    #[arg(long, value_parser = moment::step, requires_all = ["start", "end"])]
    step: Option<i64>,
}

impl Eval {
    pub(crate) fn run(&self, settings: &Settings) -> Done {
        match self.evaluate(settings) {
            Ok(done) => done,
            Err(problem) => Done {
                json: json!({"status": "error", "error": problem}),
                problems: vec![problem],
                failed: true,
                lines: Vec::new(),
            },
        }
    }

    fn evaluate(&self, settings: &Settings) -> Result<Done, String> {
        let failed = |error| format!("`{}`: {error}", self.expr.replace(char::is_control, " "));
        let query = Query::parse(&self.expr, settings).map_err(failed)?;
        let data = self.data.as_deref().map(Data::read).transpose()?;
        let newest = data.as_ref().and_then(Data::newest);
        let time = self.start.or(self.time).or(newest).unwrap_or(0);
        let store = data.unwrap_or_default().store(time)?;
        let value = match (self.start, self.end, self.step) {
            (Some(start), Some(end), Some(step)) => {
                if end < start {
                    return Err("--end is before --start".to_owned());
                }
                if (end - start) / step >= POINTS {
                    return Err(format!("--step: more than {POINTS} points"));
                }
                let ranges = query.range(&store, settings, (start, end, step));
                Value::Matrix(ranges.map_err(failed)?)
            }
            _ => query.instant(&store, settings, time).map_err(failed)?,
        };
        Ok(Done {
            lines: shown::lines(&value, time),
            json: json!({"status": "success", "data": shown::json(&value, time)}),
            ..Done::default()
        })
    }
}

/// Takes what looks like an option that is none for that.
fn expression(text: &str) -> Result<String, String> {
    let long = text.strip_prefix("--");
    let option = long.is_some_and(|it| it.starts_with(|c: char| c.is_ascii_lowercase()));
    if option {
        return Err(
            "there is no such option; of an expression with two signs write `- -`".to_owned(),
        );
    }
    match text.trim() {
        "" => Err("must not be empty".to_owned()),
        _ => Ok(text.to_owned()),
    }
}
