//! Every policy of a registry as metrics, read when scraped.
//!
//! It knows the policies and the exporter and nothing of this service.

mod catalogue;
mod read;
mod series;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, PoisonError, Weak};

use admf_metrics::{Exporter, Meter};
use resilience_core::{Env, Policy, Snapshot};

pub(crate) use catalogue::METRICS;

use read::read;
use series::Series;

/// A keyed policy that may keep more keys than these is shown as a whole: keys of clients would be
/// series without end.
const SHOWN_KEYS: usize = 16;

/// Exports the policies of `env`, those that are built later too, whenever `exporter` is scraped.
///
/// The catalogue of `exporter` must hold [`METRICS`]; what it does not hold is left out. Policies
/// pay nothing for it. Totals of a policy that is built anew under its name go on from where those
/// of the one before were last seen; a policy that is gone has no state and nothing in flight, so that
/// its levels are 0.
///
/// Of a keyed policy that keeps few keys each gate is shown too, by its name `policy[key]`.
///
/// One environment per exporter: two policies of one kind and name would be one series.
pub(crate) fn export(exporter: &Exporter, env: &Env) {
    let env = env.clone();
    let known = Mutex::new(Vec::new());
    exporter.meter().on_scrape(move |meter| {
        let living = with_keys(env.registry().list());
        // Two scrapes at once take turns: totals are made of what was seen last.
        let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
        update(&mut known, &living, meter);
    });
}

/// Adds the gates of keyed policies that keep few.
fn with_keys(mut policies: Vec<Arc<dyn Policy>>) -> Vec<Arc<dyn Policy>> {
    let of = |policy: &Arc<dyn Policy>| match policy.snapshot() {
        Snapshot::Keyed(it) if it.max_keys <= SHOWN_KEYS => {
            let keys = policy.keys();
            keys.iter().flat_map(|key| policy.of_key(key)).collect()
        }
        _ => Vec::new(),
    };
    let gates: Vec<_> = policies.iter().flat_map(of).collect();
    policies.extend(gates);
    policies
}

/// A policy that was seen, alive or gone.
struct Seen {
    /// Keeps the place of a policy that is gone, so that another at the same place is not taken for it.
    policy: Weak<dyn Policy>,
    kind: &'static str,
    name: String,
    series: Vec<Series>,
}

fn update(known: &mut Vec<Seen>, living: &[Arc<dyn Policy>], meter: &Meter) {
    for gone in known
        .iter_mut()
        .filter(|seen| seen.policy.strong_count() == 0)
    {
        gone.series.iter_mut().for_each(Series::clear);
    }
    for policy in living {
        let seen = find(known, policy);
        let (name, series) = (seen.name.as_str(), &mut seen.series);
        read(&policy.snapshot(), |metric, label, value| {
            let place = series.iter().position(|one| one.is(metric, label));
            let place = place.or_else(|| {
                series.push(Series::resolve(meter, metric, name, label)?);
                Some(series.len() - 1)
            });
            if let Some(place) = place {
                series[place].show(value);
            }
        });
    }
}

/// Finds what was shown of a policy, or of the one whose place it took.
fn find<'s>(known: &'s mut Vec<Seen>, policy: &Arc<dyn Policy>) -> &'s mut Seen {
    let (kind, name) = (policy.kind(), policy.name().as_str());
    let place = known
        .iter()
        .position(|seen| seen.kind == kind && seen.name == name);
    let place = place.unwrap_or_else(|| {
        known.push(Seen {
            policy: Arc::downgrade(policy),
            kind,
            name: name.to_owned(),
            series: Vec::new(),
        });
        known.len() - 1
    });
    let seen = &mut known[place];
    let now = Arc::downgrade(policy);
    if !seen.policy.ptr_eq(&now) {
        seen.policy = now;
        seen.series.iter_mut().for_each(Series::begin_anew);
    }
    seen
}
