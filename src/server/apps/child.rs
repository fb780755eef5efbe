//! A process that is ended whole: it leads a process group of its own, and what is still of that
//! group goes with it. When stan goes, however that is, so does the group.
//!
//! Who is waited for is found by SIGCHLD: `pidfd_open`, which tokio's own children use, kills the
//! caller where a system forbids it.

mod guard;

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Child as Process, ExitStatus};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use tokio::process::{ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{Instant, sleep, timeout};

/// How often a group that was asked to end is looked at, once its leader has gone.
const LOOK: Duration = Duration::from_millis(20);

/// A process, and all that it starts and that stays in its group. Dropping it ends them (SIGKILL).
#[derive(Debug)]
pub struct Child {
    /// Gone only while it is dropped.
    process: Option<Process>,
    group: Pid,
    over: bool,
    stdin: Option<ChildStdin>,
    stdout: Option<ChildStdout>,
    stderr: Option<ChildStderr>,
}

impl Child {
    /// Starts `command`, which says what its pipes are. Needs a tokio runtime.
    pub fn spawn(command: Command) -> io::Result<Self> {
        let mut command = command.into_std();
        command.process_group(0);
        die_with_parent(&mut command);
        guard::stand_by();
        let process = command.spawn()?;
        let group = Pid::from_child(&process);
        let mut child = Self { process: Some(process), group, over: false, stdin: None, stdout: None, stderr: None };
        guard::watch(group);
        if let Some(process) = &mut child.process {
            child.stdin = process.stdin.take().map(ChildStdin::from_std).transpose()?;
            child.stdout = process.stdout.take().map(ChildStdout::from_std).transpose()?;
            child.stderr = process.stderr.take().map(ChildStderr::from_std).transpose()?;
        }
        Ok(child)
    }

    /// Its number, which is that of its group too.
    pub fn pid(&self) -> u32 {
        self.group.as_raw_nonzero().get().unsigned_abs()
    }

    /// Its input, where that is a pipe; once.
    pub fn stdin(&mut self) -> Option<ChildStdin> {
        self.stdin.take()
    }

    /// Its output, where that is a pipe; once.
    pub fn stdout(&mut self) -> Option<ChildStdout> {
        self.stdout.take()
    }

    /// Its output of errors, where that is a pipe; once.
    pub fn stderr(&mut self) -> Option<ChildStderr> {
        self.stderr.take()
    }

    /// Waits for its end by itself; what it has left behind in its group ends with it.
    pub async fn wait(&mut self) -> io::Result<ExitStatus> {
        let status = self.exited().await?;
        self.kill();
        Ok(status)
    }

    /// Asks the group to end (SIGTERM), and ends what has not done so after `grace`.
    pub async fn end(mut self, grace: Duration) {
        let until = Instant::now() + grace;
        // A group that has gone by itself is just as well.
        let _ = kill_process_group(self.group, Signal::TERM);
        if timeout(grace, self.exited()).await.is_ok() {
            while test_kill_process_group(self.group).is_ok() && Instant::now() < until {
                sleep(LOOK).await;
            }
        }
        self.kill();
    }

    /// Waits for the leader alone.
    async fn exited(&mut self) -> io::Result<ExitStatus> {
        match &mut self.process {
            Some(process) => reap(process).await,
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// Ends the group at once. Once only: later its number may be another's.
    fn kill(&mut self) {
        if !std::mem::replace(&mut self.over, true) {
            let _ = kill_process_group(self.group, Signal::KILL);
            guard::forget(self.group);
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.kill();
        let Some(mut process) = self.process.take() else { return };
        if !matches!(process.try_wait(), Ok(None)) {
            return;
        }
        // Somebody has to take note of its end, or it stays in the table of processes.
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(async move { reap(&mut process).await })),
            Err(_) => drop(process.wait()),
        }
    }
}

/// Waits for the end of one process.
async fn reap(process: &mut Process) -> io::Result<ExitStatus> {
    // Listens before it looks, so that no end is missed.
    let mut ended = signal(SignalKind::child())?;
    loop {
        if let Some(status) = process.try_wait()? {
            return Ok(status);
        }
        ended.recv().await;
    }
}

/// Has the system end the process when the thread that starts it goes.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn die_with_parent(command: &mut std::process::Command) {
    let parent = rustix::process::getpid();
    let before_exec = move || {
        rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
        // The parent may have gone before it was asked for.
        if rustix::process::getppid() == Some(parent) { Ok(()) } else { Err(rustix::io::Errno::SRCH.into()) }
    };
    // SAFETY: between fork and exec only what is safe in a signal handler may run. The closure makes two
    // system calls (prctl, getppid); it allocates nothing, takes no lock and owns nothing but a number.
    unsafe { command.pre_exec(before_exec) };
}

/// Elsewhere the guard alone does it.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn die_with_parent(_: &mut std::process::Command) {}

#[cfg(test)]
mod tests;
