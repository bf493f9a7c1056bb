//! The notifier beside a real Alertmanager: one stream of alerts to both, the same notices from both.

mod channel;
mod corners;
mod server;
mod sink;
mod stream;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

use admf_alerts::notify::{Notifier, Outcome};

use server::Alertmanager;
use sink::Sink;
use stream::{SECONDS, Step, stream};

/// Receiver and group key.
type Group = (String, String);

/// One notice: status, fingerprints of what fires, fingerprints of what ended.
type Notice = (String, BTreeSet<String>, BTreeSet<String>);

/// What each group was told, in order.
type Told = BTreeMap<Group, Vec<Notice>>;

#[test]
fn an_alertmanager_tells_the_same_of_one_stream() {
    let seed = 20_261_121;
    println!("seed {seed}");
    let steps = stream(seed);
    let ours = ours(&steps);
    let sink = Sink::start();
    let Some(theirs) = Alertmanager::start(&stream::alertmanager_yml(sink.port())) else {
        return;
    };
    let at = |step: &Step| step.seconds;
    let theirs = hear(&sink, &steps, at, |step| theirs.post(step), SECONDS, &ours);
    check(seed, steps.len(), &ours, &theirs);
}

/// Compares what both told.
fn check(seed: u64, steps: usize, ours: &Told, theirs: &Told) {
    let notices: usize = ours.values().map(Vec::len).sum();
    println!("{steps} posts, {} groups, {notices} notices", ours.len());
    let groups: BTreeSet<&Group> = ours.keys().chain(theirs.keys()).collect();
    let differ = groups
        .iter()
        .filter(|it| ours.get(**it) != theirs.get(**it));
    let shown: Vec<String> = differ
        .map(|it| {
            format!(
                "{it:?}: ours {:?}, theirs {:?}",
                ours.get(*it),
                theirs.get(*it)
            )
        })
        .collect();
    assert!(shown.is_empty(), "seed {seed}:\n{}", shown.join("\n"));
}

/// What we tell, on a driven clock.
fn ours(steps: &[Step]) -> Told {
    let mut notifier = stream::notifier();
    let mut told = Told::new();
    for step in steps {
        until(&mut notifier, step.at(), &mut told);
        notifier
            .post(step.at(), step.posted())
            .expect("it is sound");
    }
    until(&mut notifier, stream::time(SECONDS + 5.0), &mut told);
    told
}

fn until(notifier: &mut Notifier, time: Duration, told: &mut Told) {
    while let Some(now) = notifier.next_due().filter(|due| *due <= time) {
        for delivery in notifier.due(now) {
            let batch = &delivery.batch;
            let prints = |ended: bool| {
                let alerts = batch.alerts.iter();
                let alerts = alerts.filter(|it| it.ends_at.is_some() == ended);
                alerts.map(|it| it.fingerprint().to_string()).collect()
            };
            let status = if batch.is_firing() {
                "firing"
            } else {
                "resolved"
            };
            let notice = (status.to_owned(), prints(false), prints(true));
            let group = (batch.key.receiver.clone(), batch.key.group.clone());
            told.entry(group).or_default().push(notice);
            notifier.finished(now, delivery.id, Outcome::Sent);
        }
    }
}

/// What the server tells when the same is sent to it in real time, each step at its second. It has told all once it has
/// told as much as we, a while after `last`, or its last chance is over.
fn hear<S>(
    sink: &Sink,
    steps: &[S],
    at: fn(&S) -> f64,
    send: impl Fn(&S),
    last: f64,
    ours: &Told,
) -> Told {
    let began = server::now();
    let passed = || server::now().duration_since(began).unwrap_or_default();
    let mut told = Told::new();
    let mut take = |end: Duration| loop {
        let left = end.saturating_sub(passed());
        match sink.next(left) {
            Ok((group, notice)) => told.entry(group).or_default().push(notice),
            Err(RecvTimeoutError::Timeout) => return told.values().map(Vec::len).sum::<usize>(),
            Err(RecvTimeoutError::Disconnected) => panic!("the sink is gone"),
        }
    };
    for step in steps {
        take(Duration::from_secs_f64(at(step)));
        send(step);
    }
    let wanted: usize = ours.values().map(Vec::len).sum();
    let end = Duration::from_secs_f64(last + 5.0);
    let mut seconds = last + 1.5;
    // A notice too many would come by the next tick.
    while take(Duration::from_secs_f64(seconds)) < wanted && passed() < end {
        seconds += 0.5;
    }
    told
}
