use super::Rewritten;
use super::read::{Json, Part, Token, text};
use crate::documented::FIELDS;

/// Other orders of the outermost fields, and one field less.
pub(super) fn undone<'a>(json: &'a Json<'_>) -> impl Iterator<Item = Rewritten> + 'a {
    let fields = json.fields().filter(|fields| (2..=MOST_FIELDS).contains(&fields.len())).unwrap_or_default();
    let what = match fields.is_sorted_by_key(|field| field.name()) {
        true => "its fields were sorted by name",
        false => "its fields were put into another order",
    };
    let mut documented = fields.clone();
    documented.sort_by_key(|field| place(field.name()));
    let mut sorted = fields.clone();
    sorted.sort_by_key(|field| field.name());
    let reversed = fields.iter().rev().copied().collect();
    let usual: [Vec<Part<'_>>; USUAL] = [documented, sorted, reversed];
    let permuted = if fields.len() <= MOST_PERMUTED { permutations(&fields) } else { vec![] };
    let less = (0..fields.len()).map(move |at| {
        let mut less = fields.clone();
        less.remove(at);
        ("a field was added to it", less)
    });
    let orders = usual.into_iter().chain(permuted).map(move |order| (what, order));
    orders.chain(less).map(|(what, fields)| {
        let fields: Vec<_> = fields.iter().map(|field| field.bare()).collect();
        (what.into(), with_fields(json, &fields))
    })
}

/// How many of the orders are the most usual ones.
pub(super) const USUAL: usize = 3;

/// The object with these fields: white space stays where it is, and does not move with a field.
pub(super) fn with_fields(json: &Json<'_>, fields: &[String]) -> String {
    let Some((before, _, after)) = json.outer() else { return String::new() };
    let places = json.fields().unwrap_or_default();
    let last_place = places.len().saturating_sub(1);
    let last = fields.len().saturating_sub(1);
    let mut written = text(before);
    for (at, field) in fields.iter().enumerate() {
        let place = |at: usize| places.get(at).map(|place| place.trimmed()).unwrap_or_default();
        // The last one has the end of the object behind it, and no other has, however many there are.
        let behind = if at == last { last_place } else { at.min(last_place.saturating_sub(1)) };
        written.push_str(&text(place(at.min(last_place)).0));
        written.push_str(field);
        written.push_str(&text(place(behind).2));
        if at < last {
            written.push_str(Token::Mark(",").as_str());
        }
    }
    written.push_str(&text(after));
    written
}

/// Every order of the fields.
fn permutations<'a>(fields: &[Part<'a>]) -> Vec<Vec<Part<'a>>> {
    fields.iter().fold(vec![vec![]], |orders, field| {
        let longer = |order: Vec<Part<'a>>| {
            (0..=order.len()).map(move |at| {
                let mut longer = order.clone();
                longer.insert(at, *field);
                longer
            })
        };
        orders.into_iter().flat_map(longer).collect()
    })
}

/// Where the platform documents a field to be; unknown ones come last.
pub(super) fn place(name: &str) -> usize {
    let name = name.trim_matches('"');
    FIELDS.iter().position(|documented| *documented == name).unwrap_or(FIELDS.len())
}

/// Fields that are put into other orders: more is no payload.
const MOST_FIELDS: usize = 64;

/// Fields of which every order is tried: 24 orders. A deactivation has as many.
const MOST_PERMUTED: usize = 4;
