use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::TcpSocket;

/// A port on loopback that the kernel chose. Who is told may listen there, again and again; as long as this is held the
/// kernel gives it to nobody else.
pub(crate) struct Port {
    address: SocketAddr,
    /// Bound, and not listening: who connects is refused.
    _held: TcpSocket,
}

impl Port {
    pub(crate) fn any() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        // Whoever listens there has said so as well.
        socket.set_reuseaddr(true).unwrap();
        socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        Self { address: socket.local_addr().unwrap(), _held: socket }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn number(&self) -> u16 {
        self.address.port()
    }
}
