//! Files of templates, and the texts that call them.

use super::fields::Around;
use crate::channel::config::Channel;
use crate::files::glob::glob;
use crate::files::text;
use crate::template::Definitions;
use crate::yaml::{At, Kind, Read};

/// How many bytes all files of templates may have.
const MAX_BYTES: u64 = 4 << 20;

/// The patterns of files; those that are not absolute are of the file's folder.
pub(super) fn patterns(at: &At<'_>, around: Around<'_>) -> Read<Vec<String>> {
    let patterns = at.list("templates")?.into_iter().map(|at| {
        let path = around.folder.join(at.own_text()?);
        let pattern = path.to_str().map(str::to_owned);
        pattern.ok_or_else(|| at.refused("the path is no UTF-8"))
    });
    patterns.collect()
}

/// What stands in the files. A pattern may fit none, as for Alertmanager.
pub(super) fn definitions(at: &At<'_>, patterns: &[String]) -> Read<Definitions> {
    let (mut files, mut left) = (Vec::new(), MAX_BYTES);
    for (at, pattern) in at.list("templates")?.iter().zip(patterns) {
        let found = glob(pattern).map_err(|problem| at.refused(problem))?;
        for path in found.paths {
            let text = text::read(&path, &mut left);
            let text = text.map_err(|error| at.refused(error.to_string()))?;
            files.push((path.display().to_string(), text));
        }
    }
    // None is no reason to look for a field.
    let whole = at.some("templates");
    let refused = |problem| whole.as_ref().unwrap_or(at).refused(problem);
    Definitions::new(files).map_err(refused)
}

/// Refuses a text of a channel that is no template, where it stands.
pub(super) fn check(at: &At<'_>, channel: &Channel) -> Read<()> {
    let checked = channel.check_texts();
    checked.map_err(|error| place(at, error.field()).refused(error.problem()))
}

/// Goes along a path such as `fields[0].value`, as far as it is there: a text may stand in `global`.
fn place<'n>(at: &At<'n>, path: &str) -> At<'n> {
    let here = At {
        node: at.node,
        field: at.field.clone(),
    };
    let found = match &at.node.kind {
        Kind::Map(entries) => entries.iter().find_map(|entry| {
            let rest = after(path, &entry.key)?;
            Some((at.below(&entry.key, &entry.value), rest))
        }),
        Kind::List(nodes) => nodes.iter().enumerate().find_map(|(index, node)| {
            let rest = after(path, &format!("[{index}]"))?;
            let field = format!("{}[{index}]", at.field);
            Some((At { node, field }, rest))
        }),
        Kind::Scalar(..) => None,
    };
    found.map_or(here, |(at, rest)| place(&at, rest))
}

/// What follows a key in a path; headers have capitals that the file need not have.
fn after<'p>(path: &'p str, key: &str) -> Option<&'p str> {
    let (start, rest) = path.split_at_checked(key.len())?;
    if !start.eq_ignore_ascii_case(key) {
        return None;
    }
    match rest.strip_prefix('.') {
        Some(rest) => Some(rest),
        None if rest.is_empty() || rest.starts_with('[') => Some(rest),
        None => None,
    }
}
