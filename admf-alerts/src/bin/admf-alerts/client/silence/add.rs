//! `silence add`: nobody is told of some alerts for a while.

use std::time::Duration;

use clap::builder::NonEmptyStringValueParser;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use super::ALL;
use crate::client::http::Client;
use crate::client::matchers::Matchers;
use crate::client::{Ask, Refused, Said, clock, user, when};
use crate::input;

#[derive(Debug, clap::Args)]
pub(crate) struct Add {
    #[command(flatten)]
    matchers: Matchers,
    /// Why.
    #[arg(short, long, value_parser = NonEmptyStringValueParser::new())]
    comment: String,
    /// For how long.
    #[arg(short, long, value_name = "LENGTH", default_value = "1h", value_parser = input::length)]
    duration: Duration,
    /// From when on. Default: now.
    #[arg(long, value_name = "TIME", value_parser = when::time)]
    start: Option<Timestamp>,
    /// Until when.
    #[arg(long, value_name = "TIME", value_parser = when::time, conflicts_with = "duration")]
    end: Option<Timestamp>,
    #[command(flatten)]
    author: Author,
}

/// Who says so.
#[derive(Debug, clap::Args)]
pub(crate) struct Author {
    /// Who says so. Default: the user's name.
    #[arg(short, long, value_parser = NonEmptyStringValueParser::new())]
    author: Option<String>,
}

impl Author {
    pub(crate) fn name(&self) -> Result<String, Refused> {
        let name = self.author.clone().or_else(user::name);
        name.ok_or_else(|| Refused::Call("--author: this user has no name: give one".to_owned()))
    }
}

impl Ask for Add {
    async fn ask(&self, client: &Client) -> Result<Said, Refused> {
        if self.matchers.is_empty() {
            let problem = "name the alerts that nobody is to be told of: `alertname=HighDrawdown`";
            return Err(Refused::Call(problem.to_owned()));
        }
        let start = self.start.unwrap_or_else(clock::now);
        let end = self
            .end
            .map_or_else(|| when::after(start, self.duration), Ok)?;
        if end <= start {
            return Err(Refused::Call(format!("--end: {end} is not after {start}")));
        }
        let silence = json!({
            "matchers": self.matchers.read()?,
            "startsAt": start.to_string(),
            "endsAt": end.to_string(),
            "createdBy": self.author.name()?,
            "comment": self.comment,
        });
        #[derive(Deserialize)]
        struct Added {
            #[serde(rename = "silenceID")]
            id: String,
        }
        let answer = client.post(ALL, &silence).await?;
        let added: Added = client.read(ALL, &answer)?;
        Ok(Said {
            lines: vec![added.id],
            json: answer,
            ..Said::default()
        })
    }
}
