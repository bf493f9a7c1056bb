//! Which gate a request passes.

use std::borrow::Cow;
use std::sync::Arc;

use resilience_core::{Ask, Gate, Rejected};

/// Says which gate a request passes: a gate says itself, [`ByKey`](crate::ByKey) looks for a key.
pub trait Gates<Req>: Sized {
    /// What permits hold on to.
    type Gate: Gate + Clone;

    /// Returns the gate of a request, or `None` where the request passes none.
    ///
    /// # Errors
    ///
    /// Returns the reason why the request passes none and must not be made.
    fn choose<'a>(
        self: &'a Arc<Self>,
        request: &Req,
        ask: &Ask,
    ) -> Result<Option<Cow<'a, Self::Gate>>, Rejected>;

    /// Returns why a request would be refused now, whatever request it is.
    fn refuses_all(&self) -> Option<Rejected>;
}

impl<Req, G: Gate> Gates<Req> for G {
    type Gate = Arc<G>;

    #[inline]
    fn choose<'a>(
        self: &'a Arc<Self>,
        _: &Req,
        _: &Ask,
    ) -> Result<Option<Cow<'a, Arc<G>>>, Rejected> {
        Ok(Some(Cow::Borrowed(self)))
    }

    #[inline]
    fn refuses_all(&self) -> Option<Rejected> {
        self.check(&Ask::default()).err()
    }
}
