//! Values of fields, as YAML 1.1 writes them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::alertmanager_file::Lookup;
use crate::channel::config::{Origin, Secret};
use crate::duration;
use crate::yaml::{At, Kind, Read};

/// What the reader knows besides the text.
#[derive(Clone, Copy)]
pub(in crate::alertmanager_file) struct Around<'a> {
    /// The folder of the file.
    pub(in crate::alertmanager_file) folder: &'a Path,
    /// Knows variables, where `${NAME}` in place of a secret is one.
    pub(in crate::alertmanager_file) variable: Option<Lookup<'a>>,
}

impl Around<'_> {
    /// A path; one that is not absolute is of the file's folder.
    pub(super) fn path(self, at: &At<'_>, key: &str) -> Read<Option<PathBuf>> {
        let path = filled(at, key)?;
        Ok(path.map(|path| self.folder.join(path)))
    }

    /// A secret, or the file in which it stands, but not both.
    pub(in crate::alertmanager_file) fn secret(
        self,
        at: &At<'_>,
        key: &str,
        file: &str,
    ) -> Read<Option<Secret>> {
        let given = self.plain_secret(at, key)?;
        let path = filled(at, file)?;
        match (given, path) {
            (Some(_), Some(_)) => {
                let here = at.get(file).expect("it was read");
                Err(here.refused(format!("there must be at most one of `{key}` and `{file}`")))
            }
            (None, Some(path)) => Ok(Some(Secret::file(path))),
            (given, None) => Ok(given),
        }
    }

    /// A secret, or the file in which it stands, as a path of the file's folder.
    pub(super) fn in_folder(self, at: &At<'_>, key: &str, file: &str) -> Read<Option<Secret>> {
        let secret = self.secret(at, key, file)?;
        Ok(secret.map(|secret| match secret.origin() {
            Origin::File(path) => Secret::file(self.folder.join(path)),
            _ => secret,
        }))
    }

    /// A secret that has no file.
    pub(in crate::alertmanager_file) fn plain_secret(
        self,
        at: &At<'_>,
        key: &str,
    ) -> Read<Option<Secret>> {
        let Some(text) = filled(at, key)? else {
            return Ok(None);
        };
        let here = at.get(key).expect("it was read");
        self.taken(&text)
            .map(Some)
            .map_err(|problem| here.refused(problem))
    }

    fn taken(self, text: &str) -> Result<Secret, String> {
        let name = text.strip_prefix(super::super::PLACEHOLDER).unwrap_or(text);
        let name = name.strip_prefix("${").and_then(|it| it.strip_suffix('}'));
        match (self.variable, name) {
            (Some(variable), Some(name)) => Secret::env(name, variable),
            _ => Ok(Secret::new(text)),
        }
    }

    /// An address of HTTP, or the file in which it stands, but not both.
    pub(in crate::alertmanager_file) fn address(
        self,
        at: &At<'_>,
        key: &str,
        file: Option<&str>,
    ) -> Read<Option<Secret>> {
        if let Some(here) = at.some(key) {
            // Nothing at all is no address, as for Alertmanager.
            if here.own_text()?.is_empty() {
                return Err(here.refused("must be an address of HTTP"));
            }
        }
        let secret = match file {
            Some(file) => self.secret(at, key, file)?,
            None => self.plain_secret(at, key)?,
        };
        if let Some(text) = secret.as_ref().and_then(Secret::known) {
            let here = at.get(key).expect("it was read");
            super::super::address::check(text).map_err(|problem| here.refused(problem))?;
        }
        Ok(secret)
    }
}

/// `true` or `false`, as YAML 1.1 writes them.
pub(in crate::alertmanager_file) fn truth(at: &At<'_>, key: &str) -> Read<Option<bool>> {
    let Some(at) = at.some(key) else {
        return Ok(None);
    };
    let known = |words: [&str; 4], text: &str| {
        let upper = |it: &str| it.to_ascii_uppercase();
        let first = |it: &str| format!("{}{}", upper(&it[..1]), &it[1..]);
        words
            .iter()
            .any(|it| *it == text || upper(it) == text || first(it) == text)
    };
    match &at.node.kind {
        Kind::Scalar(text, true) if known(["true", "yes", "on", "y"], text) => Ok(Some(true)),
        Kind::Scalar(text, true) if known(["false", "no", "off", "n"], text) => Ok(Some(false)),
        _ => Err(at.refused("must be `true` or `false`")),
    }
}

/// A text; an empty one is none.
pub(in crate::alertmanager_file) fn filled(at: &At<'_>, key: &str) -> Read<Option<String>> {
    let text = at.text(key)?.filter(|it| !it.is_empty());
    Ok(text.map(str::to_owned))
}

/// A text, which may be empty.
pub(super) fn given(at: &At<'_>, key: &str) -> Read<Option<String>> {
    Ok(at.text(key)?.map(str::to_owned))
}

pub(in crate::alertmanager_file) fn length(at: &At<'_>, key: &str) -> Read<Option<Duration>> {
    let Some(at) = at.some(key) else {
        return Ok(None);
    };
    let length = duration::parse(at.own_text()?);
    length.map(Some).map_err(|problem| at.refused(problem))
}

/// A length that is more than nothing.
pub(in crate::alertmanager_file) fn more(at: &At<'_>, key: &str) -> Read<Option<Duration>> {
    let length = length(at, key)?;
    match length {
        Some(Duration::ZERO) => Err(at.get(key).expect("it was read").refused("cannot be zero")),
        length => Ok(length),
    }
}

pub(in crate::alertmanager_file) fn texts(at: &At<'_>, key: &str) -> Read<Vec<String>> {
    let texts = at.list(key)?.into_iter();
    let texts = texts.map(|at| at.own_text().map(str::to_owned));
    texts.collect()
}

/// Refuses nothing at all, where Alertmanager would take it and fall over it later.
pub(in crate::alertmanager_file) fn there(at: &At<'_>) -> Read<()> {
    match at.node.is_null() {
        true => Err(at.refused("there is nothing")),
        false => Ok(()),
    }
}
