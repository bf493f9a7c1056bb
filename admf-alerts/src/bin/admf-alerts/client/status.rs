//! `status`: how the service is.

use super::http::Client;
use super::{Ask, Refused, Said, table};

const STATUS: &[&str] = &["api", "admf", "v1", "status"];

#[derive(Debug, clap::Args)]
pub(crate) struct Status {}

impl Ask for Status {
    async fn ask(&self, client: &Client) -> Result<Said, Refused> {
        let answer = client.get(STATUS, &[]).await?;
        Ok(Said {
            lines: table::fields(&answer),
            json: answer,
            ..Said::default()
        })
    }
}
