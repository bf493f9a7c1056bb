//! The names that Alertmanager has by default, in our words.

use std::sync::{Arc, LazyLock};

use super::{Defined, add};

const TEXT: &str = include_str!("defaults.tmpl");

/// What there is before any file is read.
pub(super) fn defined() -> &'static Arc<Defined> {
    static DEFINED: LazyLock<Arc<Defined>> = LazyLock::new(|| {
        let mut defined = Defined::new();
        add(&mut defined, None, TEXT).expect("a text of our own");
        Arc::new(defined)
    });
    &DEFINED
}
