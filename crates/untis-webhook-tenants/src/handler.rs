use std::error::Error;
use std::fmt;
use std::time::Duration;

use crate::Message;
use crate::error::with_causes;

/// The application's own code that is told of a tenant's changes. A closure is one:
///
/// ```
/// use untis_webhook_tenants::{Failed, Handler, Message};
///
/// async fn note(message: Message) -> Result<(), Failed> {
///     println!("{} is {}", message.tenant_id, message.status.as_str());
///     std::fs::metadata("/")?; // Whatever fails is tried again.
///     Ok(())
/// }
/// # fn is_handler(_: impl Handler) {}
/// # is_handler(note);
/// ```
///
/// It is called again until it succeeds, so the same version can come twice: what is done must be the same as done once.
/// One tenant's messages come one after the other, in order. There is a [deadline](crate::Worker::deadline), which it
/// must not outlast by blocking its thread; one that panics has failed.
pub trait Handler: Send + Sync + 'static {
    /// Does what is to be done. With `Ok` the message is acknowledged and does not come again.
    fn handle(&self, message: Message) -> impl Future<Output = Result<(), Failed>> + Send;
}

impl<F, R> Handler for F
where
    F: Fn(Message) -> R + Send + Sync + 'static,
    R: Future<Output = Result<(), Failed>> + Send,
{
    fn handle(&self, message: Message) -> impl Future<Output = Result<(), Failed>> + Send {
        self(message)
    }
}

/// Why a handler did not do it. Any error becomes one, and is tried again later.
///
/// ```
/// use std::time::Duration;
///
/// use untis_webhook_tenants::{Failed, Handler, Message, Retry};
///
/// /// Its own type in place of a closure, which says when it is to be tried again.
/// struct Application;
///
/// impl Handler for Application {
///     async fn handle(&self, message: Message) -> Result<(), Failed> {
///         match message.tenant_id.starts_with("test-") {
///             true => Err(Failed::new("a school for tests", Retry::Never)),
///             false => Err(Failed::new("not before tomorrow", Retry::After(Duration::from_secs(86_400)))),
///         }
///     }
/// }
/// ```
pub struct Failed {
    reason: String,
    retry: Retry,
}

/// When a handler that failed is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// After this pause, or a longer one if it fails often.
    After(Duration),
    /// After a pause that grows each time.
    Later,
    /// Not before the operator [says so](crate::Registry::redrive), or the tenant changes.
    Never,
}

impl Failed {
    /// The reason is logged, so nothing secret belongs there.
    pub fn new(reason: impl Into<String>, retry: Retry) -> Self {
        Self { reason: reason.into(), retry }
    }

    /// Why.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// When it is tried again.
    pub fn retry(&self) -> Retry {
        self.retry
    }
}

impl<E: Error> From<E> for Failed {
    fn from(error: E) -> Self {
        Self::new(with_causes(&error), Retry::Later)
    }
}

/// The reason is the handler's own words, and what they hold nobody knows here.
impl fmt::Debug for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Failed").field("retry", &self.retry).finish_non_exhaustive()
    }
}
