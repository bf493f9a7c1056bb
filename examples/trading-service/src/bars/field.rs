//! The columns of the file and how each is read.

use csv::StringRecord;

use super::{BadBar, Date};

/// What a line says before it is compared with the lines before it.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) line: u64,
    pub(super) symbol: String,
    pub(super) date: Date,
    pub(super) close: i64,
    /// The adjusted closing price, or the closing price in a file without that column.
    pub(super) adjusted: f64,
}

/// Where each column stands.
#[derive(Debug)]
pub(super) struct Columns {
    ticker: usize,
    date: usize,
    open: usize,
    high: usize,
    low: usize,
    close: usize,
    volume: usize,
    adjusted: Option<usize>,
    /// How many there are.
    count: usize,
}

const PRICE: &str = "must be a price above 0 in plain decimal digits";
const MAX_DOLLARS: i64 = 1_000_000_000;

impl Columns {
    /// Finds the columns by their names in the header.
    pub(super) fn find(header: &StringRecord) -> Result<Self, BadBar> {
        let place = |name: &str| {
            header
                .iter()
                .position(|cell| cell.trim().trim_start_matches('\u{feff}') == name)
        };
        let needed = |column: &'static str| {
            place(column).ok_or_else(|| BadBar {
                line: 1,
                column,
                rule: "must be named in the header",
                value: header.iter().collect::<Vec<_>>().join(","),
            })
        };
        Ok(Self {
            ticker: needed("Ticker")?,
            date: needed("Date")?,
            open: needed("Open")?,
            high: needed("High")?,
            low: needed("Low")?,
            close: needed("Close")?,
            volume: needed("Volume")?,
            adjusted: place("Adj Close"),
            count: header.len(),
        })
    }

    /// Reads a line and checks what can be checked on it alone.
    pub(super) fn row(&self, record: &StringRecord, line: u64) -> Result<Row, BadBar> {
        let cell = |index: usize| record.get(index).unwrap_or("").trim();
        let bad = |column, rule, index| BadBar {
            line,
            column,
            rule,
            value: cell(index).to_owned(),
        };
        let price = |column, index| cents(cell(index)).ok_or_else(|| bad(column, PRICE, index));

        let symbol = cell(self.ticker);
        if symbol.is_empty()
            || symbol.len() > 12
            || !symbol
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'.')
        {
            return Err(bad(
                "Ticker",
                "must be 1 to 12 letters, digits or dots",
                self.ticker,
            ));
        }
        let date = cell(self.date)
            .parse()
            .map_err(|_| bad("Date", "must be a day written YYYY-MM-DD", self.date))?;
        let (open, high) = (price("Open", self.open)?, price("High", self.high)?);
        let (low, close) = (price("Low", self.low)?, price("Close", self.close)?);
        if high < low {
            return Err(bad("High", "must not be below Low", self.high));
        }
        if !(low..=high).contains(&open) {
            return Err(bad("Open", "must lie between Low and High", self.open));
        }
        if !(low..=high).contains(&close) {
            return Err(bad("Close", "must lie between Low and High", self.close));
        }
        if cell(self.volume).parse::<u64>().is_err() {
            return Err(bad(
                "Volume",
                "must be a whole number of shares",
                self.volume,
            ));
        }
        // A separator within a number moves all that follows it into the wrong columns.
        if record.len() > self.count {
            return Err(bad("after the last", "must not be there", self.count));
        }
        let adjusted = match self.adjusted {
            Some(index) => ratio(cell(index)).ok_or_else(|| bad("Adj Close", PRICE, index))?,
            None => close as f64 / 100.0,
        };
        Ok(Row {
            line,
            symbol: symbol.to_owned(),
            date,
            close,
            adjusted,
        })
    }
}

/// Reads dollars as whole cents, exactly; what is finer than a cent is rounded half up.
pub(crate) fn cents(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return None;
    }
    let dollars = whole
        .parse::<i64>()
        .ok()
        .filter(|dollars| *dollars < MAX_DOLLARS)?;
    let digit = |index: usize| {
        fraction
            .as_bytes()
            .get(index)
            .map_or(0, |byte| i64::from(byte - b'0'))
    };
    let cents = dollars * 100 + digit(0) * 10 + digit(1) + i64::from(digit(2) >= 5);
    (cents > 0).then_some(cents)
}

/// Reads an adjusted price, which is finer than a cent and only ever compared with its like.
fn ratio(text: &str) -> Option<f64> {
    let plain = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    text.parse::<f64>()
        .ok()
        .filter(|value| plain && *value > 0.0 && *value < MAX_DOLLARS as f64)
}
