//! What a rendering may do and write at most.

use super::{MAX_OUTPUT, MAX_STEPS};

/// What a rendering, or a function on its way, writes. Past the bound it refuses to grow.
#[derive(Debug, Default)]
pub(super) struct Out {
    text: String,
}

impl Out {
    pub(super) fn push(&mut self, text: &str) -> Result<(), String> {
        self.room(text.len())?;
        self.text.push_str(text);
        Ok(())
    }

    pub(super) fn push_char(&mut self, c: char) -> Result<(), String> {
        self.push(c.encode_utf8(&mut [0; 4]))
    }

    /// Writes `c`, which is one byte, `count` times.
    pub(super) fn fill(&mut self, c: char, count: usize) -> Result<(), String> {
        self.room(count)?;
        self.text.extend(std::iter::repeat_n(c, count));
        Ok(())
    }

    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }

    fn room(&self, more: usize) -> Result<(), String> {
        if self.text.len().saturating_add(more) > MAX_OUTPUT {
            return Err(too_long());
        }
        Ok(())
    }
}

/// What is left of the bounds.
#[derive(Debug)]
pub(super) struct Budget {
    steps: usize,
    bytes: usize,
}

impl Budget {
    pub(super) fn new() -> Self {
        Self {
            steps: MAX_STEPS,
            bytes: MAX_OUTPUT,
        }
    }

    pub(super) fn steps(&mut self, count: usize) -> Result<(), String> {
        let left = self.steps.checked_sub(count);
        self.steps = left.ok_or_else(|| format!("more than {MAX_STEPS} steps"))?;
        Ok(())
    }

    pub(super) fn bytes(&mut self, count: usize) -> Result<(), String> {
        let left = self.bytes.checked_sub(count);
        self.bytes = left.ok_or_else(too_long)?;
        Ok(())
    }
}

fn too_long() -> String {
    format!("more than {MAX_OUTPUT} bytes of text")
}
