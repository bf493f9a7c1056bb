//! The last things that happened, and how many there were.

use std::collections::VecDeque;

/// Number of things that are remembered.
pub(crate) const REMEMBERED: usize = 256;

/// Longest text of the caller's that is kept with one of them, in bytes.
const LONGEST_TEXT: usize = 1024;

/// The last [`REMEMBERED`] things that happened, and the number of all.
#[derive(Debug)]
pub(crate) struct Recent<T> {
    last: VecDeque<T>,
    total: u64,
}

impl<T> Default for Recent<T> {
    fn default() -> Self {
        let last = VecDeque::new();
        Self { last, total: 0 }
    }
}

impl<T: Clone> Recent<T> {
    /// Remembers what `make` makes of its number, from 1, and returns it.
    pub(crate) fn push(&mut self, make: impl FnOnce(u64) -> T) -> T {
        self.total = self.total.saturating_add(1);
        let thing = make(self.total);
        if self.last.len() == REMEMBERED {
            self.last.pop_front();
        }
        self.last.push_back(thing.clone());
        thing
    }

    /// Returns how many things happened, those that are forgotten too.
    pub(crate) const fn total(&self) -> u64 {
        self.total
    }

    pub(crate) fn last(&self) -> Option<&T> {
        self.last.back()
    }

    /// Returns what is remembered, oldest first, to be changed.
    pub(crate) fn iter_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut T> {
        self.last.iter_mut()
    }

    /// Returns what is remembered, oldest first.
    pub(crate) fn to_vec(&self) -> Vec<T> {
        self.last.iter().cloned().collect()
    }
}

/// Cuts a text of the caller's to a length that is kept.
pub(crate) fn shortened(mut text: String) -> String {
    if text.len() > LONGEST_TEXT {
        let mut end = LONGEST_TEXT;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text.shrink_to_fit();
    }
    text
}
