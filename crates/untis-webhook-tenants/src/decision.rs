use crate::Ended;

/// What is done about a delivery. Each is answered with a success: the platform must not send it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Decision {
    /// The set becomes current and the tenant active.
    Activate,
    /// The set is kept, and may become current.
    Candidate,
    /// Nobody but those named by [`Contest`] can tell what this delivery means. The set is kept.
    Contest(Contest),
    /// The tenant is deactivated. Its sets are kept for the grace.
    Deactivate,
    /// The tenant is deleted. Its sets are destroyed when the grace is over.
    Delete,
    /// It changes nothing, and says nothing new.
    Nothing,
    /// The body is kept, encrypted and for a bounded time.
    Record,
    /// The end is remembered of a tenant that had nothing to be taken away.
    Remember(Ended),
    /// The set becomes current, and the one that was is superseded.
    Replace,
    /// It changes nothing: a late retry, or a replay.
    Stale,
    /// The contact data are taken over if they differ.
    Update,
}

/// Why a delivery is contested, and who can decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Contest {
    /// The set has another client id. The operator alone decides: another partner's set works as well.
    ClientId,
    /// The same bytes came before the deactivation. A probe or the operator decides.
    Replay,
}
