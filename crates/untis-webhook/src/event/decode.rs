use http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

/// Why verified bytes are not the event, or the type, that was asked for.
///
/// It says where or in which documented field; it never repeats the input, which may hold secrets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// A field without which the event is of no use is not there.
    #[error("expected the field {0}, found none")]
    MissingField(&'static str),

    /// It is not JSON.
    #[error("expected JSON, found something else at line {line} column {column}")]
    NotJson {
        /// Counted from 1.
        line: usize,
        /// Counted in octets.
        column: usize,
    },

    /// A documented field is not a text.
    #[error("expected the field {0} to be a text, found another JSON value")]
    NotText(&'static str),

    /// It is JSON of another shape: not an object, a field twice, or not what the caller's own type expects.
    #[error("expected JSON of another shape at line {line} column {column}")]
    Shape {
        /// Counted from 1.
        line: usize,
        /// Counted in octets.
        column: usize,
    },
}

impl DecodeError {
    /// The HTTP status that answers it: 400 for what is not JSON, 422 for JSON of another shape.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NotJson { .. } => StatusCode::BAD_REQUEST,
            Self::MissingField(_) | Self::NotText(_) | Self::Shape { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}

pub(crate) fn from_json<T: DeserializeOwned>(json: &[u8]) -> Result<T, DecodeError> {
    // Of serde_json's error only the position is kept: its text can repeat the input.
    serde_json::from_slice(json).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        match error.classify() {
            Category::Data => DecodeError::Shape { line, column },
            Category::Eof | Category::Io | Category::Syntax => DecodeError::NotJson { line, column },
        }
    })
}
