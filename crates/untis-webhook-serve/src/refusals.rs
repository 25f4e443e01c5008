use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use http::{Method, Uri};
use untis_webhook::Rejection;

use crate::shown;

/// Says what was refused, and why, as often as it helps and no oftener: strangers decide how much is refused.
///
/// In each minute the first refusal of a reason is a line, and all others are a number at its end.
#[derive(Debug, Default)]
pub(crate) struct Refusals(Mutex<HashMap<Rejection, u64>>);

impl Refusals {
    /// A request was refused.
    pub(crate) fn add(&self, rejection: Rejection, method: &Method, uri: &Uri) {
        match self.in_this_minute().entry(rejection) {
            Entry::Occupied(mut more) => {
                let more = more.get_mut();
                *more = more.saturating_add(1);
                return;
            }
            Entry::Vacant(first) => first.insert(0),
        };
        tracing::info!(
            method = %shown(method.as_str()),
            path = %shown(uri.path()),
            ?rejection,
            "refused: {rejection}"
        );
    }

    /// The minute is over.
    pub(crate) fn end_minute(&self) {
        for (rejection, more) in mem::take(&mut *self.in_this_minute()) {
            if more > 0 {
                tracing::info!(more, ?rejection, "refused for the same reason within a minute");
            }
        }
    }

    fn in_this_minute(&self) -> MutexGuard<'_, HashMap<Rejection, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
