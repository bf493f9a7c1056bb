//! What users need for tests of their own.
