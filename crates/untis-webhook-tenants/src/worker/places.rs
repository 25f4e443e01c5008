use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many handlers run at once. Half of the places are not for what has failed before, so that tenants whose handler
/// hangs each time do not take them all.
pub(super) struct Places {
    all: Arc<Semaphore>,
    of_retries: Arc<Semaphore>,
}

impl Places {
    pub(super) fn new(all: u16) -> Self {
        let of = |places| Arc::new(Semaphore::new(usize::from(places)));
        Self { all: of(all), of_retries: of(all / 2) }
    }

    /// Those that are free; with what has failed before, or without.
    pub(super) fn free(&self, retries: bool) -> u32 {
        let all = self.all.available_permits();
        let free = if retries { all.min(self.of_retries.available_permits()) } else { all };
        u32::try_from(free).unwrap_or(u32::MAX)
    }

    /// Takes one, until what this gives is dropped.
    pub(super) fn take(&self, is_retry: bool) -> [Option<OwnedSemaphorePermit>; 2] {
        let take = |places: &Arc<Semaphore>| Arc::clone(places).try_acquire_owned().ok();
        [take(&self.all), is_retry.then(|| take(&self.of_retries)).flatten()]
    }
}
