//! What tells a notice from all others, and who says that it is his.

use std::fmt::Write;
use std::time::Duration;

use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

use crate::notify::{Batch, Reason};

/// Returns what tells a notice from all others, for a header `Idempotency-Key`: 16 digits of base 16 of the group's key, a
/// hyphen, and 16 of what the notice says to whom.
///
/// It is the same for each try, and after a restart too, as long as the notice says the same: a receiver that has it has the
/// notice. A notice that only says again what was said carries the time of its flush in it, since it is to be told again.
#[must_use]
pub fn idempotency_key(batch: &Batch) -> String {
    let mut said = Sha256::new();
    said.update(&batch.key.receiver);
    said.update([0xff]);
    said.update(batch.key.integration.to_be_bytes());
    said.update(batch.reason.as_str());
    if batch.reason == Reason::Repeat {
        said.update(batch.at.as_nanos().to_be_bytes());
    }
    for alert in &batch.alerts {
        said.update(alert.fingerprint().0.to_be_bytes());
        said.update(alert.starts_at.as_nanos().to_be_bytes());
        let end = alert.ends_at.map_or(u128::MAX, |end| end.as_nanos());
        said.update(end.to_be_bytes());
    }
    let group = hex(&Sha256::digest(&batch.key.group));
    format!("{}-{}", &group[..16], &hex(&said.finalize())[..16])
}

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
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(secret).expect("a key may have any length");
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
