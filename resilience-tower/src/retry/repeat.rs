use std::sync::Arc;

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
