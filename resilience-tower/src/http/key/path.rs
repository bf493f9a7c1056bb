use std::borrow::Cow;

use http::Request;

use super::MAX_LEN;
use crate::KeyOf;

/// Keys requests by the first segments of their path: `/orders/7/fills` by `orders`, or `orders/7`.
///
/// Slashes that stand together count as one, and case matters. Nothing is decoded: `%6frders` is
/// another key than `orders`. A path without segments, or with a longer key than 128 bytes, has no key.
///
/// A path is what the client writes: with more segments than name a service, each request can be a new
/// key. The cap bounds their number, and then each pushes out another one; [`Routes`] bounds them by
/// what there is.
///
/// ```
/// use http::Request;
/// use resilience_tower::{KeyOf, http::key::Segments};
///
/// let request = Request::get("/orders//7/fills?day=1").body(())?;
/// assert_eq!(Segments::first(2).key(&request).as_deref(), Some("orders/7"));
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Segments(usize);

impl Segments {
    /// Keys requests by the first `count` segments of their path, or by all where there are fewer; by
    /// 0, no request has a key.
    #[must_use]
    pub const fn first(count: usize) -> Self {
        Self(count)
    }

    /// Keys requests by their whole path.
    #[must_use]
    pub const fn all() -> Self {
        Self(usize::MAX)
    }
}

impl<B> KeyOf<Request<B>> for Segments {
    fn key<'r>(&'r self, request: &'r Request<B>) -> Option<Cow<'r, str>> {
        let path = request.uri().path().trim_matches('/');
        let count = self.0;
        let last = count.checked_sub(1)?;
        let key = if path.contains("//") {
            let first: Vec<_> = segments(path).take(count).collect();
            Cow::Owned(first.join("/"))
        } else {
            let end = path.match_indices('/').nth(last);
            Cow::Borrowed(end.map_or(path, |(end, _)| &path[..end]))
        };
        (1..=MAX_LEN).contains(&key.len()).then_some(key)
    }
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|it| !it.is_empty())
}

/// Keys requests by the route that their path is of: as many keys as there are routes.
///
/// Nothing is decoded here either, and case matters: where the service finds `/orders` by `/%6frders` or
/// `/Orders` too, such a request gets there without the key of the route.
///
/// ```
/// use http::Request;
/// use resilience_tower::{KeyOf, http::key::Routes};
///
/// let routes = Routes::new(["/orders", "/orders/{id}", "/orders/{id}/fills"]);
/// let request = Request::get("/orders/7/fills").body(())?;
/// assert_eq!(routes.key(&request).as_deref(), Some("/orders/{id}/fills"));
/// assert_eq!(routes.key(&Request::get("/made/up").body(())?), None);
/// # Ok::<(), http::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Routes(Vec<Cow<'static, str>>);

impl Routes {
    /// Keys requests by the first of these routes that has as many segments as the path, each equal
    /// or in braces; a path that none of them has no key.
    pub fn new<T: Into<Cow<'static, str>>>(routes: impl IntoIterator<Item = T>) -> Self {
        Self(routes.into_iter().map(Into::into).collect())
    }
}

impl<B> KeyOf<Request<B>> for Routes {
    fn key<'r>(&'r self, request: &'r Request<B>) -> Option<Cow<'r, str>> {
        let path = request.uri().path();
        let found = self.0.iter().find(|route| is_of(path, route))?;
        Some(Cow::Borrowed(found))
    }
}

fn is_of(path: &str, route: &str) -> bool {
    let (mut path, mut route) = (segments(path), segments(route));
    loop {
        match (path.next(), route.next()) {
            (None, None) => return true,
            (Some(_), Some(any)) if any.starts_with('{') && any.ends_with('}') => {}
            (Some(one), Some(other)) if one == other => {}
            _ => return false,
        }
    }
}
