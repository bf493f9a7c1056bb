//! Who is told: takes notices, refuses some, is late with others, and dies over some.

use std::io::{BufReader, Read};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};
use tests::chance::Chance;
use tests::killed::{Message, answer, read, request};

use crate::engine::{LONG, Victim};

/// What was posted to it.
pub(crate) struct Notice {
    pub(crate) message: Message,
    /// Whether it was taken; else who sent it was told that it was not.
    pub(crate) taken: bool,
}

struct Shared {
    chance: Mutex<Chance>,
    /// Takes all, and answers at once.
    is_fair: AtomicBool,
    /// After how many notices that it takes it kills who sent them, before it answers; 0: never.
    dies_after: AtomicU64,
    victim: Victim,
    out: Mutex<Sender<Notice>>,
    busy: Mutex<usize>,
    idle: Condvar,
}

pub(crate) struct Sink {
    pub(crate) port: u16,
    pub(crate) notices: Receiver<Notice>,
    shared: Arc<Shared>,
}

impl Sink {
    pub(crate) fn new(chance: Chance, victim: Victim) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = listener.local_addr().expect("it is bound").port();
        let (out, notices) = mpsc::channel();
        let shared = Arc::new(Shared {
            chance: Mutex::new(chance),
            is_fair: AtomicBool::new(false),
            dies_after: AtomicU64::new(0),
            victim,
            out: Mutex::new(out),
            busy: Mutex::new(0),
            idle: Condvar::new(),
        });
        let mine = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                *lock(&mine.busy) += 1;
                let mine = Arc::clone(&mine);
                std::thread::spawn(move || {
                    mine.take(&stream);
                    *lock(&mine.busy) -= 1;
                    mine.idle.notify_all();
                });
            }
        });
        Self {
            port,
            notices,
            shared,
        }
    }

    pub(crate) fn be_fair(&self) {
        self.shared.is_fair.store(true, Ordering::SeqCst);
    }

    pub(crate) fn dies_after(&self, notices: u64) {
        self.shared.dies_after.store(notices, Ordering::SeqCst);
    }

    /// Waits until all that the dead have sent is read, so that it comes before what their heirs send.
    pub(crate) fn drain(&self) {
        // Who connected before is accepted before.
        let last = request(self.port, "/drained", "", &Value::Null);
        last.expect("it is ours");
        let busy = lock(&self.shared.busy);
        let idle = self
            .shared
            .idle
            .wait_timeout_while(busy, LONG, |busy| *busy > 0);
        let (busy, _) = idle.unwrap_or_else(PoisonError::into_inner);
        assert_eq!(*busy, 0, "somebody is still being listened to");
    }
}

/// How it takes a notice.
#[derive(Clone, Copy)]
enum Manner {
    Well,
    Late(Duration),
    /// Somebody was told, and who sent it never hears of it.
    Silent,
    Refuses,
}

impl Shared {
    fn take(&self, stream: &TcpStream) {
        let Ok(message) = read(&mut BufReader::new(stream)) else {
            return;
        };
        if message.word == "/drained" {
            drop(answer(stream, 200, &Value::Null));
            return;
        }
        let manner = self.manner();
        let taken = !matches!(manner, Manner::Refuses);
        let notice = Notice { message, taken };
        // Nobody listens any more where the test has failed.
        drop(lock(&self.out).send(notice));
        let count = |left: u64| left.checked_sub(u64::from(taken));
        let order = (Ordering::SeqCst, Ordering::SeqCst);
        if self.dies_after.fetch_update(order.0, order.1, count) == Ok(1) && taken {
            self.victim.kill();
            return;
        }
        // Whom it answers may be dead.
        match manner {
            Manner::Silent => {}
            Manner::Refuses => drop(answer(stream, 500, &json!("not now"))),
            Manner::Well => drop(answer(stream, 200, &Value::Null)),
            Manner::Late(delay) => {
                stream
                    .set_read_timeout(Some(delay))
                    .expect("it is some time");
                let mut stream = stream;
                // Until it is late, or nobody waits any more.
                drop(stream.read(&mut [0]));
                drop(answer(stream, 200, &Value::Null));
            }
        }
    }

    fn manner(&self) -> Manner {
        if self.is_fair.load(Ordering::SeqCst) {
            return Manner::Well;
        }
        let mut chance = lock(&self.chance);
        match chance.below(24) {
            0 => Manner::Silent,
            1..=2 => Manner::Refuses,
            3..=4 => Manner::Late(Duration::from_millis(1 + chance.below(150))),
            _ => Manner::Well,
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
