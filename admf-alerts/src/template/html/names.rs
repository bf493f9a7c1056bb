//! What elements and attributes hold, by their names.

/// What the value of an attribute is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    Text,
    /// It is followed, or shown.
    Address,
    /// It is run, or styles, or is a list of addresses.
    Code,
}

const ADDRESSES: [&str; 15] = [
    "action",
    "archive",
    "background",
    "cite",
    "classid",
    "codebase",
    "data",
    "formaction",
    "href",
    "icon",
    "longdesc",
    "manifest",
    "poster",
    "profile",
    "usemap",
];

pub(super) fn holds(name: &str) -> Holds {
    let name = name.to_ascii_lowercase();
    let name = match name.strip_prefix("data-") {
        Some(rest) => rest,
        None => match name.split_once(':') {
            Some(("xmlns", _)) => return Holds::Address,
            Some((_, rest)) => rest,
            None => &name,
        },
    };
    match name {
        "style" | "srcset" | "srcdoc" => Holds::Code,
        "xmlns" => Holds::Address,
        name if name.starts_with("on") => Holds::Code,
        name if ADDRESSES.contains(&name) => Holds::Address,
        name if ["src", "uri", "url"].iter().any(|it| name.contains(it)) => Holds::Address,
        _ => Holds::Text,
    }
}

/// The elements whose text is no markup.
pub(super) fn raw(name: &str) -> Option<&'static str> {
    let all = ["script", "style", "textarea", "title"];
    all.into_iter().find(|it| name.eq_ignore_ascii_case(it))
}

/// Where the tag stands that ends an element.
pub(super) fn end_of(text: &str, name: &str) -> Option<usize> {
    let ends = |at: &usize| {
        let after = text[*at..].strip_prefix("</");
        let named = after.and_then(|it| it.get(..name.len()));
        named.is_some_and(|it| it.eq_ignore_ascii_case(name))
    };
    text.match_indices("</").map(|(at, _)| at).find(ends)
}
