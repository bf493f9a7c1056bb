//! What each kind of channel is sent, and what its answers mean.
//!
//! Nothing here does input or output, but [`config::Secret::expose`], which reads the file of a secret.

mod answer;
pub mod config;
mod pagerduty;
mod slack;
#[cfg(test)]
mod tests;
mod time;
mod truncate;
mod webhook;

pub use answer::{Answer, Failure, http};
pub use pagerduty::{
    Event, EventAction, PAGERDUTY_MAX_BYTES, Payload, SUMMARY_MAX_CHARS, dedup_key,
};
pub use slack::answer as slack_answer;
pub use truncate::{bytes as truncate_bytes, chars as truncate_chars};
pub use webhook::{Webhook, WebhookAlert};
