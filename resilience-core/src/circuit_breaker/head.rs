//! What calls read and write without a lock.

use super::generation::Generation;
use crate::Time;
use crate::sync::{AtomicU64, Ordering};

const RECORD_BITS: u32 = 64 - Generation::BITS;
const RECORDS: u64 = (1 << RECORD_BITS) - 1;
/// Number of records at which they are numbered anew.
pub(super) const WORN: u64 = RECORDS / 2;
/// Where they are numbered anew they begin here: more than any count window holds, so that all that
/// it holds has a number.
const ANEW: u64 = 1 << 21;

/// The generation of the state behind the lock, the number of records in it, and up to where a
/// success may count itself.
///
/// Generation and number share one word. The generation changes only under the state's lock;
/// successes count themselves by compare-and-swap, so that a late one never slips into the next
/// generation, as it would with `fetch_add`.
///
/// Whoever holds the lock and changes what the limits hang on does so between [`pause`](Self::pause)
/// and [`resume`](Self::resume): `pause` first sends every success that comes from then on to the
/// lock, then changes the word, so that every success that came before fails to swap it.
#[derive(Debug)]
#[repr(align(128))]
pub(super) struct Head {
    word: AtomicU64,
    /// Number of records from which on a success cannot open the circuit.
    free_from: AtomicU64,
    /// Number of records from which on a success changes nothing at all.
    unchanged_from: AtomicU64,
    /// When the next bucket of a time window begins, in nanoseconds.
    turn_at: AtomicU64,
    /// When an open circuit lets probes through, in nanoseconds.
    open_until: AtomicU64,
}

/// Up to where a success needs no lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limits {
    pub(super) free_from: u64,
    pub(super) unchanged_from: u64,
    pub(super) turn_at: Time,
}

/// What became of a success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Success {
    /// It is counted, as one more record.
    Recorded,
    /// It makes no difference to the window, and is not counted there.
    Unchanged,
    /// It belongs to an earlier generation.
    Late,
    /// It may open the circuit, or begins a bucket: it is to be counted under the lock.
    NeedsLock,
}

impl Head {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            word: AtomicU64::new(Generation::FIRST.bits() << RECORD_BITS),
            free_from: AtomicU64::new(limits.free_from),
            unchanged_from: AtomicU64::new(limits.unchanged_from),
            turn_at: AtomicU64::new(limits.turn_at.as_nanos()),
            open_until: AtomicU64::new(0),
        }
    }

    #[inline]
    pub(super) fn generation(&self) -> Generation {
        Generation::from_bits(self.word.load(Ordering::Acquire) >> RECORD_BITS)
    }

    pub(super) fn records(&self) -> u64 {
        self.word.load(Ordering::Acquire) & RECORDS
    }

    /// Returns when the circuit lets probes through, if it is open.
    ///
    /// Where it moves meanwhile, the time may be that of the next opening, which is decided by then.
    #[inline]
    pub(super) fn open_until(&self) -> Time {
        Time::from_nanos(self.open_until.load(Ordering::Acquire))
    }

    /// Says whether records are counted by time, so that recording needs the time.
    #[inline]
    pub(super) fn is_timed(&self) -> bool {
        self.turn_at.load(Ordering::Acquire) != u64::MAX
    }

    /// Counts a success of a closed circuit that was not slow.
    #[inline]
    pub(super) fn succeed(&self, of: Generation, now: impl Fn() -> Time) -> Success {
        let mut word = self.word.load(Ordering::Acquire);
        let mut read = None;
        loop {
            let records = word & RECORDS;
            if word >> RECORD_BITS != of.bits() {
                return Success::Late;
            }
            if records < self.free_from.load(Ordering::Acquire) || records >= WORN {
                return Success::NeedsLock;
            }
            let turn_at = self.turn_at.load(Ordering::Acquire);
            if turn_at != u64::MAX && read.get_or_insert_with(&now).as_nanos() >= turn_at {
                return Success::NeedsLock;
            }
            // A window full of successes does not change when another one comes.
            if records >= self.unchanged_from.load(Ordering::Acquire) {
                return Success::Unchanged;
            }
            match self.word.compare_exchange_weak(
                word,
                word + 1,
                Ordering::AcqRel,
                Ordering::Acquire,
            ) {
                Ok(_) => return Success::Recorded,
                Err(changed) => word = changed,
            }
        }
    }

    /// Counts a record under the state's lock, and returns its position.
    pub(super) fn push(&self) -> u64 {
        self.word.fetch_add(1, Ordering::AcqRel) & RECORDS
    }

    /// Keeps successes from counting themselves, under the state's lock; returns the number of
    /// records. What comes before [`resume`](Self::resume) waits for the lock.
    pub(super) fn pause(&self) -> u64 {
        self.free_from.store(u64::MAX, Ordering::Release);
        self.word.fetch_add(1, Ordering::AcqRel) & RECORDS
    }

    /// Shows a generation with `records` records, which is another number than at
    /// [`pause`](Self::pause), and lets successes count themselves again.
    pub(super) fn resume(&self, generation: Generation, records: u64, limits: Limits) {
        let word = generation.bits() << RECORD_BITS | records;
        self.word.swap(word, Ordering::AcqRel);
        self.limit(limits);
    }

    /// Shows new limits after a record, under the state's lock.
    ///
    /// A success that still goes by the earlier `unchanged_from` belongs before the record, which
    /// nobody can have seen as long as the lock is held.
    pub(super) fn limit(&self, limits: Limits) {
        self.unchanged_from
            .store(limits.unchanged_from, Ordering::Release);
        self.turn_at
            .store(limits.turn_at.as_nanos(), Ordering::Release);
        self.free_from.store(limits.free_from, Ordering::Release);
    }

    /// Shows when an open circuit lets probes through, before it is shown to be open.
    pub(super) fn open_until_is(&self, until: Time) {
        self.open_until.store(until.as_nanos(), Ordering::Release);
    }

    /// Returns the number to go on with after a [`pause`](Self::pause) at `records`: another one.
    pub(super) fn next_number(records: u64) -> u64 {
        if records >= WORN { ANEW } else { records + 1 }
    }
}
