use std::cmp::Ordering;

use super::super::search::LONGEST;
use super::Rewritten;
use super::read::{Json, Token};

/// How a writer of JSON lays it out.
struct Layout {
    /// What begins a line, without its indent; empty if all is on one line.
    line: &'static str,
    indent: &'static str,
    colon: &'static str,
    comma: &'static str,
    /// What is inside brackets on one line, and inside empty ones.
    inside: &'static str,
    /// Whether lists are on one line all the same.
    flat_lists: bool,
}

pub(super) fn undone<'a>(json: &'a Json<'_>) -> impl Iterator<Item = Rewritten> + 'a {
    let count = |text: &str| text.bytes().filter(u8::is_ascii_whitespace).count();
    let now = count(&json.write(|token, text| text.push_str(token.as_str())));
    layouts().filter_map(move |layout| {
        let written = layout.write(json)?;
        // Texts are the same in both: all that differs is white space between them.
        let what = match count(&written).cmp(&now) {
            Ordering::Less => "white space was added to it",
            Ordering::Equal => "its white space was changed",
            Ordering::Greater => "white space was taken out of it",
        };
        Some((what.into(), written))
    })
}

/// The layouts of usual writers, the most usual first.
fn layouts() -> impl Iterator<Item = Layout> {
    let line =
        |colon, comma, inside| Layout { line: "", indent: "", colon, comma, inside, flat_lists: false };
    let pretty =
        |line, indent, colon| Layout { line, indent, colon, comma: ",", inside: "", flat_lists: false };
    // Jackson, the usual library of the sender's language, writes a space before the colon as well.
    let jackson = move |end, indent| Layout { inside: " ", flat_lists: true, ..pretty(end, indent, " : ") };
    let usual: [Layout; USUAL] = [
        line(":", ",", ""),
        line(": ", ", ", ""), // Python
        pretty("\n", "  ", ": "),
        pretty("\n", "    ", ": "),
        pretty("\n", "\t", ": "),
        jackson("\n", "  "),
    ];
    let one_line = [
        line(": ", ", ", " "),
        line(" : ", ", ", " "), // MongoDB
        line(":", ", ", ""),
        line(": ", ",", ""),
    ];
    let lines = ["\n", "\r\n"].into_iter().flat_map(move |end| {
        let indents = ["  ", "    ", "\t", " ", "   "].map(|indent| pretty(end, indent, ": "));
        let spread = ["  ", "    "].map(|indent| pretty(end, indent, " : "));
        indents.into_iter().chain(["  ", "    ", "\t"].map(|indent| jackson(end, indent))).chain(spread)
    });
    usual.into_iter().chain(one_line).chain(lines)
}

/// How many of the layouts are the most usual ones.
pub(super) const USUAL: usize = 6;

impl Layout {
    /// `None` of one that is longer than what is looked at: deep JSON has more indents than anything else.
    fn write(&self, json: &Json<'_>) -> Option<String> {
        // What is around it is no matter of layout, and stays.
        let around = |token: Option<&Token<'_>>| match token {
            Some(Token::Space(space)) => (*space).to_owned(),
            _ => String::new(),
        };
        let mut text = around(json.tokens().first());
        let mut brackets = vec![];
        let mut tokens = json.tokens().iter().filter(|token| !matches!(token, Token::Space(_))).peekable();
        while let Some(token) = tokens.next() {
            if text.len() > LONGEST {
                return None;
            }
            match (token.as_str(), token) {
                (open @ ("{" | "["), Token::Mark(_)) => {
                    text.push_str(open);
                    let empty = tokens.peek().is_some_and(|next| matches!(next, Token::Mark("}" | "]")));
                    brackets.push(open);
                    match empty {
                        true => text.push_str(if open == "[" && !self.flat_lists { "" } else { self.inside }),
                        false => self.begin(&brackets, &mut text),
                    }
                    if empty {
                        brackets.pop();
                        tokens.next().into_iter().for_each(|close| text.push_str(close.as_str()));
                    }
                }
                (close @ ("}" | "]"), Token::Mark(_)) => {
                    let on_one_line = self.on_one_line(&brackets);
                    brackets.pop();
                    match on_one_line {
                        true => text.push_str(self.inside),
                        false => self.begin_line(&brackets, &mut text),
                    }
                    text.push_str(close);
                }
                (",", Token::Mark(_)) if self.on_one_line(&brackets) && !self.line.is_empty() => {
                    text.push_str(", ")
                }
                (",", Token::Mark(_)) => {
                    text.push_str(self.comma);
                    if !self.line.is_empty() {
                        self.begin_line(&brackets, &mut text);
                    }
                }
                (":", Token::Mark(_)) => text.push_str(self.colon),
                (other, _) => text.push_str(other),
            }
        }
        text.push_str(&around(json.tokens().last()));
        Some(text)
    }

    fn on_one_line(&self, brackets: &[&str]) -> bool {
        self.line.is_empty() || (self.flat_lists && brackets.last() == Some(&"["))
    }

    /// Inside a bracket that has just been opened.
    fn begin(&self, brackets: &[&str], text: &mut String) {
        match self.on_one_line(brackets) {
            true => text.push_str(self.inside),
            false => self.begin_line(brackets, text),
        }
    }

    fn begin_line(&self, brackets: &[&str], text: &mut String) {
        text.push_str(self.line);
        // Jackson indents by the objects alone: a list is on its line.
        let depth = brackets.iter().filter(|bracket| !(self.flat_lists && **bracket == "[")).count();
        (0..depth).for_each(|_| text.push_str(self.indent));
    }
}
