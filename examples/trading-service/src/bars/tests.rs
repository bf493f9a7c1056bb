use std::io::Write;

use proptest::prelude::*;

use super::*;
use crate::error::Error;

const HEADER: &str = "Ticker,Date,Open,High,Low,Close,Volume,Adj Close\n";
const GOOD: &str = "AAPL,2000-03-01,118.56,132.06,118.5,130.31,9616100,4.18\n";

fn parse(text: &str, bad_bars: BadBars) -> Result<Bars, Error> {
    Bars::parse(text.as_bytes(), "bars.csv", bad_bars)
}

fn refusal(line: &str) -> String {
    parse(&format!("{HEADER}{GOOD}{line}\n"), BadBars::Refuse)
        .unwrap_err()
        .to_string()
}

#[test]
fn the_embedded_bars_are_whole_and_in_order_of_date_and_symbol() {
    let bars = Bars::load(&Source::Embedded, BadBars::Refuse).unwrap();
    assert_eq!(bars.all.len(), 12_154);
    assert_eq!(bars.symbols, ["AAPL", "FB", "GOOG", "IBM", "MSFT"]);
    assert!(bars.all.is_sorted_by_key(|bar| (bar.date, bar.symbol)));
    assert_eq!(bars.days().count(), 3_270);
    assert_eq!(
        bars.days().map(|day| day.len()).sum::<usize>(),
        bars.all.len()
    );
    assert_eq!(bars.skipped, Skipped::default());
}

#[test]
fn the_splits_of_the_embedded_bars_are_found_and_a_crash_is_none() {
    let bars = Bars::load(&Source::Embedded, BadBars::Refuse).unwrap();
    let splits: Vec<_> = bars.all.iter().filter(|bar| bar.split != 1).collect();
    let found: Vec<_> = splits
        .iter()
        .map(|bar| format!("{} {} {}", bars.symbols[bar.symbol], bar.date, bar.split))
        .collect();
    assert_eq!(
        found,
        [
            "AAPL 2000-06-21 2",
            "MSFT 2003-02-18 2",
            "AAPL 2005-02-28 2"
        ]
    );
}

#[test]
fn a_packed_file_reads_like_a_plain_one() {
    let text = format!("{HEADER}{GOOD}");
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(text.as_bytes()).unwrap();
    let packed = Bars::parse(&packer.finish().unwrap(), "bars.csv.gz", BadBars::Refuse).unwrap();
    assert_eq!(packed.all, parse(&text, BadBars::Refuse).unwrap().all);
}

#[test]
fn a_truncated_packed_file_is_an_error() {
    let whole = include_bytes!("../../data/us-equities-daily-2000-2013.csv.gz");
    let error = Bars::parse(&whole[..5_000], "cut.gz", BadBars::Skip)
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("cut.gz: broken gzip data: "), "{error}");
}

#[test]
fn a_line_with_more_cells_than_columns_is_malformed() {
    let error = refusal("AAPL,2000-03-02,127.0,127.94,120.69,122.0,1,234,567,3.9");
    let expected = "line 3, column after the last: must not be there, got \"567\"";
    assert!(error.ends_with(expected), "{error}");
}

#[test]
fn a_malformed_bar_is_refused_by_line_column_rule_and_value() {
    for (line, expected) in [
        (
            "AAPL,2000-03-02,abc,127.94,120.69,122.0,1,3.9",
            "column Open: must be a price above 0 in plain decimal digits, got \"abc\"",
        ),
        (
            "AAPL,2000-03-02,127.0,127.94,120.69,-122.0,1,3.9",
            "column Close: must be a price above 0 in plain decimal digits, got \"-122.0\"",
        ),
        (
            "AAPL,2000-03-02,127.0,127.94,120.69,0,1,3.9",
            "column Close: must be a price above 0",
        ),
        (
            "AAPL,2000-03-02,127.0,NaN,120.69,122,1,3.9",
            "column High: must be a price above 0",
        ),
        (
            "AAPL,2000-03-02,127.0,110.0,120.69,122,1,3.9",
            "column High: must not be below Low, got \"110.0\"",
        ),
        (
            "AAPL,2000-03-02,119.0,127.0,120.69,122,1,3.9",
            "column Open: must lie between Low and High, got \"119.0\"",
        ),
        (
            "AAPL,2000-03-02,127.0,127.94,120.69,128,1,3.9",
            "column Close: must lie between Low and High, got \"128\"",
        ),
        (
            "AAPL,2000-02-30,127.0,127.94,120.69,122,1,3.9",
            "column Date: must be a day written YYYY-MM-DD",
        ),
        (
            "AAPL,2000-03-01,127.0,127.94,120.69,122,1,3.9",
            "column Date: must not come twice for a symbol",
        ),
        (
            "AAPL,2000-02-28,127.0,127.94,120.69,122,1,3.9",
            "column Date: must ascend within a symbol",
        ),
        (
            "AAPL,2000-03-02,127.0,127.94,120.69,122,1.5,3.9",
            "column Volume: must be a whole number of shares",
        ),
        (
            "AAPL,2000-03-02,127.0,127.94,120.69,122,1,inf",
            "column Adj Close: must be a price above 0",
        ),
        (
            "AAPL,2000-03-02,127.0",
            "column High: must be a price above 0 in plain decimal digits, got \"\"",
        ),
        (
            ",2000-03-02,127.0,127.94,120.69,122,1,3.9",
            "column Ticker: must be 1 to 12 letters, digits or dots",
        ),
    ] {
        let error = refusal(line);
        assert!(
            error.starts_with(&format!("bars.csv: line 3, {expected}")),
            "{line}: {error}"
        );
    }
}

#[test]
fn a_long_value_is_cut_in_the_message() {
    let error = refusal(&format!("AAPL,2000-03-02,{},1,1,1,1,1", "9".repeat(5_000)));
    assert!(error.len() < 200, "{error}");
}

#[test]
fn what_is_skipped_is_counted_and_the_first_few_described() {
    let bad: String = (2..=9)
        .map(|day| format!("AAPL,2000-03-0{day},x,1,1,1,1,1\n"))
        .collect();
    let bars = parse(&format!("{HEADER}{GOOD}{bad}"), BadBars::Skip).unwrap();
    assert_eq!(
        (bars.all.len(), bars.skipped.count, bars.skipped.first.len()),
        (1, 8, 3)
    );
    assert!(
        bars.skipped.first[0]
            .to_string()
            .starts_with("line 3, column Open: ")
    );
}

#[test]
fn bytes_that_are_no_text_are_a_malformed_bar() {
    let mut bytes = format!("{HEADER}{GOOD}").into_bytes();
    bytes.extend(b"\xff\xfe,2000-03-02,1,1,1,1,1,1\n");
    let error = Bars::parse(&bytes, "bars.csv", BadBars::Refuse)
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("bars.csv: line 3, column Ticker: "),
        "{error}"
    );
}

#[test]
fn a_file_without_bars_or_without_a_column_is_refused_even_where_bars_may_be_skipped() {
    for (text, expected) in [
        (
            "",
            "bars.csv: line 1, column Ticker: must be named in the header, got \"\"",
        ),
        (HEADER, "bars.csv: must hold at least one bar, got none"),
        (
            "Ticker,Date,Open,High,Low,Volume\n",
            "bars.csv: line 1, column Close: must be named in the header",
        ),
    ] {
        let error = parse(text, BadBars::Skip).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
}

#[test]
fn a_file_without_adjusted_prices_is_traded_on_closing_prices() {
    let bars = parse(
        "Ticker,Date,Open,High,Low,Close,Volume\nX,2000-01-03,2,2,2,2,5\n",
        BadBars::Refuse,
    )
    .unwrap();
    assert_eq!((bars.all[0].close, bars.all[0].split), (200, 1));
    assert!((bars.all[0].adjusted - 2.0).abs() < f64::EPSILON);
}

#[test]
fn a_missing_file_is_named() {
    let error = Bars::load(&Source::File("no/such.csv".into()), BadBars::Refuse)
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("no/such.csv: "), "{error}");
}

#[test]
fn what_is_finer_than_a_cent_is_rounded_half_up() {
    assert_eq!(cents("14.2675"), Some(1_427));
    assert_eq!(cents("14.264"), Some(1_426));
    assert_eq!(cents("0.005"), Some(1));
    assert_eq!(cents("0.004"), None);
    assert_eq!(cents("99999999999999999999"), None);
    assert_eq!(cents("1e3"), None);
    assert_eq!(cents("."), None);
}

proptest! {
    #[test]
    fn whole_cents_read_back_exactly(value in 1..100_000_000_000_i64) {
        prop_assert_eq!(cents(&format!("{}.{:02}", value / 100, value % 100)), Some(value));
    }

    #[test]
    fn no_file_panics(bytes in proptest::collection::vec(any::<u8>(), 0..300), skip: bool) {
        let mut file = HEADER.as_bytes().to_vec();
        file.extend(bytes);
        let bad_bars = if skip { BadBars::Skip } else { BadBars::Refuse };
        let _ = Bars::parse(&file, "bars.csv", bad_bars);
    }
}
