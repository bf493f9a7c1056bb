//! Who calls.

/// The user's name: as the environment has it, or else the machine.
pub(crate) fn name() -> Option<String> {
    let names = ["USER", "LOGNAME", "USERNAME"].into_iter();
    let mut names = names.filter_map(|it| std::env::var(it).ok());
    names.find(|it| !it.is_empty()).or_else(listed)
}

/// What the list of users has for whose process this is.
#[cfg(unix)]
fn listed() -> Option<String> {
    use std::fs;
    use std::os::unix::fs::MetadataExt;
    let user = fs::metadata("/proc/self").ok()?.uid().to_string();
    let users = fs::read_to_string("/etc/passwd").ok()?;
    let of = |line: &str| {
        let mut fields = line.split(':');
        let (name, id) = (fields.next()?, fields.nth(1)?);
        (id == user).then(|| name.to_owned())
    };
    users.lines().find_map(of)
}

#[cfg(not(unix))]
fn listed() -> Option<String> {
    None
}
