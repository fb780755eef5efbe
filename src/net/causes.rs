//! Why a phone that has the address may still not get here: the likely causes, by platform.

use super::Platform;

/// The likely causes, the likeliest first: short lines for somebody who holds a phone and cannot reach `port`.
pub fn causes(platform: Platform, port: u16) -> Vec<String> {
    let own: &[&str] = match platform {
        Platform::Linux => {
            &["A firewall here? Allow the port: ufw allow PORT/tcp, or firewall-cmd --add-port=PORT/tcp"]
        }
        Platform::Wsl => &[
            "WSL has a network of its own: networkingMode=mirrored in .wslconfig, or netsh interface portproxy",
            "Windows' firewall: allow the port for private networks",
        ],
        Platform::Android => &[
            "Android 17: allow Termux \"nearby devices\" (local network) in its settings, then restart it",
            "Battery: termux-wake-lock, and no battery saving for Termux",
        ],
        Platform::Ish => {
            &["Keep iSH in front: iOS stops it in the background", "Allow iSH \"Local Network\" in Settings"]
        }
        Platform::Mac => &["Firewall: System Settings, Network, Firewall: allow stan to accept connections"],
        Platform::Windows => &["Windows' firewall: allow stan, and make the Wi-Fi a private network"],
        Platform::Other => &["A firewall here? Allow the port"],
    };
    let always = [
        "Same Wi-Fi? Guest networks keep devices apart (\"isolation\")",
        "A VPN or private relay on the phone: switch it off",
        "Wi-Fi without internet: the phone may use mobile data; switch that off for a moment",
    ];
    let (first, rest) = always.split_at(1);
    first.iter().chain(own).chain(rest).map(|line| line.replace("PORT", &port.to_string())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_platform_has_a_short_list_that_begins_with_the_likeliest() {
        for platform in Platform::ALL {
            let lines = causes(platform, 8000);
            assert!(lines[0].starts_with("Same Wi-Fi"), "{platform:?}");
            assert!((4..=5).contains(&lines.len()), "{platform:?}");
            // Wrapped at 45 columns, it leaves room for what stands around it on 20 rows.
            let rows: usize = lines.iter().map(|line| line.len().div_ceil(38)).sum();
            assert!(rows <= 12 && lines.iter().all(|line| line.is_ascii()), "{platform:?} {rows}");
        }
    }

    #[test]
    fn each_names_what_is_its_own() {
        for (platform, word) in [
            (Platform::Linux, "ufw"),
            (Platform::Wsl, "mirrored"),
            (Platform::Android, "Android 17"),
            (Platform::Ish, "in front"),
            (Platform::Mac, "System Settings"),
            (Platform::Windows, "private network"),
        ] {
            assert!(causes(platform, 8000).concat().contains(word), "{platform:?}");
        }
    }
}
