//! What runs on this machine.

use std::fs;

/// The processes whose parent is `pid`, and theirs.
pub(crate) fn descendants(pid: u32) -> Vec<u32> {
    let mut all = vec![pid];
    let mut next = 0;
    while let Some(&parent) = all.get(next) {
        next += 1;
        for entry in fs::read_dir("/proc").unwrap().filter_map(Result::ok) {
            let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
            let of = stat.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(1)).map(str::to_owned);
            if of == Some(parent.to_string()) {
                all.extend(entry.file_name().to_string_lossy().parse::<u32>());
            }
        }
    }
    all.remove(0);
    all
}

/// Whether it runs; what has ended and was not waited for does not.
pub(crate) fn lives(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/statm")).is_ok_and(|statm| !statm.starts_with("0 "))
}
