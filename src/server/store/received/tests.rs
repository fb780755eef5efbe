use std::net::Ipv4Addr;
use std::os::unix::fs::symlink;
use std::time::Duration;

use tempfile::TempDir;

use super::*;
use crate::event::{Reader, feed};

/// A folder with files that have arrived in it.
struct House {
    dir: TempDir,
    received: Received,
    reader: Reader,
}

fn house(names: &[&str]) -> House {
    let dir = tempfile::tempdir().unwrap();
    let (feed, reader) = feed();
    let house = House { dir, received: Received::new(feed), reader };
    for (id, name) in (1..).zip(names) {
        fs::write(house.at(name), name).unwrap();
        house.received.add(&house.upload(id, name, false));
    }
    house
}

impl House {
    fn at(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn upload(&self, id: u64, name: &str, duplicate: bool) -> Upload {
        Upload {
            id,
            name: name.to_owned(),
            from: Ipv4Addr::LOCALHOST.into(),
            device: "curl".to_owned(),
            received: name.len() as u64,
            total: None,
            took: Duration::ZERO,
            state: UploadState::Done { path: self.at(name), duplicate },
        }
    }

    fn names(&self) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(self.dir.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn told(&mut self) -> usize {
        self.reader.take().events.len()
    }
}

#[test]
fn a_renamed_file_is_found_under_its_new_name() {
    let mut house = house(&["a.txt", "b.txt"]);
    assert_eq!(house.received.rename(1, "c.txt").unwrap(), "c.txt");
    assert_eq!(house.names(), ["b.txt", "c.txt"]);
    assert_eq!(house.received.path(1).unwrap(), house.at("c.txt"));
    assert!(matches!(house.reader.take().events.pop_front(), Some(Event::Renamed { id: 1, .. })));
    assert_eq!(house.received.rename(1, "c.txt").unwrap(), "c.txt", "it has that name");
}

#[test]
fn a_name_is_made_safe_and_never_that_of_another_file() {
    let house = house(&["a.txt", "b.txt"]);
    assert!(matches!(house.received.rename(1, "b.txt"), Err(ReceivedError::Taken { .. })));
    assert_eq!(fs::read_to_string(house.at("b.txt")).unwrap(), "b.txt");
    for name in ["../c.txt", "/etc/passwd", "sub/c.txt", "C:\\c.txt", "..", ".", "", " ", "\u{202e}"] {
        let refused = house.received.rename(1, name);
        assert!(matches!(refused, Err(ReceivedError::NotAName { .. })), "{name:?}: {refused:?}");
    }
    assert_eq!(house.received.rename(1, ".hid\u{202e}den?").unwrap(), "hidden_");
    assert_eq!(house.received.rename(1, "con").unwrap(), "_con");
    assert_eq!(house.names(), ["_con", "b.txt"]);
}

#[test]
fn exactly_the_file_is_deleted() {
    let mut house = house(&["a.txt", "b.txt"]);
    assert_eq!(house.received.delete(1).unwrap(), "a.txt");
    assert_eq!((house.names(), house.told()), (vec!["b.txt".to_owned()], 1));
    assert!(matches!(house.received.delete(1), Err(ReceivedError::Deleted { .. })));
    assert!(matches!(house.received.path(3), Err(ReceivedError::Unknown { id: 3 })));
}

#[test]
fn what_stands_in_its_place_is_left_alone() {
    let house = house(&["a.txt", "b.txt", "c.txt", "d.txt"]);
    fs::remove_file(house.at("a.txt")).unwrap();
    assert!(matches!(house.received.delete(1), Err(ReceivedError::Gone { .. })));
    // A link to the very file that arrived.
    fs::rename(house.at("b.txt"), house.at("elsewhere")).unwrap();
    symlink(house.at("elsewhere"), house.at("b.txt")).unwrap();
    assert!(matches!(house.received.delete(2), Err(ReceivedError::Changed { .. })));
    // Another file of the same name and size.
    fs::write(house.at("new"), "other").unwrap();
    fs::rename(house.at("new"), house.at("c.txt")).unwrap();
    assert!(matches!(house.received.rename(3, "x"), Err(ReceivedError::Changed { .. })));
    fs::write(house.at("d.txt"), "more in it").unwrap();
    assert!(matches!(house.received.delete(4), Err(ReceivedError::Changed { .. })));
    assert_eq!(house.names(), ["b.txt", "c.txt", "d.txt", "elsewhere"]);
}

#[test]
fn bytes_that_came_twice_are_one_file_for_both_numbers() {
    let mut house = house(&["a.txt"]);
    house.received.add(&house.upload(2, "a.txt", true));
    house.received.rename(2, "b.txt").unwrap();
    assert_eq!(house.received.path(1).unwrap(), house.at("b.txt"));
    house.received.delete(1).unwrap();
    assert!(matches!(house.received.path(2), Err(ReceivedError::Deleted { .. })));
    assert_eq!((house.told(), house.received.last()), (4, None));
}

#[test]
fn the_last_is_the_one_that_arrived_last() {
    let house = house(&["a", "b", "c"]);
    house.received.add(&house.upload(2, "b", false));
    assert_eq!(house.received.last(), Some(2));
    house.received.delete(2).unwrap();
    assert_eq!(house.received.last(), Some(3));
}

#[test]
fn the_oldest_are_forgotten() {
    let house = house(&["a"]);
    (2..=MOST as u64 + 1).for_each(|id| house.received.add(&house.upload(id, "a", true)));
    assert!(matches!(house.received.path(1), Err(ReceivedError::Unknown { .. })));
    assert!(house.received.path(2).is_ok());
}
