//! A notifier that is killed at any moment: takes alerts over HTTP, tells a webhook of them, and keeps all in a file.
//!
//! Arguments: the file, the port of the webhook, after how many notices it dies between notice and log (0: never), and
//! `log-first` to log before it sends, as it must not. It prints its port.

use std::io::BufReader;
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use admf_alerts::Labels;
use admf_alerts::channel::Webhook;
use admf_alerts::durable::Durable;
use admf_alerts::notify::{Config, Delivery, GroupBy, Integration, Outcome, Posted, Silence};
use admf_alerts::series::{MatchOp, Matcher};
use serde_json::{Value, json};
use tests::killed::{answer, request};

#[expect(
    clippy::disallowed_methods,
    reason = "times outlive the process, so they are those of the wall"
)]
fn now() -> Duration {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.expect("it is after 1970")
}

enum Happened {
    Asked(String, Value, TcpStream),
    Finished(u64, Outcome),
}

struct Webhooks {
    port: u16,
    log_first: bool,
    dies_after: u64,
    sent: u64,
}

fn config() -> Config {
    let mut config = Config::default();
    config.resolve_timeout = Duration::from_secs(3_600);
    config
        .receivers
        .insert("team".to_owned(), vec![Integration::default()]);
    config.route.receiver = Some("team".to_owned());
    config.route.group_by = Some(GroupBy::Labels(["group".to_owned()].into()));
    config.route.group_wait = Some(Duration::from_millis(20));
    config.route.group_interval = Some(Duration::from_millis(50));
    config
}

fn main() {
    let mut args = std::env::args().skip(1);
    let mut arg = || args.next().unwrap_or_default();
    let (path, port, dies_after, order) = (arg(), arg(), arg(), arg());
    let mut webhooks = Webhooks {
        port: port.parse().expect("a port"),
        log_first: order == "log-first",
        dies_after: dies_after.parse().expect("a number"),
        sent: 0,
    };
    let mut durable = Durable::open(path, config(), || 0.5, now()).expect("the file is sound");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    println!("{}", listener.local_addr().expect("it is bound").port());
    let (sender, happened) = mpsc::channel();
    let asked = sender.clone();
    std::thread::spawn(move || listen(&listener, &asked));
    loop {
        let due = durable.next_due().map(|due| due.saturating_sub(now()));
        match happened.recv_timeout(due.unwrap_or(Duration::from_secs(3_600))) {
            Ok(Happened::Asked(path, body, stream)) => {
                let said = ask(&mut durable, &path, &body);
                // Who asked may be gone.
                drop(answer(stream, &said));
            }
            Ok(Happened::Finished(id, outcome)) => {
                if !webhooks.log_first {
                    webhooks.sent += u64::from(outcome == Outcome::Sent);
                    webhooks.die_if_it_is_time();
                    durable.finished(now(), [(id, outcome)]);
                }
            }
            Err(RecvTimeoutError::Timeout) => {
                let due = durable.due(now());
                webhooks.send(&mut durable, due, &sender);
            }
            Err(RecvTimeoutError::Disconnected) => unreachable!("it is held here too"),
        }
    }
}

impl Webhooks {
    fn die_if_it_is_time(&self) {
        if self.dies_after > 0 && self.sent >= self.dies_after {
            std::process::abort();
        }
    }

    fn send(&mut self, durable: &mut Durable, due: Vec<Delivery>, done: &Sender<Happened>) {
        for delivery in due {
            if self.log_first {
                durable.finished(now(), [(delivery.id, Outcome::Sent)]);
                self.sent += 1;
                self.die_if_it_is_time();
            }
            let (done, port) = (done.clone(), self.port);
            std::thread::spawn(move || {
                let batch = &delivery.batch;
                let body = json!({
                    "key": batch.idempotency_key,
                    "webhook": Webhook::new(batch, "", 0),
                });
                let outcome = match request(port, "/", &body) {
                    Ok(_) => Outcome::Sent,
                    Err(_) => Outcome::Again {
                        after: Duration::ZERO,
                    },
                };
                done.send(Happened::Finished(delivery.id, outcome))
            });
        }
    }
}

fn listen(listener: &TcpListener, asked: &Sender<Happened>) {
    for stream in listener.incoming().flatten() {
        let mut reader = BufReader::new(&stream);
        let Ok((path, body)) = tests::killed::read(&mut reader) else {
            continue;
        };
        drop(reader);
        if asked.send(Happened::Asked(path, body, stream)).is_err() {
            return;
        }
    }
}

/// Takes what is posted; what it returns is on disk.
fn ask(durable: &mut Durable, path: &str, body: &Value) -> Value {
    let now = now();
    match path {
        "/alerts" => {
            let time = |it: &Value| it.as_u64().map(Duration::from_nanos);
            let posted = body.as_array().into_iter().flatten().map(|it| Posted {
                labels: Labels::from_iter([
                    ("alertname", it["name"].as_str().unwrap_or_default()),
                    ("group", it["group"].as_str().unwrap_or_default()),
                ]),
                starts_at: time(&it["starts"]),
                ends_at: time(&it["ends"]),
                ..Posted::default()
            });
            let taken = durable.post(now, posted);
            json!(taken.iter().all(Result::is_ok))
        }
        "/silence" => {
            let group = body.as_str().unwrap_or_default();
            let matcher = Matcher::new("group", MatchOp::Equal, group, false);
            let silence = Silence {
                matchers: vec![matcher.expect("it is no expression")],
                starts_at: Some(now),
                ends_at: Some(now + Duration::from_secs(3_600)),
                ..Silence::default()
            };
            let set = durable.change(now, |it| {
                it.silences_mut().set(silence, now, || "silence".to_owned())
            });
            json!(set.is_ok())
        }
        "/acknowledge" => {
            let name = body.as_str().unwrap_or_default();
            let print = |it: &admf_alerts::notify::Alert| {
                let mine = it.labels.get("alertname") == Some(name);
                mine.then(|| it.fingerprint())
            };
            let alert = durable.notifier().alerts().find_map(print);
            let taken = alert
                .map(|alert| durable.change(now, |it| it.acknowledge(now, alert, "parent", "")));
            json!(taken.is_some_and(|it| it.is_ok()))
        }
        _ => {
            let notifier = durable.notifier();
            let acknowledged = notifier
                .alerts()
                .filter(|it| notifier.acknowledged(now, it.fingerprint()).is_some());
            let firing = notifier.log().iter().map(|(_, entry)| entry.firing.len());
            json!({
                "silences": notifier.silences().iter().count(),
                "acknowledged": acknowledged.count(),
                "told": firing.sum::<usize>(),
                "owed": notifier.state().owed.len(),
            })
        }
    }
}
