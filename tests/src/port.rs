//! Ports for what is told where to listen.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::TcpSocket;

/// A port on loopback that the kernel chose. Who is told may listen there, again and again; as long as this is held the
/// kernel gives it to nobody else.
#[derive(Debug)]
pub struct Port {
    address: SocketAddr,
    /// Bound, and not listening: who connects is refused.
    _held: TcpSocket,
}

impl Port {
    /// One that nobody uses.
    pub fn any() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        // Whoever listens there has said so as well.
        socket.set_reuseaddr(true).unwrap();
        socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        Self { address: socket.local_addr().unwrap(), _held: socket }
    }

    /// It, on loopback.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its number.
    pub fn number(&self) -> u16 {
        self.address.port()
    }
}
