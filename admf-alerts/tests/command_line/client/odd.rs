//! Answers that are nearly right.

use serde_json::{Value, json};

use super::{Peer, ask, yes};

/// What may stand where something else was expected.
fn odd() -> Vec<Value> {
    let far = "999999-99-99T99:99:99Z";
    vec![
        json!(null),
        json!(-1e300),
        json!(""),
        json!(far),
        json!([]),
        json!([[]]),
        json!({"": {}}),
    ]
}

/// A document with each of its parts in turn replaced by something else, or left out.
fn replaced(document: &Value) -> Vec<Value> {
    let mut all = odd();
    match document {
        Value::Object(fields) => {
            for (name, value) in fields {
                let mut without = fields.clone();
                without.remove(name);
                all.push(without.into());
                for value in replaced(value) {
                    let mut with = fields.clone();
                    with.insert(name.clone(), value);
                    all.push(with.into());
                }
            }
        }
        Value::Array(values) => {
            for (at, value) in values.iter().enumerate() {
                for value in replaced(value) {
                    let mut with = values.clone();
                    with[at] = value;
                    all.push(with.into());
                }
            }
        }
        _ => {}
    }
    all
}

#[test]
fn no_answer_is_a_panic() {
    let silence = json!({
        "id": "i", "matchers": [{"name": "a", "value": "b", "isRegex": false, "isEqual": true}], "status": {"state": "active"},
        "startsAt": "2026-11-21T03:00:00Z", "endsAt": "2026-11-21T03:00:00Z", "createdBy": "c", "comment": "d",
    });
    let alert = json!({
        "fingerprint": "f", "labels": {"alertname": "a", "b": "c"}, "annotations": {"summary": "s"},
        "startsAt": "2026-11-21T03:00:00Z", "status": {"state": "active"},
    });
    let entry = json!({"last": "2026-11-21T03:00:00Z", "count": 2, "kind": "k", "labels": {"a": "b"}, "text": "t"});
    let tried = json!({"channel": "c", "outcome": "sent", "said": "s"});
    let acknowledged = json!({
        "fingerprint": "f", "labels": {"alertname": "a"}, "by": "b", "comment": "c", "at": "2026-11-21T03:00:00Z", "until": null,
    });
    let mut runs = 0;
    for (args, document) in [
        (&["silence", "list", "--within", "1h"][..], json!([silence])),
        (&["silence", "show", "i"], silence),
        (
            &["silence", "add", "a", "-c", "d"],
            json!({"silenceID": "i"}),
        ),
        (&["alerts"], json!([alert])),
        (&["history"], json!({"entries": [entry]})),
        (&["route"], json!({"receivers": ["r"]})),
        (&["test-channel", "r"], json!({"channels": [tried]})),
        (&["ack", "a"], json!({"acknowledged": ["f"]})),
        (
            &["ack", "--list"],
            json!({"acknowledgements": [acknowledged]}),
        ),
        (&["status"], json!({"a": [1]})),
        (&["send", "--level", "l", "--message", "m"], json!({"a": 1})),
    ] {
        let documents = replaced(&document);
        let peer = Peer::answering(documents.iter().map(yes).collect());
        for document in documents {
            let ran = ask(&peer.address, args);
            assert!(
                matches!(ran.code, Some(0 | 1)),
                "{args:?} {document} {ran:?}"
            );
            assert!(
                ran.code == Some(0) || !ran.err.is_empty() || !ran.out.is_empty(),
                "{args:?} {document} {ran:?}"
            );
            runs += 1;
        }
    }
    assert!(runs > 300, "{runs}");
}
