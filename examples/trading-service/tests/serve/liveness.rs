//! A loop that is stuck is found by who asks for liveness, and by the program that asks for it.

use super::common::{Result, service};
use super::running::{Running, SERVE, ask, await_answer, filled_at};

/// What the program says of a service, and its exit code.
fn checked(ops: &str) -> Result<(Option<i32>, String)> {
    let url = format!("http://{ops}/health");
    let output = service(&["--healthcheck", &url]).output()?;
    let said = String::from_utf8(output.stdout)? + &String::from_utf8(output.stderr)?;
    Ok((output.status.code(), said))
}

#[test]
fn a_feed_that_hangs_is_stalled_to_probe_health_check_and_console_and_the_api_goes_on() -> Result {
    let hanging = [
        "--pace",
        "0.01",
        "--feed-hangs",
        "2",
        "--stalled-after",
        "5",
    ];
    let mut service = Running::start(&[&SERVE[..], &hanging].concat())?;
    let (api, ops) = (service.listening("api")?, service.listening("ops")?);
    await_answer(&ops, "GET /health", |status, body| {
        status == 200 && body.contains(r#""status":"ok""#)
    })?;
    service.says(" s: stack feed")?;
    let (status, body) = ask(&ops, "GET /health", "")?;
    assert!(
        status == 503 && body.contains(r#""status":"stalled""#),
        "{status} {body}"
    );
    let (code, said) = checked(&ops)?;
    assert_eq!(code, Some(1), "{said}");
    let expected = format!("error: http://{ops}/health: 503 {{");
    assert!(
        said.starts_with(&expected) && said.contains(r#""stalled""#) && said.lines().count() == 1,
        "{said}"
    );
    assert_eq!(filled_at(&api, "a")?, "primary");
    // What is stuck is no dependency, and no component: only a restart helps.
    assert_eq!(ask(&ops, "GET /health/detail", "")?.0, 200);
    service.signal("-TERM")?;
    assert_eq!(service.child.wait()?.code(), Some(0));
    Ok(())
}

#[test]
fn a_health_check_of_a_service_that_turns_is_good() -> Result {
    let service = Running::start(&SERVE)?;
    let (code, said) = checked(&service.listening("ops")?)?;
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains(r#""status":"ok""#), "{said}");
    Ok(())
}
