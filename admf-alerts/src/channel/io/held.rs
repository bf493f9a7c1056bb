//! Who has which notice.

use std::collections::{BTreeSet, VecDeque};

use lettre::Address;
use parking_lot::Mutex;

/// Of how many notices it is kept.
const KEPT: usize = 64;

/// Keeps who has a notice that others still wait for, by its key: of the latest notices.
#[derive(Default)]
pub(super) struct Held(Mutex<VecDeque<(String, BTreeSet<Address>)>>);

impl Held {
    pub(super) fn has(&self, key: &str, who: &Address) -> bool {
        let kept = self.0.lock();
        kept.iter()
            .any(|(it, have)| it == key && have.contains(who))
    }

    pub(super) fn add(&self, key: &str, who: &Address) {
        let mut kept = self.0.lock();
        if let Some((_, have)) = kept.iter_mut().find(|(it, _)| it == key) {
            have.insert(who.clone());
            return;
        }
        if kept.len() >= KEPT {
            kept.pop_front();
        }
        kept.push_back((key.to_owned(), BTreeSet::from([who.clone()])));
    }

    pub(super) fn forget(&self, key: &str) {
        self.0.lock().retain(|(it, _)| it != key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_notice_is_forgotten_first() {
        let held = Held::default();
        let who: Address = "a@example.org".parse().unwrap();
        for notice in 0..=KEPT {
            held.add(&notice.to_string(), &who);
        }
        assert!(!held.has("0", &who) && held.has("1", &who));
        held.forget("1");
        assert!(!held.has("1", &who) && held.has("2", &who));
    }
}
