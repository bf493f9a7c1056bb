//! How an order comes to its end.

use std::sync::atomic::Ordering;

use super::Inner;
use super::compose::Wire;
use super::proof::Proof;
use crate::broker::{Broker, Order, Status};
use crate::trader::Fate;

/// What is known of one order, at every moment: its time may be up at any.
#[derive(Debug, Default)]
pub(super) struct Course {
    /// Whether anything was sent, or may have been.
    sent: bool,
    /// Whether it may have been executed.
    in_doubt: bool,
}

impl Course {
    /// Says where the order has ended if nothing more is done for it.
    pub(super) const fn fate(&self) -> Fate {
        match self {
            Self { in_doubt: true, .. } => Fate::InDoubt,
            Self { sent: true, .. } => Fate::Cancelled,
            Self { sent: false, .. } => Fate::RefusedUnsent,
        }
    }

    /// Brings the order to the active venue and, where it is sure that it was not executed there,
    /// to the other one.
    pub(super) async fn run<W: Wire>(&mut self, stack: &Inner<W>, order: &Order) -> Fate {
        let first = stack.policies.failover.begin().target();
        for venue in [first, 1 - first] {
            if venue != first && self.sent {
                stack.moved.fetch_add(1, Ordering::Relaxed);
            }
            if let Some(fate) = self.run_at(venue, stack, order).await {
                return fate;
            }
        }
        self.fate()
    }

    /// Brings the order to one venue; `None` where it is sure that it was not executed there.
    async fn run_at<W: Wire>(
        &mut self,
        place: usize,
        stack: &Inner<W>,
        order: &Order,
    ) -> Option<Fate> {
        let failover = &stack.policies.failover;
        let venue = &stack.venues[place];
        let ticket = Some(failover.begin()).filter(|ticket| ticket.target() == place);
        // From here on, until the answer proves otherwise.
        let earlier = std::mem::replace(self, Self { sent: true, in_doubt: true });
        let proof = Proof::of(venue.orders.submit(order, order.at).await);
        if let Some(ticket) = ticket {
            failover.record(ticket, proof.outcome());
        }
        match proof {
            Proof::Final(told) => Some(match told.status {
                Status::Filled => Fate::Filled(told),
                Status::Cancelled => Fate::Cancelled,
            }),
            Proof::Unexecuted { sent, .. } => {
                *self = Self { sent: earlier.sent || sent, in_doubt: false };
                None
            }
            Proof::Doubt => match venue.asks.cancel(order, order.at).await {
                Ok(told) if told.status == Status::Filled => Some(Fate::Filled(told)),
                Ok(_) => {
                    self.in_doubt = false;
                    None
                }
                Err(_) => Some(Fate::InDoubt),
            },
        }
    }
}
