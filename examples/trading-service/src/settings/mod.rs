//! What the user can set: every setting is a flag and an `ADMF_*` variable.

mod args;
#[cfg(test)]
mod tests;
mod value;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use admf_metrics::MonitoringConfig;
use clap::Parser;

pub(crate) use args::{Args, Cli, Command, ServeArgs};
pub(crate) use value::dollars;

use crate::bars::{BadBars, Bars, Source};
use crate::day::Scenario;
use crate::engine::EngineConfig;
use crate::error::Error;
use crate::ledger::Identity;
use crate::ops::{AdminConfig, AlertConfig, NotifyConfig, RuleFile, RuleFiles, Thresholds, Token};
use crate::risk::RiskConfig;

/// Seconds of a trading day's script that pass in one real second: timeouts are divided by it, so
/// that a day with all its outages fits a run.
const TIME_SCALE: u32 = 20;

/// At which port operations are served if the user does not say: a free one for a run.
const RUN_PORT: &str = "0";
const SERVE_PORT: &str = "8081";

/// Which clients trade the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Both, side by side.
    Compare,
    /// The stack alone.
    Stack,
    /// The bare client alone.
    Naive,
}

/// Settings that hold together.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) mode: Mode,
    pub(crate) json: bool,
    pub(crate) seed: u64,
    pub(crate) scenario: Scenario,
    pub(crate) data: Source,
    pub(crate) bad_bars: BadBars,
    pub(crate) state: Option<PathBuf>,
    pub(crate) cash: i64,
    pub(crate) risk: RiskConfig,
    /// How long an order may stay unanswered, in real time.
    pub(crate) order_timeout: Duration,
    /// How long the end is shown to scrapes that are still to come.
    pub(crate) hold: Option<Duration>,
    /// How many of them are waited for.
    pub(crate) hold_scrapes: u32,
    /// The time after which a loop that does not turn is stuck.
    pub(crate) stalled_after: Duration,
    /// Where health and metrics are served, and which parts are on.
    pub(crate) monitoring: MonitoringConfig,
    /// When to alert.
    pub(crate) alerts: AlertConfig,
    /// Whom to tell of alerts.
    pub(crate) notify: NotifyConfig,
}

/// Settings of the service that stays up, beside those of a run.
#[derive(Clone, Debug)]
pub(crate) struct ServeSettings {
    /// Where quotes and orders are served.
    pub(crate) api: SocketAddr,
    /// Time between two trading days of the feed.
    pub(crate) pace: Duration,
    /// Who may operate policies, and by which file.
    pub(crate) admin: AdminConfig,
    /// What is wrong with the feed, for tests.
    pub(crate) feed_trouble: FeedTrouble,
}

/// What is wrong with the feed, by the numbers of the dates before which it is.
#[derive(Clone, Debug, Default)]
pub(crate) struct FeedTrouble {
    /// Where it fails: once for each time that a number is named.
    pub(crate) fails: Vec<usize>,
    /// Where it hangs.
    pub(crate) hangs: Option<usize>,
}

impl TryFrom<ServeArgs> for (Settings, ServeSettings) {
    type Error = Error;

    fn try_from(serve: ServeArgs) -> Result<Self, Error> {
        let ServeArgs {
            api,
            pace,
            admin_token,
            admin_token_file,
            policies,
            feed_fails,
            feed_hangs,
            args,
        } = serve;
        let admin = AdminConfig {
            token: token(admin_token, admin_token_file.as_deref())?,
            policies,
        };
        let monitoring = monitoring(args.ops, SERVE_PORT, variable)?;
        if admin.token.is_none() && monitoring.enabled && is_public(&monitoring) {
            let address = monitoring.bind();
            let line = format!(
                "--admin-token: must be set where operations are not on the loopback, but at {address}"
            );
            return Err(Error::Config(line));
        }
        let mut settings = Settings {
            monitoring,
            ..args.try_into()?
        };
        settings.notify.stays_up = true;
        // The next process of a service that stays up goes on with what fires.
        settings.notify.kept = settings.state.is_some() || settings.notify.data.is_some();
        let serve = ServeSettings {
            api,
            pace,
            admin,
            feed_trouble: FeedTrouble {
                fails: feed_fails,
                hangs: feed_hangs,
            },
        };
        Ok((settings, serve))
    }
}

/// Takes what says how the service is watched: from variables, with the address of the flag if there is one.
fn monitoring(
    ops: Option<SocketAddr>,
    port: &str,
    read: impl Fn(&str) -> Option<String>,
) -> Result<MonitoringConfig, Error> {
    let default = |name: &str| match name {
        "MONITORING_PORT" => Some(port.to_owned()),
        // A run lasts seconds.
        "MONITORING_PERFORMANCE_INTERVAL" => Some("1s".to_owned()),
        _ => None,
    };
    let config = MonitoringConfig::from_env(|name| read(name).or_else(|| default(name)));
    let mut config = config.map_err(|error| Error::Config(error.to_string()))?;
    if let Some(address) = ops {
        (config.address, config.port) = (address.ip(), address.port());
    }
    let is_open = config.token.is_none() && !config.allow_public;
    if config.enabled && is_open && is_public(&config) {
        let address = config.bind();
        let line = format!(
            "--ops: must be on the loopback where neither MONITORING_TOKEN nor MONITORING_ALLOW_PUBLIC=true is set, got {address}"
        );
        return Err(Error::Config(line));
    }
    config
        .check()
        .map_err(|error| Error::Config(error.to_string()))?;
    Ok(config)
}

/// Takes what says when to alert, and reads the rules.
fn alerts(
    files: Vec<RuleFile>,
    interval: Duration,
    read: impl Fn(&str) -> Option<String>,
) -> Result<AlertConfig, Error> {
    let thresholds = Thresholds::from_env(read);
    let files = RuleFiles(files);
    Ok(AlertConfig {
        thresholds: thresholds.map_err(|error| Error::Config(error.to_string()))?,
        rules: files.read().map_err(Error::Config)?,
        files,
        interval,
    })
}

fn is_public(config: &MonitoringConfig) -> bool {
    !config.address.to_canonical().is_loopback()
}

/// Reads a variable; what is no text breaks the rule of whatever it is for.
fn variable(name: &str) -> Option<String> {
    let value = std::env::var_os(name)?;
    Some(value.to_string_lossy().into_owned())
}

/// Takes the token, or reads it; says what is wrong with it, and never what it is.
fn token(token: Option<String>, file: Option<&Path>) -> Result<Option<Token>, Error> {
    let (flag, token) = match (token, file) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => {
            let line = "--admin-token, --admin-token-file: at most one may be set";
            return Err(Error::Config(line.to_owned()));
        }
        (Some(text), None) => {
            let text = text.trim_end_matches(['\r', '\n']);
            ("--admin-token", Token::new(text))
        }
        (None, Some(path)) => ("--admin-token-file", Token::from_file(path)),
    };
    token
        .map(Some)
        .map_err(|rule| Error::Config(format!("{flag}: {rule}")))
}

impl Settings {
    /// Says what a run on these settings must have in common with the one before it on its folder.
    pub(crate) fn identity(&self, bars: &Bars) -> Identity {
        let risk = &self.risk;
        let bad_bars = match self.bad_bars {
            BadBars::Refuse => "refuse",
            BadBars::Skip => "skip",
        };
        Identity::new([
            ("seed", self.seed.to_string()),
            ("scenario", self.scenario.to_string()),
            ("data checksum", format!("{:08x}", bars.digest)),
            ("bad-bars", bad_bars.to_owned()),
            ("cash", value::dollars(self.cash)),
            ("max-order-size", value::dollars(risk.max_order_size)),
            ("max-position-size", value::dollars(risk.max_position_size)),
            ("max-daily-loss", value::dollars(risk.max_daily_loss)),
            ("max-drawdown", risk.max_drawdown.to_string()),
            ("drawdown-pause", risk.pause.to_string()),
            ("risk-check-enabled", risk.checks.to_string()),
            ("risk-limits-enforced", risk.enforced.to_string()),
            ("paper-trading-enabled", risk.trading.to_string()),
        ])
    }

    /// Returns what the engine needs of them.
    pub(crate) fn engine(&self, run: String) -> EngineConfig {
        EngineConfig {
            run,
            cash: self.cash,
            risk: self.risk.clone(),
            order_timeout: self.order_timeout,
        }
    }
}

impl TryFrom<Args> for Settings {
    type Error = Error;

    fn try_from(args: Args) -> Result<Self, Error> {
        check_trading(&args)?;
        let notify = NotifyConfig {
            routes: args.notify,
            data: args.alerts_data,
            ..NotifyConfig::default()
        };
        notify.check().map_err(Error::Config)?;
        let mode = match (args.compare, args.stack, args.naive) {
            (_, false, false) => Mode::Compare,
            (false, true, false) => Mode::Stack,
            (false, false, true) => Mode::Naive,
            _ => {
                return Err(Error::Config(
                    "--compare, --stack, --naive: at most one may be set".to_owned(),
                ));
            }
        };
        Ok(Self {
            mode,
            json: args.json,
            seed: args.seed,
            scenario: args.scenario,
            data: args.data.map_or(Source::Embedded, Source::File),
            bad_bars: args.bad_bars,
            state: args.state,
            cash: args.cash,
            risk: RiskConfig {
                max_order_size: args.max_order_size,
                max_position_size: args.max_position_size,
                max_daily_loss: args.max_daily_loss,
                max_drawdown: args.max_drawdown,
                pause: args.drawdown_pause,
                checks: args.risk_check_enabled,
                enforced: args.risk_limits_enforced,
                trading: args.paper_trading_enabled,
            },
            order_timeout: args.default_order_timeout / TIME_SCALE,
            hold: args.hold,
            hold_scrapes: args.hold_scrapes,
            stalled_after: args.stalled_after,
            monitoring: monitoring(args.ops, RUN_PORT, variable)?,
            alerts: alerts(args.rules, args.rules_interval, variable)?,
            notify,
        })
    }
}

/// Refuses combinations of switches under which real money could be at stake unchecked.
fn check_trading(args: &Args) -> Result<(), Error> {
    let live = args.live_trading_enabled;
    let refused = if live && args.paper_trading_enabled {
        "live-trading-enabled: must not be on together with paper-trading-enabled, got both true"
    } else if live && !(args.risk_check_enabled && args.risk_limits_enforced) {
        "risk-check-enabled, risk-limits-enforced: must be on for live trading, got false"
    } else if live {
        "live-trading-enabled: must be off where all venues are simulated, got true"
    } else {
        return Ok(());
    };
    Err(Error::Config(refused.to_owned()))
}

/// Reads the command line and the environment.
///
/// # Errors
///
/// For what is no setting, in one line. Help and version print themselves and end the program.
pub(crate) fn parse() -> Result<Cli, Error> {
    Cli::try_parse().map_err(|error| {
        if !error.use_stderr() {
            error.exit();
        }
        Error::Config(one_line(&error.to_string()))
    })
}

/// Keeps what clap says is wrong, and leaves out the usage and the hints that follow it.
fn one_line(text: &str) -> String {
    let first = text.split("\n\n").next().unwrap_or(text);
    let line = first.split_whitespace().collect::<Vec<_>>().join(" ");
    line.strip_prefix("error: ").unwrap_or(&line).to_owned()
}
