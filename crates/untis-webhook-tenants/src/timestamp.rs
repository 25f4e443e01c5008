use std::time::{SystemTime, UNIX_EPOCH};

/// A time, in whole seconds since 1970 (UTC). It is for grace, leases and display; order comes from numbers.
///
/// ```
/// use untis_webhook_tenants::Timestamp;
///
/// let then = Timestamp::from_seconds(1_700_000_000);
/// let now = then.after(60);
/// assert_eq!(now.seconds_since(then), 60);
/// assert_eq!(now.before(60), then);
///
/// // A clock that went back gives no more than nothing.
/// assert_eq!(then.seconds_since(now), 0);
/// assert!(Timestamp::now() > then);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// Now, by the system's clock.
    pub fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
    }

    /// So many seconds after 1970.
    pub fn from_seconds(seconds: i64) -> Self {
        Self(seconds)
    }

    /// The seconds after 1970.
    pub fn as_seconds(self) -> i64 {
        self.0
    }

    /// The seconds from then to now; none if a clock went back.
    pub fn seconds_since(self, then: Self) -> u64 {
        u64::try_from(self.0.saturating_sub(then.0)).unwrap_or(0)
    }

    /// So many seconds later.
    pub fn after(self, seconds: u64) -> Self {
        Self(self.0.saturating_add_unsigned(seconds))
    }

    /// So many seconds earlier.
    pub fn before(self, seconds: u64) -> Self {
        Self(self.0.saturating_sub_unsigned(seconds))
    }
}
