//! Digests that a sender gives of what it sends, or asks for (RFC 9530): `Repr-Digest` of the whole
//! file, `Content-Digest` of one request, `Want-Repr-Digest`.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::PathBuf;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use sfv::{BareItem, DictSerializer, KeyRef, ListEntry};
use tokio::task::spawn_blocking;

use super::structured;
use crate::server::store::{Algorithm, Digest, Sum};

/// Of the whole file.
pub(super) const REPR: &str = "repr-digest";
/// Of the content of one request.
pub(super) const CONTENT: &str = "content-digest";
/// What the sender asks for.
const WANT: &str = "want-repr-digest";

/// From this size on, a piece is digested away from the thread that serves everybody.
const LARGE: usize = 16 << 10;
/// Bytes that are read at once of a file.
const PIECE: usize = 256 << 10;

/// A value that its algorithm cannot have made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Invalid {
    /// The field.
    pub(super) field: &'static str,
    /// The algorithm.
    pub(super) algorithm: Algorithm,
}

/// The digests in `field`. Algorithms that are not known, or not computed right here, are ignored.
pub(super) fn read(headers: &HeaderMap, field: &'static str) -> Result<Vec<Digest>, Invalid> {
    let found = structured::dictionary(headers, field).unwrap_or_default();
    let mut digests = Vec::new();
    for algorithm in Algorithm::ALL.into_iter().filter(|algorithm| algorithm.is_sound()) {
        let Some(entry) = found.get(algorithm.name()) else { continue };
        match entry {
            ListEntry::Item(item) => match &item.bare_item {
                BareItem::ByteSequence(value) if value.len() == algorithm.size() => {
                    digests.push(Digest { algorithm, value: value.clone() });
                }
                _ => return Err(Invalid { field, algorithm }),
            },
            ListEntry::InnerList(_) => return Err(Invalid { field, algorithm }),
        }
    }
    Ok(digests)
}

/// The digests of a request whose content is the whole file.
pub(super) fn of_request(headers: &HeaderMap) -> Result<Vec<Digest>, Invalid> {
    Ok(both(read(headers, REPR)?, read(headers, CONTENT)?))
}

/// The digests of either field, each once, and both where they contradict each other.
pub(super) fn both(mut repr: Vec<Digest>, content: Vec<Digest>) -> Vec<Digest> {
    for digest in content {
        if !repr.contains(&digest) {
            repr.push(digest);
        }
    }
    repr
}

/// The algorithm that the sender would like best of those known here; 0 means not wanted.
pub(super) fn wanted(headers: &HeaderMap) -> Option<Algorithm> {
    let wishes = structured::dictionary(headers, WANT)?;
    let weight = |algorithm: &Algorithm| match wishes.get(algorithm.name())? {
        ListEntry::Item(item) => match item.bare_item {
            BareItem::Integer(weight) => u64::try_from(weight).ok().filter(|weight| (1..=10).contains(weight)),
            _ => None,
        },
        ListEntry::InnerList(_) => None,
    };
    let known = Algorithm::ALL.into_iter().filter(|algorithm| algorithm.is_sound());
    known
        .filter_map(|algorithm| Some((weight(&algorithm)?, algorithm)))
        .max_by_key(|(weight, _)| *weight)
        .map(|(_, a)| a)
}

/// The algorithm of that name.
pub(super) fn named(name: &str) -> Option<Algorithm> {
    Algorithm::ALL.into_iter().find(|algorithm| algorithm.name() == name && algorithm.is_sound())
}

/// A byte sequence as it stands in a field: `:AQI=:`.
pub(super) fn bytes(value: &[u8]) -> String {
    sfv::ItemSerializer::new().bare_item(value).finish()
}

/// The name and value of the field that tells a digest of the whole.
pub(super) fn field(digest: &Digest) -> Option<(HeaderName, HeaderValue)> {
    let mut dictionary = DictSerializer::new();
    let _ = dictionary.bare_item(KeyRef::from_str(digest.algorithm.name()).ok()?, digest.value.as_slice());
    Some((HeaderName::from_static(REPR), HeaderValue::try_from(dictionary.finish()?).ok()?))
}

/// The digest of a file that is there.
pub(super) async fn of_file(path: PathBuf, algorithm: Algorithm) -> io::Result<Digest> {
    spawn_blocking(move || {
        let mut file = File::open(path)?;
        let (mut sum, mut piece) = (Sum::new(algorithm), vec![0; PIECE]);
        loop {
            match file.read(&mut piece) {
                Ok(0) => return Ok(Digest { algorithm, value: sum.finish() }),
                Ok(read) => sum.update(piece.get(..read).unwrap_or_default()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    })
    .await
    .map_err(io::Error::other)?
}

/// The content of one request, held against what the sender says of it.
pub(super) struct Content {
    named: Vec<Digest>,
    sums: Vec<Sum>,
}

impl Content {
    pub(super) fn new(named: Vec<Digest>) -> Self {
        let sums = named.iter().map(|digest| Sum::new(digest.algorithm)).collect();
        Self { named, sums }
    }

    /// Whether there is anything to hold it against.
    pub(super) fn is_checked(&self) -> bool {
        !self.named.is_empty()
    }

    /// Takes a piece in.
    pub(super) async fn update(&mut self, piece: &Bytes) {
        if piece.len() < LARGE || self.sums.is_empty() {
            self.sums.iter_mut().for_each(|sum| sum.update(piece));
            return;
        }
        let (mut sums, piece) = (std::mem::take(&mut self.sums), piece.clone());
        let task = spawn_blocking(move || {
            for sum in &mut sums {
                sum.update(&piece);
            }
            sums
        });
        // Without sums nothing matches.
        self.sums = task.await.unwrap_or_default();
    }

    /// The first digest that is not that of what came.
    pub(super) fn finish(self) -> Result<(), Digest> {
        let mut values = self.sums.into_iter().map(Sum::finish);
        let wrong = self.named.into_iter().find(|digest| values.next().as_ref() != Some(&digest.value));
        wrong.map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HELLO: &str = "sha-256=:LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=:";

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        [(HeaderName::from_static(name), value.parse().unwrap())].into_iter().collect()
    }

    #[tokio::test]
    async fn what_came_is_held_against_what_was_said() {
        let hello = read(&headers(REPR, HELLO), REPR).unwrap();
        assert_eq!((hello.len(), hello[0].algorithm), (1, Algorithm::Sha256));
        for (pieces, right) in [(["hel", "lo"], true), (["hul", "lo"], false), (["", ""], false)] {
            let mut content = Content::new(hello.clone());
            for piece in pieces {
                content.update(&Bytes::from(piece)).await;
            }
            assert_eq!(content.finish().is_ok(), right, "{pieces:?}");
        }
        assert_eq!(field(&hello[0]).unwrap(), (HeaderName::from_static(REPR), HELLO.parse().unwrap()));
    }

    #[tokio::test]
    async fn a_large_piece_is_the_same_as_its_parts() {
        let large = Bytes::from(vec![7; 3 * LARGE + 1]);
        let mut sum = Sum::new(Algorithm::Sha512);
        sum.update(&large);
        let mut content = Content::new(vec![Digest { algorithm: Algorithm::Sha512, value: sum.finish() }]);
        content.update(&large.slice(..5)).await;
        content.update(&large.slice(5..)).await;
        assert!(content.finish().is_ok());
    }

    #[test]
    fn unknown_algorithms_and_broken_fields_are_ignored() {
        for value in ["md5=:AQI=:", "unixsum=12", "sha-256", "=", "sha-256=:not base64", "SHA-256=:AQI=:"] {
            let found = read(&headers(REPR, value), REPR);
            if value == "sha-256" {
                assert_eq!(found, Err(Invalid { field: REPR, algorithm: Algorithm::Sha256 }), "a Boolean");
            } else {
                assert_eq!(found, Ok(Vec::new()), "{value}");
            }
        }
    }

    #[test]
    fn values_that_cannot_be_are_told() {
        for value in ["sha-256=:AQI=:", "sha-256=12", "sha-256=(:AQI=:)"] {
            let invalid = Invalid { field: CONTENT, algorithm: Algorithm::Sha256 };
            assert_eq!(read(&headers(CONTENT, value), CONTENT), Err(invalid), "{value}");
        }
        assert!(read(&headers(REPR, "sha-512=:AQI=:"), REPR).is_err());
    }

    #[test]
    fn wishes() {
        for (value, wish) in [
            ("sha-256=1", Some(Algorithm::Sha256)),
            ("sha-256=3, sha-512=7", Some(Algorithm::Sha512)),
            ("sha-256=3, sha-512=0, md5=10", Some(Algorithm::Sha256)),
            ("sha-256=0", None),
            ("sha-256=11", None),
            ("md5=5", None),
            ("sha-256", None),
            ("=", None),
        ] {
            assert_eq!(wanted(&headers(WANT, value)), wish, "{value}");
        }
        assert_eq!(named("sha-512"), Some(Algorithm::Sha512));
        assert_eq!(named("md5"), None);
    }
}
