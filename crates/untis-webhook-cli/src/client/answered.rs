use std::io::ErrorKind;
use std::mem;

use ureq::Error;
use ureq::unversioned::transport::{Buffers, ConnectionDetails, Connector, NextTimeout, Transport};

/// Makes a connection one that is read although it cannot be written to any more.
///
/// A receiver that refuses on the head of a request answers and closes, while the body is still being written. That fails
/// then, and the answer is there to be read all the same.
#[derive(Debug)]
pub(super) struct AnsweredConnector;

impl<In: Transport> Connector<In> for AnsweredConnector {
    type Out = Answered<In>;

    fn connect(&self, _: &ConnectionDetails, chained: Option<In>) -> Result<Option<Answered<In>>, Error> {
        Ok(chained.map(|inner| Answered { inner, cut_off: false }))
    }
}

#[derive(Debug)]
pub(super) struct Answered<T> {
    inner: T,
    /// Whether the receiver takes no more of the request.
    cut_off: bool,
}

impl<T: Transport> Transport for Answered<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, mut timeout: NextTimeout) -> Result<(), Error> {
        if self.cut_off {
            return Ok(());
        }
        // One that has answered may also take no more, and not close. A quarter of the time that is left is enough to see it
        // (half, where some octets are taken at first), and the rest is for the answer.
        timeout.after = timeout.after / 4;
        match self.inner.transmit_output(amount, timeout) {
            Err(error) if is_cut_off(&error) => {
                self.cut_off = true;
                Ok(())
            }
            result => result,
        }
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        self.inner.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        !self.cut_off && self.inner.is_open()
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}

fn is_cut_off(error: &Error) -> bool {
    match error {
        Error::Io(error) => matches!(
            error.kind(),
            ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset
        ),
        Error::Timeout(_) => true,
        _ => false,
    }
}

/// Makes a connection one on which what was read is looked at before more is waited for.
///
/// ureq waits for 100 Continue; if it reads an answer in its place, it would wait for the answer after that.
#[derive(Debug)]
pub(super) struct EarlyConnector;

impl<In: Transport> Connector<In> for EarlyConnector {
    type Out = Early<In>;

    fn connect(&self, _: &ConnectionDetails, chained: Option<In>) -> Result<Option<Early<In>>, Error> {
        Ok(chained.map(|inner| Early { inner, unseen: false }))
    }
}

#[derive(Debug)]
pub(super) struct Early<T> {
    inner: T,
    /// Whether something was read that has not been looked at, as far as is known.
    unseen: bool,
}

impl<T: Transport> Transport for Early<T> {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.inner.transmit_output(amount, timeout)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        if mem::take(&mut self.unseen) && !self.buffers().input().is_empty() {
            return Ok(true);
        }
        self.unseen = true;
        self.inner.await_input(timeout)
    }

    fn is_open(&mut self) -> bool {
        self.inner.is_open()
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}
