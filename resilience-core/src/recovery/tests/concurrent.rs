//! What threads may see of a recovery: all interleavings under loom, one without.

use super::*;
use crate::sync::interleave::{model, spawn};

#[test]
fn of_two_errors_at_once_one_begins_a_recovery_and_the_other_joins_it() {
    model(|| {
        let (recovery, _) = recovery(RecoveryConfig::default());
        let other = recovery.clone();
        let thread = spawn(move || other.start(failure("feed")).ok());
        let mine = recovery.start(failure("feed")).ok();
        let theirs = thread.join().unwrap();
        assert!(mine.is_some() != theirs.is_some());
        let seen = recovery.snapshot();
        assert_eq!((seen.under_way.len(), seen.joined), (1, 1));
        drop((mine, theirs));
        assert!(recovery.snapshot().under_way.is_empty());
        assert_eq!(recovery.history().len(), 1);
    });
}
