//! An engine that tells people by itself, and is killed at any moment: takes samples over HTTP, tells webhooks and a
//! PagerDuty of what fires, and keeps all in a file.
//!
//! Arguments: the file, and the port of whom it tells. It prints its own. `BREAK` breaks what must not be broken:
//! `log-first` logs notices before they are sent, `ack-first` answers before it writes, `no-snapshot` keeps nothing of
//! the engine.

use std::io::BufReader;
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use admf_alerts::alertmanager_file::{Setup, parse};
use admf_alerts::channel::config::{Channel, Limit, PagerDuty, Secret, Webhook};
use admf_alerts::engine::Snapshot;
use admf_alerts::history::{Filter, Kind};
use admf_alerts::notify::{Alert, Silence, SilenceState};
use admf_alerts::series::{MatchOp, Matcher};
use admf_alerts::service::{AlertService, ServiceConfig};
use admf_alerts::{Engine, Options, Rule, RuleGroup, Samples};
use serde_json::{Value, json};
use tests::killed::{FOR, answer, read, request};

/// All go to `first`, and those of every other group to two channels of `second` before.
fn setup(port: u16) -> Setup {
    let text = format!(
        "
route:
  receiver: first
  group_by: [group]
  group_wait: 20ms
  group_interval: 150ms
  routes:
    - {{receiver: second, matchers: ['group=~\".*[02468]\"'], continue: true}}
    - {{receiver: first}}
receivers:
  - name: first
    webhook_configs: [{{url: 'http://127.0.0.1:{port}/first'}}]
  - name: second
    webhook_configs: [{{url: 'http://127.0.0.1:{port}/second'}}]
    pagerduty_configs: [{{routing_key: key, url: 'http://127.0.0.1:{port}/pager'}}]
"
    );
    let mut setup = parse("alertmanager.yml", &text, None).expect("it is sound");
    for channel in setup.channels.values_mut().flatten() {
        // It is the same channel wherever the next process listens.
        if let Channel::Webhook(Webhook { url, .. }) | Channel::PagerDuty(PagerDuty { url, .. }) =
            channel
        {
            let text = url.expose().expect("it is no file").into_owned();
            let path = text.rsplit('/').next().unwrap_or_default();
            *url = Secret::env(path, |_| Some(text.clone())).expect("it is set");
        }
        channel.common_mut().limit = Some(Limit {
            notices: 10_000,
            per: Duration::from_secs(1),
        });
    }
    setup.integrate();
    setup
}

struct Program {
    service: AlertService,
    engine: Engine,
    broken: String,
}

fn main() {
    let mut args = std::env::args().skip(1);
    let mut arg = || args.next().unwrap_or_default();
    let (path, port) = (arg(), arg().parse().expect("a port"));
    let broken = std::env::var("BREAK").unwrap_or_default();
    let told = match &*broken {
        "log-first" => TcpListener::bind("127.0.0.1:0").ok(),
        _ => None,
    };
    let first = told.as_ref().and_then(|it| it.local_addr().ok());
    let setup = setup(first.map_or(port, |it| it.port()));
    let service = AlertService::open(ServiceConfig::new(path, setup)).expect("the file is sound");
    if let Some(told) = told {
        let service = service.clone();
        std::thread::spawn(move || late(&told, port, &service));
    }
    let rule = Rule::new("Broken", "broken > 0")
        .for_(FOR)
        .annotation("summary", "{{ $labels.instance }} is broken");
    let options = Options::default().for_grace(Duration::ZERO);
    let mut engine = Engine::with([RuleGroup::new("storm", [rule])], options).expect("it is sound");
    engine.restore(service.engine());
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    println!("{}", listener.local_addr().expect("it is bound").port());
    let program = Program {
        service: service.clone(),
        engine,
        broken,
    };
    std::thread::spawn(move || program.listen(&listener));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.expect("there is a runtime");
    runtime.block_on(service.run(std::future::pending()));
}

impl Program {
    fn listen(mut self, listener: &TcpListener) {
        for stream in listener.incoming().flatten() {
            let Ok(asked) = read(&mut BufReader::new(&stream)) else {
                continue;
            };
            let first = self.broken == "ack-first" && asked.word == "/samples";
            if first {
                reply(&stream, &json!([]));
            }
            let said = self.ask(&asked.word, &asked.body);
            if !first {
                reply(&stream, &said);
            }
        }
    }

    /// Takes what is asked; what it returns is on disk.
    fn ask(&mut self, path: &str, body: &Value) -> Value {
        let text = |name: &str| body[name].as_str().unwrap_or_default();
        match path {
            "/samples" => self.step(text("samples"), body["at"].as_u64()),
            "/history" => self.history(),
            "/silence" => {
                let now = self.service.now();
                let matcher = Matcher::new("group", MatchOp::Equal, text("group"), false);
                let silence = Silence {
                    matchers: vec![matcher.expect("it is no expression")],
                    starts_at: Some(now),
                    ends_at: Some(now + Duration::from_secs(3_600)),
                    ..Silence::default()
                };
                json!(self.service.set_silence(silence).ok())
            }
            "/expire" => json!(self.service.expire_silence(text("id")).is_ok()),
            "/acknowledge" => json!(self.acknowledge(text("instance"))),
            _ => self.state(),
        }
    }

    /// Evaluates; says what somebody tried to tell, and does not know to have arrived.
    fn step(&mut self, samples: &str, at: Option<u64>) -> Value {
        let (Ok(samples), Some(at)) = (Samples::parse(samples), at) else {
            return Value::Null;
        };
        let at = Duration::from_nanos(at);
        self.engine.step(at, &samples);
        let kept = match &*self.broken {
            "no-snapshot" => Snapshot::default(),
            _ => self.engine.snapshot(),
        };
        self.service.evaluated(kept, self.engine.notices(at));
        self.owed()
    }

    /// What may have been told to fire, by the webhook of each receiver: when it began, by now.
    fn owed(&self) -> Value {
        self.service.look(|notifier, _| {
            let mut owed = Vec::new();
            let webhooks = notifier
                .owed()
                .filter(|(key, _)| key.integration.name.starts_with("webhook "));
            for (key, it) in webhooks {
                let alerts = it.firing.iter().filter_map(|it| notifier.alert(*it));
                owed.extend(alerts.map(|it| {
                    let began = it.starts_at.as_nanos() as u64;
                    json!([key.receiver, it.labels.get("instance"), began])
                }));
            }
            Value::Array(owed)
        })
    }

    /// What happened to instances, the oldest first: kind, instance, text.
    fn history(&self) -> Value {
        let filter = Filter {
            kinds: [Kind::AlertFiring, Kind::AlertResolved].into(),
            ..Filter::default()
        };
        let entries = self.service.history(&filter);
        let shown = entries.iter().rev().map(|it| {
            let event = &it.event;
            json!([
                event.kind.as_str(),
                event.labels.get("instance"),
                event.text
            ])
        });
        shown.collect()
    }

    fn acknowledge(&self, instance: &str) -> bool {
        let alert = self.service.look(|notifier, _| {
            let mut alerts = notifier.alerts();
            let alert = alerts.find(|it| it.labels.get("instance") == Some(instance));
            alert.map(Alert::fingerprint)
        });
        alert.is_some_and(|it| self.service.acknowledge(it, "parent", "").is_ok())
    }

    fn state(&self) -> Value {
        let totals = self.service.totals();
        self.service.look(|notifier, now| {
            let taken = notifier
                .alerts()
                .filter(|it| notifier.acknowledged(now, it.fingerprint()).is_some());
            let taken = taken.filter_map(|it| it.labels.get("instance"));
            let silences = notifier.silences().iter();
            let silences = silences.filter(|it| it.state(now) == SilenceState::Active);
            let told = notifier.log().iter().map(|(_, entry)| entry.firing.len());
            json!({
                "acknowledged": taken.collect::<Vec<_>>(),
                "silences": silences.map(|it| &it.id).collect::<Vec<_>>(),
                "told": told.sum::<usize>(),
                "owed": notifier.owed().len(),
                "dropped": totals.dropped,
                "write_failures": totals.write_failures,
            })
        })
    }
}

fn reply(stream: &TcpStream, said: &Value) {
    // Who asked may be gone.
    drop(answer(stream, 200, said));
}

/// Takes notices, and hands them on once they are held for delivered: what must not be.
fn late(told: &TcpListener, port: u16, service: &AlertService) {
    for stream in told.incoming().flatten() {
        let Ok(notice) = read(&mut BufReader::new(&stream)) else {
            continue;
        };
        reply(&stream, &Value::Null);
        let service = service.clone();
        std::thread::spawn(move || {
            let key = notice.body["groupKey"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            let receiver = notice.body["receiver"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            let owed = || {
                service.look(|it, _| {
                    it.owed()
                        .any(|(it, _)| it.group == key && it.receiver == receiver)
                })
            };
            while owed() {
                std::thread::yield_now();
            }
            drop(request(port, &notice.word, &notice.key, &notice.body));
        });
    }
}
