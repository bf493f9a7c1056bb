//! All of it over HTTP.

mod alerts;
mod answer;
mod asked;
mod body;
mod posted;
mod rules;
mod silences;
mod time;

pub use rules::{AlertView, AlertingView, RecordingView, RuleGroupView, RuleView};
