//! Panics that are answers: caught, and not printed.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    /// While a call is watched, what its panic said.
    static SAID: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Calls `watched`; a panic of it is an error that bears its message and its place.
pub(super) fn catch<T>(watched: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = take_hook();
        set_hook(Box::new(move |info| {
            let mut said = Some(info.to_string().replace('\n', " "));
            SAID.with_borrow_mut(|slot| {
                if slot.is_some() {
                    *slot = said.take();
                }
            });
            if said.is_some() {
                usual(info);
            }
        }));
    });
    SAID.set(Some(String::new()));
    // What a panic leaves behind is dropped with its case.
    let caught = catch_unwind(AssertUnwindSafe(watched));
    let said = SAID.take().unwrap_or_default();
    caught.map_err(|_| said)
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_panic_is_caught_with_what_it_said() {
        let said = super::catch(|| panic!("no more {}", "luck")).unwrap_err();
        assert!(said.ends_with("no more luck"), "{said}");
        assert!(said.contains("quiet.rs"), "{said}");
        assert_eq!(super::catch(|| 1), Ok(1));
    }
}
