//! Three processes share a rate while their Redis is killed and started again.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use tests::shared_rate::{BATCH, BURST, CALLS_IN_OUTAGE, CLIENTS, LEASE, LOCAL, PERMIT, monotonic};

use crate::server::Server;

/// Longer than anything takes; not a wait.
const GUARD: Duration = Duration::from_secs(120);

/// One admission, some time between `from` and `to`.
#[derive(Clone, Copy, Debug)]
struct Admission {
    client: u64,
    by_permit: bool,
    from: u64,
    to: u64,
}

#[derive(Debug)]
enum Said {
    Admitted(Admission),
    Lost,
    Back,
    /// What the client itself counted: permits used, admitted in outages, permits leased.
    Counted([u64; 3]),
}

/// The processes, and what they said so far.
struct Clients {
    processes: Vec<Child>,
    said: Receiver<Said>,
    admissions: Vec<Admission>,
    by_permit: usize,
    in_outage: usize,
    lost: usize,
    back: usize,
    counted: Vec<[u64; 3]>,
}

impl Clients {
    fn start(port: u16, mode: &str) -> Self {
        let (sender, said) = channel();
        let start = |client| {
            let mut process = Command::new(env!("CARGO_BIN_EXE_shared_rate_client"))
                .args([&port.to_string(), mode])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .expect("it was built with this test");
            let out = process.stdout.take().expect("it is piped");
            let sender = sender.clone();
            std::thread::spawn(move || listen(client, BufReader::new(out), &sender));
            process
        };
        Self {
            processes: (0..CLIENTS).map(start).collect(),
            said,
            admissions: Vec::new(),
            by_permit: 0,
            in_outage: 0,
            lost: 0,
            back: 0,
            counted: Vec::new(),
        }
    }

    /// Listens until `done`.
    fn until(&mut self, done: impl Fn(&Self) -> bool) {
        while !done(self) {
            match self.said.recv_timeout(GUARD).expect("they go on") {
                Said::Admitted(admission) => {
                    self.admissions.push(admission);
                    match admission.by_permit {
                        true => self.by_permit += 1,
                        false => self.in_outage += 1,
                    }
                }
                Said::Lost => self.lost += 1,
                Said::Back => self.back += 1,
                Said::Counted(counts) => self.counted.push(counts),
            }
        }
    }

    /// Listens until the rate has admitted `more`.
    fn admit(&mut self, more: usize) {
        let goal = self.by_permit + more;
        self.until(|it| it.by_permit >= goal);
    }

    fn stop(&mut self) {
        for process in &mut self.processes {
            drop(process.stdin.take());
        }
        self.until(|it| it.counted.len() == it.processes.len());
    }
}

impl Drop for Clients {
    fn drop(&mut self) {
        for process in &mut self.processes {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

fn listen(client: u64, out: impl BufRead, said: &Sender<Said>) {
    for line in out.lines() {
        let line = line.expect("it is text");
        let words: Vec<_> = line.split(' ').collect();
        let number = |at: usize| words[at].parse::<u64>().expect("it is a number");
        let heard = match words[0] {
            letter @ ("A" | "O") => Said::Admitted(Admission {
                client,
                by_permit: letter == "A",
                from: number(1),
                to: number(2),
            }),
            "E" if words[1] == "lost" => Said::Lost,
            "E" => Said::Back,
            _ => Said::Counted([number(1), number(2), number(3)]),
        };
        // After the end nobody listens.
        let _ = said.send(heard);
    }
}

/// Lets three processes run while the server is killed and started again twice; returns what they
/// did, and the lives of the server, from before its start to after its end.
fn run(mode: &str) -> Option<(Clients, Vec<(u64, u64)>)> {
    let mut born = monotonic();
    let mut server = Server::start()?;
    let mut clients = Clients::start(server.port(), mode);
    let mut lives = Vec::new();
    clients.admit(200);
    for kills in 1..=2 {
        server.kill();
        lives.push((born, monotonic()));
        let all = kills * CLIENTS as usize;
        clients.until(|it| it.lost >= all);
        if matches!(mode, "open" | "local") {
            let goal = kills * (CLIENTS * CALLS_IN_OUTAGE) as usize;
            clients.until(|it| it.in_outage >= goal);
        }
        born = monotonic();
        server.restart();
        clients.until(|it| it.back >= all);
        clients.admit(200);
    }
    clients.stop();
    lives.push((born, monotonic()));
    Some((clients, lives))
}

/// Returns the most that the rate may admit between two moments, by leases.
fn bound(lives: &[(u64, u64)], from: u64, to: u64) -> u64 {
    // What is used now may have been granted so long ago.
    let by_lease = (to - from + LEASE) / PERMIT;
    let by_batch = (to - from) / PERMIT + CLIENTS * BATCH;
    bursts(lives, from.saturating_sub(LEASE), to) + by_lease.min(by_batch)
}

/// Returns the most that the rate may admit between two moments, by single calls.
fn exact_bound(lives: &[(u64, u64)], from: u64, to: u64) -> u64 {
    bursts(lives, from, to) + (to - from) / PERMIT
}

/// Returns the permits that were there at the beginnings of the lives of the server between two moments.
fn bursts(lives: &[(u64, u64)], from: u64, to: u64) -> u64 {
    let overlap = |life: &&(u64, u64)| life.0 <= to && life.1 >= from;
    lives.iter().filter(overlap).count() as u64 * BURST
}

/// Checks every stretch of time that begins and ends with an admission.
fn check(admissions: &[Admission], most: impl Fn(u64, u64) -> u64) {
    let mut by_end: Vec<_> = admissions.to_vec();
    by_end.sort_by_key(|it| it.to);
    for first in admissions {
        // Only what was surely admitted in the stretch counts.
        let after = by_end.iter().filter(|it| it.from >= first.from);
        for (last, count) in after.zip(1_u64..) {
            let most = most(first.from, last.to);
            assert!(
                count <= most,
                "{count} from {first:?} to {last:?}, {most} at most"
            );
        }
    }
}

fn by_permit(clients: &Clients) -> Vec<Admission> {
    let all = clients.admissions.iter();
    all.filter(|it| it.by_permit).copied().collect()
}

fn counts_agree(clients: &Clients) {
    let total = |at: usize| clients.counted.iter().map(|it| it[at]).sum::<u64>();
    assert_eq!(total(0), clients.by_permit as u64, "every use was heard of");
    assert_eq!(
        total(1),
        clients.in_outage as u64,
        "calls in outages are counted"
    );
    assert!(
        total(2) >= total(0),
        "no permit was used that was not leased"
    );
}

#[test]
fn three_processes_keep_the_bound_while_redis_is_killed_and_closed_admits_nothing_more() {
    let Some((clients, lives)) = run("closed") else {
        return;
    };
    assert_eq!(clients.in_outage, 0);
    assert!(clients.by_permit >= 600);
    check(&by_permit(&clients), |from, to| bound(&lives, from, to));
    counts_agree(&clients);
}

#[test]
fn three_processes_keep_the_bound_while_redis_is_killed_and_open_admits_and_counts() {
    let Some((clients, lives)) = run("open") else {
        return;
    };
    assert!(clients.in_outage >= 90);
    check(&by_permit(&clients), |from, to| bound(&lives, from, to));
    counts_agree(&clients);
}

#[test]
fn three_processes_keep_the_bound_while_redis_is_killed_and_local_keeps_its_own() {
    let Some((clients, lives)) = run("local") else {
        return;
    };
    check(&by_permit(&clients), |from, to| bound(&lives, from, to));
    let local = |length: u64| LOCAL + length * LOCAL / 1_000_000_000;
    for client in 0..CLIENTS {
        let all = clients.admissions.iter();
        let own = all.filter(|it| !it.by_permit && it.client == client);
        let own: Vec<_> = own.copied().collect();
        assert!(!own.is_empty());
        check(&own, |from, to| local(to - from));
    }
    check(&clients.admissions, |from, to| {
        bound(&lives, from, to) + CLIENTS * local(to - from)
    });
    counts_agree(&clients);
}

#[test]
fn single_calls_of_three_processes_are_exact_while_redis_lives_and_lose_a_burst_with_its_data() {
    let Some((clients, lives)) = run("exact") else {
        return;
    };
    assert_eq!(clients.in_outage, 0);
    check(&clients.admissions, |from, to| {
        exact_bound(&lives, from, to)
    });
    counts_agree(&clients);
}
