//! The strict parser of the text format 0.0.4.

mod sample;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use crate::cursor::{BLANKS, Cursor};
use crate::kind::Kind;
use crate::model::{Exposition, Family};
use crate::problem::{Problem, shown};
use crate::rule::Rule;
use crate::text;

/// Parses the Prometheus text format 0.0.4, in one pass that copies only help texts with escapes.
///
/// It refuses what cannot be read, or what Prometheus answers by losing the whole scrape. What is out of
/// order or doubtful but can be read is left to [`validate`](crate::validate()); of a second `# HELP` or
/// `# TYPE` the first counts.
///
/// # Errors
///
/// Names the first line that cannot be read, and what is wrong there: names, labels, escapes, numbers, a
/// label that is given twice or is called `__name__`, an unknown kind.
pub fn parse(text: &str) -> Result<Exposition<'_>, Problem> {
    let mut parser = Parser::default();
    for line in text.split_inclusive('\n') {
        parser.line += 1;
        let content = line.strip_suffix('\n').unwrap_or(line);
        parser
            .line(content)
            .map_err(|problem| Problem::new(parser.line, Rule::Syntax, "", problem))?;
        if content.len() == line.len() {
            parser.misplaced(Rule::LastLineFeed, "", "");
        }
    }
    Ok(parser.read)
}

#[derive(Default)]
struct Parser<'t> {
    read: Exposition<'t>,
    by_name: HashMap<&'t str, usize>,
    /// The family that the last line was about.
    current: Option<usize>,
    line: usize,
    /// The labels of one sample, kept for its memory.
    names: Vec<&'t str>,
}

type Parsed = Result<(), String>;

impl<'t> Parser<'t> {
    fn line(&mut self, line: &'t str) -> Parsed {
        let mut cursor = Cursor::new(line);
        let indented = cursor.skip_blanks();
        if cursor.eat('#') {
            cursor.skip_blanks();
            match cursor.word() {
                // With nothing behind it, it is a comment like any other.
                "HELP" | "TYPE" if cursor.rest.is_empty() => Ok(()),
                "HELP" => self.help(cursor),
                "TYPE" => self.kind(cursor),
                _ => Ok(()),
            }
        } else if cursor.rest.is_empty() {
            Ok(())
        } else {
            self.sample(cursor, indented)
        }
    }

    fn help(&mut self, mut cursor: Cursor<'t>) -> Parsed {
        let (family, name) = self.described(&mut cursor)?;
        cursor.skip_blanks();
        let help = text::help(cursor.rest)?;
        let family = &mut self.read.families[family];
        let late = !family.samples.is_empty();
        if help.is_empty() {
            // An empty text helps nobody: it is as good as none.
        } else if family.help.is_some() {
            self.misplaced(Rule::OneHelp, name, "");
        } else {
            family.help = Some(help);
            if late {
                self.misplaced(Rule::HelpFirst, name, "");
            }
        }
        Ok(())
    }

    fn kind(&mut self, mut cursor: Cursor<'t>) -> Parsed {
        let (family, name) = self.described(&mut cursor)?;
        let word = cursor.rest.trim_start_matches(BLANKS);
        let Some(kind) = Kind::of(word) else {
            return Err(format!("unknown type `{}` of `{name}`", shown(word)));
        };
        if cursor.rest.len() > word.len() + 1 {
            self.misplaced(Rule::Scraped, name, "more than one blank before a type");
        }
        let family = &mut self.read.families[family];
        if !family.samples.is_empty() {
            self.misplaced(Rule::TypeFirst, name, "");
        } else if family.typed {
            self.misplaced(Rule::OneType, name, "");
        } else {
            (family.kind, family.typed) = (kind, true);
        }
        Ok(())
    }

    /// Reads the name in a comment, whose family this line opens or continues.
    fn described(&mut self, cursor: &mut Cursor<'t>) -> Result<(usize, &'t str), String> {
        cursor.skip_blanks();
        let name = cursor.metric_name()?;
        if !cursor.rest.is_empty() && !cursor.rest.starts_with(BLANKS) {
            return Err(cursor.expected("a space after the name"));
        }
        Ok((self.enter(name), name))
    }

    /// Finds the family that a line is about, or opens it; all its lines must be together.
    fn enter(&mut self, name: &'t str) -> usize {
        let known = self.by_name.get(name).copied().or_else(|| self.whole(name));
        let family = known.unwrap_or_else(|| {
            self.read.families.push(Family {
                name,
                kind: Kind::Untyped,
                help: None,
                samples: Vec::new(),
                line: self.line,
                typed: false,
            });
            let new = self.read.families.len() - 1;
            self.by_name.insert(name, new);
            new
        });
        if known.is_some() && self.current != known {
            self.misplaced(Rule::Together, self.read.families[family].name, "");
        }
        self.current = Some(family);
        family
    }

    /// Finds the histogram or summary that a name with a suffix is part of.
    fn whole(&self, name: &str) -> Option<usize> {
        let suffixes = Kind::Histogram.suffixes();
        suffixes.iter().find_map(|suffix| {
            let family = *self.by_name.get(name.strip_suffix(suffix)?)?;
            let kind = self.read.families[family].kind;
            kind.suffixes().contains(suffix).then_some(family)
        })
    }

    fn misplaced(&mut self, rule: Rule, series: &str, value: &str) {
        let problem = Problem::new(self.line, rule, series, value);
        self.read.misplaced.push(problem);
    }
}
