//! A name on the network: `stan.local` by multicast DNS (RFC 6762), for people who type.
//!
//! An extra that never nags: where multicast cannot be had (iSH, Android without permission) there
//! is no name, and nothing else is missing. It answers for one name with IPv4 addresses and asks
//! nothing once the name is its own, so an idle one wakes only when somebody speaks.

mod claim;
mod wire;

use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::net::UdpSocket;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::event::{Event, Feed, Note};
use claim::{Claim, Send};

/// The port of multicast DNS.
pub const PORT: u16 = 5353;
/// Names that are tried, one after the other.
pub const NAMES: usize = 9;

const GROUP: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 251);
/// Bytes of a message (RFC 6762, section 17).
const LARGEST: usize = 9000;
/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_millis(100);

/// The name of this number, from 1: `stan.local`, `stan-2.local` …
pub fn name(number: usize) -> String {
    if number <= 1 { "stan.local".to_owned() } else { format!("stan-{number}.local") }
}

/// How a name stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It is being asked whether it is free.
    Asking,
    /// It leads here.
    Named(String),
    /// There is none, and why.
    Off(String),
}

/// Whoever answers for the name. Dropped, it says goodbye.
pub struct Responder {
    addresses: watch::Sender<Vec<Ipv4Addr>>,
    standing: watch::Receiver<Standing>,
    task: JoinHandle<()>,
}

impl Responder {
    /// Claims a name for these addresses, on the interfaces that have them. Must be called within a
    /// tokio runtime. Fails where there is no multicast.
    pub fn start(addresses: Vec<Ipv4Addr>, feed: Feed) -> io::Result<Self> {
        Self::on_port(PORT, addresses, feed)
    }

    fn on_port(port: u16, addresses: Vec<Ipv4Addr>, feed: Feed) -> io::Result<Self> {
        let socket = open(port, &addresses)?;
        let (tell, standing) = watch::channel(Standing::Asking);
        let (sender, moves) = watch::channel(addresses);
        let voice = Voice { socket, port, tell, feed };
        Ok(Self { addresses: sender, standing, task: tokio::spawn(voice.run(moves)) })
    }

    /// The machine has these addresses now.
    pub fn moved(&self, addresses: Vec<Ipv4Addr>) {
        self.addresses.send_if_modified(|old| {
            let new = *old != addresses;
            *old = addresses;
            new
        });
    }

    /// How the name stands.
    pub fn standing(&self) -> Standing {
        self.standing.borrow().clone()
    }

    /// Says goodbye and ends.
    pub async fn end(self) {
        drop(self.addresses);
        // Best effort: what others remember ends by itself after two minutes.
        let _ = tokio::time::timeout(GOODBYE, self.task).await;
    }
}

/// A socket that shares the port with the system's own responder, in the group on every interface.
fn open(port: u16, addresses: &[Ipv4Addr]) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_reuse_address(true)?;
    // Elsewhere the one above is enough, and some systems refuse this one.
    #[cfg(any(target_vendor = "apple", target_os = "freebsd", target_os = "netbsd", target_os = "openbsd"))]
    socket.set_reuse_port(true)?;
    socket.set_multicast_ttl_v4(255)?;
    socket.set_multicast_loop_v4(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port).into())?;
    join(&SockRef::from(&socket), addresses)?;
    UdpSocket::from_std(socket.into())
}

/// Joins the group on the interface of each address; an error where none could be joined.
fn join(socket: &SockRef<'_>, addresses: &[Ipv4Addr]) -> io::Result<()> {
    let mut result = Err(io::ErrorKind::AddrNotAvailable.into());
    for address in addresses {
        match socket.join_multicast_v4(&GROUP, address) {
            Ok(()) => result = Ok(()),
            // Two addresses of one interface are one membership.
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => result = Ok(()),
            Err(error) if result.is_err() => result = Err(error),
            Err(_) => {}
        }
    }
    result
}

/// The task behind a [`Responder`].
struct Voice {
    socket: UdpSocket,
    port: u16,
    tell: watch::Sender<Standing>,
    feed: Feed,
}

impl Voice {
    async fn run(self, mut moves: watch::Receiver<Vec<Ipv4Addr>>) {
        let mut addresses = moves.borrow_and_update().clone();
        // Machines that start together are not to ask together (RFC 6762, section 8.1).
        let wait = Duration::from_millis(RandomState::new().build_hasher().finish() % 250);
        let mut claim = Claim::new(addresses.clone(), Instant::now(), wait);
        let mut buffer = vec![0; LARGEST];
        loop {
            let due = claim.due();
            let send = tokio::select! {
                biased;
                moved = moves.changed() => {
                    if moved.is_err() {
                        break;
                    }
                    let old = std::mem::replace(&mut addresses, moves.borrow_and_update().clone());
                    if claim.held() {
                        let gone: Vec<Ipv4Addr> = old.into_iter().filter(|ip| !addresses.contains(ip)).collect();
                        self.to_all(&addresses, |_| gone.iter().map(|ip| wire::goodbye(&claim.name(), *ip)).collect()).await;
                    }
                    // Where it cannot be joined nobody asks either.
                    let _ = join(&SockRef::from(&self.socket), &addresses);
                    claim.moved(addresses.clone(), Instant::now());
                    None
                }
                () = sleep_until(due), if due.is_some() => claim.tick(Instant::now()),
                came = self.socket.recv_from(&mut buffer) => match came {
                    Ok((length, from)) => self.hear(&buffer[..length], from, &mut claim, &addresses).await,
                    // An answer that a peer refused; errors of the socket itself come again and
                    // again and end it.
                    Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => None,
                    Err(error) => {
                        self.stand(Standing::Off(error.to_string()));
                        return;
                    }
                },
            };
            let name = claim.name();
            match send {
                Some(Send::Probe) => self.to_all(&addresses, |ip| vec![wire::probe(&name, ip)]).await,
                Some(Send::Answer) => self.to_all(&addresses, |ip| vec![wire::answer(&name, ip)]).await,
                None => {}
            }
            if claim.lost() {
                self.stand(Standing::Off("every name is taken".to_owned()));
                return;
            }
            self.stand(if claim.held() { Standing::Named(name) } else { Standing::Asking });
        }
        if claim.held() {
            self.to_all(&addresses, |ip| vec![wire::goodbye(&claim.name(), ip)]).await;
        }
    }

    /// Takes in a message; answers alone to those who ask as plain DNS does.
    async fn hear(&self, packet: &[u8], from: SocketAddr, claim: &mut Claim, addresses: &[Ipv4Addr]) -> Option<Send> {
        let SocketAddr::V4(from) = from else { return None };
        let message = wire::read(packet, &claim.name())?;
        if from.port() == self.port {
            return claim.hear(&message, Instant::now());
        }
        // From elsewhere it is a question or nothing, and only neighbours may ask: an answer to a
        // forged address must not travel (RFC 6762, sections 6.7 and 11).
        let near = from.ip().is_private() || from.ip().is_link_local() || from.ip().is_loopback();
        let asked = message.asked.filter(|_| !message.response && near && claim.held())?;
        let best = addresses.iter().max_by_key(|address| shared_bits(**address, *from.ip()))?;
        let answer = wire::plain_answer(&claim.name(), *best, message.id, asked);
        let _ = self.socket.send_to(&answer, from).await;
        None
    }

    /// Sends on the interface of each address what is meant for it. What cannot be sent is not
    /// worth a word: it is said again when somebody asks.
    async fn to_all(&self, addresses: &[Ipv4Addr], messages: impl Fn(Ipv4Addr) -> Vec<Vec<u8>>) {
        for address in addresses {
            if SockRef::from(&self.socket).set_multicast_if_v4(address).is_ok() {
                for message in messages(*address) {
                    let _ = self.socket.send_to(&message, SocketAddrV4::new(GROUP, self.port)).await;
                }
            }
        }
    }

    /// Tells how the name stands, and says once that it is not the one that people expect.
    fn stand(&self, standing: Standing) {
        self.tell.send_if_modified(|old| {
            let new = *old != standing;
            if let (true, Standing::Named(got)) = (new, &standing)
                && *got != name(1)
            {
                let text = format!("{} is another device here; this one is {got}", name(1));
                self.feed.event(Event::Note(Note::info(text)));
            }
            *old = standing;
            new
        });
    }
}

/// Bits that two addresses begin with alike: neighbours share many.
fn shared_bits(a: Ipv4Addr, b: Ipv4Addr) -> u32 {
    (a.to_bits() ^ b.to_bits()).leading_zeros()
}

async fn sleep_until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due.into()).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests;
