//! A program's port on the loopback: one that is free, and who answers there.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

use crate::net::port_owner;

/// How often a port is tried, at first and later on.
const TRY: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));
/// Free ports of one family that are taken in the other, before it is given up.
const TRIES: usize = 20;

/// Where a program may listen. Many listen on one of them only.
fn both(port: u16) -> [SocketAddr; 2] {
    [(Ipv4Addr::LOCALHOST, port).into(), (Ipv6Addr::LOCALHOST, port).into()]
}

/// Whether nobody listens on `port` of the loopback.
async fn is_free(port: u16) -> bool {
    for at in both(port) {
        // What else may be in the way is for the program to meet, and to say.
        if TcpListener::bind(at).await.is_err_and(|error| error.kind() == ErrorKind::AddrInUse) {
            return false;
        }
    }
    true
}

/// The port that is wanted, or any, if it is free; why not, and what to do.
pub(super) async fn free(wanted: Option<u16>) -> Result<u16, String> {
    if let Some(port) = wanted {
        if is_free(port).await {
            return Ok(port);
        }
        let owner = tokio::task::spawn_blocking(move || port_owner(port)).await.ok().flatten();
        let owner = owner.map(|owner| format!(" by {owner}")).unwrap_or_default();
        return Err(format!("cannot be given port {port}, which is taken{owner}: end that, or give it another port"));
    }
    let mut why = "all are taken".to_owned();
    for _ in 0..TRIES {
        let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        match bound.and_then(|listener| listener.local_addr()) {
            Ok(at) if is_free(at.port()).await => return Ok(at.port()),
            Ok(_) => {}
            Err(error) => why = error.to_string(),
        }
    }
    Err(format!("cannot be given a free port of the loopback: {why}"))
}

/// Where on the loopback somebody answers on `port`, once they do.
pub(super) async fn answers(port: u16) -> SocketAddr {
    let mut pause = TRY.0;
    loop {
        for at in both(port) {
            let stream = TcpStream::connect(at).await;
            // Where nobody listens, a connection may by chance begin at the port that it leads to.
            if stream.is_ok_and(|stream| stream.local_addr().is_ok_and(|local| local != at)) {
                return at;
            }
        }
        sleep(pause).await;
        pause = (pause * 2).min(TRY.1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_taken_port_is_named_with_its_owner() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = taken.local_addr().unwrap().port();
        let why = free(Some(port)).await.unwrap_err();
        assert!(why.contains(&format!("port {port}")) && why.contains(&std::process::id().to_string()), "{why}");
        drop(taken);
        assert_eq!(free(Some(port)).await, Ok(port));
    }

    #[tokio::test]
    async fn who_listens_on_either_loopback_is_found() {
        for host in ["127.0.0.1", "::1"] {
            // Some machines have no IPv6.
            let Ok(listener) = TcpListener::bind((host, 0)).await else { continue };
            let at = listener.local_addr().unwrap();
            assert_eq!(answers(at.port()).await, at);
        }
    }

    #[tokio::test]
    async fn it_waits_until_somebody_listens() {
        let port = free(None).await.unwrap();
        let waiting = tokio::spawn(answers(port));
        tokio::task::yield_now().await;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.unwrap();
        assert_eq!(waiting.await.unwrap(), listener.local_addr().unwrap());
    }
}
