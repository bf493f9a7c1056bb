//! Every order by its client id: one that is sent again is the same order.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use crate::broker::Order;
use crate::trader::Fate;

/// So many orders are known at once; the memory is for them, and not for whoever floods it.
const MOST: usize = 100_000;

/// The orders of this service, and what became of them.
#[derive(Debug, Default)]
pub(super) struct Orders(Mutex<HashMap<String, Known>>);

#[derive(Clone, Debug)]
struct Known {
    order: Order,
    /// `None` while it is on its way.
    fate: Arc<watch::Sender<Option<Fate>>>,
}

/// What the client id of a new order turns out to be.
#[derive(Debug)]
pub(super) enum Entry {
    /// New: it is entered, and to be brought to its end.
    New(Ending),
    /// That of this same order, which has an end or will.
    Same(Ending),
    /// That of another order.
    Taken,
    /// New, and there is no place for it.
    Full,
}

/// Tells the end of an order.
#[derive(Debug)]
pub(super) struct Ending(watch::Receiver<Option<Fate>>);

impl Ending {
    /// Waits for it; `None` where the order was given up.
    pub(super) async fn fate(mut self) -> Option<Fate> {
        let told = self.0.wait_for(Option::is_some).await.ok()?;
        told.clone()
    }
}

impl Orders {
    /// Enters an order if its id is new, and `admit` says that it may be.
    pub(super) fn enter<E>(
        &self,
        order: &Order,
        admit: impl FnOnce() -> Result<(), E>,
    ) -> Result<Entry, E> {
        let mut orders = self.lock();
        if let Some(known) = orders.get(&order.client_id) {
            let same = Order {
                at: known.order.at,
                ..order.clone()
            };
            let ending = Ending(known.fate.subscribe());
            return Ok(if same == known.order {
                Entry::Same(ending)
            } else {
                Entry::Taken
            });
        }
        if orders.len() >= MOST {
            return Ok(Entry::Full);
        }
        admit()?;
        let (fate, ending) = watch::channel(None);
        let known = Known {
            order: order.clone(),
            fate: Arc::new(fate),
        };
        orders.insert(order.client_id.clone(), known);
        Ok(Entry::New(Ending(ending)))
    }

    /// Enters an order of which the end is known from a venue's book.
    pub(super) fn remember(&self, order: Order, fate: Fate) {
        let id = order.client_id.clone();
        let fate = Arc::new(watch::Sender::new(Some(fate)));
        self.lock().insert(id, Known { order, fate });
    }

    /// Says what became of an order. One of which nothing was sent may be sent again, and is forgotten.
    pub(super) fn end(&self, client_id: &str, fate: Fate) {
        let mut orders = self.lock();
        let known = if fate == Fate::RefusedUnsent {
            orders.remove(client_id)
        } else {
            orders.get(client_id).cloned()
        };
        drop(orders);
        if let Some(known) = known {
            known.fate.send_replace(Some(fate));
        }
    }

    /// Returns an order and its end, `None` while it is on its way.
    pub(super) fn find(&self, client_id: &str) -> Option<(Order, Option<Fate>)> {
        let known = self.lock().get(client_id).cloned()?;
        let fate = known.fate.borrow().clone();
        Some((known.order, fate))
    }

    /// Lists the orders in doubt.
    pub(super) fn in_doubt(&self) -> Vec<Order> {
        let orders = self.lock();
        let doubted = orders
            .values()
            .filter(|known| *known.fate.borrow() == Some(Fate::InDoubt));
        doubted.map(|known| known.order.clone()).collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Known>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
