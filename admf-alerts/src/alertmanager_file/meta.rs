//! Who is told of the notifier itself.

use std::time::Duration;

use super::Setup;
use crate::notify::Route;
use crate::series::Matcher;

/// The alert that a channel has not told somebody for a minute.
pub const CHANNEL_FAILING: &str = "ADMFChannelFailing";
/// The alert that the disk does not hold what has to outlive the process.
pub const NOT_WRITTEN: &str = "ADMFStateNotWritten";
/// The alert that always fires.
pub const WATCHDOG: &str = "Watchdog";

/// The label of both that says who of [`Meta::failures`] is told.
pub const TOLD: &str = "told";

/// Says who is told of the notifier itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Meta {
    /// Who is told that a channel or the disk fails: one of them who does not fail, the one after whoever fails where all
    /// do. None, or two and more. Default: none, and nobody is told.
    pub failures: Vec<String>,
}

impl Setup {
    /// How often the receiver of the watchdog hears of it, where nobody says: a minute.
    pub const WATCHDOG_INTERVAL: Duration = Duration::from_secs(60);

    /// Tells these receivers that a channel or the disk fails: one of them whose channels do not. Their routes come before
    /// all that are there.
    ///
    /// # Errors
    ///
    /// One receiver alone, who could not be told of himself; one that is named twice or not set up; a second call.
    pub fn tell_failures(&mut self, receivers: Vec<String>) -> Result<(), String> {
        if !self.meta.failures.is_empty() {
            return Err("it was said before who is told of failures".to_owned());
        }
        let [first, _, ..] = &receivers[..] else {
            return Err("two receivers at least: one is told that the other fails".to_owned());
        };
        for (at, receiver) in receivers.iter().enumerate() {
            self.knows(receiver)?;
            if receivers[..at].contains(receiver) {
                return Err(format!("`{receiver}` is there twice"));
            }
        }
        let told = receivers
            .iter()
            .map(|it| (it, vec![Matcher::equal(TOLD, it)]));
        // Of whatever another service posts of itself.
        let told = told.chain([(first, Vec::new())]);
        let routes: Vec<Route> = told
            .flat_map(|(receiver, matchers)| {
                [CHANNEL_FAILING, NOT_WRITTEN].map(|name| {
                    let name = [Matcher::equal("alertname", name)].into_iter();
                    Route {
                        receiver: Some(receiver.clone()),
                        matchers: name.chain(matchers.clone()).collect(),
                        ..at_once()
                    }
                })
            })
            .collect();
        self.notify.route.routes.splice(..0, routes);
        self.meta.failures = receivers;
        Ok(())
    }

    /// Tells a receiver in each interval that alerts are evaluated and told, so that he notices when nobody does: the
    /// [watchdog](crate::RuleGroup::watchdog) goes to him and nowhere else, before all routes that are there.
    ///
    /// # Errors
    ///
    /// A receiver that is not set up; no time.
    pub fn tell_watchdog(&mut self, receiver: &str, interval: Duration) -> Result<(), String> {
        self.knows(receiver)?;
        if interval.is_zero() {
            return Err("the interval must be more than 0".to_owned());
        }
        let route = Route {
            receiver: Some(receiver.to_owned()),
            matchers: vec![Matcher::equal("alertname", WATCHDOG)],
            group_interval: Some(interval),
            // What was told is older than the flush that told it: at each flush it is time again.
            repeat_interval: Some(interval / 2),
            ..at_once()
        };
        self.notify.route.routes.insert(0, route);
        Ok(())
    }
}

fn at_once() -> Route {
    Route {
        group_wait: Some(Duration::ZERO),
        ..Route::default()
    }
}
