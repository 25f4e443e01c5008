use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::limits::{FULL, KEPT, SILENT, UNDER_WAY};

/// What goes on on one connection. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Progress(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug)]
struct State {
    under_way: usize,
    brought_a_delivery: bool,
    /// Whether the last that was answered was refused, perhaps before its body was read.
    refused: bool,
    opened: Instant,
    /// When a request last began or ended.
    since: Instant,
    /// When one last ended that was no stranger's.
    ended: Instant,
}

impl Progress {
    /// That of a connection on which nothing has begun.
    pub(crate) fn new() -> Self {
        let now = Instant::now();
        let state = State {
            under_way: 0,
            brought_a_delivery: false,
            refused: false,
            opened: now,
            since: now,
            ended: now,
        };
        Self(Arc::new(Shared { state: Mutex::new(state), changed: Notify::new() }))
    }

    /// A request begins, and is under way until what is returned is dropped.
    pub(crate) fn begin(&self) -> UnderWay {
        let mut state = self.state();
        state.under_way += 1;
        state.since = Instant::now();
        self.0.changed.notify_one();
        UnderWay { progress: self.clone(), is_strangers: false }
    }

    /// Whether no request is under way, and when one last ended. That of a stranger does not count, who could ask on and on.
    pub(crate) fn idle(&self) -> (bool, Instant) {
        let state = self.state();
        (state.under_way == 0, state.ended)
    }

    /// Whether the last that was answered was refused.
    pub(crate) fn refused(&self) -> bool {
        self.state().refused
    }

    /// Until when it may go on as it is.
    pub(crate) fn deadline(&self, full: bool) -> Instant {
        let state = self.state();
        match state.under_way {
            0 if full && state.brought_a_delivery => state.since + FULL,
            // To send one forgery after the other keeps no place.
            0 if full => state.opened + FULL,
            0 if state.brought_a_delivery => state.since + KEPT,
            0 => state.since + SILENT,
            _ => state.since + UNDER_WAY,
        }
    }

    /// Ready when a request has begun or ended since it was last asked.
    pub(crate) async fn changed(&self) {
        self.0.changed.notified().await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request, until it has been answered or given up.
#[derive(Debug)]
pub(crate) struct UnderWay {
    progress: Progress,
    is_strangers: bool,
}

impl UnderWay {
    /// It was a genuine delivery.
    pub(crate) fn is_genuine(&self) {
        let mut state = self.progress.state();
        state.brought_a_delivery = true;
        state.refused = false;
    }

    /// It was refused.
    pub(crate) fn is_refused(&self) {
        self.progress.state().refused = true;
    }

    /// It was a stranger's, and is over, whether the answer is read or not.
    pub(crate) fn end_as_strangers(mut self) {
        self.is_strangers = true;
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut state = self.progress.state();
        state.under_way -= 1;
        state.since = Instant::now();
        if !self.is_strangers {
            state.ended = state.since;
        }
        self.progress.0.changed.notify_one();
    }
}
