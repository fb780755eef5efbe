//! Stopping for job control, as the system would without us.

use std::{mem, ptr};

use rustix::process::{Signal, kill_current_process_group};

/// Stops this process until somebody continues it, and with it, for Ctrl-Z, the others of its
/// group (`cargo run`, a pipeline), as the terminal's driver would have done. The system itself
/// sees to it that nobody stops for ever where no shell is there to continue.
#[expect(unsafe_code, reason = "no safe crate here sets a signal's disposition")]
pub(super) fn until_continued(whole_group: bool) {
    // SAFETY: plain system calls on a zeroed struct that the first of them fills; handlers are
    // only taken away for the time of this call and put back as they were.
    unsafe {
        let mut handler: libc::sigaction = mem::zeroed();
        if libc::sigaction(libc::SIGTSTP, ptr::null(), &raw mut handler) != 0 {
            return;
        }
        if whole_group {
            libc::signal(libc::SIGTSTP, libc::SIG_IGN);
            // Where the group cannot be told, stopping alone is still right.
            let _ = kill_current_process_group(Signal::TSTP);
        }
        libc::signal(libc::SIGTSTP, libc::SIG_DFL);
        libc::raise(libc::SIGTSTP);
        libc::sigaction(libc::SIGTSTP, &raw const handler, ptr::null_mut());
    }
}
