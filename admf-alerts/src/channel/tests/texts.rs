//! Keys, signatures, secrets.

use super::*;
use crate::notify::Batch;

/// Computed by `openssl dgst -sha256 -hmac key`.
#[test]
fn a_body_is_signed_with_its_time() {
    let signed = signature(b"key", Duration::from_millis(1_795_233_454_900), b"{}");
    assert_eq!(
        signed,
        "t=1795233454,v1=2f9a2922cf18be70555d0da8f875e030a91dce8e031588198be7f7f127296df6"
    );
}

#[test]
fn what_looks_like_a_secret_is_taken_out_of_a_batch() {
    let mut batch = Batch::clone(&batch(&[("risk", None)]));
    let alert = Arc::make_mut(&mut batch.alerts[0]);
    alert.labels.insert("api_key", "PLANTED1");
    alert.labels.insert("dsn", "postgres://me:PLANTED2@db/x");
    let said = "Authorization: Bearer PLANTED3xyz, password=PLANTED4 {\"token\": \"PLANTED5\"}";
    alert
        .annotations
        .insert("summary".to_owned(), said.to_owned());
    let clean = Redaction::default().batch(&batch);
    let shown = format!("{clean:?}");
    assert!(!shown.contains("PLANTED"), "{shown}");
    assert_eq!(clean.alerts[0].labels.get("component"), Some("risk"));
    assert_eq!(clean.key, batch.key);
}

proptest::proptest! {
    #[test]
    fn a_secret_is_never_left_in_a_text(secret in "[a-zA-Z0-9+/=<>&]{4,40}", before in ".*", after in ".*") {
        let clean = Redaction::new([secret.clone()]).text(&format!("{before}{secret}{after}"));
        // What stands in its place may look like it where it is short.
        assert!(!clean.replace("<redacted>", "").contains(&secret) || "<redacted>".contains(&secret) || format!("{before}{after}").contains(&secret));
    }
}
