//! What this machine is, as far as it bears on who can reach it.

/// Where stan runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Platform {
    /// A Linux of its own.
    Linux,
    /// Linux within Windows, behind a network of its own.
    Wsl,
    /// Android, mostly Termux.
    Android,
    /// An emulated Linux on an iPad or iPhone.
    Ish,
    /// A Mac.
    Mac,
    /// Windows itself.
    Windows,
    /// Any other.
    Other,
}

impl Platform {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Linux, Self::Wsl, Self::Android, Self::Ish, Self::Mac, Self::Windows, Self::Other];

    /// This one. A binary made for plain Linux also runs on Android, in iSH and in Windows, so the
    /// system is asked, not the compiler.
    pub fn here() -> Self {
        let android = ["ANDROID_ROOT", "ANDROID_DATA"].iter().any(|name| std::env::var_os(name).is_some());
        #[cfg(unix)]
        let (system, release) = {
            let uname = rustix::system::uname();
            (uname.sysname().to_string_lossy().into_owned(), uname.release().to_string_lossy().into_owned())
        };
        #[cfg(not(unix))]
        let (system, release) = (std::env::consts::OS.to_owned(), String::new());
        Self::of(&system, &release, android)
    }

    /// By the names that `uname` gives the system and its release.
    fn of(system: &str, release: &str, android: bool) -> Self {
        let (system, release) = (system.to_ascii_lowercase(), release.to_ascii_lowercase());
        match system.as_str() {
            "linux" if android || release.contains("android") => Self::Android,
            "linux" if release.contains("microsoft") => Self::Wsl,
            "linux" if release.ends_with("-ish") => Self::Ish,
            "linux" => Self::Linux,
            "darwin" | "macos" => Self::Mac,
            "windows" => Self::Windows,
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_what_the_system_says() {
        for (system, release, android, platform) in [
            ("Linux", "6.8.0-45-generic", false, Platform::Linux),
            ("Linux", "5.15.153.1-microsoft-standard-WSL2", false, Platform::Wsl),
            ("Linux", "4.20.69-ish", false, Platform::Ish),
            ("Linux", "5.10.157-android13-4", false, Platform::Android),
            ("Linux", "4.14.190-perf", true, Platform::Android),
            ("Darwin", "24.1.0", false, Platform::Mac),
            ("windows", "", false, Platform::Windows),
            ("FreeBSD", "14.1", false, Platform::Other),
        ] {
            assert_eq!(Platform::of(system, release, android), platform, "{system} {release}");
        }
    }
}
