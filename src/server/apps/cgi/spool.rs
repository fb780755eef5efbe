//! A body whose length nobody has said, put aside until it is known: a script is told `CONTENT_LENGTH`
//! before it reads (RFC 3875, section 4.1.2).

use std::fs::File;
use std::io;

use http_body_util::BodyExt as _;
use tokio::io::{AsyncSeekExt as _, AsyncWriteExt as _};

use super::trouble::Trouble;
use crate::server::body::Received;

/// The body in a temporary file without a name, and its length.
pub(super) async fn spool(mut body: Received) -> Result<(File, u64), Trouble> {
    let file = tempfile::tempfile().map_err(|error| Trouble::no_room(&error))?;
    let mut file = tokio::fs::File::from_std(file);
    let mut length = 0;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|error| Trouble::body(&error))?.into_data() else { continue };
        length += data.len() as u64;
        file.write_all(&data).await.map_err(|error| Trouble::no_room(&error))?;
    }
    let rewound: io::Result<_> = async {
        file.flush().await?;
        file.rewind().await
    }
    .await;
    rewound.map_err(|error| Trouble::no_room(&error))?;
    Ok((file.into_std().await, length))
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use bytes::Bytes;
    use futures_util::stream;
    use http_body::Frame;
    use http_body_util::StreamBody;

    use super::*;

    fn body(pieces: Vec<io::Result<&'static [u8]>>) -> Received {
        let frames = pieces.into_iter().map(|piece| piece.map(|bytes| Frame::data(Bytes::from_static(bytes))));
        Received::stream(StreamBody::new(stream::iter(frames)))
    }

    #[tokio::test]
    async fn all_of_it_from_the_beginning() {
        let (mut file, length) = spool(body(vec![Ok(b"one "), Ok(b"two")])).await.unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        assert_eq!((text.as_str(), length), ("one two", 7));
    }

    #[tokio::test]
    async fn what_is_refused() {
        let cut = io::Error::from(io::ErrorKind::UnexpectedEof);
        assert_eq!(spool(body(vec![Ok(b"one "), Err(cut)])).await.unwrap_err().status, 400);
        let late = io::Error::from(io::ErrorKind::TimedOut);
        assert_eq!(spool(body(vec![Err(late)])).await.unwrap_err().status, 408);
        let large = io::Error::from(io::ErrorKind::FileTooLarge);
        assert!(spool(body(vec![Ok(b"one "), Err(large)])).await.unwrap_err().is_told_elsewhere());
    }
}
