//! Where the listener of `metrics`' exporter goes wrong: the others are in `pitfalls.rs`.

use admf_metrics::monitoring::{Monitoring, MonitoringConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test]
async fn pitfall_17_it_listens_on_the_loopback_and_knows_four_paths_and_the_version() {
    let config = MonitoringConfig {
        port: 0,
        ..MonitoringConfig::default()
    };
    let monitoring = Monitoring::builder(config).start().await.unwrap();
    let address = monitoring.address().unwrap();
    assert!(address.ip().is_loopback(), "{address}");
    let ask = async |path: &str| {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let question = format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        stream.write_all(question.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    };
    let metrics = ask("/metrics").await;
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
        assert_eq!(&ask(path).await[9..12], code, "{path}");
    }
    for path in ["/", "/metrics/", "/Metrics", "/federate", "/health/details"] {
        assert_eq!(&ask(path).await[9..12], "404", "{path}");
    }
}
