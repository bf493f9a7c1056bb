//! Bodies, read as Go reads them: names of fields whatever their case, the last of several, what is unknown let be,
//! nothing after the value looked at.

use axum::http::StatusCode;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error, SeqAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

use super::answer::Problem;

/// How many items a list of a body has at most.
pub(super) const ITEMS: usize = 10_000;

/// Declares what is read of an object; what is missing or `null` is `None`.
macro_rules! object {
    ($(#[$doc:meta])* $name:ident { $($key:literal => $field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Default)]
        pub(super) struct $name {
            $(pub(super) $field: Option<$type>,)*
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                struct Fields;
                impl<'de> serde::de::Visitor<'de> for Fields {
                    type Value = $name;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str("an object")
                    }

                    fn visit_map<A: serde::de::MapAccess<'de>>(
                        self,
                        mut map: A,
                    ) -> Result<$name, A::Error> {
                        let mut read = $name::default();
                        while let Some(key) = map.next_key::<String>()? {
                            match key {
                                $(key if key.eq_ignore_ascii_case($key) => {
                                    read.$field = map.next_value()?;
                                })*
                                _ => drop(map.next_value::<serde::de::IgnoredAny>()?),
                            }
                        }
                        Ok(read)
                    }
                }
                from.deserialize_map(Fields)
            }
        }
    };
}
pub(super) use object;

/// Reads the first value of a body; `None`: it is empty.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<Option<T>, String> {
    let mut values = serde_json::Deserializer::from_slice(body).into_iter();
    let value = values.next().transpose();
    value.map_err(|problem| problem.to_string())
}

/// Reads a body that Alertmanager calls `name`.
pub(super) fn posted<T: DeserializeOwned>(name: &str, body: &[u8]) -> Result<T, Problem> {
    let read = read(body).map_err(|problem| {
        let message = format!("parsing {name} body from \"\" failed, because {problem}");
        Problem::coded(StatusCode::BAD_REQUEST, 400, message)
    })?;
    read.ok_or_else(|| Problem::required(name))
}

/// Reads a body of our own API.
pub(super) fn own<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let read = read(body).map_err(|problem| Problem::bad(format!("body: {problem}")))?;
    read.ok_or_else(|| Problem::bad("body: is empty"))
}

/// A list of no more than [`ITEMS`].
#[derive(Debug)]
pub(super) struct List<T>(pub(super) Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Items<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Items<T> {
            type Value = Vec<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Vec::new())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    if items.len() == ITEMS {
                        return Err(A::Error::custom(format!("there are more than {ITEMS}")));
                    }
                    items.push(item);
                }
                Ok(items)
            }
        }
        from.deserialize_any(Items(PhantomData)).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    object!(Thing {
        "theName" => name: String,
        "parts" => parts: List<u8>,
    });

    fn thing(text: &str) -> Result<(Option<String>, Option<usize>), String> {
        let read: Thing = read(text.as_bytes())?.ok_or("nothing")?;
        Ok((read.name, read.parts.map(|it| it.0.len())))
    }

    #[test]
    fn an_object_is_read_as_go_reads_it() {
        let named = |name: &str| Ok((Some(name.to_owned()), None));
        assert_eq!(thing(r#"{"theName":"a"}"#), named("a"));
        assert_eq!(
            thing(r#"{"THENAME":"a","x":{"y":[null,1e400]}} rest"#),
            named("a")
        );
        assert_eq!(thing(r#"{"theName":"a","theName":"b"}"#), named("b"));
        assert_eq!(thing(r#"{"theName":null,"parts":null}"#), Ok((None, None)));
        assert_eq!(thing(r#"{"parts":[1,2]}"#), Ok((None, Some(2))));
        assert_eq!(thing(""), Err("nothing".to_owned()));
    }

    #[test]
    fn what_is_no_such_object_is_refused_with_its_place() {
        for (text, said) in [
            ("[]", "expected an object at line 1 column 0"),
            ("null", "expected an object"),
            (
                r#"{"theName":5}"#,
                "integer `5`, expected a string at line 1 column 12",
            ),
            (r#"{"parts":7}"#, "expected a list"),
            (r#"{"parts""#, "EOF"),
            ("\u{7}", "line 1 column 1"),
        ] {
            let problem = thing(text).expect_err(text);
            assert!(problem.contains(said), "{text}: {problem}");
        }
    }

    #[test]
    fn a_list_that_is_too_long_or_too_deep_is_refused() {
        let long = |items: usize| format!(r#"{{"parts":[{}1]}}"#, "1,".repeat(items - 1));
        assert_eq!(thing(&long(ITEMS)), Ok((None, Some(ITEMS))));
        let problem = thing(&long(ITEMS + 1)).expect_err("it is too long");
        assert!(problem.contains("more than 10000"), "{problem}");
        let deep = format!(r#"{{"parts":{}"#, "[".repeat(1_000_000));
        assert!(thing(&deep).is_err());
        let ignored = format!(r#"{{"x":{}"#, "[".repeat(1_000_000));
        assert!(thing(&ignored).is_err());
    }

    proptest::proptest! {
        #[test]
        fn no_body_panics(body in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let _ = read::<Thing>(&body);
        }
    }
}
