use std::fmt;
use std::sync::Arc;

use resilience_core::RetryLimits;

/// A request that says itself whether it is safe to repeat, and gives a copy if it is.
///
/// Plain values always are. Of `http::Request` those are that `http::is_repeatable` names. For a type
/// of your own implement it, or name a function by
/// [`RetryLayer::repeatable`](super::RetryLayer::repeatable).
///
/// ```
/// use resilience_tower::Repeat;
///
/// #[derive(Clone)]
/// struct Order {
///     client_id: Option<u64>,
/// }
///
/// impl Repeat for Order {
///     fn repeat(&self) -> Option<Self> {
///         self.client_id.is_some().then(|| self.clone())
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "nobody says whether a `{Self}` is safe to repeat",
    note = "implement `Repeat` for it, or use `RetryLayer::repeatable(retry, |req| Some(req.clone()))`"
)]
pub trait Repeat: Sized {
    /// Returns a copy to be sent again, or nothing where a repetition may do harm.
    fn repeat(&self) -> Option<Self>;

    /// Says whether [`repeat`](Self::repeat) would still give a copy of this one, which it gave a copy
    /// of before: it is asked before anything is taken from a budget. Default: yes.
    fn is_repeatable_still(&self) -> bool {
        true
    }

    /// Returns the limits that the request brings, beside those that the rule's
    /// [`ask`](resilience_core::Classify::ask) sets. Default: none.
    fn limits(&self) -> RetryLimits {
        RetryLimits::default()
    }
}

/// What a layer knows of its requests.
pub(super) struct Repeats<Req> {
    pub(super) copy: fn(&Req) -> Option<Req>,
    pub(super) still: fn(&Req) -> bool,
    pub(super) limits: fn(&Req) -> RetryLimits,
}

impl<Req> Repeats<Req> {
    pub(super) fn of_type() -> Self
    where
        Req: Repeat,
    {
        Self {
            copy: Req::repeat,
            still: Req::is_repeatable_still,
            limits: Req::limits,
        }
    }

    pub(super) fn by(copy: fn(&Req) -> Option<Req>) -> Self {
        Self {
            copy,
            still: |_| true,
            limits: |_| RetryLimits::default(),
        }
    }
}

impl<Req> Clone for Repeats<Req> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<Req> Copy for Repeats<Req> {}

impl<Req> fmt::Debug for Repeats<Req> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Repeats").finish_non_exhaustive()
    }
}

macro_rules! repeat_plain {
    ($($plain:ty)+) => {$(
        impl Repeat for $plain {
            fn repeat(&self) -> Option<Self> {
                Some(self.clone())
            }
        }
    )+};
}
repeat_plain!(() bool char u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64);
repeat_plain!(&'static str String Vec<u8>);

impl<T: ?Sized> Repeat for Arc<T> {
    fn repeat(&self) -> Option<Self> {
        Some(self.clone())
    }
}
