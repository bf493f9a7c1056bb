//! `silence list`: which silences there are.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use super::{ALL, Found};
use crate::client::http::Client;
use crate::client::matchers::Matchers;
use crate::client::{Ask, Refused, Said, clock, table};
use crate::input;

#[derive(Debug, clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    matchers: Matchers,
    /// Those that have ended, in place of those that have not.
    #[arg(long)]
    expired: bool,
    /// Those that end, or have ended, at most so long from now.
    #[arg(long, value_name = "LENGTH", value_parser = input::length)]
    within: Option<Duration>,
    /// Ids, and nothing else.
    #[arg(short, long)]
    quiet: bool,
}

impl Ask for List {
    async fn ask(&self, client: &Client) -> Result<Said, Refused> {
        let answer = client.get(ALL, &self.matchers.filters()?).await?;
        let found: Vec<Value> = client.read(ALL, &answer)?;
        let now = clock::now();
        let mut silences = Vec::new();
        for document in found {
            let silence: Found = client.read(ALL, &document)?;
            if self.shows(&silence, now) {
                silences.push((silence, document));
            }
        }
        let (silences, documents): (Vec<_>, Vec<_>) = silences.into_iter().unzip();
        let lines = match self.quiet {
            true => silences.into_iter().map(|it| it.id).collect(),
            false => table::table(
                &[
                    "ID", "STATE", "MATCHERS", "STARTS", "ENDS", "AUTHOR", "COMMENT",
                ],
                &silences.iter().map(Found::row).collect::<Vec<_>>(),
            ),
        };
        Ok(Said {
            lines,
            json: documents.into(),
            ..Said::default()
        })
    }
}

impl List {
    fn shows(&self, silence: &Found, now: Timestamp) -> bool {
        let expired = silence.status.state == "expired";
        let near = || {
            let (within, end) = (self.within?, silence.ends_at.parse::<Timestamp>().ok()?);
            Some(end.duration_since(now).unsigned_abs() <= within)
        };
        expired == self.expired && near().unwrap_or(self.within.is_none())
    }
}
