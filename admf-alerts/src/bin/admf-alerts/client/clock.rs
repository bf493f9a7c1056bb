//! What time it is: silences begin now, and end after a while.

use jiff::Timestamp;

pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}
