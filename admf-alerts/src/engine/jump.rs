//! What an engine does with time in which nobody looked.

use std::time::Duration;

use super::Engine;
use super::ask::millis;
use super::clock::{Jump, Pace};
use crate::series::Feed;

impl Engine {
    /// Takes the time of a step. Where that is a jump, what is known of the time before is moved along, so that the step is
    /// to rules as if it had come in its time.
    pub(super) fn go_on(&mut self, now: Duration, by_hand: bool) -> (Duration, Option<Jump>) {
        let intervals = self.groups.iter().filter_map(|it| it.config.interval);
        let pace = Pace {
            longest: self.options.longest_step,
            by_hand,
            interval: intervals.min(),
            lookback: self.options.promql.lookback,
        };
        let (now, jump) = self.clock.turn(now, &pace);
        match jump {
            Some(Jump::Ahead { since, lost }) => {
                self.feed.wake();
                if self.store.skip(millis(since), millis(lost)) {
                    self.shift_feeds(millis(lost));
                }
            }
            Some(Jump::Back { by, samples }) => {
                self.store.set_back(millis(samples));
                self.shift_feeds(-millis(samples));
                for group in &mut self.groups {
                    group.set_back(now, by, by_hand);
                }
            }
            None => {}
        }
        self.store.look_at(millis(now));
        (now, jump)
    }

    fn shift_feeds(&mut self, by: i64) {
        let rules = self.groups.iter_mut().flat_map(|group| &mut group.rules);
        let written = rules.map(|rule| &mut rule.carried.written);
        let feeds = written.chain(&mut self.orphans).chain([&mut self.feed]);
        feeds.for_each(|feed: &mut Feed| feed.shift(by));
    }
}
