//! An alert service and its API as a program, as a user would write it.
//!
//! `alert_service ADDRESS CONFIG DATA [SECOND]`: listens at an address, such as `127.0.0.1:0`, and prints it; tells people as an
//! `alertmanager.yml`, and the second file if there is one, say; keeps its state in a file. With `LEADER`, the url of a PostgreSQL, it tells while it leads.

use std::error::Error;
use std::fs::read_to_string;
use std::time::Duration;

use admf_alerts::alertmanager_file::{Setup, add, parse};
use admf_alerts::api::Api;
use admf_alerts::leader::Leader;
use admf_alerts::service::{AlertService, ServiceConfig};
use admf_metrics::http::{ServerConfig, serve};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [address, config, data, second @ ..] = &args[..] else {
        return Err("usage: alert_service ADDRESS CONFIG DATA [SECOND]".into());
    };
    let files: Vec<String> = [config]
        .into_iter()
        .chain(second.first())
        .cloned()
        .collect();
    let service = AlertService::open(ServiceConfig::new(data, setup(&files)?))?;
    let again = service.clone();
    let api = Api::new(service.clone()).reload(move || again.reload(setup(&files)?));
    let listener = TcpListener::bind(address).await?;
    println!("listening on {}", listener.local_addr()?);
    let stop = || async {
        let stopped = signal(SignalKind::terminate());
        stopped.expect("it can be waited for").recv().await;
    };
    let server = serve(listener, api.router(), ServerConfig::default(), stop());
    let Ok(url) = std::env::var("LEADER") else {
        tokio::join!(service.run(stop()), server);
        return Ok(());
    };
    let leader = Leader::postgres(&url, 7)?.every(Duration::from_millis(20));
    tokio::join!(service.run_as_leader(&leader, stop()), server);
    Ok(())
}

/// Reads an `alertmanager.yml`, and adds what others say.
fn setup(files: &[String]) -> Result<Setup, String> {
    let variable = |name: &str| std::env::var(name).ok();
    let mut setup = None;
    for file in files {
        let text = read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
        let read = match setup {
            None => parse(file, &text, Some(&variable)),
            Some(setup) => add(setup, file, &text, Some(&variable)),
        };
        setup = Some(read.map_err(|error| error.to_string())?);
    }
    setup.ok_or_else(|| "there is no file".to_owned())
}
