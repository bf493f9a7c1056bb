//! Files.

use admf_alerts::channel::config::{Channel, File};
use admf_alerts::notify::Outcome;

use crate::{send, sender};

#[tokio::test]
async fn a_file_has_a_line_of_json_for_each_notice_whatever_a_crash_left() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("alerts.jsonl");
    std::fs::write(&path, "{\"torn").expect("it can be written");
    let (sender, _) = sender(&Channel::File(File::new(&path)));
    for _ in 0..2 {
        assert_eq!(send(&sender).await.outcome, Outcome::Sent);
    }
    let text = std::fs::read_to_string(&path).expect("it is a text");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((lines.len(), lines[0]), (3, "{\"torn"));
    for line in &lines[1..] {
        let line: serde_json::Value = serde_json::from_str(line).expect("it is JSON");
        assert_eq!(line["alerts"][0]["labels"]["alertname"], "Down");
        assert_eq!(line["reason"], "first notification");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_new_file_is_for_its_owner_only_and_one_that_cannot_be_is_tried_again() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = folder.path().join("alerts.jsonl");
    let (there, _) = sender(&Channel::File(File::new(&path)));
    assert_eq!(send(&there).await.outcome, Outcome::Sent);
    let mode = std::fs::metadata(&path)
        .expect("it is there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let (nowhere, _) = sender(&Channel::File(File::new(folder.path().join("no/such"))));
    assert!(matches!(
        send(&nowhere).await.outcome,
        Outcome::Again { .. }
    ));
}
