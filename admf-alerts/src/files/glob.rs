//! Patterns of paths, as Go's `filepath.Glob` has them: `*`, `?`, `[a-z]`, `[^a]`, `\` before what is meant as it is.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

const MALFORMED: &str = "the pattern is malformed";

/// What a pattern finds.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The paths that fit, sorted within each folder.
    pub(crate) paths: Vec<PathBuf>,
    /// The folders that are there and cannot be looked into.
    pub(crate) closed: Vec<(PathBuf, io::Error)>,
}

/// Says whether a text may name other paths than itself.
pub(crate) fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '[', '\\'])
}

/// Lists the paths that fit.
pub(crate) fn glob(pattern: &str) -> Result<Found, String> {
    let (folder, name) = pattern.rsplit_once('/').unwrap_or(("", pattern));
    let parts = parts(name)?;
    if !is_pattern(pattern) {
        let is_there = !pattern.is_empty() && fs::symlink_metadata(pattern).is_ok();
        return Ok(Found::of(is_there.then(|| pattern.into())));
    }
    let folders = match folder {
        "" if pattern.starts_with('/') => Found::of(["/".into()]),
        "" => Found::of([PathBuf::new()]),
        folder => glob(folder)?,
    };
    let mut found = Found {
        closed: folders.closed,
        paths: Vec::new(),
    };
    for folder in folders.paths {
        found.add(&folder, &parts);
    }
    Ok(found)
}

impl Found {
    fn of(paths: impl IntoIterator<Item = PathBuf>) -> Self {
        Self {
            paths: paths.into_iter().collect(),
            closed: Vec::new(),
        }
    }

    /// Adds what fits in a folder.
    fn add(&mut self, folder: &Path, parts: &[Part]) {
        let here = match folder.as_os_str().is_empty() {
            true => Path::new("."),
            false => folder,
        };
        let entries = match fs::read_dir(here) {
            Ok(entries) => entries,
            Err(error) => {
                let none = [ErrorKind::NotFound, ErrorKind::NotADirectory];
                if !none.contains(&error.kind()) {
                    self.closed.push((here.to_path_buf(), error));
                }
                return;
            }
        };
        let names = entries.flatten();
        let names = names.filter_map(|entry| entry.file_name().into_string().ok());
        let mut names: Vec<_> = names.filter(|name| fits(parts, name)).collect();
        names.sort_unstable();
        let paths = names.into_iter().map(|name| folder.join(name));
        self.paths.extend(paths);
    }
}

#[derive(Debug)]
enum Part {
    Any,
    One,
    /// Whether what is in one of the ranges fits, or what is in none.
    Of(bool, Vec<(char, char)>),
}

fn parts(pattern: &str) -> Result<Vec<Part>, String> {
    let mut chars = pattern.chars().peekable();
    let mut parts = Vec::new();
    while let Some(c) = chars.next() {
        parts.push(match c {
            '*' => Part::Any,
            '?' => Part::One,
            '[' => {
                let within = chars.next_if_eq(&'^').is_none();
                Part::Of(within, ranges(&mut chars)?)
            }
            '\\' => {
                let c = chars.next().ok_or(MALFORMED)?;
                Part::Of(true, vec![(c, c)])
            }
            c => Part::Of(true, vec![(c, c)]),
        });
    }
    Ok(parts)
}

fn ranges(
    chars: &mut std::iter::Peekable<std::str::Chars<'_>>,
) -> Result<Vec<(char, char)>, String> {
    let mut ranges = Vec::new();
    while ranges.is_empty() || chars.next_if_eq(&']').is_none() {
        let mut bound = || match chars.next() {
            None | Some('-' | ']') => Err(MALFORMED),
            Some('\\') => chars.next().ok_or(MALFORMED),
            Some(c) => Ok(c),
        };
        let low = bound()?;
        let high = match chars.next_if_eq(&'-') {
            Some(_) => match chars.next() {
                None | Some('-' | ']') => return Err(MALFORMED.to_owned()),
                Some('\\') => chars.next().ok_or(MALFORMED)?,
                Some(c) => c,
            },
            None => low,
        };
        ranges.push((low, high));
    }
    Ok(ranges)
}

/// Says whether a name fits, in steps of its length times that of the pattern.
fn fits(parts: &[Part], name: &str) -> bool {
    // After which parts the name read so far may be.
    let mut at = vec![false; parts.len() + 1];
    at[0] = true;
    skip(parts, &mut at);
    for c in name.chars() {
        let mut next = vec![false; parts.len() + 1];
        for (index, part) in parts.iter().enumerate().filter(|(index, _)| at[*index]) {
            match part {
                Part::Any => next[index] = true,
                Part::One => next[index + 1] = true,
                Part::Of(within, ranges) => {
                    let found = ranges.iter().any(|&(low, high)| (low..=high).contains(&c));
                    next[index + 1] |= found == *within;
                }
            }
        }
        at = next;
        skip(parts, &mut at);
    }
    at[parts.len()]
}

/// A `*` may stand for nothing.
fn skip(parts: &[Part], at: &mut [bool]) {
    for (index, part) in parts.iter().enumerate() {
        if at[index] && matches!(part, Part::Any) {
            at[index + 1] = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_fits_as_in_go() {
        for (pattern, name, expected) in [
            ("*.yml", "a.yml", true),
            ("*.yml", ".yml", true),
            ("*.yml", "a.yaml", false),
            ("a*b*c", "aXbXbc", true),
            ("a*b*c", "aXbX", false),
            ("?", "é", true),
            ("?", "", false),
            ("[a-c]x", "bx", true),
            ("[^a-c]x", "bx", false),
            ("[^a-c]x", "dx", true),
            ("[\\]]", "]", true),
            ("\\*", "*", true),
            ("\\*", "a", false),
            ("**", "", true),
        ] {
            let parts = parts(pattern).expect("it is a pattern");
            assert_eq!(fits(&parts, name), expected, "{pattern} {name}");
        }
        for pattern in ["[", "[]", "[a", "[a-", "[a-]", "[-a]", "a\\", "[^]"] {
            assert!(parts(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn folders_have_patterns_too_and_names_are_sorted() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        for path in ["b/2.yml", "b/1.yml", "a/1.yml", "a/x.txt", "c"] {
            let path = folder.path().join(path);
            let parent = path.parent().expect("it has one");
            std::fs::create_dir_all(parent).expect("it can be made");
            std::fs::write(&path, "").expect("it can be written");
        }
        let base = folder.path().to_str().expect("it is UTF-8");
        let found = |pattern: &str| {
            let found = glob(&format!("{base}/{pattern}"))
                .expect("it is a pattern")
                .paths;
            let shown = found.iter().map(|path| {
                let path = path.strip_prefix(base).expect("it is below");
                path.display().to_string()
            });
            shown.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(found("*/*.yml"), "a/1.yml b/1.yml b/2.yml");
        assert_eq!(found("[b]/?.yml"), "b/1.yml b/2.yml");
        assert_eq!(found("a/x.txt"), "a/x.txt");
        assert_eq!(found("nowhere/*"), "");
        assert_eq!(found("none"), "");
    }
}
