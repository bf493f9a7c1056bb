//! Which samples of a scrape.

use super::{Sample, Samples, named};
use crate::promql::{Query, QueryError, Settings};
use crate::series::{MatchOp, Matcher, NAME};

/// Names series by their name and labels, as an instant selector of PromQL.
///
/// # Examples
///
/// ```
/// use admf_alerts::Selector;
///
/// assert!(Selector::parse(r#"calls_total{outcome!="ok", code=~"5.."}"#).is_ok());
/// assert!(Selector::parse("calls_total > 1").is_err());
/// ```
#[derive(Clone, Debug)]
pub struct Selector {
    any: Vec<Vec<Matcher>>,
}

impl Selector {
    /// Reads a selector such as `name{label="value"}`.
    ///
    /// # Errors
    ///
    /// What is no expression, or one that does more than select: a range, an offset, an operator.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        let query = Query::parse(text, &Settings::default())?;
        query.into_selector().map(|any| Self { any })
    }

    fn matches(&self, sample: &Sample<'_>) -> bool {
        let fits = |matcher: &Matcher| match matcher.name() {
            NAME => matcher.is_match(sample.name),
            _ => matcher.matches(sample.labels),
        };
        self.any.iter().any(|all| all.iter().all(fits))
    }

    /// The one name that it asks for, where it does.
    fn name(&self) -> Option<&str> {
        let [all] = &self.any[..] else {
            return None;
        };
        let exact = |it: &&Matcher| it.name() == NAME && it.op() == MatchOp::Equal;
        all.iter().find(exact).map(Matcher::value)
    }
}

impl Samples {
    /// Finds the samples that a selector matches, sorted by name and labels.
    pub fn select<'s>(&'s self, selector: &'s Selector) -> impl Iterator<Item = Sample<'s>> {
        // By name it is a look-up, which is what most selectors are.
        let one = selector.name();
        let exact = one.and_then(|name| self.series.get_key_value(name));
        let all = one.is_none().then(|| self.iter());
        let samples = exact
            .into_iter()
            .flat_map(named)
            .chain(all.into_iter().flatten());
        samples.filter(|sample| selector.matches(sample))
    }
}
