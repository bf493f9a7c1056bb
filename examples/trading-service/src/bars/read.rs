//! Reading the file: packed or plain, refusing or leaving out what is malformed.

use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use super::field::{Columns, Row};
use super::{BadBar, Bar, Bars, Skipped};
use crate::error::Error;

/// The bars that come with the program.
const EMBEDDED: &[u8] = include_bytes!("../../data/us-equities-daily-2000-2013.csv.gz");

/// The first two bytes of every gzip file.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Where the bars come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The file that is part of the program.
    Embedded,
    /// A file of the user's, gzip or plain.
    File(PathBuf),
}

/// What to do with a malformed bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum BadBars {
    /// Refuse the run.
    Refuse,
    /// Trade the rest, and report what was left out.
    Skip,
}

impl Bars {
    /// Reads and checks the bars of `source`.
    ///
    /// # Errors
    ///
    /// If there is no such file, no bar in it, or a malformed one that may not be skipped.
    pub(crate) fn load(source: &Source, bad_bars: BadBars) -> Result<Self, Error> {
        match source {
            Source::Embedded => Self::parse(EMBEDDED, "the embedded bars", bad_bars),
            Source::File(path) => Self::parse(&read(path)?, &path.display().to_string(), bad_bars),
        }
    }

    /// Reads the bars from the bytes of a file that errors call `name`.
    pub(crate) fn parse(bytes: &[u8], name: &str, bad_bars: BadBars) -> Result<Self, Error> {
        let mut crc = flate2::Crc::new();
        crc.update(bytes);
        let plain = if bytes.starts_with(&GZIP) {
            unpack(bytes, name)?
        } else {
            bytes.to_vec()
        };
        let (rows, skipped) = rows(&plain, name, bad_bars)?;
        if rows.is_empty() {
            return Err(Error::Run(format!(
                "{name}: must hold at least one bar, got none"
            )));
        }
        Ok(Self::in_order(rows, skipped, crc.sum()))
    }

    fn in_order(mut rows: Vec<Row>, skipped: Skipped, digest: u32) -> Self {
        rows.sort_by(|a, b| (a.date, &a.symbol).cmp(&(b.date, &b.symbol)));
        let mut symbols: Vec<String> = rows.iter().map(|row| row.symbol.clone()).collect();
        symbols.sort();
        symbols.dedup();
        let mut previous: HashMap<usize, f64> = HashMap::new();
        let all = rows
            .into_iter()
            .map(|row| {
                let symbol = symbols
                    .binary_search(&row.symbol)
                    .expect("every row's symbol was listed");
                let factor = row.adjusted / row.close as f64;
                let split = previous
                    .insert(symbol, factor)
                    .map_or(1, |before| split(factor / before));
                Bar {
                    symbol,
                    date: row.date,
                    close: row.close,
                    adjusted: row.adjusted,
                    split,
                }
            })
            .collect();
        Self {
            all,
            symbols,
            skipped,
            digest,
        }
    }
}

/// Tells a split from a dividend by how much the adjustment jumps: a whole number of new shares for
/// an old one. Other ratios are rare enough to be left in the price.
fn split(jump: f64) -> u32 {
    let whole = jump.round();
    if (2.0..=100.0).contains(&whole) && (jump / whole - 1.0).abs() < 0.02 {
        whole as u32
    } else {
        1
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|error| Error::Run(format!("{}: {error}", path.display())))
}

fn unpack(bytes: &[u8], name: &str) -> Result<Vec<u8>, Error> {
    let mut plain = Vec::new();
    MultiGzDecoder::new(bytes)
        .read_to_end(&mut plain)
        .map_err(|error| Error::Run(format!("{name}: broken gzip data: {error}")))?;
    Ok(plain)
}

fn rows(plain: &[u8], name: &str, bad_bars: BadBars) -> Result<(Vec<Row>, Skipped), Error> {
    let refused = |bad: &BadBar| Error::Run(format!("{name}: {bad}"));
    let broken = |error: csv::Error| Error::Run(format!("{name}: {error}"));
    // Flexible, because a short line is ours to name by its missing column.
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(plain);
    let header =
        csv::StringRecord::from_byte_record_lossy(reader.byte_headers().map_err(broken)?.clone());
    let columns = Columns::find(&header).map_err(|bad| refused(&bad))?;
    let mut order = Ascending::default();
    let (mut rows, mut skipped) = (Vec::new(), Skipped::default());
    for record in reader.into_byte_records() {
        let record = record.map_err(broken)?;
        let line = record.position().map_or(0, csv::Position::line);
        let record = csv::StringRecord::from_byte_record_lossy(record);
        match columns.row(&record, line).and_then(|row| order.check(row)) {
            Ok(row) => rows.push(row),
            Err(bad) if bad_bars == BadBars::Skip => skipped.push(bad),
            Err(bad) => return Err(refused(&bad)),
        }
    }
    Ok((rows, skipped))
}

/// Holds the lines of a symbol to ascending dates, so that none comes twice.
#[derive(Default)]
struct Ascending(HashMap<String, super::Date>);

impl Ascending {
    fn check(&mut self, row: Row) -> Result<Row, BadBar> {
        let bad = |rule| BadBar {
            line: row.line,
            column: "Date",
            rule,
            value: row.date.to_string(),
        };
        match self.0.get(&row.symbol) {
            Some(last) if *last == row.date => return Err(bad("must not come twice for a symbol")),
            Some(last) if *last > row.date => return Err(bad("must ascend within a symbol")),
            _ => {}
        }
        self.0.insert(row.symbol.clone(), row.date);
        Ok(row)
    }
}
