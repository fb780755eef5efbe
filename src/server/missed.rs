//! Whether a page that was away has missed a change, by the files that it is made of.

use std::fs::Metadata;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use arc_swap::ArcSwap;
use xxhash_rust::xxh3::xxh3_64;

use super::inject;
use super::live::Missed;
use super::site::Site;

/// A page larger than this is not read only to compare it.
const LARGEST: u64 = 8 << 20;
/// Entries of a folder that are looked at.
const ENTRIES: usize = 10_000;

/// Looks at the files behind the paths of the site in force.
pub struct ByFiles(pub Arc<ArcSwap<Site>>);

impl Missed for ByFiles {
    fn missed(&self, page: &str, build: &str, away: Range<SystemTime>, uses: &[String]) -> bool {
        let site = self.0.load_full();
        let changed = |path: &str| site.sources_of(path).iter().any(|file| changed_while(file, &away));
        let same = site.static_file(page).is_some_and(|file| shows(&file, build));
        let listed = || {
            let is_list = page.ends_with('/') && site.static_file(page).is_none();
            let out = &site.config.upload.dir;
            is_list && site.sources_of(page).iter().any(|folder| entry_changed_while(folder, out, &away))
        };
        (!same && changed(page)) || uses.iter().any(|path| changed(path)) || listed()
    }
}

/// Whether the page of this build is what the file holds now.
fn shows(file: &Path, build: &str) -> bool {
    let small = file.metadata().is_ok_and(|meta| meta.is_file() && meta.len() <= LARGEST);
    small && std::fs::read(file).is_ok_and(|bytes| inject::build(xxh3_64(&bytes)) == build)
}

/// Whether the file's content or its place has changed in that time.
fn changed_while(file: &Path, away: &Range<SystemTime>) -> bool {
    let within = |at: SystemTime| at > away.start && at <= away.end;
    file.metadata().is_ok_and(|meta| meta.modified().is_ok_and(within) || moved_at(&meta).is_some_and(within))
}

/// Whether that is so of what a list of this folder shows. What is hidden or lies at `out` is not
/// shown; entries that came or went have changed the folder itself.
fn entry_changed_while(folder: &Path, out: &Path, away: &Range<SystemTime>) -> bool {
    let entries = std::fs::read_dir(folder).into_iter().flatten().take(ENTRIES).flatten();
    let shown = entries.filter(|entry| !entry.file_name().as_encoded_bytes().starts_with(b"."));
    shown.map(|entry| entry.path()).any(|path| path != out && changed_while(&path, away))
}

/// The inode's change time: unlike the modification time, no copy or checkout sets it back.
#[cfg(unix)]
fn moved_at(meta: &Metadata) -> Option<SystemTime> {
    use std::os::unix::fs::MetadataExt;
    let seconds = Duration::from_secs(u64::try_from(meta.ctime()).ok()?);
    UNIX_EPOCH.checked_add(seconds + Duration::from_nanos(u64::try_from(meta.ctime_nsec()).ok()?))
}

#[cfg(not(unix))]
fn moved_at(_: &Metadata) -> Option<SystemTime> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_save_and_a_rename_count() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.css");
        std::fs::write(&file, "a").unwrap();
        let (now, minute) = (SystemTime::now(), Duration::from_secs(60));
        assert!(changed_while(&file, &(now - minute..now + minute)));
        assert!(!changed_while(&file, &(now + minute..now + 2 * minute)));
        assert!(!changed_while(&file, &(now - 2 * minute..now - minute)), "whoever came back before it is told");
        let old = std::fs::File::options().write(true).open(&file).unwrap();
        old.set_modified(UNIX_EPOCH).unwrap();
        assert!(changed_while(&file, &(now - minute..now + minute)), "its change time is new");
        assert!(!changed_while(&folder.path().join("gone"), &(UNIX_EPOCH..now)));
    }

    #[test]
    fn a_list_shows_what_is_in_its_entries() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let (now, minute) = (SystemTime::now(), Duration::from_secs(60));
        let away = now - minute..now + minute;
        std::fs::write(at(".hidden"), "").unwrap();
        std::fs::create_dir(at("uploads")).unwrap();
        assert!(!entry_changed_while(folder.path(), &at("uploads"), &away));
        std::fs::write(at("a.txt"), "").unwrap();
        assert!(entry_changed_while(folder.path(), &at("uploads"), &away));
        assert!(!entry_changed_while(folder.path(), &at("uploads"), &(now + minute..now + 2 * minute)));
        assert!(!entry_changed_while(&at("gone"), &at("uploads"), &away));
    }

    #[test]
    fn a_build_is_of_the_content() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.html");
        std::fs::write(&file, "<p>a").unwrap();
        assert!(shows(&file, &inject::build(xxh3_64(b"<p>a"))));
        assert!(!shows(&file, &inject::build(xxh3_64(b"<p>b"))));
        assert!(!shows(&file, ""));
    }
}
