//! Commands that ask or tell a running service; none of them opens its database.
//!
#![doc = include_str!("../../../../../docs/alert_client.md")]

mod ack;
mod alerts;
mod answer;
mod channel;
mod clock;
mod history;
mod http;
mod matchers;
mod route;
mod send;
mod server;
mod silence;
mod status;
mod table;
mod user;
mod when;

use clap::Subcommand;
use clap::error::ErrorKind;
use serde_json::{Value, json};

use crate::output::Done;
use http::Client;
use server::Server;
use table::plain;

#[derive(Debug, Subcommand)]
pub(crate) enum Asks {
    /// Says which receivers are told of an alert with these labels.
    Route(With<route::Route>),
    /// Adds, lists, shows and expires silences.
    Silence(With<silence::Silence>),
    /// Says that somebody sees to alerts, or lists those that somebody sees to.
    Ack(With<ack::Ack>),
    /// Takes acknowledgements back.
    Unack(With<ack::Unack>),
    /// Lists what was told, and what else happened; the newest first.
    History(With<history::History>),
    /// Lists alerts.
    Alerts(With<alerts::Alerts>),
    /// Tells of an event, once.
    Send(With<send::Send>),
    /// Sends a notice by each channel of a receiver, and says what became of it.
    TestChannel(With<channel::TestChannel>),
    /// Says how the service is.
    Status(With<status::Status>),
}

/// A command, and whom it asks.
#[derive(Debug, clap::Args)]
pub(crate) struct With<A: clap::Args> {
    #[command(flatten)]
    server: Server,
    #[command(flatten)]
    asks: A,
}

/// Something that is asked.
pub(crate) trait Ask {
    async fn ask(&self, client: &Client) -> Result<Said, Refused>;
}

/// What a command has to say; it may be told by anybody.
#[derive(Debug, Default)]
pub(crate) struct Said {
    lines: Vec<String>,
    problems: Vec<String>,
    json: Value,
    failed: bool,
}

/// Why a command has nothing to say.
#[derive(Debug)]
pub(crate) enum Refused {
    /// It was called wrongly.
    Call(String),
    /// In one line, with who refused.
    Ask(String),
}

impl Asks {
    pub(crate) fn run(&self) -> Done {
        match self {
            Self::Route(with) => with.run(),
            Self::Silence(with) => with.run(),
            Self::Ack(with) => with.run(),
            Self::Unack(with) => with.run(),
            Self::History(with) => with.run(),
            Self::Alerts(with) => with.run(),
            Self::Send(with) => with.run(),
            Self::TestChannel(with) => with.run(),
            Self::Status(with) => with.run(),
        }
    }
}

impl<A: clap::Args + Ask> With<A> {
    fn run(&self) -> Done {
        let said = Client::new(&self.server)
            .and_then(|client| http::wait(self.asks.ask(&client)))
            .unwrap_or_else(Said::of);
        // Whatever a terminal would obey is escaped, whoever said it.
        let all = |lines: Vec<String>| lines.iter().map(|line| plain(line)).collect();
        Done {
            lines: all(said.lines),
            problems: all(said.problems),
            json: said.json,
            failed: said.failed,
        }
    }
}

impl Said {
    /// Ends the program where it was called wrongly.
    fn of(refused: Refused) -> Self {
        match refused {
            Refused::Call(problem) => {
                clap::Error::raw(ErrorKind::ValueValidation, plain(&problem) + "\n").exit()
            }
            Refused::Ask(problem) => Self {
                json: json!({ "error": problem }),
                problems: vec![format!("admf-alerts: {problem}")],
                failed: true,
                ..Self::default()
            },
        }
    }

    /// What each of many came to, where one that fails stops no other.
    fn of_each<'a>(
        done: &str,
        each: impl Iterator<Item = (&'a String, Result<Value, Refused>)>,
    ) -> Self {
        let (mut passed, mut errors, mut said) = (Vec::new(), Vec::new(), Self::default());
        for (name, result) in each {
            match result {
                Ok(_) => passed.push(name),
                Err(refused) => {
                    let refused = Self::of(refused);
                    errors.push(refused.json["error"].clone());
                    said.problems.extend(refused.problems);
                    said.failed = true;
                }
            }
        }
        said.json = json!({ done: passed, "errors": errors });
        said
    }
}
