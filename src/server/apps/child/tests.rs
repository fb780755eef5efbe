use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, test_kill_process};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::ChildStdout;

use super::*;

const PATIENCE: Duration = Duration::from_secs(20);

fn shell(script: &str) -> Child {
    let mut command = Command::new("sh");
    command.arg("-c").arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    Child::spawn(command).unwrap()
}

/// A line that the child writes.
async fn line(out: &mut BufReader<ChildStdout>) -> String {
    let mut line = String::new();
    timeout(PATIENCE, out.read_line(&mut line)).await.unwrap().unwrap();
    line.trim().to_owned()
}

fn lives(pid: Pid) -> bool {
    // A zombie has ended.
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap_or_default();
    test_kill_process(pid).is_ok() && !stat.contains(") Z ") && !stat.contains(") X ")
}

async fn ends(pid: Pid) {
    let ended = async {
        while lives(pid) {
            sleep(LOOK).await;
        }
    };
    timeout(PATIENCE, ended).await.expect("it lives on");
}

/// A child that has a child of its own, which does not listen to SIGTERM if `deaf`.
async fn family(deaf: bool) -> (Child, Pid) {
    let trap = if deaf { "trap '' TERM;" } else { "" };
    let mut child = shell(&format!("({trap} echo ready; exec sleep 1000) & echo $!; wait"));
    let mut out = BufReader::new(child.stdout().unwrap());
    let mut grandchild = None;
    for _ in 0..2 {
        let line = line(&mut out).await;
        grandchild = grandchild.or_else(|| Pid::from_raw(line.parse().ok()?));
    }
    let grandchild = grandchild.unwrap();
    assert!(lives(grandchild));
    (child, grandchild)
}

#[tokio::test]
async fn what_goes_in_comes_out_and_the_end_is_told() {
    let mut child = shell("cat; exit 7");
    let (mut input, mut output) = (child.stdin().unwrap(), child.stdout().unwrap());
    assert!(child.stdin().is_none() && child.stderr().is_none());
    input.write_all(b"through").await.unwrap();
    drop(input);
    let mut text = String::new();
    output.read_to_string(&mut text).await.unwrap();
    assert_eq!(text, "through");
    assert_eq!(timeout(PATIENCE, child.wait()).await.unwrap().unwrap().code(), Some(7));
    assert_eq!(child.wait().await.unwrap().code(), Some(7));
}

#[tokio::test]
async fn dropped_it_takes_its_own_children_along() {
    let (child, grandchild) = family(true).await;
    drop(child);
    ends(grandchild).await;
}

#[tokio::test]
async fn what_it_leaves_behind_ends_with_it() {
    let mut child = shell("sleep 1000 & echo $!");
    let mut out = BufReader::new(child.stdout().unwrap());
    let left = Pid::from_raw(line(&mut out).await.parse().unwrap()).unwrap();
    timeout(PATIENCE, child.wait()).await.unwrap().unwrap();
    ends(left).await;
}

#[tokio::test]
async fn asked_to_end_it_may_do_so_in_its_own_way() {
    let mut child = shell("trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.01; done");
    let mut out = BufReader::new(child.stdout().unwrap());
    assert_eq!(line(&mut out).await, "ready");
    child.end(PATIENCE).await;
    assert_eq!(line(&mut out).await, "bye");
}

#[tokio::test]
async fn who_does_not_listen_is_ended_all_the_same() {
    let (child, grandchild) = family(true).await;
    child.end(Duration::from_millis(50)).await;
    ends(grandchild).await;
}

#[tokio::test]
async fn a_dropped_one_is_no_zombie() {
    let child = shell("exec sleep 1000");
    let pid = Pid::from_raw(child.pid().cast_signed()).unwrap();
    drop(child);
    let gone = async {
        while test_kill_process(pid).is_ok() {
            sleep(LOOK).await;
        }
    };
    timeout(PATIENCE, gone).await.expect("it stays in the table of processes");
}

#[tokio::test]
async fn a_program_that_is_not_there_is_an_error() {
    let error = Child::spawn(Command::new("/nonexistent/program")).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
}
