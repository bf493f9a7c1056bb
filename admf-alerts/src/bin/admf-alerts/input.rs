//! Files that declare alerts, in whichever form.

use std::time::Duration;

use admf_alerts::RuleGroup;
use admf_alerts::alert_template::Known;
use admf_alerts::catalogue::{Metrics, Severity};
use admf_alerts::duration;
use admf_alerts::files::{AlertFile, Form};
use admf_alerts::promql::Settings;
use clap::ValueEnum;
use clap::builder::NonEmptyStringValueParser;

use crate::file;
use crate::problem::Problem;

#[derive(Debug, clap::Args)]
pub(crate) struct Input {
    /// Files: rule files of Prometheus (`groups`), templates and the short form (`templates`, `alerts`, a list, alerts by name),
    /// objectives (`slos`); `-` is standard input.
    #[arg(required = true, value_name = "FILE", value_parser = NonEmptyStringValueParser::new())]
    files: Vec<String>,
    /// In which form they are. Default: as their content says.
    #[arg(long, value_enum)]
    form: Option<Shape>,
    /// Holds what rules ask for against the metrics with a `# TYPE` in this Prometheus text; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    metrics: Option<String>,
    /// Another name for one of these metrics, for templates.
    #[arg(long = "alias", value_name = "NAME=METRIC", value_parser = alias, requires = "metrics")]
    aliases: Vec<(String, String)>,
    /// A channel that is set up elsewhere, which templates may name.
    #[arg(long = "channel", value_name = "NAME")]
    channels: Vec<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Shape {
    /// Rule files of Prometheus.
    Rules,
    /// Templates, and the short form.
    Templates,
    /// Objectives.
    Slos,
}

impl From<Shape> for Form {
    fn from(shape: Shape) -> Self {
        match shape {
            Shape::Rules => Self::Rules,
            Shape::Templates => Self::Templates,
            Shape::Slos => Self::Slos,
        }
    }
}

/// What the files say, in their order, and what is wrong with them.
#[derive(Debug, Default)]
pub(crate) struct Declared {
    pub(crate) files: Vec<AlertFile>,
    pub(crate) problems: Vec<Problem>,
}

impl Declared {
    pub(crate) fn groups(&self) -> impl Iterator<Item = &RuleGroup> {
        self.files.iter().flat_map(AlertFile::groups)
    }
}

impl Input {
    pub(crate) fn names(&self) -> &[String] {
        &self.files
    }

    /// Reads and checks all of them. Without the metrics that were named there is nothing to check them against.
    pub(crate) fn read(&self, settings: &Settings) -> Declared {
        let metrics = match self.once().and_then(|()| self.metrics()) {
            Ok(metrics) => metrics,
            Err(problem) => {
                return Declared {
                    problems: vec![problem],
                    ..Declared::default()
                };
            }
        };
        let mut declared = self.parsed(metrics.as_ref(), settings);
        let repeated = AlertFile::repeated_ids(&declared.files);
        let repeated = repeated.iter().map(|it| Problem::new("error", it));
        declared.problems.extend(repeated);
        if let Some(metrics) = metrics {
            // What any of the files records is known to all.
            let metrics = metrics.and_recorded(declared.groups());
            let found = declared.files.iter();
            let found = found.flat_map(|file| file.check(&metrics, settings));
            let found: Vec<_> = found.map(doubt).collect();
            declared.problems.extend(found);
        }
        declared
    }

    /// Standard input can be read once.
    fn once(&self) -> Result<(), Problem> {
        let names = self.files.iter().chain(&self.metrics);
        match names.filter(|name| *name == "-").count() {
            0 | 1 => Ok(()),
            _ => Err(Problem::of_file(
                "-",
                "standard input can be read only once",
            )),
        }
    }

    fn metrics(&self) -> Result<Option<Metrics>, Problem> {
        let Some(name) = &self.metrics else {
            return Ok(None);
        };
        let metrics = Metrics::parse(&file::samples(name)?);
        let mut metrics = metrics.map_err(|error| Problem::of_file(name, error))?;
        if metrics.iter().len() == 0 {
            // Any rule would ask for what nobody knows.
            let problem = "no metric in it has a `# TYPE`";
            return Err(Problem::of_file(name, problem));
        }
        for (alias, metric) in &self.aliases {
            let aliased = metrics.alias(alias, metric);
            metrics =
                aliased.map_err(|error| Problem::of_file(name, format!("--alias: {error}")))?;
        }
        Ok(Some(metrics))
    }

    /// Templates come last: they may name what others record.
    fn parsed(&self, metrics: Option<&Metrics>, settings: &Settings) -> Declared {
        let texts = self.files.iter().map(|name| self.text(name));
        let texts: Vec<_> = texts.collect();
        let mut parsed: Vec<Option<Result<AlertFile, Problem>>> = Vec::new();
        parsed.resize_with(texts.len(), || None);
        for last in [false, true] {
            let before = parsed.iter().flatten().flatten();
            let known = self.known(metrics, before, settings);
            for ((name, text), parsed) in self.files.iter().zip(&texts).zip(&mut parsed) {
                *parsed = match text {
                    Err(problem) => Some(Err(problem.clone())),
                    Ok((form, _)) if (*form == Form::Templates) != last => continue,
                    Ok((form, text)) => {
                        let variable = |name: &str| std::env::var(name).ok();
                        let file = AlertFile::parse(name, text, Some(*form), &known, variable);
                        Some(file.map_err(|error| Problem::new("error", &error)))
                    }
                };
            }
        }
        let mut declared = Declared::default();
        for parsed in parsed.into_iter().flatten() {
            match parsed {
                Ok(file) => declared.files.push(file),
                Err(problem) => declared.problems.push(problem),
            }
        }
        declared
    }

    fn text(&self, name: &str) -> Result<(Form, String), Problem> {
        let text = file::declared(name)?;
        let form = self.form.map(|shape| Ok(Form::from(shape)));
        let form = form.unwrap_or_else(|| Form::of(name, &text));
        let form = form.map_err(|error| Problem::new("error", &error))?;
        Ok((form, text))
    }

    fn known<'f>(
        &self,
        metrics: Option<&Metrics>,
        files: impl Iterator<Item = &'f AlertFile>,
        settings: &Settings,
    ) -> Known {
        let groups = files.flat_map(AlertFile::groups);
        let known = match metrics {
            Some(metrics) => Known::new(metrics.clone().and_recorded(groups)),
            None => Known::default(),
        };
        let channels = self.channels.iter();
        channels.fold(known.settings(*settings), Known::channel)
    }
}

fn doubt((severity, error): (Severity, admf_alerts::rule_file::FileError)) -> Problem {
    let severity = match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Skipped => "skipped",
    };
    Problem::new(severity, &error)
}

fn alias(text: &str) -> Result<(String, String), String> {
    let (alias, metric) = text.split_once('=').unwrap_or_default();
    match alias.is_empty() || metric.is_empty() {
        true => Err("must be NAME=METRIC, such as performance.queue=queued_orders".to_owned()),
        false => Ok((alias.to_owned(), metric.to_owned())),
    }
}

/// Reads a length of time above 0.
pub(crate) fn length(text: &str) -> Result<Duration, String> {
    match duration::parse(text)? {
        Duration::ZERO => Err("must be above 0".to_owned()),
        length => Ok(length),
    }
}

/// How many groups and rules there are.
pub(crate) fn counted<'g>(groups: impl Iterator<Item = &'g RuleGroup>) -> (usize, usize) {
    groups.fold((0, 0), |(groups, rules), group| {
        (groups + 1, rules + group.rules.len())
    })
}

/// Says so in words.
pub(crate) fn shown((groups, rules): (usize, usize)) -> String {
    let many = |count: usize, what: &str| match count {
        1 => format!("1 {what}"),
        count => format!("{count} {what}s"),
    };
    format!("{} in {}", many(rules, "rule"), many(groups, "group"))
}
