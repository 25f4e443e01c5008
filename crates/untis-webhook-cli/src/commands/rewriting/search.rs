use std::collections::{HashSet, VecDeque};
use std::ops::ControlFlow;

use untis_webhook::Digest;

use super::change::{Change, Kind};
use super::{charset, compression, json, lines, wrapping};

/// What came of a search.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Explained {
    /// These changes, in the order in which they happened, make of what was signed this body.
    By(Vec<Change>),
    /// No usual rewriting does.
    Not,
    /// The body is too long for a search.
    TooLong,
}

/// Where in the order of undoing a change stands. Undone first is what usually happens last. No change is followed by an
/// earlier one, which bounds the combinations; the first and the charsets can repeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    Wrapping,
    Lines,
    Charset,
    Escapes,
    Fields,
    Values,
    Space,
    CharsetBefore,
    LinesBefore,
    Compression,
}

/// Takes what the body may have been before a change.
pub(super) type Found<'a> = dyn FnMut(Stage, Change, Vec<u8>) -> ControlFlow<()> + 'a;

/// Looks for the changes that make of what was signed this body. `declared` is its Content-Length.
pub(crate) fn explain(signed: &Digest, body: &[u8], declared: Option<usize>) -> Explained {
    if body.len() > LONGEST {
        return Explained::TooLong;
    }
    let mut search =
        Search { signed, seen: HashSet::new(), waiting: VecDeque::new(), held: 0, octets: 0, found: None };
    search.seen.insert(Digest::of(signed.algorithm(), body));
    let arrived = Candidate { body: body.to_vec(), undone: vec![], stage: Stage::Wrapping };
    // White space after it has a name of its own.
    let followed = declared.and_then(|declared| body.split_at_checked(declared));
    let start = match followed.filter(|(_, rest)| !rest.trim_ascii().is_empty()) {
        Some((whole, _)) => search.offer(&arrived, Stage::Wrapping, lines::followed(), whole.to_vec()),
        None => ControlFlow::Continue(()),
    };
    if start.is_continue() {
        search.waiting.push_front(arrived);
        let _ = search.run();
    }
    match search.found {
        Some(mut changes) => {
            changes.reverse();
            // Who writes JSON again keeps nothing that is around it: that came after.
            for both in changes.chunk_by_mut(|one, other| is_text(one) && is_text(other)) {
                both.sort_by_key(|change| change.kind == Kind::Lines);
            }
            Explained::By(changes)
        }
        None => Explained::Not,
    }
}

fn is_text(change: &Change) -> bool {
    matches!(change.kind, Kind::Json | Kind::Lines)
}

/// What the body may have been, and what is undone then, the last change first.
struct Candidate {
    body: Vec<u8>,
    undone: Vec<Change>,
    stage: Stage,
}

/// Breadth first, so that the fewest changes are found. One candidate is made at a time; what waits to be undone further is
/// held up to a bound.
struct Search<'a> {
    signed: &'a Digest,
    seen: HashSet<Digest>,
    waiting: VecDeque<Candidate>,
    held: usize,
    octets: usize,
    found: Option<Vec<Change>>,
}

impl Search<'_> {
    fn run(&mut self) -> ControlFlow<()> {
        while let Some(candidate) = self.waiting.pop_front() {
            self.held = self.held.saturating_sub(candidate.held());
            self.undo(&candidate)?;
        }
        ControlFlow::Continue(())
    }

    fn undo(&mut self, candidate: &Candidate) -> ControlFlow<()> {
        let Candidate { body, stage: after, undone } = candidate;
        // To look is work as well, also where there is nothing to undo.
        self.octets = self.octets.saturating_add(body.len());
        let mut found = |stage, change, original| self.offer(candidate, stage, change, original);
        if *after == Stage::Wrapping {
            compression::undo(body, &mut found)?;
            wrapping::undo(body, &mut found)?;
            lines::undo(body, Stage::Lines, &mut found)?;
        }
        if *after <= Stage::Charset {
            charset::undo(body, Stage::Charset, &mut found)?;
        }
        let usual = undone.len() >= MOST_UNUSUAL;
        json::undo(body, *after, usual, &mut found)?;
        if *after > Stage::Charset && *after <= Stage::CharsetBefore {
            charset::undo(body, Stage::CharsetBefore, &mut found)?;
        }
        if *after >= Stage::Lines && *after < Stage::LinesBefore {
            lines::undo(body, Stage::LinesBefore, &mut found)?;
        }
        // Costly, and seldom: only of what arrived, or nearly.
        match undone.len() <= 1 && *after < Stage::Charset {
            true => compression::redo(body, &mut found),
            false => ControlFlow::Continue(()),
        }
    }

    fn offer(
        &mut self,
        from: &Candidate,
        stage: Stage,
        change: Change,
        original: Vec<u8>,
    ) -> ControlFlow<()> {
        let usual = change.usual && from.undone.iter().all(|change| change.usual);
        // What is made and not looked at was work all the same.
        self.octets = self.octets.saturating_add(original.len());
        if self.octets > MOST_OCTETS || self.seen.len() >= MOST_CANDIDATES {
            return ControlFlow::Break(());
        }
        if original.len() > LONGEST || (from.undone.len() >= MOST_UNUSUAL && !usual) {
            return ControlFlow::Continue(());
        }
        let digest = Digest::of(self.signed.algorithm(), &original);
        if !self.seen.insert(digest) {
            return ControlFlow::Continue(());
        }
        let mut undone = from.undone.clone();
        undone.push(change);
        if digest == *self.signed {
            self.found = Some(undone);
            return ControlFlow::Break(());
        }
        let candidate = Candidate { body: original, undone, stage };
        let most = if usual { MOST_CHANGES } else { MOST_UNUSUAL };
        if candidate.undone.len() < most && self.held.saturating_add(candidate.held()) <= MOST_HELD {
            self.held = self.held.saturating_add(candidate.held());
            self.waiting.push_back(candidate);
        }
        ControlFlow::Continue(())
    }
}

impl Candidate {
    /// Octets of memory, roughly.
    fn held(&self) -> usize {
        self.body.len().saturating_add(CANDIDATE_OVERHEAD)
    }
}

/// Octets of a body that is looked into, and of what it may have been: a real one has less than 1,000, and receivers take 64 KiB
/// unless they are told otherwise.
pub(super) const LONGEST: usize = 256 * 1024;

/// Octets looked at: less than a second, also without optimisation. Of credentials that nothing explains these are 17,000 bodies.
const MOST_OCTETS: usize = 16 * 1024 * 1024;

/// Bodies tried: all usual rewritings in threes, of a body of the documented size.
const MOST_CANDIDATES: usize = 30_000;

/// Changes that are undone after one another, where some are not among the most usual.
const MOST_UNUSUAL: usize = 2;

/// Changes that are undone after one another, where all are: a body that was parsed, sorted, written with escapes and indented,
/// and got a line end.
const MOST_CHANGES: usize = 5;

/// Octets of memory for what waits to be undone further.
const MOST_HELD: usize = 6 * 1024 * 1024;

/// Octets of memory that a candidate takes beside its body.
const CANDIDATE_OVERHEAD: usize = 256;
