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
        let end = Instant::now() + PATIENCE;
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

    /// Presses a button with the mouse.
    pub(crate) fn press(&mut self, selector: &str) {
        // The document may be read anew between two questions, and its nodes then have other numbers.
        let model = eventually(selector, || {
            let node = self.find(selector);
            self.try_call("DOM.scrollIntoViewIfNeeded", &json!({"nodeId": node})).ok()?;
            self.try_call("DOM.getBoxModel", &json!({"nodeId": node})).ok()
        });
        let corner = |n: usize| model["model"]["content"][n].as_f64().unwrap();
        let (x, y) = (f64::midpoint(corner(0), corner(4)), f64::midpoint(corner(1), corner(5)));
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({"type": kind, "x": x, "y": y, "button": "left", "clickCount": 1});
            self.call("Input.dispatchMouseEvent", &event);
        }
    }
}
