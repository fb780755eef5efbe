//! A process that is ended whole: with all that it has started, and at the latest with stan itself.
//!
//! Belongs here: what every program that stan runs has in common, whatever it speaks.

use std::io;
use std::process::ExitStatus;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{ChildStderr, ChildStdin, ChildStdout, Command};

/// A running program and its process group. Dropping it ends the whole group.
#[derive(Debug)]
pub struct Child {
    inner: tokio::process::Child,
    group: Group,
}

#[derive(Debug)]
struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
    }
}

impl Group {
    fn signal(&self, signal: Signal) {
        if let Some(pid) = self.0 {
            // What has ended by itself needs no signal.
            let _ = kill_process_group(pid, signal);
        }
    }
}

impl Child {
    /// Starts `command` as the first of a process group of its own.
    ///
    /// It has to be called on a thread that lives as long as the server: where the system ends
    /// children with their parent, it is the thread that counts.
    pub fn spawn(mut command: Command) -> io::Result<Self> {
        command.process_group(0).kill_on_drop(true);
        #[cfg(any(target_os = "linux", target_os = "android"))]
        die_with_parent(&mut command);
        let inner = command.spawn()?;
        let pid = inner.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        Ok(Self { inner, group: Group(pid) })
    }

    /// The number of its process, 0 once it has ended.
    pub fn pid(&self) -> u32 {
        self.inner.id().unwrap_or_default()
    }

    /// Its standard input, if it is a pipe and nobody has taken it.
    pub fn stdin(&mut self) -> Option<ChildStdin> {
        self.inner.stdin.take()
    }

    /// Its standard output, likewise.
    pub fn stdout(&mut self) -> Option<ChildStdout> {
        self.inner.stdout.take()
    }

    /// Its standard error, likewise.
    pub fn stderr(&mut self) -> Option<ChildStderr> {
        self.inner.stderr.take()
    }

    /// Waits until the first process of the group ends. Cancel safe.
    pub async fn wait(&mut self) -> io::Result<ExitStatus> {
        self.inner.wait().await
    }

    /// Asks the group to end, and ends what is left of it after `grace`.
    pub async fn end(mut self, grace: Duration) {
        self.group.signal(Signal::TERM);
        // Whether it ended or not, dropping takes care of what is left.
        let _ = tokio::time::timeout(grace, self.inner.wait()).await;
    }
}

/// The system ends the process when the thread that started it ends, also by `kill -9`.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn die_with_parent(command: &mut Command) {
    let death = || rustix::process::set_parent_process_death_signal(Some(Signal::KILL)).map_err(io::Error::from);
    // SAFETY: between fork and exec only what is async-signal-safe may run. The closure makes one
    // system call (prctl) with constants, and takes no lock and no memory.
    unsafe {
        command.pre_exec(death);
    }
}

#[cfg(test)]
mod tests {
    use std::process::Stdio;

    use tokio::io::AsyncReadExt;

    use super::*;

    fn shell(script: &str) -> Child {
        let mut command = Command::new("sh");
        command.args(["-c", script]).stdin(Stdio::null()).stdout(Stdio::piped());
        Child::spawn(command).unwrap()
    }

    #[tokio::test]
    async fn the_whole_group_ends() {
        // The grandchild holds the pipe open as long as it lives.
        let mut child = shell("sleep 1000 & echo up; wait");
        let mut out = child.stdout().unwrap();
        let mut up = [0; 3];
        out.read_exact(&mut up).await.unwrap();
        drop(child);
        assert_eq!(out.read(&mut up).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn what_does_not_listen_is_ended_all_the_same() {
        let mut child = shell("trap '' TERM; echo up; while :; do sleep 1; done");
        let mut out = child.stdout().unwrap();
        let mut up = [0; 3];
        out.read_exact(&mut up).await.unwrap();
        child.end(Duration::from_millis(10)).await;
        assert_eq!(out.read(&mut up).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn how_it_ended() {
        assert_eq!(shell("exit 3").wait().await.unwrap().code(), Some(3));
    }
}
