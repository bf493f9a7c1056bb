//! Records one thing many times, to be counted by `scripts/gates.py`: `gates_metrics CASE TIMES`.

mod policies;

use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use admf_metrics::http::{self, Routes};
use admf_metrics::red::{self, Operation};
use admf_metrics::{
    Catalogue, Clock, Exporter, Health, Label, LabelValue, Meter, Metric, label_values,
};
use benches::events::Events;
use tower::ServiceExt;

label_values! { enum Outcome("outcome") { Filled = "filled", Refused = "refused" } }

const ORDERS: Metric = Metric::counter("gates_orders_total", "Orders.").labels(&[Outcome::LABEL]);
const SIGNALS: Metric = Metric::counter("gates_signals_total", "Signals.")
    .labels(&[Label::capped("strategy", 50), Label::capped("symbol", 500)]);
const EQUITY: Metric = Metric::gauge("gates_equity_dollars", "Equity.");
const LATENCY: Metric = Metric::histogram(
    "gates_latency_seconds",
    "Latency.",
    &[0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0],
);

fn exporter() -> Exporter {
    let own = [ORDERS, SIGNALS, EQUITY, LATENCY].into_iter();
    let catalogue = Catalogue::new(own.chain(red::METRICS).chain(http::METRICS));
    Exporter::local(catalogue.expect("the catalogue is valid"))
}

/// A thousand times first, so that nothing happens for the first time among what is counted.
fn repeat(times: u32, act: impl Fn(u32)) {
    (0..1_000 + times).for_each(act);
}

fn recorded(case: &str, times: u32, meter: &Meter) -> bool {
    let declared = "it is declared";
    match case {
        "counter" => {
            let held = meter.counter_each::<Outcome>(&ORDERS, &[]).expect(declared);
            let held = held.of(Outcome::Filled);
            repeat(times, |_| black_box(held).increment(1));
        }
        "gauge_set" => {
            let held = meter.gauge(&EQUITY, &[]).expect(declared);
            repeat(times, |n| black_box(&held).set(f64::from(n)));
        }
        "gauge_add" => {
            let held = meter.gauge(&EQUITY, &[]).expect(declared);
            repeat(times, |_| black_box(&held).increment(1.0));
        }
        "histogram" => {
            let held = meter.histogram(&LATENCY, &[]).expect(declared);
            repeat(times, |n| black_box(&held).record(f64::from(n % 500) / 1e3));
        }
        "each" => {
            let held = meter.counter_each::<Outcome>(&ORDERS, &[]).expect(declared);
            let ends = [Outcome::Filled, Outcome::Refused];
            repeat(times, |n| {
                held.of(black_box(ends[n as usize % 2])).increment(1);
            });
        }
        "family" => {
            let held = meter.counters::<2>(&SIGNALS).expect(declared);
            repeat(times, |_| {
                held.with(black_box(["reversion", "AAPL"])).increment(1);
            });
        }
        "red_call" => {
            let held = Operation::new(meter, "order").expect(declared);
            // A clock that costs nothing, so that the readings are counted apart: see the next one.
            let held = held.with_clock(Clock::new(|| Duration::ZERO));
            repeat(times, |n| {
                assert_eq!(held.call(|| Ok::<_, ()>(black_box(n))), Ok(n));
            });
        }
        "red_call_clock" => {
            let held = Operation::new(meter, "order").expect(declared);
            repeat(times, |n| {
                assert_eq!(held.call(|| Ok::<_, ()>(black_box(n))), Ok(n));
            });
        }
        _ => return false,
    }
    true
}

/// Asks for liveness, by the routes and without a socket.
fn asked(exporter: &Exporter, times: u32) {
    let routes = Routes::new(exporter, &Health::new()).expect("they are declared");
    let router = routes.router();
    repeat(times, |_| {
        let question = ::http::Request::get("/health").body(String::new());
        let answer = router.clone().oneshot(question.expect("it is one"));
        let mut context = Context::from_waker(Waker::noop());
        let Poll::Ready(Ok(answer)) = pin!(answer).poll(&mut context) else {
            panic!("liveness waits for nothing");
        };
        assert!(answer.status().is_success());
    });
}

/// Renders a hundred series of a counter.
fn scraped(exporter: &Exporter, times: u32) {
    let held = exporter.meter().counters::<2>(&SIGNALS);
    let held = held.expect("it is declared");
    for n in 0..100 {
        held.with(["reversion", &n.to_string()]).increment(n);
    }
    repeat(times, |_| drop(black_box(exporter.scrape())));
}

fn main() {
    let mut args = std::env::args().skip(1);
    let case = args.next().expect("a case");
    let times = args.next().expect("times").parse().expect("a number");
    if let "event_price" | "event_order" = &*case {
        let events = Events::new();
        let price = case == "event_price";
        repeat(times, |n| match price {
            true => events.price(n as usize),
            false => events.order(n as usize),
        });
    } else if case == "http_health" {
        asked(&exporter(), times);
    } else if case == "scrape_hundred" {
        scraped(&exporter(), times);
    } else if !policies::called(&case, times) {
        assert!(recorded(&case, times, exporter().meter()), "no such case");
    }
}
