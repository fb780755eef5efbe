//! One file of 3 GiB, over a network that fails and a server that is killed.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::chromium::Browser;
use crate::common::{Fault, Faulty, Site, noise};
use crate::list::ANDROID;

const SIZE: u64 = 3 << 30;
const GIB: u64 = 1 << 30;

#[test]
fn three_gibibytes_arrive_over_a_bad_network_and_a_killed_server() {
    let site = Site::small().conf("[upload]\nflush = false\n");
    let film = File::create(site.path("film.mp4")).unwrap();
    film.set_len(SIZE).unwrap();
    let marks: Vec<u64> = (0..48).map(|n| n * (SIZE / 48) + n * 7).collect();
    for (n, at) in marks.iter().enumerate() {
        film.write_all_at(&noise(n as u64 + 1, 4096), *at).unwrap();
    }
    let mut server = site.start();
    let port = server.port();
    let network = Faulty::to(port)
        .at(GIB / 4, Fault::Reset)
        .at(GIB / 2, Fault::HalfClose)
        .at(2 * GIB, Fault::Stall)
        .at(SIZE - GIB / 4, Fault::Truncate);
    let browser = Browser::start();
    let mut page = browser.phone(ANDROID).list(&network.url("/upload"));
    page.pick(&[site.path("film.mp4")]);
    let end = Instant::now() + Duration::from_secs(150);
    let (mut memory, mut killed, mut hurried) = (0, false, false);
    while page.row("film.mp4").state != "good" {
        let failed = page.row("film.mp4").state == "bad" || Instant::now() > end;
        assert!(!failed, "{:?} after {:?}, {} B", page.rows(), network.faults(), network.sent());
        memory = memory.max(browser.memory());
        if !killed && network.sent() > GIB {
            server.signal(Signal::KILL);
            server.wait();
            server = site.start_with(&["-p", &port.to_string()]);
            killed = true;
        }
        if network.faults().contains(&Fault::Stall) {
            page.run("dispatchEvent(new Event('online'))");
            hurried = true;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(killed && hurried);
    assert!(memory > 0 && memory < 200_000, "{memory} KB");
    assert!(network.sent() <= SIZE + SIZE / 20, "{} B", network.sent());
    page.was_calm();
    let there = File::open(site.path("uploads/film.mp4")).unwrap();
    assert_eq!(there.metadata().unwrap().len(), SIZE);
    let mut bytes = vec![0; 4096];
    for (n, at) in marks.iter().enumerate() {
        there.read_exact_at(&mut bytes, *at).unwrap();
        assert!(bytes == noise(n as u64 + 1, 4096), "at {at}");
    }
    assert_eq!(site.names("uploads"), ["film.mp4"]);
}
