//! The watcher whole: on a real disk with the system's events, and with sources that fail.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use super::backend::{Backend, Open};
use super::inbox::Inbox;
use super::trouble::Trouble;
use super::*;

/// Long enough for a loaded machine; nothing waits so long when all is well.
const PATIENCE: Duration = Duration::from_secs(10);

struct Site {
    root: tempfile::TempDir,
    signals: mpsc::Receiver<Signal>,
    watcher: Watcher,
}

fn set(root: &Path) -> WatchSet {
    WatchSet {
        folders: vec![root.join("static"), root.join("templates")],
        files: vec![root.join("stan.conf")],
        ignore: vec![root.join("static/uploads"), root.join("stan.log")],
    }
}

impl Site {
    fn start(mode: config::Watch, open: Open) -> Self {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("static/uploads")).unwrap();
        fs::write(root.path().join("static/a.css"), "1").unwrap();
        // What was made just before the start would count as changed after it.
        let made = SystemTime::now();
        while stamp::now() <= made {
            std::thread::yield_now();
        }
        let (watcher, signals) = Watcher::with(set(root.path()), mode, open);
        Self { root, signals, watcher }
    }

    async fn native() -> Self {
        let mut site = Self::start(config::Watch::Native, Arc::new(native::open));
        assert_eq!(site.next().await, Signal::Mode(Watching::Native));
        site
    }

    async fn next(&mut self) -> Signal {
        tokio::time::timeout(PATIENCE, self.signals.recv()).await.expect("a signal in time").expect("a signal")
    }

    /// The paths of the next signal, relative.
    async fn changed(&mut self) -> Vec<String> {
        match self.next().await {
            Signal::Changed(paths) => {
                paths.iter().map(|path| path.strip_prefix(self.root.path()).unwrap().display().to_string()).collect()
            }
            other @ Signal::Mode(_) => panic!("{other:?}"),
        }
    }

    /// Reads signals until all of `wanted` have been told; how many signals that took.
    async fn until(&mut self, wanted: impl IntoIterator<Item = String>) -> usize {
        let mut wanted: BTreeSet<String> = wanted.into_iter().collect();
        let mut signals = 0;
        while !wanted.is_empty() {
            signals += 1;
            for path in self.changed().await {
                wanted.remove(&path);
            }
        }
        signals
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.root.path().join(name), text).unwrap();
    }

    /// Ends a test: nothing but the mark has been told since.
    async fn nothing_but(&mut self, mark: &str) {
        self.write(mark, "mark");
        assert_eq!(self.changed().await, [mark]);
    }
}

#[tokio::test]
async fn a_save_is_told() {
    let mut site = Site::native().await;
    site.write("static/a.css", "2");
    assert_eq!(site.changed().await, ["static/a.css"]);
    site.nothing_but("static/a.css").await;
}

#[tokio::test]
async fn a_save_before_events_are_heard_is_told_to_whom_relies_on_it() {
    for relied_on in [true, false] {
        let mut site = Site::start(config::Watch::Native, Arc::new(native::open));
        // The task has not run yet: this test has the only thread.
        if relied_on {
            site.watcher.relied_on();
        }
        site.write("static/a.css", "2");
        // In whatever order: what watches is told once it has been proved.
        let (mut told, mut proved) = (!relied_on, false);
        while !(told && proved) {
            match site.next().await {
                Signal::Mode(mode) => proved = mode == Watching::Native,
                Signal::Changed(paths) => {
                    assert_eq!(paths, [site.root.path().join("static/a.css")]);
                    told = true;
                }
            }
        }
        site.nothing_but("static/b.css").await;
    }
}

#[tokio::test]
async fn what_is_not_watched_is_not_told() {
    let mut site = Site::native().await;
    site.write("stan.log", "a line");
    site.write("other", "1");
    site.write("static/uploads/photo.jpg", "1");
    site.write("static/a.css~", "1");
    site.nothing_but("static/a.css").await;
}

#[tokio::test]
async fn a_rename_over_it_is_one() {
    let mut site = Site::native().await;
    site.write("static/a.css.k3j2", "2");
    fs::rename(site.root.path().join("static/a.css.k3j2"), site.root.path().join("static/a.css")).unwrap();
    assert_eq!(site.changed().await, ["static/a.css"]);
    site.nothing_but("static/b.css").await;
}

#[tokio::test]
async fn stan_conf_comes_changes_and_goes() {
    let mut site = Site::native().await;
    site.write("stan.conf", "port = 1");
    assert_eq!(site.changed().await, ["stan.conf"]);
    fs::remove_file(site.root.path().join("stan.conf")).unwrap();
    assert_eq!(site.changed().await, ["stan.conf"]);
}

#[tokio::test]
async fn a_folder_that_was_missing_is_watched_when_it_comes() {
    let mut site = Site::native().await;
    fs::create_dir(site.root.path().join("templates")).unwrap();
    site.write("templates/a.html", "1");
    site.until(["templates/a.html".to_owned()]).await;
    site.write("templates/b.html", "1");
    site.until(["templates/b.html".to_owned()]).await;
}

#[tokio::test]
async fn a_folder_that_is_removed_and_made_again_is_watched() {
    let mut site = Site::native().await;
    for _ in 0..3 {
        fs::remove_dir_all(site.root.path().join("static")).unwrap();
        fs::create_dir_all(site.root.path().join("static/deep")).unwrap();
        site.write("static/deep/a", "1");
        site.until(["static/deep/a".to_owned()]).await;
        site.write("static/deep/b", "1");
        site.until(["static/deep/b".to_owned()]).await;
    }
}

#[tokio::test]
async fn a_burst_of_500_new_files_is_few_signals() {
    let mut site = Site::native().await;
    let names = || (0..500).map(|i| format!("static/new/{i}.html"));
    fs::create_dir(site.root.path().join("static/new")).unwrap();
    names().for_each(|name| site.write(&name, "1"));
    assert!(site.until(names()).await <= 2);
}

#[tokio::test]
async fn a_link_inside_is_told_too() {
    let mut site = Site::native().await;
    std::os::unix::fs::symlink(site.root.path().join("static"), site.root.path().join("static/again")).unwrap();
    site.watcher.update(WatchSet { ignore: Vec::new(), ..set(site.root.path()) });
    site.until(["static/again".to_owned()]).await;
}

#[tokio::test]
async fn an_update_moves_the_watch() {
    let mut site = Site::native().await;
    fs::create_dir(site.root.path().join("more")).unwrap();
    let folders = vec![site.root.path().join("more")];
    site.watcher.update(WatchSet { folders, ..WatchSet::default() });
    // The new folder is heard as soon as the update has been carried out.
    for i in 0.. {
        site.write("more/x", &i.to_string());
        if tokio::time::timeout(Duration::from_millis(200), site.signals.recv()).await.is_ok() {
            break;
        }
    }
    site.write("static/a.css", "2");
    site.write("more/y", "1");
    site.until(["more/y".to_owned()]).await;
}

#[tokio::test]
async fn polling_sees_saves_new_files_and_what_went() {
    let mut site = Site::start(config::Watch::Poll, Arc::new(native::open));
    assert!(matches!(site.next().await, Signal::Mode(Watching::Polling(_))));
    for i in 0.. {
        site.write("static/a.css", &"x".repeat(i));
        if tokio::time::timeout(Duration::from_millis(400), site.signals.recv()).await.is_ok() {
            break;
        }
    }
    site.write("static/new.html", "1");
    site.until(["static/new.html".to_owned()]).await;
    fs::remove_file(site.root.path().join("static/a.css")).unwrap();
    site.until(["static/a.css".to_owned()]).await;
}

fn refusing(trouble: &Trouble) -> Open {
    let trouble = trouble.clone();
    Arc::new(move |_: Arc<Inbox>| Err(trouble.clone()))
}

/// Watches and never hears a thing, or hits the limit at the first folder.
struct Fake(Option<Trouble>);

impl Backend for Fake {
    fn watch(&mut self, _folder: &Path) -> Result<(), Trouble> {
        self.0.clone().map_or(Ok(()), Err)
    }
    fn unwatch(&mut self, _folder: &Path) {}
    fn is_deep(&self) -> bool {
        false
    }
}

fn fake(trouble: Option<Trouble>) -> Open {
    Arc::new(move |_: Arc<Inbox>| Ok(Box::new(Fake(trouble.clone()))))
}

#[tokio::test]
async fn without_native_events_it_polls_and_says_why() {
    let mut site = Site::start(config::Watch::Auto, refusing(&Trouble::Missing));
    assert_eq!(site.next().await, Signal::Mode(Watching::Polling("this system has no file events".to_owned())));
}

#[tokio::test]
async fn at_the_limit_of_watches_it_polls_and_says_what_to_raise() {
    let mut site = Site::start(config::Watch::Auto, fake(Some(Trouble::Watches)));
    let Signal::Mode(Watching::Polling(why)) = site.next().await else { panic!("no polling") };
    assert!(why.contains("fs.inotify.max_user_watches"), "{why}");
}

#[tokio::test]
async fn a_deaf_source_is_found_out_and_nothing_is_lost() {
    let mut site = Site::start(config::Watch::Auto, fake(None));
    site.write("static/b.css", "1");
    let (mut why, mut told) = (None, false);
    while why.is_none() || !told {
        match site.next().await {
            Signal::Mode(Watching::Polling(reason)) => why = Some(reason),
            Signal::Mode(other) => panic!("{other:?}"),
            Signal::Changed(paths) => told |= paths.iter().any(|path| path.ends_with("static/b.css")),
        }
    }
    assert!(why.is_some_and(|why| why.contains("no events come from")));
}

#[tokio::test]
async fn natively_or_not_at_all() {
    let mut site = Site::start(config::Watch::Native, refusing(&Trouble::Instances));
    assert!(matches!(site.next().await, Signal::Mode(Watching::Off(_))));
}

#[tokio::test]
async fn dropping_it_ends_it() {
    let mut site = Site::native().await;
    drop(site.watcher);
    assert_eq!(site.signals.recv().await, None);
}
