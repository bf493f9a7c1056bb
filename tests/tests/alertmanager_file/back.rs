//! What is written is accepted by amtool, and read as what it was.

use std::collections::BTreeMap;

use admf_alerts::alertmanager_file::{Setup, export, parse};
use tests::chance::Chance;

use crate::amtool::accepted;
use crate::{generate, number};

/// All of it, as far as it can be compared as a text, and the channels with their secrets.
fn same(one: &Setup, other: &Setup) -> bool {
    one.channels == other.channels && format!("{one:?}") == format!("{other:?}")
}

/// As a text, without the digits that say where channels lead: a secret that stands elsewhere leads elsewhere.
fn without_places(setup: &Setup) -> String {
    let text = format!("{setup:?}");
    let mut parts = text.split("Integration { name: \"");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let (name, rest) = part.split_once('"').expect("a name ends");
        let kind = name.split(' ').next().unwrap_or_default();
        text + "Integration " + kind + rest
    })
}

#[test]
fn what_is_written_is_accepted_by_amtool_and_read_as_the_same() {
    let count = number("ALERTMANAGER_FILES", 300);
    let mut chance = Chance::new(number("ALERTMANAGER_FILES_SEED", 3));
    let mut files = BTreeMap::new();
    for index in 0..count {
        let text = generate::file(&mut chance);
        let setup = parse("x.yml", &text, None).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let exported = export(&setup, false).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let filled = exported
            .filled()
            .expect("no secret is in a file without its key");
        let filled = filled.expose().expect("it is a text").into_owned();
        let again =
            parse("x.yml", &filled, None).unwrap_or_else(|error| panic!("{error}\n{filled}"));
        assert!(same(&setup, &again), "{text}\n{filled}");
        for secret in [
            "hush",
            "GLOBAL",
            "hooks.example",
            "credentials: c",
            "tok\n",
            "u:p@",
        ] {
            assert!(
                !exported.text.contains(secret),
                "{secret}: {}",
                exported.text
            );
        }
        let known = |name: &str| Some(exported.secrets.get(name)?.expose().ok()?.into_owned());
        let named = parse("x.yml", &exported.text, Some(&known));
        let named = named.unwrap_or_else(|error| panic!("{error}\n{}", exported.text));
        assert_eq!(without_places(&named), without_places(&setup));
        files.insert(format!("{index:06}.yml"), exported.text);
        files.insert(format!("{index:06}.filled.yml"), filled);
    }
    let Some(theirs) = accepted(&files) else {
        return;
    };
    for (name, text) in &files {
        assert!(theirs[name], "{text}");
    }
}
