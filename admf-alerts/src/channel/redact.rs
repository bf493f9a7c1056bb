//! What must not be told.

use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, LazyLock};

use regex::Regex;

#[cfg(feature = "channels")]
use super::encoding::{base64, percent_decoded, percent_encoded};
use crate::labels::Labels;
use crate::notify::{Alert, Batch};

/// What stands in the place of what must not be told.
const GONE: &str = "<redacted>";

/// Names of what is secret, as they stand before its value.
const NAMES: &str = r"(?:[a-z0-9]+[_.-])*(?:password|passwd|passphrase|secret|token|api_?key|apikey|authorization|routing_?key|private_?key|credentials?)";

/// What looks like a secret, and what is put there.
static LOOKS: LazyLock<[(Regex, &str); 3]> = LazyLock::new(|| {
    let regex = |pattern: &str| Regex::new(pattern).expect("the pattern is sound");
    [
        (
            regex(r"(?i)\b(bearer|basic)\s+[a-z0-9._~+/=-]{6,}"),
            "$1 <redacted>",
        ),
        (
            regex(&format!(
                r#"(?i)\b({NAMES})(["']?\s*[=:]\s*["']?)([^\s"',;&]+)"#
            )),
            "$1$2<redacted>",
        ),
        (regex(r"://[^/\s@]+@"), "://<redacted>@"),
    ]
});

static NAMED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(&format!("(?i)^{NAMES}$")).expect("the pattern is sound"));

/// Takes out of texts what must not be told: the secrets of a channel, and what looks like one.
///
/// # Examples
///
/// ```
/// use admf_alerts::channel::Redaction;
///
/// let redaction = Redaction::new(["hunter22"]);
/// assert_eq!(redaction.text("login hunter22 failed"), "login <redacted> failed");
/// assert_eq!(redaction.text("GET /?api_key=abc&n=1"), "GET /?api_key=<redacted>&n=1");
/// assert_eq!(redaction.text("postgres://me:pw@db/x"), "postgres://<redacted>@db/x");
/// ```
#[derive(Clone, Default)]
pub struct Redaction {
    secrets: Vec<String>,
}

impl Redaction {
    /// Knows secrets; of those shorter than 4 bytes nothing is taken out, as they are in any text.
    pub fn new<S: Into<String>>(secrets: impl IntoIterator<Item = S>) -> Self {
        let mut secrets: Vec<String> = secrets.into_iter().map(Into::into).collect();
        secrets.retain(|secret| secret.len() >= 4);
        // The longest first: one may be within another.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        secrets.dedup();
        Self { secrets }
    }

    /// Knows another secret, also as others write it who say it back: quoted, as part of an address, in base 64.
    #[cfg(feature = "channels")]
    pub(super) fn add(&mut self, secret: &str) {
        let quoted = serde_json::Value::from(secret).to_string();
        let quoted = quoted[1..quoted.len() - 1].to_owned();
        let forms = [
            secret.to_owned(),
            quoted,
            percent_encoded(secret),
            percent_decoded(secret),
            base64(secret.as_bytes()),
        ];
        // The other forms of what is too short to be told from other texts are too.
        let forms = forms.into_iter().filter(|_| secret.len() >= 4);
        let secrets = std::mem::take(&mut self.secrets);
        *self = Self::new(secrets.into_iter().chain(forms));
    }

    /// Knows the address of something: as a whole, and what of it follows the host, whole and in parts that are long enough
    /// for a token.
    #[cfg(feature = "channels")]
    pub(super) fn add_url(&mut self, url: &str) {
        // Scheme and host alone are none.
        let rest = url.split_once("://").map_or(url, |it| it.1);
        let (host, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        if let Some((who, _)) = host.rsplit_once('@') {
            self.add(who);
            who.split(':').for_each(|part| self.add(part));
            self.add(&base64(percent_decoded(who).as_bytes()));
        }
        if path.len() > 1 {
            self.add(url);
            self.add(path);
            let parts = path.split(['/', '?', '&', '=']);
            parts
                .filter(|part| part.len() >= 8)
                .for_each(|part| self.add(part));
        }
    }

    /// Returns a text without secrets.
    #[must_use]
    pub fn text(&self, text: &str) -> String {
        let mut clean = Cow::Borrowed(text);
        for secret in &self.secrets {
            if clean.contains(secret) {
                clean = Cow::Owned(clean.replace(secret, GONE));
            }
        }
        for (looks, instead) in LOOKS.iter() {
            if looks.is_match(&clean) {
                clean = Cow::Owned(looks.replace_all(&clean, *instead).into_owned());
            }
        }
        clean.into_owned()
    }

    /// Returns a batch without secrets in labels and annotations: by their names, and by what they say.
    ///
    /// Names of labels, keys of groups and times stay as they are.
    #[must_use]
    pub fn batch(&self, batch: &Batch) -> Batch {
        let alerts = batch.alerts.iter();
        let alerts: Vec<_> = alerts.map(|alert| Arc::new(self.alert(alert))).collect();
        let both = batch.alerts.iter().zip(&alerts);
        let missed = both.filter(|(was, _)| batch.missed.contains(&was.fingerprint()));
        Batch {
            labels: self.labels(&batch.labels),
            missed: missed.map(|(_, is)| is.fingerprint()).collect(),
            alerts,
            ..batch.clone()
        }
    }

    fn alert(&self, alert: &Alert) -> Alert {
        let annotations = alert.annotations.iter();
        Alert {
            labels: self.labels(&alert.labels),
            annotations: annotations
                .map(|(name, value)| (name.clone(), self.value(name, value)))
                .collect(),
            generator_url: self.text(&alert.generator_url),
            ..alert.clone()
        }
    }

    pub(crate) fn labels(&self, labels: &Labels) -> Labels {
        let pairs = labels.iter();
        pairs
            .map(|(name, value)| (name, self.value(name, value)))
            .collect()
    }

    fn value(&self, name: &str, value: &str) -> String {
        match NAMED.is_match(name) {
            true => GONE.to_owned(),
            false => self.text(value),
        }
    }
}

impl fmt::Debug for Redaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redaction").finish_non_exhaustive()
    }
}
