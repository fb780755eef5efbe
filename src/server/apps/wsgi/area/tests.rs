use std::io::{Read as _, Write as _};

use super::*;

fn told(start: u32, length: u32) -> Vec<u8> {
    [start.to_be_bytes(), length.to_be_bytes()].concat()
}

#[test]
fn places_are_held_against_the_size() {
    let size = SIZE as u32;
    assert_eq!(place(&told(0, size)), Some(0..SIZE));
    assert_eq!(place(&told(size - 1, 1)), Some(SIZE - 1..SIZE));
    for (start, length) in [(0, 0), (0, size + 1), (size, 1), (1, size), (u32::MAX, u32::MAX), (u32::MAX, 2)] {
        assert_eq!(place(&told(start, length)), None, "{start} {length}");
    }
    for short in [&b""[..], b"1234567", b"123456789"] {
        assert_eq!(place(short), None);
    }
}

#[tokio::test]
async fn a_side_is_told_piece_by_piece_and_begins_again() {
    let (area, _memory, mut bell) = Area::new().unwrap();
    let mut side = area.side();
    let mut out = BytesMut::new();
    side.tell(&mut out);
    assert!(out.is_empty(), "there is nothing to tell");
    side.room()[..3].copy_from_slice(b"abc");
    side.placed(3);
    assert_eq!(side.copy(b"defg").unwrap(), 4);
    side.tell(&mut out);
    assert_eq!(wire::take(&mut out), Some((wire::AREA, BytesMut::from(&told(0, 7)[..]))));
    assert_eq!((side.untold(), side.left()), (0, SIDE - 7));
    assert_eq!(side.copy(&vec![1; SIDE]).unwrap(), SIDE - 7);
    side.ask(&mut out);
    assert_eq!(wire::take(&mut out), Some((wire::AREA, BytesMut::from(&told(7, (SIDE - 7) as u32)[..]))));
    assert_eq!(wire::take(&mut out).map(|(kind, _)| kind), Some(wire::ROOM));
    bell.write_all(b".").unwrap();
    side.emptied().await.unwrap();
    assert_eq!((side.untold(), side.left()), (0, SIDE));
    side.align(60);
    assert_eq!((side.untold(), side.left()), (0, SIDE - 4));
    side.copy(b"not now").unwrap();
    side.align(1);
    assert_eq!((side.untold(), side.left()), (7, SIDE - 11));
}

#[tokio::test]
async fn a_ring_that_nobody_waited_for_is_taken_for_no_other() {
    let (area, _memory, mut bell) = Area::new().unwrap();
    let mut out = BytesMut::new();
    area.side().ask(&mut out);
    let mut side = area.side();
    side.ask(&mut out);
    bell.write_all(b".").unwrap();
    let early = tokio::time::timeout(Duration::from_millis(20), side.emptied()).await;
    assert!(early.is_err(), "the first ring answers the one before");
    bell.write_all(b".").unwrap();
    side.emptied().await.unwrap();
    drop(bell);
    side.ask(&mut out);
    assert!(side.emptied().await.is_err(), "the worker has gone");
}

#[tokio::test]
async fn pieces_hold_the_area_until_they_have_been_sent() {
    let (area, memory, mut bell) = Area::new().unwrap();
    bell.set_nonblocking(true).unwrap();
    rustix::io::pwrite(&memory, b"answer", SIDE as u64).unwrap();
    let side = area.side();
    assert!(area.piece(&told(0, 6)).is_none(), "that side is stan's");
    let piece = area.piece(&told(SIDE as u32, 6)).unwrap();
    assert_eq!(&piece[..], b"answer");
    drop(side);
    let other = area.piece(&told(0, 6)).unwrap();
    area.asked();
    drop(piece);
    assert!(!area.is_free() && bell.read(&mut [0]).is_err());
    drop(other);
    area.free().await;
    assert_eq!(bell.read(&mut [0; 8]).unwrap(), 1);
    area.asked();
    assert_eq!(bell.read(&mut [0; 8]).unwrap(), 1);
    drop(area);
    assert_eq!(bell.read(&mut [0; 8]).unwrap(), 0, "the worker hears that nobody waits");
}

#[tokio::test]
async fn memory_is_given_back_when_the_thread_rests() {
    let (area, memory, _bell) = Area::new().unwrap();
    let resident = || rustix::fs::fstat(&memory).unwrap().st_blocks as usize * 512;
    assert_eq!(resident(), 0, "none is there before it is used");
    area.begin();
    area.side().copy(&vec![1; SIDE]).unwrap();
    area.rest();
    let later = Instant::now() + IDLE;
    assert!(!area.0.is_swept(later - IDLE / 2), "it may soon work again");
    area.begin();
    assert!(!area.0.is_swept(later + IDLE), "it works");
    assert_eq!(resident(), SIDE);
    area.rest();
    while resident() > 0 {
        tokio::time::sleep(IDLE / 10).await;
    }
}

#[test]
fn its_size_stays() {
    let memory = memory().unwrap();
    assert!(rustix::fs::ftruncate(&memory, 0).is_err());
}
