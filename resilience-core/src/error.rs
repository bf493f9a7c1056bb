//! What a caller sees when a policy steps in.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use crate::Name;
use crate::circuit_breaker::CircuitState;

macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* })+) => {
        /// A call that a policy refused to make: nothing of it was sent.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Rejected {$(
            $(#[$doc])*
            $name($name),
        )+}

        impl Rejected {
            /// Returns the name of the policy that refused.
            #[must_use]
            pub fn policy(&self) -> &Name {
                match self {$( Self::$name(it) => &it.policy, )+}
            }

            fn reason(&self) -> &(dyn Error + 'static) {
                match self {$( Self::$name(it) => it, )+}
            }
        }

        $(
            $(#[$doc])*
            #[derive(Clone, Debug, PartialEq, Eq)]
            #[non_exhaustive]
            pub struct $name {
                /// The policy that refused.
                pub policy: Name,
                $($(#[$field_doc])* pub $field: $type,)*
            }

            impl $name {
                /// Creates the reason, for a gate of the caller's own.
                #[must_use]
                pub fn new(policy: impl Into<Name> $(, $field: $type)*) -> Self {
                    let policy = policy.into();
                    Self { policy $(, $field)* }
                }
            }

            impl Error for $name {}

            impl From<$name> for Rejected {
                fn from(it: $name) -> Self {
                    Self::$name(it)
                }
            }
        )+
    };
}

reasons! {
    /// The circuit does not let calls through.
    CircuitOpen {
        /// The state it is in.
        state: CircuitState,
        /// Time until the circuit may let a call through; `None` where it is half-open and all
        /// probes are out, or isolated: nobody knows.
        retry_after: Option<Duration>,
    }
    /// The rate is used up.
    RateLimited {
        /// Time until the call fits, if no other call comes first.
        retry_after: Duration,
    }
    /// The call asks for more than the limiter ever has.
    NeverFits {
        /// What the call asked for.
        cost: u32,
        /// The most that can be asked for at once.
        most: u32,
    }
    /// All slots are taken, and so are the places in the queue.
    BulkheadFull {
        /// Number of calls that may be in flight at once.
        max_in_flight: u32,
        /// Number of calls that may wait.
        max_waiting: u32,
    }
    /// The call waited in vain.
    WaitTooLong {
        /// How long it waited.
        waited: Duration,
    }
    /// The answer would be of no use any more.
    DeadlinePassed {}
}

impl Rejected {
    /// Returns how long to wait before trying again, where the policy knows.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::CircuitOpen(it) => it.retry_after,
            Self::RateLimited(it) => Some(it.retry_after),
            Self::NeverFits(_)
            | Self::BulkheadFull(_)
            | Self::WaitTooLong(_)
            | Self::DeadlinePassed(_) => None,
        }
    }
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "call rejected by {}", self.policy())
    }
}

impl Error for Rejected {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(self.reason())
    }
}

impl fmt::Display for CircuitOpen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.state, self.retry_after) {
            (CircuitState::Isolated, _) => f.write_str("circuit isolated by the operator"),
            (_, Some(wait)) => write!(f, "circuit open, retry after {wait:?}"),
            (_, None) => f.write_str("circuit half-open, all probes are out"),
        }
    }
}

impl fmt::Display for RateLimited {
    /// Writes the wait in seconds, rounded up to a tenth: who obeys it comes back in time.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = self.retry_after.as_nanos().div_ceil(100_000_000);
        write!(f, "Wait {}.{}s", tenths / 10, tenths % 10)
    }
}

impl fmt::Display for NeverFits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cost, most, .. } = self;
        write!(
            f,
            "cost {cost} never fits, the most that can be asked for is {most}"
        )
    }
}

impl fmt::Display for BulkheadFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            max_in_flight,
            max_waiting,
            ..
        } = self;
        write!(f, "all {max_in_flight} slots are taken")?;
        match max_waiting {
            0 => Ok(()),
            _ => write!(f, " and {max_waiting} calls wait"),
        }
    }
}

impl fmt::Display for WaitTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no turn within {:?}", self.waited)
    }
}

impl fmt::Display for DeadlinePassed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the deadline has passed")
    }
}

/// A call that was made but not answered in time: it may have taken effect.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Elapsed {
    /// The time that passed in vain.
    pub limit: Duration,
}

impl Elapsed {
    /// Creates an error for a call that outlived `limit`.
    #[must_use]
    pub const fn new(limit: Duration) -> Self {
        Self { limit }
    }
}

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no answer within {:?}", self.limit)
    }
}

impl Error for Elapsed {}

/// A configuration that no policy can be built from: the field, the rule it breaks, and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    field: &'static str,
    rule: &'static str,
    value: String,
}

impl ConfigError {
    pub(crate) fn new(field: &'static str, rule: &'static str, value: impl fmt::Debug) -> Self {
        let value = format!("{value:?}");
        Self { field, rule, value }
    }

    /// Refuses `value` unless the rule holds; for configs of the caller's own too.
    ///
    /// # Errors
    ///
    /// Returns the error that names field, rule and value, where the rule does not hold.
    pub fn unless(
        holds: bool,
        field: &'static str,
        rule: &'static str,
        value: impl fmt::Debug,
    ) -> Result<(), Self> {
        match holds {
            true => Ok(()),
            false => Err(Self::new(field, rule, value)),
        }
    }

    /// Returns the name of the field, which of a nested config is the inner one.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        self.field
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` {}, is {}", self.field, self.rule, self.value)
    }
}

impl Error for ConfigError {}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_used_up_rate_says_wait_in_seconds_rounded_up() {
        for (nanos, text) in [
            (15_300_000_000, "Wait 15.3s"),
            (15_300_000_001, "Wait 15.4s"),
            (1, "Wait 0.1s"),
            (0, "Wait 0.0s"),
        ] {
            let retry_after = Duration::from_nanos(nanos);
            let policy = Name::from("fred");
            let limited = RateLimited {
                policy,
                retry_after,
            };
            assert_eq!(limited.to_string(), text);
        }
    }
}
