//! Units as promtool knows them.

/// Units, and the base unit of each.
const UNITS: [(&str, &str); 24] = [
    ("amperes", "amperes"),
    ("bytes", "bytes"),
    ("celsius", "celsius"),
    ("grams", "grams"),
    ("joules", "joules"),
    ("kelvin", "kelvin"),
    ("meters", "meters"),
    ("metres", "metres"),
    ("seconds", "seconds"),
    ("volts", "volts"),
    ("minutes", "seconds"),
    ("hours", "seconds"),
    ("days", "seconds"),
    ("weeks", "seconds"),
    ("kelvins", "kelvin"),
    ("fahrenheit", "celsius"),
    ("rankine", "celsius"),
    ("inches", "meters"),
    ("yards", "meters"),
    ("miles", "meters"),
    ("bits", "bytes"),
    ("calories", "joules"),
    ("pounds", "grams"),
    ("ounces", "grams"),
];

const PREFIXES: [&str; 18] = [
    "pico", "nano", "micro", "milli", "centi", "deci", "deca", "hecto", "kilo", "kibi", "mega",
    "mibi", "giga", "gibi", "tera", "tebi", "peta", "pebi",
];

/// Abbreviations that no name should have as a word.
pub(super) const ABBREVIATED: [&str; 14] = [
    "s", "ms", "us", "ns", "sec", "b", "kb", "mb", "gb", "tb", "pb", "m", "h", "d",
];

/// Says which base unit to use, for the first word of a name that is a unit but not a base unit.
pub(super) fn not_base(name: &str) -> Option<String> {
    let (unit, base) = name
        .split('_')
        .find_map(|word| Some((word, base_of(word)?)))?;
    (unit != base).then(|| format!("use base unit \"{base}\" instead of \"{unit}\""))
}

fn base_of(word: &str) -> Option<&'static str> {
    let plain = UNITS.iter().find(|(unit, _)| *unit == word);
    let prefixed = || {
        let unit = PREFIXES.iter().find_map(|it| word.strip_prefix(it))?;
        UNITS.iter().find(|(it, _)| *it == unit)
    };
    plain.or_else(prefixed).map(|(_, base)| *base)
}
