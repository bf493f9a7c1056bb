//! Console and file.

use std::io::{Error, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::fs::{File, OpenOptions};
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::report::{Done, Fault};
use crate::channel::answer::Failure;
use crate::channel::line;
use crate::notify::Batch;

/// Where lines are written.
pub(super) enum Lines {
    Console {
        stderr: bool,
    },
    File {
        path: PathBuf,
        external_url: String,
        /// Who writes, one at a time: the end of a line that is being written looks like one that a crash left.
        turn: Mutex<()>,
    },
}

impl Lines {
    pub(super) async fn send(&self, batch: &Batch, limit: Duration) -> Result<Done, Fault> {
        let write = async {
            match self {
                Self::Console { stderr: false } => {
                    print(tokio::io::stdout(), &line::console(batch)).await
                }
                Self::Console { stderr: true } => {
                    print(tokio::io::stderr(), &line::console(batch)).await
                }
                Self::File {
                    path,
                    external_url,
                    turn,
                } => {
                    let line = line::json_line(batch, external_url);
                    let turn = turn.lock().await;
                    let file = append(path, &line).await?;
                    drop(turn);
                    file.sync_data().await
                }
            }
        };
        match timeout(limit, write).await {
            Ok(Ok(())) => Ok(Done::default()),
            // A disk that is full will have room again.
            Ok(Err(error)) => Err(Fault::again(Failure::Other, error.to_string())),
            Err(_) => Err(Fault::late(limit)),
        }
    }
}

async fn print(mut out: impl AsyncWriteExt + Unpin, text: &str) -> Result<(), Error> {
    out.write_all(text.as_bytes()).await?;
    out.flush().await
}

/// Adds a line to a file that only its owner may read; it is not on the disk yet. The file is opened anew each time, so that
/// it may be moved away. What a crash left of a line stays a line of its own.
async fn append(path: &Path, line: &str) -> Result<File, Error> {
    let mut options = OpenOptions::new();
    options.create(true).append(true).read(true);
    #[cfg(unix)]
    options.mode(0o600);
    let mut file = options.open(path).await?;
    let mut text = String::new();
    if file.seek(SeekFrom::End(0)).await? > 0 {
        file.seek(SeekFrom::End(-1)).await?;
        if file.read_u8().await? != b'\n' {
            text.push('\n');
        }
    }
    text.push_str(line);
    file.write_all(text.as_bytes()).await?;
    file.flush().await?;
    Ok(file)
}
