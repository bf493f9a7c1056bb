//! How an engine evaluates.

use std::sync::Arc;
use std::time::Duration;

use crate::labels::Labels;
use crate::promql::Settings;
use crate::series::Limits;

/// Says how an [`Engine`](super::Engine) evaluates, sends and restores.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// How expressions are evaluated, and whose rules hold. Default: those of Prometheus 3.
    pub promql: Settings,
    /// The bounds of the store. Their age is raised to what the rules look back. Default: those of the store.
    pub limits: Limits,
    /// How long until an alert that goes on is [sent](super::Engine::notices) again. Default: 1 minute.
    pub resend_delay: Duration,
    /// How old a snapshot may be for a pending alert to be restored. Default: 1 hour.
    pub outage_tolerance: Duration,
    /// Where he is reached: `$externalURL` in templates. Default: empty.
    pub external_url: Arc<str>,
    /// How long after a start a restored alert stays pending at least; rules that hold for less are not
    /// restored. Default: 10 minutes.
    pub for_grace: Duration,
    /// Who says it: `$externalLabels` in texts, and labels of what is [sent](super::Engine::notices), unless the alert
    /// has them already. Default: none.
    pub external_labels: Arc<Labels>,
    /// How far a step may be from the one before. One that is longer is taken for a clock that was set or a machine that was
    /// suspended: time in which nobody looked, which counts for nothing. [`Duration::MAX`]: none is, and all of it
    /// counts, as in Prometheus. Default (`None`): three times as long as steps were lately, or as the shortest interval of a
    /// group, and no less than 30 seconds; the first step may be as long as the lookback. Where the caller evaluates all
    /// [by hand](super::Engine::evaluate) none is too long.
    pub longest_step: Option<Duration>,
    /// Adds [`RuleGroup::watchdog`](crate::RuleGroup::watchdog) to whatever groups there are, at each reload too.
    /// Default: off.
    pub watchdog: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            promql: Settings::default(),
            limits: Limits::default(),
            resend_delay: Duration::from_secs(60),
            outage_tolerance: Duration::from_secs(3_600),
            external_url: Arc::default(),
            for_grace: Duration::from_secs(600),
            external_labels: Arc::default(),
            longest_step: None,
            watchdog: false,
        }
    }
}

impl Options {
    /// Sets how expressions are evaluated.
    #[must_use]
    pub fn promql(mut self, settings: Settings) -> Self {
        self.promql = settings;
        self
    }

    /// Sets the bounds of the store.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets how long until an alert that goes on is sent again.
    #[must_use]
    pub fn resend_delay(mut self, delay: Duration) -> Self {
        self.resend_delay = delay;
        self
    }

    /// Sets how old a snapshot may be.
    #[must_use]
    pub fn outage_tolerance(mut self, tolerance: Duration) -> Self {
        self.outage_tolerance = tolerance;
        self
    }

    /// Sets where whoever says it is found.
    #[must_use]
    pub fn external_url(mut self, url: impl Into<Arc<str>>) -> Self {
        self.external_url = url.into();
        self
    }

    /// Sets how long a restored alert stays pending at least.
    #[must_use]
    pub fn for_grace(mut self, grace: Duration) -> Self {
        self.for_grace = grace;
        self
    }

    /// Sets who says it.
    #[must_use]
    pub fn external_labels(mut self, labels: impl Into<Arc<Labels>>) -> Self {
        self.external_labels = labels.into();
        self
    }

    /// Sets how far a step may be from the one before; [`Duration::MAX`]: however far.
    #[must_use]
    pub fn longest_step(mut self, longest: Duration) -> Self {
        self.longest_step = Some(longest);
        self
    }

    /// Adds an alert that fires at all times.
    #[must_use]
    pub fn watchdog(mut self, watchdog: bool) -> Self {
        self.watchdog = watchdog;
        self
    }
}
