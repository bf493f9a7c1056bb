//! Who says that a body is his.

use std::fmt::Write;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Signs a body: `t=1795233454,v1=…`, the second being HMAC-SHA-256 of the time, a dot and the body, in base 16.
///
/// `now` is the length of time since the Unix epoch. Who receives it compares it in constant time, and refuses what is old.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// let signature = admf_alerts::channel::signature(b"key", Duration::from_secs(1_795_233_454), b"{}");
/// assert!(signature.starts_with("t=1795233454,v1="));
/// assert_eq!(signature.len(), 80);
/// ```
#[must_use]
#[expect(clippy::missing_panics_doc, reason = "a key may have any length")]
pub fn signature(secret: &[u8], now: Duration, body: &[u8]) -> String {
    let mut mac =
        <Hmac<Sha256> as KeyInit>::new_from_slice(secret).expect("a key may have any length");
    let time = now.as_secs();
    mac.update(format!("{time}.").as_bytes());
    mac.update(body);
    format!("t={time},v1={}", hex(&mac.finalize().into_bytes()))
}

/// Writes bytes in base 16.
pub(super) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        write!(text, "{byte:02x}").expect("a text takes all that is written");
    }
    text
}
