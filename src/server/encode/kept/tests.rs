use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::super::testing::{decoded, noise, text};
use super::*;

struct Folder {
    _dir: tempfile::TempDir,
    path: PathBuf,
    kept: Kept,
    reads: Arc<AtomicUsize>,
}

impl Folder {
    fn new(bytes: &[u8]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.js");
        fs::write(&path, bytes).unwrap();
        Self { path, _dir: dir, kept: Kept::default(), reads: Arc::default() }
    }

    async fn get(&self, coding: Coding) -> Option<Bytes> {
        let key = Key { state: State::of(&self.path.metadata().unwrap()), coding };
        let (path, reads) = (self.path.clone(), self.reads.clone());
        let read = move || {
            reads.fetch_add(1, Ordering::Relaxed);
            fs::read(path).map(|bytes| Some(bytes.into()))
        };
        self.kept.get(key, read).await
    }

    fn reads(&self) -> usize {
        self.reads.load(Ordering::Relaxed)
    }
}

#[tokio::test]
async fn once_for_each_coding_however_many_ask() {
    let folder = Folder::new(&text(50_000));
    for (made, coding) in Coding::ALL.into_iter().enumerate() {
        let all = (0..100).map(|_| folder.get(coding)).collect::<Vec<_>>();
        for form in futures_util::future::join_all(all).await {
            assert!(decoded(coding, &form.unwrap()) == text(50_000));
        }
        folder.get(coding).await.unwrap();
        assert_eq!(folder.reads(), made + 1);
    }
}

#[tokio::test]
async fn a_change_is_another_state() {
    let folder = Folder::new(&text(5000));
    folder.get(Coding::Gzip).await.unwrap();
    fs::write(&folder.path, text(6000)).unwrap();
    assert!(decoded(Coding::Gzip, &folder.get(Coding::Gzip).await.unwrap()) == text(6000));
    assert_eq!(folder.reads(), 2);
}

#[tokio::test]
async fn what_gets_no_smaller_is_remembered_too() {
    let folder = Folder::new(&noise(5000));
    assert_eq!(folder.get(Coding::Brotli).await, None);
    assert_eq!(folder.get(Coding::Brotli).await, None);
    assert_eq!(folder.reads(), 1);
}

#[tokio::test]
async fn what_cannot_be_read_is_tried_again() {
    let folder = Folder::new(&text(5000));
    let key = Key { state: State::of(&folder.path.metadata().unwrap()), coding: Coding::Zstd };
    assert_eq!(folder.kept.get(key, || Err(io::ErrorKind::NotFound.into())).await, None);
    assert_eq!(folder.kept.get(key, || Ok(None)).await, None);
    assert!(folder.get(Coding::Zstd).await.is_some());
}

#[tokio::test]
async fn it_goes_on_when_who_asked_has_left() {
    let folder = Folder::new(&text(50_000));
    {
        let mut asking = std::pin::pin!(folder.get(Coding::Brotli));
        assert!(futures_util::poll!(&mut asking).is_pending());
    }
    assert!(folder.get(Coding::Brotli).await.is_some());
    assert_eq!(folder.reads(), 1);
}

#[tokio::test]
async fn a_large_one_that_takes_long_is_there_for_the_next_who_asks() {
    let folder = Folder::new(&[]);
    fs::File::options().append(true).open(&folder.path).unwrap().set_len(WAITED_FOR + 1).unwrap();
    let key = Key { state: State::of(&folder.path.metadata().unwrap()), coding: Coding::Gzip };
    let (open, gate) = tokio::sync::oneshot::channel::<()>();
    let read = move || {
        let _ = gate.blocking_recv();
        Ok(Some(text(5000).into()))
    };
    assert_eq!(folder.kept.get(key, read).await, None);
    drop(open);
    assert!(decoded(Coding::Gzip, &folder.get(Coding::Gzip).await.unwrap()) == text(5000));
    assert_eq!(folder.reads(), 0);
}

#[test]
fn a_maker_that_went_with_its_runtime_is_replaced() {
    let folder = Folder::new(&text(50_000));
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime().block_on(async {
        let mut asking = std::pin::pin!(folder.get(Coding::Gzip));
        assert!(futures_util::poll!(&mut asking).is_pending());
    });
    assert!(runtime().block_on(folder.get(Coding::Gzip)).is_some());
}

#[tokio::test]
async fn not_more_than_so_many_are_being_made() {
    let folder = Folder::new(&text(5000));
    let state = State::of(&folder.path.metadata().unwrap());
    let mut senders = Vec::new();
    for n in 0..MAKING {
        let path = folder.path.with_extension(n.to_string());
        fs::write(&path, "x").unwrap();
        let (sender, receiver) = watch::channel(None);
        senders.push(sender);
        let key = Key { state: State::of(&path.metadata().unwrap()), coding: Coding::Gzip };
        folder.kept.0.lock().making.insert(key, receiver);
    }
    assert_eq!(folder.kept.get(Key { state, coding: Coding::Gzip }, || Ok(None)).await, None);
    assert_eq!(folder.kept.0.lock().making.len(), MAKING);
}

#[test]
fn it_stays_within_its_budget_and_keeps_what_is_used() {
    let dir = tempfile::tempdir().unwrap();
    let key = |n: usize| {
        let path = dir.path().join(n.to_string());
        fs::write(&path, "x").unwrap();
        Key { state: State::of(&path.metadata().unwrap()), coding: Coding::Gzip }
    };
    let mut shelf = Shelf::default();
    let favourite = key(0);
    shelf.keep(favourite, Some(vec![0; 1000].into()));
    for n in 1..100 {
        shelf.keep(key(n), Some(vec![0; 1 << 20].into()));
        assert!(shelf.find(&favourite).is_some(), "{n}");
        assert!(shelf.bytes <= BUDGET);
        assert_eq!(shelf.bytes, shelf.made.values().map(|made| size(&made.form)).sum::<usize>());
    }
    shelf.keep(key(200), Some(vec![0; BUDGET - ENTRY].into()));
    assert!(shelf.bytes <= BUDGET && shelf.made.len() == 1);
}
