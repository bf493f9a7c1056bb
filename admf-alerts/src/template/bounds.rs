//! What a rendering may do and write at most.

use super::{MAX_NESTED, MAX_OUTPUT, MAX_STEPS};

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
            return Err(too_long(MAX_OUTPUT));
        }
        Ok(())
    }
}

/// What is left of the bounds.
#[derive(Debug)]
pub(super) struct Budget {
    steps: usize,
    bytes: usize,
    /// How many bytes there were.
    most: usize,
    nested: usize,
}

impl Budget {
    /// One of so many bytes.
    pub(super) fn new(most: usize) -> Self {
        Self {
            steps: MAX_STEPS,
            bytes: most,
            most,
            nested: 0,
        }
    }

    /// Goes into a block or a call, unless there are too many around it.
    pub(super) fn enter(&mut self) -> Result<(), String> {
        if self.nested == MAX_NESTED {
            return Err(format!("more than {MAX_NESTED} blocks in blocks"));
        }
        self.nested += 1;
        Ok(())
    }

    pub(super) fn leave(&mut self) {
        self.nested -= 1;
    }

    pub(super) fn steps(&mut self, count: usize) -> Result<(), String> {
        let left = self.steps.checked_sub(count);
        self.steps = left.ok_or_else(|| format!("more than {MAX_STEPS} steps"))?;
        Ok(())
    }

    pub(super) fn bytes(&mut self, count: usize) -> Result<(), String> {
        let left = self.bytes.checked_sub(count);
        self.bytes = left.ok_or_else(|| too_long(self.most))?;
        Ok(())
    }
}

fn too_long(most: usize) -> String {
    format!("more than {most} bytes of text")
}
