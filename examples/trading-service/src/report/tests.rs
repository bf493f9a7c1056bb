use super::*;
use crate::ledger::Tally;
use crate::settings::{Cli, Settings};
use crate::testing::first_dates;
use clap::Parser;

fn tally(counts: &[(&str, u64)]) -> Tally {
    let by_fate = counts
        .iter()
        .map(|(fate, count)| ((*fate).to_owned(), *count))
        .collect();
    Tally {
        by_fate,
        ..Tally::default()
    }
}

fn sound() -> SideReport {
    let counts = [
        ("filled", 90),
        ("cancelled", 5),
        ("refused_unsent", 5),
        ("risk_rejected", 20),
    ];
    let report = SideReport::new(&tally(&counts), &TraderSummary::default(), &[]);
    SideReport {
        signals: 120,
        positions_agree: true,
        ..report
    }
}

fn millis(all: impl IntoIterator<Item = u64>) -> Vec<Duration> {
    all.into_iter().map(Duration::from_millis).collect()
}

#[test]
fn percentiles_are_latencies_that_really_occurred() {
    let Latency { p50, p95, p99 } = Latency::of(&millis(1..=100));
    assert_eq!([p50, p95, p99].map(|ms| ms.round() as u64), [50, 95, 99]);
    let Latency { p50, p95, p99 } = Latency::of(&millis([7]));
    assert_eq!([p50, p95, p99].map(|ms| ms.round() as u64), [7, 7, 7]);
    assert_eq!(Latency::of(&[]), Latency::default());
}

#[test]
fn availability_leaves_out_what_risk_rejected() {
    assert!((sound().availability - 0.9).abs() < 1e-12);
    let nothing = SideReport::new(
        &tally(&[("risk_rejected", 3)]),
        &TraderSummary::default(),
        &[],
    );
    assert!((nothing.availability - 1.0).abs() < 1e-12);
}

#[test]
fn a_side_of_the_stack_is_sound_only_if_nothing_is_lost_doubled_in_doubt_or_uncounted() {
    let report = |stack| Report {
        stack: Some(stack),
        naive: None,
        ..Report::default()
    };
    assert!(report(sound()).is_sound());
    for broken in [
        SideReport { lost: 1, ..sound() },
        SideReport {
            duplicated: 1,
            ..sound()
        },
        SideReport {
            in_doubt: 1,
            filled: 89,
            ..sound()
        },
        SideReport {
            positions_agree: false,
            ..sound()
        },
        SideReport {
            signals: 121,
            ..sound()
        },
        SideReport {
            orders: 121,
            signals: 121,
            ..sound()
        },
    ] {
        assert!(!report(broken.clone()).is_sound(), "{broken:?}");
    }
}

#[test]
fn a_bare_client_may_lose_but_must_be_counted() {
    let report = |naive| Report {
        stack: Some(sound()),
        naive: Some(naive),
        ..Report::default()
    };
    assert!(
        report(SideReport {
            lost: 40,
            duplicated: 7,
            positions_agree: false,
            ..sound()
        })
        .is_sound()
    );
    assert!(
        !report(SideReport {
            signals: 121,
            ..sound()
        })
        .is_sound()
    );
}

#[test]
fn the_json_has_a_key_per_side_that_ran() {
    let both = Report {
        stack: Some(sound()),
        naive: Some(sound()),
        ..Report::default()
    };
    let json = serde_json::to_value(&both).unwrap();
    assert_eq!(
        json.as_object().unwrap().keys().collect::<Vec<_>>(),
        ["alerts", "naive", "stack"]
    );
    assert_eq!(
        (
            json["stack"]["orders"].as_u64(),
            json["naive"]["lost"].as_u64()
        ),
        (Some(120), Some(0))
    );
    let one = Report {
        stack: None,
        naive: Some(sound()),
        ..Report::default()
    };
    assert!(serde_json::to_value(&one).unwrap().get("stack").is_none());
}

#[test]
fn the_text_fits_one_screen_however_bad_the_day_was() {
    let bars = first_dates(30);
    let settings =
        Settings::try_from(Cli::try_parse_from(["trading-service"]).unwrap().args).unwrap();
    let switch = Switched {
        at: 3,
        seconds: 1.5,
        direction: Direction::Failover,
        reason: "primary to backup, healthy checks in a row: 3".to_owned(),
    };
    let bad = SideReport {
        lost: 3,
        switches: vec![switch; 500],
        interrupted: true,
        ..sound()
    };
    let report = Report {
        stack: Some(sound()),
        naive: Some(sound()),
        ..Report::default()
    };
    let text = Text {
        report: &report,
        settings: &settings,
        bars: &bars,
    }
    .to_string();
    assert!(
        text.contains("stack: ledger, positions and both venues' books agree"),
        "{text}"
    );
    let worth = text
        .lines()
        .skip_while(|line| !line.trim().starts_with("stack  "));
    assert!((20..24).contains(&worth.count()), "{text}");
    let report = Report {
        stack: Some(bad.clone()),
        naive: Some(bad),
        ..Report::default()
    };
    let text = Text {
        report: &report,
        settings: &settings,
        bars: &bars,
    }
    .to_string();
    assert!(
        text.lines().count() <= 48 && text.lines().all(|line| line.chars().count() <= 80),
        "{text}"
    );
    assert!(
        text.contains("failover  2000-03-02 after 1.5 s: primary to backup"),
        "{text}"
    );
    assert!(text.contains("… and 492 more"), "{text}");
    assert!(
        text.contains("naive: 3 lost, 0 duplicated, 0 in doubt; positions agree"),
        "{text}"
    );
}

#[test]
fn the_report_says_which_alerts_fired_and_which_fire_still() {
    let counts = |counts: &[(&str, u64)]| {
        let counts = counts
            .iter()
            .map(|(name, count)| ((*name).to_owned(), *count));
        counts.collect()
    };
    let none = AlertReport {
        enabled: true,
        rules: 7,
        ..AlertReport::default()
    };
    assert_eq!(none.to_string(), "alerts: none of 7 rules fired\n");
    let some = AlertReport {
        fired: counts(&[("A", 3), ("B", 1)]),
        resolved: counts(&[("A", 2)]),
        dropped: counts(&[("B", 1)]),
        firing: counts(&[("A", 1)]),
        failing: vec!["C: why".to_owned()],
        ..none
    };
    assert_eq!(
        some.to_string(),
        "alert A: fired 3, resolved 2, still firing 1\nalert B: fired 1, dropped 1\nalert rule fails: C: why\n",
    );
    let report = Report {
        alerts: some,
        ..Report::default()
    };
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["alerts"]["firing"], serde_json::json!({"A": 1}));
    assert_eq!(json["alerts"]["enabled"], true);
}
