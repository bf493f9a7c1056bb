//! Who may look: a token, compared in a time that tells nothing of it.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use subtle::ConstantTimeEq;

/// The most of a file that is read.
const MOST: u64 = 1024;

/// What somebody must show as `Authorization: Bearer` to be let in. It is never printed.
///
/// # Examples
///
/// ```
/// use admf_metrics::http::Token;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let token = Token::new("5b1f0cc8f6c94d6f")?;
/// assert_eq!(format!("{token:?}"), "Token(..)");
/// assert_eq!(
///     Token::new("hunter2").unwrap_err().to_string(),
///     "must be 16 to 256 visible characters of ASCII"
/// );
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// Takes a token.
    ///
    /// # Errors
    ///
    /// It is too short to be a secret, or cannot be sent in a header. The error does not tell it.
    pub fn new(text: &str) -> Result<Self, TokenError> {
        let fit = (16..=256).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_graphic());
        match fit {
            true => Ok(Self(text.to_owned())),
            false => Err(TokenError::Unfit),
        }
    }

    /// Reads a token from a file; line ends after it are left out.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or what it holds is not fit to be a token.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, TokenError> {
        let path = path.as_ref();
        let mut text = String::new();
        // No more than shows that it is too long: it may be any file.
        let read = File::open(path).and_then(|file| file.take(MOST).read_to_string(&mut text));
        read.map_err(|error| TokenError::Unread(format!("{}: {error}", path.display())))?;
        Self::new(text.trim_end_matches(['\r', '\n']))
    }

    /// Lets a request in that shows the token.
    ///
    /// # Errors
    ///
    /// Why it is not.
    pub fn admit(&self, headers: &HeaderMap) -> Result<(), Denied> {
        let mut all = headers.get_all(AUTHORIZATION).iter();
        let shown = all.next().ok_or(Denied::Missing)?;
        let shown = shown.to_str().ok().and_then(|it| it.split_once(' '));
        let bearer = shown.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        match bearer.map(|(_, shown)| shown.trim()) {
            None | Some("") => Err(Denied::Malformed),
            // Of two of them nobody could say which one counts.
            Some(_) if all.next().is_some() => Err(Denied::Malformed),
            Some(shown) if self.is(shown) => Ok(()),
            Some(_) => Err(Denied::Wrong),
        }
    }

    /// Compares, in a time that tells nothing but the length.
    fn is(&self, shown: &str) -> bool {
        self.0.as_bytes().ct_eq(shown.as_bytes()).into()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

impl PartialEq for Token {
    fn eq(&self, other: &Self) -> bool {
        self.is(&other.0)
    }
}

impl Eq for Token {}

/// Says why somebody was not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Denied {
    /// He showed nothing.
    Missing,
    /// What he showed is no bearer token, or is more than one.
    Malformed,
    /// It is another token.
    Wrong,
}

impl Denied {
    /// The words for all of them.
    pub(super) const REASONS: [&'static str; 3] = ["missing", "malformed", "wrong"];

    /// Returns the word for it in metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        Self::REASONS[self as usize]
    }
}

impl Denied {
    /// Returns what is told to whoever was not let in.
    #[must_use]
    pub const fn as_line(self) -> &'static str {
        match self {
            Self::Missing | Self::Malformed => "authorization: must be Bearer and the token",
            Self::Wrong => "authorization: not the token",
        }
    }
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_line())
    }
}

impl std::error::Error for Denied {}

/// Reports that a text is no token. It does not tell the text.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenError {
    /// It breaks the rule.
    Unfit,
    /// Its file cannot be read.
    Unread(String),
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unfit => f.write_str("must be 16 to 256 visible characters of ASCII"),
            Self::Unread(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for TokenError {}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Token {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'_, str>>::deserialize(from)?;
        Self::new(&text).map_err(serde::de::Error::custom)
    }
}
