use super::*;
use crate::series::{Limits, NAME, Store, is_stale};

fn values(text: &str) -> Vec<Item> {
    Described::parse(&format!("m {text}"))
        .expect("they are values")
        .items
}

#[test]
fn values_are_expanded_as_by_prometheus() {
    let of = |text: &str| {
        let items = values(text).into_iter().map(|item| match item {
            Item::Value(value) => value.to_string(),
            Item::Omitted => "_".to_owned(),
            Item::Native => "h".to_owned(),
        });
        items.collect::<Vec<_>>().join(" ")
    };
    for (text, expected) in [
        ("", ""),
        ("1 -2 +3 .5 5.", "1 -2 3 0.5 5"),
        ("0+10x3", "0 10 20 30"),
        ("3-1x2 7", "3 2 1 7"),
        ("1x2", "1 1 1"),
        ("1e1x1 1e-1+1e-1x1", "10 10 0.1 0.2"),
        ("_x0 _ _x2", "_ _ _"),
        // Digits after a zero are octal, and `0x3` is zero and three more.
        ("010 09 0x3", "8 9 0 0 0 0"),
        ("Inf -inf NaN", "inf -inf NaN"),
        ("{{count:3 sum:1}}x1 {{}}+{{sum:1}}x1", "h h h h"),
    ] {
        assert_eq!(of(text), expected, "{text}");
    }
    let Item::Value(stale) = values("stale")[0] else {
        panic!("it is a value");
    };
    assert!(is_stale(stale));
}

#[test]
fn what_prometheus_does_not_read_is_refused() {
    for text in [
        "5+2",
        "1x+3",
        "1x-3",
        "1x",
        "1x1e1",
        "stalex2",
        "Stale",
        "Infx2",
        "infinity",
        "1_0",
        "__",
        "++5",
        "1+-1x3",
        "0x1g",
        "1,2",
        "1 # c",
        "1x99999999999999999999",
        "1x999999 1x999999",
        "-",
        "{{",
    ] {
        assert!(Described::parse(&format!("m {text}")).is_err(), "{text}");
    }
    for text in [
        "",
        "5",
        "a-b 1",
        "m {a=\"b\"} 1",
        "m{a=\"1\",a=\"2\"} 1",
        "m{é=\"1\"} 1",
        "m{a.b=\"1\"} 1",
        "m{a:b=\"1\"} 1",
        "m{a=\"\\q\"} 1",
        "m{a=\"\\xff\"} 1",
        "m{a=\"b} 1",
        "m{a=b} 1",
        "m{a=\"b\" 1",
        "m{ 1",
        "m{a} 1",
        "m{,} 1",
        "m{",
    ] {
        assert!(Described::parse(text).is_err(), "{text}");
    }
}

#[test]
fn labels_are_in_quotes_of_any_kind() {
    for text in [
        "m{a=\"x\\ty\",b='1'}",
        "m{ a = \"x\\x09y\" , b = `1` , }",
        "{__name__=\"m\",a=\"x\\u0009y\",b='\\061'}",
        "{\"m\",\"a\"=\"x\\ty\",b=\"1\"}",
    ] {
        let labels = Described::labels(text).expect("it is a series");
        let expected = Labels::from_iter([(NAME, "m"), ("a", "x\ty"), ("b", "1")]);
        assert_eq!(labels, expected, "{text}");
    }
    assert!(Described::labels("").expect("no labels").is_empty());
    assert!(Described::labels("m 1").is_err());
}

#[test]
fn a_block_is_loaded_in_the_order_of_times() {
    let load = Load::parse("# two\nload 30s\n  a 1 2\n\n  b 3 _ 4\n").expect("it is a block");
    let times: Vec<_> = load.points().iter().map(|(_, point)| point.time).collect();
    assert_eq!(times, [0, 0, 30_000, 60_000]);
    let mut store = Store::new(Limits::default()).expect("the limits are good");
    load.append_to(&mut store).expect("they fit");
    assert_eq!((store.len(), store.newest()), (2, Some(60_000)));
    for (text, error) in [
        (
            "a 1\n",
            "1: it does not begin with `load` and a length of time",
        ),
        ("", "1: there is no `load`"),
        ("load 1m\na 1\na 2", "3: {__name__=\"a\"} is there twice"),
        ("load 1m\nload 2m", "2: a second `load`"),
        (
            "load soon",
            "1: `soon` is no length of time such as `30s` or `1h30m`",
        ),
    ] {
        assert_eq!(Load::parse(text).expect_err("it is none"), error);
    }
}

proptest::proptest! {
    #[test]
    fn no_line_makes_it_panic(line in "[a-z0-9{}\"'`\\\\=,+xe._é \\-]{0,40}") {
        let _ = Described::parse(&line);
    }
}
