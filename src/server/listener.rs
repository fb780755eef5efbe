//! Sockets that listen: bound in both families, accepting with back-off.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsFd;
use std::time::Duration;

use rustix::net::sockopt;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, TcpStream};

use crate::net::Bind;

/// Connections that may wait to be accepted.
const BACKLOG: i32 = 1024;
/// How often port 0 is tried again when the number that one family got is taken in the other.
const TRIES: usize = 16;

/// An address could not be bound.
#[derive(Debug)]
pub struct BindError {
    /// The address.
    pub address: SocketAddr,
    /// Why.
    pub source: io::Error,
}

impl BindError {
    /// Whether somebody else has the port.
    pub fn taken(&self) -> bool {
        self.source.kind() == io::ErrorKind::AddrInUse
    }
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let port = self.address.port();
        match self.source.kind() {
            io::ErrorKind::AddrInUse => write!(f, "port {port} is taken"),
            io::ErrorKind::PermissionDenied if port < 1024 => {
                write!(f, "port {port} needs more rights than stan has; use one from 1024 up")
            }
            io::ErrorKind::AddrNotAvailable => {
                write!(f, "{} is not an address of this machine", self.address.ip())
            }
            _ => write!(f, "cannot listen on {}: {}", self.address, self.source),
        }
    }
}

impl std::error::Error for BindError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.source)
    }
}

/// Binds every address of `bind` to one and the same port; 0 picks a free one.
///
/// Where the machine has only one family, that one is enough; a port that somebody has in either
/// family counts as taken. Must be called within a tokio runtime.
pub fn bind(bind: Bind, port: u16) -> Result<Vec<TcpListener>, BindError> {
    let mut tries = if port == 0 { TRIES } else { 1 };
    loop {
        tries -= 1;
        match bind_all(&bind.addresses(), port) {
            Err(error) if error.taken() && tries > 0 => {}
            other => return other,
        }
    }
}

fn bind_all(addresses: &[IpAddr], mut port: u16) -> Result<Vec<TcpListener>, BindError> {
    let mut bound: Vec<TcpListener> = Vec::with_capacity(addresses.len());
    let mut missing = None;
    for ip in addresses {
        let address = SocketAddr::new(*ip, port);
        match bind_one(address) {
            Ok(listener) => {
                port = listener.local_addr().map_or(port, |a| a.port());
                bound.push(listener);
            }
            Err(source) if family_missing(&source) && addresses.len() > 1 => {
                missing = Some(BindError { address, source });
            }
            Err(source) => return Err(BindError { address, source }),
        }
    }
    match missing {
        Some(error) if bound.is_empty() => Err(error),
        _ => Ok(bound),
    }
}

/// Whether the error says that the machine has no such family, or no address in it.
fn family_missing(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EAFNOSUPPORT | libc::EPROTONOSUPPORT | libc::EADDRNOTAVAIL))
}

/// One listening socket: v6 stays v6, and a port in TIME-WAIT can be had again.
fn bind_one(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.set_tcp_nodelay(true)?;
    // Whatever it accepts inherits this.
    keep_alive(&socket);
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

/// Has the system find out about a peer that is gone without a word: after a minute of silence it asks every ten
/// seconds, three times. A WebSocket may be silent for as long as it likes.
pub(crate) fn keep_alive(socket: impl AsFd) {
    const SILENCE: Duration = Duration::from_secs(60);
    const BETWEEN: Duration = Duration::from_secs(10);
    const TIMES: u32 = 3;
    // Where a system cannot do that, it is as it was.
    let _ = sockopt::set_socket_keepalive(&socket, true)
        .and_then(|()| sockopt::set_tcp_keepidle(&socket, SILENCE))
        .and_then(|()| sockopt::set_tcp_keepintvl(&socket, BETWEEN))
        .and_then(|()| sockopt::set_tcp_keepcnt(&socket, TIMES));
}

/// What an accept loop ran into.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// No descriptor or memory for a new connection: try again after a while.
    Full,
    /// The system refuses (a firewall, a policy): try again after a while.
    Refused(io::Error),
    /// The socket itself died (a device that slept): bind again.
    Dead(io::Error),
}

/// Accepts one connection; errors that concern only the one that came are passed over.
pub(crate) async fn accept(listener: &TcpListener) -> Result<(TcpStream, SocketAddr), Trouble> {
    loop {
        match listener.accept().await {
            Ok(connection) => return Ok(connection),
            Err(error) => match error.raw_os_error() {
                Some(libc::EMFILE | libc::ENFILE | libc::ENOBUFS | libc::ENOMEM) => return Err(Trouble::Full),
                Some(libc::EBADF | libc::EINVAL | libc::ENOTSOCK | libc::ENOTCONN) => return Err(Trouble::Dead(error)),
                // Those that concern only the connection that came, and what Linux passes on from it.
                Some(
                    libc::EINTR
                    | libc::ECONNABORTED
                    | libc::EPROTO
                    | libc::ENETDOWN
                    | libc::ENETUNREACH
                    | libc::EHOSTDOWN
                    | libc::EHOSTUNREACH
                    | libc::ENOPROTOOPT
                    | libc::EOPNOTSUPP,
                ) => tokio::task::yield_now().await,
                _ => return Err(Trouble::Refused(error)),
            },
        }
    }
}

/// How long to wait before accepting again: 5 ms, doubling to a second.
#[derive(Debug)]
pub(crate) struct Backoff(Duration);

impl Backoff {
    pub(crate) const fn new() -> Self {
        Self(Duration::from_millis(5))
    }

    pub(crate) fn next(&mut self) -> Duration {
        let now = self.0;
        self.0 = (now * 2).min(Duration::from_secs(1));
        now
    }

    pub(crate) fn reset(&mut self) {
        *self = Self::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn both_families_share_one_number() {
        let listeners = bind(Bind::Local, 0).unwrap();
        let ports: Vec<u16> = listeners.iter().map(|l| l.local_addr().unwrap().port()).collect();
        assert!(ports.iter().all(|p| *p == ports[0] && *p != 0), "{ports:?}");
    }

    #[tokio::test]
    async fn who_is_gone_without_a_word_is_found_out() {
        let listener = bind(Bind::Local, 0).unwrap().remove(0);
        let client = TcpStream::connect(listener.local_addr().unwrap());
        let (socket, _) = tokio::try_join!(listener.accept(), client).unwrap().0;
        assert!(sockopt::socket_keepalive(&socket).unwrap());
        assert_eq!(sockopt::tcp_keepidle(&socket).unwrap(), Duration::from_secs(60));
        assert_eq!(sockopt::tcp_keepcnt(&socket).unwrap(), 3);
    }

    #[tokio::test]
    async fn a_taken_port_is_said() {
        let first = bind(Bind::Local, 0).unwrap();
        let port = first[0].local_addr().unwrap().port();
        let error = bind(Bind::Local, port).unwrap_err();
        assert!(error.taken());
        assert_eq!(error.to_string(), format!("port {port} is taken"));
    }

    #[tokio::test]
    async fn a_port_taken_on_loopback_only_is_taken_for_all() {
        let first = bind(Bind::Address(IpAddr::from([127, 0, 0, 1])), 0).unwrap();
        let port = first[0].local_addr().unwrap().port();
        assert!(bind(Bind::Lan, port).unwrap_err().taken());
    }

    #[tokio::test]
    async fn a_foreign_address_is_said() {
        let error = bind(Bind::Address(IpAddr::from([192, 0, 2, 1])), 0).unwrap_err();
        assert_eq!(error.to_string(), "192.0.2.1 is not an address of this machine");
    }

    #[test]
    fn backoff_grows_to_a_second() {
        let mut backoff = Backoff::new();
        let waits: Vec<u128> = (0..10).map(|_| backoff.next().as_millis()).collect();
        assert_eq!(waits, [5, 10, 20, 40, 80, 160, 320, 640, 1000, 1000]);
    }
}
