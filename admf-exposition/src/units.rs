//! Units in names of metrics, as promtool knows them.

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
pub const ABBREVIATED: [&str; 14] = [
    "s", "ms", "us", "ns", "sec", "b", "kb", "mb", "gb", "tb", "pb", "m", "h", "d",
];

/// Returns the base unit of what a word in lower case measures in; `None` where it is no unit.
///
/// ```
/// use admf_exposition::units::base_of;
///
/// assert_eq!(base_of("milliseconds"), Some("seconds"));
/// assert_eq!(base_of("seconds"), Some("seconds"));
/// assert_eq!(base_of("orders"), None);
/// ```
#[must_use]
pub fn base_of(word: &str) -> Option<&'static str> {
    let plain = UNITS.iter().find(|(unit, _)| *unit == word);
    let prefixed = || {
        let unit = PREFIXES.iter().find_map(|it| word.strip_prefix(it))?;
        UNITS.iter().find(|(it, _)| *it == unit)
    };
    plain.or_else(prefixed).map(|(_, base)| *base)
}
