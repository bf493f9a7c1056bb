//! Replicas as processes, of which one is killed.

use serde_json::{Value, json};
use tests::postgres::Postgres;
use tests::service::{Service, ask as http};

use super::people::{People, said};
use super::postgres::ask;
use super::{EVERY, soon};

fn config(port: u16) -> String {
    format!(
        "
route: {{receiver: team, group_by: [alertname], group_wait: 0s, group_interval: 1s}}
receivers:
  - name: team
    webhook_configs: [{{url: 'http://127.0.0.1:{port}/hook'}}]
    pagerduty_configs: [{{routing_key: key, url: 'http://127.0.0.1:{port}/pager'}}]
"
    )
}

struct Replica(Service);

impl Replica {
    fn start(postgres: &Postgres, port: u16) -> Self {
        let program = env!("CARGO_BIN_EXE_alert_service");
        let leader = [("LEADER", &*postgres.url())];
        Self(Service::start_with(program, &config(port), None, &leader))
    }

    fn ask(&self, method: &str, path: &str, body: &str) -> Value {
        let (status, body) = http(&self.0.address(), method, path, body).expect("it answers");
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).unwrap_or_default()
    }

    fn post(&self, name: &str, ends_at: Option<&str>) {
        let alert = json!([{
            "labels": {"alertname": name},
            "startsAt": "2026-01-02T03:04:05Z",
            "endsAt": ends_at.unwrap_or("2126-01-02T03:04:05Z"),
        }]);
        self.ask("POST", "/api/v2/alerts", &alert.to_string());
    }

    async fn is(&self, phase: &str) {
        let asked = || self.ask("GET", "/api/admf/v1/status", "")["phase"] == phase;
        until(async || asked()).await;
    }
}

async fn until(look: impl AsyncFn() -> bool) {
    let mut again = tokio::time::interval(EVERY);
    let looks = async {
        while !look().await {
            again.tick().await;
        }
    };
    soon(looks).await;
}

/// What the pager was told and the key of its incident, and what the other channel was told and of which group.
async fn both(people: &mut People) -> [(String, String); 2] {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut told = [people.told().await, people.told().await];
    told.sort_by(|a, b| b.word.cmp(&a.word));
    let [pager, hook] = told;
    assert_eq!((&*pager.word, &*hook.word), ("/pager", "/hook"));
    [
        (
            text(&pager.body["event_action"]),
            text(&pager.body["dedup_key"]),
        ),
        (said(&hook), text(&hook.body["groupKey"])),
    ]
}

#[tokio::test]
async fn what_one_told_before_it_was_killed_ends_by_the_other_under_the_same_key_and_once() {
    let Some(postgres) = Postgres::start() else {
        return;
    };
    let mut people = People::new();
    let mut first = Replica::start(&postgres, people.port);
    first.is("telling").await;
    let second = Replica::start(&postgres, people.port);
    second.is("standing by").await;
    for name in ["Down", "Over"] {
        first.post(name, None);
        second.post(name, None);
    }
    let told = [both(&mut people).await, both(&mut people).await];
    let [pager, hook] = match told[0][1].0 == "firing Down" {
        true => &told[0],
        false => &told[1],
    };
    let ended = Some("2026-01-02T03:05:00Z");
    first.post("Over", ended);
    second.post("Over", ended);
    assert_eq!(both(&mut people).await[1].0, "resolved Over");
    // That all of it has arrived is known to the next.
    let known = "SELECT count(*) FILTER (WHERE kind = 'log') - count(*) FILTER (WHERE kind = 'owed') FROM admf_told";
    until(async || ask(&postgres, known).await == 4).await;
    first.0.kill();
    second.post("Down", ended);
    let [resolved, end] = both(&mut people).await;
    assert_eq!(resolved, ("resolve".to_owned(), pager.1.clone()));
    assert_eq!(end, ("resolved Down".to_owned(), hook.1.clone()));
    // And nothing besides.
    second.is("telling").await;
    second.post("Last", None);
    assert_eq!(both(&mut people).await[1].0, "firing Last");
    assert!(people.is_told_no_more());
}
