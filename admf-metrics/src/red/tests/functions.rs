use std::future::{pending, ready};
use std::io;
use std::pin::pin;

use tokio_test::{assert_pending, assert_ready, task};

use super::*;
use crate::red::CallResult;

#[test]
fn an_ok_is_a_success_and_an_err_is_an_error_with_the_time_that_each_took() {
    let bench = Bench::new();
    let op = bench.operation(&[]);

    let done = op.call(|| {
        bench.advance(30 * MS);
        Ok::<_, io::Error>(7)
    });
    assert_eq!(done.unwrap(), 7);
    let failed = op.call(|| {
        bench.advance(700 * MS);
        Err::<(), _>(io::Error::other("down"))
    });
    assert_eq!(failed.unwrap_err().to_string(), "down");

    assert_eq!(bench.ends(), [1.0, 1.0, 0.0, 0.0, 0.0]);
    assert_eq!(bench.duration("sum", "success"), 0.03);
    assert_eq!(bench.duration("sum", "error"), 0.7);
    assert_eq!(bench.in_flight(), 0.0);
}

#[test]
fn a_call_is_in_flight_while_it_lasts_and_reads_the_clock_twice() {
    let bench = Bench::new();
    let op = bench.operation(&[]);
    let nested = op.call(|| {
        assert_eq!(bench.in_flight(), 1.0);
        op.call(|| Ok::<_, io::Error>(bench.in_flight()))
    });
    assert_eq!(nested.unwrap(), 2.0);
    assert_eq!(bench.in_flight(), 0.0);
    assert_eq!(bench.reads(), 4);
}

#[test]
fn a_panic_of_a_function_is_counted_and_goes_on() {
    let bench = Bench::new();
    let op = bench.operation(&[]);
    let call = || {
        op.call(|| -> Result<(), ()> {
            bench.advance(40 * MS);
            panic!("broken")
        })
    };
    assert_eq!(panic_of(call), Some("broken"));
    assert_eq!(bench.ends(), [0.0, 0.0, 0.0, 1.0, 0.0]);
    assert_eq!(bench.duration("sum", "panic"), 0.04);
    assert_eq!(bench.in_flight(), 0.0);
}

#[test]
fn a_rule_that_panics_is_a_panic_of_the_call() {
    let bench = Bench::new();
    let op = bench.operation(&[]);
    let rule = |_: &u32| -> CallResult { panic!("no rule") };
    assert_eq!(panic_of(|| op.call_by(rule, || 7)), Some("no rule"));
    assert_eq!(bench.ends(), [0.0, 0.0, 0.0, 1.0, 0.0]);
    assert_eq!(bench.in_flight(), 0.0);
}

#[test]
fn a_call_made_while_its_thread_panics_ends_as_it_does() {
    struct Last<'b>(&'b Bench, Operation);
    impl Drop for Last<'_> {
        fn drop(&mut self) {
            self.0.advance(MS);
            let _ = self.1.call(|| Ok::<_, ()>(7));
            let mut waiting = task::spawn(self.1.run(pending::<Result<(), ()>>()));
            assert_pending!(waiting.poll());
        }
    }
    let bench = Bench::new();
    let last = Last(&bench, bench.operation(&[]));
    let unwound = panic_of(move || {
        let _last = last;
        panic!("elsewhere")
    });
    assert_eq!(unwound, Some("elsewhere"));
    assert_eq!(bench.ends(), [1.0, 0.0, 0.0, 0.0, 1.0]);
}

#[test]
fn errors_are_counted_by_class_and_those_of_no_declared_class_together() {
    let bench = Bench::new();
    let op = bench.operation(&["timeout", "refused"]);
    // They are there from the start, so that a rate sees the first one.
    assert_eq!(bench.errors("timeout"), Some(0.0));
    for class in ["timeout", "timeout", "refused", "disk", "_other"] {
        op.call_by(|_: &()| CallResult::Error(class), || ());
    }
    op.call_by(|_: &()| CallResult::Rejected, || ());
    assert_eq!(bench.errors("timeout"), Some(2.0));
    assert_eq!(bench.errors("refused"), Some(1.0));
    assert_eq!(bench.errors("_other"), Some(2.0));
    assert_eq!(bench.errors("disk"), None);
    assert_eq!(bench.ends(), [0.0, 5.0, 1.0, 0.0, 0.0]);
}

#[test]
fn an_operation_without_classes_has_no_series_for_them() {
    let bench = Bench::new();
    let op = bench.operation(&[]);
    op.call(|| Err::<(), _>(())).unwrap_err();
    assert!(!bench.has("admf_call_errors_total"));
}

#[test]
fn a_future_is_measured_from_its_first_poll_to_its_end() {
    let bench = Bench::new();
    let op = bench.operation(&[]);
    let (tell, told) = tokio::sync::oneshot::channel::<u32>();
    let mut call = task::spawn(op.run(told));
    bench.advance(500 * MS);
    assert_eq!(bench.in_flight(), 0.0);
    assert_pending!(call.poll());
    assert_eq!(bench.in_flight(), 1.0);
    bench.advance(20 * MS);
    tell.send(7).unwrap();
    assert_eq!(assert_ready!(call.poll()), Ok(7));
    assert_eq!(bench.duration("sum", "success"), 0.02);
    assert_eq!(bench.in_flight(), 0.0);
    drop(call);
    assert_eq!(bench.ends(), [1.0, 0.0, 0.0, 0.0, 0.0]);
    assert_eq!(bench.reads(), 2);
}

#[test]
fn a_future_dropped_while_pending_is_dropped_and_one_that_nobody_polled_was_no_call() {
    let bench = Bench::new();
    let op = bench.operation(&[]);
    drop(op.run(pending::<Result<(), ()>>()));
    assert_eq!(bench.ends(), [0.0; 5]);
    let mut call = task::spawn(op.run(pending::<Result<(), ()>>()));
    assert_pending!(call.poll());
    bench.advance(60 * MS);
    drop(call);
    assert_eq!(bench.ends(), [0.0, 0.0, 0.0, 0.0, 1.0]);
    assert_eq!(bench.duration("sum", "dropped"), 0.06);
    assert_eq!(bench.in_flight(), 0.0);
}

#[test]
fn a_panic_of_a_future_is_counted_when_it_happens() {
    let bench = Bench::new();
    let op = bench.operation(&[]);
    let mut call = task::spawn(op.run(async { panic!("broken") as Result<(), ()> }));
    assert_eq!(panic_of(|| call.poll()), Some("broken"));
    // The future is still there.
    assert_eq!(bench.ends(), [0.0, 0.0, 0.0, 1.0, 0.0]);
    assert_eq!(bench.in_flight(), 0.0);
    drop(call);
    assert_eq!(bench.ends(), [0.0, 0.0, 0.0, 1.0, 0.0]);
}

#[test]
fn a_call_that_waits_and_is_dropped_by_the_panic_of_another_is_dropped() {
    let bench = Bench::new();
    let op = bench.operation(&[]);
    let unwound = panic_of(|| {
        let mut waiting = task::spawn(op.run(pending::<Result<(), ()>>()));
        assert_pending!(waiting.poll());
        panic!("another")
    });
    assert_eq!(unwound, Some("another"));
    assert_eq!(bench.ends(), [0.0, 0.0, 0.0, 0.0, 1.0]);
}

#[tokio::test(start_paused = true)]
async fn by_tokios_clock_a_wait_of_2_s_lasts_2_s_to_the_nanosecond() {
    let bench = Bench::new();
    let clock = {
        let origin = tokio::time::Instant::now();
        Clock::new(move || origin.elapsed())
    };
    let op = bench.operation(&[]).with_clock(clock);
    let wait = async {
        tokio::time::sleep(2000 * MS).await;
        Ok::<_, ()>(())
    };
    op.run(wait).await.unwrap();
    assert_eq!(bench.duration("sum", "success"), 2.0);
}

#[test]
fn a_clock_that_goes_back_makes_a_call_last_no_time() {
    let bench = Bench::new();
    bench.advance(1000 * MS);
    let op = bench.operation(&[]);
    let back = || {
        bench.nanos.store(0, Ordering::Relaxed);
        Ok::<_, ()>(())
    };
    op.call(back).unwrap();
    assert_eq!(bench.duration("sum", "success"), 0.0);
    assert_eq!(bench.duration("count", "success"), 1.0);
}

#[test]
fn clones_and_namesakes_share_their_series() {
    let bench = Bench::new();
    let (one, two) = (bench.operation(&[]), bench.operation(&[]));
    for op in [&one, &one.clone(), &two] {
        op.call(|| Ok::<_, ()>(())).unwrap();
    }
    let mut waiting = pin!(one.run(pending::<Result<(), ()>>()));
    let mut other = task::spawn(two.run(ready(Ok::<_, ()>(()))));
    assert_pending!(task::spawn(waiting.as_mut()).poll());
    assert_eq!(bench.in_flight(), 1.0);
    assert_ready!(other.poll()).unwrap();
    assert_eq!(bench.in_flight(), 1.0);
    assert_eq!(bench.duration("count", "success"), 4.0);
}

#[test]
fn names_past_128_share_one_series() {
    let bench = Bench::new();
    for i in 0..1000 {
        let op = Operation::new(bench.exporter.meter(), &format!("op{i}")).unwrap();
        op.call(|| Ok::<_, ()>(())).unwrap();
    }
    let text = bench.exporter.render();
    let series = text
        .lines()
        .filter(|line| line.starts_with("admf_calls_in_flight{"));
    assert_eq!(series.count(), 129);
    let rest = "admf_call_duration_seconds_count{operation=\"_other\",result=\"success\"} 872\n";
    assert!(text.contains(rest));
}

#[test]
fn a_catalogue_without_the_metrics_is_refused_by_the_name_that_is_missing() {
    let bench = Bench::with(Catalogue::new([]).unwrap());
    let error = Operation::new(bench.exporter.meter(), "op").unwrap_err();
    assert_eq!(
        error.to_string(),
        "metric `admf_calls_in_flight` is not declared in the catalogue"
    );
}

#[test]
fn a_measured_future_is_not_much_larger_than_what_it_measures() {
    let bench = Bench::new();
    let (one, two) = (bench.operation(&[]), bench.operation(&[]));
    let large = async {
        let kept = [0_u8; 1000];
        pending::<()>().await;
        std::hint::black_box(&kept);
        Ok::<_, ()>(())
    };
    let size = size_of_val(&large);
    let measured = size_of_val(&one.run(two.run(large)));
    assert!(size >= 1000 && measured <= size + 200, "{measured}");
}
