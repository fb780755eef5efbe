//! Real sockets on the loopback.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use super::*;
use crate::event::{Reader, feed};
use crate::server;
use crate::server::testing::serving;

struct Site;

impl Missed for Site {
    fn missed(&self, page: &str, build: &str, away: Range<SystemTime>, uses: &[String]) -> bool {
        let since = away.start.duration_since(UNIX_EPOCH).unwrap().as_millis();
        assert!(away.end.elapsed().unwrap() < std::time::Duration::from_secs(600));
        page == "/old" && build == "b1" && since == 7 && uses == ["/a.css"]
    }
}

struct Server {
    live: Arc<Live>,
    address: SocketAddr,
    reader: Reader,
    _serving: (server::Server, tempfile::TempDir),
}

async fn server() -> Server {
    let (feed, reader) = feed();
    let live = Live::new(feed.clone(), Arc::new(Site));
    let folder = tempfile::tempdir().unwrap();
    let mut server = serving(folder.path(), feed, live.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    server.listen(vec![listener]);
    Server { live, address, reader, _serving: (server, folder) }
}

type Socket = WebSocketStream<TcpStream>;

impl Server {
    async fn page(&self, path: &str) -> Socket {
        let stream = TcpStream::connect(self.address).await.unwrap();
        let url = format!("ws://{}/__stan/live?page={path}", self.address);
        let (mut socket, _) = tokio_tungstenite::client_async(url, stream).await.unwrap();
        let hello = hear(&mut socket).await;
        assert_eq!(hello["t"], "hello");
        assert_eq!(hello["run"].as_str().unwrap().len(), 16);
        socket
    }

    /// Waits for the front end to be told this count.
    async fn count(&mut self, wanted: usize) {
        loop {
            tokio::time::timeout(Duration::from_secs(10), self.reader.wait()).await.expect("a count in time");
            let last = self.reader.take().events.into_iter().next_back();
            if matches!(last, Some(Event::Pages(count)) if count == wanted) {
                return;
            }
        }
    }
}

async fn hear(socket: &mut Socket) -> Value {
    let message = tokio::time::timeout(Duration::from_secs(10), socket.next()).await.expect("in time");
    match message.unwrap().unwrap() {
        Message::Text(text) => serde_json::from_str(&text).unwrap(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn each_page_is_told_what_matters_to_it() {
    let mut server = server().await;
    let (mut touched, mut free, mut unsure) =
        (server.page("/touched").await, server.page("/free").await, server.page("/unsure").await);
    server.count(3).await;
    server.live.changed(&["/a.css".to_owned()], &|page| match page {
        "/touched" => Some(true),
        "/free" => Some(false),
        _ => None,
    });
    server.live.moved(8080);
    assert_eq!(hear(&mut touched).await["t"], "reload");
    assert_eq!(hear(&mut unsure).await["urls"][0], "/a.css");
    let moved = hear(&mut free).await;
    assert_eq!((&moved["t"], &moved["port"]), (&"move".into(), &8080.into()));
    drop(touched);
    server.count(2).await;
    assert_eq!(server.live.pages(), 2);
}

#[tokio::test]
async fn a_page_that_comes_back_learns_what_it_missed() {
    let server = server().await;
    let mut socket = server.page("/").await;
    let back = |page: &str| {
        Message::text(format!(r#"{{"t":"back","page":"{page}","build":"b1","since":7,"uses":["/a.css"]}}"#))
    };
    socket.send(back("/new")).await.unwrap();
    socket.send(Message::text("nonsense")).await.unwrap();
    socket.send(back("/old")).await.unwrap();
    let reload = hear(&mut socket).await;
    assert_eq!((&reload["t"], &reload["missed"]), (&"reload".into(), &true.into()));
    // It has told its path, too.
    server.live.changed(&[], &|page| (page == "/old").then_some(true));
    assert_eq!(hear(&mut socket).await["missed"], false);
}

#[tokio::test]
async fn an_error_stays_until_it_is_mended() {
    let server = server().await;
    server.live.error("stan.conf:3:8", "expected a number");
    let mut socket = server.page("/").await;
    let error = hear(&mut socket).await;
    assert_eq!((&error["title"], &error["text"]), (&"stan.conf:3:8".into(), &"expected a number".into()));
    server.live.reload_all();
    assert_eq!(hear(&mut socket).await["t"], "reload", "another change mends nothing");
    server.live.mended();
    assert_eq!(hear(&mut socket).await["t"], "clear");
}

#[tokio::test]
async fn closing_says_goodbye_and_takes_no_more() {
    let mut server = server().await;
    let mut socket = server.page("/").await;
    server.live.close();
    assert_eq!(hear(&mut socket).await["t"], "bye");
    assert!(matches!(socket.next().await, Some(Ok(Message::Close(_)))));
    server.count(0).await;
    let stream = TcpStream::connect(server.address).await.unwrap();
    let refused = tokio_tungstenite::client_async(format!("ws://{}/__stan/live", server.address), stream).await;
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains("503"), "{refused}");
}

#[tokio::test]
async fn a_page_that_does_not_read_is_let_go() {
    let (feed, _reader) = feed();
    let live = Live::new(feed, Arc::new(Site));
    let (seat, queue) = live.join(None, true).unwrap();
    // A wire that takes a few bytes and then no more.
    let (near, _far) = tokio::io::duplex(8);
    tokio::spawn(async move { socket::serve(socket::over(near).await, queue, seat).await });
    while live.pages() > 0 {
        live.reload_all();
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn there_is_room_for_so_many_pages() {
    let (feed, _reader) = feed();
    let live = Live::new(feed, Arc::new(Site));
    let seats: Vec<_> = std::iter::from_fn(|| live.join(None, true)).take(PAGES + 1).collect();
    assert_eq!(seats.len(), PAGES);
    drop(seats);
    assert_eq!(live.pages(), 0);
}

#[tokio::test]
async fn details_are_for_those_who_may_see_them() {
    let (feed, _reader) = feed();
    let live = Live::new(feed, Arc::new(Site));
    let (_near, mut near) = live.join(None, true).unwrap();
    let (_far, mut far) = live.join(None, false).unwrap();
    live.error("broken", "SECRET");
    let (_late, mut late) = live.join(None, false).unwrap();
    let second = |queue: &mut mpsc::Receiver<Utf8Bytes>| {
        assert!(queue.try_recv().unwrap().contains("hello"));
        queue.try_recv().unwrap().to_string()
    };
    assert!(second(&mut near).contains("SECRET"));
    for queue in [&mut far, &mut late] {
        let told = second(queue);
        assert!(!told.contains("SECRET") && told.contains("on the screen of the computer"), "{told}");
    }
}
