//! What is loaded.

use std::collections::BTreeMap;
use std::time::Duration;

use admf_alerts::Labels;
use admf_alerts::notation::{Described, Item};
use admf_alerts::series::{Limits, NAME, Store};

use crate::script::Load;

/// What is loaded.
pub(crate) struct Data {
    pub(crate) store: Store,
    /// Series with native histograms, which are not in the store.
    pub(crate) native: Vec<Labels>,
}

impl Data {
    pub(crate) fn new() -> Self {
        let limits = Limits::default().age(Duration::MAX).idle(Duration::MAX);
        Self {
            store: Store::new(limits).expect("no limit is 0"),
            native: vec![],
        }
    }

    pub(crate) fn load(&mut self, load: &Load) {
        // The last of a block that is given twice is the one that counts.
        let series: BTreeMap<&Labels, &Described> = load
            .block
            .series
            .iter()
            .map(|it| (&it.labels, it))
            .collect();
        for (labels, description) in series {
            if load.with_native && labels.get(NAME).is_some_and(is_part) {
                self.native.push(whole(labels));
            }
            if description.items.contains(&Item::Native) {
                self.native.push(labels.clone());
            }
            for point in description.points(load.block.step) {
                // What is out of order is refused in Prometheus too.
                let _ = self.store.append(labels, point.time, point.value);
            }
        }
    }
}

const PARTS: [&str; 3] = ["_bucket", "_count", "_sum"];

fn is_part(name: &str) -> bool {
    PARTS.iter().any(|part| name.ends_with(part))
}

/// The native histogram that a part of a classic one is made into.
fn whole(labels: &Labels) -> Labels {
    let mut whole = labels.clone();
    let name = labels.get(NAME).unwrap_or_default();
    let part = PARTS.iter().find_map(|part| name.strip_suffix(part));
    whole.insert(NAME, part.unwrap_or(name));
    whole.remove("le");
    whole
}
