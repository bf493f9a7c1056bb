//! The parts of the service: how each of them is, and what brings it back.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use admf_metrics::trading::ErrorType;
use futures_util::future::{Either, join, select};
use resilience_core::health::{HealthSource, UnknownComponent};
use resilience_core::recovery::SupervisorConfig;
use resilience_core::{
    BackoffConfig, CircuitBreaker, ComponentConfig, Env, Finding, Health, HealthConfig, Recovery,
    RecoveryConfig,
};
use resilience_tower::recovery::GivenUp;
use resilience_tower::{Checks, Supervised, Supervisor};

use super::desk::Upstream;
use super::feed::Feed;
use crate::day::VenueName;
use crate::error::Error;
use crate::ops::Console;
use crate::side::Venue;

/// How often the circuits are looked at.
const EVERY: Duration = Duration::from_millis(50);

/// The health of the service, and the history of what brought its parts back.
///
/// | part | is | critical |
/// |---|---|---|
/// | `primary`, `backup` | a venue: its process, and its circuit | no |
/// | `venues` | at least one of them | yes |
/// | `feed` | what tells prices | yes |
pub(super) struct Parts {
    health: Health,
    recovery: Recovery,
    console: Console,
}

impl Parts {
    pub(super) fn new(env: &Env, console: Console) -> Result<Self, Error> {
        let part = |critical| ComponentConfig {
            critical,
            // A circuit that opens and closes again at once is no news; the end of a process is.
            down_after: 1,
            up_after: 2,
            interval: EVERY,
            timeout: Duration::from_secs(1),
        };
        let [primary, backup] = [VenueName::Primary, VenueName::Backup].map(VenueName::as_str);
        let feed = ComponentConfig {
            up_after: 1,
            ..part(true)
        };
        let components = [
            (primary.into(), part(false)),
            (backup.into(), part(false)),
            ("venues".into(), part(true)),
            ("feed".into(), feed),
        ];
        let config = HealthConfig {
            components: components.into(),
            ..HealthConfig::default()
        };
        Ok(Self {
            health: Health::new("service", config, env).map_err(Error::run)?,
            recovery: Recovery::new("service", RecoveryConfig::default(), env)
                .map_err(Error::run)?,
            console,
        })
    }

    /// Keeps venues and feed running, and looks how they are, until both venues were given up.
    pub(super) async fn keep<U: Upstream>(
        &self,
        [primary, backup]: &[Arc<Venue>; 2],
        circuits: &[CircuitBreaker; 2],
        feed: &Feed<'_, U>,
    ) -> Result<Infallible, Error> {
        let run = |venue| self.run_venue(venue, feed);
        let primary = self.supervisor(primary.name().as_str(), || run(primary))?;
        let backup = self.supervisor(backup.name().as_str(), || run(backup))?;
        let feed = self.supervisor("feed", || self.run_feed(feed))?;
        let processes = [primary.supervised(), backup.supervised()];
        let checks = self.checks(processes, circuits).map_err(Error::run)?;
        let venues = join(
            self.unless_given_up("venue ", primary.run()),
            self.unless_given_up("venue ", backup.run()),
        );
        let others = join(checks.run(), self.unless_given_up("", feed.run()));
        match select(pin!(venues), pin!(others)).await {
            Either::Left(_) => {}
            // Without a feed prices grow old, and orders go on.
            Either::Right((_, venues)) => {
                venues.await;
            }
        }
        Err(Error::run("both venues were given up"))
    }

    /// Prepares to keep a part running; a scripted day passes quickly, and so does what is done here.
    fn supervisor<M, F>(&self, name: &'static str, make: M) -> Result<Supervisor<M>, Error>
    where
        M: FnMut() -> F,
        F: Future<Output = Result<(), Error>>,
    {
        let config = SupervisorConfig {
            max_restarts: 5,
            backoff: BackoffConfig {
                base: Duration::from_millis(50),
                max: Duration::from_secs(1),
                ..BackoffConfig::default()
            },
            stable_after: Duration::from_secs(1),
        };
        let supervisor = Supervisor::new(&self.recovery, name, config, make);
        let supervisor = supervisor.map_err(Error::run)?;
        supervisor.health(&self.health).map_err(Error::run)
    }

    fn checks(
        &self,
        [primary, backup]: [Supervised; 2],
        circuits: &[CircuitBreaker; 2],
    ) -> Result<Checks, UnknownComponent> {
        let [to_primary, to_backup] = circuits.clone();
        let primary = move || way_of(&primary, &to_primary);
        let backup = move || way_of(&backup, &to_backup);
        Checks::new(&self.health)
            .source("primary", primary.clone())?
            .source("backup", backup.clone())?
            .source("venues", move || way_of_both(primary(), backup()))
    }

    async fn run_venue<U: Upstream>(&self, venue: &Venue, feed: &Feed<'_, U>) -> Result<(), Error> {
        if venue.restart().await? {
            (self.console)(&format!("venue {} listens again", venue.name()));
        }
        let ended = venue.ended().await;
        feed.desk().failed("venues", ErrorType::Upstream);
        (self.console)(&ended.to_string());
        Err(ended)
    }

    async fn run_feed<U: Upstream>(&self, feed: &Feed<'_, U>) -> Result<(), Error> {
        let Err(error) = feed.run().await;
        feed.desk().failed("feed", ErrorType::Upstream);
        (self.console)(&format!("feed: {error}"));
        Err(error)
    }

    async fn unless_given_up(&self, what: &str, kept: impl Future<Output = Result<(), GivenUp>>) {
        if let Err(error) = kept.await {
            (self.console)(&format!("{what}{error}: {}", error.last));
        }
    }
}

/// Says how a venue is, by its process and then by its circuit.
fn way_of(process: &Supervised, circuit: &CircuitBreaker) -> Option<Finding> {
    match process.finding() {
        Some(Finding::Unhealthy(why)) => Some(Finding::Unhealthy(why)),
        _ => circuit.finding(),
    }
}

/// Says how it is to trade with two venues of which one is enough.
fn way_of_both(primary: Option<Finding>, backup: Option<Finding>) -> Option<Finding> {
    use Finding::{Degraded, Healthy, Unhealthy};
    match (primary?, backup?) {
        (Unhealthy(one), Unhealthy(other)) => {
            Some(Unhealthy(format!("primary: {one}; backup: {other}")))
        }
        (Unhealthy(why), _) => Some(Degraded(format!("backup alone; primary: {why}"))),
        (_, Unhealthy(why)) => Some(Degraded(format!("primary alone; backup: {why}"))),
        _ => Some(Healthy),
    }
}

#[cfg(test)]
mod tests {
    use resilience_core::HealthStatus;

    use super::*;

    #[test]
    fn one_venue_is_enough_and_none_is_not() {
        let (env, _clock) = Env::manual();
        let parts = Parts::new(&env, Arc::new(|_| {})).unwrap();
        let ill = || Some(Finding::Unhealthy("its process has ended".to_owned()));
        let well = || Some(Finding::Healthy);
        let health = &parts.health;
        for (primary, backup, system) in [
            (well(), well(), HealthStatus::Healthy),
            (ill(), well(), HealthStatus::Degraded),
            (well(), ill(), HealthStatus::Degraded),
            (ill(), ill(), HealthStatus::Unhealthy),
        ] {
            health.report("feed", true).unwrap();
            // As often as it takes to come up again.
            for _ in 0..2 {
                let (one, other) = (primary.clone(), backup.clone());
                health.feed("primary", &move || one.clone()).unwrap();
                health.feed("backup", &move || other.clone()).unwrap();
                let (one, other) = (primary.clone(), backup.clone());
                let both = move || way_of_both(one.clone(), other.clone());
                health.feed("venues", &both).unwrap();
            }
            assert_eq!(health.system(), system);
            let seen = health.snapshot();
            let failing: Vec<_> = seen.failing().map(|it| it.name.to_string()).collect();
            let expected: &[&str] = match system {
                HealthStatus::Unhealthy => &["venues"],
                _ => &[],
            };
            assert_eq!(failing, expected);
        }
    }
}
