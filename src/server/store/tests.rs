use std::collections::HashSet;
use std::fs;
use std::net::Ipv4Addr;
use std::task::{Context, Waker};
use std::time::Duration;

use bytes::Bytes;
use tempfile::TempDir;

use super::*;
use crate::config::Exists;
use crate::event::{Reader, Upload, UploadState, feed};

pub(super) fn settings(dir: &Path) -> config::Upload {
    config::Upload {
        enabled: true,
        path: "/upload".to_owned(),
        dir: dir.to_owned(),
        max_size: 0,
        reserve: 0,
        open: 512,
        keep: Duration::from_secs(3600),
        exists: Exists::Rename,
        flush: false,
        bell: false,
    }
}

pub(super) fn declared(length: Option<u64>) -> Declared {
    let from = Ipv4Addr::LOCALHOST.into();
    let (device, text) = ("curl".to_owned(), String::new);
    Declared {
        length,
        expected: None,
        modified: None,
        from,
        device,
        digests: Vec::new(),
        key: text(),
        fingerprint: text(),
    }
}

/// A store, its folder and what it tells.
struct House {
    dir: TempDir,
    store: Arc<Store>,
    reader: Reader,
    settings: config::Upload,
}

fn house() -> House {
    let dir = tempfile::tempdir().unwrap();
    let (feed, reader) = feed();
    let settings = settings(dir.path());
    House { store: Store::new(feed), reader, settings, dir }
}

impl House {
    async fn begin(&self, name: &str, length: Option<u64>) -> Result<Incoming, StoreError> {
        self.store.begin(self.dir.path(), name, &declared(length), &self.settings).await
    }

    async fn send(&self, name: &str, bytes: &[u8]) -> Result<Finished, StoreError> {
        let mut incoming = self.begin(name, Some(bytes.len() as u64)).await?;
        for chunk in bytes.chunks(70_000) {
            incoming.write(Bytes::copy_from_slice(chunk)).await?;
        }
        incoming.finish().await
    }

    /// Names in the folder, without `.part`.
    fn names(&self) -> Vec<String> {
        let names = fs::read_dir(self.dir.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<_> = names.filter(|name| name != ".part").collect();
        names.sort();
        names
    }

    /// Waits until no part file is left: removing them is not waited for.
    async fn nothing_left(&self) {
        while self.parts() > 0 {
            tokio::task::yield_now().await;
        }
        assert!(self.names().is_empty());
    }

    fn parts(&self) -> usize {
        fs::read_dir(self.dir.path().join(".part")).map_or(0, Iterator::count)
    }

    fn told(&mut self) -> Vec<Upload> {
        let uploads = self.reader.take().events.into_iter().filter_map(|event| match event {
            Event::Upload(upload) => Some(upload),
            _ => None,
        });
        uploads.collect()
    }
}

#[tokio::test]
async fn a_file_arrives_whole_with_its_digest() {
    let mut house = house();
    house.settings.flush = true;
    let done = house.send("hello.txt", b"hello").await.unwrap();
    assert_eq!(done.name, "hello.txt");
    assert_eq!(done.digest, "xxh3-128:b5e9c1ad071b3e7fc779cfaa5e523818");
    assert_eq!(fs::read(&done.path).unwrap(), b"hello");
    assert_eq!((house.parts(), house.store.open()), (0, 0));
    let told = house.told();
    let last = told.last().unwrap();
    assert_eq!(last.state, UploadState::Done { path: done.path, duplicate: false });
    assert_eq!((last.received, last.total), (5, Some(5)));
}

#[tokio::test]
async fn many_blocks_arrive_in_order() {
    let house = house();
    let bytes: Vec<u8> = (0..5_000_003_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let done = house.send("big.bin", &bytes).await.unwrap();
    assert_eq!(done.size, bytes.len() as u64);
    assert!(fs::read(done.path).unwrap() == bytes);
}

#[tokio::test]
async fn an_empty_file_is_a_file() {
    let house = house();
    let done = house.send("empty", b"").await.unwrap();
    assert_eq!((done.size, house.names()), (0, vec!["empty".to_owned()]));
}

#[tokio::test]
async fn until_the_end_nothing_stands_under_the_name_and_a_drop_leaves_nothing() {
    let mut house = house();
    let mut incoming = house.begin("photo.jpg", Some(1 << 20)).await.unwrap();
    incoming.write(Bytes::from_static(b"12345")).await.unwrap();
    assert_eq!((house.names().len(), house.parts(), house.store.open()), (0, 1, 1));
    drop(incoming);
    assert_eq!(house.store.open(), 0);
    house.nothing_left().await;
    assert!(matches!(&house.told().last().unwrap().state, UploadState::Failed(why) if why.contains("cut")));
}

#[tokio::test]
async fn a_drop_while_blocks_are_written_leaves_nothing() {
    let house = house();
    let mut incoming = house.begin("video.mov", None).await.unwrap();
    incoming.write(Bytes::from(vec![1; 3 << 20])).await.unwrap();
    drop(incoming);
    house.nothing_left().await;
}

#[tokio::test]
async fn cancelling_says_why() {
    let mut house = house();
    house.begin("a", None).await.unwrap().cancel("the phone slept").await;
    assert_eq!(house.parts(), 0);
    assert_eq!(house.told().last().unwrap().state, UploadState::Failed("the phone slept".to_owned()));
}

#[tokio::test]
async fn two_hundred_of_one_name_are_two_hundred_files() {
    let house = house();
    let house = &house;
    let sends =
        (0..200).map(|i| async move { house.send("image.jpg", format!("photo {i:03}").as_bytes()).await.unwrap() });
    let done = futures_util::future::join_all(sends).await;
    let names: HashSet<_> = done.iter().map(|done| done.name.clone()).collect();
    assert_eq!((names.len(), house.names().len(), house.parts()), (200, 200, 0));
    for (i, done) in done.iter().enumerate() {
        assert_eq!(fs::read_to_string(&done.path).unwrap(), format!("photo {i:03}"));
    }
}

#[tokio::test]
async fn the_same_bytes_are_not_stored_twice() {
    let house = house();
    house.send("image.jpg", b"one").await.unwrap();
    assert_eq!(house.send("image.jpg", b"two").await.unwrap().name, "image (2).jpg");
    let first = house.send("image.jpg", b"one").await.unwrap();
    assert_eq!((first.name.as_str(), first.duplicate), ("image.jpg", true));
    let second = house.send("image.jpg", b"two").await.unwrap();
    assert_eq!((second.name.as_str(), second.duplicate), ("image (2).jpg", true));
    assert_eq!((house.names().len(), house.parts()), (2, 0));
}

#[tokio::test]
async fn a_duplicate_that_has_since_changed_is_none() {
    let house = house();
    house.send("a.txt", b"one").await.unwrap();
    house.send("a.txt", b"two").await.unwrap();
    fs::write(house.dir.path().join("a (2).txt"), "2nd").unwrap();
    let again = house.send("a.txt", b"two").await.unwrap();
    assert_eq!((again.name.as_str(), again.duplicate), ("a (3).txt", false));
}

#[tokio::test]
async fn numbers_of_an_earlier_run_are_skipped() {
    let house = house();
    for name in ["a.txt", "a (2).txt", "a (3).txt"] {
        fs::write(house.dir.path().join(name), name).unwrap();
    }
    assert_eq!(house.send("a.txt", b"new").await.unwrap().name, "a (4).txt");
}

#[tokio::test]
async fn refuse_means_before_the_body_and_at_the_end() {
    let mut house = house();
    house.settings.exists = Exists::Refuse;
    let late = house.begin("a.txt", None).await.unwrap();
    house.send("a.txt", b"one").await.unwrap();
    assert!(matches!(house.begin("a.txt", None).await, Err(StoreError::Exists { name }) if name == "a.txt"));
    assert!(matches!(late.finish().await, Err(StoreError::Exists { .. })));
    assert_eq!(fs::read(house.dir.path().join("a.txt")).unwrap(), b"one");
}

#[tokio::test]
async fn replace_takes_the_old_ones_place() {
    let mut house = house();
    house.settings.exists = Exists::Replace;
    house.send("a.txt", b"one").await.unwrap();
    let done = house.send("a.txt", b"two").await.unwrap();
    assert_eq!((done.duplicate, house.names()), (false, vec!["a.txt".to_owned()]));
    assert_eq!(fs::read(done.path).unwrap(), b"two");
    assert!(house.send("a.txt", b"two").await.unwrap().duplicate);
    fs::create_dir(house.dir.path().join("folder")).unwrap();
    assert!(matches!(house.send("folder", b"x").await, Err(StoreError::Exists { .. })));
}

#[tokio::test]
async fn a_link_is_never_written_through() {
    let mut house = house();
    let outside = tempfile::tempdir().unwrap();
    let target = outside.path().join("target");
    fs::write(&target, "mine").unwrap();
    std::os::unix::fs::symlink(&target, house.dir.path().join("a")).unwrap();
    assert_eq!(house.send("a", b"theirs").await.unwrap().name, "a (2)");
    house.settings.exists = Exists::Replace;
    house.send("a", b"theirs").await.unwrap();
    assert_eq!(fs::read(&target).unwrap(), b"mine");
}

#[tokio::test]
async fn too_large_is_said_before_and_during() {
    let mut house = house();
    house.settings.max_size = 10;
    assert!(matches!(house.begin("a", Some(11)).await, Err(StoreError::TooLarge { limit: 10 })));
    let mut incoming = house.begin("a", None).await.unwrap();
    incoming.write(Bytes::from_static(b"1234567890")).await.unwrap();
    let error = incoming.write(Bytes::from_static(b"1")).await.unwrap_err();
    assert!(matches!(error, StoreError::TooLarge { .. }));
    drop(incoming);
    assert!(matches!(&house.told().last().unwrap().state, UploadState::Failed(why) if why.contains("larger")));
    house.nothing_left().await;
}

#[tokio::test]
async fn declared_and_received_must_agree() {
    let house = house();
    let mut short = house.begin("a", Some(5)).await.unwrap();
    short.write(Bytes::from_static(b"1234")).await.unwrap();
    assert!(matches!(short.finish().await, Err(StoreError::Length { declared: 5, received: 4 })));
    let mut long = house.begin("a", Some(5)).await.unwrap();
    assert!(matches!(long.write(Bytes::from_static(b"123456")).await, Err(StoreError::Length { .. })));
    assert!(matches!(house.begin("a", Some(1)).await.unwrap().finish().await, Err(StoreError::Length { .. })));
    drop(long);
    house.nothing_left().await;
}

#[tokio::test]
async fn the_reserve_refuses_and_tells_the_operator() {
    let mut house = house();
    house.settings.reserve = 1 << 62;
    for length in [Some(1 << 30), None] {
        assert!(matches!(house.begin("a", length).await, Err(StoreError::NoRoom { .. })));
        let told = house.reader.take().events.pop_back();
        assert!(matches!(told, Some(Event::Note(note)) if note.text.contains("reserve")));
    }
    assert!(matches!(house.send("a", b"small").await, Err(StoreError::NoRoom { .. })));
    let told = house.reader.take().events.pop_back();
    assert!(matches!(told, Some(Event::Note(note)) if note.text.contains("reserve")));
    assert_eq!((house.parts(), house.store.open()), (0, 0));
}

#[tokio::test]
async fn only_so_many_at_once() {
    let mut house = house();
    house.settings.open = 2;
    let (_one, two) = (house.begin("a", None).await.unwrap(), house.begin("b", None).await.unwrap());
    assert!(matches!(house.begin("c", None).await, Err(StoreError::Busy { open: 2 })));
    drop(two);
    assert!(house.begin("c", None).await.is_ok());
}

#[tokio::test]
async fn a_folder_that_cannot_be_made_is_named_with_what_to_do() {
    let mut house = house();
    // /proc cannot be written, also not by root.
    let error =
        house.store.begin(Path::new("/proc/uploads"), "a", &declared(None), &house.settings).await.err().unwrap();
    assert!(matches!(error, StoreError::Folder { .. }));
    assert!(error.to_string().contains("/proc/uploads") && !error.detail().contains("/proc"));
    assert!(matches!(house.reader.take().events.pop_back(), Some(Event::Note(_))));
}

#[tokio::test]
async fn a_missing_folder_is_made() {
    let house = house();
    let dir = house.dir.path().join("deep/uploads");
    let incoming = house.store.begin(&dir, "a", &declared(None), &house.settings).await.unwrap();
    assert_eq!(incoming.finish().await.unwrap().path, dir.join("a"));
}

#[tokio::test]
async fn the_modified_time_is_kept() {
    let house = house();
    let then = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    let declared = Declared { modified: Some(then), ..declared(None) };
    let incoming = house.store.begin(house.dir.path(), "a", &declared, &house.settings).await.unwrap();
    let done = incoming.finish().await.unwrap();
    assert_eq!(done.path.metadata().unwrap().modified().unwrap(), then);
}

#[tokio::test]
async fn memory_stays_within_two_blocks() {
    let house = house();
    let mut incoming = house.begin("a", None).await.unwrap();
    let chunk = Bytes::from(vec![7; 300_000]);
    for _ in 0..50 {
        incoming.write(chunk.clone()).await.unwrap();
        assert!(incoming.held() <= 2 << 20, "{}", incoming.held());
    }
    incoming.finish().await.unwrap();
}

#[tokio::test]
async fn a_finish_that_nobody_waits_for_is_told_right() {
    let mut house = house();
    let incoming = house.begin("a", None).await.unwrap();
    {
        let mut finish = Box::pin(incoming.finish());
        let _ = finish.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    }
    while house.store.open() > 0 {
        tokio::task::yield_now().await;
    }
    assert!(matches!(house.told().last().unwrap().state, UploadState::Done { .. }));
    assert_eq!(house.names(), ["a"]);
}
