use tokio_test::{assert_pending, assert_ready, task};

use super::*;
use crate::catalogue::whole::assert_exposes;
use crate::red::{CallResult, Methods, MethodsConfig};

fn config(methods: &[&str]) -> MethodsConfig {
    MethodsConfig {
        monitored_methods: methods.iter().map(|&it| it.into()).collect(),
        ..Default::default()
    }
}

fn methods(bench: &Bench, config: &MethodsConfig) -> Methods {
    let methods = Methods::new(bench.exporter.meter(), config, &["timeout"]);
    methods.unwrap().with_clock(bench.clock())
}

#[test]
fn a_listed_method_is_measured_with_duration_and_class_of_error() {
    let bench = Bench::new();
    let methods = methods(&bench, &config(&["op", "other"]));
    let rule = |result: &Result<(), &'static str>| match result {
        Ok(()) => CallResult::Success,
        Err(class) => CallResult::Error(class),
    };
    let slow = || {
        bench.advance(80 * MS);
        Err("timeout")
    };
    assert_eq!(methods.call_by("op", rule, slow), Err("timeout"));
    assert_eq!(methods.call("op", || Ok::<_, ()>(7)), Ok(7));
    let caught = panic_of(|| methods.call("op", || -> Result<(), ()> { panic!("broken") }));
    assert_eq!(caught, Some("broken"));

    assert_eq!(bench.ends(), [1.0, 1.0, 0.0, 1.0, 0.0]);
    assert_eq!(bench.duration("sum", "error"), 0.08);
    assert_eq!(bench.errors("timeout"), Some(1.0));
}

#[test]
fn an_async_method_that_is_listed_is_measured() {
    let bench = Bench::new();
    let methods = methods(&bench, &config(&["op"]));
    let mut call = task::spawn(methods.run("op", std::future::ready(Err::<(), _>(7))));
    assert_eq!(assert_ready!(call.poll()), Err(7));
    let mut hung = task::spawn(methods.run("op", std::future::pending::<Result<(), ()>>()));
    assert_pending!(hung.poll());
    assert_eq!(bench.in_flight(), 1.0);
    drop(hung);
    assert_eq!(bench.ends(), [0.0, 1.0, 0.0, 0.0, 1.0]);
}

#[test]
fn a_method_that_is_not_listed_is_called_and_leaves_no_trace_and_no_reading_of_the_clock() {
    let bench = Bench::new();
    let methods = methods(&bench, &config(&["op"]));
    let before = bench.exporter.render();
    assert_eq!(methods.call("quote", || Err::<(), _>(3)), Err(3));
    let mut call = task::spawn(methods.run("quote", std::future::ready(Ok::<_, ()>(7))));
    assert_eq!(assert_ready!(call.poll()), Ok(7));
    assert!(methods.operation("quote").is_none());
    assert_eq!(bench.exporter.render(), before);
    assert_eq!(bench.reads(), 0);
}

#[test]
fn switched_off_it_measures_nothing_and_exports_nothing() {
    let bench = Bench::new();
    let config = MethodsConfig {
        production_monitoring: false,
        ..config(&["op"])
    };
    let methods = methods(&bench, &config);
    assert_eq!(methods.call("op", || Ok::<_, ()>(7)), Ok(7));
    assert!(!bench.has("admf_call"));
}

#[test]
fn a_config_that_breaks_a_rule_is_refused_by_field_rule_and_value() {
    let bench = Bench::new();
    let many: Vec<_> = (0..129).map(|i| format!("m{i}")).collect();
    let many: Vec<_> = many.iter().map(String::as_str).collect();
    for (methods, expected) in [
        (&["a", " "][..], "must not list an empty name, is \" \""),
        (&["a", "b", "a"], "must list a name once, is \"a\""),
        (&many, "must list at most 128 names, is 129"),
    ] {
        let error = Methods::new(bench.exporter.meter(), &config(methods), &[]).unwrap_err();
        assert_eq!(error.to_string(), format!("`monitored_methods` {expected}"));
    }
    assert!(config(&many[..128]).check().is_ok());
    // Refused whole: not one series came of it.
    assert!(!bench.has("admf_call"));
}

#[cfg(feature = "serde")]
#[test]
fn a_config_is_read_from_text_and_what_is_unknown_is_refused() {
    let read = |text| serde_json::from_str::<MethodsConfig>(text);
    let given = read(r#"{"monitored_methods": ["op"]}"#).unwrap();
    assert_eq!(given, config(&["op"]));
    let error = read(r#"{"monitored_method": []}"#).unwrap_err();
    assert!(error.to_string().contains("unknown field"), "{error}");
}

#[test]
fn every_metric_is_exposed_once_a_method_was_called_and_none_else() {
    let bench = Bench::of_everything();
    let methods = methods(&bench, &config(&["op"]));
    assert_eq!(methods.call("op", || Ok::<_, ()>(7)), Ok(7));
    assert_exposes(&bench.exporter, &METRICS);
}
