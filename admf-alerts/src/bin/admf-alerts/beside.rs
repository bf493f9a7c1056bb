//! Where a file is, as seen from another.

use std::path::{Component, Path, PathBuf};

use crate::problem::Problem;

/// The whole path of a file that may not be there yet; its folder has to be.
pub(crate) fn whole(path: &Path) -> Result<PathBuf, Problem> {
    let refused = |problem: String| Problem::of_file(&path.display().to_string(), problem);
    let Some(name) = path.file_name() else {
        return Err(refused("is no name of a file".to_owned()));
    };
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let folder = folder.canonicalize();
    let folder =
        folder.map_err(|error| refused(format!("cannot be written: its folder: {error}")))?;
    let path = folder.join(name);
    Ok(path.canonicalize().unwrap_or(path))
}

/// The pattern by which unit tests in one file name another: relative to their folder.
pub(crate) fn pattern(tests: &Path, file: &Path) -> Result<String, Problem> {
    let (from, to) = (whole(tests)?, whole(file)?);
    let from = from.parent().unwrap_or(&from);
    let same = from.components().zip(to.components());
    let same = same.take_while(|(a, b)| a == b).count();
    let up = from.components().skip(same).map(|_| Component::ParentDir);
    let way: PathBuf = up.chain(to.components().skip(same)).collect();
    let problem = || Problem::of_file(&file.display().to_string(), "has a path that is not UTF-8");
    let way = way.to_str().ok_or_else(problem)?;
    let mut pattern = String::new();
    for c in way.chars() {
        if "*?[\\".contains(c) {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    Ok(pattern)
}
