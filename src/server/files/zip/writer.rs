//! An archive, written piece by piece in constant memory.

use std::io::{self, Read};

use crc32fast::Hasher;

use super::records::{self, Member};
use super::source::{Source, changed};
use super::walk::Walk;
use crate::server::files::clock::Clock;

/// Enough for a piece.
const PIECE: usize = 256 << 10;

/// An archive that is being written.
pub(super) struct Archive<S: Source> {
    walk: Walk,
    source: S,
    clock: Clock,
    /// Of the members written.
    checksums: Vec<u32>,
    stage: Stage<S::File>,
}

enum Stage<F> {
    /// The member with this index is next.
    Member(usize),
    /// In the middle of a file.
    Data {
        index: usize,
        file: F,
        left: u64,
        checksum: Hasher,
    },
    /// The directory's record with this index is next, that of the member at `offset`.
    Directory {
        index: usize,
        offset: u64,
        begin: u64,
        size: u64,
    },
    Over,
}

impl<S: Source> Archive<S> {
    pub(super) fn new(walk: Walk, source: S) -> Self {
        let checksums = Vec::with_capacity(walk.len());
        Self { walk, source, clock: Clock::system(), checksums, stage: Stage::Member(0) }
    }

    /// The bytes of all of it.
    pub(super) fn length(&self) -> u64 {
        let mut clock = self.clock.clone();
        let (mut offset, mut directory, mut scratch) = (0, 0, Vec::new());
        for member in (0..self.walk.len()).filter_map(|index| self.walk.member(index)) {
            scratch.clear();
            member.central(&mut scratch, &mut clock, 0, offset);
            directory += scratch.len() as u64;
            offset += room_of(&member, &mut scratch, &mut clock);
        }
        scratch.clear();
        records::end(&mut scratch, self.walk.len() as u64, directory, offset);
        offset + directory + scratch.len() as u64
    }

    /// The next piece; an empty one is the end. Blocks on the disk.
    pub(super) fn piece(&mut self) -> io::Result<Vec<u8>> {
        let mut out = Vec::with_capacity(PIECE + (records::SMALL as usize));
        while out.len() < PIECE {
            self.stage = match std::mem::replace(&mut self.stage, Stage::Over) {
                Stage::Member(index) => self.member(index, &mut out)?,
                Stage::Data { index, file, left, checksum } => self.data(index, (file, left, checksum), &mut out)?,
                Stage::Directory { index, offset, begin, size } => {
                    self.directory((index, offset), (begin, size), &mut out)
                }
                Stage::Over => break,
            };
        }
        Ok(out)
    }

    fn member(&mut self, index: usize, out: &mut Vec<u8>) -> io::Result<Stage<S::File>> {
        let Some(member) = self.walk.member(index) else {
            let begin = self.begin_of_directory();
            return Ok(Stage::Directory { index: 0, offset: 0, begin, size: 0 });
        };
        if member.name.ends_with('/') {
            member.local(out, &mut self.clock, 0);
            self.checksums.push(0);
            return Ok(Stage::Member(index + 1));
        }
        let mut file = self.source.open(self.walk.path(index), member.size)?;
        if member.has_descriptor() {
            member.local(out, &mut self.clock, 0);
            return Ok(Stage::Data { index, file, left: member.size, checksum: Hasher::new() });
        }
        let mut bytes = Vec::with_capacity(member.size as usize + 1);
        file.by_ref().take(member.size + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 != member.size {
            return Err(changed(member.name));
        }
        let checksum = crc32fast::hash(&bytes);
        member.local(out, &mut self.clock, checksum);
        out.extend_from_slice(&bytes);
        self.checksums.push(checksum);
        Ok(Stage::Member(index + 1))
    }

    fn data(
        &mut self,
        index: usize,
        (mut file, mut left, mut checksum): (S::File, u64, Hasher),
        out: &mut Vec<u8>,
    ) -> io::Result<Stage<S::File>> {
        let Some(member) = self.walk.member(index) else { return Ok(Stage::Over) };
        let room = PIECE.saturating_sub(out.len()) as u64;
        let begin = out.len();
        let read = file.by_ref().take(room.min(left)).read_to_end(out)? as u64;
        checksum.update(out.get(begin..).unwrap_or_default());
        left = left.saturating_sub(read);
        if read == 0 {
            return Err(changed(member.name));
        }
        if left > 0 {
            return Ok(Stage::Data { index, file, left, checksum });
        }
        // One that has grown has not been read as it is.
        if file.take(1).read_to_end(&mut Vec::new())? > 0 {
            return Err(changed(member.name));
        }
        let checksum = checksum.finalize();
        member.descriptor(out, checksum);
        self.checksums.push(checksum);
        Ok(Stage::Member(index + 1))
    }

    fn begin_of_directory(&self) -> u64 {
        let (mut clock, mut scratch) = (self.clock.clone(), Vec::new());
        let members = (0..self.walk.len()).filter_map(|index| self.walk.member(index));
        members.map(|member| room_of(&member, &mut scratch, &mut clock)).sum()
    }

    fn directory(
        &mut self,
        (index, offset): (usize, u64),
        (begin, size): (u64, u64),
        out: &mut Vec<u8>,
    ) -> Stage<S::File> {
        let Some(member) = self.walk.member(index) else {
            records::end(out, self.walk.len() as u64, size, begin);
            return Stage::Over;
        };
        let before = out.len();
        let checksum = self.checksums.get(index).copied().unwrap_or_default();
        member.central(out, &mut self.clock, checksum, offset);
        let size = size + (out.len() - before) as u64;
        let offset = offset + room_of(&member, &mut Vec::new(), &mut self.clock);
        Stage::Directory { index: index + 1, offset, begin, size }
    }
}

/// The bytes of a member with what stands around it.
fn room_of(member: &Member<'_>, scratch: &mut Vec<u8>, clock: &mut Clock) -> u64 {
    scratch.clear();
    member.local(scratch, clock, 0);
    member.descriptor(scratch, 0);
    scratch.len() as u64 + member.size
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Files full of zeros of the size that is wanted and some more.
    struct Zeros {
        more: i64,
    }

    impl Source for Zeros {
        type File = io::Take<io::Repeat>;

        fn open(&self, _: &[u8], size: u64) -> io::Result<Self::File> {
            Ok(io::repeat(0).take(size.saturating_add_signed(self.more)))
        }
    }

    fn archive(sizes: &[u64], more: i64) -> Archive<Zeros> {
        let mut walk = Walk::default();
        for (n, size) in sizes.iter().enumerate() {
            walk.add(&format!("folder/{n}.bin"), None, *size, 0, false);
        }
        Archive::new(walk, Zeros { more })
    }

    fn whole(mut archive: Archive<Zeros>) -> io::Result<Vec<u8>> {
        let mut all = Vec::new();
        loop {
            let piece = archive.piece()?;
            assert!(piece.len() <= PIECE + 2 * records::SMALL as usize);
            if piece.is_empty() {
                return Ok(all);
            }
            all.extend_from_slice(&piece);
        }
    }

    #[test]
    fn the_length_is_known_before() {
        for sizes in [vec![], vec![0], vec![records::SMALL, records::SMALL + 1, 3_000_000], vec![10; 70_000]] {
            let archive = archive(&sizes, 0);
            let length = archive.length();
            assert_eq!(whole(archive).unwrap().len() as u64, length, "{} members", sizes.len());
        }
    }

    #[test]
    fn the_length_of_what_needs_zip64() {
        let (four, frame) = (4 << 30, 30 + 12 + 20 + 9 + 24 + 46 + 12 + 20 + 9);
        assert_eq!(archive(&[four], 0).length(), four + frame + 98);
        // The offset of the second is large too.
        assert_eq!(archive(&[four, four], 0).length(), 2 * (four + frame) + 8 + 98);
    }

    #[test]
    fn a_file_of_another_size_ends_it() {
        for size in [100, records::SMALL, records::SMALL + 1, 1_000_000] {
            for more in [-1, 1] {
                let error = whole(archive(&[1, size], more)).unwrap_err();
                assert_eq!(error.kind(), io::ErrorKind::InvalidData);
                assert!(error.to_string().contains("folder/"), "{error}");
            }
        }
    }
}
