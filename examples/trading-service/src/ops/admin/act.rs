//! What can be done, to which policy.

use std::sync::Arc;

use http::StatusCode;
use resilience_core::{CircuitBreaker, Handle, Policy};
use serde_json::{Value, json};

use super::Operated;

/// What can be done to a circuit.
const TO_CIRCUITS: [&str; 4] = ["isolate", "reset", "disable", "shadow"];

/// What can be done, as metrics name it.
pub(in crate::ops) const ACTIONS: [&str; 6] =
    ["isolate", "reset", "disable", "shadow", "reload", "other"];

/// Why something was not done, in one line.
#[derive(Debug)]
pub(super) struct Problem {
    pub(super) status: StatusCode,
    pub(super) line: String,
}

impl Problem {
    pub(super) fn new(status: StatusCode, line: String) -> Self {
        Self { status, line }
    }

    pub(super) fn missing(line: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, line.into())
    }
}

/// What was done: in one line, and as JSON.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) line: String,
    pub(super) body: Value,
}

/// Finds a policy.
pub(super) fn find(
    operated: &Operated,
    kind: &str,
    name: &str,
) -> Result<Arc<dyn Policy>, Problem> {
    let registry = operated.env.registry();
    registry.find(kind, name).ok_or_else(|| {
        let living = registry.list();
        let of_kind: Vec<_> = living.iter().filter(|it| it.kind() == kind).collect();
        if of_kind.is_empty() {
            let mut kinds: Vec<_> = living.iter().map(|it| it.kind()).collect();
            kinds.sort_unstable();
            kinds.dedup();
            let kinds = kinds.join(", ");
            return Problem::missing(format!("kind: must be one of {kinds}, got {kind:?}"));
        }
        let names: Vec<_> = of_kind.iter().map(|it| it.name().as_str()).collect();
        let names = names.join(", ");
        Problem::missing(format!("name: must be one of {names}, got {name:?}"))
    })
}

/// Finds what a keyed policy keeps for a key.
pub(super) fn find_key(
    operated: &Operated,
    kind: &str,
    name: &str,
    key: &str,
) -> Result<Vec<Arc<dyn Policy>>, Problem> {
    let found = find(operated, kind, name)?.of_key(key);
    if found.is_empty() {
        let line = format!("key: {kind} {name} keeps nothing for {key:?}");
        return Err(Problem::missing(line));
    }
    Ok(found)
}

/// Does something to the circuits among some policies.
pub(super) fn operate(policies: &[Arc<dyn Policy>], action: &str) -> Result<Done, Problem> {
    if !TO_CIRCUITS.contains(&action) {
        let actions = TO_CIRCUITS.join(", ");
        let line = format!("action: must be one of {actions}, got {action:?}");
        return Err(Problem::missing(line));
    }
    let circuit = |it: &Arc<dyn Policy>| {
        let circuit = CircuitBreaker::from_policy(Arc::clone(it))?;
        Some((it.name().to_string(), circuit))
    };
    let circuits: Vec<_> = policies.iter().filter_map(circuit).collect();
    if circuits.is_empty() {
        let kinds: Vec<_> = policies.iter().map(|it| it.kind()).collect();
        let kinds = kinds.join(", ");
        let line = format!("kind: must be circuit_breaker for {action:?}, is {kinds}");
        return Err(Problem::new(StatusCode::CONFLICT, line));
    }
    let mut done = Vec::new();
    for (name, circuit) in circuits {
        let before = circuit.state();
        match action {
            "isolate" => circuit.isolate(),
            "disable" => circuit.disable(),
            "shadow" => circuit.shadow(),
            _ => circuit.reset(),
        }
        done.push((name, before.as_str(), circuit.state().as_str()));
    }
    let lines = done
        .iter()
        .map(|(name, before, now)| format!("{name} was {before}, is {now}"));
    let each = done
        .iter()
        .map(|(name, before, now)| json!({ "name": name, "was": before, "is": now }));
    Ok(Done {
        line: lines.collect::<Vec<_>>().join("; "),
        body: json!({ "done": action, "circuits": each.collect::<Vec<_>>() }),
    })
}

/// Lets policies go by what their file says now.
pub(super) fn reload(operated: &Operated) -> Result<Done, Problem> {
    let Some((path, policies)) = &operated.file else {
        let line = "reload: there is no file, --policies names one";
        return Err(Problem::new(StatusCode::CONFLICT, line.to_owned()));
    };
    let applied = policies.reload(path);
    let applied = applied.map_err(|error| {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        Problem::new(status, error.to_string())
    })?;
    let line = applied.to_string();
    Ok(Done {
        body: json!({ "done": "reload", "applied": line }),
        line,
    })
}
