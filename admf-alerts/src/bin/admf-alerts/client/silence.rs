//! `silence`: which alerts nobody is told of for a while.

use std::time::Duration;

use clap::builder::NonEmptyStringValueParser;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::http::Client;
use super::matchers::{Matchers, Wire};
use super::{Ask, Refused, Said, clock, table, user, when};
use crate::input;

const ALL: &[&str] = &["api", "v2", "silences"];

#[derive(Debug, clap::Args)]
pub(crate) struct Silence {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Adds a silence, and writes its id.
    Add(Add),
    /// Lists silences that have not ended.
    List(List),
    /// Shows one silence.
    Show(Show),
    /// Ends silences.
    Expire(Expire),
}

#[derive(Debug, clap::Args)]
struct Add {
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

#[derive(Debug, clap::Args)]
struct List {
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

#[derive(Debug, clap::Args)]
struct Show {
    #[arg(value_parser = id)]
    id: String,
}

#[derive(Debug, clap::Args)]
struct Expire {
    #[arg(value_name = "ID", required = true, value_parser = id)]
    ids: Vec<String>,
}

/// A silence as the API has it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    id: String,
    matchers: Vec<Wire>,
    starts_at: String,
    ends_at: String,
    created_by: String,
    comment: String,
    status: Status,
}

#[derive(Debug, Deserialize)]
struct Status {
    state: String,
}

impl Author {
    pub(crate) fn name(&self) -> Result<String, Refused> {
        let name = self.author.clone().or_else(user::name);
        name.ok_or_else(|| Refused::Call("--author: this user has no name: give one".to_owned()))
    }
}

/// Takes what a path can hold.
fn id(text: &str) -> Result<String, String> {
    let fit = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    match !text.is_empty() && text.chars().all(fit) {
        true => Ok(text.to_owned()),
        false => Err("is no id of a silence".to_owned()),
    }
}

impl Ask for Silence {
    async fn ask(&self, client: &Client) -> Result<Said, Refused> {
        match &self.what {
            What::Add(add) => add.ask(client).await,
            What::List(list) => list.ask(client).await,
            What::Show(show) => show.ask(client).await,
            What::Expire(expire) => expire.ask(client).await,
        }
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

impl Found {
    fn matchers(&self) -> String {
        let matchers: Vec<_> = self.matchers.iter().map(Wire::shown).collect();
        matchers.join(" ")
    }

    fn row(&self) -> Vec<String> {
        vec![
            self.id.clone(),
            self.status.state.clone(),
            self.matchers(),
            when::shown(&self.starts_at),
            when::shown(&self.ends_at),
            self.created_by.clone(),
            self.comment.clone(),
        ]
    }
}

impl Ask for Show {
    async fn ask(&self, client: &Client) -> Result<Said, Refused> {
        let path = ["api", "v2", "silence", &self.id];
        let answer = client.get(&path, &[]).await?;
        let found: Found = client.read(&path, &answer)?;
        Ok(Said {
            lines: table::pairs(&[
                ("id", found.id.clone()),
                ("state", found.status.state.clone()),
                ("matchers", found.matchers()),
                ("starts", when::shown(&found.starts_at)),
                ("ends", when::shown(&found.ends_at)),
                ("author", found.created_by),
                ("comment", found.comment),
            ]),
            json: answer,
            ..Said::default()
        })
    }
}

impl Ask for Expire {
    async fn ask(&self, client: &Client) -> Result<Said, Refused> {
        let mut each = Vec::new();
        for id in &self.ids {
            let done = client.delete(&["api", "v2", "silence", id]).await;
            each.push((id, done));
        }
        Ok(Said::of_each("expired", each.into_iter()))
    }
}
