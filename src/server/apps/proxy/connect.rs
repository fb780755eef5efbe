//! A fresh connection to an upstream, secured where it speaks https.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;

use super::failure::Failure;
use super::tls::{Offer, Tls};
use crate::config::Address;
use crate::server::listener::keep_alive;
use crate::text::duration;

/// How long an upstream may take to accept.
const PATIENCE: Duration = Duration::from_secs(10);

/// A connection to an upstream.
pub(super) enum Io {
    Tcp(TcpStream),
    Unix(UnixStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Connects, within `limit` at most.
pub(super) async fn connect(address: &Address, tls: Option<(&Tls, Offer)>, limit: Duration) -> Result<Io, Failure> {
    let connecting = async {
        match address {
            Address::Tcp(host, port) => {
                let stream = TcpStream::connect((host.as_str(), *port)).await.map_err(Failure::Unreachable)?;
                // Each piece is sent as it comes.
                stream.set_nodelay(true).map_err(Failure::Unreachable)?;
                keep_alive(&stream);
                match tls {
                    Some((tls, offer)) => Ok(Io::Tls(Box::new(tls.over(stream, host, offer).await?))),
                    None => Ok(Io::Tcp(stream)),
                }
            }
            Address::Unix(path) => UnixStream::connect(path).await.map(Io::Unix).map_err(Failure::Unreachable),
        }
    };
    let limit = limit.min(PATIENCE);
    timeout(limit, connecting).await.unwrap_or_else(|_| {
        let text = format!("no connection within {}", duration(limit));
        Err(Failure::Unreachable(io::Error::new(io::ErrorKind::TimedOut, text)))
    })
}

impl Io {
    /// Whether both sides have agreed on HTTP/2.
    pub(super) fn is_http2(&self) -> bool {
        matches!(self, Self::Tls(stream) if stream.get_ref().1.alpn_protocol() == Some(b"h2"))
    }
}

impl AsyncRead for Io {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Unix(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Io {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Unix(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
            Self::Unix(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
            Self::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, bufs),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_flush(cx),
            Self::Unix(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Unix(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_upstream_that_is_gone_without_a_word_is_found_out() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = Address::Tcp("127.0.0.1".to_owned(), listener.local_addr().unwrap().port());
        let Ok(Io::Tcp(stream)) = connect(&at, None, PATIENCE).await else { panic!("no connection") };
        assert!(rustix::net::sockopt::socket_keepalive(&stream).unwrap());
    }
}
