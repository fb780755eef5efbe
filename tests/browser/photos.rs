//! Many photos from a phone, over a network that fails.

use std::path::PathBuf;
use std::time::Duration;

use crate::chromium::Browser;
use crate::common::{Fault, Faulty, Site, eventually, noise};
use crate::list::IPHONE;

/// 50 photos: two with one name, one twice.
fn photos(mut site: Site) -> (Site, Vec<PathBuf>) {
    let mut names: Vec<String> = (1..=47).map(|n| format!("camera/IMG_{n:04}.jpg")).collect();
    names.extend(["camera/image.jpg", "other/image.jpg", "other/edited.jpg"].map(String::from));
    for (n, name) in (1..).zip(&names) {
        // Some are small enough for a plain request.
        let size = if n % 7 == 0 { 90_000 } else { 300_000 + 11_000 * n as usize };
        site = site.file(
            name,
            noise(
                if name == "other/edited.jpg" { 3 } else { n },
                if name == "other/edited.jpg" { 333_000 } else { size },
            ),
        );
    }
    let paths = names.iter().map(|name| site.path(name)).collect();
    (site, paths)
}

#[test]
fn fifty_photos_arrive_over_a_bad_network() {
    let (site, paths) = photos(Site::small().conf("[upload]\nflush = false\n"));
    let server = site.start();
    let total: u64 = paths.iter().map(|path| path.metadata().unwrap().len()).sum();
    let network = Faulty::to(server.port())
        .at(2_000_000, Fault::Reset)
        .at(5_000_000, Fault::HalfClose)
        .at(9_000_000, Fault::Truncate)
        .at(14_000_000, Fault::Reset)
        .at(19_000_000, Fault::Stall);
    let mut page = Browser::start().phone(IPHONE).list(&network.url("/upload"));
    page.pick(&paths);
    eventually("the stall", || network.faults().contains(&Fault::Stall).then_some(()));
    page.hurried_until("document.querySelectorAll('#list [data-state=good]').length === 50");
    assert_eq!(network.faults().len(), 5);
    assert!(network.sent() <= total + total / 20, "{} for {total}", network.sent());
    assert!(network.most_at_once() <= 2, "{} at once", network.most_at_once());
    page.was_calm();

    let names = site.names("uploads");
    assert_eq!(names.len(), 49, "{names:?}");
    for n in 1..=47 {
        let name = format!("IMG_{n:04}.jpg");
        assert!(site.read(&format!("uploads/{name}")) == site.read(&format!("camera/{name}")), "{name}");
    }
    let mut images = [site.read("uploads/image.jpg"), site.read("uploads/image (2).jpg")];
    let mut sent = [site.read("camera/image.jpg"), site.read("other/image.jpg")];
    images.sort();
    sent.sort();
    assert!(images == sent);
    assert!(page.rows().iter().any(|row| row.words.starts_with("arrived as image (2).jpg")));
    assert!(page.row("edited.jpg").words.starts_with("already here: IMG_0003.jpg"), "{:?}", page.row("edited.jpg"));
    page.until("document.querySelector('#sum').textContent === 'All have arrived · 50 of 50 files'");

    // After a reload the same are known by what they are, whatever they are called.
    let before = network.sent();
    page.go(&network.url("/upload"));
    let renamed: Vec<_> = paths
        .iter()
        .enumerate()
        .map(|(n, path)| {
            let to = site.path(&format!("again/{n}.jpg"));
            std::fs::create_dir_all(to.parent().unwrap()).unwrap();
            std::fs::copy(path, &to).unwrap();
            to
        })
        .collect();
    page.until("document.documentElement.classList.contains('script')");
    page.pick(&renamed);
    page.all_are(50, "good", Duration::from_secs(60));
    assert!(page.rows().iter().all(|row| row.words.starts_with("already here: ")), "{:#?}", page.rows());
    assert_eq!(network.sent(), before, "sent twice");
    assert_eq!(site.names("uploads").len(), 49);
}
