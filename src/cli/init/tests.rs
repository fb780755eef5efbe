use super::*;

fn read(folder: &Path, name: &str) -> Vec<u8> {
    fs::read(folder.join(name)).unwrap()
}

#[test]
fn a_fresh_folder_gets_everything() {
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path().join("new/site");
    let report = write(&folder).unwrap();
    assert_eq!((report.wrote.len(), report.kept.len(), report.aside), (STARTER.len(), 0, false));
    for (name, content) in STARTER {
        assert_eq!(read(&folder, name), content, "{name}");
    }
    let text = report.to_string();
    assert!(text.starts_with("wrote  stan.conf\n"), "{text}");
    assert!(text.contains("start it: stan "), "{text}");
}

#[test]
fn what_is_there_stays() {
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path();
    fs::create_dir(folder.join("templates")).unwrap();
    fs::write(folder.join("stan.conf"), "mine").unwrap();
    fs::write(folder.join("templates/index.html"), "").unwrap();
    let report = write(folder).unwrap();
    assert_eq!(report.kept, ["stan.conf", "templates/index.html"]);
    assert_eq!(report.wrote.len(), STARTER.len() - 2);
    assert_eq!(read(folder, "stan.conf"), b"mine");
    assert_eq!(read(folder, "templates/index.html"), b"");
    assert!(report.to_string().contains("kept   stan.conf  (was there)\n"));
    assert!(!report.aside);
}

#[test]
fn a_full_folder_is_left_alone_and_that_is_no_failure() {
    let temp = tempfile::tempdir().unwrap();
    write(temp.path()).unwrap();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    assert_eq!(run(temp.path(), &mut out, &mut err), ExitCode::SUCCESS);
    let text = String::from_utf8(out).unwrap();
    assert!(text.contains("all of it is there already, nothing written"), "{text}");
    assert!(err.is_empty() && !text.contains("wrote  "));
}

#[test]
fn pages_that_were_served_until_now_are_mentioned() {
    let temp = tempfile::tempdir().unwrap();
    fs::write(temp.path().join("index.html"), "mine").unwrap();
    let report = write(temp.path()).unwrap();
    assert!(report.aside);
    assert!(report.to_string().contains("only static_file/ and templates/ are served now"));
    assert!(!write(temp.path()).unwrap().aside, "said once");
}

#[cfg(unix)]
#[test]
fn a_link_to_nowhere_is_not_followed() {
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path().join("site");
    fs::create_dir(&folder).unwrap();
    std::os::unix::fs::symlink(temp.path().join("outside"), folder.join("stan.conf")).unwrap();
    assert_eq!(write(&folder).unwrap().kept, ["stan.conf"]);
    assert!(!temp.path().join("outside").exists());
}

#[test]
fn a_file_in_the_way_is_a_failure_that_is_explained() {
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path().join("site");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("templates"), "").unwrap();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    assert_eq!(run(&folder, &mut out, &mut err), ExitCode::FAILURE);
    let text = String::from_utf8(err).unwrap();
    assert!(text.starts_with("error: cannot write '") && text.contains("a file is where a folder should be"), "{text}");
    assert_eq!(fs::read(folder.join("templates")).unwrap(), b"");
}
