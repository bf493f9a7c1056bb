//! What a service measures of itself (feature `metrics`).

use std::sync::Arc;
use std::time::Duration;

use admf_metrics::handle::Family;
use admf_metrics::{Counter, Gauge, HandleError, Histogram, Label, Meter, Metric};

use super::channels::Channel;
use super::{AlertService, Totals};
use crate::notify::SilenceState;

const RECEIVER: Label = Label::capped("receiver", 100);
const CHANNEL: Label = Label::capped("channel", 200);
const SECONDS: [f64; 9] = [0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

const TRIES: Metric = Metric::counter(
    "admf_notifications_total",
    "Tries to send a notice, by channel and what came of it: failed ones are repeated, refused ones are not.",
)
.labels(&[
    RECEIVER,
    CHANNEL,
    Label::one_of("result", &["sent", "failed", "refused"]),
])
.fed_by("service");

const LATENCY: Metric = Metric::histogram(
    "admf_notification_latency_seconds",
    "Time that a try to send a notice took, the wait for a place at its channel included.",
    &SECONDS,
)
.labels(&[Label::one_of(
    "kind",
    &[
        "email",
        "slack",
        "webhook",
        "pagerduty",
        "alertmanager",
        "console",
        "file",
    ],
)])
.unit("seconds")
.fed_by("service");

const UNDELIVERED: Metric = Metric::gauge(
    "admf_notifications_undelivered",
    "Notices that were tried and are not known to have arrived.",
)
.fed_by("service");

const OLDEST: Metric = Metric::gauge(
    "admf_notifications_oldest_undelivered_timestamp_seconds",
    "Since when the oldest notice that is not known to have arrived has been tried; absent where there is none.",
)
.unit("seconds")
.fed_by("service");

const DROPPED: Metric = Metric::counter(
    "admf_notifications_dropped_total",
    "Alerts that ended so long ago that nobody is told any more who should have been.",
)
.fed_by("service");

const WRITE_FAILURES: Metric = Metric::counter(
    "admf_alerts_state_write_failures_total",
    "Writes of the state of alerts that failed.",
)
.fed_by("service");

const WRITTEN: Metric = Metric::gauge(
    "admf_alerts_state_written",
    "Whether the disk holds all that has to outlive the process.",
)
.fed_by("service");

const FIRING: Metric = Metric::gauge(
    "admf_alerts_known_firing",
    "Alerts that fire, told of or kept quiet.",
)
.fed_by("service");

const SILENCES: Metric =
    Metric::gauge("admf_silences_active", "Silences that are active.").fed_by("service");

/// The metrics that a service feeds.
pub const METRICS: [Metric; 9] = [
    TRIES,
    LATENCY,
    UNDELIVERED,
    OLDEST,
    DROPPED,
    WRITE_FAILURES,
    WRITTEN,
    FIRING,
    SILENCES,
];

/// The handles of what is pulled.
struct Pulled {
    tries: Family<Counter, 3>,
    undelivered: Gauge,
    oldest: Gauge,
    dropped: Counter,
    write_failures: Counter,
    written: Gauge,
    firing: Gauge,
    silences: Gauge,
}

impl AlertService {
    /// Measures itself: a scrape asks for the totals, and each try is timed from here on.
    ///
    /// # Errors
    ///
    /// The meter's catalogue lacks one of [`METRICS`].
    pub fn measure(&self, meter: &Meter) -> Result<(), HandleError> {
        let pulled = Pulled {
            tries: meter.counters(&TRIES)?,
            undelivered: meter.gauge(&UNDELIVERED, &[])?,
            oldest: meter.gauge(&OLDEST, &[])?,
            dropped: meter.counter(&DROPPED, &[])?,
            write_failures: meter.counter(&WRITE_FAILURES, &[])?,
            written: meter.gauge(&WRITTEN, &[])?,
            firing: meter.gauge(&FIRING, &[])?,
            silences: meter.gauge(&SILENCES, &[])?,
        };
        let latency = meter.histograms(&LATENCY)?;
        // Whoever measures it second changes nothing.
        drop(self.0.latency.set(Latency(latency)));
        let service = Arc::downgrade(&self.0);
        meter.on_scrape(move |_| {
            if let Some(service) = service.upgrade() {
                Self(service).pull(&pulled);
            }
        });
        Ok(())
    }

    fn pull(&self, to: &Pulled) {
        let totals = self.totals();
        for (receiver, channels) in &totals.channels {
            for it in channels {
                let results = [
                    ("sent", it.sent),
                    ("failed", it.failed),
                    ("refused", it.refused),
                ];
                for (result, count) in results {
                    to.tries.with([receiver, &it.name, result]).absolute(count);
                }
            }
        }
        let Totals {
            undelivered,
            oldest_undelivered,
            dropped,
            failing,
            write_failures,
            ..
        } = totals;
        to.undelivered.set(undelivered as f64);
        to.oldest
            .show(oldest_undelivered.map(|it| it.as_secs_f64()));
        to.dropped.absolute(dropped);
        to.write_failures.absolute(write_failures);
        to.written.set(f64::from(u8::from(failing.is_none())));
        let (firing, silences) = self.look(|notifier, now| {
            let firing = notifier.alerts().filter(|it| !it.is_resolved(now)).count();
            let silences = notifier.silences().iter();
            let active = silences.filter(|it| it.state(now) == SilenceState::Active);
            (firing, active.count())
        });
        to.firing.set(firing as f64);
        to.silences.set(silences as f64);
    }
}

/// Times tries, by kind of channel.
pub(super) struct Latency(Family<Histogram, 1>);

impl Latency {
    pub(super) fn took(&self, channel: &Channel, took: Duration) {
        let kind = channel.declared.kind();
        self.0.with([kind]).record(took.as_secs_f64());
    }
}
