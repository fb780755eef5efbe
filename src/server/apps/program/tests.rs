use std::path::Path;

use rustix::process::{Pid, test_kill_process};
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

use super::keeper::HASTY;
use super::*;
use crate::config::Watched;
use crate::config::app::example;
use crate::event::{Event, Reader, feed};

const LONG: Duration = Duration::from_secs(20);

/// Answers everybody with its own number, until it is ended.
const SERVER: &str = r#"exec python3 -c '
import os, socket
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", int(os.environ["PORT"]))); s.listen()
while True:
    c = s.accept()[0]
    try: c.send((str(os.getpid()) + " " + os.environ.get("MOOD", "")).encode())
    except OSError: pass
    c.close()
'"#;

/// A program in a folder of its own.
struct Stage {
    dir: tempfile::TempDir,
    program: Program,
    processes: TaskTracker,
    feed: Feed,
    reader: Reader,
    said: Vec<String>,
}

impl Stage {
    fn new(command: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let program = Program { dir: dir.path().to_owned(), ..example("/app/{*rest}", command) };
        let (feed, reader) = feed();
        Self { dir, program, processes: TaskTracker::new(), feed, reader, said: Vec::new() }
    }

    fn start(&self) -> Arc<App> {
        self.start_after(Vec::new())
    }

    fn start_after(&self, before: Vec<Place>) -> Arc<App> {
        let around = Around { feed: self.feed.clone(), live: Pages::default(), before };
        App::start(self.program.clone(), around, &self.processes)
    }

    /// Waits for a note with this in it.
    async fn hears(&mut self, text: &str) -> String {
        let heard = async {
            loop {
                for event in self.reader.take().events {
                    if let Event::Note(note) = event {
                        self.said.push(note.text);
                    }
                }
                if let Some(line) = self.said.iter().find(|line| line.contains(text)) {
                    return line.clone();
                }
                sleep(Duration::from_millis(5)).await;
            }
        };
        let line = timeout(LONG, heard).await.ok();
        line.unwrap_or_else(|| panic!("never said: {text}; but {:#?}", self.said))
    }

    /// The number in a file that the program writes.
    async fn number(&self, file: &str) -> Pid {
        let file = self.dir.path().join(file);
        until(|| Pid::from_raw(std::fs::read_to_string(&file).ok()?.strip_suffix('\n')?.parse().ok()?)).await
    }
}

async fn until<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let seen = async {
        loop {
            if let Some(seen) = look() {
                return seen;
            }
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(LONG, seen).await.expect("never came")
}

async fn gone(pid: Pid) {
    until(|| {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap_or_default();
        (test_kill_process(pid).is_err() || stat.contains(") Z ")).then_some(())
    })
    .await;
}

/// What the program says at its port, once it answers.
async fn says(app: &App) -> String {
    let mut now = app.now.clone();
    let answers = now.wait_for(|now| matches!(now.state, State::Answers(_)));
    let state = timeout(LONG, answers).await.unwrap().unwrap().state.clone();
    let State::Answers(at) = state else { panic!("{state:?}") };
    let mut text = String::new();
    TcpStream::connect(at).await.unwrap().read_to_string(&mut text).await.unwrap();
    text
}

async fn state(app: &App, fits: impl FnMut(&Now) -> bool) -> Now {
    timeout(LONG, app.now.clone().wait_for(fits)).await.unwrap().unwrap().clone()
}

#[tokio::test]
async fn it_answers_with_its_environment_and_is_gone_when_it_is_ended() {
    let mut stage = Stage::new(SERVER);
    stage.program.env = vec![("MOOD".to_owned(), "fine".to_owned())];
    let app = stage.start();
    assert!(says(&app).await.ends_with(" fine"));
    let (run, at) = app.answering().await.unwrap();
    assert!(
        run == 1 && app.status().starts_with(&format!("app running, port {}, pid ", at.port())),
        "{}",
        app.status()
    );
    app.end();
    state(&app, |now| matches!(now.state, State::Over)).await;
    assert!(TcpStream::connect(at).await.is_err());
    stage.processes.close();
    timeout(LONG, stage.processes.wait()).await.expect("its task ends");
}

#[tokio::test]
async fn started_again_it_is_another() {
    let mut stage = Stage::new(SERVER);
    stage.program.watch = vec![Watched::parse(stage.dir.path(), "*.py").unwrap()];
    let app = stage.start();
    let first = says(&app).await;
    assert!(app.watches(&stage.dir.path().join("a.py")) && !app.watches(&stage.dir.path().join("a.txt")));
    app.restart("a.py changed");
    state(&app, |now| now.run == 2).await;
    assert_ne!(first, says(&app).await);
    stage.hears("app: starts again: a.py changed").await;
}

#[tokio::test]
async fn one_that_crashes_is_started_again() {
    let command = format!("if [ -e crashed ]; then {SERVER}; fi; touch crashed; echo broken >&2; exit 3");
    let mut stage = Stage::new(&command);
    let app = stage.start();
    let now = state(&app, |now| matches!(now.state, State::Down(_))).await;
    assert!(matches!(&now.state, State::Down(why) if why.contains("status 3")), "{now:?}");
    assert_eq!(now.last.text(), "broken");
    assert!(app.status().starts_with("app crashed: ended with status 3 ("), "{}", app.status());
    says(&app).await;
    stage.hears("app: broken").await;
    let line = stage.hears("app: ended with").await;
    assert!(line.contains("starts again in 250ms"), "{line}");
}

#[tokio::test]
async fn it_waits_longer_after_each_crash_and_not_at_all_after_an_order() {
    let mut stage = Stage::new("false");
    let app = stage.start();
    stage.hears("app: ended with status 1; it starts again in 250ms").await;
    stage.hears("app: fails the same way again; next try in 500ms").await;
    stage.hears("next try in 1.00s").await;
    let before = app.now.borrow().run;
    stage.said.clear();
    app.restart("ordered");
    state(&app, |now| now.run > before).await;
    stage.hears("in 250ms").await;
}

#[tokio::test]
async fn what_it_says_at_each_crash_is_told_once() {
    let mut stage = Stage::new("echo first of $(cat word) $$; exit 2");
    std::fs::write(stage.dir.path().join("word"), "one").unwrap();
    let app = stage.start();
    stage.hears("next try in 1.00s").await;
    let count = |stage: &Stage, part: &str| stage.said.iter().filter(|line| line.contains(part)).count();
    assert_eq!((count(&stage, "app: first of one"), count(&stage, "started, pid")), (1, 1), "{:#?}", stage.said);
    std::fs::write(stage.dir.path().join("word"), "two").unwrap();
    stage.hears("app: first of two").await;
    app.restart("ordered");
    stage.hears("app: starts again: ordered").await;
    state(&app, |now| now.run > 4 && matches!(now.state, State::Down(_))).await;
    stage.hears("next try in 1.00s").await;
    assert_eq!(count(&stage, "app: first of two"), 2, "what was ordered is shown: {:#?}", stage.said);
}

#[tokio::test]
async fn one_that_goes_into_the_background_is_not_started_again_and_again() {
    let mut stage = Stage::new("true");
    let _app = stage.start();
    let line = stage.hears("app: ended with status 0 before it answered").await;
    assert!(line.contains("option to stay in the foreground; it starts again in 30.0s"), "{line}");
}

#[tokio::test]
async fn one_that_is_slow_may_be_given_more_time() {
    let mut stage = Stage::new("sleep 1000");
    stage.program.ready = Duration::from_millis(50);
    let _app = stage.start();
    assert!(
        stage.hears("has not answered on port").await.contains("within 50ms; ")
            && stage.said.iter().any(|line| line.contains("or raise ready"))
    );
}

#[tokio::test]
async fn one_that_writes_into_what_it_watches_does_not_spin() {
    let mut stage = Stage::new("sleep 1000");
    stage.program.watch = vec![Watched::parse(stage.dir.path(), ".").unwrap()];
    let app = stage.start();
    for run in 1..=u64::from(HASTY) {
        state(&app, |now| now.run == run && now.pid.is_some()).await;
        app.restart("it wrote");
    }
    stage.hears("does it write into what it watches?").await;
    state(&app, |now| now.run > u64::from(HASTY) && now.pid.is_some()).await;
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let taken = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = taken.local_addr().unwrap().port();
    let mut stage = Stage::new(SERVER);
    stage.program.port = Some(port);
    let app = stage.start();
    stage.hears(&format!("cannot be given port {port}, which is taken")).await;
    drop(taken);
    says(&app).await;
    assert_eq!(app.now.borrow().port, Some(port));
}

#[tokio::test]
async fn what_is_not_there_is_named() {
    let mut stage = Stage::new("no-such-program --flag");
    let _app = stage.start();
    stage.hears("there is no program no-such-program; install it").await;
    let mut stage = Stage::new("no-such-program $HOME");
    let _app = stage.start();
    stage.hears("status 127: the program was not found").await;
    let mut stage = Stage::new("./plain");
    std::fs::write(stage.dir.path().join("plain"), "").unwrap();
    let _app = stage.start();
    stage.hears("./plain may not be run; chmod +x it").await;
    let mut stage = Stage::new("true");
    stage.program.dir = Path::new("/nonexistent/folder").to_owned();
    let _app = stage.start();
    stage.hears("cannot run in /nonexistent/folder").await;
}

#[tokio::test]
async fn who_does_not_listen_at_its_port_is_told_of() {
    let mut stage = Stage::new("echo http://localhost:5173/; sleep 1000");
    stage.program.ready = Duration::from_millis(100);
    let app = stage.start();
    stage.hears("it speaks of port 5173: say port = 5173").await;
    let now = app.answering().await.unwrap_err();
    assert!(matches!(now.state, State::Late(_)) && now.last.text().contains("5173"), "{now:?}");
}

#[tokio::test]
async fn dropped_it_takes_all_along() {
    let stage = Stage::new("sleep 1000 & echo $! > pid; wait");
    let app = stage.start();
    let pid = stage.number("pid").await;
    drop(app);
    gone(pid).await;
}

#[tokio::test]
async fn its_input_stays_open() {
    let mut stage = Stage::new("echo begun; cat; echo over");
    let app = stage.start();
    stage.hears("app: begun").await;
    app.restart("to look at what it says");
    stage.hears("app: starts again").await;
    state(&app, |now| now.run == 2 && now.pid.is_some()).await;
    assert!(!stage.said.iter().any(|line| line.contains("over")), "{:?}", stage.said);
}

#[tokio::test]
async fn another_begins_when_the_one_before_has_ended() {
    let mut stage = Stage::new("trap 'echo last words; exit' TERM; echo ready; while :; do sleep 0.01; done");
    let first = stage.start();
    stage.hears("app: ready").await;
    stage.program.command = SERVER.to_owned();
    assert!(first.gives_way_to(&stage.program) && !first.is(&stage.program));
    let second = stage.start_after(vec![first.place()]);
    says(&second).await;
    stage.hears("app: answers at").await;
    let place = |part: &str| stage.said.iter().rposition(|line| line.contains(part));
    assert!(place("last words").is_some() && place("last words") < place("started"), "{:#?}", stage.said);
}

#[tokio::test]
async fn one_that_is_not_wanted_any_more_ends_nobody() {
    let stage = Stage::new(SERVER);
    let first = stage.start();
    let said = says(&first).await;
    drop(stage.start_after(vec![first.place()]));
    tokio::task::yield_now().await;
    assert_eq!(says(&first).await, said);
}
