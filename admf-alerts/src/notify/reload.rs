//! What becomes of a flush when groups are made anew.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::group::{Flush, Send, Sending};
use super::notifier::{GroupId, Notifier};

impl Notifier {
    /// Lets the groups that are told of by deliveries that are still out wait for those, and for no other try of them:
    /// nobody is told of a group twice at one time. What becomes of those by an integration that is no more says nothing of
    /// any other.
    pub(super) fn wait_for_out(&mut self, now: Duration) {
        let mut groups: BTreeMap<(String, &str), GroupId> = BTreeMap::new();
        for id in self.groups.keys() {
            let node = self.routes.node(id.0);
            groups.insert((node.group_key(&id.1), &node.receiver), id.clone());
        }
        let config = &self.config;
        self.out.retain(|_, out| config.has(&out.batch.key));
        for (number, out) in &mut self.out {
            let key = (out.batch.key.group.clone(), &*out.batch.key.receiver);
            let group = groups.get(&key).and_then(|id| {
                out.group = id.clone();
                self.groups.change(id)
            });
            let Some(group) = group else { continue };
            let flush = group.flush.get_or_insert_with(|| Flush {
                ends: now,
                at: now,
                alerts: Vec::new(),
                sends: Vec::new(),
                later: BTreeSet::new(),
            });
            flush.sends.push(Send {
                batch: out.batch.clone(),
                told: out.told.clone(),
                tries: 0,
                state: Sending::Out(*number),
            });
        }
    }
}
