//! `route`: who would be told.

use serde::Deserialize;

use super::http::Client;
use super::{Ask, Refused, Said, matchers};

const ROUTES: &[&str] = &["api", "admf", "v1", "routes"];

#[derive(Debug, clap::Args)]
pub(crate) struct Route {
    /// The labels of an alert: `severity=critical`.
    #[arg(value_name = "NAME=VALUE", value_parser = matchers::label)]
    labels: Vec<(String, String)>,
    /// Fails unless these are the receivers, in this order, with commas between them.
    #[arg(long = "verify.receivers", value_name = "RECEIVERS")]
    verify: Option<String>,
}

impl Ask for Route {
    async fn ask(&self, client: &Client) -> Result<Said, Refused> {
        let query = matchers::labels(&self.labels)?.into_iter();
        let query: Vec<_> = query
            .map(|(name, value)| ("label", format!("{name}={value}")))
            .collect();
        let answer = client.get(ROUTES, &query).await?;
        #[derive(Deserialize)]
        struct Told {
            receivers: Vec<String>,
        }
        let told: Told = client.read(ROUTES, &answer)?;
        let receivers = told.receivers.join(",");
        let wrong = self.verify.as_ref().filter(|it| **it != receivers);
        let problem = wrong.map(|it| format!("admf-alerts: not the receivers `{it}`"));
        Ok(Said {
            lines: vec![receivers],
            failed: problem.is_some(),
            problems: problem.into_iter().collect(),
            json: answer,
        })
    }
}
