//! `alerts`: what is the matter now.

use std::collections::BTreeMap;

use admf_alerts::Labels;
use serde::Deserialize;

use super::http::Client;
use super::matchers::Matchers;
use super::{Ask, Refused, Said, table, when};

const ALL: &[&str] = &["api", "v2", "alerts"];

#[derive(Debug, clap::Args)]
pub(crate) struct Alerts {
    #[command(flatten)]
    matchers: Matchers,
    /// Those that are told: what is shown where none of these is given.
    #[arg(short = 'a', long)]
    active: bool,
    /// Those that a silence holds back.
    #[arg(short = 's', long)]
    silenced: bool,
    /// Those that another alert holds back.
    #[arg(short = 'i', long)]
    inhibited: bool,
    /// Those that nobody has looked at yet.
    #[arg(short = 'u', long)]
    unprocessed: bool,
    /// All of them.
    #[arg(long, conflicts_with_all = ["active", "silenced", "inhibited", "unprocessed"])]
    all: bool,
    /// Those of which receivers are told whose name is matched by this expression.
    #[arg(short = 'r', long, value_name = "EXPRESSION")]
    receiver: Option<String>,
}

/// An alert as the API has it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    fingerprint: String,
    labels: BTreeMap<String, String>,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
    starts_at: String,
    status: Status,
}

#[derive(Debug, Deserialize)]
struct Status {
    state: String,
}

impl Ask for Alerts {
    async fn ask(&self, client: &Client) -> Result<Said, Refused> {
        let given = self.active || self.silenced || self.inhibited || self.unprocessed;
        let mut query = self.matchers.filters()?;
        query.extend(
            [
                ("active", self.active || !given),
                ("silenced", self.silenced),
                ("inhibited", self.inhibited),
                ("unprocessed", self.unprocessed),
            ]
            .map(|(name, wanted)| (name, (wanted || self.all).to_string())),
        );
        query.extend(self.receiver.clone().map(|it| ("receiver", it)));
        let answer = client.get(ALL, &query).await?;
        let found: Vec<Found> = client.read(ALL, &answer)?;
        let rows: Vec<_> = found.iter().map(Found::row).collect();
        Ok(Said {
            lines: table::table(
                &["FINGERPRINT", "STATE", "SINCE", "ALERT", "SUMMARY"],
                &rows,
            ),
            json: answer,
            ..Said::default()
        })
    }
}

impl Found {
    fn row(&self) -> Vec<String> {
        let said = ["summary", "message", "description"].iter();
        let said = said.copied().find_map(|it| self.annotations.get(it));
        vec![
            self.fingerprint.clone(),
            self.status.state.clone(),
            when::shown(&self.starts_at),
            alert(&self.labels),
            said.cloned().unwrap_or_default(),
        ]
    }
}

/// Writes labels as the name of an alert with the rest in braces.
pub(crate) fn alert(labels: &BTreeMap<String, String>) -> String {
    let mut rest = Labels::from_iter(labels.iter().map(|(name, value)| (&**name, &**value)));
    let name = rest.remove("alertname").unwrap_or_default();
    match rest.is_empty() {
        true => name,
        false => format!("{name}{rest}"),
    }
}
