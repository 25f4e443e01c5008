//! Where the API listens: on loopback, or on a socket that its owner alone can open.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::net::UnixListener;

use crate::serve::sockets::ApiSocket;
use crate::settings::ApiListen;

/// One of the two.
#[derive(Debug)]
pub(crate) enum ApiListener {
    /// A socket of Unix that was bound before the daemon began, and stays when it ends.
    #[cfg(unix)]
    Given(UnixListener),
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(UnixSocket),
}

/// Why it cannot listen there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ListenError {
    #[error("the socket that was given as api: {0}")]
    Given(#[source] io::Error),
    #[error("{0}: somebody listens there already")]
    InUse(PathBuf),
    #[error("{0}: {1}")]
    Io(PathBuf, #[source] io::Error),
    #[error("{0}: expected a socket that its owner alone can open, found one of mode {1:o}")]
    Mode(PathBuf, u32),
    #[error("{0}: expected nothing or a socket that nobody uses, found something else")]
    NotASocket(PathBuf),
    #[error("{0}: expected a loopback address for the API, found another")]
    NotLoopback(SocketAddr),
    #[error("the socket that was given as api is open to everybody, or nobody knows to whom")]
    Open,
    #[error("the socket that was given as api is of another kind than the configured one")]
    OtherKind,
    #[error("{0}: {1}")]
    Tcp(SocketAddr, #[source] io::Error),
    #[cfg(not(unix))]
    #[error("{0}: there are no such sockets on this system")]
    NoSockets(PathBuf),
}

impl ApiListener {
    /// Takes what was bound already, or binds.
    pub(crate) async fn open(given: Option<ApiSocket>, listen: &ApiListen) -> Result<Self, ListenError> {
        match given {
            Some(given) => Self::given(given, listen),
            None => Self::bind(listen).await,
        }
    }

    /// It is of the kind that is configured, since whether there must be a token goes by that.
    fn given(given: ApiSocket, listen: &ApiListen) -> Result<Self, ListenError> {
        match (given, listen) {
            (ApiSocket::Tcp(given), ApiListen::Tcp(_)) => {
                let address = given.local_addr().map_err(ListenError::Given)?;
                if !address.ip().is_loopback() {
                    return Err(ListenError::NotLoopback(address));
                }
                let listener = given.set_nonblocking(true).and_then(|()| TcpListener::from_std(given));
                listener.map(Self::Tcp).map_err(ListenError::Given)
            }
            #[cfg(unix)]
            (ApiSocket::Unix(given), ApiListen::Unix(_)) => {
                unix::check_given(&given)?;
                let listener = given.set_nonblocking(true).and_then(|()| UnixListener::from_std(given));
                listener.map(Self::Given).map_err(ListenError::Given)
            }
            _ => Err(ListenError::OtherKind),
        }
    }

    async fn bind(listen: &ApiListen) -> Result<Self, ListenError> {
        match listen {
            ApiListen::Tcp(address) if !address.ip().is_loopback() => Err(ListenError::NotLoopback(*address)),
            ApiListen::Tcp(address) => {
                let listener = TcpListener::bind(address).await;
                listener.map(Self::Tcp).map_err(|error| ListenError::Tcp(*address, error))
            }
            ApiListen::Unix(path) => Self::bind_unix(path).await,
        }
    }

    /// None on a Unix socket.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(listener) => listener.local_addr().ok(),
            #[cfg(unix)]
            Self::Given(_) | Self::Unix(_) => None,
        }
    }

    #[cfg(unix)]
    async fn bind_unix(path: &Path) -> Result<Self, ListenError> {
        UnixSocket::bind(path).await.map(Self::Unix)
    }

    #[cfg(not(unix))]
    async fn bind_unix(path: &Path) -> Result<Self, ListenError> {
        Err(ListenError::NoSockets(path.to_owned()))
    }
}

#[cfg(unix)]
pub(crate) use self::unix::UnixSocket;

#[cfg(unix)]
mod unix {
    use std::fs::{Metadata, remove_file, symlink_metadata};
    use std::io::ErrorKind;
    use std::os::unix::fs::{FileTypeExt, MetadataExt};

    use rustix::fs::{Mode, fchmod};
    use tokio::net::{UnixListener, UnixStream};
    use untis_webhook_serve::Listener;

    use super::{ListenError, Path, PathBuf, io};

    /// A socket in the file system, which is removed when it is dropped.
    #[derive(Debug)]
    pub(crate) struct UnixSocket {
        listener: UnixListener,
        path: PathBuf,
        identity: (u64, u64),
    }

    impl UnixSocket {
        pub(super) async fn bind(path: &Path) -> Result<Self, ListenError> {
            let failed = |error| ListenError::Io(path.to_owned(), error);
            remove_if_stale(path).await?;
            let socket = tokio::net::UnixSocket::new_stream().map_err(failed)?;
            // The file has the mode that the socket has when it is bound, so that there is no moment in between.
            fchmod(&socket, Mode::RUSR | Mode::WUSR).map_err(|error| failed(error.into()))?;
            socket.bind(path).map_err(failed)?;
            let found = symlink_metadata(path).map_err(failed)?;
            // Dropped on the way out, so that the file goes as well.
            let socket = Self {
                listener: socket.listen(BACKLOG).map_err(failed)?,
                path: path.to_owned(),
                identity: identity(&found),
            };
            match found.mode() & 0o777 {
                0o600 => Ok(socket),
                mode => Err(ListenError::Mode(path.to_owned(), mode)),
            }
        }
    }

    impl Listener for UnixSocket {
        type Stream = UnixStream;

        async fn accept(&self) -> io::Result<UnixStream> {
            Ok(self.listener.accept().await?.0)
        }
    }

    impl Drop for UnixSocket {
        fn drop(&mut self) {
            // Another may have taken its place.
            if symlink_metadata(&self.path).is_ok_and(|found| identity(&found) == self.identity) {
                let _ = remove_file(&self.path);
            }
        }
    }

    /// Removes what a process has left that was killed, and nothing else.
    async fn remove_if_stale(path: &Path) -> Result<(), ListenError> {
        let failed = |error| ListenError::Io(path.to_owned(), error);
        let found = match symlink_metadata(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            found => found.map_err(failed)?,
        };
        if !found.file_type().is_socket() {
            return Err(ListenError::NotASocket(path.to_owned()));
        }
        match UnixStream::connect(path).await {
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => remove_file(path).map_err(failed),
            Err(error) => Err(failed(error)),
            Ok(_) => Err(ListenError::InUse(path.to_owned())),
        }
    }

    /// Whose group may open it is for whoever bound it to say, and that nobody else may is not.
    pub(super) fn check_given(given: &std::os::unix::net::UnixListener) -> Result<(), ListenError> {
        let address = given.local_addr().map_err(ListenError::Given)?;
        let path = address.as_pathname().ok_or(ListenError::Open)?;
        match symlink_metadata(path).map_err(ListenError::Given)?.mode() & 0o007 {
            0 => Ok(()),
            _ => Err(ListenError::Open),
        }
    }

    fn identity(found: &Metadata) -> (u64, u64) {
        (found.dev(), found.ino())
    }

    /// Connections that wait to be accepted; the kernel may take fewer.
    const BACKLOG: u32 = 128;

    #[cfg(test)]
    mod tests {
        use std::fs::{self, set_permissions};
        use std::os::unix::fs::{PermissionsExt, symlink};
        use std::os::unix::net;

        use super::*;

        #[tokio::test]
        async fn a_socket_is_its_owners_alone_and_goes_when_nobody_listens() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("api.sock");
            let socket = UnixSocket::bind(&path).await.unwrap();
            assert_eq!(symlink_metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            assert!(matches!(UnixSocket::bind(&path).await, Err(ListenError::InUse(_))));
            assert!(UnixStream::connect(&path).await.is_ok());
            drop(socket);
            assert!(!path.exists());
        }

        #[tokio::test]
        async fn a_stale_socket_is_removed_and_nothing_else_is() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("api.sock");
            // As a process leaves it that is killed.
            drop(net::UnixListener::bind(&path).unwrap());
            assert!(path.exists());
            drop(UnixSocket::bind(&path).await.unwrap());

            fs::write(&path, "a file").unwrap();
            set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
            assert!(matches!(UnixSocket::bind(&path).await, Err(ListenError::NotASocket(_))));
            assert_eq!(fs::read(&path).unwrap(), b"a file");

            let link = folder.path().join("link.sock");
            symlink(folder.path().join("elsewhere"), &link).unwrap();
            assert!(matches!(UnixSocket::bind(&link).await, Err(ListenError::NotASocket(_))));
            let missing = folder.path().join("missing").join("api.sock");
            assert!(matches!(UnixSocket::bind(&missing).await, Err(ListenError::Io(..))));
        }

        #[tokio::test]
        async fn a_socket_that_took_its_place_is_left_alone() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("api.sock");
            let first = UnixSocket::bind(&path).await.unwrap();
            fs::remove_file(&path).unwrap();
            let _second = UnixSocket::bind(&path).await.unwrap();
            drop(first);
            assert!(UnixStream::connect(&path).await.is_ok());
        }
    }
}
