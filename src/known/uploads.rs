//! Uploads under way and ended.

mod totals;
mod transfer;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::event::{Upload, UploadState};

pub use totals::Totals;
pub use transfer::{Transfer, clock};

/// Ended uploads that are remembered.
const ENDED: usize = 1000;
/// After so long without a byte nobody can say how fast it comes.
const STALL: Duration = Duration::from_secs(3);

/// Uploads by id.
#[derive(Debug, Default)]
pub struct Uploads {
    by_id: BTreeMap<u64, Transfer>,
    arriving: usize,
    done: u64,
    /// Bytes of those that are done.
    bytes: u64,
    failed: u64,
    now: Option<Instant>,
}

impl Uploads {
    /// Takes in how an upload stands.
    pub fn apply(&mut self, upload: Upload) {
        let old = self.by_id.get(&upload.id);
        if old.is_some_and(Transfer::arriving) {
            self.arriving -= 1;
        }
        match (&upload.state, old.is_some_and(|old| !old.arriving())) {
            (UploadState::Arriving | UploadState::Waiting, _) => self.arriving += 1,
            (UploadState::Done { .. }, false) => {
                self.done += 1;
                self.bytes += upload.received;
            }
            (UploadState::Failed(_), false) => self.failed += 1,
            (UploadState::Deleted, _) | (_, true) => {}
        }
        let transfer = Transfer::following(old, upload, self.now);
        self.by_id.insert(transfer.upload.id, transfer);
        if self.by_id.len() - self.arriving > ENDED {
            let oldest = self.by_id.iter().find(|(_, transfer)| !transfer.arriving()).map(|(id, _)| *id);
            oldest.and_then(|id| self.by_id.remove(&id));
        }
    }

    /// Takes in that a file that had arrived is elsewhere now.
    pub fn rename(&mut self, id: u64, to: PathBuf) {
        let Some(Transfer { upload, .. }) = self.by_id.get_mut(&id) else { return };
        if let UploadState::Done { path, .. } = &mut upload.state {
            upload.name = to.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
            *path = to;
        }
    }

    /// Lets time pass: of an upload of which nothing is heard, nobody knows how fast it comes.
    pub fn advance(&mut self, now: Instant) {
        self.now = Some(now);
        if self.arriving > 0 {
            self.by_id.values_mut().for_each(|transfer| transfer.advance(now, STALL));
        }
    }

    /// When one of them will have stalled, if nothing is heard of it until then.
    pub fn next_change(&self) -> Option<Instant> {
        if self.arriving == 0 {
            return None;
        }
        self.by_id.values().filter_map(|transfer| transfer.stalls_at(STALL)).min()
    }

    /// Those under way, newest first, and then those that ended, newest first.
    pub fn iter(&self) -> impl Iterator<Item = &Transfer> {
        let newest = || self.by_id.values().rev();
        newest().filter(|t| t.arriving()).chain(newest().filter(|t| !t.arriving()))
    }

    /// One of them.
    pub fn get(&self, id: u64) -> Option<&Transfer> {
        self.by_id.get(&id)
    }

    /// The place of one of them in [`Uploads::iter`].
    pub fn place(&self, id: u64) -> Option<usize> {
        self.iter().position(|transfer| transfer.upload.id == id)
    }

    /// How many are remembered.
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether there was none.
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// How many are under way.
    pub fn arriving(&self) -> usize {
        self.arriving
    }

    /// How many arrived whole in this run.
    pub fn done(&self) -> u64 {
        self.done
    }

    /// How many were given up in this run.
    pub fn failed(&self) -> u64 {
        self.failed
    }

    /// All of them together.
    pub fn totals(&self) -> Totals {
        let under_way = self.by_id.values().filter(|transfer| transfer.arriving());
        Totals::of(under_way, self.done, self.bytes, self.failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upload(id: u64, received: u64, millis: u64, state: UploadState) -> Upload {
        Upload {
            id,
            name: format!("IMG_{id}.jpg"),
            from: [192, 168, 1, 40].into(),
            device: "iPhone".into(),
            received,
            total: Some(4000),
            took: Duration::from_millis(millis),
            state,
        }
    }

    fn done() -> UploadState {
        UploadState::Done { path: "uploads/x".into(), duplicate: false }
    }

    fn ids(uploads: &Uploads) -> Vec<u64> {
        uploads.iter().map(|t| t.upload.id).collect()
    }

    #[test]
    fn those_under_way_come_first_and_the_newest_of_each() {
        let mut uploads = Uploads::default();
        (1..=4).for_each(|id| uploads.apply(upload(id, 0, 0, UploadState::Arriving)));
        uploads.apply(upload(4, 4000, 10, done()));
        uploads.apply(upload(2, 1, 10, UploadState::Failed("the client went away".into())));
        assert_eq!(ids(&uploads), [3, 1, 4, 2]);
        assert_eq!((uploads.arriving(), uploads.done(), uploads.failed()), (2, 1, 1));
    }

    #[test]
    fn speed_follows_what_came_last() {
        let mut uploads = Uploads::default();
        uploads.apply(upload(1, 1000, 1000, UploadState::Arriving));
        assert_eq!(uploads.get(1).unwrap().speed, 1000);
        uploads.apply(upload(1, 3000, 1500, UploadState::Arriving));
        assert_eq!(uploads.get(1).unwrap().speed, 1750);
        uploads.apply(upload(1, 4000, 2000, done()));
        assert_eq!(uploads.get(1).unwrap().speed, 2000);
    }

    #[test]
    fn percent_never_passes_the_hundred_and_needs_a_whole() {
        let transfer = |received, total| {
            Transfer::following(None, Upload { total, ..upload(1, received, 0, UploadState::Arriving) }, None)
        };
        assert_eq!(transfer(1000, Some(4000)).percent(), Some(25));
        assert_eq!(transfer(u64::MAX, Some(4000)).percent(), Some(100));
        assert_eq!(transfer(5, None).percent(), None);
        assert_eq!(transfer(0, Some(0)).percent(), None);
        assert_eq!(transfer(0, Some(10)).left(), None);
    }

    #[test]
    fn only_so_many_that_ended_are_remembered() {
        let mut uploads = Uploads::default();
        uploads.apply(upload(1, 0, 0, UploadState::Arriving));
        (2..=ENDED as u64 + 10).for_each(|id| uploads.apply(upload(id, 1, 1, done())));
        assert_eq!(uploads.len(), ENDED + 1);
        assert!(uploads.get(1).is_some_and(Transfer::arriving));
        assert_eq!(uploads.done(), ENDED as u64 + 9);
    }

    #[test]
    fn one_of_which_nothing_is_heard_has_no_speed_and_wakes_nobody_again() {
        let (mut uploads, start) = (Uploads::default(), Instant::now());
        uploads.advance(start);
        uploads.apply(upload(1, 1000, 1000, UploadState::Arriving));
        assert_eq!(uploads.next_change(), Some(start + STALL));
        assert!(uploads.get(1).unwrap().left().is_some());
        uploads.advance(start + STALL);
        let stalled = uploads.get(1).unwrap();
        assert_eq!((stalled.stalled, stalled.speed, stalled.left()), (true, 0, None));
        assert_eq!(uploads.next_change(), None);
        uploads.apply(upload(1, 2000, 5000, UploadState::Arriving));
        assert!(!uploads.get(1).unwrap().stalled);
        uploads.apply(upload(1, 2000, 5000, UploadState::Waiting));
        assert_eq!((uploads.next_change(), uploads.get(1).unwrap().speed), (None, 0));
    }

    #[test]
    fn a_file_that_has_arrived_is_renamed_and_deleted_and_has_still_arrived() {
        let mut uploads = Uploads::default();
        uploads.apply(upload(1, 4000, 10, done()));
        uploads.rename(1, "uploads/beach.jpg".into());
        assert_eq!(uploads.get(1).unwrap().upload.name, "beach.jpg");
        uploads.rename(2, "uploads/none.jpg".into());
        uploads.apply(upload(1, 4000, 10, UploadState::Deleted));
        assert_eq!((uploads.done(), uploads.arriving(), uploads.totals().arrived_bytes), (1, 0, 4000));
        uploads.rename(1, "uploads/back.jpg".into());
        assert_eq!(uploads.get(1).unwrap().upload.name, "IMG_1.jpg");
    }

    #[test]
    fn all_of_them_together() {
        let mut uploads = Uploads::default();
        uploads.apply(upload(1, 1000, 1000, UploadState::Arriving));
        uploads.apply(upload(2, 3000, 1000, UploadState::Arriving));
        uploads.apply(upload(3, 4000, 1000, done()));
        let totals = uploads.totals();
        assert_eq!((totals.under_way, totals.received, totals.total, totals.speed), (2, 4000, Some(8000), 4000));
        assert_eq!(totals.left(), Some(Duration::from_secs(1)));
        assert_eq!(totals.words(), "1 arrived, 4.0 KB; 2 under way, 4.0 of 8.0 KB, 4.0 KB/s, 00:01 left");
        uploads.apply(Upload { total: None, ..upload(4, 10, 0, UploadState::Arriving) });
        assert_eq!((uploads.totals().total, uploads.totals().left()), (None, None));
        assert_eq!(Uploads::default().totals().words(), "0 arrived, 0 under way");
    }
}
