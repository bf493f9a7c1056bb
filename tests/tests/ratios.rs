//! What the pages of the metrics propose to alert on, evaluated over what those metrics say, by the
//! language of Prometheus.

use std::sync::Arc;
use std::time::Duration;

use admf_alerts::promql::{Query, Settings, Value};
use admf_alerts::{AlertEvent, Engine, Rule, Samples};
use admf_metrics::policies::{self, PolicyMetrics};
use admf_metrics::trading::{self, CacheAccess, TradingMetrics};
use admf_metrics::{Catalogue, Exporter};
use resilience_core::recovery::{ErrorKind, Incident};
use resilience_core::{Env, ManualClock, Recovery, RecoveryConfig};

const SECOND: Duration = Duration::from_secs(1);
const SCRAPE: Duration = Duration::from_secs(15);

/// As `docs/policies_metrics.md` has it.
const RATIO: &str = "rate(admf_cache_hits_total[5m]) \
    / (rate(admf_cache_hits_total[5m]) + rate(admf_cache_misses_total[5m]) > 0)";
/// Without what keeps it from dividing 0 by 0.
const BARE: &str = "rate(admf_cache_hits_total[5m]) \
    / (rate(admf_cache_hits_total[5m]) + rate(admf_cache_misses_total[5m]))";
/// S1-066: a recovery takes less than two minutes.
const SLOW_RECOVERY: &str =
    "histogram_quantile(0.95, rate(admf_recovery_duration_seconds_bucket[1h])) > 120";

/// An exporter that is scraped each 15 s, and one rule over what was scraped.
struct Watched {
    exporter: Exporter,
    engine: Engine,
    now: Duration,
}

impl Watched {
    fn new(exporter: Exporter, rule: &str) -> Self {
        let rule = Rule::parse("Watched", rule).unwrap();
        Self {
            exporter,
            engine: Engine::new([rule]).unwrap(),
            now: Duration::from_secs(3600),
        }
    }

    /// Scrapes for as long, doing something before each scrape; counts what began to fire.
    fn run(&mut self, lasts: Duration, mut act: impl FnMut()) -> usize {
        let mut fired = 0;
        for _ in 0..lasts.as_secs() / SCRAPE.as_secs() {
            self.now += SCRAPE;
            act();
            let scrape = Samples::parse(&self.exporter.render()).unwrap();
            let events = self.engine.step(self.now, &scrape);
            let firing = events
                .iter()
                .filter(|it| matches!(it, AlertEvent::Fired(_)));
            fired += firing.count();
        }
        fired
    }

    /// What an expression says now, one value for each series.
    fn values(&self, expr: &str) -> Vec<f64> {
        let settings = Settings::default();
        let query = Query::parse(expr, &settings).unwrap();
        let now = i64::try_from(self.now.as_millis()).unwrap();
        match query.instant(self.engine.store(), &settings, now).unwrap() {
            Value::Vector(samples) => samples.iter().map(|it| it.value).collect(),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_hit_ratio_is_absent_where_nobody_asks_the_cache_and_no_alert_on_it_fires() {
    let exporter = Exporter::local(Catalogue::new(trading::METRICS).unwrap());
    let metrics = TradingMetrics::new(exporter.meter()).unwrap();
    let ask = |access, times: u32| {
        (0..times).for_each(|_| metrics.record_cache_access("quotes", access));
    };
    let mut watched = Watched::new(exporter.clone(), &format!("{RATIO} < 0.5"));
    assert_eq!(watched.run(60 * SECOND, || {}), 0);
    assert_eq!(watched.values(RATIO), [0.0; 0], "there is no cache yet");

    // Asked once, and then never again: both counters are there and stand still.
    ask(CacheAccess::Miss, 1);
    assert_eq!(watched.run(600 * SECOND, || {}), 0);
    assert_eq!(
        watched.values("admf_cache_hits_total + admf_cache_misses_total"),
        [1.0]
    );
    assert_eq!(watched.values(RATIO), [0.0; 0]);
    let bare = watched.values(BARE);
    assert!(bare.len() == 1 && bare[0].is_nan(), "{bare:?}");
    // What no number is matches no threshold either.
    assert_eq!(
        watched.values(&format!("{BARE} < 0.5 or {BARE} >= 0.5")),
        [0.0; 0]
    );

    let well = || {
        ask(CacheAccess::Hit, 3);
        ask(CacheAccess::Miss, 1);
    };
    assert_eq!(watched.run(600 * SECOND, well), 0);
    assert_eq!(watched.values(RATIO), [0.75]);
    // Nobody asks for longer than the window: it is absent again.
    assert_eq!(watched.run(600 * SECOND, || {}), 0);
    assert_eq!(watched.values(RATIO), [0.0; 0]);
    // And one that has gone cold is found.
    assert_eq!(watched.run(600 * SECOND, || ask(CacheAccess::Miss, 4)), 1);
    assert_eq!(watched.values(RATIO), [0.0]);
}

/// Lets a recovery begin, and succeed after as long.
fn recover(recovery: &Recovery, clock: &ManualClock, took: Duration) {
    let incident = Incident::new("orders", ErrorKind::DatabaseError, "locked");
    let mut run = recovery.start(incident).unwrap();
    let step = run.next_step().unwrap();
    clock.advance(took.max(step.wait));
    run.told(Ok(()));
    assert!(run.next_step().is_none());
}

#[test]
fn a_recovery_above_two_minutes_fires_and_one_below_does_not() {
    for (took, fires) in [(80, 0), (200, 1)] {
        let exporter = Exporter::local(Catalogue::new(policies::METRICS).unwrap());
        let policies = PolicyMetrics::new(exporter.meter()).unwrap();
        let (env, clock) = Env::manual();
        let env = env.with_observer(Arc::new(policies.observer()));
        policies.export(&env).unwrap();
        let recovery = Recovery::new("app", RecoveryConfig::default(), &env).unwrap();
        let mut watched = Watched::new(exporter, SLOW_RECOVERY);
        // Prometheus sees no increase in the first sample of a series.
        recover(&recovery, &clock, SECOND);
        assert_eq!(watched.run(60 * SECOND, || {}), 0);
        (0..20).for_each(|_| recover(&recovery, &clock, Duration::from_secs(took)));
        assert_eq!(watched.run(60 * SECOND, || {}), fires, "{took} s");
    }
}
