//! What somebody may have meant.

/// Number of words that are offered.
const OFFERED: usize = 3;

/// Returns the words that are nearest to `word`, as text.
pub(super) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> String {
    let mut known: Vec<_> = known.map(|it| (distance(word, it), it)).collect();
    known.sort_unstable();
    let offered = known.iter().take(OFFERED);
    let quoted: Vec<_> = offered.map(|(_, it)| format!("{it:?}")).collect();
    match quoted.is_empty() {
        true => "none".to_owned(),
        false => quoted.join(", "),
    }
}

/// Returns how many letters to change, leave out or put in to make one word of the other.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<_> = to.chars().collect();
    let mut row: Vec<_> = (0..=to.len()).collect();
    for (at, letter) in from.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], at + 1);
        for (column, other) in to.iter().enumerate() {
            let changed = diagonal + usize::from(letter != *other);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[to.len()]
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_words_come_first() {
        let known = ["orders", "venue", "vendor", "quotes"];
        assert_eq!(
            nearest("venu", known.into_iter()),
            r#""venue", "vendor", "orders""#
        );
        assert_eq!(nearest("venu", [].into_iter()), "none");
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
    }
}
