//! What each of them is posted, and how its answers are read.

use std::time::Duration;

use serde::Serialize;

use super::kind::Kind;
use super::post::{Answer, Request};
use crate::channel::alertmanager::AlertmanagerAlert;
use crate::channel::answer::{self, Failure};
use crate::channel::config::{Channel, Secret, Webhook};
use crate::channel::incident;
use crate::channel::io::Shared;
use crate::channel::io::report::{Fault, line};
use crate::channel::io::secret::exposed;
use crate::channel::key::{idempotency_key, signature};
use crate::channel::pagerduty::change_url;
use crate::channel::redact::Redaction;
use crate::channel::slack::SlackMessage;
use crate::channel::slack_answer::slack_answer;
use crate::channel::template::ChannelTemplate;
use crate::channel::webhook;
use crate::notify::Batch;

/// A channel, what it is told once, and its templates.
pub(super) struct Form {
    kind: Kind,
    external_url: String,
    holds: Duration,
}

/// What is posted of a batch.
#[derive(Default)]
pub(super) struct Filled {
    pub(super) requests: Vec<Request>,
    /// Whether it is enough that one is taken.
    pub(super) any: bool,
    pub(super) redaction: Redaction,
    /// What is wrong, though not so that nothing could be posted.
    pub(super) noted: Option<String>,
}

impl Form {
    pub(super) fn new(channel: &Channel, shared: &Shared) -> Result<Self, String> {
        Ok(Self {
            kind: Kind::new(channel)?,
            external_url: shared.external_url.clone(),
            holds: shared.holds,
        })
    }

    pub(super) fn cost(&self, batch: &Batch) -> u32 {
        match &self.kind {
            Kind::PagerDuty { .. } => incident::count(batch),
            _ => 1,
        }
    }

    /// Fills in a batch; `now` is the time that bodies are signed by.
    pub(super) async fn filled(&self, batch: &Batch, now: Duration) -> Result<Filled, Fault> {
        match &self.kind {
            Kind::Slack { url, channel, text } => {
                let (text, noted) = self.said("text", text.as_ref(), batch);
                let message = SlackMessage::new(batch, channel).text(&text.unwrap_or_default());
                one(url, json(&message), noted).await
            }
            Kind::PagerDuty { url, key, summary } => {
                self.pagerduty(url, key, summary.as_ref(), batch).await
            }
            Kind::Webhook(config) => self.webhook(config, batch, now).await,
            Kind::Alertmanager(urls) => self.alertmanagers(urls, batch).await,
        }
    }

    async fn pagerduty(
        &self,
        url: &Secret,
        key: &Secret,
        summary: Option<&ChannelTemplate>,
        batch: &Batch,
    ) -> Result<Filled, Fault> {
        let (url, key) = (exposed(url).await?, exposed(key).await?);
        let (summary, noted) = self.said("description", summary, batch);
        let mut redaction = Redaction::new([key.clone()]);
        redaction.add_url(&url);
        let mut requests = Vec::new();
        for mut event in incident::events(batch, &key, &self.external_url) {
            if let (Some(payload), Some(summary)) = (&mut event.payload, &summary) {
                payload.summary.clone_from(summary);
            }
            requests.push(request(&url, event.encode()));
        }
        if let Some(mut event) = incident::change_event(batch, &key) {
            if let Some(summary) = &summary {
                event.payload.summary.clone_from(summary);
            }
            requests.push(request(&change_url(&url), event.encode()));
        }
        Ok(Filled {
            requests,
            any: false,
            redaction,
            noted,
        })
    }

    pub(super) fn acknowledges(&self) -> bool {
        matches!(self.kind, Kind::PagerDuty { .. })
    }

    /// Says that somebody has taken up a group, if it [can](Self::acknowledges) be said.
    pub(super) async fn acknowledged(&self, group_key: &str) -> Result<Filled, Fault> {
        let Kind::PagerDuty { url, key, .. } = &self.kind else {
            return Ok(Filled::default());
        };
        let key = exposed(key).await?;
        let body = incident::acknowledge(group_key, &key).encode();
        let mut filled = one(url, body, None).await?;
        filled.redaction.add(&key);
        Ok(filled)
    }

    async fn webhook(
        &self,
        config: &Webhook,
        batch: &Batch,
        now: Duration,
    ) -> Result<Filled, Fault> {
        let most = usize::try_from(config.max_alerts).unwrap_or(usize::MAX);
        let body = json(&webhook::Webhook::new(batch, &self.external_url, most));
        let mut filled = one(&config.url, body, None).await?;
        let request = &mut filled.requests[0];
        request
            .headers
            .push(("idempotency-key", idempotency_key(batch)));
        if let Some(secret) = &config.signing_key {
            let secret = exposed(secret).await?;
            filled.redaction.add(&secret);
            let signature = signature(secret.as_bytes(), now, &request.body);
            request.headers.push(("x-admf-signature", signature));
        }
        Ok(filled)
    }

    async fn alertmanagers(&self, urls: &[Secret], batch: &Batch) -> Result<Filled, Fault> {
        let body = json(&AlertmanagerAlert::all(batch, self.holds));
        let (mut requests, mut redaction) = (Vec::new(), Redaction::default());
        for url in urls {
            let url = exposed(url).await?;
            redaction.add_url(&url);
            let url = format!("{}/api/v2/alerts", url.trim_end_matches('/'));
            requests.push(request(&url, body.clone()));
        }
        Ok(Filled {
            requests,
            any: true,
            redaction,
            noted: None,
        })
    }

    /// What a template says; where it fails, what is wrong with it, and the channel says what it says by itself.
    fn said(
        &self,
        field: &str,
        template: Option<&ChannelTemplate>,
        batch: &Batch,
    ) -> (Option<String>, Option<String>) {
        match template.map(|it| it.render(batch, &self.external_url)) {
            None => (None, None),
            Some(Ok(text)) => (Some(text), None),
            Some(Err(error)) => (None, Some(format!("template `{field}`: {}", line(&error)))),
        }
    }

    /// Reads an answer; what it says is not cleaned of secrets yet.
    pub(super) fn read(&self, answer: &Answer) -> Result<(), Fault> {
        let read = match &self.kind {
            // Slack says ok in the body, so that one that is cut says nothing.
            Kind::Slack { .. } if answer.status == 200 && !answer.whole => answer::Answer::Failed {
                why: Failure::Client,
                again: true,
            },
            Kind::Slack { .. } => slack_answer(answer.status, answer.json, &answer.body),
            _ => answer::http(answer.status, None),
        };
        let answer::Answer::Failed { why, again } = read else {
            return Ok(());
        };
        let said = match answer.status {
            300..=399 => format!("answered {} and sends elsewhere", answer.status),
            status => format!("answered {status}: {}", answer.body),
        };
        Err(Fault {
            again: again.then(|| answer.retry_after.unwrap_or_default()),
            ..Fault::refused(why, said)
        })
    }
}

async fn one(url: &Secret, body: Vec<u8>, noted: Option<String>) -> Result<Filled, Fault> {
    let url = exposed(url).await?;
    let mut redaction = Redaction::default();
    redaction.add_url(&url);
    let requests = vec![request(&url, body)];
    Ok(Filled {
        requests,
        any: false,
        redaction,
        noted,
    })
}

fn request(url: &str, body: Vec<u8>) -> Request {
    Request {
        url: url.to_owned(),
        headers: Vec::new(),
        body,
    }
}

fn json(body: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(body).expect("it has text keys and finite numbers")
}
