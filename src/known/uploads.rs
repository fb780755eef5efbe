//! Uploads under way and ended.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::event::{Upload, UploadState};

/// Ended uploads that are remembered.
const ENDED: usize = 1000;

/// An upload, and how fast it comes.
#[derive(Debug, Clone)]
pub struct Transfer {
    /// What was last said of it.
    pub upload: Upload,
    /// Bytes a second, lately.
    pub speed: u64,
}

impl Transfer {
    /// Whether it is under way: bytes still arrive, or wait to be sent on.
    pub fn arriving(&self) -> bool {
        matches!(self.upload.state, UploadState::Arriving | UploadState::Waiting)
    }

    /// Hundredths received, where the whole is known.
    pub fn percent(&self) -> Option<u8> {
        let total = self.upload.total.filter(|total| *total > 0)?;
        Some((u128::from(self.upload.received.min(total)) * 100 / u128::from(total)) as u8)
    }

    /// Time that is left, where that can be told.
    pub fn left(&self) -> Option<Duration> {
        let bytes = self.upload.total?.checked_sub(self.upload.received)?;
        (self.speed > 0).then(|| Duration::from_secs(bytes / self.speed))
    }
}

/// Uploads by id.
#[derive(Debug, Default)]
pub struct Uploads {
    by_id: BTreeMap<u64, Transfer>,
    arriving: usize,
    done: u64,
    failed: u64,
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
            (UploadState::Done { .. }, false) => self.done += 1,
            (UploadState::Failed(_), false) => self.failed += 1,
            (_, true) => {}
        }
        let speed = speed(old, &upload);
        self.by_id.insert(upload.id, Transfer { upload, speed });
        if self.by_id.len() - self.arriving > ENDED {
            let oldest = self.by_id.iter().find(|(_, transfer)| !transfer.arriving()).map(|(id, _)| *id);
            oldest.and_then(|id| self.by_id.remove(&id));
        }
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
}

/// Bytes a second: the mean of the whole when it has ended, else mostly what came last.
fn speed(old: Option<&Transfer>, new: &Upload) -> u64 {
    let per_second = |bytes: u64, time: Duration| (bytes as f64 / time.as_secs_f64().max(0.001)) as u64;
    match old {
        Some(old) if new.state == UploadState::Arriving => {
            let time = new.took.saturating_sub(old.upload.took);
            if time.is_zero() {
                return old.speed;
            }
            let last = per_second(new.received.saturating_sub(old.upload.received), time);
            old.speed - old.speed / 4 + last / 4
        }
        _ => per_second(new.received, new.took),
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
        let transfer = |received, total| Transfer {
            upload: Upload { total, ..upload(1, received, 1, UploadState::Arriving) },
            speed: 0,
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
}
