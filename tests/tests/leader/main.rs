//! Of many processes one leads, by a file and by a PostgreSQL that each test starts for itself.

mod file;
mod killed;
mod people;
mod postgres;
mod replicas;

use std::time::Duration;

/// How long something may take that is sure to come.
const DEADLINE: Duration = Duration::from_secs(60);

/// How often it is looked.
const EVERY: Duration = Duration::from_millis(20);

async fn soon<T>(what: impl Future<Output = T>) -> T {
    let came = tokio::time::timeout(DEADLINE, what).await;
    came.expect("it comes in time")
}
