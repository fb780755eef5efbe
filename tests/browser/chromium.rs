//! Chromium by its debugging protocol: pages are opened, asked and touched as a person does.

use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_tungstenite::tungstenite::protocol::WebSocket;
use tokio_tungstenite::tungstenite::{Message, client};

use crate::common::{Lines, PATIENCE, connect, eventually};

/// Starting on a busy machine may take its time.
const START: Duration = Duration::from_secs(60);

/// A browser of its own; it ends with the last of its pages.
pub(crate) struct Browser(Rc<Process>);

struct Process {
    child: Child,
    address: String,
    _profile: TempDir,
}

impl Browser {
    pub(crate) fn start() -> Self {
        let profile = tempfile::tempdir().unwrap();
        let mut command = Command::new("chromium");
        command.args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-proxy-server",
            "--remote-debugging-port=0",
            "--window-size=390,844",
        ]);
        command.arg(format!("--user-data-dir={}", profile.path().display())).arg("about:blank");
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", profile.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child =
            command.spawn().unwrap_or_else(|error| panic!("chromium ({error}): bash tests/run installs it"));
        let said = Lines::of(child.stderr.take().unwrap());
        let end = Instant::now() + START;
        let address = loop {
            let lines = said.all();
            if let Some(address) = lines.iter().find_map(|line| line.strip_prefix("DevTools listening on ")) {
                break address.trim().to_owned();
            }
            let ended = child.try_wait().unwrap();
            assert!(Instant::now() < end && ended.is_none(), "Chromium did not start: {ended:?}\n{}", lines.join("\n"));
            std::thread::sleep(Duration::from_millis(20));
        };
        Self(Rc::new(Process { child, address, _profile: profile }))
    }

    /// A page at `url`.
    pub(crate) fn open(&self, url: &str) -> Page {
        let mut page = Page::new(self.0.clone());
        page.go(url);
        page
    }

    /// The same as on a phone: touch, a small screen, and this `User-Agent`.
    pub(crate) fn phone(&self, agent: &str) -> Page {
        let mut page = Page::new(self.0.clone());
        let screen = json!({"width": 390, "height": 844, "deviceScaleFactor": 3, "mobile": true});
        page.call("Emulation.setDeviceMetricsOverride", &screen);
        page.call("Emulation.setTouchEmulationEnabled", &json!({"enabled": true, "maxTouchPoints": 5}));
        page.call("Emulation.setUserAgentOverride", &json!({"userAgent": agent}));
        page
    }

    /// Kilobytes that the largest of its renderers holds.
    pub(crate) fn memory(&self) -> u64 {
        let processes = std::fs::read_dir("/proc").unwrap().flatten();
        let number = |entry: &std::fs::DirEntry| entry.file_name().to_str()?.parse::<u32>().ok();
        let statuses = processes.filter_map(|entry| {
            let read = |name: &str| std::fs::read_to_string(entry.path().join(name)).unwrap_or_default();
            Some((number(&entry)?, read("status"), read("cmdline")))
        });
        let all: Vec<_> = statuses.collect();
        let of = |status: &str, what: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(what)).unwrap_or_default();
            line.split_ascii_whitespace().next().map_or(0, |number| number.parse::<u64>().unwrap())
        };
        let mut family = vec![u64::from(self.0.child.id())];
        let mut known = 0;
        while known < family.len() {
            let parent = family[known];
            let children = all.iter().filter(|(_, status, _)| of(status, "PPid:") == parent);
            family.extend(children.map(|(process, ..)| u64::from(*process)));
            known += 1;
        }
        let renders =
            |process: u32, command: &str| command.contains("--type=renderer") && family.contains(&u64::from(process));
        let renderers = all.iter().filter(|(process, _, command)| renders(*process, command));
        renderers.map(|(_, status, _)| of(status, "VmRSS:")).max().unwrap_or_default()
    }

    /// The same where scripts are off.
    pub(crate) fn open_without_scripts(&self, url: &str) -> Page {
        let mut page = Page::new(self.0.clone());
        page.call("Emulation.setScriptExecutionDisabled", &json!({"value": true}));
        page.go(url);
        page
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The launcher has become the browser itself; its helpers end when it does.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A page, and the debugging connection to it.
pub(crate) struct Page {
    socket: WebSocket<TcpStream>,
    session: String,
    last: u64,
    _browser: Rc<Process>,
}

impl Page {
    fn new(browser: Rc<Process>) -> Self {
        let port = browser.address.split(['/', ':']).find_map(|part| part.parse().ok()).unwrap();
        let (socket, _) = client(browser.address.as_str(), connect(port)).unwrap();
        let mut page = Self { socket, session: String::new(), last: 0, _browser: browser };
        let target = page.call("Target.createTarget", &json!({"url": "about:blank"}));
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let attached = page.call("Target.attachToTarget", &attach);
        attached["sessionId"].as_str().unwrap().clone_into(&mut page.session);
        page.call("Page.enable", &json!({}));
        page
    }

    /// Asks the browser; an error of its is a failure.
    fn call(&mut self, method: &str, parameters: &Value) -> Value {
        self.try_call(method, parameters).unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    fn try_call(&mut self, method: &str, parameters: &Value) -> Result<Value, Value> {
        self.last += 1;
        let mut message = json!({"id": self.last, "method": method, "params": parameters});
        if !self.session.is_empty() {
            message["sessionId"] = json!(self.session);
        }
        self.socket.send(Message::text(message.to_string())).unwrap();
        loop {
            let Message::Text(text) = self.socket.read().unwrap() else { continue };
            let mut message: Value = serde_json::from_str(&text).unwrap();
            if message["id"] == self.last {
                return if message["error"].is_null() {
                    Ok(message["result"].take())
                } else {
                    Err(message["error"].take())
                };
            }
        }
    }

    /// Runs `script` in each document before the document's own.
    pub(crate) fn before(&mut self, script: &str) {
        self.call("Page.addScriptToEvaluateOnNewDocument", &json!({"source": script}));
    }

    /// Speaks this language.
    pub(crate) fn speaks(&mut self, language: &str) {
        let agent = self.value("navigator.userAgent");
        let spoken = json!({"userAgent": agent, "acceptLanguage": language});
        self.call("Emulation.setUserAgentOverride", &spoken);
    }

    /// A screen of that size.
    pub(crate) fn screen(&mut self, width: u32, height: u32, dark: bool) {
        let screen = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 800});
        self.call("Emulation.setDeviceMetricsOverride", &screen);
        let scheme = json!([{"name": "prefers-color-scheme", "value": if dark { "dark" } else { "light" }}]);
        self.call("Emulation.setEmulatedMedia", &json!({"features": scheme}));
    }

    /// Sends no more than so many bytes a second; 0 is as many as go.
    pub(crate) fn sends_at(&mut self, bytes: u64) {
        let up = if bytes == 0 { json!(-1) } else { json!(bytes) };
        self.call("Network.enable", &json!({}));
        let slow = json!({"offline": false, "latency": 0, "downloadThroughput": -1, "uploadThroughput": up});
        self.call("Network.emulateNetworkConditions", &slow);
    }

    /// Goes to `url`.
    pub(crate) fn go(&mut self, url: &str) {
        let answer = self.call("Page.navigate", &json!({"url": url}));
        assert!(answer["errorText"].is_null(), "{url}: {answer}");
    }

    /// The value of an expression; nothing while the page is being replaced by another.
    fn evaluate(&mut self, expression: &str) -> Option<Value> {
        let parameters = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let answer = self.try_call("Runtime.evaluate", &parameters).ok()?;
        answer["exceptionDetails"].is_null().then(|| answer["result"]["value"].clone())
    }

    /// The value of an expression.
    pub(crate) fn value(&mut self, expression: &str) -> Value {
        eventually(expression, || self.evaluate(expression))
    }

    pub(crate) fn run(&mut self, script: &str) {
        self.value(script);
    }

    /// Waits until an expression is true.
    pub(crate) fn until(&mut self, expression: &str) {
        self.until_within(PATIENCE, expression);
    }

    /// The same with another patience.
    pub(crate) fn until_within(&mut self, patience: Duration, expression: &str) {
        let end = Instant::now() + patience;
        while self.evaluate(expression) != Some(Value::Bool(true)) {
            let late = Instant::now() > end;
            assert!(!late, "never true: {expression}\nat {}\n{}", self.value("location.href"), self.html());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// The document as it is now, also where scripts are off.
    pub(crate) fn html(&mut self) -> String {
        let Some(root) = self.root() else { return String::new() };
        let html = self.try_call("DOM.getOuterHTML", &json!({"nodeId": root}));
        html.map_or(String::new(), |html| html["outerHTML"].as_str().unwrap_or_default().to_owned())
    }

    fn root(&mut self) -> Option<Value> {
        let document = self.try_call("DOM.getDocument", &json!({"depth": 0})).ok()?;
        Some(document["root"]["nodeId"].clone())
    }

    /// The first element that a selector finds.
    fn find(&mut self, selector: &str) -> Value {
        eventually(selector, || {
            let root = self.root()?;
            let found = self.try_call("DOM.querySelector", &json!({"nodeId": root, "selector": selector})).ok()?;
            (found["nodeId"] != 0).then(|| found["nodeId"].clone())
        })
    }

    /// Chooses files, as if by the system's own dialog.
    pub(crate) fn choose(&mut self, selector: &str, files: &[PathBuf]) {
        eventually(selector, || {
            let node = self.find(selector);
            self.try_call("DOM.setFileInputFiles", &json!({"nodeId": node, "files": files})).ok()
        });
    }

    /// Taps an element.
    pub(crate) fn tap(&mut self, selector: &str) {
        let (x, y) = self.middle(selector);
        self.call("Input.dispatchTouchEvent", &json!({"type": "touchStart", "touchPoints": [{"x": x, "y": y}]}));
        self.call("Input.dispatchTouchEvent", &json!({"type": "touchEnd", "touchPoints": []}));
    }

    /// Types into the field that has the focus.
    pub(crate) fn types(&mut self, text: &str) {
        self.call("Input.insertText", &json!({"text": text}));
    }

    /// Presses a button with the mouse.
    pub(crate) fn press(&mut self, selector: &str) {
        let (x, y) = self.middle(selector);
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({"type": kind, "x": x, "y": y, "button": "left", "clickCount": 1});
            self.call("Input.dispatchMouseEvent", &event);
        }
    }

    /// Where the middle of an element is, once it is in view.
    fn middle(&mut self, selector: &str) -> (f64, f64) {
        // The document may be read anew between two questions, and its nodes then have other numbers.
        let model = eventually(selector, || {
            let node = self.find(selector);
            self.try_call("DOM.scrollIntoViewIfNeeded", &json!({"nodeId": node})).ok()?;
            self.try_call("DOM.getBoxModel", &json!({"nodeId": node})).ok()
        });
        let corner = |n: usize| model["model"]["content"][n].as_f64().unwrap();
        (f64::midpoint(corner(0), corner(4)), f64::midpoint(corner(1), corner(5)))
    }
}
