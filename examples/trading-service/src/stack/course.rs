//! How an order comes to its end.

use std::sync::atomic::Ordering;

use super::compose::Wire;
use super::proof::Proof;
use super::{Inner, Venue};
use crate::broker::{Broker, Execution, Order, Status};
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
                stack.again.fetch_add(1, Ordering::Relaxed);
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
        let earlier = std::mem::replace(
            self,
            Self {
                sent: true,
                in_doubt: true,
            },
        );
        let proof = Proof::of(venue.orders.submit(order, order.at).await);
        if let Some(ticket) = ticket {
            failover.record(ticket, proof.outcome());
        }
        match proof {
            Proof::Final(told) => Some(end(told)),
            Proof::Unexecuted { sent, .. } => {
                *self = Self {
                    sent: earlier.sent || sent,
                    in_doubt: false,
                };
                None
            }
            Proof::Doubt => self.resolve(venue, stack, order).await,
        }
    }

    /// Finds out what became of an order in doubt at a venue; `None` where it is cancelled there for
    /// good, so that it can be executed elsewhere.
    async fn resolve<W: Wire>(
        &mut self,
        venue: &Venue<W>,
        stack: &Inner<W>,
        order: &Order,
    ) -> Option<Fate> {
        match venue.plain.lookup(&order.client_id, order.at).await {
            Ok(Some(told)) => return Some(end(told)),
            // It may be on its way still: the same id is the same order, and is executed once. Only
            // a final answer ends the doubt; a refusal would be about the repetition.
            Ok(None) => {
                stack.again.fetch_add(1, Ordering::Relaxed);
                let answer = venue.orders.submit(order, order.at).await;
                if let Proof::Final(told) = Proof::of(answer) {
                    return Some(end(told));
                }
            }
            Err(_) => {}
        }
        match venue.asks.cancel(order, order.at).await {
            Ok(told) if told.status == Status::Cancelled => {
                self.in_doubt = false;
                None
            }
            Ok(told) => Some(end(told)),
            Err(_) => Some(Fate::InDoubt),
        }
    }
}

/// Reads what a venue says for good.
fn end(told: Execution) -> Fate {
    match told.status {
        Status::Filled => Fate::Filled(told),
        Status::Cancelled => Fate::Cancelled,
    }
}
