//! The service's own failures, and who is told of them.

use std::fs;
use std::time::Duration;

use tokio::time::sleep;

use super::{EPOCH, Place, post, setup, told};
use crate::alertmanager_file::{Setup, add};
use crate::channel::config::{Channel, File};
use crate::{Engine, Options, Samples};

/// Two receivers, each of which is told of failures of the other, and one that hears of the watchdog.
fn with_meta(place: &Place) -> Setup {
    let mut setup = setup(&place.file());
    for name in ["other", "deadman"] {
        let file = File::new(place.folder.path().join(name));
        setup
            .add_channel(name, Channel::File(file))
            .expect("it is new");
    }
    let second = "
failures: {receivers: [log, other]}
watchdog: {receiver: deadman, interval: 1m}
";
    add(setup, "admf.yml", second, None).expect("it is sound")
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_fails_is_told_of_by_another_one_until_it_works_again() {
    let place = Place::new();
    fs::create_dir(place.file()).expect("it is not there");
    let other = place.folder.path().join("other");
    let service = place.open_with(with_meta(&place));
    post(&service, "Down", Some(EPOCH + Duration::from_secs(36_000)));
    service.run(sleep(Duration::from_secs(50))).await;
    assert!(told(&other).is_empty(), "the next try may arrive");
    service.run(sleep(Duration::from_secs(600))).await;
    assert_eq!(told(&other), ["firing"]);
    let text = fs::read_to_string(&other).expect("it is there");
    assert!(
        text.contains("ADMFChannelFailing") && text.contains("log[0] file"),
        "{text}"
    );

    fs::remove_dir(place.file()).expect("it is empty");
    service.run(sleep(Duration::from_secs(600))).await;
    assert_eq!(place.told(), ["firing"]);
    assert_eq!(told(&other), ["firing", "resolved"]);
}

#[tokio::test(start_paused = true)]
async fn the_watchdog_is_heard_in_each_interval_by_a_channel_of_its_own_and_no_longer_once_nobody_evaluates()
 {
    let place = Place::new();
    let service = place.open_with(with_meta(&place));
    let evaluations = async {
        let mut engine = Engine::with([], Options::default().watchdog(true)).expect("no rules");
        for _ in 0..10 * 60 {
            engine.step(service.now(), &Samples::default());
            service.evaluated(engine.snapshot(), engine.notices(service.now()));
            sleep(Duration::from_secs(1)).await;
        }
    };
    service.run(evaluations).await;
    let deadman = place.folder.path().join("deadman");
    assert_eq!(told(&deadman), ["firing"; 10]);
    assert!(place.told().is_empty());
    service.run(sleep(Duration::from_secs(3_600))).await;
    let heard = told(&deadman);
    assert_eq!(heard.iter().filter(|it| *it == "resolved").count(), 1);
    assert!(heard.len() < 16, "{heard:?}");
}

#[cfg(feature = "metrics")]
#[tokio::test(start_paused = true)]
async fn what_a_service_does_is_measured() {
    let place = Place::new();
    let service = place.open();
    let catalogue = admf_metrics::Catalogue::new(crate::service::METRICS).expect("it is sound");
    let exporter = admf_metrics::Exporter::local(catalogue);
    service.measure(exporter.meter()).expect("all are declared");
    post(&service, "Down", Some(EPOCH + Duration::from_secs(3_600)));
    service.run(sleep(Duration::from_secs(5))).await;
    let text = exporter.scrape();
    for line in [
        r#"admf_notifications_total{receiver="log",channel="log[0] file",result="sent"} 1"#,
        r#"admf_notifications_total{receiver="log",channel="log[0] file",result="failed"} 0"#,
        r#"admf_notification_latency_seconds_count{kind="file"} 1"#,
        "admf_notifications_undelivered 0",
        "admf_notifications_dropped_total 0",
        "admf_alerts_state_written 1",
        "admf_alerts_known_firing 1",
        "admf_silences_active 0",
    ] {
        assert!(text.lines().any(|it| it == line), "{line} in {text}");
    }
    assert!(!text.contains("\nadmf_notifications_oldest_undelivered_timestamp_seconds "));
}

#[tokio::test(start_paused = true)]
async fn of_two_channels_that_fail_the_third_is_told_and_the_age_of_what_is_owed_goes_on_over_restarts()
 {
    let place = Place::new();
    let file = |name: &str| place.folder.path().join(name);
    // Nothing can be added to a folder.
    fs::create_dir(place.file()).expect("it is not there");
    fs::create_dir(file("other")).expect("it is not there");
    let mut setup = setup(&place.file());
    for name in ["other", "third"] {
        let channel = Channel::File(File::new(file(name)));
        setup.add_channel(name, channel).expect("it is new");
    }
    let told_of = ["log", "other", "third"].map(str::to_owned);
    setup.tell_failures(told_of.into()).expect("they are there");
    let service = place.open_with(setup.clone());
    post(&service, "Down", Some(EPOCH + Duration::from_secs(36_000)));
    service.run(sleep(Duration::from_secs(600))).await;
    let heard = fs::read_to_string(file("third")).expect("it is told");
    assert!(heard.contains("log[0] file") && heard.contains("other[0] file"));
    drop(service);

    let service = place.open_with(setup);
    let oldest = service.totals().oldest_undelivered;
    assert!(oldest.is_some_and(|it| it < EPOCH + Duration::from_secs(1)));
    for name in [place.file(), file("other")] {
        fs::remove_dir(name).expect("it is empty");
    }
    service.run(sleep(Duration::from_secs(900))).await;
    assert_eq!(service.totals().oldest_undelivered, None);
    let last = told(&file("third"));
    assert_eq!(last.last().map(String::as_str), Some("resolved"));
}
