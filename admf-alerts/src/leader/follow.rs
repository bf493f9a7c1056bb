//! Who waits follows who leads, and goes on from what that has written down.

use tokio::time::sleep;

use super::told::{Book, Told};
use super::{Candidate, Held, Leader, Leadership};

/// Each so often that the lock is asked for it is read what who leads has written down.
const READ: u32 = 10;

/// What who leads begins with.
pub(crate) struct Begun {
    pub(crate) leadership: Leadership,
    /// What the one before has written down; `None`: there is nothing.
    pub(crate) told: Option<Told>,
    /// Where it is written down; `None`: nowhere.
    pub(crate) book: Option<Book>,
}

impl Leader {
    /// Waits until this process leads, as [`lead`](Self::lead), and hands over what the one writes down that does: from time to
    /// time, and `None` if nothing is new.
    ///
    /// # Cancel safety
    ///
    /// Dropped, nothing is held.
    pub(crate) async fn lead_after(&self, mut follow: impl FnMut(Option<Told>)) -> Begun {
        let mut candidate = Candidate::new(&self.lock);
        let (mut looks, mut known) = (0_u32, 0);
        loop {
            if let Some(Some(mut held)) = self.patiently(candidate.ask()).await {
                if let Some((told, book)) = self.patiently(self.open(&mut held)).await {
                    return Begun {
                        leadership: self.leadership(held),
                        told,
                        book,
                    };
                }
            } else if looks % READ == 0
                // Without a word from the server there is nothing new, and the problem stays that of asking.
                && self.problem().is_none()
                && let Some(told) = self.patiently(candidate.read(known)).await
            {
                known = told.as_ref().map_or(known, |it| it.revision);
                follow(told);
            }
            looks = looks.wrapping_add(1);
            sleep(self.every).await;
        }
    }

    /// Waits for as long as it does until it asks for the lock again: who cannot write leads no more, and may at once again.
    pub(crate) async fn pause(&self) {
        sleep(self.every).await;
    }

    /// Reads what was written down, and prepares to write on.
    #[cfg_attr(
        not(feature = "leader-postgres"),
        expect(clippy::unused_async, reason = "a file has none")
    )]
    async fn open(&self, held: &mut Held) -> Result<(Option<Told>, Option<Book>), String> {
        match (&self.lock, held) {
            #[cfg(feature = "leader-postgres")]
            (super::Lock::Postgres(server), Held::Postgres(session)) => {
                let writer = session.writer(&server.table).await?;
                let told = session.read(&server.table, 0).await?;
                Ok((told, Some(Book::Postgres(Box::new(writer)))))
            }
            _ => Ok((None, None)),
        }
    }
}
