//! A manager over a stall, and under a clock that is set.

use super::*;

#[test]
fn s2_063_the_timeframe_of_a_template_is_not_over_by_time_in_which_nobody_looked() {
    let mut manager = manager();
    let slow = template("slow", "x > 1").timeframe(seconds(1_800));
    manager.add_template(slow).unwrap();
    manager.add_template(template("gone", "absent(x)")).unwrap();
    let mut step = |at: u64| {
        let events = manager.step(seconds(at), &scrape("x 2\n"));
        let sent = manager.notices(seconds(at));
        assert!(sent.iter().all(|it| it.ends_at > seconds(at)));
        events.len()
    };
    // Of the half hour 20 minutes are over before the stall, and a minute is counted by it.
    for minute in 0..=20 {
        assert_eq!(step(minute * 60), 0);
    }
    let stalled = 7 * 3_600;
    for minute in 21..30 {
        assert_eq!(step(stalled + minute * 60), 0, "minute {minute}");
    }
    assert_eq!(step(stalled + 30 * 60), 1);
    // The clock is set back by an hour, and forth again.
    for at in [
        stalled - 1_800,
        stalled - 1_740,
        stalled + 1_860,
        stalled + 1_920,
    ] {
        assert_eq!(step(at), 0, "at {at}");
    }
    let fires = manager
        .engine()
        .alerts()
        .filter(|it| it.state == AlertState::Firing);
    assert_eq!(fires.count(), 1);
}
