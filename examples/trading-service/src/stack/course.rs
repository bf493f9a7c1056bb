//! How an order comes to its end.

use std::sync::atomic::Ordering;

use resilience_core::{Ask, Hint, Outcome};
use resilience_tower::context;
use tokio::time::sleep;

use super::compose::Wire;
use super::proof::{Proof, Why};
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
    /// The venues that will never execute it.
    closed: [bool; 2],
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

    /// Brings the order to its end: tries both venues, and again after a while.
    pub(super) async fn run<W: Wire>(&mut self, stack: &Inner<W>, order: &Order) -> Fate {
        let mut ask = Ask::default();
        if let Some(deadline) = context::current().deadline {
            ask = ask.deadline(deadline);
        }
        let Ok(mut rounds) = stack.policies.rounds.start(&ask) else {
            return self.fate();
        };
        loop {
            if let Some(fate) = self.round(stack, order).await {
                return fate;
            }
            let open = self.closed.contains(&false);
            let outcome = if open {
                Outcome::Failure
            } else {
                Outcome::Ignored
            };
            match rounds.next(outcome, false, Hint::None) {
                Some(wait) => sleep(wait).await,
                None => return self.fate(),
            }
        }
    }

    /// Brings the order to the active venue and, where it is sure that it was not executed there,
    /// to the other one; `None` where it is sure of both.
    async fn round<W: Wire>(&mut self, stack: &Inner<W>, order: &Order) -> Option<Fate> {
        let first = stack.policies.failover.begin().target();
        for place in [first, 1 - first] {
            if self.closed[place] {
                continue;
            }
            if self.sent {
                stack.again.fetch_add(1, Ordering::Relaxed);
            }
            if let Some(fate) = self.execute_at(place, stack, order).await {
                return Some(fate);
            }
        }
        None
    }

    /// Brings the order to one venue; `None` where it is sure that it was not executed there.
    async fn execute_at<W: Wire>(
        &mut self,
        place: usize,
        stack: &Inner<W>,
        order: &Order,
    ) -> Option<Fate> {
        let failover = &stack.policies.failover;
        let venue = &stack.venues[place];
        // What happens at a venue that is not the active one teaches the failover nothing.
        let ticket = Some(failover.begin()).filter(|ticket| ticket.target() == place);
        let sent_before = self.sent;
        // From here on, until the answer proves otherwise.
        (self.sent, self.in_doubt) = (true, true);
        let proof = Proof::of(venue.orders.submit(order, order.at).await);
        if let Some(ticket) = ticket {
            failover.record(ticket, proof.outcome());
        }
        match proof {
            Proof::Final(told) => return Some(end(told)),
            Proof::Unexecuted { sent, why } => {
                self.sent = sent_before || sent;
                self.closed[place] = why == Why::Invalid;
            }
            Proof::Doubt => match resolve(venue, stack, order).await {
                Some(told) if told.status == Status::Cancelled => self.closed[place] = true,
                Some(told) => return Some(end(told)),
                None => return Some(Fate::InDoubt),
            },
        }
        self.in_doubt = false;
        None
    }
}

/// Asks a venue what became of an order in doubt; `None` where it does not answer in time.
///
/// An answer is final. A cancelled order is so for good at this venue, though the order itself may
/// still be on its way there: it can be executed elsewhere.
async fn resolve<W: Wire>(venue: &Venue<W>, stack: &Inner<W>, order: &Order) -> Option<Execution> {
    match venue.plain.lookup(&order.client_id, order.at).await {
        Ok(Some(told)) => return Some(told),
        // It may still be on its way: the same id is the same order, and is executed once. Only a
        // final answer ends the doubt, since a refusal is about the repetition.
        Ok(None) => {
            stack.again.fetch_add(1, Ordering::Relaxed);
            let answer = venue.orders.submit(order, order.at).await;
            if let Proof::Final(told) = Proof::of(answer) {
                return Some(told);
            }
        }
        Err(_) => {}
    }
    venue.asks.cancel(order, order.at).await.ok()
}

/// Reads what a venue says for good.
fn end(told: Execution) -> Fate {
    match told.status {
        Status::Filled => Fate::Filled(told),
        Status::Cancelled => Fate::Cancelled,
    }
}
