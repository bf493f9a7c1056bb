//! Who is told that somebody has taken up an incident.

use std::time::Duration;

use tokio::time::Instant;

use crate::channel::Failure;
use crate::channel::io::Report;
use crate::notify::Outcome;
use crate::service::incident::tell;

const LATER: Duration = Duration::from_secs(10);

/// Answers so in turn, and the last for ever; returns what came of it, after how many tries and seconds.
async fn told(answers: &[Outcome]) -> (Result<(), String>, usize, u64) {
    let (began, mut tries) = (Instant::now(), 0);
    let told = tell(async || {
        let outcome = answers[tries.min(answers.len() - 1)];
        tries += 1;
        Report {
            outcome,
            failure: Some(Failure::Server),
            said: Some(format!("try {tries}")),
        }
    });
    let told = told.await;
    (told, tries, began.elapsed().as_secs())
}

#[tokio::test(start_paused = true)]
async fn whoever_does_not_take_it_is_told_again_for_two_minutes() {
    let again = |after| Outcome::Again { after };
    let soon = again(Duration::ZERO);
    assert_eq!(told(&[Outcome::Sent]).await, (Ok(()), 1, 0));
    let third = [soon, soon, Outcome::Sent];
    assert_eq!(told(&third).await, (Ok(()), 3, 3));
    let asked = [again(LATER), Outcome::Sent];
    assert_eq!(told(&asked).await, (Ok(()), 2, 10), "who asks to wait");
    let never = (Err("try 8".to_owned()), 8, 127);
    assert_eq!(told(&[soon]).await, never);
    let refused = (Err("try 1".to_owned()), 1, 0);
    assert_eq!(told(&[Outcome::Refused]).await, refused);
}
