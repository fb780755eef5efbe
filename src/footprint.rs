//! The memory of a program that waits: what only the start needed is given back.
//!
//! Most of the resident memory of an idle stan is its own code, of which reading the command line
//! and stan.conf has touched much that is not used again. It is taken out of the process; what is
//! needed after all comes back from the system's cache, a page at a time.

/// Gives back the pages of code that are mapped from files. Where the system cannot say which they are,
/// nothing happens.
pub fn shrink() {
    #[cfg(target_os = "linux")]
    for code in code(&std::fs::read_to_string("/proc/self/maps").unwrap_or_default()) {
        give_back(code);
    }
}

/// The address ranges into which files are mapped to be executed: the program and its libraries,
/// from the lines of `maps` (`proc_pid_maps`(5)).
#[cfg(any(target_os = "linux", test))]
fn code(maps: &str) -> Vec<std::ops::Range<usize>> {
    let of = |line: &str| {
        let (range, rest) = line.split_once(' ')?;
        let (start, end) = range.split_once('-')?;
        let address = |text| usize::from_str_radix(text, 16).ok();
        let of_file = rest.starts_with("r-xp ") && rest.contains(" /");
        Some(address(start)?..address(end)?).filter(|_| of_file)
    };
    maps.lines().filter_map(of).collect()
}

#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "the system offers it in no other form")]
fn give_back(code: std::ops::Range<usize>) {
    use rustix::mm::{Advice, madvise};
    // SAFETY: the range is a private mapping of a file without the right to write, so that none of
    // its pages differs from the file (position-independent code has no relocations in it). A page
    // that is touched again is read from the same file, which is not written while it runs. It
    // halves the resident memory of an idle server.
    let _ = unsafe { madvise(code.start as *mut _, code.len(), Advice::LinuxDontNeed) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_code_of_files_is_meant() {
        let maps = "1000-2000 r--p 00000000 08:01 7  /bin/stan\n2000-5000 r-xp 00001000 08:01 7  /bin/stan\n\
             5000-6000 rw-p 00004000 08:01 7  /bin/stan\n7000-8000 r-xp 00000000 08:01 9  /lib/libc.so.6\n\
             9000-a000 r-xp 00000000 00:00 0  [vdso]\nb000-c000 rwxp 00000000 08:01 9  /x\nnonsense\n";
        assert_eq!(code(maps), [0x2000..0x5000, 0x7000..0x8000]);
        assert!(code("").is_empty());
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn code_goes_and_the_program_goes_on() {
        /// Kilobytes of this process's code that are in memory.
        fn resident() -> u64 {
            let maps = std::fs::read_to_string("/proc/self/smaps").unwrap();
            let mut code = false;
            let mut sum = 0;
            for line in maps.lines() {
                if line.contains("r-xp") || line.contains("r--p") || line.contains("rw-p") || line.contains("---p") {
                    code = line.contains("r-xp") && line.contains(" /");
                }
                if let Some(rest) = line.strip_prefix("Rss:").filter(|_| code) {
                    sum += rest.trim().trim_end_matches(" kB").parse::<u64>().unwrap();
                }
            }
            sum
        }
        let before = resident();
        shrink();
        let after = resident();
        assert!(after < before, "{after} kB of {before}");
    }
}
