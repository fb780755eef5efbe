//! One exchange as a line of the access log.

use std::borrow::Cow;
use std::io::Write as _;
use std::net::IpAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::Version;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::config::LogFormat;
use crate::exchange::{Exchange, More};

/// What a line is made of: an exchange, wherever its parts lie.
pub struct Entry<'a> {
    /// When the head had come.
    pub at: SystemTime,
    /// From then to the last byte handed over.
    pub took: Duration,
    /// Who asked.
    pub remote: IpAddr,
    /// The method.
    pub method: &'a str,
    /// Path and query as received.
    pub target: &'a str,
    /// Of the request.
    pub version: Version,
    /// Of the answer.
    pub status: u16,
    /// Bytes of the answer's body.
    pub sent: u64,
    /// `Host`.
    pub host: Option<Cow<'a, str>>,
    /// `Referer`.
    pub referer: Option<Cow<'a, str>>,
    /// `User-Agent`.
    pub user_agent: Option<Cow<'a, str>>,
    /// The name of the route that answered.
    pub route: Option<&'a str>,
    /// The name with which the request has passed `auth`.
    pub user: Option<&'a str>,
}

impl<'a> From<&'a Exchange> for Entry<'a> {
    fn from(exchange: &'a Exchange) -> Self {
        let more = exchange.more.as_deref();
        let text = |field: fn(&More) -> &Option<Box<str>>| more.and_then(|m| field(m).as_deref()).map(Cow::Borrowed);
        Self {
            at: exchange.at,
            took: exchange.took,
            remote: exchange.remote,
            method: exchange.method.as_str(),
            target: &exchange.target,
            version: exchange.version,
            status: exchange.status,
            sent: exchange.sent,
            host: text(|m| &m.host),
            referer: text(|m| &m.referer),
            user_agent: text(|m| &m.user_agent),
            route: more.and_then(|m| m.route.as_deref()),
            user: more.and_then(|m| m.user.as_deref()),
        }
    }
}

/// What many lines have in common, made anew when it changes.
#[derive(Default)]
pub struct Common {
    second: Option<u64>,
    time: String,
    zone: Option<TimeZone>,
    remote: Option<(IpAddr, String)>,
}

impl Common {
    /// Local time: `20/Nov/2026:12:01:02 +0000`.
    fn time(&mut self, at: SystemTime) -> &str {
        let second = at.duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
        if self.second != Some(second) {
            self.second = Some(second);
            self.time = self.zoned(at).strftime("%d/%b/%Y:%H:%M:%S %z").to_string();
        }
        &self.time
    }

    fn zoned(&mut self, at: SystemTime) -> Zoned {
        let zone = self.zone.get_or_insert_with(TimeZone::system).clone();
        Timestamp::try_from(at).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(zone)
    }

    fn remote(&mut self, remote: IpAddr) -> &str {
        let kept = self.remote.take().filter(|(ip, _)| *ip == remote);
        &self.remote.insert(kept.unwrap_or_else(|| (remote, remote.to_string()))).1
    }
}

/// Adds the line for `entry` to `out`.
///
/// Combined and common follow Apache's formats, with quotes, backslashes and anything that is not
/// printable ASCII in the request's own text written as `\xHH`, so that no client can forge a line.
pub fn append(out: &mut Vec<u8>, common: &mut Common, format: LogFormat, entry: &Entry<'_>) {
    match format {
        LogFormat::Json => json(out, common, entry),
        LogFormat::Common => line(out, common, entry),
        LogFormat::Combined => {
            line(out, common, entry);
            for field in [&entry.referer, &entry.user_agent] {
                out.extend_from_slice(b" \"");
                escape(out, field.as_deref().unwrap_or("-"));
                out.push(b'"');
            }
        }
    }
    out.push(b'\n');
}

fn line(out: &mut Vec<u8>, common: &mut Common, entry: &Entry<'_>) {
    out.extend_from_slice(common.remote(entry.remote).as_bytes());
    out.extend_from_slice(b" - ");
    match entry.user {
        Some(user) => name(out, user),
        None => out.push(b'-'),
    }
    out.extend_from_slice(b" [");
    out.extend_from_slice(common.time(entry.at).as_bytes());
    out.extend_from_slice(b"] \"");
    escape(out, entry.method);
    out.push(b' ');
    escape(out, entry.target);
    out.push(b' ');
    out.extend_from_slice(version(entry.version).as_bytes());
    out.extend_from_slice(b"\" ");
    // Writing to a Vec cannot fail.
    let _ = match entry.sent {
        0 => write!(out, "{} -", entry.status),
        sent => write!(out, "{} {sent}", entry.status),
    };
}

/// A name, which is one word of a line.
fn name(out: &mut Vec<u8>, name: &str) {
    for (place, word) in name.split(' ').enumerate() {
        if place > 0 {
            out.extend_from_slice(b"\\x20");
        }
        escape(out, word);
    }
}

fn version(version: Version) -> &'static str {
    match version {
        Version::HTTP_10 => "HTTP/1.0",
        Version::HTTP_2 => "HTTP/2.0",
        _ => "HTTP/1.1",
    }
}

fn escape(out: &mut Vec<u8>, text: &str) {
    let plain = |b: u8| matches!(b, 0x20..=0x7e) && b != b'"' && b != b'\\';
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|b| !plain(*b)) {
        let (before, after) = rest.split_at(at);
        out.extend_from_slice(before);
        let Some((byte, after)) = after.split_first() else { break };
        let _ = match byte {
            b'"' | b'\\' => write!(out, "\\{}", char::from(*byte)),
            _ => write!(out, "\\x{byte:02x}"),
        };
        rest = after;
    }
    out.extend_from_slice(rest);
}

fn json(out: &mut Vec<u8>, common: &mut Common, entry: &Entry<'_>) {
    fn text<'a>(field: Option<&'a Cow<'_, str>>) -> Option<Cow<'a, str>> {
        field.map(|text| crate::text::harmless(text))
    }
    let mut line = serde_json::json!({
        "time": common.zoned(entry.at).strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string(),
        "remote": entry.remote.to_string(),
        "method": entry.method,
        "target": crate::text::harmless(entry.target),
        "version": version(entry.version),
        "status": entry.status,
        "sent": entry.sent,
        "ms": (entry.took.as_secs_f64() * 1e6).round() / 1e3,
        "host": text(entry.host.as_ref()),
        "referer": text(entry.referer.as_ref()),
        "user_agent": text(entry.user_agent.as_ref()),
        "route": entry.route,
    });
    if let Some(user) = entry.user {
        line["user"] = crate::text::harmless(user).into();
    }
    let _ = serde_json::to_writer(&mut *out, &line);
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn exchange(target: &str, user_agent: &str) -> Exchange {
        Exchange {
            at: UNIX_EPOCH + Duration::from_secs(1_795_000_000),
            took: Duration::from_micros(1234),
            remote: [127, 0, 0, 1].into(),
            method: http::Method::GET,
            target: target.into(),
            version: http::Version::HTTP_11,
            status: 200,
            sent: 1043,
            more: Some(Arc::new(More { user_agent: Some(user_agent.into()), ..More::default() })),
        }
    }

    fn line(format: LogFormat, exchange: &Exchange) -> String {
        let mut common = Common { zone: Some(TimeZone::UTC), ..Common::default() };
        let mut out = Vec::new();
        append(&mut out, &mut common, format, &exchange.into());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn combined_is_apaches() {
        assert_eq!(
            line(LogFormat::Combined, &exchange("/a?b=c", "curl/8")),
            "127.0.0.1 - - [18/Nov/2026:11:06:40 +0000] \"GET /a?b=c HTTP/1.1\" 200 1043 \"-\" \"curl/8\"\n"
        );
    }

    #[test]
    fn no_client_can_forge_a_line() {
        let made = line(LogFormat::Combined, &exchange("/\"\\", "x\"\n127.0.0.1 \u{1b}[2J\u{202e}"));
        assert_eq!(made.lines().count(), 1);
        assert!(made.ends_with("\"x\\\"\\x0a127.0.0.1 \\x1b[2J\\xe2\\x80\\xae\"\n"), "{made}");
        assert!(made.contains("\"GET /\\\"\\\\ HTTP/1.1\""), "{made}");
    }

    #[test]
    fn whoever_has_passed_is_named_in_one_word() {
        let of = |user: &str| {
            let more = Arc::new(More { user: Some(user.into()), ..More::default() });
            Exchange { more: Some(more), ..exchange("/", "") }
        };
        assert!(line(LogFormat::Common, &of("ada")).starts_with("127.0.0.1 - ada [18/Nov"));
        assert!(
            line(LogFormat::Common, &of("a \"b] \u{e9}"))
                .starts_with("127.0.0.1 - a\\x20\\\"b]\\x20\\xc3\\xa9 [18/Nov")
        );
        assert!(line(LogFormat::Json, &of("ada")).contains("\"user\":\"ada\""));
        assert!(!line(LogFormat::Json, &exchange("/", "")).contains("\"user\""));
    }

    #[test]
    fn common_has_a_dash_for_an_empty_body() {
        let empty = Exchange { sent: 0, ..exchange("/", "") };
        assert!(line(LogFormat::Common, &empty).ends_with("\" 200 -\n"));
    }

    #[test]
    fn json_is_one_object() {
        let made = line(LogFormat::Json, &exchange("/é", "a\nb"));
        let value: serde_json::Value = serde_json::from_str(&made).unwrap();
        assert_eq!(value["status"], 200);
        assert_eq!(value["ms"], 1.234);
        assert_eq!(value["user_agent"], "a\\x0ab");
        assert_eq!(value["time"], "2026-11-18T11:06:40.000+00:00");
    }
}
