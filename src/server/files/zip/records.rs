//! The records of a ZIP archive (PKWARE's APPNOTE 6.3), for files that are stored.
//!
//! Pure: what is known of a member goes in, bytes come out. Sizes and offsets from 4 GiB on, and
//! counts from 65,535 on, take their zip64 form.

use crate::server::files::clock::{Civil, Clock};

/// Where a field of four bytes says that its value is in the zip64 extra field.
const SEE_EXTRA: u32 = u32::MAX;
const LARGE: u64 = SEE_EXTRA as u64;

const UTF8: u16 = 1 << 11;
const DESCRIPTOR: u16 = 1 << 3;
/// Plain members, and such as need zip64.
const VERSION: u16 = 20;
const VERSION_64: u16 = 45;
/// Made on Unix: the upper half of the external attributes is the mode.
const UNIX: u16 = 3 << 8;

/// Files up to this size are read before their header is written, which then says it all; the
/// checksum of a larger one follows its bytes.
pub(super) const SMALL: u64 = 128 << 10;

/// A file, or a folder that is empty.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member<'a> {
    /// Its path; a folder's ends with a slash.
    pub(super) name: &'a str,
    pub(super) size: u64,
    pub(super) seconds: i64,
    pub(super) executable: bool,
}

impl Member<'_> {
    fn is_folder(&self) -> bool {
        self.name.ends_with('/')
    }

    /// Whether the checksum comes after the bytes.
    pub(super) fn has_descriptor(&self) -> bool {
        self.size > SMALL
    }

    fn is_large(&self) -> bool {
        self.size >= LARGE
    }

    fn flags(&self) -> u16 {
        if self.has_descriptor() { UTF8 | DESCRIPTOR } else { UTF8 }
    }

    /// What precedes its bytes; `crc` counts where there is no descriptor.
    pub(super) fn local(&self, out: &mut Vec<u8>, clock: &mut Clock, crc: u32) {
        let late = self.has_descriptor();
        u32le(out, 0x0403_4b50);
        u16le(out, if self.is_large() { VERSION_64 } else { VERSION });
        u16le(out, self.flags());
        u16le(out, 0);
        self.times(out, clock);
        u32le(out, if late { 0 } else { crc });
        let size = match (self.is_large(), late) {
            (true, _) => SEE_EXTRA,
            (false, true) => 0,
            (false, false) => self.size as u32,
        };
        u32le(out, size);
        u32le(out, size);
        let mut extra = Vec::with_capacity(32);
        if self.is_large() {
            zip64(&mut extra, &[self.size, self.size]);
        }
        self.modified(&mut extra);
        u16le(out, self.name.len() as u16);
        u16le(out, extra.len() as u16);
        out.extend_from_slice(self.name.as_bytes());
        out.extend_from_slice(&extra);
    }

    /// What follows its bytes.
    pub(super) fn descriptor(&self, out: &mut Vec<u8>, crc: u32) {
        if !self.has_descriptor() {
            return;
        }
        u32le(out, 0x0807_4b50);
        u32le(out, crc);
        for size in [self.size, self.size] {
            if self.is_large() { u64le(out, size) } else { u32le(out, size as u32) }
        }
    }

    /// Its record in the central directory; `offset` is where its local one begins.
    pub(super) fn central(&self, out: &mut Vec<u8>, clock: &mut Clock, crc: u32, offset: u64) {
        let mut large = Vec::with_capacity(3);
        let mut field = |value: u64, count: usize| {
            if value < LARGE {
                return value as u32;
            }
            large.extend(std::iter::repeat_n(value, count));
            SEE_EXTRA
        };
        // Both sizes, which are the same.
        let size = field(self.size, 2);
        let at = field(offset, 1);
        let version = if large.is_empty() { VERSION } else { VERSION_64 };
        let mut extra = Vec::with_capacity(48);
        zip64(&mut extra, &large);
        self.modified(&mut extra);
        u32le(out, 0x0201_4b50);
        u16le(out, UNIX | VERSION_64);
        u16le(out, version);
        u16le(out, self.flags());
        u16le(out, 0);
        self.times(out, clock);
        u32le(out, crc);
        u32le(out, size);
        u32le(out, size);
        u16le(out, self.name.len() as u16);
        u16le(out, extra.len() as u16);
        // No comment, the first disk, no internal attributes.
        out.extend_from_slice(&[0; 6]);
        let (mode, dos) = match (self.is_folder(), self.executable) {
            (true, _) => (0o040_755, 0x10),
            (false, true) => (0o100_755, 0),
            (false, false) => (0o100_644, 0),
        };
        u32le(out, mode << 16 | dos);
        u32le(out, at);
        out.extend_from_slice(self.name.as_bytes());
        out.extend_from_slice(&extra);
    }

    /// Local time to two seconds, from 1980 to 2107.
    fn times(&self, out: &mut Vec<u8>, clock: &mut Clock) {
        const FIRST: Civil = Civil { year: 1980, month: 1, day: 1, hour: 0, minute: 0, second: 0 };
        const LAST: Civil = Civil { year: 2107, month: 12, day: 31, hour: 23, minute: 59, second: 58 };
        let local = clock.civil(self.seconds);
        let local = match local.year {
            ..1980 => FIRST,
            1980..=2107 => local,
            _ => LAST,
        };
        let date = ((local.year - FIRST.year) as u16) << 9 | u16::from(local.month) << 5 | u16::from(local.day);
        let time = u16::from(local.hour) << 11 | u16::from(local.minute) << 5 | u16::from(local.second / 2);
        u16le(out, time);
        u16le(out, date);
    }

    /// The extended timestamp: UTC to the second, where its four bytes reach.
    fn modified(&self, extra: &mut Vec<u8>) {
        if let Ok(seconds) = i32::try_from(self.seconds) {
            u16le(extra, 0x5455);
            u16le(extra, 5);
            extra.push(1);
            extra.extend_from_slice(&seconds.to_le_bytes());
        }
    }
}

/// The extra field with these values; none without any.
fn zip64(extra: &mut Vec<u8>, values: &[u64]) {
    if !values.is_empty() {
        u16le(extra, 1);
        u16le(extra, (values.len() * 8) as u16);
        for value in values {
            u64le(extra, *value);
        }
    }
}

/// What stands at the end: the directory has so many records in so many bytes and begins there.
pub(super) fn end(out: &mut Vec<u8>, count: u64, size: u64, offset: u64) {
    const MANY: u64 = u16::MAX as u64;
    if count >= MANY || size >= LARGE || offset >= LARGE {
        let here = offset + size;
        u32le(out, 0x0606_4b50);
        // Of what follows in this record.
        u64le(out, 44);
        u16le(out, UNIX | VERSION_64);
        u16le(out, VERSION_64);
        out.extend_from_slice(&[0; 8]);
        for value in [count, count, size, offset] {
            u64le(out, value);
        }
        u32le(out, 0x0706_4b50);
        u32le(out, 0);
        u64le(out, here);
        u32le(out, 1);
    }
    u32le(out, 0x0605_4b50);
    out.extend_from_slice(&[0; 4]);
    let count = count.min(MANY) as u16;
    u16le(out, count);
    u16le(out, count);
    u32le(out, size.min(LARGE) as u32);
    u32le(out, offset.min(LARGE) as u32);
    u16le(out, 0);
}

fn u16le(out: &mut Vec<u8>, value: u16) {
    out.extend_from_slice(&value.to_le_bytes());
}

fn u32le(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_le_bytes());
}

fn u64le(out: &mut Vec<u8>, value: u64) {
    out.extend_from_slice(&value.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZone;

    fn member(size: u64) -> Member<'static> {
        Member { name: "a.bin", size, seconds: 1_795_172_462, executable: false }
    }

    fn written(write: impl FnOnce(&mut Vec<u8>, &mut Clock)) -> Vec<u8> {
        let mut out = Vec::new();
        write(&mut out, &mut Clock::new(TimeZone::UTC));
        out
    }

    #[test]
    fn a_small_file_is_known_before_its_bytes() {
        let local = written(|out, clock| member(5).local(out, clock, 0x1234_5678));
        assert_eq!(local.len(), 30 + 5 + 9);
        assert_eq!(local[6..8], UTF8.to_le_bytes());
        assert_eq!(local[14..26], [0x78, 0x56, 0x34, 0x12, 5, 0, 0, 0, 5, 0, 0, 0]);
        assert!(written(|out, _| member(5).descriptor(out, 1)).is_empty());
    }

    #[test]
    fn a_larger_one_has_its_checksum_behind() {
        let local = written(|out, clock| member(SMALL + 1).local(out, clock, 7));
        assert_eq!(local[6..8], (UTF8 | DESCRIPTOR).to_le_bytes());
        assert_eq!(local[14..26], [0; 12]);
        assert_eq!(written(|out, _| member(SMALL + 1).descriptor(out, 7)).len(), 16);
    }

    #[test]
    fn sizes_and_offsets_from_four_gibibytes_on_go_into_the_extra_field() {
        let large = member(u64::from(u32::MAX));
        let local = written(|out, clock| large.local(out, clock, 0));
        assert_eq!((&local[4..6], &local[18..26]), (&VERSION_64.to_le_bytes()[..], &[0xff; 8][..]));
        assert_eq!(local.len(), 30 + 5 + 20 + 9);
        assert_eq!(written(|out, _| large.descriptor(out, 0)).len(), 24);
        for (size, offset, extra) in
            [(1, 1, 0), (1, LARGE, 12), (LARGE, 1, 20), (LARGE, LARGE, 28), (LARGE - 1, LARGE - 1, 0)]
        {
            let central = written(|out, clock| member(size).central(out, clock, 0, offset));
            assert_eq!(central.len(), 46 + 5 + extra + 9, "{size} {offset}");
        }
    }

    #[test]
    fn times_in_both_forms_where_they_reach() {
        let local = written(|out, clock| member(0).local(out, clock, 0));
        // 2026-11-20 11:01:02
        assert_eq!(local[10..14], [0x21, 0x58, 0x74, 0x5d]);
        assert_eq!(local[35..40], [0x55, 0x54, 5, 0, 1]);
        for (seconds, length) in [(-10_000_000_000, 35), (-1, 44), (1 << 31, 35), (i64::MAX, 35), (i64::MIN, 35)] {
            let local = written(|out, clock| Member { seconds, ..member(0) }.local(out, clock, 0));
            assert_eq!(local.len(), length, "{seconds}");
        }
    }

    #[test]
    fn the_end_grows_when_it_must() {
        for (count, size, offset, length) in [
            (0, 0, 0, 22),
            (65_534, 1, 1, 22),
            (65_535, 1, 1, 98),
            (1, 1, LARGE, 98),
            (1, LARGE, 1, 98),
            (1_000_000, 1 << 40, 1 << 50, 98),
        ] {
            assert_eq!(written(|out, _| end(out, count, size, offset)).len(), length);
        }
    }
}
