//! `ack` and `unack`: somebody sees to it.

use std::collections::BTreeMap;
use std::time::Duration;

use admf_alerts::duration;
use serde::Deserialize;
use serde_json::{Map, json};

use super::alerts::alert;
use super::http::Client;
use super::matchers::{Matchers, Wire};
use super::silence::Author;
use super::{Ask, Refused, Said, table, when};
use crate::input;

const ALL: &[&str] = &["api", "admf", "v1", "acknowledgements"];

#[derive(Debug, clap::Args)]
pub(crate) struct Ack {
    #[command(flatten)]
    matchers: Matchers,
    /// One alert, as `alerts` shows it.
    #[arg(short, long, value_name = "HEX", value_parser = fingerprint, conflicts_with = "matchers")]
    fingerprint: Option<String>,
    /// What is done about it.
    #[arg(short, long)]
    comment: Option<String>,
    /// For how long. Default: until it ends, or as long as the service says.
    #[arg(long = "for", value_name = "LENGTH", value_parser = input::length)]
    length: Option<Duration>,
    #[command(flatten)]
    author: Author,
    /// Lists what is acknowledged, and does nothing else.
    #[arg(long, conflicts_with_all = ["matchers", "fingerprint", "comment", "length", "author"])]
    list: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Unack {
    /// Alerts, as `ack --list` shows them.
    #[arg(value_name = "FINGERPRINT", required = true, value_parser = fingerprint)]
    fingerprints: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Listed {
    acknowledgements: Vec<Found>,
}

/// An acknowledgement as the API has it.
#[derive(Debug, Deserialize)]
struct Found {
    fingerprint: String,
    labels: BTreeMap<String, String>,
    by: String,
    comment: String,
    at: String,
    until: Option<String>,
}

/// Takes 64 bits in hexadecimal digits.
fn fingerprint(text: &str) -> Result<String, String> {
    let digits = text.len() == 16 && text.bytes().all(|it| it.is_ascii_hexdigit());
    match digits {
        true => Ok(text.to_ascii_lowercase()),
        false => Err("a fingerprint has 16 digits of 0 to 9 and a to f".to_owned()),
    }
}

impl Ask for Ack {
    async fn ask(&self, client: &Client) -> Result<Said, Refused> {
        match self.list {
            true => Self::listed(client).await,
            false => self.acknowledge(client).await,
        }
    }
}

impl Ack {
    async fn acknowledge(&self, client: &Client) -> Result<Said, Refused> {
        let mut body = Map::new();
        match &self.fingerprint {
            Some(fingerprint) => body.insert("fingerprint".to_owned(), json!(fingerprint)),
            None if self.matchers.is_empty() => {
                let problem = "name alerts, or one by --fingerprint, or ask for all by --list";
                return Err(Refused::Call(problem.to_owned()));
            }
            None => {
                let matchers = self.matchers.read()?;
                let filter: Vec<_> = matchers.iter().map(Wire::shown).collect();
                body.insert("filter".to_owned(), json!(filter))
            }
        };
        body.insert("by".to_owned(), json!(self.author.name()?));
        let comment = self.comment.as_ref().map(|it| ("comment", json!(it)));
        let length = self.length.map(|it| ("for", json!(duration::shown(it))));
        for (name, value) in comment.into_iter().chain(length) {
            body.insert(name.to_owned(), value);
        }
        #[derive(Deserialize)]
        struct Done {
            acknowledged: Vec<String>,
        }
        let answer = client.post(ALL, &body.into()).await?;
        let done: Done = client.read(ALL, &answer)?;
        let nobody = done.acknowledged.is_empty();
        let problem = nobody.then(|| "admf-alerts: no such alert fires".to_owned());
        Ok(Said {
            lines: done.acknowledged,
            failed: nobody,
            problems: problem.into_iter().collect(),
            json: answer,
        })
    }

    async fn listed(client: &Client) -> Result<Said, Refused> {
        let answer = client.get(ALL, &[]).await?;
        let found: Listed = client.read(ALL, &answer)?;
        let rows: Vec<_> = found.acknowledgements.iter().map(Found::row).collect();
        let names = ["FINGERPRINT", "ALERT", "BY", "SINCE", "UNTIL", "COMMENT"];
        Ok(Said {
            lines: table::table(&names, &rows),
            json: answer,
            ..Said::default()
        })
    }
}

impl Found {
    fn row(&self) -> Vec<String> {
        let until = self.until.as_deref().map(when::shown);
        vec![
            self.fingerprint.clone(),
            alert(&self.labels),
            self.by.clone(),
            when::shown(&self.at),
            until.unwrap_or_default(),
            self.comment.clone(),
        ]
    }
}

impl Ask for Unack {
    async fn ask(&self, client: &Client) -> Result<Said, Refused> {
        let mut each = Vec::new();
        for fingerprint in &self.fingerprints {
            let path = ["api", "admf", "v1", "acknowledgements", fingerprint];
            each.push((fingerprint, client.delete(&path).await));
        }
        Ok(Said::of_each("unacknowledged", each.into_iter()))
    }
}
