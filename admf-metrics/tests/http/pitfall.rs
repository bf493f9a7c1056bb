//! Where the listener of `metrics`' exporter goes wrong: the others are in `pitfalls.rs`.

use admf_metrics::monitoring::{Monitoring, MonitoringConfig};
use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, ToSocketAddrs};
use tokio::task::JoinSet;

/// An address of this machine, and another one than `127.0.0.1`: who listens there answers here only if
/// he listens on all.
const ANOTHER: &str = "127.0.0.2";

async fn ask(address: impl ToSocketAddrs, path: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let question = format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    stream.write_all(question.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn pitfall_17_the_exporters_listener_is_on_all_addresses_and_knows_no_path_and_no_version() {
    let Ok((recorder, serving)) = PrometheusBuilder::new().build() else {
        eprintln!("left out: port 9000, which the exporter takes unasked, is taken");
        return;
    };
    metrics::with_local_recorder(&recorder, || metrics::counter!("hits_total").increment(1));
    let mut tasks = JoinSet::new();
    tasks.spawn(async { drop(serving.await) });
    for path in ["/", "/metrics", "/Metrics", "/no/such/path"] {
        let answer = ask((ANOTHER, 9000), path).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{path}: {answer}");
        assert!(
            answer.contains("\r\ncontent-type: text/plain\r\n"),
            "{answer}"
        );
        assert!(answer.contains("\nhits_total 1\n"), "{answer}");
    }
    // Whatever goes on in the program.
    assert!(
        ask((ANOTHER, 9000), "/health")
            .await
            .ends_with("\r\n\r\nOK")
    );
}

#[tokio::test]
async fn pitfall_17_it_listens_on_the_loopback_and_knows_four_paths_and_the_version() {
    let config = MonitoringConfig {
        port: 0,
        ..MonitoringConfig::default()
    };
    let monitoring = Monitoring::builder(config).start().await.unwrap();
    let address = monitoring.address().unwrap();
    assert!(address.ip().is_loopback(), "{address}");
    let another = TcpStream::connect((ANOTHER, address.port())).await;
    assert!(another.is_err(), "{another:?}");
    let metrics = ask(address, "/metrics").await;
    let version = "\r\ncontent-type: text/plain; version=0.0.4; charset=utf-8\r\n";
    assert!(
        metrics.starts_with("HTTP/1.1 200 ") && metrics.contains(version),
        "{metrics}"
    );
    // Nothing was started yet, and so it is not ready.
    for (path, code) in [
        ("/health", "200"),
        ("/health/detail", "200"),
        ("/ready", "503"),
    ] {
        assert_eq!(&ask(address, path).await[9..12], code, "{path}");
    }
    for path in ["/", "/metrics/", "/Metrics", "/federate", "/health/details"] {
        assert_eq!(&ask(address, path).await[9..12], "404", "{path}");
    }
}
