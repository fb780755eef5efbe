//! A file's bytes to a socket: by the kernel alone on Linux, by reading and writing elsewhere.
//!
//! `sendfile` may wait for the disk, and the server has one thread, so that bytes that are not in
//! memory are fetched on another thread first.

use std::future::poll_fn;
use std::io::{self, IoSlice};

use http_body_util::BodyExt as _;

use super::wire::Wire;
use crate::server::body::FileBody;
use crate::server::trace::Trace;

/// Sends head and body.
pub(super) async fn send_file(wire: &Wire, head: &[u8], mut body: FileBody, trace: &mut Trace) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    if linux::zero_copy(wire, head, &mut body, trace).await? {
        return Ok(());
    }
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    wire.write(&mut [IoSlice::new(head)]).await?;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        wire.write(&mut [IoSlice::new(&data)]).await?;
        trace.sent(data.len() as u64);
    }
    Ok(())
}

#[cfg(any(target_os = "linux", target_os = "android"))]
mod linux {
    use std::fs::File;
    use std::os::unix::fs::FileExt as _;
    use std::sync::Arc;
    use std::task::{Context, Poll};

    use rustix::net::SendFlags;
    use tokio::io::Interest;
    use tokio::task::spawn_blocking;

    use super::{FileBody, IoSlice, Trace, Wire, io, poll_fn};
    use crate::server::body::Part;

    /// Bytes handed to the kernel at once; other connections are served in between.
    const PIECE: u64 = 256 << 10;
    /// Bytes that are taken to be in memory where both their ends are: the system reads ahead.
    const STRETCH: u64 = 4 << 20;

    /// Sends head and body; false when the file system knows no `sendfile` and the body, or the
    /// rest of it, has still to be sent.
    pub(super) async fn zero_copy(
        wire: &Wire,
        head: &[u8],
        body: &mut FileBody,
        trace: &mut Trace,
    ) -> io::Result<bool> {
        write_more(wire, head).await?;
        // This much is known to be in memory.
        let mut known = 0..0;
        loop {
            match body.front() {
                None => return Ok(true),
                Some(Part::Bytes(bytes)) => {
                    let bytes = bytes.clone();
                    wire.write(&mut [IoSlice::new(&bytes)]).await?;
                    trace.sent(bytes.len() as u64);
                    body.advance(bytes.len() as u64);
                }
                Some(Part::Span(span)) => {
                    let (at, length) = (span.start, (span.end - span.start).min(PIECE));
                    if at < known.start || at + length > known.end {
                        let stretch = (span.end - at).min(STRETCH);
                        known = at..at + stretch;
                        if !is_in_memory(body.file(), at, stretch) {
                            fetch(body.file().clone(), at, length).await?;
                            known = at..at + length;
                        }
                    }
                    let file = body.file();
                    match poll_fn(|cx| poll_send(wire, cx, file, at, length)).await {
                        Ok(0) => return Err(FileBody::shorter()),
                        Ok(sent) => {
                            trace.sent(sent as u64);
                            body.advance(sent as u64);
                        }
                        Err(error) if is_unknown(&error) => return Ok(false),
                        Err(error) => return Err(error),
                    }
                    tokio::task::consume_budget().await;
                }
            }
        }
    }

    /// Whether the system, or the file's own, knows no `sendfile`.
    fn is_unknown(error: &io::Error) -> bool {
        use rustix::io::Errno;
        let unknown = [Errno::INVAL, Errno::NOSYS, Errno::OPNOTSUPP, Errno::OVERFLOW];
        Errno::from_io_error(error).is_some_and(|errno| unknown.contains(&errno))
    }

    /// Writes the head so that it leaves together with what follows.
    async fn write_more(wire: &Wire, head: &[u8]) -> io::Result<()> {
        let mut head = head;
        while !head.is_empty() {
            let sent = poll_fn(|cx| {
                let mut inner = wire.lock();
                loop {
                    if inner.stream.poll_write_ready(cx)?.is_pending() {
                        inner.writing.waits();
                        return Poll::Pending;
                    }
                    let stream = &inner.stream;
                    let flags = SendFlags::MORE | SendFlags::NOSIGNAL;
                    match stream.try_io(Interest::WRITABLE, || Ok(rustix::net::send(stream, head, flags)?)) {
                        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                        Ok(sent) => {
                            inner.writing.moved(sent);
                            return Poll::Ready(Ok(sent));
                        }
                        failed => return Poll::Ready(failed),
                    }
                }
            });
            let sent = sent.await?;
            head = head.get(sent..).unwrap_or_default();
        }
        Ok(())
    }

    fn poll_send(wire: &Wire, cx: &mut Context<'_>, file: &File, at: u64, length: u64) -> Poll<io::Result<usize>> {
        let mut inner = wire.lock();
        loop {
            let Poll::Ready(ready) = inner.stream.poll_write_ready(cx) else {
                inner.writing.waits();
                return Poll::Pending;
            };
            ready?;
            let stream = &inner.stream;
            let mut offset = at;
            let length = usize::try_from(length).unwrap_or(usize::MAX);
            let sent = stream
                .try_io(Interest::WRITABLE, || Ok(rustix::fs::sendfile(stream, file, Some(&mut offset), length)?));
            match sent {
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => {}
                Ok(sent) => {
                    inner.writing.moved(sent);
                    return Poll::Ready(Ok(sent));
                }
                failed => return Poll::Ready(failed),
            }
        }
    }

    /// Whether these bytes can be had without waiting for the disk, as far as their ends tell.
    #[cfg(target_os = "linux")]
    fn is_in_memory(file: &File, at: u64, length: u64) -> bool {
        use rustix::io::{Errno, ReadWriteFlags, preadv2};
        use std::io::IoSliceMut;
        [at, at + length.saturating_sub(1)].into_iter().all(|place| {
            let mut byte = [0];
            match preadv2(file, &mut [IoSliceMut::new(&mut byte)], place, ReadWriteFlags::NOWAIT) {
                // Memory file systems do not know the question, and need not be asked.
                Ok(_) | Err(Errno::OPNOTSUPP) => true,
                Err(_) => false,
            }
        })
    }

    /// Old Androids end a program that asks.
    #[cfg(target_os = "android")]
    fn is_in_memory(_: &File, _: u64, _: u64) -> bool {
        false
    }

    /// Reads the bytes, so that the system has them in memory.
    async fn fetch(file: Arc<File>, at: u64, length: u64) -> io::Result<()> {
        let read = spawn_blocking(move || {
            let mut buffer = vec![0; usize::try_from(length).unwrap_or(0)];
            file.read_at(&mut buffer, at).map(drop)
        });
        read.await.map_err(io::Error::other)?
    }
}
