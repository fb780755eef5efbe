//! Settings of `[upload]`.

use crate::config::value::{self, Mistake, Value, show};
use crate::config::{Exists, UploadKey};

use super::Key;

pub(super) const EXISTS: [(&str, Exists); 3] =
    [("rename", Exists::Rename), ("refuse", Exists::Refuse), ("replace", Exists::Replace)];

pub(super) const KEYS: &[Key] = &[
    Key {
        name: "upload.path",
        default: r#""/upload""#,
        meaning: "path of the upload page",
        read: |c, v| page(v).map(|path| c.upload.path = path),
        show: |c| c.upload.path.clone(),
    },
    Key {
        name: "upload.dir",
        default: r#""uploads""#,
        meaning: "folder for what arrives; made when it is needed",
        read: |c, v| value::folder(&c.root, v).map(|folder| c.upload.dir = folder),
        show: |c| show::path(&c.root, &c.upload.dir),
    },
    Key {
        name: "upload.key",
        default: r#""auto""#,
        meaning: "what other devices need to upload: \"auto\" (the link with its token, or a six-digit PIN, new at each start), \"off\" (nothing) or a PIN of your own",
        read: |c, v| key(v).map(|key| c.key = key),
        show: |c| c.key.to_string(),
    },
    Key {
        name: "upload.max_size",
        default: "0",
        meaning: "size of one file, such as \"20 GiB\"; 0 is what the disk holds, less reserve",
        read: |c, v| value::size(v).map(|size| c.upload.max_size = size),
        show: |c| show::size(c.upload.max_size),
    },
    Key {
        name: "upload.reserve",
        default: r#""256 MiB""#,
        meaning: "free space that uploads never touch; 0 is none",
        read: |c, v| value::size(v).map(|size| c.upload.reserve = size),
        show: |c| show::size(c.upload.reserve),
    },
    Key {
        name: "upload.open",
        default: "512",
        meaning: "uploads under way at once",
        read: |c, v| value::whole(v, 1..=65_536).map(|most| c.upload.open = most as usize),
        show: |c| c.upload.open.to_string(),
    },
    Key {
        name: "upload.keep",
        default: r#""24h""#,
        meaning: "how long an unfinished resumable upload waits",
        read: |c, v| value::duration(v).map(|keep| c.upload.keep = keep),
        show: |c| show::duration(c.upload.keep),
    },
    Key {
        name: "upload.exists",
        default: r#""rename""#,
        meaning: "when the name is taken: \"rename\" (photo (2).jpg), \"refuse\" (409) or \"replace\"",
        read: |c, v| value::word(v, &EXISTS).map(|exists| c.upload.exists = exists),
        show: |c| show::word(&c.upload.exists, &EXISTS),
    },
    Key {
        name: "upload.flush",
        default: "true",
        meaning: "on disk before it is answered",
        read: |c, v| value::flag(v).map(|flush| c.upload.flush = flush),
        show: |c| c.upload.flush.to_string(),
    },
    Key {
        name: "upload.bell",
        default: "false",
        meaning: "ring when a file has arrived",
        read: |c, v| value::flag(v).map(|bell| c.upload.bell = bell),
        show: |c| c.upload.bell.to_string(),
    },
];

/// The path of the page, without a slash at its end.
fn page(value: &Value<'_>) -> Result<String, Mistake> {
    let path = value::url_path(value)?.trim_end_matches('/');
    if path.is_empty() || path.contains("//") || path.contains(['{', '}']) {
        return Err(Mistake::expected(value, "a path such as \"/upload\""));
    }
    Ok(path.to_owned())
}

/// What other devices need.
fn key(value: &Value<'_>) -> Result<UploadKey, Mistake> {
    const WHAT: &str = "\"auto\", \"off\" or a PIN of 4 to 64 letters and digits";
    let text = value::text(value, WHAT)?;
    if text.eq_ignore_ascii_case("auto") {
        return Ok(UploadKey::Auto);
    }
    if text.eq_ignore_ascii_case("off") {
        return Ok(UploadKey::Off);
    }
    if (4..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Ok(UploadKey::Pin(text.to_owned()));
    }
    Err(Mistake::expected(value, WHAT).near(text, ["auto", "off"]))
}
