//! `test-channel`: whether channels work.

use serde::Deserialize;

use super::http::Client;
use super::{Ask, Refused, Said, table};

#[derive(Debug, clap::Args)]
pub(crate) struct TestChannel {
    /// A receiver.
    #[arg(value_name = "NAME", value_parser = receiver)]
    name: String,
}

#[derive(Debug, Deserialize)]
struct Answer {
    channels: Vec<Tried>,
}

#[derive(Debug, Deserialize)]
struct Tried {
    channel: String,
    outcome: String,
    said: Option<String>,
}

/// Takes what a path can hold: two dots lead up.
fn receiver(text: &str) -> Result<String, String> {
    match text {
        "" | "." | ".." => Err("is no name of a receiver".to_owned()),
        name => Ok(name.to_owned()),
    }
}

impl Ask for TestChannel {
    async fn ask(&self, client: &Client) -> Result<Said, Refused> {
        let path = ["api", "admf", "v1", "channels", &self.name, "test"];
        let answer = client.post(&path, &serde_json::json!({})).await?;
        let tried: Answer = client.read(&path, &answer)?;
        let rows = tried.channels.iter().map(|it| {
            let said = it.said.clone().unwrap_or_default();
            vec![it.channel.clone(), it.outcome.clone(), said]
        });
        Ok(Said {
            lines: table::table(&["CHANNEL", "OUTCOME", "SAID"], &rows.collect::<Vec<_>>()),
            failed: tried.channels.iter().any(|it| it.outcome != "sent"),
            json: answer,
            ..Said::default()
        })
    }
}
