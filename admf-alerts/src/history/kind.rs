//! What kinds of things happen.

use serde::{Deserialize, Serialize};

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal,)*) => {
        /// Says what kind of thing happened.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum Kind {
            $($(#[$doc])* #[serde(rename = $name)] $kind,)*
        }

        impl Kind {
            /// All kinds.
            pub const ALL: &'static [Self] = &[$(Self::$kind,)*];

            /// Returns its name, as `alert_firing`.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$kind => $name,)*
                }
            }
        }
    };
}

kinds! {
    /// An alert fires.
    AlertFiring = "alert_firing",
    /// An alert has ended.
    AlertResolved = "alert_resolved",
    /// A channel has taken a notice.
    NoticeSent = "notice_sent",
    /// A try to send a notice has failed, and another may follow.
    NoticeFailed = "notice_failed",
    /// A notice is given up: it was refused, or took too long.
    NoticeRefused = "notice_refused",
    /// An end was forgotten that nobody could be told of for too long.
    Dropped = "dropped",
    /// Somebody has set a silence, or changed one.
    Silenced = "silence_set",
    /// Somebody has ended a silence.
    SilenceExpired = "silence_expired",
    /// Somebody takes care of an alert.
    Acknowledged = "acknowledged",
    /// Nobody does any more.
    Unacknowledged = "unacknowledged",
    /// A level of a ladder was reached.
    Escalated = "escalated",
    /// There is another configuration.
    ConfigReloaded = "config_reloaded",
    /// A configuration was refused: the one before counts.
    ConfigRefused = "config_refused",
    /// The disk does not hold all.
    StoreFailing = "store_failing",
    /// The disk holds all again.
    StoreWell = "store_well",
    /// This process notifies from now on.
    LeaderGained = "leader_gained",
    /// This process notifies no more.
    LeaderLost = "leader_lost",
}

impl Kind {
    /// Returns the kind that has a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|it| it.as_str() == name)
    }

    /// Says whether one that comes again is added to the one before.
    pub(super) fn repeats(self) -> bool {
        use Kind::{ConfigRefused, NoticeFailed, NoticeRefused, StoreFailing};
        matches!(
            self,
            NoticeFailed | NoticeRefused | ConfigRefused | StoreFailing
        )
    }

    /// What is over by it, so that the next one like it is another.
    pub(super) fn ends(self) -> &'static [Self] {
        match self {
            Self::NoticeSent => &[Self::NoticeFailed, Self::NoticeRefused],
            Self::ConfigReloaded => &[Self::ConfigRefused],
            Self::StoreWell => &[Self::StoreFailing],
            _ => &[],
        }
    }
}
