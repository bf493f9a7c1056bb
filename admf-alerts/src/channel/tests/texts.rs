//! Keys, signatures, templates, secrets.

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
fn a_template_escapes_what_is_filled_in_and_not_itself() {
    let mut batch = Batch::clone(&batch(&[("risk", None)]));
    Arc::make_mut(&mut batch.alerts[0])
        .labels
        .insert("alertname", "<a> & 'b'");
    for (kind, wanted) in [
        (TextKind::Plain, "<b>firing <a> & 'b' http://here</b>"),
        (
            TextKind::Html,
            "<b>firing &lt;a&gt; &amp; &#x27;b&#x27; http:&#x2f;&#x2f;here</b>",
        ),
        (
            TextKind::Slack,
            "<b>firing &lt;a&gt; &amp; 'b' http://here</b>",
        ),
    ] {
        let text = "<b>{{ status }} {{ notice.rule }} {{ externalURL }}</b>";
        let filled = ChannelTemplate::new(text, kind)
            .unwrap()
            .render(&batch, "http://here");
        assert_eq!(filled.as_deref(), Ok(wanted));
    }
}

#[test]
fn a_template_is_strict_and_bounded_and_says_where_it_fails() {
    let batch = batch(&[("risk", None)]);
    for (text, problem) in [
        ("\n{{ nothing }}", "line 2"),
        (
            "{% for a in range(90000) %}{% for b in range(90000) %}{% endfor %}{% endfor %}",
            "fuel",
        ),
        ("{{ 'x' * 9000000 }}", ""),
        ("{% include '/etc/passwd' %}", ""),
    ] {
        for kind in [TextKind::Plain, TextKind::Slack] {
            let template = ChannelTemplate::new(text, kind);
            let error = template.and_then(|it| it.render(&batch, "")).unwrap_err();
            assert!(error.contains(problem) && !error.contains('\n'), "{error}");
        }
    }
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
