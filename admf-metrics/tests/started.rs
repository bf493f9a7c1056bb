//! Everything from one config, and what may go wrong with it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use admf_metrics::http::ServerConfig;
use admf_metrics::monitoring::{Group, Monitoring, MonitoringConfig};
use admf_metrics::{Metric, policies, system};
use resilience_core::testing::Recorder;
use resilience_core::{Ask, CircuitBreaker, Env, Gate, Outcome};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::sleep;

const QUEUED: Metric = Metric::gauge("t_queued_orders", "Orders that wait.");

fn config() -> MonitoringConfig {
    MonitoringConfig {
        port: 0,
        performance_interval: Duration::from_millis(250),
        ..MonitoringConfig::default()
    }
}

async fn ask(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let question = format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    stream.write_all(question.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

fn panics(monitoring: &Monitoring, part: &str) -> u32 {
    let text = monitoring.exporter().render();
    let series = format!("admf_monitoring_part_panics_total{{part=\"{part}\"}} ");
    let value = text.lines().find_map(|line| line.strip_prefix(&*series));
    value.unwrap().parse().unwrap()
}

#[tokio::test(start_paused = true)]
async fn one_config_starts_the_machine_the_policies_and_their_health() {
    let folder = tempfile::tempdir().unwrap();
    let mut builder = Monitoring::builder(config())
        .metrics([QUEUED])
        .system(folder.path());
    let mine = Arc::new(Recorder::default());
    let env = builder
        .policies(Env::default(), Some(mine.clone()))
        .unwrap();
    let venue = CircuitBreaker::new("venue", Default::default(), &env).unwrap();
    venue
        .permit(&Ask::default())
        .unwrap()
        .record(Outcome::Success);
    venue.isolate();
    let monitoring = builder.start().await.unwrap();
    // Gone before the first sample: every sample tells of itself.
    drop(folder);
    sleep(Duration::from_millis(1001)).await;
    let address = monitoring.address().unwrap();
    let text = ask(address, "/metrics").await;
    for line in [
        r#"admf_system_sample_failures_total{part="disk"} 5"#,
        r#"admf_circuit_breaker_state{name="venue",state="isolated"} 1"#,
        r#"admf_circuit_breaker_transitions_total{name="venue",from="closed",to="isolated"} 1"#,
    ] {
        assert!(text.lines().any(|it| it == line), "{line}: {text}");
    }
    assert!(text.contains("\nprocess_resident_memory_bytes "), "{text}");
    assert!(!mine.take().is_empty(), "the next observer hears it too");
    let detail = ask(address, "/health/detail").await;
    assert!(
        detail.contains(r#""venue":{"state":"isolated","success_rate":1.0}"#),
        "{detail}"
    );
    monitoring.stop().await;
}

#[tokio::test]
async fn a_part_that_is_off_declares_nothing_and_samples_nothing() {
    for off in [
        MonitoringConfig {
            enabled: false,
            ..config()
        },
        MonitoringConfig {
            performance: false,
            ..config()
        },
    ] {
        // A folder that is not there would be refused.
        let builder = Monitoring::builder(off).system("/nowhere/at/all");
        let monitoring = builder.start().await.unwrap();
        let catalogue = monitoring.meter().catalogue();
        assert_eq!(catalogue.find(system::METRICS[0].name), None);
        monitoring.stop().await;
    }
    let error = Monitoring::builder(config()).system("/nowhere/at/all");
    let error = error.start().await.unwrap_err().to_string();
    assert!(error.starts_with("data_dir: must be a folder"), "{error}");
}

#[tokio::test]
async fn what_comes_after_the_meter_is_refused_and_not_lost() {
    let mut builder = Monitoring::builder(config());
    builder.meter().unwrap();
    let error = builder.metrics([QUEUED]).start().await.unwrap_err();
    let said = "metric `t_queued_orders` is not declared in the catalogue";
    assert_eq!(error.to_string(), said);

    let mut builder = Monitoring::builder(config());
    builder.meter().unwrap();
    let error = builder.policies(Env::default(), None).unwrap_err();
    let missing = policies::METRICS[0].name;
    let said = format!("metric `{missing}` is not declared in the catalogue");
    assert_eq!(error.to_string(), said);

    let mut builder = Monitoring::builder(config());
    builder.policies(Env::default(), None).unwrap();
    let error = builder.policies(Env::default(), None).unwrap_err();
    let said = "the meter shows the policies of an environment already, and takes one";
    assert_eq!(error.to_string(), said);
}

#[tokio::test(start_paused = true)]
async fn no_interval_ends_a_part() {
    let counts: [Arc<AtomicUsize>; 3] = Default::default();
    let mut builder = Monitoring::builder(MonitoringConfig {
        performance_interval: Duration::MAX,
        ..config()
    });
    let hour = Duration::from_secs(3600);
    for ((name, every), count) in [("longest", Duration::MAX), ("shortest", Duration::ZERO)]
        .into_iter()
        .zip(&counts)
    {
        let count = Arc::clone(count);
        builder = builder.every(Group::Always, name, every, move || {
            count.fetch_add(1, Ordering::Relaxed);
            // A tick that ends late, from which the next is counted.
            let late = if every.is_zero() {
                Duration::ZERO
            } else {
                Duration::from_secs(60)
            };
            sleep(late)
        });
    }
    let count = Arc::clone(&counts[2]);
    let builder = builder.tick(Group::Performance, "tick", move || {
        count.fetch_add(1, Ordering::Relaxed);
        sleep(Duration::from_secs(1))
    });
    let monitoring = builder.start().await.unwrap();
    sleep(hour / 60).await;
    sleep(Duration::from_secs(10)).await;
    let [longest, shortest, tick] = counts.each_ref().map(|it| it.load(Ordering::Relaxed));
    assert_eq!((longest, tick), (1, 1));
    assert!(shortest > 1000, "{shortest}");
    for part in ["longest", "shortest", "tick"] {
        assert_eq!(panics(&monitoring, part), 0);
    }
    monitoring.stop().await;
}

/// A future that panics when it is dropped.
struct Spiteful;

impl Future for Spiteful {
    type Output = ();

    fn poll(self: std::pin::Pin<&mut Self>, _: &mut std::task::Context<'_>) -> std::task::Poll<()> {
        std::task::Poll::Ready(())
    }
}

impl Drop for Spiteful {
    fn drop(&mut self) {
        panic!("dropped");
    }
}

#[tokio::test(start_paused = true)]
async fn a_tick_that_panics_as_it_is_dropped_is_counted_and_the_next_one_comes() {
    let builder = Monitoring::builder(config());
    let builder = builder.tick(Group::Always, "spiteful", || Spiteful);
    let monitoring = builder.start().await.unwrap();
    sleep(Duration::from_millis(501)).await;
    assert_eq!(panics(&monitoring, "spiteful"), 3);
    monitoring.stop().await;
}

#[tokio::test]
async fn a_stop_does_not_wait_for_a_scrape_that_hangs() {
    let mut server = ServerConfig::default();
    server.drain = Duration::from_millis(1);
    let mut builder = Monitoring::builder(config()).server(server);
    let (began, mut begins) = tokio::sync::mpsc::unbounded_channel();
    let (let_go, may) = std::sync::mpsc::channel::<()>();
    let may = std::sync::Mutex::new(may);
    builder.meter().unwrap().on_scrape(move |_| {
        began.send(()).unwrap();
        let _ = may.lock().unwrap().recv();
    });
    let monitoring = builder.start().await.unwrap();
    let address = monitoring.address().unwrap();
    let mut stuck = TcpStream::connect(address).await.unwrap();
    stuck
        .write_all(b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n")
        .await
        .unwrap();
    begins.recv().await.unwrap();
    monitoring.stop().await;
    assert!(TcpStream::connect(address).await.is_err());
    // The thread of the render ends with its hook.
    drop(let_go);
}

#[tokio::test]
async fn every_place_held_by_silent_clients_holds_up_no_stop() {
    let mut server = ServerConfig::default();
    server.drain = Duration::from_millis(1);
    let builder = Monitoring::builder(config()).server(server);
    let monitoring = builder.start().await.unwrap();
    let address = monitoring.address().unwrap();
    let mut silent = Vec::new();
    for _ in 0..100 {
        silent.push(TcpStream::connect(address).await.unwrap());
    }
    monitoring.stop().await;
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn it_serves_on_the_loopback_of_ipv6() {
    if std::net::TcpListener::bind("[::1]:0").is_err() {
        eprintln!("left out: this machine has no ::1");
        return;
    }
    let config = MonitoringConfig {
        address: "::1".parse().unwrap(),
        ..config()
    };
    let monitoring = Monitoring::builder(config).start().await.unwrap();
    let url = format!("http://{}/health", monitoring.address().unwrap());
    assert!(url.starts_with("http://[::1]:"), "{url}");
    let probe = move || admf_metrics::healthcheck::probe(&url, Duration::from_secs(10));
    let said = tokio::task::spawn_blocking(probe).await.unwrap().unwrap();
    assert!(said.contains("\"ok\""), "{said}");
    monitoring.stop().await;
}
