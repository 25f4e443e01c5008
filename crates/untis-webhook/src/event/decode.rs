use http::StatusCode;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// Why verified bytes are not the event, or the type, that was asked for.
///
/// It says where or in which documented field; it never repeats the input, which may hold secrets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// A field without which the event is of no use is empty.
    #[error("expected the field {0} to hold something, found an empty text")]
    EmptyField(&'static str),

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
            Self::EmptyField(_) | Self::MissingField(_) | Self::NotText(_) | Self::Shape { .. } => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
        }
    }
}

pub(crate) fn from_json<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Result<T, DecodeError> {
    // RFC 8259 section 8.1: JSON is UTF-8, also in names and values that nobody looks into.
    let json = str::from_utf8(json).map_err(|error| not_utf8(json, error.valid_up_to()))?;
    // Asked before, since a type may take what is none: serde_json lets control characters into octets. Of its errors
    // only the position is kept: their text can repeat the input.
    serde_json::from_str::<IgnoredAny>(json)
        .map_err(|error| DecodeError::NotJson { line: error.line(), column: error.column() })?;
    serde_json::from_str(json)
        .map_err(|error| DecodeError::Shape { line: error.line(), column: error.column() })
}

fn not_utf8(json: &[u8], valid_up_to: usize) -> DecodeError {
    let mut lines = json.get(..valid_up_to).unwrap_or_default().split(|&octet| octet == b'\n');
    let column = lines.next_back().unwrap_or_default().len().saturating_add(1);
    DecodeError::NotJson { line: lines.count().saturating_add(1), column }
}
