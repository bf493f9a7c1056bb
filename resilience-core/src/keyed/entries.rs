//! Entries in the order of their use, in two lists, and a table that finds them by their hash.

/// No place.
const NOWHERE: u32 = u32::MAX;

/// The most entries there can be.
pub(super) const MOST: usize = NOWHERE as usize - 1;

/// In which list an entry stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum List {
    /// What was used, newest last, and not looked at since.
    Used = 0,
    /// What was looked at and could not go, oldest first. Everything here was used before everything
    /// there.
    Held = 1,
}

/// Entries in the order of their use. Every operation takes the same time, however many there are.
#[derive(Debug)]
pub(super) struct Entries<T> {
    /// `None` where the place is free.
    values: Vec<Option<T>>,
    /// Apart from the values: a use of one entry changes the links of two others, and more of these
    /// fit into a cache.
    links: Vec<Link>,
    /// A place that is free; the others follow by `newer`.
    free: u32,
    lists: [Ends; 2],
}

/// The neighbours of an entry in its list.
#[derive(Clone, Copy, Debug)]
struct Link {
    older: u32,
    newer: u32,
    list: List,
}

#[derive(Clone, Copy, Debug)]
struct Ends {
    oldest: u32,
    newest: u32,
    len: usize,
    /// Where to look next.
    cursor: u32,
}

impl<T> Entries<T> {
    pub(super) fn new() -> Self {
        let ends = Ends {
            oldest: NOWHERE,
            newest: NOWHERE,
            len: 0,
            cursor: NOWHERE,
        };
        Self {
            values: Vec::new(),
            links: Vec::new(),
            free: NOWHERE,
            lists: [ends; 2],
        }
    }

    pub(super) fn len(&self) -> usize {
        self.lists[0].len + self.lists[1].len
    }

    pub(super) fn len_of(&self, list: List) -> usize {
        self.lists[list as usize].len
    }

    #[inline]
    pub(super) fn get(&self, at: u32) -> &T {
        let value = self.values[at as usize].as_ref();
        value.expect("only free places are empty, and nothing leads there")
    }

    #[inline]
    pub(super) fn get_mut(&mut self, at: u32) -> &mut T {
        let value = self.values[at as usize].as_mut();
        value.expect("only free places are empty, and nothing leads there")
    }

    /// Returns the entry of a list that was used longest ago.
    #[inline]
    pub(super) fn oldest(&self, list: List) -> Option<u32> {
        place(self.lists[list as usize].oldest)
    }

    /// Returns the entry that was used after this one, of the same list.
    pub(super) fn newer(&self, at: u32) -> Option<u32> {
        place(self.links[at as usize].newer)
    }

    /// Returns the entries of a list, oldest first.
    pub(super) fn of(&self, list: List) -> impl Iterator<Item = &T> {
        std::iter::successors(self.oldest(list), |at| self.newer(*at)).map(|at| self.get(at))
    }

    /// Puts in an entry that is used now.
    pub(super) fn insert(&mut self, value: T) -> u32 {
        let at = match place(self.free) {
            Some(at) => {
                self.free = self.links[at as usize].newer;
                self.values[at as usize] = Some(value);
                at
            }
            None => {
                self.values.push(Some(value));
                self.links.push(Link {
                    older: NOWHERE,
                    newer: NOWHERE,
                    list: List::Used,
                });
                u32::try_from(self.links.len() - 1).expect("there are at most `MOST`")
            }
        };
        self.link(at, List::Used);
        at
    }

    pub(super) fn remove(&mut self, at: u32) -> T {
        self.unlink(at);
        self.links[at as usize].newer = self.free;
        self.free = at;
        self.values[at as usize]
            .take()
            .expect("only free places are empty, and nothing leads there")
    }

    /// Makes an entry the newest of those that were used.
    #[inline]
    pub(super) fn touch(&mut self, at: u32) {
        if self.lists[List::Used as usize].newest != at {
            self.unlink(at);
            self.link(at, List::Used);
        }
    }

    /// Moves the oldest of those that were used to those that could not go.
    pub(super) fn hold(&mut self, at: u32) {
        self.unlink(at);
        self.link(at, List::Held);
    }

    /// Returns the next of those that could not go to look at: each in turn, from the oldest on.
    pub(super) fn next_held(&mut self) -> Option<u32> {
        let held = &mut self.lists[List::Held as usize];
        let at = place(held.cursor).or(place(held.oldest))?;
        held.cursor = self.links[at as usize].newer;
        Some(at)
    }

    /// Makes [`next_held`](Self::next_held) begin with the oldest.
    pub(super) fn rewind(&mut self) {
        self.lists[List::Held as usize].cursor = NOWHERE;
    }

    fn link(&mut self, at: u32, list: List) {
        let ends = &mut self.lists[list as usize];
        let older = std::mem::replace(&mut ends.newest, at);
        ends.len += 1;
        match place(older) {
            Some(older) => self.links[older as usize].newer = at,
            None => ends.oldest = at,
        }
        self.links[at as usize] = Link {
            older,
            newer: NOWHERE,
            list,
        };
    }

    fn unlink(&mut self, at: u32) {
        let Link { older, newer, list } = self.links[at as usize];
        let ends = &mut self.lists[list as usize];
        ends.len -= 1;
        if ends.cursor == at {
            ends.cursor = newer;
        }
        match place(older) {
            Some(older) => self.links[older as usize].newer = newer,
            None => ends.oldest = newer,
        }
        match place(newer) {
            Some(newer) => self.links[newer as usize].older = older,
            None => self.lists[list as usize].newest = older,
        }
    }
}

#[inline]
fn place(at: u32) -> Option<u32> {
    (at != NOWHERE).then_some(at)
}

/// Finds entries by their hash: open addressing, eight bytes a slot, at least a quarter of them free.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// A power of two of them, or none.
    slots: Vec<Slot>,
    len: usize,
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    hash: u32,
    at: u32,
}

const FREE: Slot = Slot {
    hash: 0,
    at: NOWHERE,
};

impl Table {
    /// Returns the place of the entry with this hash for which `is_it` holds.
    #[inline]
    pub(super) fn find(&self, hash: u32, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let slot = self.slot(hash, is_it)?;
        Some(self.slots[slot].at)
    }

    #[inline]
    fn slot(&self, hash: u32, is_it: impl Fn(u32) -> bool) -> Option<usize> {
        let mask = self.slots.len().checked_sub(1)?;
        let mut slot = hash as usize & mask;
        loop {
            let found = self.slots[slot];
            if found.at == NOWHERE {
                return None;
            }
            if found.hash == hash && is_it(found.at) {
                return Some(slot);
            }
            slot = (slot + 1) & mask;
        }
    }

    pub(super) fn insert(&mut self, hash: u32, at: u32) {
        if (self.len + 1) * 4 > self.slots.len() * 3 {
            let larger = (self.slots.len() * 2).max(8);
            let old = std::mem::replace(&mut self.slots, vec![FREE; larger]);
            for it in old.into_iter().filter(|it| it.at != NOWHERE) {
                self.put(it);
            }
        }
        self.len += 1;
        self.put(Slot { hash, at });
    }

    fn put(&mut self, it: Slot) {
        let mask = self.slots.len() - 1;
        let mut slot = it.hash as usize & mask;
        while self.slots[slot].at != NOWHERE {
            slot = (slot + 1) & mask;
        }
        self.slots[slot] = it;
    }

    /// Forgets the entry at `at`; those behind it move up, so that no search ends too early.
    pub(super) fn remove(&mut self, hash: u32, at: u32) {
        let slot = self.slot(hash, |it| it == at);
        let mut hole = slot.expect("every entry is in the table");
        let mask = self.slots.len() - 1;
        let mut slot = hole;
        self.len -= 1;
        loop {
            slot = (slot + 1) & mask;
            let it = self.slots[slot];
            if it.at == NOWHERE {
                break;
            }
            // How far it stands from where its search begins, and how far from the hole.
            let from_start = slot.wrapping_sub(it.hash as usize) & mask;
            if from_start >= slot.wrapping_sub(hole) & mask {
                self.slots[hole] = it;
                hole = slot;
            }
        }
        self.slots[hole] = FREE;
    }
}

#[cfg(all(test, not(loom)))]
impl<T> Entries<T> {
    pub(super) fn places(&self) -> usize {
        self.values.capacity() + self.links.capacity()
    }
}

#[cfg(all(test, not(loom)))]
impl Table {
    pub(super) fn places(&self) -> usize {
        self.slots.capacity()
    }
}
