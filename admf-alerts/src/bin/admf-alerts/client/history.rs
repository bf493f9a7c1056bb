//! `history`: what happened.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::alerts::alert;
use super::http::Client;
use super::matchers::Matchers;
use super::when::{self, When};
use super::{Ask, Refused, Said, table};

const HISTORY: &[&str] = &["api", "admf", "v1", "history"];

#[derive(Debug, clap::Args)]
pub(crate) struct History {
    #[command(flatten)]
    matchers: Matchers,
    /// From when on: a time, or how long ago.
    #[arg(long, value_name = "TIME", value_parser = when::past)]
    since: Option<When>,
    /// Before when.
    #[arg(long, value_name = "TIME", value_parser = when::past)]
    until: Option<When>,
    /// Of this kind, such as `notice_sent`; may be given again.
    #[arg(long = "kind", value_name = "KIND")]
    kinds: Vec<String>,
    /// How many, of the newest.
    #[arg(short = 'n', long, value_name = "NUMBER", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
}

#[derive(Debug, Deserialize)]
struct Answer {
    entries: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
struct Entry {
    last: String,
    #[serde(default)]
    count: u64,
    kind: String,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    receiver: String,
    #[serde(default)]
    channel: String,
    #[serde(default)]
    text: String,
}

impl Ask for History {
    async fn ask(&self, client: &Client) -> Result<Said, Refused> {
        let mut query = self.matchers.filters()?;
        for (name, when) in [("since", self.since), ("until", self.until)] {
            let time = when.map(When::time).transpose()?;
            query.extend(time.map(|it| (name, it.to_string())));
        }
        query.extend(self.kinds.iter().map(|it| ("kind", it.clone())));
        query.push(("limit", self.limit.to_string()));
        let answer = client.get(HISTORY, &query).await?;
        let found: Answer = client.read(HISTORY, &answer)?;
        let rows: Vec<_> = found.entries.iter().map(Entry::row).collect();
        Ok(Said {
            lines: table::table(&["LAST", "KIND", "TOLD", "ALERT", "TEXT"], &rows),
            json: answer,
            ..Said::default()
        })
    }
}

impl Entry {
    fn row(&self) -> Vec<String> {
        let times = match self.count {
            0 | 1 => String::new(),
            count => format!(" ({count} times)"),
        };
        // A channel's name begins with that of its receiver.
        let told = match self.channel.is_empty() {
            true => &self.receiver,
            false => &self.channel,
        };
        vec![
            when::shown(&self.last),
            self.kind.clone(),
            told.clone(),
            alert(&self.labels),
            format!("{}{times}", self.text),
        ]
    }
}
