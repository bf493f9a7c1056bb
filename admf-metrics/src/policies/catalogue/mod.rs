//! The metrics of policies.

pub(super) mod calls;
pub(super) mod circuit;
pub(super) mod gates;
pub(super) mod system;

use crate::trading::{CACHE_HITS, CACHE_MISSES};
use crate::{Label, Metric};

/// So many policies of a kind have series of their own; further ones share those of
/// [`Label::OVERFLOW`].
pub(super) const POLICIES: usize = 200;

/// What the catalogue says of who feeds them.
pub(super) const FED_BY: &str = "resilience policies";

const NAME: Label = Label::capped("name", POLICIES);

const fn gauge(name: &'static str, help: &'static str) -> Metric {
    Metric::gauge(name, help).labels(&[NAME])
}

const fn counter(name: &'static str, help: &'static str) -> Metric {
    Metric::counter(name, help).labels(&[NAME])
}

/// Declares constants and the list of them, so that none is left out.
macro_rules! declare {
    ($($(#[$doc:meta])* $visible:vis $name:ident = $metric:expr;)+) => {
        $(
            $(#[$doc])*
            $visible const $name: $crate::Metric = $metric.fed_by($crate::policies::catalogue::FED_BY);
        )+
        pub(in crate::policies) const ALL: &[$crate::Metric] = &[$($name),+];
    };
}
use declare;

/// Declared with what else trading systems tell of caches.
const CACHES: &[Metric] = &[CACHE_HITS, CACHE_MISSES];

const LISTS: [&[Metric]; 5] = [circuit::ALL, gates::ALL, calls::ALL, CACHES, system::ALL];

const ALL: usize = {
    let (mut all, mut list) = (0, 0);
    while list < LISTS.len() {
        all += LISTS[list].len();
        list += 1;
    }
    all
};

/// Every metric that policies feed, to be part of the exporter's catalogue.
pub const METRICS: [Metric; ALL] = {
    let mut all = [LISTS[0][0]; ALL];
    let (mut list, mut at) = (0, 0);
    while list < LISTS.len() {
        let mut i = 0;
        while i < LISTS[list].len() {
            all[at] = LISTS[list][i];
            at += 1;
            i += 1;
        }
        list += 1;
    }
    all
};
