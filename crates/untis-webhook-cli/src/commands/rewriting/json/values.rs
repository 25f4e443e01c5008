//! Values that some parser takes for the same: `1`, `1.0`, `1e0` and `"1"`; nothing and an empty text.

use std::borrow::Cow;

use super::Rewritten;
use super::read::{Json, Token};

/// Writes a value in the form that it may have had; what it has no other form of, as it is.
type Form = for<'a> fn(Token<'a>) -> Option<Cow<'a, str>>;

pub(super) fn undone<'a>(json: &'a Json<'_>) -> impl Iterator<Item = Rewritten> + 'a {
    const NUMBERS: &str = "its numbers were written in another form (12.0, 1.2e1)";
    const TO_NUMBERS: &str = "texts of digits became numbers";
    const TO_TEXTS: &str = "numbers became texts";
    const TO_NULL: &str = "empty texts became null";
    const TO_EMPTY: &str = "null became an empty text";

    let forms: [(&'static str, Form); 11] = [
        (TO_NUMBERS, |token| number(token).map(|number| format!("\"{number}\"").into())),
        (TO_TEXTS, |token| match token {
            Token::Text(text) => {
                text.strip_prefix('"')?.strip_suffix('"').filter(|text| is_integer(text)).map(Cow::from)
            }
            _ => None,
        }),
        (NUMBERS, |token| Decimal::read(number(token)?)?.plain().map(Cow::from)),
        (NUMBERS, |token| Some(format!("{}.0", Decimal::read(number(token)?)?.integer()?).into())),
        (NUMBERS, |token| Decimal::read(number(token)?)?.java_double().map(Cow::from)),
        (NUMBERS, |token| Some(Decimal::read(number(token)?)?.scientific("e", "").into())),
        (NUMBERS, |token| Some(Decimal::read(number(token)?)?.scientific("E", "").into())),
        (NUMBERS, |token| Some(Decimal::read(number(token)?)?.scientific("e+", "0").into())),
        (NUMBERS, |token| Some(Decimal::read(number(token)?)?.scientific("E+", "").into())),
        (TO_NULL, |token| (token == Token::Word("null")).then(|| "\"\"".into())),
        (TO_EMPTY, |token| (token == Token::Text("\"\"")).then(|| "null".into())),
    ];
    let values = json.tokens().iter().filter(|token| matches!(token, Token::Text(_) | Token::Word(_)));
    let most = if values.take(MOST_VALUES + 1).count() > MOST_VALUES { 0 } else { forms.len() };
    forms.into_iter().take(most).flat_map(move |(what, form)| {
        let values = json.tokens().iter().filter(|token| form(**token).is_some()).count();
        // All of them; or one, if the writer treats them differently.
        let alone = if values > 1 { values.min(MOST_ALONE) } else { 0 };
        let all = (values > 0).then_some(None);
        let each = all.into_iter().chain((0..alone).map(Some));
        each.map(move |only| {
            let mut at = 0..;
            let written = json.write(|token, text| {
                let other = form(token).filter(|_| {
                    let at = at.next();
                    only.is_none() || only == at
                });
                text.push_str(other.as_deref().unwrap_or(token.as_str()));
            });
            (what.into(), written)
        })
    })
}

fn number(token: Token<'_>) -> Option<&str> {
    match token {
        Token::Word(word) if word.starts_with(|c: char| c.is_ascii_digit() || c == '-') => Some(word),
        _ => None,
    }
}

fn is_integer(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit())
}

/// A number, exactly: its significant digits as an integer, times a power of ten.
struct Decimal {
    negative: bool,
    digits: String,
    exponent: i32,
}

impl Decimal {
    fn read(number: &str) -> Option<Self> {
        let (negative, number) = number.strip_prefix('-').map_or((false, number), |number| (true, number));
        let (mantissa, exponent) = match number.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse().ok()?),
            None => (number, 0_i32),
        };
        let (integer, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{integer}{fraction}");
        if !is_integer(&all) || all.len() > MOST_DIGITS {
            return None;
        }
        let significant = all.trim_start_matches('0').trim_end_matches('0');
        let zeros = all.trim_start_matches('0').len().checked_sub(significant.len())?;
        let places = i32::try_from(fraction.len()).ok()?.checked_sub(i32::try_from(zeros).ok()?)?;
        Some(Self { negative, digits: significant.to_owned(), exponent: exponent.checked_sub(places)? })
    }

    fn sign(&self) -> &'static str {
        if self.negative { "-" } else { "" }
    }

    /// Without a fraction or an exponent, if it has none.
    fn integer(&self) -> Option<String> {
        let zeros = usize::try_from(self.exponent).ok().filter(|zeros| *zeros <= MOST_DIGITS)?;
        match self.digits.is_empty() {
            true => Some(format!("{}0", self.sign())),
            false => Some(format!("{}{}{}", self.sign(), self.digits, "0".repeat(zeros))),
        }
    }

    /// Without an exponent.
    fn plain(&self) -> Option<String> {
        if let Some(integer) = self.integer() {
            return Some(integer);
        }
        let places =
            usize::try_from(self.exponent.checked_neg()?).ok().filter(|places| *places <= MOST_DIGITS)?;
        let digits = format!("{:0>1$}", self.digits, places.checked_add(1)?);
        let (integer, fraction) = digits.split_at_checked(digits.len().checked_sub(places)?)?;
        Some(format!("{}{integer}.{fraction}", self.sign()))
    }

    /// One digit, the rest as its fraction, and the exponent with as many digits as it has, or at least two.
    fn scientific(&self, e: &str, pad: &str) -> String {
        let (first, rest) = self.digits.split_at_checked(1).unwrap_or(("0", ""));
        let exponent = i64::from(self.exponent).saturating_add(i64::try_from(rest.len()).unwrap_or(0));
        let point = if rest.is_empty() { "" } else { "." };
        let pad = if exponent < 10 { pad } else { "" };
        format!("{}{first}{point}{rest}{e}{pad}{exponent}", self.sign())
    }

    /// As Java's `Double.toString`: a fraction always, and an exponent from ten million on.
    fn java_double(&self) -> Option<String> {
        let integer = self.integer()?;
        match integer.trim_start_matches('-').len() > 7 {
            true => {
                let scientific = self.scientific("E", "");
                Some(if scientific.contains('.') { scientific } else { scientific.replace('E', ".0E") })
            }
            false => Some(format!("{integer}.0")),
        }
    }
}

/// Digits of a number that is looked at: a double has at most 17 that mean something.
const MOST_DIGITS: usize = 40;

/// Values that are written in another form alone.
const MOST_ALONE: usize = 4;

/// Names and values of a body in which values are looked at: the documented payloads have 26.
const MOST_VALUES: usize = 1000;
