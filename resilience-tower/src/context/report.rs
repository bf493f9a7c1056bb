use std::error::Error;
use std::fmt::{self, Write};

use super::CorrelationId;

/// An error as one line of a log: its message, those of its sources, and the correlation id of the
/// call where there is one.
///
/// Whatever would begin another line, or moves the cursor, is written as a space.
///
/// ```
/// use resilience_core::{BulkheadFull, Rejected};
/// use resilience_tower::{CallContext, CorrelationId, context};
///
/// let call = CallContext { correlation_id: CorrelationId::new("order-7"), ..Default::default() };
/// let error = Rejected::from(BulkheadFull::new("venue", 10, 0));
/// let line = context::within(call, || context::Report::new(&error).to_string());
/// assert_eq!(line, "call rejected by venue: all 10 slots are taken correlation_id=order-7");
/// ```
#[derive(Debug)]
pub struct Report<'e> {
    error: &'e (dyn Error + 'e),
    correlation_id: Option<CorrelationId>,
}

impl<'e> Report<'e> {
    /// Reports `error` as one of the current call.
    #[must_use]
    pub fn new(error: &'e (dyn Error + 'e)) -> Self {
        let correlation_id = super::current().correlation_id;
        Self {
            error,
            correlation_id,
        }
    }

    /// Reports it as one of the call that has this id, for a place where that is not the current one.
    #[must_use]
    pub fn of(self, correlation_id: CorrelationId) -> Self {
        let correlation_id = Some(correlation_id);
        Self {
            correlation_id,
            ..self
        }
    }
}

/// Writes what is given to it in one line.
struct OneLine<'f, 'b>(&'f mut fmt::Formatter<'b>);

impl Write for OneLine<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for (at, part) in text.split(breaks_line).enumerate() {
            if at > 0 {
                self.0.write_char(' ')?;
            }
            self.0.write_str(part)?;
        }
        Ok(())
    }
}

/// Says whether a character ends a line for somebody: controls, and the separators of Unicode.
fn breaks_line(it: char) -> bool {
    it.is_control() || matches!(it, '\u{2028}' | '\u{2029}')
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = OneLine(f);
        write!(line, "{}", self.error)?;
        let mut source = self.error.source();
        while let Some(error) = source {
            write!(line, ": {error}")?;
            source = error.source();
        }
        match &self.correlation_id {
            Some(id) => write!(f, " correlation_id={id}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use resilience_core::{Elapsed, Failed};

    use super::*;

    #[test]
    fn a_report_is_one_line_whatever_the_messages_say() {
        let error = std::io::Error::other("bad\r\nINFO forged\u{2028}\u{1b}[2J");
        let line = Report::new(&error).to_string();
        assert_eq!(line, "bad  INFO forged  [2J");
    }

    #[test]
    fn outside_of_a_call_an_id_can_be_given() {
        let error =
            Failed::<std::io::Error>::Elapsed(Elapsed::new(std::time::Duration::from_secs(2)));
        let report = Report::new(&error);
        assert!(!report.to_string().contains("correlation_id"));
        let line = report.of(CorrelationId::new("7").unwrap()).to_string();
        assert!(
            line.ends_with("no answer within 2s correlation_id=7"),
            "{line}"
        );
    }
}
