//! The program as its user meets it.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

fn service(flags: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trading-service"));
    command.args(flags).stdin(Stdio::null());
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("ADMF_")) {
        command.env_remove(name);
    }
    command
}

fn complaint(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Checks that a run is refused with one line and this exit code.
fn refused(command: &mut Command, code: i32, expected: &str) -> Result {
    let output = command.output()?;
    let said = complaint(&output);
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(
        said.starts_with("error: ") && said.contains(expected),
        "{said}"
    );
    assert!(output.stdout.is_empty());
    Ok(())
}

/// Bars enough for a few signals, with one line replaced.
fn bars(folder: &Path, name: &str, line: Option<(usize, &str)>) -> Result<String> {
    let packed = include_bytes!("../data/us-equities-daily-2000-2013.csv.gz");
    let mut plain = String::new();
    flate2::read::GzDecoder::new(&packed[..]).read_to_string(&mut plain)?;
    let mut lines: Vec<&str> = plain.lines().take(200).collect();
    if let Some((number, text)) = line {
        lines[number - 1] = text;
    }
    let path = folder.join(name);
    std::fs::write(&path, lines.join("\n"))?;
    Ok(path.display().to_string())
}

#[test]
fn a_bad_flag_or_variable_is_refused_in_one_line_with_exit_code_2() -> Result {
    refused(
        &mut service(&["--scenario", "sunny"]),
        2,
        "--scenario <NAME>",
    )?;
    refused(
        &mut service(&["--max-order-size", "-5"]),
        2,
        "must be dollars above 0",
    )?;
    refused(
        &mut service(&["--wrong"]),
        2,
        "unexpected argument '--wrong'",
    )?;
    refused(
        service(&[]).env("ADMF_SEED", "many"),
        2,
        "'many' for '--seed <N>'",
    )?;
    refused(
        service(&[]).env("ADMF_LIVE_TRADING_ENABLED", "true"),
        2,
        "paper-trading-enabled",
    )?;
    refused(
        &mut service(&["serve", "--api", "nowhere"]),
        2,
        "--api <ADDR>",
    )
}

#[test]
fn rules_and_thresholds_that_cannot_be_are_refused_in_one_line_with_exit_code_2() -> Result {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("my.yml");
    std::fs::write(
        &path,
        "groups:\n- name: a\n  rules:\n  - alert: A\n    expr: up >\n",
    )?;
    let rules = path.display().to_string();
    let place = "my.yml:5:11: groups[0].rules[0].expr: ";
    refused(&mut service(&["--rules", &rules]), 2, place)?;
    refused(
        service(&[]).env("ADMF_RULES", format!("trading={rules}")),
        2,
        place,
    )?;
    refused(&mut service(&["serve", "--rules", &rules]), 2, place)?;
    refused(
        &mut service(&["--rules", "/no/such.yml"]),
        2,
        "--rules: /no/such.yml: cannot be read: No such file",
    )?;
    refused(
        &mut service(&["--rules", "trading="]),
        2,
        "must be FILE, trading=FILE or objectives=FILE",
    )?;
    refused(&mut service(&["--rules"]), 2, "--rules <FILE>")?;
    refused(
        service(&[]).env("MONITORING_DRAWDOWN_THRESHOLD", "20"),
        2,
        "MONITORING_DRAWDOWN_THRESHOLD: must be a ratio above 0 and at most 1, such as 0.2 for 20 %, got \"20\"",
    )
}

#[test]
fn routes_and_receivers_that_cannot_be_are_refused_in_one_line_with_their_place_and_exit_code_2()
-> Result {
    let folder = tempfile::tempdir()?;
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text);
    write("routes.yml", "route: {receiver: nobody}\n")?;
    let routes = folder.path().join("routes.yml").display().to_string();
    let place = "routes.yml:1:19: route.receiver: there is no receiver `nobody`";
    refused(&mut service(&["--notify", &routes]), 2, place)?;
    refused(&mut service(&["serve", "--notify", &routes]), 2, place)?;
    refused(service(&[]).env("ADMF_NOTIFY", &routes), 2, place)?;
    write(
        "routes.yml",
        "route: {receiver: a}\nreceivers: [{name: a}]\n",
    )?;
    write("admf.yml", "receivers:\n- name: a\n  file_configs: [{}]\n")?;
    let place = "admf.yml:3:18: receivers[0].file_configs[0]: there is no `path`";
    refused(&mut service(&["--notify", &routes]), 2, place)?;
    refused(
        &mut service(&["--notify", "/no/such.yml"]),
        2,
        "--notify: /no/such.yml: No such file",
    )?;
    refused(
        service(&[]).env("ALERTS_WEBHOOK_TOKEN", "tooshort"),
        2,
        "ALERTS_WEBHOOK_TOKEN: must be 16 to 256",
    )?;
    write("state", "no database")?;
    let data = folder.path().join("state").display().to_string();
    refused(&mut service(&["--alerts-data", &data]), 1, &data)
}

#[test]
fn alerts_that_are_switched_off_are_off_in_the_report_too() -> Result {
    let folder = tempfile::tempdir()?;
    let data = bars(folder.path(), "bars.csv", None)?;
    let run = ["--naive", "--scenario", "calm", "--data", &data];
    let off = |flags: &[&str]| {
        let mut command = service(&[&run[..], flags].concat());
        command.env("MONITORING_ALERTS_ENABLED", "false").output()
    };
    let text = String::from_utf8(off(&[])?.stdout)?;
    assert!(
        text.contains("\nalerts: rules were not evaluated\n"),
        "{text}"
    );
    let report: Value = serde_json::from_slice(&off(&["--json"])?.stdout)?;
    assert_eq!(report["alerts"]["enabled"], false);
    let text = String::from_utf8(service(&run).output()?.stdout)?;
    let fired = "\nalert TradingCircuitBreakerTrippedCritical: fired ";
    assert!(text.contains(fired), "{text}");
    Ok(())
}

#[test]
fn a_missing_file_is_refused_in_one_line_with_exit_code_1() -> Result {
    refused(
        &mut service(&["--data", "/no/such.csv"]),
        1,
        "/no/such.csv: No such file",
    )
}

#[test]
fn a_state_folder_that_cannot_be_one_is_refused_in_one_line() -> Result {
    refused(
        &mut service(&["--state", "/dev/null/state"]),
        1,
        "--state: /dev/null/state: ",
    )
}

#[test]
fn help_names_every_flag_with_its_variable() -> Result {
    let output = service(&["--help"]).output()?;
    let text = String::from_utf8(output.stdout)?;
    assert!(output.status.success());
    for name in [
        "--compare",
        "--naive",
        "--json",
        "--seed",
        "--scenario",
        "--data",
        "--state",
        "serve",
        "ADMF_SEED",
    ] {
        assert!(text.contains(name), "{name} is missing from:\n{text}");
    }
    assert!(!text.contains("venue  "), "the venue is hidden:\n{text}");
    Ok(())
}

#[test]
fn a_malformed_bar_is_refused_by_line_and_column_or_left_out_as_asked() -> Result {
    let folder = tempfile::tempdir()?;
    let data = bars(
        folder.path(),
        "bad.csv",
        Some((50, "AAPL,2000-05-09,1,2,3,x,5,6")),
    )?;
    let run = ["--naive", "--scenario", "calm", "--data", &data];
    refused(
        &mut service(&run),
        1,
        "bad.csv: line 50, column Close: must be a price above 0",
    )?;

    let output = service(&[&run[..], &["--bad-bars", "skip"]].concat()).output()?;
    let text = String::from_utf8(output.stdout.clone())?;
    assert_eq!(output.status.code(), Some(0), "{}", complaint(&output));
    assert!(
        text.contains("malformed bars left out: 1\n  line 50, column Close: "),
        "{text}"
    );

    let output = service(&[&run[..], &["--bad-bars", "skip", "--json"]].concat()).output()?;
    let report: Value = serde_json::from_slice(&output.stdout)?;
    assert_eq!(report["naive"]["skipped_bars"].as_u64(), Some(1));
    assert!(complaint(&output).contains("warning: line 50, column Close: "));
    Ok(())
}

#[test]
fn json_is_alone_on_standard_output_and_counts_every_signal() -> Result {
    let folder = tempfile::tempdir()?;
    let data = bars(folder.path(), "bars.csv", None)?;
    let output = service(&["--stack", "--json", "--scenario", "calm", "--data", &data]).output()?;
    assert_eq!(output.status.code(), Some(0), "{}", complaint(&output));
    let report: Value = serde_json::from_slice(&output.stdout)?;
    let side = &report["stack"];
    let number = |name: &str| {
        side[name]
            .as_u64()
            .ok_or(format!("{name} is no number in {side}"))
    };
    let ends = [
        "risk_rejected",
        "refused_unsent",
        "filled",
        "cancelled",
        "in_doubt",
    ];
    let ended = ends
        .into_iter()
        .map(number)
        .sum::<std::result::Result<u64, _>>()?;
    assert!(ended > 10 && ended == number("orders")? && number("filled")? > 0);
    assert_eq!((number("lost")?, number("duplicated")?), (0, 0));
    Ok(())
}

#[test]
fn a_state_folder_of_a_run_with_other_flags_is_refused() -> Result {
    let folder = tempfile::tempdir()?;
    let data = bars(folder.path(), "bars.csv", None)?;
    let state = folder.path().join("state").display().to_string();
    let run = [
        "--naive",
        "--scenario",
        "calm",
        "--data",
        &data,
        "--state",
        &state,
    ];
    let first = service(&run).output()?;
    assert!(first.status.success(), "{}", complaint(&first));
    let again = service(&run).output()?;
    assert_eq!(
        again.stdout, first.stdout,
        "a finished state reports the same again"
    );
    let other = [&run[..], &["--seed", "7"]].concat();
    refused(
        &mut service(&other),
        2,
        "belongs to a run with seed 42, got seed 7",
    )?;
    let other = [&run[..], &["--max-order-size", "5000"]].concat();
    refused(
        &mut service(&other),
        2,
        "with max-order-size 10000.00, got max-order-size 5000.00",
    )
}

/// A run that is ended from outside as soon as it is seen at work.
fn interrupted(state: &str, signal: &str) -> Result<Output> {
    signalled(state, signal, Ok)
}

/// A run in which the process that `whom` finds, given the service, gets a signal as soon as the run
/// is seen at work.
fn signalled(state: &str, signal: &str, whom: fn(u32) -> Result<u32>) -> Result<Output> {
    let mut child = service(&["--stack", "--json", "--scenario", "calm", "--state", state])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut progress = BufReader::new(child.stderr.take().ok_or("standard error is piped")?);
    let mut line = String::new();
    while !line.starts_with("replayed") {
        line.clear();
        assert!(
            progress.read_line(&mut line)? > 0,
            "it ended before it was at work"
        );
    }
    let sent = Command::new("kill")
        .args([signal, &whom(child.id())?.to_string()])
        .status()?;
    assert!(sent.success());
    let mut said = Vec::new();
    std::io::copy(&mut progress, &mut said)?;
    let output = child.wait_with_output()?;
    Ok(Output {
        stderr: said,
        ..output
    })
}

/// Returns a child of a process: of a service, one of its venues.
fn venue_of(service: u32) -> Result<u32> {
    for thread in std::fs::read_dir(format!("/proc/{service}/task"))? {
        let children = std::fs::read_to_string(thread?.path().join("children"))?;
        if let Some(child) = children.split_whitespace().next() {
            return Ok(child.parse()?);
        }
    }
    Err("a service at work has venues".into())
}

#[test]
fn a_run_whose_venue_dies_ends_at_once_and_goes_on_later() -> Result {
    let folder = tempfile::tempdir()?;
    let state = folder.path().display().to_string();
    let output = signalled(&state, "-KILL", venue_of)?;
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("its process has ended: signal: 9"), "{said}");
    let output =
        service(&["--stack", "--json", "--scenario", "calm", "--state", &state]).output()?;
    assert_eq!(output.status.code(), Some(0), "{}", complaint(&output));
    let report: Value = serde_json::from_slice(&output.stdout)?;
    assert_eq!(report["stack"]["duplicated"].as_u64(), Some(0));
    Ok(())
}

#[test]
fn a_stopped_run_reports_exits_by_its_signal_and_goes_on_later() -> Result {
    let folder = tempfile::tempdir()?;
    let state = folder.path().display().to_string();
    for (signal, code) in [("-TERM", 143), ("-INT", 130)] {
        let output = interrupted(&state, signal)?;
        assert_eq!(output.status.code(), Some(code));
        let report: Value = serde_json::from_slice(&output.stdout)?;
        assert_eq!(
            report["stack"]["interrupted"],
            Value::Bool(true),
            "{report}"
        );
    }
    Ok(())
}

#[test]
fn a_run_that_was_killed_goes_on_to_its_end() -> Result {
    use std::os::unix::process::ExitStatusExt;
    let folder = tempfile::tempdir()?;
    let state = folder.path().display().to_string();
    let killed = interrupted(&state, "-KILL")?;
    assert_eq!(killed.status.signal(), Some(9));
    let output =
        service(&["--stack", "--json", "--scenario", "calm", "--state", &state]).output()?;
    assert_eq!(output.status.code(), Some(0), "{}", complaint(&output));
    let report: Value = serde_json::from_slice(&output.stdout)?;
    assert_eq!(report["stack"]["bars"].as_u64(), Some(12_154));
    assert_eq!(report["stack"]["orders"], report["stack"]["signals"]);
    assert_eq!(report["stack"]["duplicated"].as_u64(), Some(0));
    Ok(())
}

#[test]
fn two_runs_cannot_share_a_state_folder() -> Result {
    let folder = tempfile::tempdir()?;
    let state = folder.path().display().to_string();
    let held = std::fs::File::create(folder.path().join("lock"))?;
    held.lock()?;
    refused(
        &mut service(&["--naive", "--state", &state]),
        1,
        "is in use by another run",
    )
}

#[test]
fn a_reader_that_goes_away_is_an_error_and_no_panic() -> Result {
    let folder = tempfile::tempdir()?;
    let data = bars(folder.path(), "bars.csv", None)?;
    let (reader, writer) = std::io::pipe()?;
    drop(reader);
    // Nobody reads: the first write must fail, and not the program with it.
    assert!(writer.try_clone()?.write_all(b"x").is_err());
    let output = service(&["--naive", "--scenario", "calm", "--data", &data])
        .stdout(writer)
        .output()?;
    let said = complaint(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("error: standard output: Broken pipe") && !said.contains("panicked"),
        "{said}"
    );
    Ok(())
}

#[test]
fn a_health_check_says_in_one_line_and_by_its_exit_code_whether_a_service_is_healthy() -> Result {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}/health", listener.local_addr()?);
    for (answer, code, said) in [
        ("HTTP/1.1 200 OK\r\n\r\n{\"status\":\"ok\"}", 0, ""),
        (
            "HTTP/1.1 503 No\r\n\r\n{\"status\":\"stalled\"}",
            1,
            ": 503 {\"status\":\"stalled\"}",
        ),
    ] {
        let asking = service(&["--healthcheck", &url])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let (mut client, _) = listener.accept()?;
        // All of the question: to close on what was not read would cut the answer off.
        for line in BufReader::new(client.try_clone()?).lines() {
            if line?.is_empty() {
                break;
            }
        }
        client.write_all(answer.as_bytes())?;
        drop(client);
        let output = asking.wait_with_output()?;
        assert_eq!(output.status.code(), Some(code));
        let line = String::from_utf8_lossy(&output.stdout).into_owned() + &complaint(&output);
        match code {
            0 => assert_eq!(line, "{\"status\":\"ok\"}\n"),
            _ => assert_eq!(line, format!("error: {url}{said}\n")),
        }
    }
    drop(listener);
    refused(
        &mut service(&["--healthcheck", &url]),
        1,
        "Connection refused",
    )?;
    refused(
        &mut service(&["--healthcheck", "x"]),
        1,
        "must be http://HOST",
    )
}

/// What the program says of a scrape, and its exit code.
fn checked(scrape: &str) -> Result<(Option<i32>, String)> {
    let mut command = service(&["metrics", "--check"]);
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut asking = piped.stderr(Stdio::piped()).spawn()?;
    let mut stdin = asking.stdin.take().ok_or("standard input is piped")?;
    stdin.write_all(scrape.as_bytes())?;
    drop(stdin);
    let output = asking.wait_with_output()?;
    let line = String::from_utf8_lossy(&output.stdout).into_owned() + &complaint(&output);
    Ok((output.status.code(), line))
}

#[test]
fn a_scrape_is_held_against_what_is_declared() -> Result {
    let good = "# HELP bars_replayed_total Bars replayed.\n# TYPE bars_replayed_total counter\nbars_replayed_total{side=\"stack\"} 3\n";
    let (code, said) = checked(good)?;
    assert_eq!(
        (code, said.as_str()),
        (Some(0), "all is valid and as declared\n")
    );
    for (scrape, expected) in [
        (
            good.replace("stack", "other"),
            "line 3: metric `bars_replayed_total`: label `side`: value \"other\" is not declared",
        ),
        (
            good.replace("Bars replayed.", "Bars."),
            "line 1: metric `bars_replayed_total`: help is \"Bars.\", declared is",
        ),
        (
            good.replace("counter", "gauge"),
            "line 1: metric `bars_replayed_total`: declared as a counter, exposed as a gauge",
        ),
        (
            good.replace("bars_", "cars_"),
            "line 1: metric `cars_replayed_total`: not declared",
        ),
        (good.replace(" 3\n", " three\n"), "line 3: "),
        (String::new(), "there is no metric in it"),
    ] {
        let (code, said) = checked(&scrape)?;
        assert_eq!(code, Some(1), "{said}");
        let expected = format!("error: standard input: {expected}");
        assert!(
            said.starts_with(&expected) && said.lines().count() == 1,
            "{said}"
        );
    }
    Ok(())
}
