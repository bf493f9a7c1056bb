//! Channels that are told by http.

mod form;
mod kind;
mod post;

use std::time::Duration;

use super::clock::Deadline;
use super::report::{Done, Fault, line};
use super::secret::exposed;
use super::{Shared, Wall};
use crate::channel::answer::Failure;
use crate::channel::config::{Auth, Channel, Http, Secret};
use crate::channel::encoding::base64;
use crate::channel::redact::Redaction;
use crate::notify::Batch;
use form::{Filled, Form};
use post::Client;

/// Posts notices.
pub(super) struct Posts {
    client: Client,
    form: Form,
    auth: Option<Auth>,
    proxy: Option<Secret>,
    wall: Wall,
}

impl Posts {
    pub(super) fn new(channel: &Channel, shared: &Shared) -> Result<Self, String> {
        let http = match channel {
            Channel::Slack(it) => &it.http,
            Channel::PagerDuty(it) => &it.http,
            Channel::Webhook(it) => &it.http,
            Channel::Alertmanager(it) => &it.http,
            _ => &Http::default(),
        };
        Ok(Self {
            form: Form::new(channel, shared)?,
            client: Client::new(http)?,
            auth: http.auth.clone(),
            proxy: http.proxy.clone(),
            wall: shared.wall.clone(),
        })
    }

    /// How many requests a batch takes.
    pub(super) fn cost(&self, batch: &Batch) -> u32 {
        self.form.cost(batch)
    }

    /// Posts all that tells of a batch, in order, until something fails. Of many Alertmanagers one that takes it is enough,
    /// as for Prometheus: they tell each other what they told.
    pub(super) async fn send(&self, batch: &Batch, limit: Duration) -> Result<Done, Fault> {
        let deadline = Deadline::after(limit);
        let filled = self.form.filled(batch, self.wall.now()).await?;
        self.post(filled, deadline).await
    }

    /// Says whether the service knows that somebody has taken something up.
    pub(super) fn acknowledges(&self) -> bool {
        self.form.acknowledges()
    }

    /// Says that somebody has taken up a group.
    pub(super) async fn acknowledge(
        &self,
        group_key: &str,
        limit: Duration,
    ) -> Result<Done, Fault> {
        let deadline = Deadline::after(limit);
        let filled = self.form.acknowledged(group_key).await?;
        self.post(filled, deadline).await
    }

    async fn post(&self, filled: Filled, deadline: Deadline) -> Result<Done, Fault> {
        let Filled {
            requests,
            any,
            mut redaction,
            mut noted,
        } = filled;
        let authorization = self.authorization(&mut redaction).await?;
        let (mut sent, mut failed) = (0, None);
        let many = requests.len();
        for (at, mut request) in requests.into_iter().enumerate() {
            request.headers.extend(authorization.clone());
            // Each has its share of what is left, so that one that hangs leaves time for the rest.
            let left = deadline.left();
            let share = left / u32::try_from(many - at).unwrap_or(u32::MAX);
            let answer = self.client.post(request, share, self.wall.now()).await;
            match answer.and_then(|answer| self.form.read(&answer)) {
                Ok(()) => sent += 1,
                Err(fault) if any => failed = worse(failed, fault),
                Err(fault) => return Err(clean(fault, &redaction)),
            }
        }
        match failed {
            Some(fault) if sent == 0 => return Err(clean(fault, &redaction)),
            Some(fault) => noted = noted.or(Some(clean(fault, &redaction).said)),
            None => {}
        }
        Ok(Done { noted })
    }

    async fn authorization(
        &self,
        redaction: &mut Redaction,
    ) -> Result<Option<(&'static str, String)>, Fault> {
        if let Some(proxy) = &self.proxy {
            redaction.add_url(&exposed(proxy).await?);
        }
        let value = match &self.auth {
            None => return Ok(None),
            Some(Auth::Header {
                kind,
                credentials: None,
            }) => kind.clone(),
            Some(Auth::Header {
                kind,
                credentials: Some(credentials),
            }) => {
                let credentials = exposed(credentials).await?;
                redaction.add(&credentials);
                format!("{kind} {credentials}")
            }
            Some(Auth::Basic { user, password }) => {
                let password = match password {
                    Some(password) => exposed(password).await?,
                    None => String::new(),
                };
                redaction.add(&password);
                let encoded = base64(format!("{user}:{password}").as_bytes());
                redaction.add(&encoded);
                format!("Basic {encoded}")
            }
        };
        Ok(Some(("authorization", value)))
    }
}

/// The one that another try may help, of two.
fn worse(one: Option<Fault>, other: Fault) -> Option<Fault> {
    match one {
        Some(one) if one.again.is_some() => Some(one),
        _ => Some(other),
    }
}

/// First without secrets and then short: of half a secret nobody would know that it is one.
fn clean(fault: Fault, redaction: &Redaction) -> Fault {
    Fault {
        said: line(&redaction.text(&fault.said)),
        ..fault
    }
}

/// Says that a header cannot hold a text, without it.
fn no_header(name: &str) -> Fault {
    Fault::refused(
        Failure::Client,
        format!("`{name}` holds what no header may"),
    )
}
