//! Totals that never fall, over parts that come, go and begin again.

use std::collections::BTreeMap;

/// The counts of each part, by its name.
pub(super) type Readings<const N: usize> = BTreeMap<String, [u64; N]>;

/// Adds up what the parts counted since the last reading.
#[derive(Debug)]
pub(super) struct Totals<const N: usize> {
    last: Readings<N>,
    sums: [u64; N],
}

impl<const N: usize> Totals<N> {
    pub(super) const fn new() -> Self {
        Self {
            last: Readings::new(),
            sums: [0; N],
        }
    }

    /// Takes a reading of all parts, and returns the totals.
    ///
    /// A part that is new brings what it has counted. One that counts less than before has begun again
    /// at 0: wrapped, reset, or another under the same name. One that is gone leaves what it brought, and
    /// is forgotten: names of interfaces are made up anew for each container, without end.
    pub(super) fn take(&mut self, now: Readings<N>) -> [u64; N] {
        for (name, counts) in &now {
            let last = self.last.get(name).copied().unwrap_or([0; N]);
            for ((sum, count), last) in self.sums.iter_mut().zip(counts).zip(last) {
                let risen = count.checked_sub(last).unwrap_or(*count);
                *sum = sum.saturating_add(risen);
            }
        }
        self.last = now;
        self.sums
    }
}
