//! What is exposed, held against what is declared.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt;

use admf_exposition::{Family, Kind as Exposed, Problem, Problems, Sample};

use super::{Catalogue, Kind, Label, Metric, Values};

/// Reports the first line of an exposition that is not as the catalogue declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExposedError {
    line: usize,
    said: String,
}

impl ExposedError {
    /// Returns the number of the line; the first is 1.
    #[must_use]
    pub const fn line(&self) -> usize {
        self.line
    }
}

impl fmt::Display for ExposedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.said)
    }
}

impl std::error::Error for ExposedError {}

impl From<Problem> for ExposedError {
    fn from(problem: Problem) -> Self {
        Self {
            line: problem.line(),
            said: problem.to_string(),
        }
    }
}

impl From<Problems> for ExposedError {
    fn from(problems: Problems) -> Self {
        let mut problems = problems.into_iter();
        let first = problems.next();
        first.expect("a list of problems has at least one").into()
    }
}

type Checked = Result<(), String>;

impl Catalogue {
    /// Checks that an exposition, such as what an exporter renders, is valid and says what is declared.
    ///
    /// Every metric in it is declared, with this kind and help; every series has the declared labels
    /// and no other, with values of the list or no more of them than the cap, [`Label::OVERFLOW`] aside;
    /// every histogram has the declared bounds. A metric that has no series yet need not be there.
    ///
    /// # Errors
    ///
    /// Names the first line that is otherwise, and says how.
    ///
    /// # Examples
    ///
    /// ```
    /// use admf_metrics::{Catalogue, Metric};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let catalogue = Catalogue::new([Metric::gauge("shop_open_orders", "Orders.")])?;
    /// let scrape = "# HELP shop_open_orders Orders.\n# TYPE shop_open_orders gauge\nshop_open_orders 3\n";
    /// catalogue.check_exposed(scrape)?;
    ///
    /// let labelled = scrape.replace(" 3", "{side=\"buy\"} 3");
    /// let error = catalogue.check_exposed(&labelled).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "line 3: metric `shop_open_orders`: label `side` is not declared",
    /// );
    /// # Ok(())
    /// # }
    /// ```
    pub fn check_exposed(&self, text: &str) -> Result<(), ExposedError> {
        let exposition = admf_exposition::parse(text)?;
        admf_exposition::validate(&exposition)?;
        for family in exposition.families() {
            let name = family.name;
            let error = |line, problem| ExposedError {
                line,
                said: format!("line {line}: metric `{name}`: {problem}"),
            };
            let metric = self.find(name);
            let metric = metric.ok_or_else(|| error(family.line, "not declared".to_owned()))?;
            described(metric, family).map_err(|problem| error(family.line, problem))?;
            let mut seen = HashMap::new();
            for sample in &family.samples {
                labelled(metric, sample, &mut seen)
                    .and_then(|()| bounded(metric, sample))
                    .map_err(|problem| error(sample.line, problem))?;
            }
            buckets(metric, family).map_err(|problem| error(family.line, problem))?;
        }
        Ok(())
    }
}

impl Kind {
    /// Returns what a `# TYPE` says of it.
    pub(crate) const fn exposed(self) -> Exposed {
        match self {
            Self::Counter => Exposed::Counter,
            Self::Gauge => Exposed::Gauge,
            Self::Histogram => Exposed::Histogram,
        }
    }
}

fn described(metric: &Metric, family: &Family<'_>) -> Checked {
    let declared = metric.kind.exposed();
    if family.kind != declared {
        return Err(format!(
            "declared as a {declared}, exposed as a {}",
            family.kind
        ));
    }
    // The format keeps no blanks before a help text.
    let help = metric.help.trim_start_matches([' ', '\t']);
    match family.help.as_deref() {
        Some(exposed) if exposed == help => Ok(()),
        Some(exposed) => Err(format!("help is {exposed:?}, declared is {help:?}")),
        None => Err("has no help".to_owned()),
    }
}

/// Checks the labels of one sample; `seen` are the values of capped labels so far.
fn labelled<'t>(
    metric: &Metric,
    sample: &Sample<'t>,
    seen: &mut HashMap<&'t str, HashSet<Cow<'t, str>>>,
) -> Checked {
    let mut given = 0;
    for (name, value) in sample.labels.iter() {
        if name == "le" && metric.kind == Kind::Histogram {
            continue;
        }
        let label = metric.labels.iter().find(|label| label.name == name);
        let label = label.ok_or_else(|| format!("label `{name}` is not declared"))?;
        given += 1;
        match label.values {
            _ if value == Label::OVERFLOW => {}
            Values::OneOf(values) if !values.contains(&&*value) => {
                return Err(format!("label `{name}`: value {value:?} is not declared"));
            }
            Values::OneOf(_) => {}
            Values::Cap(cap) => {
                let values = seen.entry(name).or_default();
                values.insert(value);
                if values.len() > cap {
                    return Err(format!("label `{name}`: has more than {cap} values"));
                }
            }
        }
    }
    // None is given twice, or the text could not have been read.
    match metric.labels.len() - given {
        0 => Ok(()),
        missing => Err(format!("{missing} of its declared labels are missing")),
    }
}

fn bounded(metric: &Metric, sample: &Sample<'_>) -> Checked {
    let Some(text) = sample.labels.get("le") else {
        return Ok(());
    };
    let bound = text.parse().unwrap_or(f64::NAN);
    match bound == f64::INFINITY || metric.buckets.contains(&bound) {
        true => Ok(()),
        false => Err(format!("bucket bound {text} is not declared")),
    }
}

/// Checks that every series has all buckets. Each has only declared ones, and each once: the sum tells.
fn buckets(metric: &Metric, family: &Family<'_>) -> Checked {
    let is = |suffix: &'static str| {
        let names = family.samples.iter().map(|sample| sample.name);
        names.filter(move |name| name.ends_with(suffix)).count()
    };
    if metric.kind != Kind::Histogram {
        return Ok(());
    }
    match is("_count") * (metric.buckets.len() + 1) - is("_bucket") {
        0 => Ok(()),
        missing => Err(format!("{missing} of its declared buckets are missing")),
    }
}
