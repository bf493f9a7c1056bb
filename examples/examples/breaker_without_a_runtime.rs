//! A circuit breaker around a plain function: `resilience-core` alone, no runtime, no threads.
//!
//! The venue fails, the breaker stops asking it, half a minute later lets a few calls probe it, and
//! closes. The clock is moved by hand, so nothing here sleeps; a program takes `Env::default()`.
//!
//! `cargo run -p examples --example breaker_without_a_runtime`

use std::cell::Cell;
use std::io;
use std::time::Duration;

use resilience_core::{Ask, BoxError, CallError, CircuitBreaker, CircuitBreakerConfig};
use resilience_core::{CircuitState, Env, Gate, Outcome};

/// What is called: anything that may fail.
#[derive(Default)]
struct Venue {
    down: Cell<bool>,
    asked: Cell<u32>,
}

impl Venue {
    fn quote(&self) -> io::Result<f64> {
        self.asked.set(self.asked.get() + 1);
        match self.down.get() {
            true => Err(io::ErrorKind::ConnectionRefused.into()),
            false => Ok(187.15),
        }
    }
}

/// Asks the venue, unless the circuit is open.
fn quote(breaker: &CircuitBreaker, venue: &Venue) -> Result<f64, BoxError> {
    let mut permit = breaker.permit(&Ask::default())?;
    // Within a step a panic counts as a failure.
    let result = permit.step(|| venue.quote());
    permit.record(match &result {
        Ok(_) => Outcome::Success,
        Err(_) => Outcome::Failure,
    });
    Ok(result?)
}

fn main() -> Result<(), BoxError> {
    let (env, clock) = Env::manual();
    let config = CircuitBreakerConfig {
        consecutive: Some(3),
        open_for: Some(Duration::from_secs(30)),
        probes: 2,
        ..Default::default()
    };
    let breaker = CircuitBreaker::new("venue", config, &env)?;
    let venue = Venue::default();
    println!("{:?}: {}", breaker.state(), quote(&breaker, &venue)?);

    venue.down.set(true);
    for _ in 0..3 {
        let error = quote(&breaker, &venue).expect_err("the venue is down");
        println!("{:?}: {error}", breaker.state());
    }
    let error = quote(&breaker, &venue).expect_err("the circuit is open");
    let refused = error.rejected().expect("it was the breaker");
    println!("{error}, retry after {:?}", refused.retry_after());
    assert_eq!(venue.asked.get(), 4, "the fifth call was not made");

    clock.advance(Duration::from_secs(30));
    venue.down.set(false);
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    for _ in 0..2 {
        let price = quote(&breaker, &venue)?;
        println!("half a minute later: {price}, {:?}", breaker.state());
    }
    assert_eq!(breaker.state(), CircuitState::Closed);
    Ok(())
}
