//! What happened, as the history tells of it.

use std::time::Duration;

use tokio::time::sleep;

use super::{EPOCH, Place, post, setup};
use crate::history::Filter;
use crate::notify::{Alert, Fingerprint};
use crate::service::AlertService;

/// What happened, oldest first.
pub(super) fn happened(service: &AlertService) -> Vec<&'static str> {
    let entries = service.history(&Filter::default());
    entries
        .iter()
        .rev()
        .map(|it| it.event.kind.as_str())
        .collect()
}

#[tokio::test(start_paused = true)]
async fn the_history_tells_what_happened_over_restarts() {
    let place = Place::new();
    let service = place.open();
    post(&service, "Down", Some(EPOCH + Duration::from_secs(3_600)));
    post(&service, "Down", Some(EPOCH + Duration::from_secs(3_600)));
    service.run(sleep(Duration::from_secs(5))).await;
    let alert = service.look(|notifier, _| notifier.alerts().next().map(Alert::fingerprint));
    let alert = alert.expect("it is known");
    service
        .acknowledge(alert, "ada", "on it")
        .expect("it fires");
    assert!(service.acknowledge(Fingerprint(1), "ada", "").is_err());
    service.unacknowledge(alert).expect("it was");
    let mut wrong = setup(&place.file());
    wrong.notify.route.receiver = Some("password=hunter2".to_owned());
    service.reload(wrong).expect_err("it is no receiver");
    drop(service);

    let service = place.open();
    // It ends by itself.
    service.run(sleep(Duration::from_secs(3_700))).await;
    let all = [
        "alert_firing",
        "notice_sent",
        "acknowledged",
        "unacknowledged",
        "config_refused",
        "alert_resolved",
        "notice_sent",
    ];
    assert_eq!(happened(&service), all);
    let entries = service.history(&Filter::default());
    assert_eq!(entries[4].event.text, "by ada (on it)");
    assert_eq!(entries[0].event.text, "0 firing, 1 resolved");
    assert_eq!(entries[0].event.channel, "log[0] file");
    assert!(!format!("{entries:?}").contains("hunter2"), "{entries:?}");
}
