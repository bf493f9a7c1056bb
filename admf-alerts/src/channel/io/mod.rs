//! Sends notices (feature `channels`).
//!
#![doc = include_str!("../../../docs/channels.md")]

mod clock;
mod email;
mod guard;
mod held;
mod http;
mod lines;
mod report;
mod secret;
mod tls;

use std::fmt;
use std::time::Duration;

use resilience_core::{ConfigError, Env};

use super::config::{Channel, Common};
use super::redact::Redaction;
use crate::notify::{Batch, Outcome};
pub use clock::Wall;
use email::Mail;
use guard::Guard;
use http::Posts;
use lines::Lines;
pub use report::Report;
use report::{Done, Fault};

/// Says what all channels of a program share.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Shared {
    /// Where this notifier is found; empty, the default, where it is not.
    pub external_url: String,
    /// How long an Alertmanager holds an alert for firing that it is not told of again: more than the longest
    /// `repeat_interval`. Default: 4 hours and 10 minutes.
    pub holds: Duration,
    /// By what clock breakers and limits go. Default: the machine's.
    pub env: Env,
    /// What time it is: mails are dated and bodies signed by it. Default: the machine's clock.
    pub wall: Wall,
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            external_url: String::new(),
            holds: Duration::from_secs(4 * 3_600 + 600),
            env: Env::default(),
            wall: Wall::default(),
        }
    }
}

/// Sends notices by one channel.
///
/// Each try has a time limit, passes a breaker and a rate limit, and ends in a [`Report`], which tells no secret.
pub struct Sender {
    name: String,
    kind: &'static str,
    common: Common,
    guard: Guard,
    way: Way,
}

/// How it is sent.
enum Way {
    Posts(Box<Posts>),
    Mail(Box<Mail>),
    Lines(Lines),
}

impl Sender {
    /// Sets up a channel; reads the certificates that it names. `name` is that of breaker and limit too: one of the same name
    /// that is set up meanwhile shares them.
    ///
    /// # Errors
    ///
    /// Says in one line what is wrong with its config, without secrets.
    pub fn new(name: &str, channel: &Channel, shared: &Shared) -> Result<Self, String> {
        let refused = |error: String| format!("channel `{name}`: {error}");
        let way = match channel {
            Channel::Email(it) => Mail::new(it, shared).map(|it| Way::Mail(Box::new(it))),
            Channel::Console(it) => Ok(Way::Lines(Lines::Console { stderr: it.stderr })),
            Channel::File(it) => Ok(Way::Lines(Lines::File {
                path: it.path.clone(),
                external_url: shared.external_url.clone(),
                turn: tokio::sync::Mutex::default(),
            })),
            other => Posts::new(other, shared).map(|it| Way::Posts(Box::new(it))),
        };
        let common = channel.common().clone();
        if common.timeout.is_zero() {
            return Err(refused("`timeout` must be more than 0".to_owned()));
        }
        let guard = Guard::new(name, channel, &shared.env);
        Ok(Self {
            name: name.to_owned(),
            kind: channel.kind(),
            guard: guard.map_err(|error: ConfigError| refused(error.to_string()))?,
            way: way.map_err(refused)?,
            common,
        })
    }

    /// Forgets what its breaker has learned: it leads to somebody else now.
    #[cfg(feature = "service")]
    pub(crate) fn reset(&self) {
        self.guard.reset();
    }

    /// Returns its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Tries once to send a batch that was tried `tries` times before.
    ///
    /// Where the channel says how often it is tried again, a try too many is [`Outcome::Refused`]. A channel that is not
    /// enabled sends nothing and reports [`Outcome::Sent`].
    ///
    /// # Cancel safety
    ///
    /// Dropped, it may have been sent or not; sent again, it carries the same keys.
    pub async fn send(&self, batch: &Batch, tries: u32) -> Report {
        if !self.common.enabled {
            return Report::noted("the channel is not enabled".to_owned());
        }
        let batch = Redaction::default().batch(batch);
        let cost = match &self.way {
            Way::Posts(posts) => posts.cost(&batch),
            Way::Mail(_) | Way::Lines(_) => 1,
        };
        let timeout = self.common.timeout;
        let sent = self.guard.call(cost, async || match &self.way {
            Way::Posts(posts) => posts.send(&batch, timeout).await,
            Way::Mail(mail) => mail.send(&batch, timeout).await,
            Way::Lines(lines) => lines.send(&batch, timeout).await,
        });
        self.report(sent.await, tries)
    }

    /// Tries once to say that somebody has taken up what a group tells of: PagerDuty is told so. Who knows no such thing is
    /// sent nothing, which is reported as [`Outcome::Sent`].
    ///
    /// `group_key` is that of the batches that were sent: [`LogKey::group`](crate::notify::LogKey::group).
    ///
    /// # Cancel safety
    ///
    /// Dropped, it may have been sent or not; sent again, it changes nothing.
    pub async fn acknowledge(&self, group_key: &str) -> Report {
        let posts = match &self.way {
            Way::Posts(posts) if posts.acknowledges() && self.common.enabled => posts,
            _ => return Report::of(Ok(Done::default())),
        };
        let timeout = self.common.timeout;
        let sent = self
            .guard
            .call(1, async || posts.acknowledge(group_key, timeout).await);
        Report::of(sent.await)
    }

    fn report(&self, sent: Result<Done, Fault>, tries: u32) -> Report {
        let mut report = Report::of(sent);
        if let (Some(retry), Outcome::Again { after }) = (self.common.retry, report.outcome) {
            report.outcome = match tries >= retry.attempts {
                true => Outcome::Refused,
                false => Outcome::Again {
                    after: after.max(retry.delay),
                },
            };
        }
        report
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender")
            .field("name", &self.name)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}
