//! A line that is a sample.

use super::{Parsed, Parser};
use crate::cursor::Cursor;
use crate::model::{Labels, Sample};
use crate::problem::shown;
use crate::rule::Rule;
use crate::text;

impl<'t> Parser<'t> {
    pub(super) fn sample(&mut self, mut cursor: Cursor<'t>, indented: bool) -> Parsed {
        let name = cursor.metric_name()?;
        let after_name = cursor;
        cursor.skip_blanks();
        let labels = self.labels(&mut cursor)?;
        cursor.skip_blanks();
        let value = match cursor.word() {
            "" => return Err(cursor.expected("a value")),
            word => text::number(word).map_err(|problem| {
                // Most likely it was meant for a name.
                match after_name.rest.starts_with([' ', '\t', '{']) {
                    true => problem,
                    false => after_name.expected("a space or `{` after the name"),
                }
            })?,
        };
        cursor.skip_blanks();
        let stamp = cursor.word();
        let timestamp = match stamp {
            "" => None,
            word => {
                let millis = word.parse::<i64>();
                Some(millis.map_err(|_| format!("`{}` is not a timestamp", shown(word)))?)
            }
        };
        cursor.skip_blanks();
        if !cursor.rest.is_empty() {
            return Err(cursor.expected("the end"));
        }
        if indented {
            self.misplaced(Rule::Scraped, name, "a blank before a name");
        }
        if stamp.starts_with(['+', '-']) {
            self.misplaced(Rule::Scraped, name, "a timestamp with a sign");
        }
        let family = self.enter(name);
        self.read.families[family].samples.push(Sample {
            name,
            labels,
            value,
            timestamp,
            line: self.line,
        });
        Ok(())
    }

    fn labels(&mut self, cursor: &mut Cursor<'t>) -> Result<Labels<'t>, String> {
        if !cursor.eat('{') {
            return Ok(Labels::default());
        }
        let start = cursor.rest;
        self.names.clear();
        while let Some((name, _)) = cursor.label()? {
            if name == "__name__" {
                return Err("label `__name__` is reserved".to_owned());
            }
            self.names.push(name);
        }
        self.names.sort_unstable();
        if let Some(twice) = self.names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(format!("label `{}` is given twice", twice[0]));
        }
        let raw = &start[..start.len() - cursor.rest.len()];
        Ok(Labels { raw })
    }
}
