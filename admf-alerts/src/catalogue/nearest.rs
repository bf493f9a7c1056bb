//! What somebody may have meant.

/// How many are named at most.
const MOST: usize = 3;

/// Finds the names that are nearest to one, the nearest first: those that differ in no more than a third of it.
pub(super) fn nearest<'n>(name: &str, among: impl IntoIterator<Item = &'n str>) -> Vec<&'n str> {
    let name: Vec<char> = name.chars().collect();
    let most = (name.len() / 3).max(2);
    let mut found: Vec<(usize, &str)> = among
        .into_iter()
        .filter_map(|other| Some((distance(&name, other, most)?, other)))
        .collect();
    found.sort_unstable();
    found.dedup();
    found.into_iter().take(MOST).map(|it| it.1).collect()
}

/// How many characters must be put in, left out, or changed to make the one of the other; no more than `most`.
fn distance(name: &[char], other: &str, most: usize) -> Option<usize> {
    // By bytes it is no shorter, so that nobody counts what is far too long.
    if other.len() > (name.len() + most) * 4 {
        return None;
    }
    let other: Vec<char> = other.chars().collect();
    if name.len().abs_diff(other.len()) > most {
        return None;
    }
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in name.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in other.iter().enumerate() {
            let changed = last[j] + usize::from(a != b);
            row.push(changed.min(last[j + 1] + 1).min(row[j] + 1));
        }
        last = row;
    }
    last.pop().filter(|distance| *distance <= most)
}

/// `; near it is …`, or nothing.
pub(super) fn near<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    let names: Vec<String> = names.into_iter().map(|it| format!("`{it}`")).collect();
    match &names[..] {
        [] => String::new(),
        [one] => format!("; near it is {one}"),
        many => format!("; near it are {}", many.join(", ")),
    }
}
