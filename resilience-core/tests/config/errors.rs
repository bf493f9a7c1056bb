//! What is said of a file that is wrong: one line, with all that is needed to mend it.

use resilience_core::{BulkheadConfig, Env, Fallback, FallbackConfig, Policies, PoliciesError};

fn refused(text: &str) -> PoliciesError {
    let (env, _) = Env::manual();
    let error = Policies::from_toml(text, &env).unwrap_err();
    assert!(!error.to_string().contains('\n'), "{error}");
    assert_eq!(env.registry().list().len(), 0, "nothing lives on");
    error
}

#[test]
fn an_error_names_line_policy_field_rule_and_value() {
    for (text, line) in [
        (
            "\n[retry.orders]\nmax_attempts = 0",
            "line 3: retry.orders: `max_attempts` must be at least 1, is 0",
        ),
        (
            "[retry.orders]\nmax_attempts = 2\n[retry.orders.backoff]\nfactor = nan",
            "line 4: retry.orders: `factor` must be at least 1, is NaN",
        ),
        (
            "[retry.orders]\nbudget = { ratio = 2.0 }",
            "line 2: retry.orders: `ratio` must be between 0 and 1, is 2.0",
        ),
        (
            "[keyed_rate_limiter.clients]\nmax_keys = 5\ngate = { permits = 10 }",
            "line 1: keyed_rate_limiter.clients: `per` must be set, to at least 1 ns, is 0ns",
        ),
        (
            "[timeout.a]\ntimeout = '1s'\n[timeout.b]\ntimeout = '10 parsecs'",
            "line 4: timeout.b: `timeout`: \"10 parsecs\" is no length of time: unknown unit \"parsecs\", the units are d, h, m, s, ms, us and ns",
        ),
        (
            "[retry.orders]\nbudget = { ratio = 0.1, window = '1x' }",
            "line 2: retry.orders: `budget.window`: \"1x\" is no length of time: unknown unit \"x\", the units are d, h, m, s, ms, us and ns",
        ),
        (
            "[bulkhead.venue]\nmax_in_flight = -1",
            "line 2: bulkhead.venue: `max_in_flight`: invalid value: integer `-1`, expected u32",
        ),
        (
            "[bulkhead.venue]\nmax_inflight = 1",
            "line 2: bulkhead.venue: `max_inflight`: unknown field `max_inflight`, expected one of `max_in_flight`, `max_waiting`, `max_wait`",
        ),
        // Nobody has asked for it yet.
        (
            "[fallback.quotes]\nmax_keys = 0",
            "line 2: fallback.quotes: `max_keys` must be at least 1, is 0",
        ),
        (
            "[circuit_braker.venue]",
            "line 1: unknown kind of policy \"circuit_braker\", nearest are \"circuit_breaker\", \"keyed_circuit_breaker\", \"retry_budget\"",
        ),
        (
            "bulkhead = 5",
            "line 1: `bulkhead` must be a table of policies, such as [bulkhead.venue]",
        ),
        (
            "[bulkhead]\nmax_in_flight = 5",
            "line 2: bulkhead.max_in_flight: invalid type: integer `5`, expected struct BulkheadConfig",
        ),
    ] {
        assert_eq!(refused(text).to_string(), line);
    }
}

#[test]
fn what_is_no_toml_is_refused_with_its_line() {
    let error = refused("[bulkhead.venue]\nmax_in_flight = = 5");
    assert_eq!((error.line(), error.policy()), (Some(2), None));
    let error = refused("[bulkhead.venue]\n[bulkhead.venue]");
    assert_eq!(error.line(), Some(2));
}

#[test]
fn an_error_can_be_taken_apart() {
    let error = refused("[bulkhead.venue]\nmax_in_flight = 0");
    let policy = error.policy().unwrap();
    assert_eq!((policy.kind, policy.name.as_str()), ("bulkhead", "venue"));
    assert_eq!(
        (error.field(), error.line()),
        (Some("max_in_flight"), Some(2))
    );
    assert_eq!(error.file(), None);
}

#[test]
fn a_file_is_named_and_one_that_is_missing_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("policies.toml");
    let (env, _) = Env::manual();
    let missing = Policies::load(&path, &env).unwrap_err().to_string();
    assert!(
        missing.starts_with(&format!("{}: ", path.display())),
        "{missing}"
    );
    std::fs::write(&path, "[bulkhead.venue]\nmax_in_flight = 0").unwrap();
    let wrong = Policies::load(&path, &env).unwrap_err();
    let place = format!("{}:2: bulkhead.venue: `max_in_flight` ", path.display());
    assert!(wrong.to_string().starts_with(&place), "{wrong}");
    std::fs::write(&path, "[bulkhead.venue]\nmax_in_flight = 1").unwrap();
    let policies = Policies::load(&path, &env).unwrap();
    std::fs::write(&path, "[bulkhead.venue]\nmax_in_flight = 2").unwrap();
    assert_eq!(policies.reload(&path).unwrap().changed.len(), 1);
}

#[test]
fn a_lookup_in_vain_names_kind_name_and_the_nearest() {
    let (env, _) = Env::manual();
    let text = "[bulkhead.venue]\n[bulkhead.vendor]\n[bulkhead.orders]\n[bulkhead.x]\n[retry.venu]";
    let policies = Policies::from_toml(text, &env).unwrap();
    assert!(policies.bulkhead("venue").is_ok());
    let missing = policies.bulkhead("venu").unwrap_err();
    let line = r#"bulkhead.venu: there is none, nearest are "venue", "vendor", "x""#;
    assert_eq!(missing.to_string(), line);
    let missing = policies.timeout("venue").unwrap_err();
    assert_eq!(
        missing.to_string(),
        "timeout.venue: there is none, nearest are none"
    );
}

#[test]
fn budgets_that_contradict_each_other_are_refused() {
    for (text, line) in [
        (
            "[retry.orders]\nshared_budget = 'venues'",
            "line 2: retry.orders: `shared_budget` must be the name of a living retry budget, is \"venues\"",
        ),
        (
            "[retry.orders]\nbudget = {}\nshared_budget = 'venues'\n[retry_budget.venues]",
            "line 3: retry.orders: `shared_budget` must not be set together with `budget`, is Some(\"venues\")",
        ),
        (
            "[retry.orders]\nbudget = {}\n[retry_budget.orders]",
            "line 2: retry.orders: `budget` must not be set where another budget has the name of the policy, is \"orders\"",
        ),
    ] {
        assert_eq!(refused(text).to_string(), line);
    }
}

#[test]
fn a_fallback_is_created_when_it_is_asked_for_and_has_one_type_of_answer() {
    let (env, _) = Env::manual();
    let policies = Policies::from_toml("[fallback.quotes]\nmax_keys = 7", &env).unwrap();
    assert_eq!(env.registry().list().len(), 0);
    let quotes: Fallback<u32> = policies.fallback("quotes").unwrap();
    assert_eq!(
        quotes.config(),
        FallbackConfig {
            max_keys: 7,
            ..Default::default()
        }
    );
    quotes.succeed("AAPL", &1);
    drop(quotes);
    let applied = policies.apply("[fallback.quotes]\nmax_keys = 8").unwrap();
    assert_eq!(applied.to_string(), "changed fallback.quotes");
    let quotes: Fallback<u32> = policies.fallback("quotes").unwrap();
    assert_eq!((quotes.snapshot().keys, quotes.config().max_keys), (1, 8));
    let other = policies.fallback::<String>("quotes").unwrap_err();
    let line = "fallback.quotes: `kind` must belong to one type of policy, is \"fallback\"";
    assert_eq!(other.to_string(), line);
}

#[test]
fn the_registry_refuses_what_is_not_there_or_of_another_kind() {
    let (env, _) = Env::manual();
    let policies = Policies::from_toml("[timeout.venue]\ntimeout = '1s'", &env).unwrap();
    let config = BulkheadConfig::default().into();
    let registry = env.registry();
    let refused = registry
        .reconfigure("bulkhead", "venue", &config)
        .unwrap_err();
    assert_eq!(refused.field(), "name");
    let refused = registry
        .reconfigure("timeout", "venue", &config)
        .unwrap_err();
    assert_eq!(
        refused.to_string(),
        "`kind` must be that of the policy, is \"bulkhead\""
    );
    let same = policies.timeout("venue").unwrap().config().into();
    assert_eq!(registry.reconfigure("timeout", "venue", &same), Ok(false));
}
