use std::path::Path;

use rustix::process::{Pid, test_kill_process};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;
use crate::event::feed;

const PATIENCE: Duration = Duration::from_secs(20);

/// Answers everybody with its own number, until it is ended.
const SERVER: &str = r#"exec python3 -c '
import os, socket
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", int(os.environ["PORT"]))); s.listen()
while True:
    c = s.accept()[0]
    try: c.send((str(os.getpid()) + " " + os.environ["MOOD"]).encode())
    except OSError: pass
    c.close()
'"#;

fn app(dir: &Path, command: &str) -> App {
    App {
        name: "app".to_owned(),
        command: command.to_owned(),
        dir: dir.to_owned(),
        port: None,
        env: vec![("MOOD".to_owned(), "fine".to_owned())],
    }
}

async fn says(at: SocketAddr) -> String {
    let mut text = String::new();
    let mut stream = TcpStream::connect(at).await.unwrap();
    stream.read_to_string(&mut text).await.unwrap();
    stream.shutdown().await.ok();
    text
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
    timeout(PATIENCE, seen).await.expect("never came")
}

#[tokio::test]
async fn it_is_ready_when_it_answers_and_gone_when_it_is_stopped() {
    let dir = tempfile::tempdir().unwrap();
    let supervisor = Supervisor::start(app(dir.path(), SERVER), feed().0);
    let at = supervisor.ready(PATIENCE).await.unwrap();
    assert!(says(at).await.ends_with(" fine"));
    supervisor.stop().await;
    assert!(TcpStream::connect(at).await.is_err());
}

#[tokio::test]
async fn restarted_it_is_another() {
    let dir = tempfile::tempdir().unwrap();
    let supervisor = Supervisor::start(app(dir.path(), SERVER), feed().0);
    let first = says(supervisor.ready(PATIENCE).await.unwrap()).await;
    let mut state = supervisor.state();
    supervisor.restart();
    timeout(PATIENCE, state.wait_for(|state| *state == State::Starting)).await.unwrap().unwrap();
    let second = says(supervisor.ready(PATIENCE).await.unwrap()).await;
    assert_ne!(first, second);
    supervisor.stop().await;
}

#[tokio::test]
async fn one_that_crashes_is_started_again() {
    let dir = tempfile::tempdir().unwrap();
    let command = format!("if [ -e crashed ]; then {SERVER}; fi; touch crashed; echo broken >&2; exit 3");
    let (feed, mut reader) = feed();
    let supervisor = Supervisor::start(app(dir.path(), &command), feed);
    let why = supervisor.ready(PATIENCE).await.unwrap_err();
    assert!(why.contains("status: 3") && why.contains("(broken)"), "{why}");
    let mut state = supervisor.state();
    timeout(PATIENCE, state.wait_for(|state| matches!(state, State::Ready(_)))).await.unwrap().unwrap();
    let texts: Vec<String> = reader
        .take()
        .events
        .into_iter()
        .filter_map(|event| if let Event::Note(note) = event { Some(note.text) } else { None })
        .collect();
    assert!(texts.iter().any(|text| text == "app: broken"), "{texts:?}");
    assert!(texts.iter().any(|text| text.starts_with("app: ended with") && text.contains("250ms")), "{texts:?}");
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = taken.local_addr().unwrap().port();
    let supervisor = Supervisor::start(App { port: Some(port), ..app(dir.path(), SERVER) }, feed().0);
    let why = supervisor.ready(PATIENCE).await.unwrap_err();
    assert!(why.contains(&port.to_string()), "{why}");
}

#[tokio::test]
async fn dropped_it_takes_all_along() {
    let dir = tempfile::tempdir().unwrap();
    let supervisor = Supervisor::start(app(dir.path(), "sleep 1000 & echo $! > pid; wait"), feed().0);
    let file = dir.path().join("pid");
    let pid = until(|| Pid::from_raw(std::fs::read_to_string(&file).ok()?.strip_suffix('\n')?.parse().ok()?)).await;
    drop(supervisor);
    until(|| {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap_or_default();
        (test_kill_process(pid).is_err() || stat.contains(") Z ")).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_named() {
    let supervisor = Supervisor::start(app(Path::new("/nonexistent/folder"), "true"), feed().0);
    assert!(supervisor.ready(PATIENCE).await.unwrap_err().contains("/nonexistent/folder"));
}
