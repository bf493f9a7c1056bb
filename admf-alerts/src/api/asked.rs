//! What stands behind the question mark of an address.

use axum::http::{StatusCode, Uri};
use form_urlencoded::parse;

use super::answer::Problem;
use crate::alertmanager_file::matcher;
use crate::series::{MatchOp, Matcher};

/// What counts as yes for Alertmanager; all else is no.
const YES: [&str; 10] = [
    "true", "1", "yes", "ok", "y", "on", "selected", "checked", "t", "enabled",
];

/// Holds the parameters of a request, in order. What is no UTF-8 in them is replaced.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked(Vec<(String, String)>);

impl Asked {
    pub(super) fn of(address: &Uri) -> Self {
        let query = address.query().unwrap_or_default();
        Self(parse(query.as_bytes()).into_owned().collect())
    }

    /// Lists the values of a parameter.
    pub(super) fn all<'a, 'n>(
        &'a self,
        name: &'n str,
    ) -> impl Iterator<Item = &'a str> + use<'a, 'n> {
        let named = self.0.iter().filter(move |it| it.0 == name);
        named.map(|it| it.1.as_str())
    }

    /// Returns the value of a parameter, the last where it has several, `None` where it is empty.
    pub(super) fn last(&self, name: &str) -> Option<&str> {
        self.all(name).last().filter(|it| !it.is_empty())
    }

    /// Says whether a parameter is set; where it is not said, it is.
    pub(super) fn is(&self, name: &str) -> bool {
        let yes = |it: &str| YES.contains(&it.to_lowercase().as_str());
        self.last(name).is_none_or(yes)
    }

    /// Reads `filter`: one matcher each time.
    pub(super) fn filter(&self) -> Result<Filter, String> {
        Filter::read(self.all("filter"))
    }

    /// Reads `receiver`: an expression for the whole name.
    pub(super) fn receiver(&self) -> Result<Option<Matcher>, Problem> {
        let read = |it| Matcher::new("receiver", MatchOp::Matches, it, false);
        let receiver = self.last("receiver").map(read).transpose();
        receiver.map_err(|problem| {
            let problem = format!("failed to parse receiver param: {problem}");
            Problem::said(StatusCode::BAD_REQUEST, problem)
        })
    }
}

/// Reads a matcher; what is none is said in Alertmanager's words.
fn read(text: &str) -> Result<Matcher, String> {
    matcher(text).map_err(|problem| match problem.starts_with('`') {
        true => format!("bad matcher format: {text}"),
        false => problem,
    })
}

/// Holds matchers that all have to match.
#[derive(Clone, Debug, Default)]
pub(super) struct Filter(pub(super) Vec<Matcher>);

impl Filter {
    /// Reads matchers, one in each text.
    pub(super) fn read<'t>(texts: impl IntoIterator<Item = &'t str>) -> Result<Self, String> {
        let matchers: Result<_, _> = texts.into_iter().map(read).collect();
        matchers.map(Self)
    }

    /// Says whether what has these values will do. One that is there and empty is not as one that is not there.
    pub(super) fn matches<'v>(&self, value: impl Fn(&str) -> Option<&'v str>) -> bool {
        self.0.iter().all(|matcher| {
            let value = value(matcher.name());
            let negative = matches!(matcher.op(), MatchOp::NotEqual | MatchOp::MatchesNot);
            (matcher.value().is_empty() && value.is_some() == negative)
                || matcher.is_match(value.unwrap_or_default())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(query: &str) -> Asked {
        Asked::of(&format!("/?{query}").parse().expect("it is an address"))
    }

    #[test]
    fn a_parameter_is_set_unless_the_last_of_its_name_says_something_else_than_yes() {
        for (query, is) in [
            ("", true),
            ("active=", true),
            ("active=TRUE", true),
            ("active=1", true),
            ("active=maybe", false),
            ("active=false", false),
            ("active=off&active=true", true),
            ("active=true&active=off", false),
            ("inactive=false", true),
        ] {
            assert_eq!(asked(query).is("active"), is, "{query}");
        }
    }

    #[test]
    fn a_filter_is_one_matcher_and_says_what_is_none_as_alertmanager_does() {
        let problem = |query| asked(query).filter().expect_err(query);
        assert_eq!(problem("filter=a=1&filter=b"), "bad matcher format: b");
        assert_eq!(problem("filter="), "bad matcher format: ");
        assert_eq!(problem("filter=%7Ba=1%7D"), "bad matcher format: {a=1}");
        assert!(problem("filter=a=~(").contains("("));
        let comma = asked("filter=a=1,b%3D2").filter().expect("it is one");
        assert!(comma.matches(|_| Some("1,b=2")));
    }

    #[test]
    fn an_empty_value_that_is_there_is_not_as_none() {
        let matches = |query: &str, value: Option<&'static str>| {
            let filter = asked(query).filter().expect("it is a matcher");
            filter.matches(|_| value)
        };
        assert!(matches("filter=a=%22%22", None));
        assert!(matches("filter=a=%22%22", Some("")));
        assert!(!matches("filter=a=%22%22", Some("b")));
        assert!(matches("filter=a!=%22%22", Some("")));
        assert!(!matches("filter=a!=%22%22", None));
        assert!(matches("filter=a!=%22%22", Some("b")));
    }
}
