//! All series of closed labels, resolved at once and found without a lookup.

use std::marker::PhantomData;
use std::sync::Arc;

use crate::catalogue::{Closed, LabelValue};

/// Holds one series for each variant of a closed label, or for each pair or triple of two or three.
///
/// Got of [`Meter::counter_each`](crate::Meter::counter_each) and its like. All series are shown from
/// the start. Finding one is an index into an array. A series that is removed stays removed: get the
/// whole anew. Clones share the handles.
#[derive(Clone, Debug)]
pub struct Each<T, H> {
    /// In the order of [`Closed::position`].
    handles: Arc<[H]>,
    of: PhantomData<fn(T)>,
}

impl<T: Closed, H> Each<T, H> {
    /// The handles, one for each position, in order.
    pub(crate) fn new(handles: Arc<[H]>) -> Self {
        let of = PhantomData;
        Self { handles, of }
    }

    /// Returns the handle of a variant.
    #[must_use]
    pub fn of(&self, value: T) -> &H {
        &self.handles[value.position()]
    }
}

impl<T: LabelValue, H> Each<T, H> {
    /// Makes one of what `handle` gives for each variant, in order: of series found in a
    /// [`Family`](super::Family), or of anything else.
    pub fn from_fn(handle: impl FnMut(T) -> H) -> Self {
        Self::new(T::ALL.iter().copied().map(handle).collect())
    }
}
