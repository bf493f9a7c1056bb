//! YAML that is to be written.

use std::collections::BTreeMap;

use crate::channel::config::{Origin, Secret};
use crate::export::text::line;

#[derive(Clone, Debug)]
pub(super) enum Yaml {
    Text(String),
    /// A number, a truth value.
    Plain(String),
    /// A secret, and whether it is an address.
    Secret(Secret, bool),
    List(Vec<Self>),
    Map(Vec<(String, Self)>),
}

/// How secrets are written.
pub(super) type Shown<'s> = dyn FnMut(&Secret, bool) -> Result<String, String> + 's;

impl Yaml {
    pub(super) fn texts<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Self {
        let texts = texts.into_iter();
        Self::List(texts.map(|it| Self::Text(it.as_ref().to_owned())).collect())
    }

    pub(super) fn map(of: &BTreeMap<String, String>) -> Self {
        let entries = of
            .iter()
            .map(|(key, value)| (key.clone(), Self::Text(value.clone())));
        Self::Map(entries.collect())
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::List(it) => it.is_empty(),
            Self::Map(it) => it.is_empty(),
            _ => false,
        }
    }

    /// On one line, unless there are several.
    fn short(&self, shown: &mut Shown<'_>) -> Result<Option<String>, String> {
        Ok(Some(match self {
            Self::Text(text) => line(text),
            Self::Plain(text) => text.clone(),
            Self::Secret(secret, address) => line(&shown(secret, *address)?),
            Self::List(it) if it.is_empty() => "[]".to_owned(),
            Self::Map(it) if it.is_empty() => "{}".to_owned(),
            _ => return Ok(None),
        }))
    }

    /// The lines at a depth.
    pub(super) fn write(&self, depth: usize, shown: &mut Shown<'_>) -> Result<String, String> {
        let pad = " ".repeat(depth);
        if let Some(short) = self.short(shown)? {
            return Ok(format!("{pad}{short}\n"));
        }
        let mut text = String::new();
        match self {
            Self::List(items) => {
                for item in items {
                    let item = item.write(depth + 2, shown)?;
                    text += &format!("{pad}- {}", &item[depth + 2..]);
                }
            }
            Self::Map(entries) => {
                for (key, value) in entries {
                    let key = line(key);
                    match value.short(shown)? {
                        Some(short) => text += &format!("{pad}{key}: {short}\n"),
                        None => text += &format!("{pad}{key}:\n{}", value.write(depth + 2, shown)?),
                    }
                }
            }
            _ => {}
        }
        Ok(text)
    }
}

/// A map in the making.
#[derive(Default)]
pub(super) struct Map(pub(super) Vec<(String, Yaml)>);

impl Map {
    pub(super) fn set(&mut self, key: &str, value: Yaml) {
        self.0.push((key.to_owned(), value));
    }

    pub(super) fn text(&mut self, key: &str, value: &str) {
        if !value.is_empty() {
            self.set(key, Yaml::Text(value.to_owned()));
        }
    }

    pub(super) fn maybe(&mut self, key: &str, value: Option<&String>) {
        if let Some(value) = value {
            self.set(key, Yaml::Text(value.clone()));
        }
    }

    pub(super) fn truth(&mut self, key: &str, value: bool, default: bool) {
        if value != default {
            self.set(key, Yaml::Plain(value.to_string()));
        }
    }

    pub(super) fn filled(&mut self, key: &str, value: Yaml) {
        if !value.is_empty() {
            self.set(key, value);
        }
    }

    /// A secret that is in a file, or whose place is held; `file`: the key for its file, where there is one.
    pub(super) fn secret(&mut self, key: &str, file: Option<&str>, secret: &Secret, address: bool) {
        match (secret.origin(), file) {
            (Origin::File(path), Some(file)) => self.text(file, &path.to_string_lossy()),
            _ => self.set(key, Yaml::Secret(secret.clone(), address)),
        }
    }

    pub(super) fn done(self) -> Yaml {
        Yaml::Map(self.0)
    }
}
