//! What stands between `%` and the end of its verb.

use super::super::bounds::Out;

/// How one value is written.
#[derive(Clone, Debug, Default)]
pub(super) struct Spec {
    pub(super) verb: char,
    pub(super) plus: bool,
    /// Fields by name: `%+v`.
    pub(super) named: bool,
    pub(super) minus: bool,
    pub(super) sharp: bool,
    pub(super) space: bool,
    pub(super) zero: bool,
    pub(super) width: Option<usize>,
    pub(super) precision: Option<usize>,
}

impl Spec {
    /// `%v`.
    pub(super) fn plain() -> Self {
        let verb = 'v';
        Self {
            verb,
            ..Self::default()
        }
    }

    /// The same for another verb.
    pub(super) fn by(&self, verb: char) -> Self {
        Self {
            verb,
            ..self.clone()
        }
    }

    /// Writes a text as wide as was asked, with blanks or zeros before it, or blanks behind.
    pub(super) fn pad(&self, out: &mut Out, text: &str) -> Result<(), String> {
        let missing = self.missing(text);
        if self.minus {
            out.push(text)?;
            return out.fill(' ', missing);
        }
        out.fill(if self.zero { '0' } else { ' ' }, missing)?;
        out.push(text)
    }

    pub(super) fn missing(&self, text: &str) -> usize {
        self.width.unwrap_or(0).saturating_sub(text.chars().count())
    }
}
