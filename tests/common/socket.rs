//! An open page's WebSocket.

use std::net::TcpStream;
use std::time::Instant;

use serde_json::Value;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::WebSocket;
use tokio_tungstenite::tungstenite::{Message, client};

use super::{PATIENCE, Server, connect};

pub(crate) struct Socket {
    socket: WebSocket<TcpStream>,
}

impl Socket {
    /// A page at `origin` connects.
    pub(crate) fn try_open(server: &Server, origin: Option<&str>) -> Result<Self, String> {
        let mut request = format!("ws://127.0.0.1:{}/__stan/live", server.port()).into_client_request().unwrap();
        if let Some(origin) = origin {
            request.headers_mut().insert("Origin", origin.parse().unwrap());
        }
        let (socket, _) = client(request, connect(server.port())).map_err(|error| error.to_string())?;
        Ok(Self { socket })
    }

    /// A page of `server` itself connects, and is known.
    pub(crate) fn open(server: &Server) -> Self {
        let mut socket = Self::try_open(server, Some(&server.url(""))).unwrap();
        socket.next("hello", |message| message["t"] == "hello");
        socket
    }

    /// The next message that `fits`; `what` is for the failure.
    pub(crate) fn next(&mut self, what: &str, mut fits: impl FnMut(&Value) -> bool) -> Value {
        let end = Instant::now() + PATIENCE;
        let mut others = Vec::new();
        while Instant::now() < end {
            match self.socket.read() {
                Ok(Message::Text(text)) => {
                    let message: Value = serde_json::from_str(&text).unwrap();
                    if fits(&message) {
                        return message;
                    }
                    others.push(text.to_string());
                }
                Ok(_) => {}
                Err(error) => panic!("{error} while waiting for {what}, after {others:?}"),
            }
        }
        panic!("never came: {what}; but {others:?}")
    }

    /// The next message that makes a page refresh or swap something.
    pub(crate) fn change(&mut self) -> Value {
        self.next("change or reload", |message| message["t"] == "change" || message["t"] == "reload")
    }

    /// Messages until the server closes.
    pub(crate) fn rest(mut self) -> Vec<Value> {
        let mut rest = Vec::new();
        while let Ok(message) = self.socket.read() {
            if let Message::Text(text) = message {
                rest.push(serde_json::from_str(&text).unwrap());
            }
        }
        rest
    }
}
