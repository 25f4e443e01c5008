/// JSON as the texts it is made of, so that each can be written as it was, or in another way.
///
/// It need not be valid: what is made of it is only ever hashed.
#[derive(Debug)]
pub(in super::super) struct Json<'a>(Vec<Token<'a>>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// `{`, `}`, `[`, `]`, `:` or `,`.
    Mark(&'a str),
    Space(&'a str),
    /// With its quotes.
    Text(&'a str),
    /// A number, `true`, `false` or `null`.
    Word(&'a str),
}

impl<'a> Token<'a> {
    pub(super) fn as_str(self) -> &'a str {
        let (Self::Mark(text) | Self::Space(text) | Self::Text(text) | Self::Word(text)) = self;
        text
    }

    /// The first token of a text that is not empty.
    fn read(text: &'a str) -> (Self, &'a str) {
        let (kind, len): (fn(&'a str) -> Self, usize) = match text.as_bytes().first() {
            Some(b'{' | b'}' | b'[' | b']' | b':' | b',') => (Self::Mark, 1),
            Some(b'"') => (Self::Text, end_of_text(text)),
            Some(octet) if is_space(*octet) => {
                (Self::Space, text.bytes().position(|octet| !is_space(octet)).unwrap_or(text.len()))
            }
            _ => (Self::Word, text.bytes().position(ends_word).unwrap_or(text.len())),
        };
        let (token, rest) = text.split_at_checked(len).unwrap_or((text, ""));
        (kind(token), rest)
    }
}

impl<'a> Json<'a> {
    /// `None` if it is neither an object nor a list, or nested deeper than parsers usually go.
    pub(in super::super) fn read(text: &'a str) -> Option<Self> {
        let mut rest = text;
        let mut tokens = vec![];
        let mut depth = 0_usize;
        while !rest.is_empty() {
            let (token, after) = Token::read(rest);
            match token {
                Token::Mark("{" | "[") => depth = depth.checked_add(1).filter(|depth| *depth <= DEEPEST)?,
                Token::Mark("}" | "]") => depth = depth.checked_sub(1)?,
                Token::Text(_) | Token::Word(_) if depth == 0 => return None,
                _ => {}
            }
            tokens.push(token);
            rest = after;
        }
        (depth == 0).then_some(Self(tokens)).filter(|json| json.outer().is_some())
    }

    pub(super) fn tokens(&self) -> &[Token<'a>] {
        &self.0
    }

    /// All of it, each token as the function writes it.
    pub(super) fn write(&self, mut token: impl FnMut(Token<'a>, &mut String)) -> String {
        let mut text = String::new();
        self.0.iter().for_each(|next| token(*next, &mut text));
        text
    }

    /// The outermost brackets: the opening one and all before it, what is between, the closing one and all after it.
    pub(super) fn outer(&self) -> Option<(&[Token<'a>], &[Token<'a>], &[Token<'a>])> {
        let open = self.0.iter().position(|token| matches!(token, Token::Mark(_)))?;
        let close = self.0.iter().rposition(|token| matches!(token, Token::Mark(_)))?;
        let (before, rest) = self.0.split_at_checked(open.checked_add(1)?)?;
        let (inner, after) = rest.split_at_checked(close.checked_sub(before.len())?)?;
        Some((before, inner, after))
    }

    /// The fields of the outermost object.
    pub(in super::super) fn fields(&self) -> Option<Vec<Part<'_>>> {
        self.parts("{")
    }

    /// The elements of the outermost list.
    pub(in super::super) fn elements(&self) -> Option<Vec<Part<'_>>> {
        self.parts("[")
    }

    fn parts(&self, bracket: &str) -> Option<Vec<Part<'_>>> {
        let (before, inner, _) = self.outer()?;
        if before.last()?.as_str() != bracket || inner.iter().all(|token| matches!(token, Token::Space(_))) {
            return None;
        }
        let mut depth = 0_usize;
        let comma = |token: &Token<'_>| {
            match token {
                Token::Mark("{" | "[") => depth = depth.saturating_add(1),
                Token::Mark("}" | "]") => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0 && *token == Token::Mark(",")
        };
        Some(inner.split(comma).map(Part).collect())
    }
}

/// A field of an object or an element of a list, with the white space around it.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Part<'a>(&'a [Token<'a>]);

impl<'a> Part<'a> {
    /// The field's name in its quotes.
    pub(super) fn name(self) -> &'a str {
        self.0
            .iter()
            .find_map(|token| if let Token::Text(name) = token { Some(*name) } else { None })
            .unwrap_or_default()
    }

    /// The part itself as it is written.
    pub(super) fn bare(self) -> String {
        text(self.trimmed().1)
    }

    /// What stands between the name of a field and its value.
    pub(super) fn colon(self) -> String {
        let is_colon = |token: &&Token<'_>| matches!(token, Token::Space(_) | Token::Mark(":"));
        self.trimmed().1.iter().skip(1).take_while(is_colon).map(|token| token.as_str()).collect()
    }

    /// The value as it is written.
    pub(in super::super) fn value(self) -> String {
        let colon = self.0.iter().position(|token| *token == Token::Mark(":"));
        let is_field = matches!(self.trimmed().1.first(), Some(Token::Text(_)));
        let value = colon.filter(|_| is_field).and_then(|colon| self.0.get(colon.checked_add(1)?..));
        text(value.unwrap_or(self.0))
    }

    /// The white space before, the part itself, the white space after.
    pub(super) fn trimmed(self) -> (&'a [Token<'a>], &'a [Token<'a>], &'a [Token<'a>]) {
        let is_part = |token: &Token<'_>| !matches!(token, Token::Space(_));
        let start = self.0.iter().position(is_part).unwrap_or(self.0.len());
        let end = self.0.iter().rposition(is_part).map_or(start, |last| last.saturating_add(1));
        let (rest, after) = self.0.split_at_checked(end).unwrap_or_default();
        let (before, part) = rest.split_at_checked(start).unwrap_or_default();
        (before, part, after)
    }
}

pub(super) fn text(tokens: &[Token<'_>]) -> String {
    tokens.iter().map(|token| token.as_str()).collect()
}

/// Where a text ends, after its closing quote.
fn end_of_text(text: &str) -> usize {
    let mut escaped = true; // the opening quote does not close it
    for (at, octet) in text.bytes().enumerate() {
        match octet {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at.saturating_add(1),
            _ => {}
        }
    }
    text.len()
}

fn ends_word(octet: u8) -> bool {
    is_space(octet) || matches!(octet, b'{' | b'}' | b'[' | b']' | b':' | b',' | b'"')
}

/// RFC 8259 section 2.
fn is_space(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t' | b'\n' | b'\r')
}

/// How deep serde_json goes, and few parsers deeper.
const DEEPEST: usize = 128;
