//! `silence`: which alerts nobody is told of for a while.

mod add;
mod list;

use serde::Deserialize;

use super::http::Client;
use super::matchers::Wire;
use super::{Ask, Refused, Said, table, when};
use add::Add;
pub(crate) use add::Author;
use list::List;

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
