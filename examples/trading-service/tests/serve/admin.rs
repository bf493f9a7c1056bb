//! Policies are operated while the service runs.

use super::common::{Result, service};
use super::running::{Running, SERVE, ask, await_ready, filled_at, scrape};

const TOKEN: &str = "a-secret-of-the-operators";

#[test]
fn policies_are_operated_on_the_port_of_operations_alone() -> Result {
    let service = Running::start(&SERVE)?;
    let (api, ops) = (service.listening("api")?, service.listening("ops")?);
    await_ready(&ops)?;
    let path = "/admin/policies/circuit_breaker/primary";
    for request in ["GET /admin/policies", &format!("POST {path}/isolate")] {
        assert_eq!(ask(&api, request, "")?.0, 404);
    }
    let (status, body) = ask(&ops, "GET /admin/policies", "")?;
    let listed: serde_json::Value = serde_json::from_str(&body)?;
    let listed = listed["policies"].as_array().ok_or("no list")?;
    let kinds: Vec<_> = listed.iter().filter_map(|it| it["kind"].as_str()).collect();
    assert_eq!(status, 200);
    for kind in ["circuit_breaker", "keyed_rate_limiter", "cache", "health"] {
        assert!(kinds.contains(&kind), "{kind} is not in {kinds:?}");
    }

    assert_eq!(ask(&ops, &format!("POST {path}/isolate"), "")?.0, 200);
    service.says(r#""isolate" "circuit_breaker" "primary": done, primary was closed"#)?;
    assert_eq!(filled_at(&api, "a")?, "backup");
    assert_eq!(ask(&ops, &format!("POST {path}/reset"), "")?.0, 200);
    let (status, body) = ask(&ops, "POST /admin/policies/reload", "")?;
    assert!(status == 409 && body.contains("--policies"), "{body}");
    let done = [("action", "isolate"), ("result", "done")];
    let samples = scrape(&ops)?;
    assert_eq!(samples.value("admin_actions_total", &done), Some(1.0));
    let moved = "admf_circuit_breaker_transitions_total";
    for (from, to) in [("closed", "isolated"), ("isolated", "closed")] {
        let labels = [("name", "primary"), ("from", from), ("to", to)];
        assert_eq!(samples.value(moved, &labels), Some(1.0), "{from} to {to}");
    }
    Ok(())
}

#[test]
fn with_a_token_and_a_file_policies_are_reloaded_by_who_shows_it() -> Result {
    let folder = tempfile::tempdir()?;
    let (file, secret) = (folder.path().join("p.toml"), folder.path().join("token"));
    let write = |text: &str| std::fs::write(&file, text);
    write("[bulkhead.primary]\nmax_in_flight = 20\n")?;
    std::fs::write(&secret, format!("{TOKEN}\n"))?;
    let (named, held) = (file.display().to_string(), secret.display().to_string());
    let flags = ["--policies", &named, "--admin-token-file", &held];
    let service = Running::start(&[&SERVE[..], &flags].concat())?;
    let ops = service.listening("ops")?;
    await_ready(&ops)?;
    let shown = |request: &str| {
        let head = format!("{request} HTTP/1.1\r\nauthorization: Bearer {TOKEN}\r\nx-rest:");
        ask(&ops, &head, "")
    };
    let limit = || -> Result<String> { Ok(shown("GET /admin/policies/bulkhead/primary")?.1) };
    assert!(limit()?.contains(r#""max_in_flight":20"#), "{}", limit()?);

    write("[bulkhead.primary]\nmax_in_flight = 30\n")?;
    assert_eq!(ask(&ops, "POST /admin/policies/reload", "")?.0, 401);
    let (status, body) = shown("POST /admin/policies/reload")?;
    assert!(
        status == 200 && body.contains("changed bulkhead.primary"),
        "{body}"
    );
    assert!(limit()?.contains(r#""max_in_flight":30"#));
    service.says(r#""reload": done, changed bulkhead.primary"#)?;
    write("[bulkhead.primary]\nmax_in_flight = 0\n")?;
    let (status, body) = shown("POST /admin/policies/reload")?;
    assert!(
        status == 422 && body.contains("p.toml:2: bulkhead.primary"),
        "{body}"
    );
    assert!(limit()?.contains(r#""max_in_flight":30"#));
    Ok(())
}

#[test]
fn a_bad_token_or_file_of_policies_is_one_line_that_does_not_tell_the_token() -> Result {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("p.toml");
    std::fs::write(&file, "[bulkhead.primary]\nmax_in_flight = 0\n")?;
    let file = file.display().to_string();
    for (flags, expected) in [
        (
            &["--admin-token", "tooshort-7"][..],
            "--admin-token: must be 16 to 256",
        ),
        (
            &["--admin-token", TOKEN, "--admin-token-file", &file],
            "--admin-token, --admin-token-file: at most one",
        ),
        (
            &["--admin-token-file", "/nowhere"],
            "--admin-token-file: /nowhere: No such file",
        ),
        (&["--policies", &file], "--policies: "),
        (&["--policies", "/nowhere"], "--policies: "),
    ] {
        let output = service(&[&SERVE[..], flags].concat()).output()?;
        let said = String::from_utf8(output.stderr)?;
        assert_eq!(output.status.code(), Some(2), "{said}");
        // Nothing listened before it was known.
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(said.starts_with(&format!("error: {expected}")), "{said}");
        assert!(
            !said.contains(TOKEN) && !said.contains("tooshort-7"),
            "{said}"
        );
    }
    Ok(())
}
