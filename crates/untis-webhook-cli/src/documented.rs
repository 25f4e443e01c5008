//! What the platform documents of its payloads.

use strsim::damerau_levenshtein;

/// The fields of all payloads in their order, on the pages "Credentials Webhook" and "Deactivation Webhook".
pub(crate) const FIELDS: [&str; 17] = [
    "tenantId",
    "schoolName",
    "clientId",
    "secret",
    "password",
    "host",
    "country",
    "region",
    "language",
    "eventType",
    "type",
    "reasonType",
    "reasonText",
    "activatorEmail",
    "activatorUsername",
    "schoolEmail",
    "schoolPhoneNumber",
];

/// The field for which this one may be a slip, in whichever case.
pub(crate) fn nearest(field: &str) -> Option<&'static str> {
    let distance = |name: &str| damerau_levenshtein(&name.to_lowercase(), &field.to_lowercase());
    FIELDS.into_iter().filter(|name| distance(name) <= MOST_SLIPS).min_by_key(|name| distance(name))
}

/// Slips in a word: with more it is another word.
const MOST_SLIPS: usize = 2;
