//! `send`: an event that is told once.

use clap::builder::NonEmptyStringValueParser;
use serde_json::json;

use super::http::Client;
use super::{Ask, Refused, Said, matchers};

#[derive(Debug, clap::Args)]
pub(crate) struct Send {
    /// How bad it is: `info`, `warning`, `critical`, or a word of your own; routes see it as the label `severity`.
    #[arg(short, long, value_parser = NonEmptyStringValueParser::new())]
    level: String,
    /// What to tell.
    #[arg(short, long, value_parser = NonEmptyStringValueParser::new())]
    message: String,
    /// Labels by which it finds its way: `team=desk`.
    #[arg(value_name = "NAME=VALUE", value_parser = matchers::label)]
    labels: Vec<(String, String)>,
}

impl Ask for Send {
    async fn ask(&self, client: &Client) -> Result<Said, Refused> {
        let notice = json!({
            "level": self.level,
            "message": self.message,
            "labels": matchers::labels(&self.labels)?,
        });
        let path = ["api", "admf", "v1", "notices"];
        let answer = client.post(&path, &notice).await?;
        Ok(Said {
            json: answer,
            ..Said::default()
        })
    }
}
