//! What is started from one config, and stopped.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use admf_metrics::health::{self, ComponentHealth, ComponentState};
use admf_metrics::http::{ServerConfig, Token};
use admf_metrics::monitoring::{Builder, Group, Monitoring, MonitoringConfig, StartError};
use admf_metrics::{Clock, Metric, healthcheck};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::time::{advance, sleep};

const QUEUED: Metric = Metric::gauge("t_queued_orders", "Orders that wait.");

fn config() -> MonitoringConfig {
    MonitoringConfig {
        port: 0,
        ..MonitoringConfig::default()
    }
}

async fn ask(address: SocketAddr, path: &str, header: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let question = format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{header}\r\n");
    stream.write_all(question.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head[9..12].parse().unwrap(), body.to_owned())
}

/// Counts the ticks of every group.
fn counted(mut builder: Builder) -> (Builder, [Arc<AtomicUsize>; 5]) {
    let counts: [Arc<AtomicUsize>; 5] = Default::default();
    let groups = [
        (Group::Always, "always"),
        (Group::Performance, "performance"),
        (Group::Alerts, "alerts"),
        (Group::AnomalyDetection, "anomalies"),
        (Group::HealthChecks, "checks"),
    ];
    for ((group, name), count) in groups.into_iter().zip(&counts) {
        let count = Arc::clone(count);
        builder = builder.tick(group, name, move || {
            count.fetch_add(1, Ordering::Relaxed);
            async {}
        });
    }
    (builder, counts)
}

fn read(counts: &[Arc<AtomicUsize>; 5]) -> [usize; 5] {
    counts.each_ref().map(|it| it.load(Ordering::Relaxed))
}

fn tasks() -> usize {
    Handle::current().metrics().num_alive_tasks()
}

#[tokio::test(start_paused = true)]
async fn off_nothing_runs_and_nothing_listens() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let off = MonitoringConfig {
        enabled: false,
        // To listen there would fail.
        port: taken.local_addr().unwrap().port(),
        ..config()
    };
    let before = tasks();
    let (builder, counts) = counted(Monitoring::builder(off).metrics([QUEUED]));
    let monitoring = builder.start().await.unwrap();
    sleep(Duration::from_secs(600)).await;
    assert_eq!((tasks(), read(&counts)), (before, [0; 5]));
    assert_eq!(monitoring.address(), None);
    // What feeds it goes on to work, for nobody.
    monitoring.meter().gauge(&QUEUED, &[]).unwrap().set(1.0);
    monitoring.stop().await;
}

#[tokio::test(start_paused = true)]
async fn each_part_ticks_in_its_interval_and_not_at_all_where_it_is_off() {
    // At once and then each 30 s, health checks each 60 s: within 601 s.
    type Switch = fn(&mut MonitoringConfig);
    let cases: [(Switch, [usize; 5]); 5] = [
        (|_| {}, [21, 21, 21, 21, 11]),
        (|it| it.performance = false, [21, 0, 21, 21, 11]),
        (|it| it.alerts = false, [21, 21, 0, 21, 11]),
        (|it| it.anomaly_detection = false, [21, 21, 21, 0, 11]),
        (|it| it.health_checks = false, [21, 21, 21, 21, 0]),
    ];
    for (switch, expected) in cases {
        let mut config = config();
        switch(&mut config);
        let parts = expected.iter().filter(|it| **it > 0).count();
        let before = tasks();
        let (builder, counts) = counted(Monitoring::builder(config.clone()));
        let monitoring = builder.start().await.unwrap();
        // The server and the heartbeat.
        assert_eq!(tasks() - before, parts + 2);
        sleep(Duration::from_secs(601)).await;
        assert_eq!(read(&counts), expected);
        let (_, detail) = ask(monitoring.address().unwrap(), "/health/detail", "").await;
        let detail: Value = serde_json::from_str(&detail).unwrap();
        for (name, on) in [
            ("enabled", true),
            ("performance", config.performance),
            ("alerts", config.alerts),
            ("anomaly_detection", config.anomaly_detection),
            ("health_checks", config.health_checks),
        ] {
            assert_eq!(detail["monitoring"][name], on, "{name}");
        }
        monitoring.stop().await;
        assert_eq!(tasks(), before);
    }
}

#[tokio::test(start_paused = true)]
async fn the_detail_says_which_parts_run_whatever_the_config_would_let_run() {
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let rules = async {
        drop(ended.await);
    };
    let builder = Monitoring::builder(config()).run(Group::Alerts, "rules", rules);
    let builder = builder.run(Group::AnomalyDetection, "detector", async {
        panic!("a part's panic")
    });
    let monitoring = builder.start().await.unwrap();
    let told = async || {
        // What can end has ended.
        sleep(Duration::from_millis(1)).await;
        let (_, detail) = ask(monitoring.address().unwrap(), "/health/detail", "").await;
        let detail: Value = serde_json::from_str(&detail).unwrap();
        let of = |name: &str| detail["monitoring"][name].as_bool().unwrap();
        ["enabled", "performance", "alerts", "anomaly_detection"].map(of)
    };
    // All are on in the config; nobody samples performance, and the detector is gone.
    assert_eq!(told().await, [true, false, true, false]);
    end.send(()).unwrap();
    assert_eq!(told().await, [true, false, false, false]);
}

#[tokio::test(start_paused = true)]
async fn milliseconds_of_the_environment_are_the_time_between_two_ticks() {
    let given = |name: &str| match name {
        "MONITORING_PERFORMANCE_INTERVAL" => Some("200".to_owned()),
        "MONITORING_HEALTH_CHECK_INTERVAL" => Some("500".to_owned()),
        "MONITORING_PORT" => Some("0".to_owned()),
        _ => None,
    };
    let config = MonitoringConfig::from_env(given).unwrap();
    let (builder, counts) = counted(Monitoring::builder(config));
    let _monitoring = builder.start().await.unwrap();
    sleep(Duration::from_millis(1001)).await;
    assert_eq!(read(&counts), [6, 6, 6, 6, 3]);
}

#[tokio::test]
async fn a_stop_and_a_drop_end_every_task_and_give_the_port_back() {
    let before = tasks();
    for dropped in [false, true] {
        let hang = std::future::pending::<()>();
        let builder = Monitoring::builder(config()).run(Group::Always, "hangs", hang);
        let monitoring = builder.start().await.unwrap();
        let (address, health) = (monitoring.address().unwrap(), monitoring.health().clone());
        health.started();
        assert_eq!(ask(address, "/ready", "").await.0, 200);
        if dropped {
            drop(monitoring);
        } else {
            monitoring.stop().await;
            assert_eq!(health.readiness(), health::Readiness::ShuttingDown);
            assert_eq!(tasks(), before);
        }
        // Tasks that were aborted go with the next turns of the runtime.
        while tasks() > before {
            tokio::task::yield_now().await;
        }
        assert!(TcpStream::connect(address).await.is_err());
    }
}

#[tokio::test]
async fn an_open_scrape_is_answered_before_it_stops() {
    let mut builder = Monitoring::builder(config());
    let meter = builder.meter().unwrap();
    let (began, mut begins) = tokio::sync::mpsc::unbounded_channel();
    let (let_go, may) = std::sync::mpsc::channel::<()>();
    let may = std::sync::Mutex::new(may);
    meter.on_scrape(move |_| {
        began.send(()).unwrap();
        may.lock().unwrap().recv().unwrap();
    });
    let monitoring = builder.start().await.unwrap();
    let address = monitoring.address().unwrap();
    let mut clients = tokio::task::JoinSet::new();
    clients.spawn(async move { ask(address, "/metrics", "").await });
    begins.recv().await.unwrap();
    let mut stopping = tokio::task::JoinSet::new();
    stopping.spawn(monitoring.stop());
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    let_go.send(()).unwrap();
    let (status, body) = clients.join_next().await.unwrap().unwrap();
    assert!(status == 200 && body.ends_with('\n'), "{status}");
    stopping.join_next().await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_part_that_panics_is_counted_and_ticks_again() {
    let builder = Monitoring::builder(config())
        .tick(Group::Performance, "made", || -> std::future::Ready<()> {
            panic!("made")
        })
        .tick(Group::Performance, "polled", || async { panic!("polled") })
        .run(Group::Always, "ran", async { panic!("ran") });
    let monitoring = builder.start().await.unwrap();
    sleep(Duration::from_secs(61)).await;
    let text = monitoring.exporter().render();
    for (part, panics) in [("made", 3), ("polled", 3), ("ran", 1), ("heartbeat", 0)] {
        let series = format!("admf_monitoring_part_panics_total{{part=\"{part}\"}} {panics}\n");
        assert!(text.contains(&series), "{text}");
    }
}

#[tokio::test]
async fn what_cannot_be_started_is_refused_in_one_line() {
    let public = MonitoringConfig {
        address: "0.0.0.0".parse().unwrap(),
        ..config()
    };
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap();
    let config = MonitoringConfig {
        port: taken.port(),
        ..config()
    };
    let _held = std::net::TcpListener::bind(taken);
    let bad = Metric::counter("t_bad", "Bad.");
    let before = tasks();
    for (builder, expected) in [
        (
            Monitoring::builder(public.clone()),
            "address: must be of the loopback where neither token nor allow_public is set, got \"0.0.0.0\"".to_owned(),
        ),
        (
            Monitoring::builder(config),
            format!("monitoring at {taken}: Address already in use (os error 98)"),
        ),
        (
            Monitoring::builder(public.clone()).metrics([bad]),
            "address: ".to_owned(),
        ),
        (
            Monitoring::builder(self::config()).metrics([bad]),
            "metric `t_bad`: name of a counter must end in `_total`".to_owned(),
        ),
    ] {
        let error: StartError = builder.start().await.unwrap_err();
        assert!(error.to_string().starts_with(&expected), "{error}");
        assert_eq!(tasks(), before);
    }
    // Said explicitly, or with a token, it may.
    let with_token = MonitoringConfig {
        token: Some(Token::new("0123456789abcdef").unwrap()),
        ..public.clone()
    };
    let allowed = MonitoringConfig {
        allow_public: true,
        ..public
    };
    for config in [with_token, allowed] {
        let guarded = config.token.is_some();
        let monitoring = Monitoring::builder(config).start().await.unwrap();
        let address = (
            std::net::Ipv4Addr::LOCALHOST,
            monitoring.address().unwrap().port(),
        )
            .into();
        let status = if guarded { 401 } else { 200 };
        assert_eq!(ask(address, "/metrics", "").await.0, status);
        let shown = "Authorization: Bearer 0123456789abcdef\r\n";
        assert_eq!(ask(address, "/metrics", shown).await.0, 200);
        monitoring.stop().await;
    }
}

#[tokio::test]
async fn components_of_a_source_are_served_and_exported() {
    let feed = || {
        let mut feed = ComponentHealth::new("feed");
        feed.critical = true;
        feed.state = ComponentState::Unhealthy;
        feed.message = "no prices".to_owned();
        vec![feed]
    };
    let builder = Monitoring::builder(config())
        .source(feed)
        .server(ServerConfig::default());
    let monitoring = builder.start().await.unwrap();
    let address = monitoring.address().unwrap();
    assert_eq!(
        ask(address, "/ready", "").await,
        (503, r#"{"status":"starting"}"#.to_owned())
    );
    monitoring.health().started();
    let (status, body) = ask(address, "/ready", "").await;
    assert!(status == 503 && body.contains("no prices"), "{body}");
    let (_, text) = ask(address, "/metrics", "").await;
    assert!(
        text.contains("admf_component_status{component=\"feed\"} 0\n"),
        "{text}"
    );
    let url = format!("http://{address}/ready");
    let asked = tokio::task::spawn_blocking(move || {
        healthcheck::probe(&url, healthcheck::TIMEOUT)
            .unwrap_err()
            .to_string()
    });
    let said = asked.await.unwrap();
    assert!(said.ends_with(&format!("/ready: 503 {body}")), "{said}");
}

#[tokio::test(start_paused = true)]
async fn liveness_hangs_on_the_runtime_or_on_the_loop_that_was_given() {
    let monitoring = Monitoring::builder(config()).start().await.unwrap();
    let address = monitoring.address().unwrap();
    sleep(Duration::from_secs(3600)).await;
    assert_eq!(ask(address, "/health", "").await.0, 200);
    monitoring.stop().await;

    let heart = health::Heartbeat::new(Duration::from_secs(10), Clock::tokio());
    let builder = Monitoring::builder(config()).heartbeat(&heart);
    let monitoring = builder.start().await.unwrap();
    let address = monitoring.address().unwrap();
    advance(Duration::from_secs(11)).await;
    let (status, body) = ask(address, "/health", "").await;
    assert!(status == 503 && body.contains("\"stalled\""), "{body}");
    heart.beat();
    assert_eq!(ask(address, "/health", "").await.0, 200);
}

#[cfg(feature = "resilience")]
#[tokio::test(start_paused = true)]
async fn checks_on_demand_and_in_their_rhythm_are_one_and_are_shown() {
    use resilience_core::{ComponentConfig, Env, Health, HealthConfig};
    use resilience_tower::Checks;
    let every = Duration::from_millis(60_000);
    let part = ComponentConfig {
        interval: every,
        ..ComponentConfig::default()
    };
    let parts = HealthConfig {
        components: [("db".into(), part)].into(),
        ..HealthConfig::default()
    };
    let parts = Health::new("app", parts, &Env::default()).unwrap();
    let checks = Checks::new(&parts).check("db", || async { Ok::<_, std::io::Error>(()) });
    let checks = checks.unwrap();
    let builder = Monitoring::builder(config()).source(parts).run(
        Group::HealthChecks,
        "checks",
        checks.clone().run(),
    );
    let monitoring = builder.start().await.unwrap();
    let made = || {
        let text = monitoring.exporter().render();
        let series = "admf_health_checks_total{component=\"db\"} ";
        let value = text.lines().find_map(|line| line.strip_prefix(series));
        value.unwrap().parse::<u32>().unwrap()
    };
    assert_eq!(made(), 0);
    sleep(every * 2 + Duration::from_secs(1)).await;
    assert_eq!(made(), 3);
    checks.check_now().await;
    assert_eq!(made(), 4);
    let (_, detail) = ask(monitoring.address().unwrap(), "/health/detail", "").await;
    assert!(detail.contains("\"checks\":4"), "{detail}");
}
