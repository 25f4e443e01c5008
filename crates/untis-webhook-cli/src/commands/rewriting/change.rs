use std::borrow::Cow;

/// Something that happened to a body, as the end of a sentence about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) kind: Kind,
    pub(crate) what: Cow<'static, str>,
    /// Whether it is usual enough to be undone also after many others.
    pub(super) usual: bool,
}

/// What kind of thing happened: it decides what to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Charset,
    Compressed,
    Decompressed,
    /// More than the body is there.
    Followed,
    Json,
    Lines,
    Wrapped,
}

impl Kind {
    /// The change of this kind, a usual one.
    pub(super) fn change(self, what: impl Into<Cow<'static, str>>) -> Change {
        Change { kind: self, what: what.into(), usual: true }
    }

    /// What an operator does about it.
    pub(crate) fn advice(self) -> &'static str {
        match self {
            Self::Charset => {
                "let the receiver have the bytes as they were sent: something reads the body as text in another charset"
            }
            Self::Compressed => {
                "have nothing on the way compress the body, or have the decompression stand before the verification: the \
                 signature is over what the body was"
            }
            Self::Decompressed => {
                "verify before anything decompresses the body: the signature is over what was compressed"
            }
            Self::Followed => {
                "let the receiver have the body and nothing more: something passes a buffer on with what else is in it, or writes \
                 twice"
            }
            Self::Json => {
                "let the receiver have the bytes as they were sent: verify before anything parses the JSON and writes it again"
            }
            Self::Lines => {
                "let the receiver have the bytes as they were sent: something takes the body for text, as an editor or curl's \
                 --data does (--data-binary does not)"
            }
            Self::Wrapped => {
                "have the body passed on as it came, or have the wrapping taken off before the verification"
            }
        }
    }
}

/// Changes, in the order in which they happened, as one clause.
pub(crate) fn sentence(changes: &[Change]) -> String {
    let mut sentence = String::new();
    let mut before = None;
    for Change { kind, what, .. } in changes {
        sentence.push_str(match (before, kind) {
            (None, Kind::Json) => "it is JSON, and ",
            (None, _) => "",
            (Some(Kind::Json), Kind::Json) => " and ",
            (Some(_), Kind::Json) => ", then it is JSON, and ",
            (Some(_), _) => ", then ",
        });
        sentence.push_str(what);
        before = Some(*kind);
    }
    sentence
}
