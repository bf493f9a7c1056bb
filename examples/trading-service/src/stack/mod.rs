//! The resilience stack between the engine and the venues.
//!
//! | file | holds |
//! |---|---|
//! | `compose` | the stack as layers: the part to copy |
//! | `policies`, `times` | the policies and their numbers |
//! | `rules` | what answers mean to the policies |
//! | `proof` | what an answer proves of an order |
//! | `course` | how an order comes to its end |
//! | `probe` | health checks that bring a venue back |
//! | `watch` | what the policies did |

mod compose;
mod course;
mod policies;
mod probe;
mod proof;
mod rules;
#[cfg(test)]
mod tests;
mod times;
mod watch;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use resilience_core::{Ask, BoxError, Chance, CircuitBreaker, ConfigError, Deadline, Env};
use resilience_tower::{CallContext, CorrelationId, TokioClock, context};
use tokio::task::JoinSet;
use tokio::time::timeout;

use self::compose::{Directed, Guarded, Quotes, Repeated, Wire, guarded, quotes, repeated};
use self::course::Course;
use self::policies::{Policies, gates};
use self::rules::{Unanswered, Unexecuted};
pub(crate) use self::times::Times;
use self::watch::Watch;
use crate::broker::{Broker, Execution, Order, Status};
use crate::day::VenueName;
use crate::engine::Live;
use crate::error::Error;
use crate::market::{MarketData, Quote};
use crate::settings::Settings;
use crate::side::Venues;
use crate::trader::{Fate, Trader, TraderSummary};
use crate::venue::{HttpTransport, VenueClient, VenueError};

/// What the stack is built from.
#[derive(Debug)]
pub(crate) struct Surroundings<'a> {
    /// Both venues, running.
    pub(crate) venues: &'a Venues,
    /// The settings of the run.
    pub(crate) settings: &'a Settings,
    /// What the run looks like from outside.
    pub(crate) live: &'a Live,
}

/// Brings orders to a known end whatever the venues do; dropped, it asks for no more health.
///
/// An order goes to the venue that the failover names. Only where the answer proves that nothing
/// was executed it goes on to the other one. After any other failure it is in doubt at that venue,
/// which is asked what became of it, and at last to cancel it or tell that it was filled; the order
/// goes on only once it is cancelled there for good, and stays in doubt where nobody answers.
#[derive(Debug)]
pub(crate) struct Stack<W: Wire = HttpTransport> {
    inner: Arc<Inner<W>>,
    probing: Mutex<JoinSet<()>>,
}

#[derive(Debug)]
struct Inner<W: Wire> {
    env: Env,
    times: Times,
    clock: TradingClock,
    watch: Arc<Watch>,
    policies: Policies,
    /// In the order of the failover's targets.
    venues: [Venue<W>; 2],
    quotes: VenueClient<Quotes<W>>,
    /// Orders that were sent again, to the same venue or the other one.
    again: AtomicU64,
}

/// One venue, as it is spoken to for different ends; the gates are the same.
#[derive(Debug)]
struct Venue<W: Wire> {
    /// To execute orders: repeated only where nothing was executed.
    orders: VenueClient<Repeated<W, Unexecuted>>,
    /// To ask about orders in doubt, with patience.
    asks: VenueClient<Repeated<W, Unanswered>>,
    /// To ask once.
    plain: VenueClient<Guarded<W>>,
    breaker: CircuitBreaker,
}

impl Stack {
    /// Builds the stack over HTTP.
    pub(crate) fn build(around: Surroundings<'_>) -> Result<Self, Error> {
        let Surroundings {
            venues,
            settings,
            live,
        } = around;
        let wires = [VenueName::Primary, VenueName::Backup]
            .map(|name| (venues.address(name), HttpTransport::new()));
        let times = Times::new(settings.order_timeout);
        Self::over(wires, times, settings.seed, live.clone()).map_err(Error::run)
    }
}

impl<W: Wire> Stack<W> {
    /// Builds the stack over a wire to each venue, the primary first, and begins to ask for health.
    fn over(
        wires: [(SocketAddr, W); 2],
        times: Times,
        seed: u64,
        live: Live,
    ) -> Result<Self, ConfigError> {
        let inner = Arc::new(Inner::new(wires, times, seed, live)?);
        let mut probing = JoinSet::new();
        for place in 0..inner.venues.len() {
            probing.spawn(probe::probe(Arc::clone(&inner), place));
        }
        Ok(Self {
            inner,
            probing: Mutex::new(probing),
        })
    }

    /// Returns the circuits of the venues, the primary's first.
    pub(crate) fn circuits(&self) -> [CircuitBreaker; 2] {
        let [primary, backup] = &self.inner.venues;
        [primary.breaker.clone(), backup.breaker.clone()]
    }

    /// Returns what the policies live in: its registry lists them.
    pub(crate) fn env(&self) -> &Env {
        &self.inner.env
    }
}

impl<W: Wire> Inner<W> {
    fn new(
        [primary, backup]: [(SocketAddr, W); 2],
        times: Times,
        seed: u64,
        live: Live,
    ) -> Result<Self, ConfigError> {
        let clock = TradingClock::new(live);
        let watch = Arc::new(Watch::new(clock.clone()));
        let env = Env::default()
            .with_clock(Arc::new(TokioClock::default()))
            .with_chance(Chance::seeded(seed))
            .with_observer(watch.clone());
        watch.begin(env.now());
        let policies = Policies::new(&times, &env)?;
        let to_primary = gates(VenueName::Primary, &times, &policies.limits, &env)?;
        let to_backup = gates(VenueName::Backup, &times, &policies.limits, &env)?;
        let sources =
            [(&primary, &to_primary), (&backup, &to_backup)].map(|((address, wire), gates)| {
                guarded(
                    Directed::new(wire.clone(), *address),
                    gates,
                    &policies.attempt,
                    &policies.told,
                )
            });
        let Policies {
            kept_quotes,
            quote,
            quotes: retry,
            failover,
            ..
        } = &policies;
        let source = quotes(kept_quotes, quote, retry, failover, sources);
        Ok(Self {
            quotes: VenueClient::new(VenueName::Primary, primary.0, source),
            venues: [
                Venue::new(VenueName::Primary, primary, &to_primary, &policies),
                Venue::new(VenueName::Backup, backup, &to_backup, &policies),
            ],
            env,
            times,
            clock,
            watch,
            policies,
            again: AtomicU64::new(0),
        })
    }
}

impl<W: Wire> Inner<W> {
    /// Says how long an order may take, and what all that is done for it bears: its deadline, and the
    /// correlation id of its caller or else its client id.
    ///
    /// `None` where the caller leaves less than one attempt's time: what is cut short for his sake would
    /// count against the venue.
    fn begin(&self, order: &Order) -> Option<(Duration, CallContext)> {
        let CallContext {
            deadline,
            correlation_id,
        } = context::current();
        let now = self.env.now();
        let mut ask = Ask::default();
        if let Some(deadline) = deadline {
            if deadline.left(now) < self.times.attempt {
                return None;
            }
            ask = ask.deadline(deadline);
        }
        let limit = self.policies.order.limit(&ask).ok()?;
        let call = CallContext {
            deadline: Some(Deadline::within(limit, now)),
            correlation_id: correlation_id.or_else(|| CorrelationId::new(&order.client_id)),
        };
        Some((limit, call))
    }

    /// Returns what the questions for a quote bear: a deadline no shorter than one attempt, for the
    /// same reason, and because others may wait for the answer too.
    fn begin_quote(&self) -> CallContext {
        let call = context::current();
        let least = Deadline::within(self.times.attempt, self.env.now());
        let deadline = call.deadline.map(|deadline| deadline.max(least));
        CallContext { deadline, ..call }
    }
}

impl<W: Wire> Venue<W> {
    fn new(
        name: VenueName,
        (address, wire): (SocketAddr, W),
        gates: &compose::Gates,
        policies: &Policies,
    ) -> Self {
        let plain = guarded(wire, gates, &policies.attempt, &policies.told);
        let orders = repeated(&plain, &policies.orders, Unexecuted);
        let asks = repeated(&plain, &policies.asks, Unanswered);
        Self {
            orders: VenueClient::new(name, address, orders),
            asks: VenueClient::new(name, address, asks),
            plain: VenueClient::new(name, address, plain),
            breaker: gates.0.clone(),
        }
    }
}

impl<W: Wire> Trader for Stack<W> {
    async fn execute(&self, order: &Order) -> Fate {
        let inner = &*self.inner;
        inner.clock.reach(order.at);
        let Some((limit, call)) = inner.begin(order) else {
            return Fate::RefusedUnsent;
        };
        let mut course = Course::default();
        match timeout(limit, context::scope(call, course.run(inner, order))).await {
            Ok(fate) => fate,
            Err(_) => {
                inner.policies.order.elapsed();
                course.fate()
            }
        }
    }

    /// Asks once more what became of an order in doubt, with no patience.
    ///
    /// Both venues are asked, since after a restart nobody knows where it was sent.
    async fn settle(&self, order: &Order, at: u64) -> Fate {
        self.inner.clock.reach(at);
        let asked = self.inner.venues.each_ref().map(|venue| {
            // As short as a health check: days go on meanwhile, and each of them asks again.
            timeout(self.inner.times.health, venue.plain.cancel(order, at))
        });
        let told = join_all(asked).await;
        let told: Vec<_> = told.into_iter().map(|it| it.ok()?.ok()).collect();
        let all = told.iter().all(Option::is_some);
        let filled = |told: &Execution| told.status == Status::Filled;
        match told.into_iter().flatten().find(filled) {
            Some(told) => Fate::Filled(told),
            None if all => Fate::Cancelled,
            None => Fate::InDoubt,
        }
    }

    /// Asks for no more health.
    async fn rest(&self) {
        let mut probing = {
            let mut probing = self.probing.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *probing)
        };
        probing.shutdown().await;
    }

    fn summary(&self) -> TraderSummary {
        let inner = &*self.inner;
        let Policies {
            orders,
            quotes,
            asks,
            ..
        } = &inner.policies;
        let repeated = [orders, quotes, asks].map(|retry| retry.snapshot().retries);
        TraderSummary {
            retries: repeated.iter().sum::<u64>() + inner.again.load(Ordering::Relaxed),
            breaker_trips: inner.watch.trips(),
            switches: inner.watch.switches(),
        }
    }
}

impl<W: Wire> MarketData for Stack<W> {
    type Error = VenueError<BoxError>;

    /// Asks the active venue, unless it was asked a moment ago; where no venue answers, the last good
    /// quote is the answer, and tells by its `at` how old it is.
    async fn quote(&self, symbol: &str, at: u64) -> Result<Quote, Self::Error> {
        self.inner.clock.reach(at);
        let asked = self.inner.quotes.quote(symbol, at);
        context::scope(self.inner.begin_quote(), asked).await
    }
}

/// Where the run is on the trading clock, as far as the stack has heard.
#[derive(Clone, Debug)]
struct TradingClock {
    live: Live,
    /// The latest position that came with an order.
    latest: Arc<AtomicU64>,
}

impl TradingClock {
    fn new(live: Live) -> Self {
        Self {
            live,
            latest: Arc::default(),
        }
    }

    fn reach(&self, at: u64) {
        self.latest.fetch_max(at, Ordering::Relaxed);
    }

    fn now(&self) -> u64 {
        self.latest
            .load(Ordering::Relaxed)
            .max(self.live.now().bars)
    }
}
