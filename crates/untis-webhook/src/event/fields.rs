use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use super::{DecodeError, Secret, decode, text};

/// The fields of a payload by name: one JSON object, no name twice.
///
/// A value is looked into when it is asked for, so that what is not known refuses nothing, whatever it is.
pub(super) struct Fields<'a> {
    values: BTreeMap<Name<'a>, &'a RawValue>,
    /// The documented fields whose values are not as they are documented, and were left out or read all the same.
    irregular: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    pub(super) fn read(json: &'a [u8]) -> Result<Self, DecodeError> {
        let values: Values<'a> = decode::from_json(json)?;
        Ok(Self { values: values.0, irregular: Vec::new() })
    }

    /// The tenant, by its text or, as its decimal digits, by its number. It is not empty.
    pub(super) fn tenant_id(&mut self) -> Result<String, DecodeError> {
        match self.number(TENANT_ID) {
            Some(number) => {
                self.irregular.push(TENANT_ID);
                Ok(number)
            }
            None => Some(self.text(TENANT_ID)?)
                .filter(|id| !id.trim().is_empty())
                .ok_or(DecodeError::EmptyField(TENANT_ID)),
        }
    }

    /// The tenant of an event that is not known, if it has one that can be read.
    pub(super) fn any_tenant_id(&self) -> Option<String> {
        let text = || self.optional(TENANT_ID).ok()?.map(into_text);
        self.number(TENANT_ID).or_else(text)
    }

    pub(super) fn text(&self, name: &'static str) -> Result<String, DecodeError> {
        self.required(name).map(into_text)
    }

    pub(super) fn secret(&self, name: &'static str) -> Result<Secret, DecodeError> {
        Ok(Secret::new(&self.required(name)?))
    }

    /// A text that decides what the payload is, and so must not be another value.
    pub(super) fn deciding_text(&self, name: &'static str) -> Result<Option<String>, DecodeError> {
        Ok(self.optional(name)?.map(into_text))
    }

    /// A text that can be done without: of another value there is nothing but its name.
    pub(super) fn optional_text(&mut self, name: &'static str) -> Option<String> {
        self.optional(name).map(|text| text.map(into_text)).unwrap_or_else(|_| {
            self.irregular.push(name);
            None
        })
    }

    pub(super) fn into_irregular(self) -> Vec<&'static str> {
        self.irregular
    }

    fn required(&self, name: &'static str) -> Result<Zeroizing<String>, DecodeError> {
        self.optional(name)?.ok_or(DecodeError::MissingField(name))
    }

    fn optional(&self, name: &'static str) -> Result<Option<Zeroizing<String>>, DecodeError> {
        match self.raw(name) {
            None | Some("null") => Ok(None),
            Some(json) => text::decode(json).map(Some).ok_or(DecodeError::NotText(name)),
        }
    }

    /// An integer that is not negative, as it is written.
    fn number(&self, name: &'static str) -> Option<String> {
        let is_integer = |json: &&str| json.bytes().all(|octet| octet.is_ascii_digit());
        self.raw(name).filter(is_integer).map(str::to_owned)
    }

    fn raw(&self, name: &'static str) -> Option<&'a str> {
        self.values.get(name.as_bytes()).map(|json| json.get())
    }
}

/// Of one that is no secret.
fn into_text(mut text: Zeroizing<String>) -> String {
    std::mem::take(&mut text)
}

struct Values<'a>(BTreeMap<Name<'a>, &'a RawValue>);

impl<'de> Deserialize<'de> for Values<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ValuesVisitor)
    }
}

struct ValuesVisitor;

impl<'de> Visitor<'de> for ValuesVisitor {
    type Value = Values<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Values<'de>, A::Error> {
        let mut values = BTreeMap::new();
        while let Some((name, value)) = map.next_entry()? {
            if values.insert(name, value).is_some() {
                return Err(A::Error::custom("repeated field"));
            }
        }
        Ok(Values(values))
    }
}

/// A name, without its escapes. As octets, since a lone surrogate, which JSON can write, is no text.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Name<'a>(Cow<'a, [u8]>);

impl std::borrow::Borrow<[u8]> for Name<'_> {
    fn borrow(&self) -> &[u8] {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(NameVisitor)
    }
}

struct NameVisitor;

impl<'de> Visitor<'de> for NameVisitor {
    type Value = Name<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_bytes<E: Error>(self, name: &'de [u8]) -> Result<Name<'de>, E> {
        Ok(Name(Cow::Borrowed(name)))
    }

    /// One that has escapes.
    fn visit_bytes<E: Error>(self, name: &[u8]) -> Result<Name<'de>, E> {
        Ok(Name(Cow::Owned(name.to_owned())))
    }
}

const TENANT_ID: &str = "tenantId";
