//! One worker process: started, listened to, and ended.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as Pair;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::process::Command;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::failure::Failure;
use super::wire;
use crate::config::{Wsgi, WsgiApp};
use crate::event::Feed;
use crate::server::apps::child::Child;
use crate::server::apps::said::Said;

/// What the interpreter is told on its command line: to read the rest from its descriptor 0. Any
/// Python can read it, so that one that is too old can say so.
const BOOT: &str = "\
import os,sys
if sys.version_info<(3,8):sys.exit('stan needs Python 3.8 or newer, and '+sys.executable+' is '+sys.version.split()[0])
def take(n):
 b=b''
 while len(b)<n:
  p=os.read(0,n-len(b))
  if not p:sys.exit(0)
  b+=p
 return b
fields=take(int(take(8))).decode('utf-8').split('\\0')
SERVER_CONNECT=fields[0]
for text in fields[1:7]:exec(compile(text,'<stan worker>','exec'))
main(fields[7:])
";
const SOURCES: [&str; 7] = [
    include_str!("server_connect.py"),
    include_str!("streams.py"),
    include_str!("area.py"),
    include_str!("exchange.py"),
    include_str!("crew.py"),
    include_str!("worker.py"),
    include_str!("loading.py"),
];

/// What the environment of an app has unless somebody has said otherwise: Flask leaves an exception to the server, whose
/// page shows it, and does not start a server of its own.
const USUAL: [(&str, &str); 2] = [("FLASK_DEBUG", "1"), ("FLASK_RUN_FROM_CLI", "true")];

/// How long a worker that was told that it is enough may take, then one that got SIGTERM.
const LEAVE: Duration = Duration::from_secs(2);
const GRACE: Duration = Duration::from_secs(2);
/// Lines of what an app prints that are shown of each second.
const LINES: u32 = 100;

/// What a worker has to say.
#[derive(Debug)]
pub(super) enum News {
    /// It has imported the app.
    Ready,
    /// Files of which the app is made.
    Files(Vec<String>),
    /// It could not import the app, and ends.
    Broken(Failure),
    /// Something to tell the person.
    Warning(String),
    /// It has so many MiB, far more than when it began.
    Large(String),
    /// It does not keep to the protocol.
    Strange,
    /// A request has waited so long for an answer.
    Hung(Duration),
    /// It has ended by itself: how, and what it printed last.
    Ended(String, String),
}

/// How workers are started and heard.
pub(super) struct Starter {
    pub(super) app: Arc<Wsgi>,
    pub(super) name: Arc<str>,
    pub(super) python: PathBuf,
    pub(super) workers: usize,
    pub(super) feed: Feed,
    pub(super) processes: TaskTracker,
    pub(super) news: mpsc::Sender<(u64, News)>,
}

impl Starter {
    /// Starts worker `id`, which is ended when `end` is cancelled. Gives our end of its control connection.
    /// `known` are the files of which the app was made before.
    pub(super) fn start(&self, id: u64, known: &[PathBuf], end: CancellationToken) -> io::Result<UnixStream> {
        let (ours, theirs) = Pair::pair()?;
        ours.set_nonblocking(true)?;
        // One to read and write in the task, one to send descriptors on.
        let (control, orders) = (UnixStream::from_std(ours.try_clone()?)?, UnixStream::from_std(ours)?);
        let mut child = Child::spawn(self.command(theirs))?;
        let mut said = Said::new(&self.name, self.feed.clone(), LINES);
        if let Some(out) = child.stdout() {
            said.listen(out);
        }
        if let Some(err) = child.stderr() {
            said.listen(err);
        }
        let (boot, root, news) = (self.boot(known), self.app.dir.clone(), self.news.clone());
        self.processes.spawn(async move {
            let mut control = control;
            let heard = async {
                let _ = control.write_all(&boot).await;
                listen(&mut control, id, &root, &news).await;
            };
            if end.run_until_cancelled(heard).await.is_none() {
                let _ = control.write_all(b"Q\0").await;
                let left = tokio::time::timeout(LEAVE, child.wait()).await;
                if left.is_err() {
                    child.end(GRACE).await;
                }
                return;
            }
            // One that has only closed its connections is of no use any more.
            let Ok(status) = tokio::time::timeout(LEAVE, child.wait()).await else {
                child.end(GRACE).await;
                let _ =
                    news.send((id, News::Ended("it had closed its connections".to_owned(), said.end().await))).await;
                return;
            };
            let status = status.map_or_else(|why| why.to_string(), |status| status.to_string());
            let _ = news.send((id, News::Ended(status, said.end().await))).await;
        });
        Ok(orders)
    }

    fn command(&self, control: Pair) -> Command {
        let mut command = Command::new(&self.python);
        command.args(["-u", "-c", BOOT]).current_dir(&self.app.dir);
        for (name, value) in USUAL.iter().filter(|(name, _)| std::env::var_os(name).is_none()) {
            command.env(name, value);
        }
        command.envs(self.app.env.iter().cloned());
        command.stdin(Stdio::from(OwnedFd::from(control))).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// What the interpreter reads: eight digits, and as many bytes of texts with NUL between.
    fn boot(&self, known: &[PathBuf]) -> Vec<u8> {
        let path = |path: &Path| path.to_string_lossy().into_owned();
        let (kind, target) = match &self.app.app {
            WsgiApp::Callable(target) => ("callable", target.clone()),
            WsgiApp::File(file) => ("file", path(file)),
            WsgiApp::Folder(folder) => ("folder", path(folder)),
        };
        let (threads, workers) = (self.app.threads.to_string(), self.workers.to_string());
        let dir = path(&self.app.dir);
        let known: Vec<String> = known.iter().map(|file| path(file)).collect();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let texts = [&SOURCES[..], &[kind, &target, &self.name, &dir, &threads, &workers], &known].concat().join("\0");
        [format!("{:08}", texts.len()).as_bytes(), texts.as_bytes()].concat()
    }
}

/// Reads the control connection to its end.
async fn listen(control: &mut UnixStream, id: u64, root: &Path, news: &mpsc::Sender<(u64, News)>) {
    let mut buffer = BytesMut::with_capacity(1024);
    loop {
        while let Some((kind, bytes)) = wire::take(&mut buffer) {
            let said = match kind {
                wire::READY => {
                    let _ = news.send((id, News::Files(wire::texts(&bytes).collect()))).await;
                    News::Ready
                }
                wire::FILES => News::Files(wire::texts(&bytes).collect()),
                wire::BROKEN => News::Broken(Failure::told(&bytes, root)),
                wire::LARGE => News::Large(wire::texts(&bytes).collect()),
                wire::WARNING => News::Warning(wire::texts(&bytes).collect()),
                _ => return,
            };
            if news.send((id, said)).await.is_err() {
                return;
            }
        }
        if wire::peek(&buffer).is_some_and(|(_, length)| length > wire::MOST) {
            return;
        }
        match control.read_buf(&mut buffer).await {
            Ok(1..) => {}
            _ => return,
        }
    }
}
