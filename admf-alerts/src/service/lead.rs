//! Of several processes, the one that leads tells, and leaves what it knows to the next.

use std::pin::pin;

use super::copying::Copies;
use super::{AlertService, Phase};
use crate::history::{Event, Kind};
use crate::leader::Leader;
use crate::leader::follow::Begun;
use crate::leader::told::{Book, Told};
use crate::notify::Changes;

impl Copies for Book {
    async fn write(&mut self, changes: Changes) -> Result<(), String> {
        Self::write(self, changes).await
    }
}

impl AlertService {
    /// Tells people while this process leads, stands by while another one does, and ends when `stop` does.
    ///
    /// What is posted meanwhile is taken, as replicas are posted the same. Once this process leads no more, what is under way
    /// is dropped: the next leader tells. By [`Leader::postgres`] it goes on from what the one before has told.
    ///
    /// # Cancel safety
    ///
    /// As [`run`](Self::run); the lock is given up.
    pub async fn run_as_leader(&self, leader: &Leader, stop: impl Future<Output = ()>) {
        let mut stop = pin!(stop);
        loop {
            self.stand_by();
            let begun = tokio::select! {
                biased;
                () = &mut stop => break,
                begun = leader.lead_after(|told| self.follow(told)) => begun,
            };
            let mut stopped = false;
            let stops = async {
                (&mut stop).await;
                stopped = true;
            };
            let lost = self.lead(begun, stops).await;
            self.state().durable.copy_no_more();
            if stopped {
                break;
            }
            self.note(Kind::LeaderLost, &lost);
            self.stand_by();
            tokio::select! {
                biased;
                () = &mut stop => break,
                () = leader.pause() => {}
            }
        }
        self.state().phase = Phase::Stopped;
    }

    /// Tells people until it leads no more, and says why.
    async fn lead(&self, begun: Begun, stops: impl Future<Output = ()>) -> String {
        let Begun {
            mut leadership,
            told,
            book,
        } = begun;
        self.succeed(told, book.is_some());
        self.note(Kind::LeaderGained, "this process tells");
        tokio::select! {
            biased;
            lost = leadership.lost() => lost,
            ended = self.run_copying(stops, book) => ended.err().unwrap_or_default(),
        }
    }

    fn note(&self, kind: Kind, text: &str) {
        let now = self.now();
        self.state().durable.note(now, Event::new(kind, text));
    }

    /// Takes what who leads knows, and that time goes on.
    fn follow(&self, told: Option<Told>) {
        let mut state = self.state();
        state.batch(self.now(), |state, now| {
            state.durable.change(now, |notifier| {
                if let Some(told) = &told {
                    notifier.follow(&told.state, now);
                }
                notifier.stand_by(now);
            });
        });
    }

    /// Goes on from what who led before knew.
    fn succeed(&self, told: Option<Told>, copies: bool) {
        let mut state = self.state();
        state.batch(self.now(), |state, now| {
            if let Some(told) = told {
                if let Some(first) = told.unread.first() {
                    let unread = told.unread.len();
                    let text =
                        format!("of what was told before {unread} rows are not read: {first}");
                    state
                        .durable
                        .note(now, Event::new(Kind::StoreFailing, text));
                }
                state.durable.change(now, |it| it.succeed(told.state, now));
            }
            if copies {
                state.durable.copy_all(now);
            }
        });
    }
}
