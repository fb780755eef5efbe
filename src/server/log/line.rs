//! One exchange as a line of the access log.

use std::io::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::config::LogFormat;
use crate::exchange::Exchange;

/// Local time as text, made anew once a second.
#[derive(Default)]
pub struct Clock {
    second: Option<u64>,
    common: String,
    zone: Option<TimeZone>,
}

impl Clock {
    /// `20/Nov/2026:12:01:02 +0000`.
    fn common(&mut self, at: SystemTime) -> &str {
        let second = at.duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
        if self.second != Some(second) {
            self.second = Some(second);
            self.common = self.zoned(at).strftime("%d/%b/%Y:%H:%M:%S %z").to_string();
        }
        &self.common
    }

    fn zoned(&mut self, at: SystemTime) -> Zoned {
        let zone = self.zone.get_or_insert_with(TimeZone::system).clone();
        Timestamp::try_from(at).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(zone)
    }
}

/// Adds the line for `exchange` to `out`.
///
/// Combined and common follow Apache's formats, with quotes, backslashes and anything that is not
/// printable ASCII in the request's own text written as `\xHH`, so that no client can forge a line.
pub fn append(out: &mut Vec<u8>, clock: &mut Clock, format: LogFormat, exchange: &Exchange) {
    match format {
        LogFormat::Json => json(out, clock, exchange),
        LogFormat::Common => common(out, clock, exchange),
        LogFormat::Combined => {
            common(out, clock, exchange);
            let more = exchange.more.as_deref();
            for field in [more.and_then(|m| m.referer.as_deref()), more.and_then(|m| m.user_agent.as_deref())] {
                out.extend_from_slice(b" \"");
                escape(out, field.unwrap_or("-"));
                out.push(b'"');
            }
        }
    }
    out.push(b'\n');
}

fn common(out: &mut Vec<u8>, clock: &mut Clock, exchange: &Exchange) {
    let at = clock.common(exchange.at);
    // Writing to a Vec cannot fail.
    let _ = write!(out, "{} - - [{at}] \"", exchange.remote);
    escape(out, exchange.method.as_str());
    out.push(b' ');
    escape(out, &exchange.target);
    let _ = write!(out, " {:?}\" {} ", exchange.version, exchange.status);
    match exchange.sent {
        0 => out.push(b'-'),
        sent => {
            let _ = write!(out, "{sent}");
        }
    }
}

fn escape(out: &mut Vec<u8>, text: &str) {
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            0x20..=0x7e => out.push(byte),
            _ => {
                let _ = write!(out, "\\x{byte:02x}");
            }
        }
    }
}

fn json(out: &mut Vec<u8>, clock: &mut Clock, exchange: &Exchange) {
    let more = exchange.more.as_deref();
    let line = serde_json::json!({
        "time": clock.zoned(exchange.at).strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string(),
        "remote": exchange.remote.to_string(),
        "method": exchange.method.as_str(),
        "target": crate::text::harmless(&exchange.target),
        "version": format!("{:?}", exchange.version),
        "status": exchange.status,
        "sent": exchange.sent,
        "ms": (exchange.took.as_secs_f64() * 1e6).round() / 1e3,
        "host": more.and_then(|m| m.host.as_deref()).map(crate::text::harmless),
        "referer": more.and_then(|m| m.referer.as_deref()).map(crate::text::harmless),
        "user_agent": more.and_then(|m| m.user_agent.as_deref()).map(crate::text::harmless),
        "route": more.and_then(|m| m.route.as_deref()),
    });
    let _ = serde_json::to_writer(&mut *out, &line);
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::exchange::More;

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
            more: Some(Box::new(More { user_agent: Some(user_agent.into()), ..More::default() })),
        }
    }

    fn line(format: LogFormat, exchange: &Exchange) -> String {
        let mut clock = Clock { zone: Some(TimeZone::UTC), ..Clock::default() };
        let mut out = Vec::new();
        append(&mut out, &mut clock, format, exchange);
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
