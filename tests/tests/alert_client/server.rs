//! Who is asked: an Alertmanager, or our service.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use tests::alertmanager::Alertmanager;
use tests::daemon::{Daemon, Log};

/// Our service, with a folder of its own.
pub(crate) struct Service {
    daemon: Daemon,
    folder: TempDir,
}

impl Service {
    /// Starts one by an `alertmanager.yml` and what it does not know; `FOLDER` in them is the folder.
    pub(crate) fn start(config: &str, second: &str) -> Self {
        let folder = TempDir::new().expect("a folder can be made");
        let write = |name: &str, text: &str| -> PathBuf {
            let path = folder.path().join(name);
            let text = text.replace("FOLDER", &folder.path().display().to_string());
            std::fs::write(&path, text).expect("it can be written");
            path
        };
        let (config, second) = (
            write("alertmanager.yml", config),
            write("second.yml", second),
        );
        let on = |port: u16| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_alert_service"));
            command.arg(format!("127.0.0.1:{port}")).arg(&config);
            command.arg(folder.path().join("state")).arg(&second);
            command
        };
        let daemon = Daemon::start(on, Log::Out, "listening on").expect("it was built");
        Self { daemon, folder }
    }

    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.daemon.port())
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// Does the same with an Alertmanager and with our service; nothing where there is no Alertmanager, which brings amtool.
pub(crate) fn with_both(does: impl Fn(&str)) {
    let file = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n";
    let Some(theirs) = Alertmanager::start(file) else {
        return;
    };
    does(&theirs.address());
    does(&Service::start(file, "{}").address());
}
