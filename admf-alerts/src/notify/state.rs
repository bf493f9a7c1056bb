//! All that outlives the process, and what of it changed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::alert::{Alert, Fingerprint};
use super::climb::{Acknowledgement, Climb};
use super::cooldown::Cooled;
use super::log::{Entry, LogKey};
use super::silence::Silence;

/// Names a group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct GroupKey {
    /// Its key.
    pub group: String,
    /// The receiver's name.
    pub receiver: String,
}

/// Holds what is known of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupState {
    /// When it is flushed next; while it is being flushed, when that began, since nobody knows what will come of it.
    pub next: Duration,
    /// Whether it ever was.
    pub flushed: bool,
    /// Whether it is told again at the next flush, though nothing changed.
    pub again: bool,
    /// Its alerts.
    pub alerts: BTreeSet<Fingerprint>,
}

/// Holds what an integration may know, since somebody tried to tell it, and does if that has arrived.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owed {
    /// Since when it has been tried.
    #[serde(default)]
    pub since: Duration,
    /// What fires.
    pub firing: BTreeSet<Fingerprint>,
    /// What has ended.
    pub resolved: BTreeSet<Fingerprint>,
}

impl Owed {
    pub(super) fn forget(&mut self, alerts: &BTreeSet<Fingerprint>) {
        self.firing.retain(|it| !alerts.contains(it));
        self.resolved.retain(|it| !alerts.contains(it));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.firing.is_empty() && self.resolved.is_empty()
    }
}

/// Holds what is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// How many alerts were [dropped](super::Notifier::dropped).
    pub dropped: u64,
    /// When what is over was forgotten.
    pub collected: Duration,
}

macro_rules! tables {
    ($($(#[$doc:meta])* $name:ident: $key:ty => $value:ty,)*) => {
        /// Holds all that a notifier knows, as plain values, for the [next](super::Notifier::restore) process.
        ///
        /// Times are those of the wall, since the Unix epoch.
        #[derive(Clone, Debug, Default, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct State {
            $($(#[$doc])* #[serde(with = "pairs")] pub $name: BTreeMap<$key, $value>,)*
            /// What is counted.
            pub totals: Totals,
        }

        /// Holds what changed in a [`State`], by key; what is `None` is gone.
        #[derive(Clone, Debug, Default)]
        #[non_exhaustive]
        pub struct Changes {
            /// Whether this is all there is, so that nothing that was kept before counts.
            pub whole: bool,
            $($(#[$doc])* pub $name: BTreeMap<$key, Option<$value>>,)*
            /// What is counted.
            pub totals: Totals,
        }

        impl State {
            /// Takes what changed.
            pub fn apply(&mut self, changes: Changes) {
                if changes.whole {
                    *self = Self::default();
                }
                $(for (key, value) in changes.$name {
                    match value {
                        Some(value) => { self.$name.insert(key, value); }
                        None => { self.$name.remove(&key); }
                    }
                })*
                self.totals = changes.totals;
            }

            /// Reads one row of a [table](Changes::rows).
            ///
            /// # Errors
            ///
            /// A table that is unknown, or a key or value that is none of it.
            pub fn read(&mut self, table: &str, key: &str, value: &str) -> Result<(), String> {
                let problem = |error: serde_json::Error| format!("{table}: {error}");
                match table {
                    $(stringify!($name) => {
                        let key = serde_json::from_str(key).map_err(problem)?;
                        let value = serde_json::from_str(value).map_err(problem)?;
                        self.$name.insert(key, value);
                    })*
                    "totals" => self.totals = serde_json::from_str(value).map_err(problem)?,
                    _ => return Err(format!("{table}: no such table")),
                }
                Ok(())
            }
        }

        impl Changes {
            /// Takes what changed after that.
            #[cfg(feature = "service")]
            pub(crate) fn add(&mut self, later: Self) {
                if later.whole {
                    *self = later;
                    return;
                }
                $(self.$name.extend(later.$name);)*
                self.totals = later.totals;
            }

            /// Says whether nothing changed but, perhaps, what is counted.
            #[must_use]
            pub fn is_empty(&self) -> bool {
                !self.whole $(&& self.$name.is_empty())*
            }

            /// The names of the tables.
            pub const TABLES: &'static [&'static str] = &[$(stringify!($name),)* "totals"];

            /// Lists the rows that changed: table, key, value; the latter two as JSON.
            pub fn rows(&self) -> impl Iterator<Item = (&'static str, String, Option<String>)> {
                let json = [("totals", text(&()), Some(text(&self.totals)))].into_iter();
                $(let json = json.chain(self.$name.iter().map(|(key, value)| {
                    (stringify!($name), text(key), value.as_ref().map(text))
                }));)*
                json
            }
        }
    };
}

tables! {
    /// The alerts.
    alerts: Fingerprint => Alert,
    /// The silences, by id.
    silences: String => Silence,
    /// What was told.
    log: LogKey => Entry,
    /// What receivers know of alerts that have a cooldown.
    cooldowns: (String, Fingerprint) => Cooled,
    /// What somebody tried to tell.
    owed: LogKey => Owed,
    /// Who takes care of which alert.
    acknowledgements: Fingerprint => Acknowledgement,
    /// How far alerts have climbed, by their labels without `severity`.
    escalations: Fingerprint => Climb,
    /// The alerts that were seen to fire, and not yet to have ended.
    firing: Fingerprint => (),
    /// The groups.
    groups: GroupKey => GroupState,
}

fn text<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("plain values can be written")
}

/// Maps as lists of pairs: not every format has keys that are more than a text.
mod pairs {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<K: Serialize, V: Serialize, S: Serializer>(
        map: &BTreeMap<K, V>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_seq(map)
    }

    pub(super) fn deserialize<'de, K, V, D>(from: D) -> Result<BTreeMap<K, V>, D::Error>
    where
        K: Deserialize<'de> + Ord,
        V: Deserialize<'de>,
        D: Deserializer<'de>,
    {
        Vec::<(K, V)>::deserialize(from).map(|it| it.into_iter().collect())
    }
}

/// Labels as a map.
pub(crate) mod labels {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serializer};

    use crate::labels::Labels;

    pub(crate) fn serialize<S: Serializer>(labels: &Labels, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(labels.iter())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Labels, D::Error> {
        let pairs = BTreeMap::<String, String>::deserialize(from)?;
        Ok(pairs.into_iter().collect())
    }
}

/// Matchers as name, operator, value.
pub(super) mod matchers {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::series::{MatchOp, Matcher};

    const OPS: [(&str, MatchOp); 4] = [
        ("=", MatchOp::Equal),
        ("!=", MatchOp::NotEqual),
        ("=~", MatchOp::Matches),
        ("!~", MatchOp::MatchesNot),
    ];

    pub(in super::super) fn serialize<S: Serializer>(
        matchers: &[Matcher],
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_seq(matchers.iter().map(|it| {
            let op = OPS.iter().find(|(_, op)| *op == it.op());
            (it.name(), op.map(|(text, _)| *text), it.value())
        }))
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<Matcher>, D::Error> {
        let read = |(name, op, value): (String, String, String)| {
            let op = OPS.iter().find(|(text, _)| *text == op);
            let (_, op) = op.ok_or("no such operator")?;
            Matcher::new(&name, *op, &value, false)
        };
        let all = Vec::<(String, String, String)>::deserialize(from)?;
        let all: Result<_, _> = all.into_iter().map(read).collect();
        all.map_err(D::Error::custom)
    }
}
