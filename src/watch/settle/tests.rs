use std::fs;

use super::super::sign::Sign;
use super::*;

/// A world of files without a disk: versions by path, and a clock.
struct World {
    settle: Settle,
    start: Instant,
    files: HashMap<PathBuf, Stamp>,
    told: Vec<(u64, Vec<String>)>,
}

/// Stamps that differ, from one real file each.
fn stamp(content: &str) -> Stamp {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("f");
    fs::write(&path, content).unwrap();
    Stamp::of(&path).unwrap()
}

impl World {
    fn new() -> Self {
        Self { settle: Settle::default(), start: Instant::now(), files: HashMap::new(), told: Vec::new() }
    }

    fn look(&mut self, ms: u64) {
        let files = &self.files;
        let told = self.settle.take(self.start + Duration::from_millis(ms), &mut |path| files.get(path).copied());
        if !told.is_empty() {
            self.told.push((ms, told.iter().map(|path| path.display().to_string()).collect()));
        }
    }

    /// `path` has `content` now, and `signs` were heard; what is due before comes first.
    fn at(&mut self, ms: u64, path: &str, content: Option<&str>, signs: &[Sign]) -> &mut Self {
        self.run_until(ms);
        let path = PathBuf::from(path);
        match content {
            Some(content) => self.files.insert(path.clone(), stamp(content)),
            None => self.files.remove(&path),
        };
        let mut all = Signs::default();
        for sign in signs {
            all.add(*sign);
        }
        let now = self.start + Duration::from_millis(ms);
        self.settle.sign(now, path.clone(), all, self.files.get(&path).copied());
        self.look(ms);
        self
    }

    fn run_until(&mut self, ms: u64) {
        while let Some(due) = self.settle.due() {
            let due = u64::try_from(due.duration_since(self.start).as_millis()).unwrap();
            if due > ms {
                break;
            }
            self.look(due);
        }
    }

    fn told(&mut self) -> Vec<(u64, String)> {
        self.run_until(100_000);
        self.told.iter().map(|(ms, paths)| (*ms, paths.join(" "))).collect()
    }
}

fn once(ms: u64, paths: &str) -> Vec<(u64, String)> {
    vec![(ms, paths.to_owned())]
}

use Sign::{Created, Removed, Whole, Written};

#[test]
fn a_save_is_told_at_once_and_once() {
    assert_eq!(World::new().at(0, "a", Some("1"), &[Written, Whole]).told(), once(0, "a"));
}

#[test]
fn truncate_then_write_is_one() {
    let mut world = World::new();
    world.at(0, "a", Some(""), &[Written]).at(1, "a", Some("new"), &[Written]).at(2, "a", Some("new"), &[Whole]);
    assert_eq!(world.told(), once(2, "a"));
}

#[test]
fn truncated_and_closed_then_written_is_one() {
    let mut world = World::new();
    world.at(0, "a", Some(""), &[Written, Whole]).at(9, "a", Some("new"), &[Written, Whole]);
    assert_eq!(world.told(), once(9, "a"));
}

#[test]
fn an_emptied_file_is_told_after_a_moment() {
    assert_eq!(World::new().at(0, "a", Some(""), &[Written, Whole]).told(), once(20, "a"));
}

#[test]
fn a_temporary_file_renamed_over_the_real_one_is_one() {
    let mut world = World::new();
    world.at(0, "a.x1", Some("new"), &[Created, Written, Whole]).at(1, "a.x1", None, &[Removed]).at(
        1,
        "a",
        Some("new"),
        &[Whole],
    );
    assert_eq!(world.told(), once(1, "a"));
}

#[test]
fn moved_away_and_written_anew_is_one() {
    let mut world = World::new();
    world.at(0, "a", None, &[Removed]).at(3, "a", Some("new"), &[Created, Written]).at(5, "a", Some("new"), &[Whole]);
    assert_eq!(world.told(), once(5, "a"));
}

#[test]
fn a_deleted_file_is_told_when_it_stays_away() {
    assert_eq!(World::new().at(0, "a", None, &[Removed]).told(), once(50, "a"));
}

#[test]
fn a_new_file_is_told_after_a_moment() {
    assert_eq!(World::new().at(0, "a", Some("1"), &[Created, Written, Whole]).told(), once(20, "a"));
}

#[test]
fn more_within_the_settling_time_is_told_once_more() {
    let mut world = World::new();
    world.at(0, "a", Some("1"), &[Whole]).at(10, "a", Some("2"), &[Whole]).at(30, "b", Some("1"), &[Whole]);
    assert_eq!(world.told(), [(0, "a".to_owned()), (80, "a b".to_owned())]);
}

#[test]
fn a_second_sign_of_the_same_file_is_nothing() {
    let mut world = World::new();
    world.at(0, "a", Some("1"), &[Whole]);
    let path = PathBuf::from("a");
    let stamp = world.files.get(&path).copied();
    world.settle.sign(world.start + Duration::from_millis(5), path, Whole.into(), stamp);
    assert_eq!(world.told(), once(0, "a"));
}

#[test]
fn endless_writing_is_told_every_300_ms() {
    let mut world = World::new();
    for i in 0..100 {
        world.at(i * 10, "a", Some(&i.to_string()), &[Whole]);
    }
    let times: Vec<u64> = world.told().iter().map(|(ms, _)| *ms).collect();
    assert_eq!(times, [0, 300, 600, 900, 1040]);
}

#[test]
fn a_large_file_that_is_being_written_waits_for_its_end() {
    let mut world = World::new();
    for i in 0..10 {
        world.at(i * 15, "a", Some(&"x".repeat(i as usize + 1)), &[Written]);
    }
    world.at(150, "a", Some("whole"), &[Whole]);
    assert_eq!(world.told(), once(150, "a"));
}

#[test]
fn a_copied_folder_is_one() {
    let mut world = World::new();
    for i in 0..15 {
        world.at(i * 10, &format!("d/{i:02}"), Some("1"), &[Created, Whole]);
    }
    let told = world.told();
    assert_eq!((told.len(), told[0].0, told[0].1.split(' ').count()), (1, 160, 15));
}

#[test]
fn a_burst_over_files_that_were_there_is_one_and_its_rest() {
    let mut world = World::new();
    for i in 0..50 {
        world.at(i, &format!("{i:02}"), Some("1"), &[Whole]);
    }
    let told = world.told();
    assert_eq!((told.len(), told[1].1.split(' ').count()), (2, 49));
}

#[test]
fn a_flood_is_its_roots() {
    let mut world = World::new();
    world.at(0, "a", Some("1"), &[Whole]);
    world.settle.flood(world.start + Duration::from_millis(10), &["/root".into()]);
    assert_eq!(world.told(), [(0, "a".to_owned()), (60, "/root".to_owned())]);
}
