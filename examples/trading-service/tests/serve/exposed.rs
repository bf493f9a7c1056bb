//! What is exposed is clean, and exactly what is declared, whatever happened before.

use super::common::Result;
use super::running::{Running, SERVE, ask, await_ready, filled_at, scrape, send};
use super::sound::sound;

const RULES: &str = "groups:
- name: own
  rules:
  - alert: Traded
    expr: sum(admf_orders_total{status=\"filled\"}) > 0
    labels: {severity: info}
    annotations: {summary: Something was traded.}
";

#[test]
fn after_orders_alerts_and_outages_a_scrape_of_the_service_is_clean_and_as_declared() -> Result {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("rules.yml");
    std::fs::write(&path, RULES)?;
    let rules = path.display().to_string();
    let own = ["--rules", &rules, "--rules-interval", "0.05"];
    let pace = ["--pace", "0.01", "--feed-fails", "2"];
    let service = Running::start(&[&SERVE[..], &own, &pace].concat())?;
    let (api, ops) = (service.listening("api")?, service.listening("ops")?);
    sound(&ask(&ops, "GET /metrics", "")?.1)?;
    await_ready(&ops)?;

    filled_at(&api, "a")?;
    for (request, body, status) in [
        (
            "POST /api/orders",
            r#"{"client_id":"b","symbol":"IBM","side":"sell","quantity":9,"price":10000}"#,
            422,
        ),
        ("POST /api/orders", "{", 400),
        ("GET /api/orders/a", "", 200),
        ("GET /api/quotes", "", 200),
        ("GET /no/such/path", "", 404),
    ] {
        let (found, answer) = ask(&api, request, body)?;
        assert_eq!(found, status, "{request} {body}: {answer}");
    }
    service.says("FIRING   Traded{")?;
    send("-KILL", service.venue("primary")?)?;
    service.says("venue primary listens again")?;
    let reset = "POST /admin/policies/circuit_breaker/primary/reset";
    assert_eq!(ask(&ops, reset, "")?.0, 200);

    // The second tells of the first what a scrape cannot tell of itself.
    for _ in 0..2 {
        sound(&ask(&ops, "GET /metrics", "")?.1)?;
    }
    let samples = scrape(&ops)?;
    let fired = [("alertname", "Traded"), ("severity", "info")];
    assert_eq!(samples.value("alerts_fired_total", &fired), Some(1.0));
    let filled = [("side", "stack"), ("status", "filled")];
    assert_eq!(samples.value("admf_orders_total", &filled), Some(1.0));
    Ok(())
}
