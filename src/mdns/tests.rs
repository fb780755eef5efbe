//! On the loopback interface and a port of their own: nothing leaves the machine.

use super::*;
use crate::event::feed;

const ONE: Ipv4Addr = Ipv4Addr::LOCALHOST;
const TWO: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// A port that was free a moment ago.
fn port() -> u16 {
    std::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

/// One who listens to all that is said; `None`, with a word, where loopback has no multicast.
async fn listener(port: u16) -> Option<UdpSocket> {
    let heard = async {
        let socket = open(port, &[ONE])?;
        SockRef::from(&socket).set_multicast_if_v4(&ONE)?;
        socket.send_to(b"?", SocketAddrV4::new(GROUP, port)).await?;
        Ok(socket)
    };
    heard
        .await
        .inspect_err(|error: &io::Error| eprintln!("skipped: no multicast on the loopback interface: {error}"))
        .ok()
}

async fn stands(responder: &Responder, wanted: &Standing) {
    let mut standing = responder.standing.clone();
    let named = standing.wait_for(|standing| standing == wanted);
    tokio::time::timeout(Duration::from_secs(20), named).await.expect("in time").expect("alive");
}

/// The next message about `name` that `fits`.
async fn hears(socket: &UdpSocket, name: &str, fits: impl Fn(&wire::Message) -> bool) -> wire::Message {
    let mut buffer = vec![0; LARGEST];
    let next = async {
        loop {
            let (length, _) = socket.recv_from(&mut buffer).await.unwrap();
            if let Some(message) = wire::read(&buffer[..length], name).filter(&fits) {
                return message;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), next).await.expect("in time")
}

#[tokio::test]
async fn claims_announces_answers_moves_and_says_goodbye() {
    let port = port();
    let Some(all) = listener(port).await else { return };
    let (feed, _reader) = feed();
    let responder = Responder::on_port(port, vec![ONE], feed).unwrap();
    let probe = hears(&all, "stan.local", |message| !message.response).await;
    assert_eq!(probe.claimed, [ONE]);
    hears(&all, "stan.local", |message| message.response && message.claimed == [ONE]).await;
    stands(&responder, &Standing::Named("stan.local".to_owned())).await;

    let asking = UdpSocket::bind((ONE, 0)).await.unwrap();
    asking.send_to(&wire::ask("Stan.Local"), (ONE, port)).await.unwrap();
    let answer = hears(&asking, "stan.local", |message| message.response).await;
    assert_eq!((answer.id, answer.claimed), (7, vec![ONE]));

    responder.moved(vec![TWO]);
    hears(&all, "stan.local", |message| message.gone == [ONE]).await;
    hears(&all, "stan.local", |message| message.claimed == [TWO]).await;
    responder.end().await;
    hears(&all, "stan.local", |message| message.gone == [TWO]).await;
}

#[tokio::test]
async fn a_second_one_gets_another_name_and_says_so() {
    let port = port();
    if listener(port).await.is_none() {
        return;
    }
    let (first_feed, _first_reader) = feed();
    let (feed, mut reader) = feed();
    let first = Responder::on_port(port, vec![ONE], first_feed).unwrap();
    stands(&first, &Standing::Named("stan.local".to_owned())).await;
    let second = Responder::on_port(port, vec![TWO], feed).unwrap();
    stands(&second, &Standing::Named("stan-2.local".to_owned())).await;
    assert_eq!(first.standing(), Standing::Named("stan.local".to_owned()));
    let told = reader.take().events;
    assert!(matches!(&told[0], Event::Note(note) if note.text.ends_with("this one is stan-2.local")), "{told:?}");
}

#[tokio::test]
async fn without_multicast_there_is_none() {
    let (feed, _reader) = feed();
    // No interface has this address (RFC 5737).
    assert!(Responder::on_port(0, vec![Ipv4Addr::new(192, 0, 2, 1)], feed.clone()).is_err());
    assert!(Responder::on_port(0, Vec::new(), feed).is_err());
}
