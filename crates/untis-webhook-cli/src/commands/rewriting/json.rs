//! JSON that was parsed and written again: what a parser takes for the same, and a signature does not.

mod escapes;
mod fields;
mod nulls;
mod read;
mod space;
mod values;

use std::borrow::Cow;
use std::ops::ControlFlow;

pub(super) use self::read::Json;
use super::change::{Change, Kind};
use super::search::{Found, Stage};

/// Something that happened to JSON, and the text before.
type Rewritten = (Cow<'static, str>, String);

/// Undoes everything, or what is `usual` alone.
pub(super) fn undo(body: &[u8], after: Stage, usual: bool, found: &mut Found<'_>) -> ControlFlow<()> {
    if after >= Stage::Space {
        return ControlFlow::Continue(());
    }
    let Some(json) = str::from_utf8(body).ok().and_then(Json::read) else { return ControlFlow::Continue(()) };
    // The likeliest first, for a body so long that not all can be tried.
    let steps: [(Stage, usize, Box<dyn Iterator<Item = Rewritten> + '_>); 5] = [
        (Stage::Space, space::USUAL, Box::new(space::undone(&json))),
        (Stage::Escapes, escapes::USUAL, Box::new(escapes::undone(&json))),
        (Stage::Fields, fields::USUAL, Box::new(fields::undone(&json))),
        (Stage::Fields, 0, Box::new(nulls::undone(&json))),
        (Stage::Values, 0, Box::new(values::undone(&json))),
    ];
    for (stage, most_usual, undone) in steps.into_iter().filter(|(stage, ..)| after < *stage) {
        let most = if usual { most_usual } else { usize::MAX };
        for (at, (what, text)) in undone.take(most).enumerate() {
            let change = Change { usual: at < most_usual, ..Kind::Json.change(what) };
            found(stage, change, text.into_bytes())?;
        }
    }
    ControlFlow::Continue(())
}
