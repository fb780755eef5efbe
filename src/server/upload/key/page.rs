//! The page that asks for the PIN, in the dress of the upload page: whole without its script,
//! large enough for a thumb, in English or Chinese.

use std::borrow::Cow;

use http::StatusCode;
use http::header::{ACCEPT_LANGUAGE, HeaderMap};

use super::PATH;
use crate::server::answer::{Answer, escape_html};
use crate::server::upload::page::guarded;

/// What the page runs. A browser that was led here by another site's page keeps the cookie of the
/// link back (`SameSite=Strict`), once: from here it sends it.
pub const SCRIPT: &[u8] = include_bytes!("key.js");

/// Why somebody is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Says {
    NoKey,
    /// A link of an earlier run.
    OldLink,
    /// The token of the link, where a link opens nothing.
    LinkOnly,
    /// A token of an earlier run, sent by a program.
    OldToken,
    Wrong,
    /// No PIN is looked at for so many seconds.
    NotNow(u64),
}

impl Says {
    /// Title and detail for programs.
    pub(super) fn problem(self) -> (&'static str, Cow<'static, str>) {
        match self {
            Self::NoKey => (
                "no key",
                "From another device this needs the key: send -H 'Authorization: Bearer TOKEN'. The command url, typed on \
                 the computer that runs stan, shows the token; upload.key in stan.conf says whether one is needed."
                    .into(),
            ),
            Self::OldLink => (
                "no key",
                "The token in this address is not, or no longer, the right one: stan makes a new one at each start. The \
                 command url, typed on the computer that runs stan, shows it; send -H 'Authorization: Bearer TOKEN'."
                    .into(),
            ),
            Self::LinkOnly => (
                "no key",
                "In an address the token opens the page in a browser, and nothing else: send it as \
                 -H 'Authorization: Bearer TOKEN'."
                    .into(),
            ),
            Self::OldToken => (
                "no key",
                "The token that was sent is not, or no longer, the right one: stan makes a new one at each start. The \
                 command url, typed on the computer that runs stan, shows it."
                    .into(),
            ),
            Self::Wrong => {
                ("wrong PIN", "That is not the PIN. It is shown on the screen of the computer that runs stan.".into())
            }
            Self::NotNow(seconds) => (
                "too many guesses",
                format!(
                    "Too many wrong PINs came, from this device or from others: for {seconds} s none is looked at, not \
                     even the right one. The link and the QR code work as before."
                )
                .into(),
            ),
        }
    }

    fn text(self, chinese: bool) -> Cow<'static, str> {
        match (self, chinese) {
            (Self::NoKey | Self::LinkOnly | Self::OldToken, false) => "To exchange files with this computer, type the PIN.".into(),
            (Self::NoKey | Self::LinkOnly | Self::OldToken, true) => "要与这台电脑互传文件，请输入 PIN 码。".into(),
            (Self::OldLink, false) => {
                "This link is from an earlier start. Scan the code again, or type the PIN.".into()
            }
            (Self::OldLink, true) => "这个链接来自上一次启动。请重新扫码，或输入 PIN 码。".into(),
            (Self::Wrong, false) => "That was not the PIN. Look again, and try once more.".into(),
            (Self::Wrong, true) => "PIN 码不对，请核对后再试一次。".into(),
            (Self::NotNow(seconds), false) => format!(
                "Too many wrong PINs came, from this device or from others. Wait {}, then try again: until then not even \
                 the right one is taken. Scanning the code works at once.",
                wait(seconds, "s", "min")
            )
            .into(),
            (Self::NotNow(seconds), true) => format!(
                "输错的次数太多（可能来自其他设备）。请等 {} 再试，此前正确的 PIN 码也不会被接受。扫码则立即可用。",
                wait(seconds, "秒", "分钟")
            )
            .into(),
        }
    }
}

fn wait(seconds: u64, second: &str, minute: &str) -> String {
    if seconds <= 90 { format!("{seconds} {second}") } else { format!("{} {minute}", seconds.div_ceil(60)) }
}

struct Words {
    lang: &'static str,
    title: &'static str,
    label: &'static str,
    go: &'static str,
    place: &'static str,
    opened: &'static str,
}

const ENGLISH: Words = Words {
    lang: "en",
    title: "Send files",
    label: "PIN",
    go: "Go on",
    place: "The PIN is on the screen of the computer, at the top of stan. Whoever sits there can also type qr and let \
            this device scan the code.",
    opened: "I have opened the link",
};

const CHINESE: Words = Words {
    lang: "zh",
    title: "发送文件",
    label: "PIN 码",
    go: "继续",
    place: "PIN 码显示在电脑屏幕上 stan 窗口的顶部。也可以在那里输入 qr，然后用本设备扫码。",
    opened: "我已打开过链接",
};

const STYLE: &str = ".pin{width:100%;min-height:3.5rem;padding:.5rem 1rem;border:2px solid var(--soft);border-radius:.75rem;\
background:none;color:inherit;font:600 1.6rem/1.2 ui-monospace,monospace;letter-spacing:.2em;text-align:center}\
.pin:focus-visible{outline:3px solid var(--accent);outline-offset:2px}label{font-weight:600}.said{color:inherit;font-weight:600}";

/// The page. The PIN leads `back`, which is a path.
pub(super) fn answer(status: StatusCode, chinese: bool, says: &Says, numeric: bool, back: &str) -> Answer {
    let Words { lang, title, label, go, place, opened } = if chinese { CHINESE } else { ENGLISH };
    let said = says.text(chinese);
    let mode = if numeric { "numeric" } else { "text" };
    let back = escape_html(back);
    let asks = !matches!(says, Says::NoKey | Says::OldLink);
    let role = if asks { " role=\"alert\"" } else { "" };
    guarded(
        status,
        format!(
            "<!doctype html>\n<html lang=\"{lang}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n\
             <link rel=\"icon\" href=\"data:,\">\n<link rel=\"stylesheet\" href=\"/__stan/upload.css\">\n\
             <style>{STYLE}</style>\n<script src=\"/__stan/key.js\" defer></script>\n</head>\n<body>\n<main>\n\
             <h1>{title}</h1>\n<p class=\"said\"{role}>{said}</p>\n<form action=\"{PATH}\" method=\"post\">\n\
             <input type=\"hidden\" name=\"to\" value=\"{back}\">\n<label for=\"pin\">{label}</label>\n\
             <input class=\"pin\" id=\"pin\" name=\"pin\" type=\"text\" inputmode=\"{mode}\" \
             autocomplete=\"one-time-code\" autocapitalize=\"none\" spellcheck=\"false\" maxlength=\"80\" required \
             autofocus>\n<button class=\"button\" type=\"submit\">{go}</button>\n</form>\n<p>{place}</p>\n\
             <noscript><p><a href=\"{back}\">{opened}</a></p></noscript>\n</main>\n\
             </body>\n</html>\n"
        ),
    )
}

/// Whether a browser would rather read Chinese than English (RFC 9110, section 12.5.4).
pub(super) fn is_chinese(headers: &HeaderMap) -> bool {
    let (mut chinese, mut english) = (0.0_f32, 0.0_f32);
    let values = headers.get_all(ACCEPT_LANGUAGE).iter().filter_map(|value| value.to_str().ok());
    for range in values.flat_map(|value| value.split(',')) {
        let mut parts = range.split(';').map(str::trim);
        let tag = parts.next().unwrap_or_default().to_ascii_lowercase();
        let weight = parts.find_map(|part| part.strip_prefix("q=")).map_or(1.0, |q| q.parse().unwrap_or(0.0));
        match tag.split('-').next() {
            Some("zh") => chinese = chinese.max(weight),
            Some("en") => english = english.max(weight),
            _ => {}
        }
    }
    chinese > english
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    async fn page(says: Says, chinese: bool, numeric: bool, back: &str) -> String {
        let answer = answer(StatusCode::FORBIDDEN, chinese, &says, numeric, back);
        String::from_utf8(answer.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
    }

    #[tokio::test]
    async fn it_is_a_form_that_works_by_itself() {
        let page = page(Says::NoKey, false, true, "/upload?a=\"<b>").await;
        for part in [
            "method=\"post\"",
            "action=\"/__stan/key\"",
            "inputmode=\"numeric\"",
            "autocomplete=\"one-time-code\"",
            "width=device-width",
            "value=\"/upload?a=&quot;&lt;b&gt;\"",
            "screen of the computer",
        ] {
            assert!(page.contains(part), "{part} in {page}");
        }
        assert!(!page.contains("onload") && !page.contains("role=\"alert\""));
    }

    #[tokio::test]
    async fn letters_need_the_whole_keyboard_and_a_refusal_is_read_aloud() {
        let page = page(Says::NotNow(150), true, false, "/").await;
        assert!(page.contains("inputmode=\"text\"") && page.contains("role=\"alert\""));
        assert!(page.contains("lang=\"zh\"") && page.contains("3 分钟"), "{page}");
    }

    #[test]
    fn the_language_is_the_browsers() {
        for (accept, chinese) in [
            ("zh-CN,zh;q=0.9,en;q=0.8", true),
            ("en-GB, zh;q=0.9", false),
            ("de, ZH-TW;q=0.5, en;q=0.4", true),
            ("zh;q=0", false),
            ("fr", false),
            ("zh;q=x", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_LANGUAGE, accept.parse().unwrap());
            assert_eq!(is_chinese(&headers), chinese, "{accept}");
        }
    }
}
