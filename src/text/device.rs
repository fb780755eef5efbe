//! The sender's device in a word or two, from its `User-Agent`.

/// A device for people to recognise: `iPhone`, `Android (Pixel 8)`, `curl`. Empty when unknown.
///
/// ```
/// use stan::text::device;
/// assert_eq!(device("curl/8.5.0"), "curl");
/// ```
pub fn device(agent: &str) -> String {
    for (mark, name) in [("iPhone", "iPhone"), ("iPad", "iPad"), ("iPod", "iPod")] {
        if agent.contains(mark) {
            return name.to_owned();
        }
    }
    if let Some((_, rest)) = agent.split_once("Android") {
        return model(rest).map_or_else(|| "Android".to_owned(), |model| format!("Android ({model})"));
    }
    for (mark, name) in [("Windows", "Windows"), ("Macintosh", "Mac"), ("CrOS", "Chromebook"), ("Linux", "Linux")] {
        if agent.contains(mark) {
            return name.to_owned();
        }
    }
    // A program: its name before the version.
    let name = agent.split(['/', ' ', '(']).next().unwrap_or_default();
    name.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')).take(24).collect()
}

/// The model in `; 14; Pixel 8 Build/UQ1A) …`. Browsers that hide it say `K`.
fn model(rest: &str) -> Option<String> {
    let inside = rest.split(')').next()?;
    let model = inside.split(';').nth(1)?.split(" Build/").next()?.trim();
    let plain = model.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.' | '+'));
    let known = plain && (2..=24).contains(&model.len()) && !model.starts_with("rv") && !model.contains("Mobile");
    known.then(|| model.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_devices_say() {
        for (agent, name) in [
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1", "iPhone"),
            ("Mozilla/5.0 (iPad; CPU OS 16_1 like Mac OS X) AppleWebKit/605.1.15", "iPad"),
            ("Mozilla/5.0 (Linux; Android 14; Pixel 8 Build/UQ1A.2) AppleWebKit/537.36", "Android (Pixel 8)"),
            ("Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36", "Android"),
            ("Mozilla/5.0 (Android 14; Mobile; rv:130.0) Gecko/130.0 Firefox/130.0", "Android"),
            ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15", "Mac"),
            ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36", "Windows"),
            ("Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36", "Chromebook"),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0", "Linux"),
            ("curl/8.5.0", "curl"),
            ("Wget/1.21.4", "Wget"),
            ("python-requests/2.31", "python-requests"),
            ("", ""),
            ("\u{202e}\x1b[2J/1", "2J"),
            ("Android; <b>; <b>", "Android"),
        ] {
            assert_eq!(device(agent), name, "{agent}");
        }
    }
}
