//! The three kinds of handle as one, for what is the same over all of them.

use super::{Counter, Gauge, Histogram};
use crate::catalogue::Kind;

/// A [`Counter`], a [`Gauge`] or a [`Histogram`].
pub trait Handle: Sealed {}

impl<H: Sealed> Handle for H {}

/// What a series is written by, of any kind.
#[derive(Debug)]
#[expect(unnameable_types, reason = "it seals `Handle`, which is public")]
pub enum Slot {
    Counter(Counter),
    Gauge(Gauge),
    Histogram(Histogram),
}

#[expect(unnameable_types, reason = "it seals `Handle`, which is public")]
pub trait Sealed: Clone {
    const KIND: Kind;

    fn of(slot: &Slot) -> Option<&Self>;
}

impl Sealed for Counter {
    const KIND: Kind = Kind::Counter;

    fn of(slot: &Slot) -> Option<&Self> {
        match slot {
            Slot::Counter(counter) => Some(counter),
            _ => None,
        }
    }
}

impl Sealed for Gauge {
    const KIND: Kind = Kind::Gauge;

    fn of(slot: &Slot) -> Option<&Self> {
        match slot {
            Slot::Gauge(gauge) => Some(gauge),
            _ => None,
        }
    }
}

impl Sealed for Histogram {
    const KIND: Kind = Kind::Histogram;

    fn of(slot: &Slot) -> Option<&Self> {
        match slot {
            Slot::Histogram(histogram) => Some(histogram),
            _ => None,
        }
    }
}
