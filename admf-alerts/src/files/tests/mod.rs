use std::fs;
use std::path::PathBuf;

use super::*;
use crate::catalogue::KnownMetric;
use crate::samples::{FamilyKind, Samples};
use crate::{Options, Rule};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.path(name), text).unwrap();
    }

    fn files(&self, patterns: &[&str]) -> RuleFiles {
        RuleFiles::new(
            patterns
                .iter()
                .map(|it| self.path(it).display().to_string()),
        )
    }

    /// An error, without the way to the folder.
    fn shown(&self, error: &FileError) -> String {
        let folder = format!("{}/", self.0.path().display());
        error.to_string().replace(&folder, "")
    }
}

/// A file with one group of its name, and one rule.
fn text(name: &str, expr: &str) -> String {
    format!("groups:\n- name: {name}\n  rules:\n  - alert: {name}\n    expr: {expr}\n")
}

fn engine() -> Engine {
    Engine::with([], Options::default()).unwrap()
}

fn rules(engine: &Engine) -> Vec<String> {
    engine.rules().map(|it| it.rule.name.clone()).collect()
}

fn reloaded(result: Result<Reload, FileError>) -> Vec<AlertEvent> {
    match result.unwrap() {
        Reload::Reloaded { withdrawn, .. } => withdrawn,
        other => panic!("{other:?}"),
    }
}

#[test]
fn files_are_found_by_path_and_pattern_in_order_and_each_once() {
    let folder = Folder::new();
    for name in ["b", "a", "c"] {
        folder.write(&format!("{name}.yml"), text(name, "up"));
    }
    folder.write("d.txt", "no rules");
    let own = RuleGroup::new("own", [Rule::new("own", "up")]);
    let files = folder.files(&["c.yml", "*.yml", "[a]*.yml"]);
    let minute = Duration::from_secs(60);
    let loaded = files.groups([own]).interval(minute).load().unwrap();
    let shown: Vec<_> = loaded
        .groups
        .iter()
        .map(|it| (&*it.name, it.interval))
        .collect();
    let every = Some(minute);
    assert_eq!(
        shown,
        [("own", None), ("c", every), ("a", every), ("b", every)]
    );
    assert_eq!(
        loaded.groups[2].file,
        folder.path("a.yml").display().to_string()
    );
}

#[test]
fn what_cannot_be_read_is_told_in_one_line_and_the_old_set_stays() {
    let folder = Folder::new();
    folder.write("a.yml", text("a", "up == 0"));
    let mut files = folder.files(&["a.yml", "more/*"]).max_bytes(4_000);
    fs::create_dir(folder.path("more")).unwrap();
    folder.write("more/b.yml", text("b", "up == 0"));
    let mut engine = engine();
    assert_eq!(reloaded(files.reload_if_changed(&mut engine)), []);
    let good = text("b", "up == 1");
    for (bytes, error) in [
        (
            &good.as_bytes()[..good.len() - 8],
            "more/b.yml:4:5: groups[0].rules[0]: `expr` must be set",
        ),
        (b"groups: [", "more/b.yml:2:1: "),
        (b"groups:\n- name: \xff\n", "more/b.yml:2:9: is not UTF-8"),
        (
            &[b'#'; 5_000],
            "more/b.yml: is larger than the 3942 bytes that it may take",
        ),
    ] {
        folder.write("more/b.yml", bytes);
        let told = files.reload_if_changed(&mut engine).unwrap_err();
        assert!(folder.shown(&told).starts_with(error), "{told}");
        assert!(!told.to_string().contains('\n'));
        assert_eq!(files.reload_if_changed(&mut engine), Ok(Reload::Unchanged));
        assert_eq!(rules(&engine), ["a", "b"]);
    }
    fs::remove_file(folder.path("more/b.yml")).unwrap();
    let told = files.reload_if_changed(&mut engine).unwrap_err();
    assert_eq!(folder.shown(&told), "more/*: there is no such file");
    fs::create_dir(folder.path("more/c")).unwrap();
    let told = files.reload_if_changed(&mut engine).unwrap_err();
    assert_eq!(folder.shown(&told), "more/c: is a directory");
    fs::remove_file(folder.path("a.yml")).unwrap();
    let told = files.reload_if_changed(&mut engine).unwrap_err();
    assert!(
        folder.shown(&told).starts_with("a.yml: cannot be read: "),
        "{told}"
    );
    assert_eq!(rules(&engine), ["a", "b"]);
}

#[cfg(unix)]
#[test]
fn a_pipe_is_refused_and_not_waited_for() {
    let folder = Folder::new();
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mkfifoat(rustix::fs::CWD, folder.path("pipe"), mode).unwrap();
    let error = folder.files(&["pipe"]).load().unwrap_err();
    assert_eq!(folder.shown(&error), "pipe: is no file");
    assert_eq!((error.line(), error.column(), error.field()), (0, 0, ""));
}

#[test]
fn a_pattern_that_is_none_is_refused() {
    let error = RuleFiles::new(["a[b.yml"]).load().unwrap_err();
    assert_eq!(error.to_string(), "a[b.yml: the pattern is malformed");
}

#[test]
fn a_group_goes_by_the_clock_that_is_set_for_its_name() {
    let folder = Folder::new();
    for name in ["a", "b"] {
        folder.write(&format!("{name}.yml"), text(name, "up"));
    }
    let own = RuleGroup::new("own", [Rule::new("own", "up")]).clock("replay");
    let files = folder.files(&["*.yml"]).groups([own]).clock("b", "trading");
    let groups = files.load().unwrap().groups;
    let clocks: Vec<_> = groups.iter().map(|it| (&*it.name, &*it.clock)).collect();
    assert_eq!(clocks, [("own", "replay"), ("a", ""), ("b", "trading")]);
}

#[test]
fn a_folder_that_cannot_be_looked_into_is_told_and_not_taken_for_empty() {
    let folder = Folder::new();
    folder.write("a.yml", text("a", "up"));
    // What is no folder holds nothing.
    let error = folder.files(&["*/b.yml"]).load().unwrap_err();
    assert_eq!(folder.shown(&error), "*/b.yml: there is no such file");
    std::os::unix::fs::symlink("loop", folder.path("loop")).unwrap();
    let error = folder.files(&["*.yml", "loop/*.yml"]).load().unwrap_err();
    let told = folder.shown(&error);
    assert!(told.starts_with("loop: cannot be read: "), "{told}");
}

#[test]
fn state_is_carried_over_and_what_is_gone_is_withdrawn() {
    let folder = Folder::new();
    folder.write("a.yml", text("stays", "up == 0"));
    folder.write("b.yml", text("goes", "up == 0"));
    let mut files = folder.files(&["?.yml"]);
    let mut engine = engine();
    assert_eq!(reloaded(files.reload_if_changed(&mut engine)), []);
    let down = Samples::parse("up 0\n").unwrap();
    assert_eq!(engine.step(Duration::from_secs(10), &down).len(), 2);

    folder.write("a.yml", text("stays", "up < 1"));
    folder.write("b.yml", text("new", "up > 1"));
    let withdrawn = reloaded(files.reload_if_changed(&mut engine));
    let [AlertEvent::Withdrawn(gone)] = &withdrawn[..] else {
        panic!("{withdrawn:?}")
    };
    assert_eq!(gone.labels.get("alertname"), Some("goes"));
    assert_eq!(rules(&engine), ["stays", "new"]);
    assert_eq!(engine.step(Duration::from_secs(20), &down), []);
    let stays = engine.alerts().next().unwrap();
    assert_eq!(stays.fired_at, Some(Duration::from_secs(10)));
}

#[test]
fn a_file_that_changes_is_taken_once_two_looks_find_the_same() {
    let folder = Folder::new();
    folder.write("a.yml", text("a", "up"));
    let mut files = folder.files(&["a.yml"]);
    let mut engine = engine();
    let mut look = || {
        let result = files.reload_if_settled(&mut engine);
        (result.map_err(|it| folder.shown(&it)), rules(&engine))
    };
    let one = |name: &str| vec![name.to_owned()];
    assert_eq!(look(), (Ok(Reload::Changing), vec![]));
    assert!(matches!(look(), (Ok(Reload::Reloaded { .. }), rules) if rules == one("a")));
    assert_eq!(look(), (Ok(Reload::Unchanged), one("a")));
    // As it is written: each look finds something else, though each can be read.
    for half in [
        "groups:\n",
        "groups:\n- name: b\n",
        "groups:\n- name: b\n  rules:\n",
    ] {
        folder.write("a.yml", half);
        assert_eq!(look(), (Ok(Reload::Changing), one("a")));
    }
    folder.write("a.yml", text("b", "up"));
    assert_eq!(look(), (Ok(Reload::Changing), one("a")));
    assert!(matches!(look(), (Ok(Reload::Reloaded { .. }), rules) if rules == one("b")));
    // And back again in between: nothing happened.
    folder.write("a.yml", "groups: [");
    assert_eq!(look(), (Ok(Reload::Changing), one("b")));
    folder.write("a.yml", text("b", "up"));
    assert_eq!(look(), (Ok(Reload::Unchanged), one("b")));
    folder.write("a.yml", "groups: [");
    assert_eq!(look(), (Ok(Reload::Changing), one("b")));
    assert!(look().0.unwrap_err().starts_with("a.yml:2:1: "));
    assert_eq!(look(), (Ok(Reload::Unchanged), one("b")));
}

#[test]
fn every_file_is_checked_against_what_is_known_and_what_all_record() {
    let folder = Folder::new();
    let record = "groups:\n- name: r\n  rules:\n  - record: job:calls:rate\n    expr: rate(calls_total[5m])\n";
    folder.write("a.yml", text("a", "job:calls:rate > own:calls"));
    folder.write("b.yml", record);
    let own = RuleGroup::new("own", [Rule::record("own:calls", "1")]);
    let calls = KnownMetric::new("calls_total", FamilyKind::Counter);
    let mut files = folder
        .files(&["*.yml"])
        .groups([own])
        .metrics(Metrics::default().with(calls));
    let mut engine = engine();
    assert_eq!(reloaded(files.reload_if_changed(&mut engine)), []);
    folder.write("a.yml", text("a", "job:calls:rat > 1"));
    let error = files.reload_if_changed(&mut engine).unwrap_err();
    assert_eq!(
        folder.shown(&error),
        "a.yml:5:11: groups[0].rules[0].expr: `a`: unknown metric `job:calls:rat`; near it is `job:calls:rate`"
    );
    folder.write("a.yml", text("a", "calls_total > 1 and {job=\"x\"}"));
    let doubts: Vec<_> = files.load().unwrap().doubts.iter().map(|it| it.0).collect();
    assert_eq!(doubts, [Severity::Warning, Severity::Skipped]);
}

#[test]
fn what_the_engine_refuses_names_its_file() {
    let folder = Folder::new();
    folder.write("a.yml", text("a", "up"));
    let name = folder.path("a.yml").display().to_string();
    let mut twice = RuleGroup::new("a", []);
    twice.file = name;
    let mut files = folder.files(&["a.yml"]).groups([twice]);
    let error = files.reload_if_changed(&mut engine()).unwrap_err();
    assert_eq!(
        folder.shown(&error),
        "a.yml: group `a`: name `a`: another group of the file has this name"
    );
}

#[test]
fn of_two_files_that_share_a_rule_the_one_that_is_refused_is_named() {
    let folder = Folder::new();
    folder.write("a.yml", text("one", "up"));
    folder.write("b.yml", text("two", "up"));
    let mut own = Rule::new("one", "up");
    "x".clone_into(&mut own.id);
    let of = |name: &str, rule: &Rule| {
        let mut group = RuleGroup::new("own", [rule.clone()]);
        group.file = folder.path(name).display().to_string();
        group
    };
    // Of the rules that are named `one` that of the second file has an id again.
    let mut files = folder.files(&["*.yml"]);
    files = files.groups([of("c.yml", &own), of("d.yml", &own)]);
    let error = files.reload_if_changed(&mut engine()).unwrap_err();
    let shown = folder.shown(&error);
    assert!(
        shown.starts_with("d.yml: rule `one`: id `x`: rule `one` of group `own` of "),
        "{shown}"
    );
}

#[cfg(feature = "reload")]
mod wakes {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn files_are_looked_at_from_time_to_time_and_taken_once_settled() {
        let folder = Folder::new();
        folder.write("a.yml", text("a", "up"));
        let (mut files, mut engine) = (folder.files(&["a.yml"]), engine());
        let start = tokio::time::Instant::now();
        let mut wakes = Wakes::never().every(Duration::from_secs(30));
        for (seconds, expected) in [
            (30, vec![]),
            (60, vec!["a".to_owned()]),
            (90, vec!["a".to_owned()]),
        ] {
            let wake = wakes.next().await;
            assert_eq!((wake, start.elapsed().as_secs()), (Wake::Tick, seconds));
            wake.reload(&mut files, &mut engine).unwrap();
            assert_eq!(rules(&engine), expected);
        }
        // A late look is not made up for.
        tokio::time::advance(Duration::from_secs(300)).await;
        wakes.next().await;
        assert_eq!(start.elapsed().as_secs(), 390);
        wakes.next().await;
        assert_eq!(start.elapsed().as_secs(), 420);
    }

    #[cfg(unix)]
    #[tokio::test(start_paused = true)]
    async fn a_hangup_has_the_files_taken_at_once_also_if_nobody_waited() {
        let folder = Folder::new();
        folder.write("a.yml", text("a", "up"));
        let (mut files, mut engine) = (folder.files(&["a.yml"]), engine());
        let mut wakes = Wakes::hangup().unwrap();
        rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::HUP)
            .unwrap();
        let wake = wakes.next().await;
        assert_eq!(wake, Wake::Hangup);
        assert_eq!(reloaded(wake.reload(&mut files, &mut engine)), []);
        assert_eq!(rules(&engine), ["a"]);
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_for_nothing_is_never_woken() {
        let mut wakes = Wakes::never();
        let long = Duration::from_secs(1_000_000);
        assert!(tokio::time::timeout(long, wakes.next()).await.is_err());
    }
}
