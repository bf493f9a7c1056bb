//! The words that several policies share.

use resilience_core::Outcome;

use crate::vectors::schema::{Checked, Fields};

/// The outcomes that every policy knows.
pub(super) const OUTCOMES: [(&str, Outcome); 3] = [
    ("success", Outcome::Success),
    ("failure", Outcome::Failure),
    ("ignored", Outcome::Ignored),
];

/// Reads `outcomes` and `times`: one outcome for each call, in order.
pub(super) fn outcomes(args: &Fields<'_>) -> Checked<Vec<Outcome>> {
    let letters = args.must("outcomes", args.text("outcomes"))?;
    let times = args.times()? as usize;
    let once: Checked<Vec<_>> = letters.chars().map(outcome).collect();
    Ok(once?.repeat(times))
}

fn outcome(letter: char) -> Checked<Outcome> {
    match letter {
        'S' => Ok(Outcome::Success),
        'F' => Ok(Outcome::Failure),
        'I' => Ok(Outcome::Ignored),
        _ => Err(format!("`outcomes` has the unknown letter `{letter}`")),
    }
}
