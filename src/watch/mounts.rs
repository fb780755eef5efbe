//! Kinds of mounts whose changes from elsewhere raise no event here.

use std::path::Path;

/// The kind of mount that `folder` is on, if it is one where events cannot be trusted: the other
/// side (a host, a server, another app) changes files without this kernel's knowledge, so not
/// even a canary proves anything.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn foreign(folder: &Path) -> Option<&'static str> {
    let stat = rustix::fs::statfs(folder).ok()?;
    // The field has another type on other targets; magics are 32 bits.
    kind(i128::from(stat.f_type) as u32)
}

/// The kind of mount that `folder` is on; elsewhere than on Linux the canary decides.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) fn foreign(_folder: &Path) -> Option<&'static str> {
    None
}

/// By the magic number that statfs gives.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn kind(magic: u32) -> Option<&'static str> {
    Some(match magic {
        0x0102_1997 => "9p",
        0x6573_5546 => "FUSE",
        0x0000_6969 => "NFS",
        0xff53_4d42 | 0xfe53_4d42 | 0x0000_517b => "SMB",
        0x786f_4256 => "a VirtualBox share",
        0xbacb_acbc => "a VMware share",
        0x7c7c_6673 => "a Parallels share",
        0x5dca_2df5 => "sdcardfs",
        0x5346_414f | 0x6b41_4653 => "AFS",
        0x00c3_6400 => "Ceph",
        0x7375_7245 => "Coda",
        0x0000_9fa0 => "proc",
        0x6265_6572 => "sysfs",
        _ => return None,
    })
}

#[cfg(all(test, any(target_os = "linux", target_os = "android")))]
mod tests {
    use super::*;

    #[test]
    fn knows_foreign_mounts() {
        assert_eq!(foreign(Path::new("/proc")), Some("proc"));
        assert_eq!(kind(0x0102_1997), Some("9p"));
        assert_eq!(kind(0xef53), None); // ext4
        assert_eq!(kind(0x794c_7630), None); // overlay
    }
}
