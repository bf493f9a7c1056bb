//! The command line, run.

mod check;
mod client;
mod eval;
mod export;
mod export_routes;
mod forms;
#[path = "../promtool/mod.rs"]
mod promtool;
mod test;

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Runs it in a folder, where files have short names.
struct Here(tempfile::TempDir);

impl Here {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let here = Self(folder);
        for (name, text) in files {
            here.write(name, text.as_bytes());
        }
        here
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.path().join(name), bytes).expect("it can be written");
    }

    fn run(&self, args: &[&str]) -> Ran {
        self.run_with(args, b"")
    }

    fn run_with(&self, args: &[&str], input: &[u8]) -> Ran {
        let mut child = Command::new(env!("CARGO_BIN_EXE_admf-alerts"))
            .args(args)
            .current_dir(self.path())
            .env("SLACK_URL", "https://hooks.example/secret")
            .env_remove("NOT_SET")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it can be run");
        let mut pipe = child.stdin.take().expect("it has one");
        // Who reads none of it has ended already.
        let _ = pipe.write_all(input);
        drop(pipe);
        Ran::new(&child.wait_with_output().expect("it ends"))
    }
}

#[derive(Debug)]
struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Ran {
    fn new(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("it is UTF-8");
        Self {
            code: output.status.code(),
            out: text(&output.stdout),
            err: text(&output.stderr),
        }
    }

    fn is(&self, code: i32, out: &str, err: &str) {
        let found = (self.code, self.out.as_str(), self.err.as_str());
        assert_eq!(found, (Some(code), out, err));
    }

    /// The one document that it wrote.
    fn json(&self) -> serde_json::Value {
        assert_eq!((self.err.as_str(), self.out.lines().count()), ("", 1));
        serde_json::from_str(&self.out).expect("it is JSON")
    }
}

#[test]
fn a_wrong_call_ends_with_two() {
    let here = Here::new(&[]);
    for args in [
        &[][..],
        &["what"],
        &["check"],
        &["test"],
        &["eval"],
        &["check", "--semantics", "1", "r.yml"],
        &["eval", "1", "--time", "soon"],
        &["eval", "1", "--time", "1e13"],
        &["eval", "1", "--time", "NaN"],
        &["eval", ""],
        &["eval", " "],
        &["eval", "--daat"],
        &["eval", "up", "--daat"],
        &["check", ""],
        &["check", "--form", "yaml", "r.yml"],
        &["check", "--alias", "a", "--metrics", "m", "r.yml"],
        &["check", "--alias", "a=b", "r.yml"],
        &["export"],
        &["export", "--interval", "0s", "r.yml"],
        &["export", "--tests", "t.yml", "r.yml"],
        &["export", "--scenarios", "t.yml", "r.yml"],
        &["eval", "1", "--start", "0"],
        &["eval", "1", "--start", "0", "--end", "1", "--step", "0"],
        &[
            "eval", "1", "--start", "0", "--end", "1", "--step", "1", "--time", "1",
        ],
    ] {
        let ran = here.run(args);
        assert_eq!(
            (ran.code, ran.out.as_str()),
            (Some(2), ""),
            "{args:?} {ran:?}"
        );
        assert!(!ran.err.is_empty(), "{args:?}");
    }
    assert_eq!(here.run(&["--help"]).code, Some(0));
}

#[test]
fn what_cannot_be_read_is_one_line() {
    let here = Here::new(&[]);
    here.write("bytes", b"a 1\n\xff\n");
    for (name, problem) in [
        (
            "none",
            "none: cannot be read: No such file or directory (os error 2)\n",
        ),
        (".", ".: is a directory\n"),
        ("bytes", "bytes:2:1: is not UTF-8\n"),
    ] {
        here.run(&["check", name]).is(1, "", problem);
        here.run(&["eval", "1", "--data", name]).is(1, "", problem);
        here.write("r.yml", b"");
        let ran = here.run(&["check", "--metrics", name, "r.yml"]);
        ran.is(1, "", problem);
        let ran = here.run(&["test", name]);
        assert_eq!((ran.code, ran.out.lines().count()), (Some(1), 2), "{ran:?}");
    }
    let ran = here.run_with(&["eval", "1", "--data", "-"], b"\xff");
    ran.is(1, "", "-:1:1: is not UTF-8\n");
}

#[test]
fn a_pipe_that_nobody_reads_is_no_trouble() {
    let here = Here::new(&[]);
    let lines: String = (0..20_000)
        .map(|i| format!("m{{i=\"{i}\"}} {i}\n"))
        .collect();
    here.write("many", lines.as_bytes());
    let mut child = Command::new(env!("CARGO_BIN_EXE_admf-alerts"))
        .args(["eval", "m", "--data", "many"])
        .current_dir(here.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it can be run");
    drop(child.stdout.take());
    let ran = Ran::new(&child.wait_with_output().expect("it ends"));
    ran.is(0, "", "");
}
