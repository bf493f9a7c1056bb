//! What the copies of a body share.

use std::mem;
use std::task::{Poll, Waker};

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use resilience_core::BoxError;

/// The original, and what of it was read and kept.
pub(super) struct State<B> {
    source: Source<B>,
    /// What is left of the original.
    left: SizeHint,
    kept: Kept,
    /// The copy that may read, and the waker it waits with.
    reader: u64,
    waker: Option<Waker>,
    /// Whether that copy was polled: one that was not can begin after copies of it were made.
    begun: bool,
    /// The number of the next copy.
    next: u64,
}

enum Source<B> {
    Here(B),
    /// Is being polled.
    Lent,
    Ended,
    /// It failed.
    Lost,
}

/// What was read, as far as it fits.
struct Kept {
    /// Whether it is all that was read.
    whole: bool,
    room: usize,
    /// In pieces that earlier copies have read.
    pieces: Vec<Bytes>,
    /// What the copy that reads now has read beyond them: one piece, so that a body in bits costs no
    /// more than its bytes.
    open: BytesMut,
    trailers: Option<HeaderMap>,
}

/// How far a copy has come.
#[derive(Debug, Default)]
pub(super) struct Place {
    /// Which copy it is; only the latest that has begun may read.
    pub(super) number: u64,
    /// How many pieces of what was kept it has read.
    pub(super) read: usize,
    /// Whether it was polled.
    pub(super) begun: bool,
}

/// What a copy that is polled gives.
pub(super) enum Next<B> {
    Kept(Bytes),
    Trailers(HeaderMap),
    End,
    Gone,
    /// Another copy is polling the original.
    Wait,
    /// The original, to be polled and given back.
    Original(B),
}

/// What is to be done once the lock is free.
pub(super) struct Back<B> {
    pub(super) waiting: Option<Waker>,
    /// The original, where it is of no use any more.
    pub(super) inner: Option<B>,
}

impl Kept {
    fn keep(&mut self, data: &[u8]) {
        match self.room.checked_sub(data.len()) {
            Some(room) if self.whole => {
                self.room = room;
                self.open.extend_from_slice(data);
            }
            _ => self.let_go(),
        }
    }

    fn let_go(&mut self) {
        *self = Self {
            whole: false,
            ..Self::new(0)
        };
    }

    /// Lets go of what a copy that is the only one has read, `read` pieces; trailers it may not have
    /// read yet.
    fn let_go_of_data(&mut self, read: &mut usize) {
        let trailers = self.trailers.take();
        self.let_go();
        self.trailers = trailers;
        *read = 0;
    }

    /// Returns the number of bytes that a copy finds here that has read so many pieces; `open` says
    /// whether it finds the open one too.
    fn ahead(&self, read: usize, open: bool) -> u64 {
        let pieces = self.pieces.iter().skip(read).map(Bytes::len);
        let open = if open { self.open.len() } else { 0 };
        (pieces.sum::<usize>() + open) as u64
    }

    /// Makes a piece of what was read, for a copy that reads it anew.
    fn close(&mut self) {
        if !self.open.is_empty() {
            self.pieces.push(mem::take(&mut self.open).freeze());
        }
    }

    fn new(room: usize) -> Self {
        Self {
            whole: true,
            room,
            pieces: Vec::new(),
            open: BytesMut::new(),
            trailers: None,
        }
    }
}

impl<B: Body> State<B> {
    pub(super) fn new(inner: B, max_bytes: usize) -> Self {
        let left = inner.size_hint();
        let mut kept = Kept::new(max_bytes);
        kept.whole = left.lower() <= u64::try_from(max_bytes).unwrap_or(u64::MAX);
        let source = match inner.is_end_stream() {
            true => Source::Ended,
            false => Source::Here(inner),
        };
        Self {
            source,
            left,
            kept,
            reader: 0,
            waker: None,
            begun: false,
            next: 1,
        }
    }
}

impl<B> State<B> {
    pub(super) fn is_replayable(&self) -> bool {
        self.kept.whole && !matches!(self.source, Source::Lost)
    }

    /// Returns the number of another copy, and the waker of a reader that it supersedes.
    pub(super) fn copy(&mut self) -> Option<(u64, Option<Waker>)> {
        if !self.is_replayable() {
            return None;
        }
        let number = self.next;
        self.next += 1;
        let superseded = self.begun.then(|| self.read_by(number)).flatten();
        Some((number, superseded))
    }

    /// Makes `number` the copy that reads, and returns the waker of the one that did.
    fn read_by(&mut self, number: u64) -> Option<Waker> {
        self.reader = number;
        self.begun = false;
        self.kept.close();
        self.waker.take()
    }

    /// Says what a copy gives, and returns the waker of one that it supersedes; where it is `alone`,
    /// nothing more is kept.
    pub(super) fn next(
        &mut self,
        place: &mut Place,
        alone: bool,
        waker: &Waker,
    ) -> (Next<B>, Option<Waker>) {
        let mut superseded = None;
        if place.number > self.reader {
            superseded = self.read_by(place.number);
        }
        (self.next_of(place, alone, waker), superseded)
    }

    fn next_of(&mut self, place: &mut Place, alone: bool, waker: &Waker) -> Next<B> {
        if place.number < self.reader || self.is_gone_for(place) {
            return Next::Gone;
        }
        place.begun = true;
        self.begun = true;
        if let Some(piece) = self.kept.pieces.get(place.read) {
            place.read += 1;
            return Next::Kept(piece.clone());
        }
        if alone {
            self.kept.let_go_of_data(&mut place.read);
        }
        match mem::replace(&mut self.source, Source::Lent) {
            Source::Here(inner) => Next::Original(inner),
            Source::Lent => {
                self.waker = Some(waker.clone());
                Next::Wait
            }
            Source::Lost => {
                self.source = Source::Lost;
                Next::Gone
            }
            Source::Ended => {
                self.source = Source::Ended;
                self.kept.trailers.clone().map_or(Next::End, Next::Trailers)
            }
        }
    }

    /// Takes back the original after copy `number` polled it, and says whether that copy was
    /// superseded meanwhile.
    pub(super) fn take_back(
        &mut self,
        inner: Option<B>,
        polled: &Poll<Option<Result<Frame<Bytes>, BoxError>>>,
        (left, ended): (SizeHint, bool),
        number: u64,
        waker: &Waker,
    ) -> (bool, Back<B>) {
        let over = match polled {
            Poll::Ready(Some(Ok(frame))) => {
                self.keep(frame);
                (ended || frame.is_trailers()).then_some(Source::Ended)
            }
            Poll::Ready(Some(Err(_))) => {
                self.kept.let_go();
                Some(Source::Lost)
            }
            Poll::Ready(None) => Some(Source::Ended),
            Poll::Pending => None,
        };
        let mut back = Back {
            waiting: None,
            inner,
        };
        self.left = over.as_ref().map_or(left, |_| SizeHint::with_exact(0));
        self.source = match over {
            Some(over) => over,
            None => back.inner.take().map_or(Source::Lost, Source::Here),
        };
        let superseded = number != self.reader;
        if superseded {
            self.kept.close();
            back.waiting = self.waker.take();
        } else if polled.is_pending() {
            self.waker = Some(waker.clone());
        }
        (superseded, back)
    }

    fn keep(&mut self, frame: &Frame<Bytes>) {
        if let Some(data) = frame.data_ref() {
            self.kept.keep(data);
        }
        if let Some(trailers) = frame.trailers_ref() {
            self.kept.trailers = Some(trailers.clone());
        }
    }

    /// Forgets the original, which panicked, and returns the waker of a copy that waits for it.
    pub(super) fn lose(&mut self) -> Option<Waker> {
        self.source = Source::Lost;
        self.kept.let_go();
        self.waker.take()
    }

    /// Says whether what a copy would begin with was not kept.
    fn is_gone_for(&self, place: &Place) -> bool {
        !place.begun && place.number > 0 && !self.is_replayable()
    }

    /// Says whether a copy has given all there is.
    pub(super) fn is_at_end(&self, place: &Place) -> bool {
        let ended = matches!(self.source, Source::Ended) && self.kept.trailers.is_none();
        ended && place.number >= self.reader && !self.is_gone_for(place) && self.ahead(place) == 0
    }

    /// Returns how much a copy still gives.
    pub(super) fn left(&self, place: &Place) -> SizeHint {
        if self.is_gone_for(place) {
            return SizeHint::new();
        }
        let ahead = self.ahead(place);
        let mut left = SizeHint::new();
        if let Some(upper) = self.left.upper() {
            left.set_upper(upper.saturating_add(ahead));
        }
        left.set_lower(self.left.lower().saturating_add(ahead));
        left
    }

    #[cfg(test)]
    pub(super) fn kept_bytes(&self) -> u64 {
        self.kept.ahead(0, true)
    }

    fn ahead(&self, place: &Place) -> u64 {
        self.kept.ahead(place.read, place.number > self.reader)
    }
}
