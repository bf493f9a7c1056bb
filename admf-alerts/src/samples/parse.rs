//! The strict parser of the text format 0.0.4.

use std::collections::HashSet;
use std::fmt;

use super::{FamilyKind, Point, Samples};
use crate::labels::Labels;
use crate::scan::{self, Scanner};

/// Reports the first line of a text that is not a valid exposition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    line: usize,
    problem: String,
}

impl ParseError {
    /// Returns the number of the line; the first is 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.line
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.problem)
    }
}

impl std::error::Error for ParseError {}

type Parsed = Result<(), String>;

pub(super) fn parse(text: &str) -> Result<Samples, ParseError> {
    let mut parser = Parser::default();
    for (line, number) in text.split_inclusive('\n').zip(1..) {
        let parsed = match line.strip_suffix('\n') {
            Some(line) => parser.line(line),
            None => Err("last line does not end with a line feed".to_owned()),
        };
        parsed.map_err(|problem| ParseError {
            line: number,
            problem,
        })?;
    }
    Ok(parser.samples)
}

#[derive(Default)]
struct Parser {
    samples: Samples,
    /// The family whose lines are being read, and whether a sample was among them.
    current: String,
    has_samples: bool,
    /// The families before it.
    done: HashSet<String>,
    /// The families whose type was said, also where it was `untyped`.
    typed: HashSet<String>,
}

impl Parser {
    fn line(&mut self, line: &str) -> Parsed {
        let mut scanner = Scanner::new(line);
        scanner.skip_blanks();
        if scanner.eat("#") {
            scanner.skip_blanks();
            match scanner.word() {
                "HELP" => self.help(scanner),
                "TYPE" => self.kind(scanner),
                _ => Ok(()),
            }
        } else if scanner.rest.is_empty() {
            Ok(())
        } else {
            self.sample(scanner)
        }
    }

    fn help(&mut self, mut scanner: Scanner<'_>) -> Parsed {
        let name = self.described(&mut scanner)?;
        scanner.skip_blanks();
        let mut help = String::new();
        let mut chars = scanner.rest.chars();
        while let Some(c) = chars.next() {
            help.push(if c == '\\' {
                scan::escaped(chars.next(), "\\n")?
            } else {
                c
            });
        }
        let family = self.samples.families.entry(name.to_owned()).or_default();
        match family.help.replace(help) {
            None => Ok(()),
            Some(_) => Err(format!("second HELP of `{name}`")),
        }
    }

    fn kind(&mut self, mut scanner: Scanner<'_>) -> Parsed {
        let name = self.described(&mut scanner)?;
        scanner.skip_blanks();
        let kind = match scanner.word() {
            "counter" => FamilyKind::Counter,
            "gauge" => FamilyKind::Gauge,
            "histogram" => FamilyKind::Histogram,
            "summary" => FamilyKind::Summary,
            "untyped" => FamilyKind::Untyped,
            other => {
                return Err(format!("unknown type `{}` of `{name}`", scan::shown(other)));
            }
        };
        scanner.skip_blanks();
        scanner.end()?;
        if self.has_samples {
            return Err(format!("TYPE of `{name}` comes after its samples"));
        }
        if !self.typed.insert(name.to_owned()) {
            return Err(format!("second TYPE of `{name}`"));
        }
        self.samples
            .families
            .entry(name.to_owned())
            .or_default()
            .kind = kind;
        Ok(())
    }

    /// Reads the name in a comment, whose family this line opens or continues.
    fn described<'t>(&mut self, scanner: &mut Scanner<'t>) -> Result<&'t str, String> {
        scanner.skip_blanks();
        let name = scanner.metric_name()?;
        if !scanner.rest.is_empty() && !scanner.rest.starts_with([' ', '\t']) {
            return Err(scanner.expected("a space after the name"));
        }
        self.enter(name)?;
        Ok(name)
    }

    fn sample(&mut self, mut scanner: Scanner<'_>) -> Parsed {
        let name = scanner.metric_name()?;
        if !scanner.rest.starts_with([' ', '\t', '{']) {
            return Err(scanner.expected("a space or `{` after the name"));
        }
        scanner.skip_blanks();
        let labels = labels(&mut scanner)?;
        scanner.skip_blanks();
        let value = match scanner.word() {
            "" => return Err(scanner.expected("a value")),
            word => scan::number(word)?,
        };
        scanner.skip_blanks();
        let timestamp = match scanner.word() {
            "" => None,
            word => {
                let millis = word.parse::<i64>();
                Some(millis.map_err(|_| format!("`{}` is not a timestamp", scan::shown(word)))?)
            }
        };
        scanner.skip_blanks();
        scanner.end()?;
        let family = self.samples.family_of(name);
        self.enter(family)?;
        self.has_samples = true;
        let shown = format!("{name}{labels}");
        let series = self.samples.series.entry(name.to_owned()).or_default();
        match series.insert(labels, Point { value, timestamp }) {
            None => Ok(()),
            Some(_) => Err(format!("series `{shown}` is given twice")),
        }
    }

    /// Notes which family a line belongs to: all its lines must be together.
    fn enter(&mut self, family: &str) -> Parsed {
        if self.current == family {
            return Ok(());
        }
        if self.done.contains(family) {
            return Err(format!("lines of `{family}` are not together"));
        }
        let before = std::mem::replace(&mut self.current, family.to_owned());
        self.done.insert(before);
        self.has_samples = false;
        Ok(())
    }
}

fn labels(scanner: &mut Scanner<'_>) -> Result<Labels, String> {
    let mut labels = Labels::new();
    let mut names = HashSet::new();
    for (name, (), value) in scanner.braces(&[("=", ())])? {
        if !names.insert(name) {
            return Err(format!("label `{name}` is given twice"));
        }
        labels.insert(name, value);
    }
    Ok(labels)
}
