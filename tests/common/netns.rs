//! Another device on the network: a network namespace with a wire of its own to this machine.

use std::net::Ipv4Addr;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

/// A device beside this machine. It is taken away when dropped, the wire with it.
pub(crate) struct Device {
    name: String,
    /// This machine, as the device sees it.
    pub(crate) here: Ipv4Addr,
    /// The device.
    pub(crate) there: Ipv4Addr,
}

impl Device {
    /// `None`, and a word why, where the machine does not allow it to the test.
    pub(crate) fn new() -> Option<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let pid = std::process::id();
        let name = format!("stan{pid}-{number}");
        // Two addresses that no other test, in this process or another, is likely to have.
        let net = 0x0a80_0000 + ((pid & 0x7fff) << 8) + ((number & 0x3f) << 2);
        let device = Self { name, here: Ipv4Addr::from(net + 1), there: Ipv4Addr::from(net + 2) };
        let (near, far) = (format!("s{}a{number}", pid % 1_000_000), format!("s{}b{number}", pid % 1_000_000));
        let steps = [
            format!("netns add {}", device.name),
            format!("link add {near} type veth peer name {far} netns {}", device.name),
            format!("addr add {}/30 dev {near}", device.here),
            format!("link set {near} up"),
            format!("-n {} addr add {}/30 dev {far}", device.name, device.there),
            format!("-n {} link set {far} up", device.name),
            format!("-n {} link set lo up", device.name),
        ];
        for step in steps {
            let done = Command::new("ip").args(step.split(' ')).output();
            let why = match done {
                Ok(done) if done.status.success() => continue,
                Ok(done) => String::from_utf8_lossy(&done.stderr).trim().to_owned(),
                Err(error) => error.to_string(),
            };
            println!("skipped: no other device can be played here: ip {step}: {why}");
            return None;
        }
        Some(device)
    }

    /// Runs a program on the device.
    pub(crate) fn run(&self, program: &str, arguments: &[&str]) -> Output {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name, program]).args(arguments);
        command.output().unwrap()
    }

    /// What curl says there, with the status as the last line.
    pub(crate) fn curl(&self, arguments: &[&str]) -> (u16, String) {
        let fixed = ["-s", "--max-time", "20", "-w", "\n%{http_code}"];
        let output = self.run("curl", &[&fixed, arguments].concat());
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let (text, status) = text.rsplit_once('\n').unwrap_or(("", &text));
        (status.parse().unwrap_or(0), text.to_owned())
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        let _ = Command::new("ip").args(["netns", "del", &self.name]).output();
    }
}
