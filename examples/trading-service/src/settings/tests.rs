use clap::CommandFactory;
use proptest::prelude::*;

use super::*;

fn settings(flags: &[&str]) -> Result<Settings, String> {
    let cli = Cli::try_parse_from(std::iter::once(&"trading-service").chain(flags))
        .map_err(|error| one_line(&error.to_string()))?;
    Settings::try_from(cli.args).map_err(|error| error.to_string())
}

#[test]
fn the_defaults_are_those_of_the_documentation() {
    let settings = settings(&[]).unwrap();
    assert_eq!(
        (settings.mode, settings.json, settings.seed),
        (Mode::Compare, false, 42)
    );
    assert_eq!(settings.scenario, Scenario::Default);
    assert_eq!(
        (
            settings.risk.max_order_size,
            settings.risk.max_position_size
        ),
        (1_000_000, 10_000_000)
    );
    assert!(settings.risk.checks && settings.risk.enforced && settings.risk.trading);
    assert_eq!(settings.order_timeout, Duration::from_millis(1_500));
    assert_eq!(settings.stalled_after, Duration::from_secs(30));
    assert_eq!((settings.hold, settings.hold_scrapes), (None, 1));
}

#[test]
fn the_api_is_served_on_the_loopback_at_the_port_of_the_documentation_unless_it_is_said_otherwise()
{
    let command = Cli::command();
    let serve = command.find_subcommand("serve").unwrap();
    let api = serve
        .get_arguments()
        .find(|it| it.get_long() == Some("api"));
    let defaults = api.unwrap().get_default_values();
    let default: Vec<_> = defaults.iter().map(|it| it.to_str().unwrap()).collect();
    assert_eq!(default, ["127.0.0.1:8080"]);
    let address: SocketAddr = default[0].parse().unwrap();
    assert!(address.ip().is_loopback());
    let documented =
        "-- serve                          # API at 127.0.0.1:8080, operations at 8081\n";
    assert!(include_str!("../../README.md").contains(documented));

    let flags = ["trading-service", "serve", "--api", "127.0.0.2:0"];
    let Some(Command::Serve(given)) = Cli::try_parse_from(flags).unwrap().command else {
        panic!("it is `serve`")
    };
    assert_eq!(given.api.to_string(), "127.0.0.2:0");
}

#[test]
fn every_setting_has_a_flag_and_a_variable_of_the_same_name() {
    let command = Cli::command();
    let serve = command.find_subcommand("serve").unwrap();
    for arg in command.get_arguments().chain(serve.get_arguments()) {
        let Some(flag) = arg.get_long() else {
            panic!("{} has no flag", arg.get_id())
        };
        // These are no settings: they do one thing, and end the program.
        if ["healthcheck", "help", "version"].contains(&flag) {
            continue;
        }
        let variable = arg
            .get_env()
            .unwrap_or_else(|| panic!("--{flag} has no variable"));
        let name = flag.replace('-', "_").to_uppercase();
        let name = if ["API", "OPS"].contains(&name.as_str()) {
            format!("{name}_ADDR")
        } else {
            name
        };
        assert_eq!(variable, format!("ADMF_{name}").as_str());
    }
}

#[test]
fn the_command_line_holds_together() {
    Cli::command().debug_assert();
}

#[test]
fn a_bad_value_is_named_with_its_flag_in_one_line() {
    for (flags, expected) in [
        (&["--seed", "-1"][..], "invalid value '-1' for '--seed <N>'"),
        (
            &["--scenario", "sunny"],
            "invalid value 'sunny' for '--scenario <NAME>'",
        ),
        (
            &["--bad-bars", "fix"],
            "invalid value 'fix' for '--bad-bars <HOW>' [possible values: refuse, skip]",
        ),
        (
            &["--max-order-size", "-5"],
            "invalid value '-5' for '--max-order-size <DOLLARS>': must be dollars above 0",
        ),
        (
            &["--max-position-size", "1e9"],
            "invalid value '1e9' for '--max-position-size <DOLLARS>'",
        ),
        (
            &["--max-drawdown", "1.5"],
            "invalid value '1.5' for '--max-drawdown <PART>': must be above 0 and at most 1",
        ),
        (
            &["--max-drawdown", "nan"],
            "invalid value 'nan' for '--max-drawdown <PART>'",
        ),
        (
            &["--drawdown-pause", "0"],
            "invalid value '0' for '--drawdown-pause <DAYS>'",
        ),
        (
            &["--default-order-timeout", "14.9"],
            "invalid value '14.9' for '--default-order-timeout <SECONDS>'",
        ),
        (
            &["--default-order-timeout", "inf"],
            "invalid value 'inf' for '--default-order-timeout <SECONDS>'",
        ),
        (
            &["--risk-check-enabled", "maybe"],
            "invalid value 'maybe' for '--risk-check-enabled <BOOL>'",
        ),
        (
            &["--stalled-after", "4.9"],
            "invalid value '4.9' for '--stalled-after <SECONDS>': must be 5 to 3600 seconds",
        ),
        (
            &["--hold-scrapes", "0"],
            "invalid value '0' for '--hold-scrapes <N>': 0 is not in 1..=1000",
        ),
        (
            &["--ops", "localhost"],
            "invalid value 'localhost' for '--ops <ADDR>'",
        ),
        (
            &["--no-such-flag"],
            "unexpected argument '--no-such-flag' found",
        ),
        (&["trade"], "unrecognized subcommand 'trade'"),
        (
            &["--naive", "--stack"],
            "--compare, --stack, --naive: at most one may be set",
        ),
    ] {
        let error = settings(flags).unwrap_err();
        assert!(error.starts_with(expected), "{flags:?}: {error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}

#[test]
fn both_kinds_of_trading_at_once_are_a_config_error() {
    let error = settings(&["--live-trading-enabled", "true"]).unwrap_err();
    assert_eq!(
        error,
        "live-trading-enabled: must not be on together with paper-trading-enabled, got both true"
    );
}

#[test]
fn live_trading_is_refused_without_checks_and_without_a_real_venue() {
    let live = [
        "--live-trading-enabled",
        "true",
        "--paper-trading-enabled",
        "false",
    ];
    for unchecked in ["--risk-check-enabled", "--risk-limits-enforced"] {
        let error = settings(&[&live[..], &[unchecked, "false"]].concat()).unwrap_err();
        assert_eq!(
            error,
            "risk-check-enabled, risk-limits-enforced: must be on for live trading, got false"
        );
    }
    let error = settings(&live).unwrap_err();
    assert_eq!(
        error,
        "live-trading-enabled: must be off where all venues are simulated, got true"
    );
}

#[test]
fn amounts_are_written_in_dollars_and_cents() {
    assert_eq!(value::dollars(1_000_000), "10000.00");
    assert_eq!(value::dollars(-5), "-0.05");
    assert_eq!(value::dollars(i64::MIN), "-92233720368547758.08");
}

proptest! {
    #[test]
    fn no_value_panics(text in ".{0,20}") {
        for flag in ["--seed", "--max-drawdown", "--cash", "--default-order-timeout", "--drawdown-pause", "--scenario"] {
            let _ = settings(&[&format!("{flag}={text}")]);
        }
    }
}

#[test]
fn the_flag_says_where_operations_are_served_before_the_variables_and_they_before_the_default() {
    let given = |name: &str| match name {
        "MONITORING_PORT" => Some("9000".to_owned()),
        "MONITORING_PERFORMANCE_INTERVAL" => Some("5s".to_owned()),
        _ => None,
    };
    let flag = Some("127.0.0.2:7000".parse().unwrap());
    let (none, some) = (|_: &str| None, given);
    let bound = |config: MonitoringConfig| config.bind().to_string();
    let defaults = monitoring(None, SERVE_PORT, none).unwrap();
    assert_eq!(defaults.performance_interval, Duration::from_secs(1));
    assert_eq!(bound(defaults), "127.0.0.1:8081");
    assert_eq!(
        bound(monitoring(None, RUN_PORT, none).unwrap()),
        "127.0.0.1:0"
    );
    let set = monitoring(None, SERVE_PORT, some).unwrap();
    assert_eq!(set.performance_interval, Duration::from_secs(5));
    assert_eq!(bound(set), "127.0.0.1:9000");
    assert_eq!(
        bound(monitoring(flag, SERVE_PORT, some).unwrap()),
        "127.0.0.2:7000"
    );
}

#[test]
fn beyond_the_loopback_operations_need_a_token_or_the_wish_and_nothing_where_they_are_off() {
    let public = || Some("0.0.0.0:8081".parse().unwrap());
    let with = |name: &'static str, value: &'static str| {
        move |asked: &str| (asked == name).then(|| value.to_owned())
    };
    assert!(monitoring(public(), SERVE_PORT, |_| None).is_err());
    for read in [
        with("MONITORING_TOKEN", "a-secret-of-the-scrapers"),
        with("MONITORING_ALLOW_PUBLIC", "true"),
        with("MONITORING_ENABLED", "false"),
    ] {
        assert!(monitoring(public(), SERVE_PORT, read).is_ok());
    }
}
