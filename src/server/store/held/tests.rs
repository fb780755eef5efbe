use std::fs;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use super::*;
use crate::event::{Event, Reader, UploadState, feed};
use crate::server::store::tests::{declared, settings};
use crate::server::store::{Algorithm, Digest};

struct House {
    dir: TempDir,
    store: Arc<Store>,
    reader: Reader,
    settings: config::Upload,
}

fn house() -> House {
    let dir = tempfile::tempdir().unwrap();
    let (feed, reader) = feed();
    House { store: Store::new(feed), reader, settings: settings(dir.path()), dir }
}

/// The same folder in another run.
fn restarted(house: House) -> House {
    let (feed, reader) = feed();
    let store = Store::new(feed);
    store.recover(&[house.dir.path().to_owned()], &house.settings);
    Store::sweep(house.dir.path());
    House { store, reader, ..house }
}

fn noise(length: usize) -> Vec<u8> {
    (0..length as u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

impl House {
    async fn create(&self, name: &str, length: Option<u64>) -> Arc<Held> {
        self.create_as(name, &declared(length)).await
    }

    async fn create_as(&self, name: &str, declared: &Declared) -> Arc<Held> {
        let (held, turn) = self.store.create(self.dir.path(), name, declared, &self.settings).await.unwrap();
        turn.pause().await.unwrap();
        held
    }

    fn states(&mut self) -> Vec<UploadState> {
        let states = self.reader.take().events.into_iter().filter_map(|event| match event {
            Event::Upload(upload) => Some(upload.state),
            _ => None,
        });
        states.collect()
    }

    /// Names in `.part`.
    fn parts(&self) -> Vec<String> {
        let entries = fs::read_dir(self.dir.path().join(".part")).into_iter().flatten();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

async fn send(held: &Arc<Held>, bytes: &[u8]) -> Turn {
    let mut turn = held.take().await.unwrap();
    for chunk in bytes.chunks(70_000) {
        turn.write(Bytes::copy_from_slice(chunk)).await.unwrap();
    }
    turn
}

fn offset(held: &Held) -> u64 {
    match held.standing() {
        Standing::Open { offset, .. } => offset,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_file_in_three_turns_is_whole() {
    let mut house = house();
    house.settings.flush = true;
    let bytes = noise(1_500_000);
    let held = house.create("DCIM/a.jpg", Some(1_500_000)).await;
    assert_eq!(send(&held, &bytes[..10]).await.pause().await.unwrap(), 10);
    assert_eq!(send(&held, &bytes[10..900_000]).await.pause().await.unwrap(), 900_000);
    assert_eq!(offset(&held), 900_000);
    assert!(!house.dir.path().join("DCIM").exists());
    let done = send(&held, &bytes[900_000..]).await.finish().await.unwrap();
    assert_eq!((done.name.as_str(), done.size), ("DCIM/a.jpg", 1_500_000));
    assert!(fs::read(&done.path).unwrap() == bytes);
    assert_eq!(held.standing(), Standing::Finished(done));
    assert!(house.parts().is_empty());
    assert!(matches!(held.take().await, Err(StoreError::Gone)));
    assert!(matches!(house.states().last(), Some(UploadState::Done { .. })));
}

#[tokio::test]
async fn another_run_goes_on_where_the_last_stopped() {
    let house = house();
    let bytes = noise(2_000_000);
    let digest = Digest { algorithm: Algorithm::Sha256, value: Sha256::digest(&bytes).to_vec() };
    let held = house.create_as("a.mov", &Declared { digests: vec![digest], ..declared(None) }).await;
    send(&held, &bytes[..1_200_000]).await.pause().await.unwrap();
    let token = held.token().to_owned();
    drop(held);
    let mut house = restarted(house);
    assert_eq!(house.states(), [UploadState::Waiting]);
    let held = house.store.held(&token).unwrap();
    assert_eq!(offset(&held), 1_200_000);
    let mut turn = send(&held, &bytes[1_200_000..]).await;
    turn.set_length(2_000_000).unwrap();
    let done = turn.finish().await.unwrap();
    assert!(done.digest.starts_with("sha-256:"), "{}", done.digest);
    assert!(fs::read(&done.path).unwrap() == bytes);
    assert!(restarted(house).parts().is_empty());
}

#[tokio::test]
async fn a_turn_that_is_dropped_keeps_what_came() {
    let house = house();
    let held = house.create("a", None).await;
    drop(send(&held, b"12345").await);
    assert_eq!(held.take().await.unwrap().offset(), 5);
}

#[tokio::test]
async fn a_later_sender_takes_over() {
    let house = house();
    let held = house.create("a", Some(10)).await;
    let hangs = send(&held, b"12345").await;
    let first = tokio::spawn(async move {
        hangs.revoked().await;
        hangs.pause().await.unwrap()
    });
    let second = held.take().await.unwrap();
    assert_eq!((first.await.unwrap(), second.offset()), (5, 5));
}

#[tokio::test]
async fn what_is_wrong_leaves_nothing() {
    let house = house();
    let wrong = Digest { algorithm: Algorithm::Sha256, value: vec![0; 32] };
    let held = house.create_as("a", &Declared { digests: vec![wrong], ..declared(Some(3)) }).await;
    let error = send(&held, b"abc").await.finish().await.unwrap_err();
    assert!(matches!(error, StoreError::Digest { algorithm: Algorithm::Sha256 }));
    assert_eq!(held.standing(), Standing::Gone);
    assert!(house.store.held(held.token()).is_none() && house.parts().is_empty());
    assert!(!house.dir.path().join("a").exists());
}

#[tokio::test]
async fn lengths_are_held() {
    let house = house();
    let held = house.create("a", None).await;
    let mut turn = send(&held, b"12345").await;
    assert!(matches!(turn.set_length(4), Err(StoreError::Length { .. })));
    turn.set_length(6).unwrap();
    assert!(matches!(turn.set_length(7), Err(StoreError::Length { .. })));
    assert!(matches!(turn.finish().await, Err(StoreError::Length { declared: 6, received: 5 })));
    assert_eq!(offset(&held), 5);
    let mut turn = held.take().await.unwrap();
    assert!(matches!(turn.write(Bytes::from_static(b"67")).await, Err(StoreError::Length { .. })));
    turn.cancel("too long").await;
    assert!(house.parts().is_empty());
}

#[tokio::test]
async fn bytes_can_be_taken_back() {
    let house = house();
    let held = house.create("a", Some(6)).await;
    let mut turn = send(&held, b"123xyz").await;
    turn.rewind(3).await.unwrap();
    assert_eq!(turn.offset(), 3);
    turn.write(Bytes::from_static(b"456")).await.unwrap();
    let done = turn.finish().await.unwrap();
    assert_eq!((fs::read(&done.path).unwrap(), done.digest.len()), (b"123456".to_vec(), 41));
}

#[tokio::test]
async fn cancelled_from_this_side_it_ends_at_once() {
    let mut house = house();
    let held = house.create("a", None).await;
    let turn = send(&held, b"12345").await;
    assert!(house.store.cancel(held.id()));
    turn.revoked().await;
    assert!(matches!(turn.pause().await, Err(StoreError::Cancelled)));
    let failed = |state: &UploadState| matches!(state, UploadState::Failed(why) if why.contains("Cancelled"));
    while !house.states().iter().any(failed) {
        tokio::task::yield_now().await;
    }
    assert_eq!(held.standing(), Standing::Gone);
    assert!(house.parts().is_empty() && !house.store.cancel(held.id()));
}

#[tokio::test]
async fn what_nobody_goes_on_with_expires() {
    let mut house = house();
    house.settings.keep = Duration::ZERO;
    let held = house.create("a", None).await;
    while house.store.held(held.token()).is_some() {
        house.store.expire().await;
    }
    assert!(house.parts().is_empty());
    assert!(matches!(house.states().last(), Some(UploadState::Failed(why)) if why.contains("upload.keep")));
}

#[tokio::test]
async fn only_so_many_wait() {
    let mut house = house();
    house.settings.open = 2;
    let _two = (house.create("a", None).await, house.create("b", None).await);
    let third = house.store.create(house.dir.path(), "c", &declared(None), &house.settings).await;
    assert!(matches!(third, Err(StoreError::Busy { open: 2 })));
}

#[tokio::test]
async fn the_content_is_known_again() {
    let house = house();
    let held = house.create_as("a", &Declared { fingerprint: "f".to_owned(), ..declared(None) }).await;
    send(&held, b"12345").await.pause().await.unwrap();
    let house = restarted(house);
    let known = house.store.unfinished(house.dir.path(), "f");
    assert_eq!((known.len(), known[0].token()), (1, held.token()));
    assert_eq!(fs::read(known[0].part()).unwrap(), b"12345");
    assert!(house.store.unfinished(house.dir.path(), "g").is_empty());
}

#[tokio::test]
async fn a_part_that_was_cut_is_taken_as_it_is() {
    let house = house();
    let held = house.create("a", None).await;
    send(&held, b"12345").await.pause().await.unwrap();
    fs::write(held.part(), b"12").unwrap();
    assert_eq!(held.take().await.unwrap().offset(), 2);
    fs::remove_file(held.part()).unwrap();
    assert!(matches!(held.take().await, Err(StoreError::Gone)));
}

#[tokio::test]
async fn who_lets_go_in_the_middle_of_keeping_loses_nothing() {
    let mut house = house();
    house.settings.flush = true;
    let held = house.create("a", None).await;
    for round in 0..20_u64 {
        let mut turn = send(&held, &noise(600_000)).await;
        {
            let mut keep = Box::pin(turn.rewind(u64::MAX));
            let _ = futures_util::poll!(keep.as_mut());
        }
        drop(turn);
        assert_eq!(held.take().await.unwrap().pause().await.unwrap(), 600_000 * (round + 1));
    }
}

#[tokio::test]
async fn what_another_process_has_is_not_gone() {
    let house = house();
    let held = house.create("a", None).await;
    send(&held, b"12345").await.pause().await.unwrap();
    let Opened::Ours(_part, _file) = Part::open(house.dir.path(), held.token()).unwrap() else { panic!("it is there") };
    assert!(matches!(held.take().await, Err(StoreError::Elsewhere)));
    assert_eq!(offset(&held), 5);
    held.clone().void("here".to_owned()).await;
    assert_eq!(house.parts().len(), 2, "they are the other's");
}

#[tokio::test]
async fn who_sends_is_not_left_alone() {
    let mut house = house();
    house.settings.keep = Duration::ZERO;
    house.settings.open = 1;
    let declared = declared(None);
    let (held, turn) = house.store.create(house.dir.path(), "a", &declared, &house.settings).await.unwrap();
    house.store.expire().await;
    assert!(house.store.held(held.token()).is_some());
    let more = house.store.create(house.dir.path(), "b", &declared, &house.settings).await;
    assert!(matches!(more, Err(StoreError::Busy { open: 1 })));
    assert_eq!(house.parts().len(), 2, "what is refused leaves nothing");
    turn.pause().await.unwrap();
}

#[tokio::test]
async fn many_created_at_once_are_no_more_than_may_be() {
    let mut house = house();
    house.settings.open = 3;
    let (house, declared) = (&house, &declared(None));
    let creations = (0..20).map(|i| async move {
        house.store.create(house.dir.path(), &i.to_string(), declared, &house.settings).await.map(|(_, turn)| turn)
    });
    let made = futures_util::future::join_all(creations).await.into_iter().flatten().count();
    assert!((1..=3).contains(&made), "{made}");
    assert_eq!(house.parts().len(), 2 * made);
}

#[tokio::test]
async fn the_reserve_holds_for_every_turn() {
    let mut house = house();
    let token = house.create("a", Some(100)).await.token().to_owned();
    house.settings.reserve = 1 << 62;
    let house = restarted(house);
    assert!(matches!(house.store.held(&token).unwrap().take().await, Err(StoreError::NoRoom { .. })));
}

#[tokio::test]
async fn what_is_finished_cannot_be_cancelled() {
    let house = house();
    let held = house.create("a", Some(3)).await;
    assert!(house.store.under_way(held.id()));
    send(&held, b"abc").await.finish().await.unwrap();
    assert!(!house.store.under_way(held.id()) && !house.store.cancel(held.id()));
}

#[tokio::test]
async fn two_processes_on_one_folder_lose_nothing_and_mix_nothing() {
    let house = house();
    let held = house.create("a", Some(20)).await;
    send(&held, b"AAAAA").await.pause().await.unwrap();
    let (feed, _reader) = feed();
    let other = Store::new(feed);
    other.recover(&[house.dir.path().to_owned()], &house.settings);
    let theirs = other.held(held.token()).unwrap();
    send(&held, b"AAAAAAAAAA").await.pause().await.unwrap();
    assert_eq!(theirs.take().await.unwrap().pause().await.unwrap(), 15);
    send(&theirs, b"BBB").await.pause().await.unwrap();
    let done = send(&held, b"CC").await.finish().await.unwrap();
    assert_eq!(fs::read(&done.path).unwrap(), b"AAAAAAAAAAAAAAABBBCC");
    let mut again = Sums::new(&[]);
    again.update(b"AAAAAAAAAAAAAAABBBCC");
    assert_eq!(done.digest, again.finish().unwrap());
    assert!(matches!(theirs.take().await, Err(StoreError::Gone)));
}

#[tokio::test]
async fn a_record_that_leads_elsewhere_is_none() {
    let house = house();
    let held = house.create("a", None).await;
    let path = record::path(house.dir.path(), held.token());
    let text = fs::read_to_string(&path).unwrap().replace("\"name\":\"a\"", "\"name\":\"../../a\"");
    fs::write(&path, text).unwrap();
    assert!(restarted(house).parts().is_empty());
}

#[tokio::test]
async fn to_look_and_to_cancel_need_no_place() {
    let mut house = house();
    house.settings.open = 1;
    let held = house.create("a", None).await;
    let _other = house.store.begin(house.dir.path(), "b", &declared(None), &house.settings).await.unwrap();
    assert!(matches!(held.take().await, Err(StoreError::Busy { .. })));
    assert_eq!(held.visit().await.unwrap().pause().await.unwrap(), 0);
    held.visit().await.unwrap().cancel("cancelled by the sender").await;
    assert_eq!(held.standing(), Standing::Gone);
}
