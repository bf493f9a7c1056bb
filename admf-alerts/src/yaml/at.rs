//! A value and the way to it.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Kind, Mark, Node};
use crate::duration;

/// What is wrong, and where.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) mark: Mark,
    pub(crate) field: String,
    pub(crate) problem: String,
}

pub(crate) type Read<T> = Result<T, Refused>;

/// A value and the way to it.
#[derive(Debug)]
pub(crate) struct At<'n> {
    pub(crate) node: &'n Node,
    pub(crate) field: String,
}

impl<'n> At<'n> {
    pub(crate) fn top(node: &'n Node) -> Self {
        Self {
            node,
            field: String::new(),
        }
    }

    pub(crate) fn refused(&self, problem: impl Into<String>) -> Refused {
        Refused {
            mark: self.node.mark,
            field: self.field.clone(),
            problem: problem.into(),
        }
    }

    pub(crate) fn below(&self, key: &str, node: &'n Node) -> Self {
        let dot = if self.field.is_empty() { "" } else { "." };
        At {
            node,
            field: format!("{}{dot}{key}", self.field),
        }
    }

    pub(crate) fn get(&self, key: &str) -> Option<Self> {
        let entry = self.node.get(key)?;
        Some(self.below(key, &entry.value))
    }

    /// What is there and not null.
    pub(crate) fn some(&self, key: &str) -> Option<Self> {
        self.get(key).filter(|at| !at.node.is_null())
    }

    pub(crate) fn knows(&self, keys: &[&str]) -> Read<()> {
        let Kind::Map(entries) = &self.node.kind else {
            return match self.node.is_null() {
                true => Ok(()),
                false => Err(self.refused("must be a map")),
            };
        };
        let unknown = entries.iter().find(|it| !keys.contains(&it.key.as_str()));
        unknown.map_or(Ok(()), |entry| {
            let known = keys.join("`, `");
            let problem = format!("unknown field; there are `{known}`");
            let mark = entry.mark;
            Err(Refused {
                mark,
                ..self.below(&entry.key, &entry.value).refused(problem)
            })
        })
    }

    pub(crate) fn list(&self, key: &str) -> Read<Vec<Self>> {
        let Some(at) = self.some(key) else {
            return Ok(Vec::new());
        };
        let Kind::List(nodes) = &at.node.kind else {
            return Err(at.refused("must be a list"));
        };
        let nodes = nodes.iter().enumerate();
        let at = |(index, node)| At {
            node,
            field: format!("{}[{index}]", at.field),
        };
        Ok(nodes.map(at).collect())
    }

    pub(crate) fn text(&self, key: &str) -> Read<Option<&'n str>> {
        self.some(key).map(|at| at.own_text()).transpose()
    }

    pub(crate) fn own_text(&self) -> Read<&'n str> {
        match &self.node.kind {
            Kind::Scalar(text, _) => Ok(text),
            _ => Err(self.refused("must be a text")),
        }
    }

    /// A text as it is written, also where that is a word for nothing.
    pub(crate) fn raw(&self, key: &str) -> Read<&'n str> {
        self.get(key).map_or(Ok(""), |at| at.own_text())
    }

    pub(crate) fn texts(&self, key: &str) -> Read<BTreeMap<String, String>> {
        let Some(at) = self.some(key) else {
            return Ok(BTreeMap::new());
        };
        let Kind::Map(entries) = &at.node.kind else {
            return Err(at.refused("must be a map"));
        };
        let texts = entries.iter().map(|entry| {
            let text = at.text(&entry.key)?.unwrap_or_default();
            Ok((entry.key.clone(), text.to_owned()))
        });
        texts.collect()
    }

    pub(crate) fn length(&self, key: &str) -> Read<Duration> {
        let Some(at) = self.some(key) else {
            return Ok(Duration::ZERO);
        };
        duration::parse(at.own_text()?).map_err(|problem| at.refused(problem))
    }

    /// A whole number; below 0 is the same as 0.
    pub(crate) fn limit(&self, key: &str) -> Read<u64> {
        let Some(at) = self.some(key) else {
            return Ok(0);
        };
        match &at.node.kind {
            Kind::Scalar(text, true) => match text.parse::<i64>() {
                Ok(limit) => Ok(limit.max(0).unsigned_abs()),
                Err(_) => Err(at.refused(format!("`{text}` is no whole number"))),
            },
            _ => Err(at.refused("must be a whole number")),
        }
    }
}
