use std::borrow::Cow;

use http::header::{AsHeaderName, HeaderName};
use http::{HeaderMap, Request};

use super::MAX_LEN;
use crate::KeyOf;

/// Keys requests by a header, such as a tenant's name.
///
/// The key is the value without blanks around it. A request has none where the header is missing or
/// empty, is there more than once, has other bytes than visible ASCII and blanks, or is too long: what
/// is cut short would share a gate with others.
///
/// ```
/// use http::{HeaderName, Request};
/// use resilience_tower::{KeyOf, http::key::Header};
///
/// let tenant = Header::new(HeaderName::from_static("x-tenant"));
/// let request = Request::get("/quote").header("x-tenant", " acme ").body(())?;
/// assert_eq!(tenant.key(&request).as_deref(), Some("acme"));
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Header {
    name: HeaderName,
    max_len: usize,
    ignore_case: bool,
}

impl Header {
    /// Keys requests by the header `name`.
    #[must_use]
    pub fn new(name: HeaderName) -> Self {
        Self {
            name,
            max_len: MAX_LEN,
            ignore_case: false,
        }
    }

    /// Sets the most bytes of a key; a request with a longer one has none. Default: 128.
    #[must_use]
    pub fn max_len(self, max_len: usize) -> Self {
        Self { max_len, ..self }
    }

    /// Takes keys that differ in case for one, in lower case. Default: they are two.
    #[must_use]
    pub fn ignore_case(self) -> Self {
        let ignore_case = true;
        Self {
            ignore_case,
            ..self
        }
    }
}

impl<B> KeyOf<Request<B>> for Header {
    fn key<'r>(&'r self, request: &'r Request<B>) -> Option<Cow<'r, str>> {
        let text = only(request.headers(), &self.name)?.trim();
        if text.is_empty() || text.len() > self.max_len {
            return None;
        }
        let upper = self.ignore_case && text.bytes().any(|it| it.is_ascii_uppercase());
        Some(match upper {
            true => text.to_ascii_lowercase().into(),
            false => text.into(),
        })
    }
}

/// Returns the value of a header that is there once.
fn only(headers: &HeaderMap, name: impl AsHeaderName) -> Option<&str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    match values.next() {
        None => value.to_str().ok(),
        Some(_) => None,
    }
}
