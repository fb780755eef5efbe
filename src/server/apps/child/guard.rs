//! Ends the groups of a stan that was killed: the system tells a group's leader of its parent's
//! death, and nobody else.
//!
//! The guard is one small shell for all groups. It holds the reading end of a pipe whose writing end
//! only stan has, hears which groups there are, and when the pipe ends it ends those that are left.

use std::collections::BTreeSet;
use std::io::{self, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};

use parking_lot::Mutex;
use rustix::process::Pid;

/// Lines `+ GROUP` and `- GROUP` until the end. It stands apart from the terminal's own signals.
const SCRIPT: &str = r#"trap '' HUP INT TERM
live=' '
while read -r sign group; do
    case $sign in
    +) live="$live$group " ;;
    -) case $live in *" $group "*) live="${live%% $group *} ${live#* $group }" ;; esac ;;
    esac
done
for group in $live; do kill -KILL "-$group" || kill -s KILL -- "-$group"; done
"#;

static GUARD: Mutex<Guard> = Mutex::new(Guard { groups: BTreeSet::new(), shell: None });

struct Guard {
    groups: BTreeSet<i32>,
    shell: Option<Child>,
}

/// There is a guard from now on, so that a group is known to it as soon as there is one.
pub(super) fn stand_by() {
    let mut guard = GUARD.lock();
    let lives = guard.shell.as_mut().is_some_and(|shell| matches!(shell.try_wait(), Ok(None)));
    if !lives {
        guard.begin();
    }
}

/// From now on this group does not outlive stan.
pub(super) fn watch(group: Pid) {
    let mut guard = GUARD.lock();
    let group = group.as_raw_nonzero().get();
    guard.groups.insert(group);
    if guard.tell('+', group).is_err() {
        guard.begin();
    }
}

/// The group has ended; its number may become another's.
pub(super) fn forget(group: Pid) {
    let mut guard = GUARD.lock();
    let group = group.as_raw_nonzero().get();
    guard.groups.remove(&group);
    // A guard that is no more is missed when the next group comes.
    let _ = guard.tell('-', group);
}

impl Guard {
    fn tell(&mut self, sign: char, group: i32) -> io::Result<()> {
        let shell = self.shell.as_mut().and_then(|shell| shell.stdin.as_mut());
        // One write of a line is whole or not at all.
        shell.ok_or(io::ErrorKind::NotConnected)?.write_all(format!("{sign} {group}\n").as_bytes())
    }

    /// A new shell that knows the groups of now. Where there is none, leaders alone are ended.
    fn begin(&mut self) {
        if let Some(mut old) = self.shell.take() {
            // It has ended, or does not listen; then it is of no use.
            let _ = old.kill();
            let _ = old.wait();
        }
        self.shell = spawn().ok();
        for group in self.groups.clone() {
            let _ = self.tell('+', group);
        }
    }
}

fn spawn() -> io::Result<Child> {
    let mut command = Command::new("sh");
    command.arg("-c").arg(SCRIPT).current_dir("/").process_group(0);
    let shell = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    if let Some(pipe) = &shell.stdin {
        // Whoever starts a process never waits for the guard.
        rustix::io::ioctl_fionbio(pipe, true)?;
    }
    Ok(shell)
}
