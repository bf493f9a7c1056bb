//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use admf_metrics::healthcheck;
use clap::builder::BoolishValueParser;
use clap::{ArgAction, Parser, Subcommand};

use super::value::{amount, order_timeout, pace, part, seconds, stall};
use crate::bars::BadBars;
use crate::day::Scenario;
use crate::ops::RuleFile;
use crate::venue::VenueArgs;

/// Trades real daily bars through two simulated venues on a bad day, and shows what a resilience
/// stack is worth: the same day with it and without it, side by side.
#[derive(Debug, Parser)]
#[command(
    name = "trading-service",
    version,
    args_conflicts_with_subcommands = true
)]
#[command(
    after_help = "What watches the service is switched by MONITORING_*: ENABLED, PERFORMANCE_ENABLED, ALERTS_ENABLED, HEALTH_CHECK_ENABLED, PERFORMANCE_INTERVAL, ADDRESS, PORT, TOKEN, TOKEN_FILE, ALLOW_PUBLIC; what alert rules compare with by DRAWDOWN_THRESHOLD, SHARPE_THRESHOLD, VOLATILITY_THRESHOLD.\n\nExit codes: 0 done, 1 failed or not reconciled, 2 bad setting, 130 and 143 stopped by a signal."
)]
pub(crate) struct Cli {
    /// Ask a running service how it is, and exit with 0 or 1
    #[arg(long, value_name = "URL", num_args = 0..=1, default_missing_value = healthcheck::URL)]
    pub(crate) healthcheck: Option<String>,
    #[command(flatten)]
    pub(crate) args: Args,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// What to do other than to replay a day.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Print the table of all metrics, in Markdown
    Metrics {
        /// Read a scrape from standard input instead, and say whether all in it is valid and as declared
        #[arg(long)]
        check: bool,
    },
    /// Stay up: an API for quotes and orders, and health, metrics and the operation of policies beside it
    Serve(Box<ServeArgs>),
    /// Is a simulated venue: the service starts its own
    #[command(hide = true)]
    Venue(VenueArgs),
}

/// Settings of the service that stays up.
#[derive(Debug, clap::Args)]
pub(crate) struct ServeArgs {
    /// Where quotes and orders are served
    #[arg(
        long,
        env = "ADMF_API_ADDR",
        value_name = "ADDR",
        default_value = "127.0.0.1:8080"
    )]
    pub(super) api: SocketAddr,
    /// Seconds between two trading days of the feed; after the last day prices stay
    #[arg(long, env = "ADMF_PACE", value_name = "SECONDS", default_value = "1.0", value_parser = pace, allow_negative_numbers = true)]
    pub(super) pace: Duration,
    /// What operators must show as `Authorization: Bearer` at /admin/policies of the operations' address;
    /// without it only the loopback may, where operations are served there alone
    #[arg(
        long,
        env = "ADMF_ADMIN_TOKEN",
        value_name = "TOKEN",
        hide_env_values = true
    )]
    pub(super) admin_token: Option<String>,
    /// The file that holds this token
    #[arg(long, env = "ADMF_ADMIN_TOKEN_FILE", value_name = "FILE")]
    pub(super) admin_token_file: Option<PathBuf>,
    /// Settings of policies as TOML, read again by POST /admin/policies/reload
    #[arg(long, env = "ADMF_POLICIES", value_name = "FILE")]
    pub(super) policies: Option<PathBuf>,
    /// Dates, by number from 0, before which the feed fails: once for each time a number is named
    #[arg(
        long,
        env = "ADMF_FEED_FAILS",
        value_name = "DATES",
        value_delimiter = ',',
        hide = true
    )]
    pub(super) feed_fails: Vec<usize>,
    /// The date, by number from 0, before which the feed hangs
    #[arg(long, env = "ADMF_FEED_HANGS", value_name = "DATE", hide = true)]
    pub(super) feed_hangs: Option<usize>,
    #[command(flatten)]
    pub(crate) args: Args,
}

/// Settings of a run.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Args {
    /// Trade the day with the stack and with a bare client, side by side (the default)
    #[arg(long, env = "ADMF_COMPARE", value_parser = BoolishValueParser::new())]
    pub(super) compare: bool,
    /// Trade the day with the stack alone
    #[arg(long, env = "ADMF_STACK", value_parser = BoolishValueParser::new())]
    pub(super) stack: bool,
    /// Trade the day with a bare client alone: no stack, one timeout, one hopeful second try
    #[arg(long, env = "ADMF_NAIVE", value_parser = BoolishValueParser::new())]
    pub(super) naive: bool,
    /// Print the report as JSON on standard output, and nothing else there
    #[arg(long, env = "ADMF_JSON", value_parser = BoolishValueParser::new())]
    pub(super) json: bool,
    /// The variation of the day: the same seed gives the same faults and signals
    #[arg(
        long,
        env = "ADMF_SEED",
        value_name = "N",
        default_value_t = 42,
        allow_negative_numbers = true
    )]
    pub(super) seed: u64,
    /// What goes wrong: calm, flaky, outage, slow, rate-limited, meltdown, or default for all of them
    #[arg(long, env = "ADMF_SCENARIO", value_name = "NAME", default_value_t)]
    pub(super) scenario: Scenario,
    /// Daily bars as CSV, gzip or plain, instead of those that come with the program
    #[arg(long, env = "ADMF_DATA", value_name = "FILE")]
    pub(super) data: Option<PathBuf>,
    /// What to do with a malformed bar
    #[arg(
        long,
        env = "ADMF_BAD_BARS",
        value_name = "HOW",
        value_enum,
        default_value = "refuse"
    )]
    pub(super) bad_bars: BadBars,
    /// Keep ledger and books in this folder; a run that was cut short goes on where it was
    #[arg(long, env = "ADMF_STATE", value_name = "DIR")]
    pub(super) state: Option<PathBuf>,
    /// After a run, serve on until what was counted in the end was scraped, for at most so many seconds
    #[arg(
        long,
        env = "ADMF_HOLD",
        value_name = "SECONDS",
        num_args = 0..=1,
        default_missing_value = "60",
        value_parser = seconds,
        allow_negative_numbers = true
    )]
    pub(super) hold: Option<Duration>,
    /// How many such scrapes to wait for: one for each server that scrapes
    #[arg(
        long,
        env = "ADMF_HOLD_SCRAPES",
        value_name = "N",
        default_value_t = 1,
        allow_negative_numbers = true
    )]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(super) hold_scrapes: u32,
    /// Seconds without a turn of a replay, or of the feed, after which /health says 503
    #[arg(long, env = "ADMF_STALLED_AFTER", value_name = "SECONDS", default_value = "30.0", value_parser = stall, allow_negative_numbers = true)]
    pub(super) stalled_after: Duration,
    /// Where health and metrics are served (default: a free port of the loopback; for `serve` 127.0.0.1:8081);
    /// beyond the loopback only with MONITORING_TOKEN, or MONITORING_ALLOW_PUBLIC=true
    #[arg(long, env = "ADMF_OPS_ADDR", value_name = "ADDR")]
    pub(super) ops: Option<SocketAddr>,
    /// Alert rules in files of Prometheus instead of those that come with the program; those of trading=FILE are evaluated by
    /// the dates of the bars, the others by real time; objectives=FILE is one of objectives. `serve` reads them again at SIGHUP
    #[arg(
        long,
        env = "ADMF_RULES",
        value_name = "FILE",
        num_args = 1..,
        value_delimiter = ','
    )]
    pub(super) rules: Vec<RuleFile>,
    /// Real seconds between two evaluations of rules that go by real time
    #[arg(long, env = "ADMF_RULES_INTERVAL", value_name = "SECONDS", default_value = "1.0", value_parser = pace, allow_negative_numbers = true)]
    pub(super) rules_interval: Duration,
    /// Whom to tell of alerts: a file of an Alertmanager, and admf.yml beside it for what an Alertmanager lacks; read again with
    /// the rules. Without it console, a file in the run's folder, and the service's own webhook
    #[arg(long, env = "ADMF_NOTIFY", value_name = "FILE")]
    pub(super) notify: Option<PathBuf>,
    /// Where silences, acknowledgements and what was told are kept over runs (default: in the folder of --state)
    #[arg(long, env = "ADMF_ALERTS_DATA", value_name = "FILE")]
    pub(super) alerts_data: Option<PathBuf>,
    /// Dollars at the start
    #[arg(long, env = "ADMF_CASH", value_name = "DOLLARS", default_value = "200000.0", value_parser = amount, allow_negative_numbers = true)]
    pub(super) cash: i64,
    /// Largest value of an order
    #[arg(long, env = "ADMF_MAX_ORDER_SIZE", value_name = "DOLLARS", default_value = "10000.0", value_parser = amount, allow_negative_numbers = true)]
    pub(super) max_order_size: i64,
    /// Largest value held of one symbol
    #[arg(long, env = "ADMF_MAX_POSITION_SIZE", value_name = "DOLLARS", default_value = "100000.0", value_parser = amount, allow_negative_numbers = true)]
    pub(super) max_position_size: i64,
    /// Loss since the day before after which nothing is bought that day
    #[arg(long, env = "ADMF_MAX_DAILY_LOSS", value_name = "DOLLARS", default_value = "5000.0", value_parser = amount, allow_negative_numbers = true)]
    pub(super) max_daily_loss: i64,
    /// Part of the highest equity after whose loss buying pauses
    #[arg(long, env = "ADMF_MAX_DRAWDOWN", value_name = "PART", default_value = "0.1", value_parser = part, allow_negative_numbers = true)]
    pub(super) max_drawdown: f64,
    /// Trading days that buying pauses after a drawdown
    #[arg(
        long,
        env = "ADMF_DRAWDOWN_PAUSE",
        value_name = "DAYS",
        default_value_t = 20,
        allow_negative_numbers = true
    )]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(super) drawdown_pause: u32,
    /// Check orders against the limits
    #[arg(
        long,
        env = "ADMF_RISK_CHECK_ENABLED",
        value_name = "BOOL",
        default_value = "true"
    )]
    #[arg(action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub(super) risk_check_enabled: bool,
    /// Reject orders that break a limit, instead of only counting them
    #[arg(
        long,
        env = "ADMF_RISK_LIMITS_ENFORCED",
        value_name = "BOOL",
        default_value = "true"
    )]
    #[arg(action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub(super) risk_limits_enforced: bool,
    /// Seconds of the scripted day (a twentieth of that in real time) after which an unanswered order is given up, 15 to 30
    #[arg(long, env = "ADMF_DEFAULT_ORDER_TIMEOUT", value_name = "SECONDS", default_value = "30.0", value_parser = order_timeout, allow_negative_numbers = true)]
    pub(super) default_order_timeout: Duration,
    /// Trade on simulated venues; off, every signal is rejected
    #[arg(
        long,
        env = "ADMF_PAPER_TRADING_ENABLED",
        value_name = "BOOL",
        default_value = "true"
    )]
    #[arg(action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub(super) paper_trading_enabled: bool,
    /// Trade on real venues: refused, there are none
    #[arg(
        long,
        env = "ADMF_LIVE_TRADING_ENABLED",
        value_name = "BOOL",
        default_value = "false"
    )]
    #[arg(action = ArgAction::Set, value_parser = BoolishValueParser::new())]
    pub(super) live_trading_enabled: bool,
}
