//! Events of policies as `tracing` events.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use resilience_core::distributed_rate_limiter::{StoreAnswer, StoreFailed};
use resilience_core::recovery::{ErrorKind, Incident};
use resilience_core::{
    DistributedRateLimiter, DistributedRateLimiterConfig, Env, Failover, FailoverConfig, Gate,
    Health, HealthConfig, Hint, Outcome, Recovery, RecoveryConfig,
};
use resilience_tower::{CallContext, CorrelationId, TraceObserver, context};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use crate::common::{SECOND, env, fragile, retry};

/// Remembers events as lines of text.
#[derive(Clone, Debug, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

#[derive(Default)]
struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0 += &format!(" {field}={value:?}");
    }
}

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut line = Line::default();
        event.record(&mut line);
        let of = event.metadata();
        let text = format!("{} {}{}", of.level(), of.target(), line.0);
        self.0.lock().unwrap().push(text);
    }
}

#[test]
fn policies_report_what_they_do_under_the_documented_names() {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::registry().with(lines.clone());
    tracing::subscriber::with_default(subscriber, || {
        let env = env().with_observer(Arc::new(TraceObserver));
        let breaker = fragile(&env);
        let call = |outcome| breaker.permit(&Default::default()).unwrap().record(outcome);
        call(Outcome::Failure);
        breaker.reset();
        breaker.shadow();
        call(Outcome::Failure);
        let config = FailoverConfig {
            targets: vec!["primary".into(), "backup".into()],
            ..Default::default()
        };
        Failover::new("venue", config, &env).unwrap().fail_over();
        let config = HealthConfig {
            components: [("db".into(), Default::default())].into(),
            ..Default::default()
        };
        let health = Health::new("app", config, &env).unwrap();
        health.report("db", Err::<(), _>("refused")).unwrap();
        let recovery = Recovery::new("app", RecoveryConfig::default(), &env).unwrap();
        recovery.degrade("db");
        recovery.restore("db");
        let incident = Incident::new("db", ErrorKind::DatabaseError, "refused");
        recovery.start(incident.clone()).unwrap().told(Ok(()));
        drop(recovery.start(incident).unwrap());
        let retry = retry(&env);
        let mut attempts = retry.start(&Default::default()).unwrap();
        attempts.next(Outcome::Failure, false, Hint::DoNotRetry);
        lose_a_store(&env);
    });
    let lines = lines.0.lock().unwrap();
    let moved = |level, from, to| {
        format!(
            "{level} resilience message=circuit moved policy=\"venue\" from=\"{from}\" to=\"{to}\""
        )
    };
    assert_eq!(lines[0], moved("WARN", "closed", "open"));
    assert_eq!(lines[1], moved("INFO", "open", "closed"));
    assert_eq!(lines[2], moved("WARN", "closed", "shadow"));
    assert_eq!(
        lines[3],
        "WARN resilience message=circuit would trip policy=\"venue\""
    );
    let switched = "WARN resilience message=failover switched policy=\"venue\" from=\"primary\" to=\"backup\" switch=";
    assert!(lines[4].starts_with(switched), "{}", lines[4]);
    assert_eq!(
        lines[5],
        "WARN resilience message=health changed policy=\"app\" component=\"db\" from=\"unknown\" \
         to=\"unhealthy\" system=\"unhealthy\" reason=\"refused\""
    );
    let of_app = |level, what| format!("{level} resilience message={what} policy=\"app\"");
    assert_eq!(lines[6], of_app("WARN", "degraded") + " component=\"db\"");
    assert_eq!(lines[7], of_app("INFO", "restored") + " component=\"db\"");
    assert_eq!(
        lines[8],
        of_app("WARN", "recovery began")
            + " component=\"db\" kind=\"database_error\" strategy=\"retry_operation\""
    );
    let ended = [(9, "INFO", "recovered"), (11, "WARN", "abandoned")];
    for (line, level, result) in ended {
        let text = format!(" component=\"db\" result=\"{result}\" recovery=db {result} from");
        let line = &lines[line];
        assert!(
            line.starts_with(&(of_app(level, "recovery ended") + &text)),
            "{line}"
        );
    }
    let gave_up = "attempts=1 cause=\"do_not_retry\"";
    assert!(lines[12].contains("WARN resilience message=retry gave up policy="));
    assert!(lines[12].ends_with(gave_up), "{}", lines[12]);
    assert_eq!(
        lines[13..],
        [
            "WARN resilience message=rate store lost policy=\"shared\"",
            "INFO resilience message=rate store back policy=\"shared\"",
        ]
    );
}

#[test]
fn whatever_a_call_makes_a_policy_tell_bears_its_correlation_id() {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::registry().with(lines.clone());
    let call = CallContext {
        correlation_id: CorrelationId::new("order-7"),
        ..Default::default()
    };
    let tell = || {
        let env = env().with_observer(Arc::new(TraceObserver));
        let config = HealthConfig {
            components: [("db".into(), Default::default())].into(),
            ..Default::default()
        };
        let health = Health::new("app", config, &env).unwrap();
        health.report("db", Err::<(), _>("refused")).unwrap();
        health.report("db", Ok::<_, &str>(())).unwrap();
        health.report("db", Ok::<_, &str>(())).unwrap();
        let recovery = Recovery::new("app", RecoveryConfig::default(), &env).unwrap();
        recovery.degrade("db");
        recovery.restore("db");
        let incident = Incident::new("db", ErrorKind::DatabaseError, "refused");
        recovery.start(incident.clone()).unwrap().told(Ok(()));
        drop(recovery.start(incident).unwrap());
        lose_a_store(&env);
    };
    tracing::subscriber::with_default(subscriber, || context::within(call, tell));
    let lines = lines.0.lock().unwrap();
    assert_eq!(lines.len(), 10, "{lines:?}");
    for line in &*lines {
        assert!(line.contains(" correlation_id=\"order-7\""), "{line}");
    }
}

/// Lets the store of a shared rate fall silent and answer again.
fn lose_a_store(env: &Env) {
    let config = DistributedRateLimiterConfig::new(1, SECOND);
    let limiter = DistributedRateLimiter::new("shared", config, env).unwrap();
    let due = || limiter.next_request().expect("it is due at once");
    let retry_in = Duration::ZERO;
    limiter.failed(&due(), StoreFailed { retry_in });
    let answer = StoreAnswer {
        granted: 1,
        retry_after: Duration::ZERO,
    };
    limiter.granted(&due(), answer);
}
