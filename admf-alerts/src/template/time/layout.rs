//! Layouts of Go: the second `Mon Jan 2 15:04:05 2006` written as all are to be.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

type Part = (&'static str, fn(&DateTime) -> String);

/// What a layout writes in place of a text. Those that begin as others do come after them.
const PARTS: [Part; 34] = [
    ("January", |it| name(it, "%B")),
    ("Jan", |it| name(it, "%b")),
    ("Monday", |it| name(it, "%A")),
    ("Mon", |it| name(it, "%a")),
    ("MST", |_| "UTC".to_owned()),
    ("002", |it| format!("{:03}", it.day_of_year())),
    ("01", |it| format!("{:02}", it.month())),
    ("02", |it| format!("{:02}", it.day())),
    ("03", |it| format!("{:02}", hour(it))),
    ("04", |it| format!("{:02}", it.minute())),
    ("05", |it| format!("{:02}", it.second())),
    ("06", |it| format!("{:02}", it.year().rem_euclid(100))),
    ("15", |it| format!("{:02}", it.hour())),
    ("1", |it| it.month().to_string()),
    ("2006", |it| format!("{:04}", it.year())),
    ("2", |it| it.day().to_string()),
    ("_2006", |it| format!("_{:04}", it.year())),
    ("__2", |it| format!("{:3}", it.day_of_year())),
    ("_2", |it| format!("{:2}", it.day())),
    ("3", |it| hour(it).to_string()),
    ("4", |it| it.minute().to_string()),
    ("5", |it| it.second().to_string()),
    ("PM", |it| half(it).to_owned()),
    ("pm", |it| half(it).to_ascii_lowercase()),
    ("-07:00:00", |_| "+00:00:00".to_owned()),
    ("-070000", |_| "+000000".to_owned()),
    ("-07:00", |_| "+00:00".to_owned()),
    ("-0700", |_| "+0000".to_owned()),
    ("-07", |_| "+00".to_owned()),
    ("Z07:00:00", |_| "Z".to_owned()),
    ("Z070000", |_| "Z".to_owned()),
    ("Z07:00", |_| "Z".to_owned()),
    ("Z0700", |_| "Z".to_owned()),
    ("Z07", |_| "Z".to_owned()),
];

pub(super) fn formatted(seconds: i64, nanos: u32, layout: &str) -> Result<String, String> {
    let nanos_signed = i32::try_from(nanos).unwrap_or_default();
    let time = Timestamp::new(seconds, nanos_signed);
    let time = time.map_err(|_| "the time is out of the calendar")?;
    let time = time.to_zoned(TimeZone::UTC).datetime();
    let mut out = String::with_capacity(layout.len() + 16);
    let mut rest = layout;
    while let Some(c) = rest.chars().next() {
        let taken = if let Some(length) = fraction(rest) {
            out.push_str(&digits(&rest[..length], nanos));
            length
        } else if let Some((text, write)) = PARTS.iter().find(|it| begins(rest, it.0)) {
            out.push_str(&write(&time));
            text.len()
        } else {
            out.push(c);
            c.len_utf8()
        };
        rest = &rest[taken..];
    }
    Ok(out)
}

/// `Jan` and `Mon` are none where they begin another word.
fn begins(rest: &str, part: &str) -> bool {
    let Some(after) = rest.strip_prefix(part) else {
        return false;
    };
    !(matches!(part, "Jan" | "Mon") && after.starts_with(|c: char| c.is_ascii_lowercase()))
}

/// How long a part such as `.000` or `,999` is; one that digits follow is none.
fn fraction(rest: &str) -> Option<usize> {
    let after = rest.strip_prefix(['.', ','])?;
    let digit = after.chars().next().filter(|c| matches!(c, '0' | '9'))?;
    let end = after.find(|c| c != digit).unwrap_or(after.len());
    let ends = !after[end..].starts_with(|c: char| c.is_ascii_digit());
    ends.then_some(1 + end)
}

/// Noughts are as many digits as they are, nines as many at most, without those that end in nought.
fn digits(part: &str, nanos: u32) -> String {
    let (point, wanted) = part.split_at(1);
    let all = format!("{nanos:09}");
    let mut cut: String = all.chars().take(wanted.len()).collect();
    if wanted.starts_with('0') {
        // Beyond nanoseconds there is nothing.
        return format!("{point}{cut:0<width$}", width = wanted.len());
    }
    cut.truncate(cut.trim_end_matches('0').len());
    match cut.is_empty() {
        true => String::new(),
        false => format!("{point}{cut}"),
    }
}

fn name(time: &DateTime, format: &str) -> String {
    time.strftime(format).to_string()
}

fn hour(time: &DateTime) -> i8 {
    match time.hour() % 12 {
        0 => 12,
        hour => hour,
    }
}

fn half(time: &DateTime) -> &'static str {
    if time.hour() < 12 { "AM" } else { "PM" }
}
