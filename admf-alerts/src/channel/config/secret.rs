//! Texts that are never shown.

use std::borrow::Cow;
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// How many bytes a file with a secret may have.
const MOST: u64 = 64 * 1_024;

/// Holds a text that is never shown: a password, a key, or an address that is as good as one.
///
/// `Debug` and `Display` show `<secret>`; it is not serialised. Two are equal if they come from the same place and, where
/// that is the text itself or a variable, say the same.
///
/// # Examples
///
/// ```
/// use admf_alerts::channel::config::{Origin, Secret};
///
/// let lookup = |name: &str| (name == "SLACK_WEBHOOK_URL").then(|| "https://hooks.example/T0/TOKEN".to_owned());
/// let secret = Secret::env("SLACK_WEBHOOK_URL", lookup)?;
/// assert_eq!(format!("{secret} {secret:?}"), "<secret> <secret>");
/// assert_eq!(secret.expose()?, "https://hooks.example/T0/TOKEN");
/// assert_eq!(secret.origin(), Origin::Env("SLACK_WEBHOOK_URL"));
/// assert_eq!(Secret::env("OTHER", lookup).unwrap_err(), "the variable `OTHER` is not set");
/// # Ok::<(), String>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Source);

#[derive(Clone, PartialEq, Eq)]
enum Source {
    Text(String),
    Env { name: String, value: String },
    File(PathBuf),
}

/// Says where a secret comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin<'s> {
    /// The text itself.
    Text,
    /// The variable of this name, looked up once.
    Env(&'s str),
    /// This file, read whenever it is needed.
    File(&'s Path),
}

impl Secret {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Source::Text(text.into()))
    }

    /// Takes the value of a variable, which `lookup` knows.
    ///
    /// # Errors
    ///
    /// It is not set, or empty.
    pub fn env(
        name: impl Into<String>,
        lookup: impl FnOnce(&str) -> Option<String>,
    ) -> Result<Self, String> {
        let name = name.into();
        match lookup(&name).filter(|value| !value.is_empty()) {
            Some(value) => Ok(Self(Source::Env { name, value })),
            None => Err(format!("the variable `{name}` is not set")),
        }
    }

    /// Takes what stands in a file whenever it is needed, so that another secret there is taken up.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self(Source::File(path.into()))
    }

    /// Returns the text; of a file without the white space around it. Reads the file, which may take its time.
    ///
    /// # Errors
    ///
    /// The file cannot be read, is no UTF-8, is empty, or is longer than 64 KiB; says its path and nothing that stands in
    /// it.
    pub fn expose(&self) -> Result<Cow<'_, str>, String> {
        match &self.0 {
            Source::Text(text) | Source::Env { value: text, .. } => Ok(Cow::Borrowed(text)),
            Source::File(path) => {
                let refused = |why: String| format!("the secret in {}: {why}", path.display());
                read(path).map(Cow::Owned).map_err(refused)
            }
        }
    }

    /// Returns where it comes from.
    #[must_use]
    pub fn origin(&self) -> Origin<'_> {
        match &self.0 {
            Source::Text(_) => Origin::Text,
            Source::Env { name, .. } => Origin::Env(name),
            Source::File(path) => Origin::File(path),
        }
    }

    /// Returns the text where it is known without reading a file.
    pub(crate) fn known(&self) -> Option<&str> {
        match &self.0 {
            Source::Text(text) | Source::Env { value: text, .. } => Some(text),
            Source::File(_) => None,
        }
    }
}

fn read(path: &Path) -> Result<String, String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    let read = file.take(MOST + 1).read_to_end(&mut bytes);
    read.map_err(|error| error.to_string())?;
    if bytes.len() as u64 > MOST {
        return Err(format!("longer than {MOST} bytes"));
    }
    let text = String::from_utf8(bytes).map_err(|_| "no UTF-8".to_owned())?;
    match text.trim() {
        "" => Err("empty".to_owned()),
        text => Ok(text.to_owned()),
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<secret>")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<secret>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_from_its_file_each_time() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let path = folder.path().join("token");
        let secret = Secret::file(&path);
        assert!(secret.expose().is_err());
        for text in ["one", "two\n"] {
            std::fs::write(&path, text).expect("it can be written");
            assert_eq!(secret.expose().as_deref(), Ok(text.trim()));
        }
    }

    #[test]
    fn what_is_wrong_with_a_file_says_its_path_and_not_its_text() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let path = folder.path().join("token");
        for bytes in [b" \n".to_vec(), b"hush\xff".to_vec(), vec![b'h'; 65_537]] {
            std::fs::write(&path, bytes).expect("it can be written");
            let error = Secret::file(&path).expose().expect_err("it is no secret");
            assert!(error.contains("token") && !error.contains("hush") && error.len() < 300);
        }
    }

    #[test]
    fn a_secret_is_not_shown_by_anything_that_holds_it() {
        let shown = format!("{:?}", Some(vec![Secret::new("hush")]));
        assert_eq!(shown, "Some([<secret>])");
    }
}
