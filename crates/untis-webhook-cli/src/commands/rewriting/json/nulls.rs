//! Fields that were null, and that a writer left out.

use super::Rewritten;
use super::fields::{place, with_fields};
use super::read::{Json, Part};

/// The object with documented fields as null where it has none: one of them, or several that follow one another.
pub(super) fn undone<'a>(json: &'a Json<'_>) -> impl Iterator<Item = Rewritten> + 'a {
    let fields = json.fields().unwrap_or_default();
    let has = |name: &str| fields.iter().any(|field| field.name().trim_matches('"') == name);
    let optional = match () {
        () if has("secret") => &CREDENTIALS[..],
        () if has("tenantId") => &DEACTIVATION,
        () => &[],
    };
    let missing: Vec<_> = optional.iter().copied().filter(|name| !has(name)).collect();
    let runs = (0..missing.len()).flat_map(|from| (from..missing.len()).map(move |to| from..=to));
    let runs: Vec<_> = runs.filter_map(|run| Some(missing.get(run)?.to_vec())).collect();
    runs.into_iter().map(move |names| ("null fields were left out".into(), with_nulls(json, &fields, &names)))
}

fn with_nulls(json: &Json<'_>, fields: &[Part<'_>], names: &[&str]) -> String {
    let colon = fields.first().map(|field| field.colon()).unwrap_or_default();
    let mut places: Vec<_> = fields.iter().map(|field| (place(field.name()), field.bare())).collect();
    for name in names {
        let at = places.iter().position(|(other, _)| *other > place(name)).unwrap_or(places.len());
        places.insert(at, (place(name), format!("\"{name}\"{colon}null")));
    }
    with_fields(json, &places.into_iter().map(|(_, field)| field).collect::<Vec<_>>())
}

/// What credentials can do without, in the documented order.
const CREDENTIALS: [&str; 7] = [
    "country",
    "region",
    "language",
    "activatorEmail",
    "activatorUsername",
    "schoolEmail",
    "schoolPhoneNumber",
];

/// What a deactivation can do without.
const DEACTIVATION: [&str; 2] = ["reasonType", "reasonText"];
