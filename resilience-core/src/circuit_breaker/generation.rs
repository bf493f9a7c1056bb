//! Which stay in which state a call belongs to.

use super::CircuitState;

/// A count of stays with the state in its low bits, so that one word tells both.
///
/// It comes round after 2²¹ of them; a call would have to stay out for all of them to be mistaken
/// for a later one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Generation(u64);

impl Generation {
    pub(super) const BITS: u32 = 24;
    pub(super) const FIRST: Self = Self(CircuitState::Closed as u64);
    const STATE: u64 = 7;

    pub(super) const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    pub(super) const fn bits(self) -> u64 {
        self.0
    }

    #[inline]
    pub(super) const fn circuit(self) -> CircuitState {
        match self.0 & Self::STATE {
            0 => CircuitState::Closed,
            1 => CircuitState::Open,
            2 => CircuitState::HalfOpen,
            3 => CircuitState::Isolated,
            4 => CircuitState::Disabled,
            _ => CircuitState::Shadow,
        }
    }

    /// Returns the generation after this one, in which the circuit is `circuit`.
    pub(super) const fn next(self, circuit: CircuitState) -> Self {
        let count = ((self.0 | Self::STATE) + 1) % (1 << Self::BITS);
        Self(count | circuit as u64)
    }
}

/// Ties what a call finds to the generation that let it through.
#[derive(Debug, PartialEq, Eq)]
pub struct Ticket {
    pub(super) generation: Generation,
    /// The number of the probe, where it is one.
    pub(super) probe: Option<u32>,
}
