use std::fmt;

/// Input that cannot be what it should be: which field, and what was expected there.
///
/// The field is a path such as `items/0/quantity`; it is empty until the reader of a document, who
/// knows where the value stood, says so with [`Invalid::at`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// Where in the document, `/`-separated; empty for the document itself.
    pub field: String,
    /// What a correct value looks like, in plain words.
    pub expected: String,
}

impl Invalid {
    /// A value that should have been `expected`.
    pub fn new(expected: impl Into<String>) -> Self {
        Self { field: String::new(), expected: expected.into() }
    }

    /// The same problem, found inside `parent`.
    #[must_use]
    pub fn at(mut self, parent: impl fmt::Display) -> Self {
        self.field = if self.field.is_empty() { parent.to_string() } else { format!("{parent}/{}", self.field) };
        self
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.field.is_empty() {
            write!(f, "expected {}", self.expected)
        } else {
            write!(f, "{}: expected {}", self.field, self.expected)
        }
    }
}

impl std::error::Error for Invalid {}
