//! A small `WebDriver` client: as much of the protocol as one journey needs.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};

/// How often something is looked for, every 50 ms, before the journey gives up.
const LOOKS_MAX: usize = 1_200;
const WINDOW: (u32, u32) = (1_280, 860);

/// A headless Chromium with a fresh profile.
pub(super) struct Browser {
    driver: Child,
    session: String,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Starts it, or says what is lacking.
    pub(super) async fn start() -> Result<Self, String> {
        let found = Command::new("chromium").arg("--version").output();
        if !found.is_ok_and(|answer| answer.status.success()) {
            return Err("there is no `chromium`".to_owned());
        }
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|fault| format!("there is no `chromedriver`: {fault}"))?;
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| {
                let port = line.strip_prefix("ChromeDriver was started successfully on port ")?;
                port.trim_end_matches('.').parse::<u16>().ok()
            })
            .expect("chromedriver names its port");
        std::thread::spawn(move || lines.for_each(drop)); // its pipe must not fill
        let base = format!("http://127.0.0.1:{port}");
        let profile = tempfile::tempdir().unwrap();
        let asked = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
            "goog:chromeOptions": { "args": arguments(&profile.path().to_string_lossy()) },
        }}});
        let answer = call("POST", &format!("{base}/session"), Some(asked)).await.unwrap();
        let session = format!("{base}/session/{}", answer["sessionId"].as_str().unwrap());
        Ok(Self { driver, session, _profile: profile })
    }

    /// Ends browser and driver.
    pub(super) async fn quit(mut self) {
        let _ = call("DELETE", &self.session, None).await;
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }

    pub(super) async fn open(&self, url: &str) {
        self.post("url", json!({ "url": url })).await;
    }

    /// Runs the body of a function in the page and gives what it returns.
    pub(super) async fn run(&self, script: &str) -> Value {
        self.post("execute/sync", json!({ "script": script, "args": [] })).await
    }

    /// Waits until the script returns true.
    pub(super) async fn until(&self, script: &str) {
        for _ in 0..LOOKS_MAX {
            if self.run(script).await == json!(true) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let shown = self.run("return document.body.innerText").await;
        panic!("never true: {script}\nthe page shows: {shown}\n{:?}", self.complaints().await);
    }

    /// What the script returns once it returns the same a few times over: something came to rest.
    pub(super) async fn still(&self, script: &str) -> Value {
        let mut last = self.run(script).await;
        let mut same = 0;
        for _ in 0..LOOKS_MAX {
            tokio::time::sleep(Duration::from_millis(50)).await;
            let now = self.run(script).await;
            same = if now == last { same + 1 } else { 0 };
            if same == 8 {
                return now;
            }
            last = now;
        }
        panic!("never still: {script}");
    }

    /// The text of the first element that fits.
    pub(super) async fn text(&self, selector: &str) -> String {
        let script = format!("return document.querySelector({selector:?}).textContent.trim()");
        self.run(&script).await.as_str().unwrap().to_owned()
    }

    /// Types on the keyboard; U+E007 is Enter.
    pub(super) async fn keys(&self, text: &str) {
        let steps: Vec<Value> = text
            .chars()
            .flat_map(|key| ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key })))
            .collect();
        self.act(json!({ "type": "key", "id": "keyboard", "actions": steps })).await;
    }

    /// Clicks at `[x, y]` in the window.
    pub(super) async fn click(&self, at: &Value) {
        let steps = json!([
            { "type": "pointerMove", "duration": 0, "x": at[0], "y": at[1] },
            { "type": "pointerDown", "button": 0 },
            { "type": "pointerUp", "button": 0 },
        ]);
        self.act(json!({
            "type": "pointer", "id": "mouse",
            "parameters": { "pointerType": "mouse" }, "actions": steps,
        }))
        .await;
    }

    /// Makes the reader one who likes the dark, or the light.
    pub(super) async fn prefer(&self, scheme: &str) {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        let order =
            json!({ "cmd": "Emulation.setEmulatedMedia", "params": { "features": features } });
        self.post("goog/cdp/execute", order).await;
    }

    /// What is shown, as PNG; nothing when there is no picture of it.
    pub(super) async fn picture(&self) -> Vec<u8> {
        let taken = call("GET", &format!("{}/screenshot", self.session), None).await;
        let text = taken.unwrap_or_default();
        STANDARD.decode(text.as_str().unwrap_or_default()).unwrap_or_default()
    }

    /// What the browser complained of: errors of scripts, refused loads, breaches of the policy.
    pub(super) async fn complaints(&self) -> Vec<String> {
        let log = self.post("se/log", json!({ "type": "browser" })).await;
        let severe = |line: &&Value| line["level"] == "SEVERE" || line["level"] == "WARNING";
        log.as_array()
            .unwrap()
            .iter()
            .filter(severe)
            .map(|line| line["message"].to_string())
            .collect()
    }

    /// Every address that the page and its workers asked for.
    pub(super) async fn requests(&self) -> Vec<String> {
        let log = self.post("se/log", json!({ "type": "performance" })).await;
        let address = |line: &Value| {
            let event: Value = serde_json::from_str(line["message"].as_str()?).ok()?;
            let message = &event["message"];
            (message["method"] == "Network.requestWillBeSent")
                .then(|| message["params"]["request"]["url"].as_str().map(str::to_owned))?
        };
        log.as_array().unwrap().iter().filter_map(address).collect()
    }

    async fn act(&self, source: Value) {
        self.post("actions", json!({ "actions": [source] })).await;
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        call("POST", &format!("{}/{path}", self.session), Some(body)).await.unwrap()
    }
}

fn arguments(profile: &str) -> Vec<String> {
    let mut arguments: Vec<String> = [
        "--headless",
        "--no-sandbox", // containers and root have none
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--use-gl=angle", // WebGL without a graphics card
        "--use-angle=swiftshader",
        "--enable-unsafe-swiftshader",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ]
    .map(str::to_owned)
    .to_vec();
    arguments.push(format!("--user-data-dir={profile}"));
    arguments.push(format!("--window-size={},{}", WINDOW.0, WINDOW.1));
    arguments
}

/// Gets JSON.
pub(super) async fn get(url: &str) -> Result<Value, String> {
    request("GET", url, None).await
}

/// Calls the driver and unwraps its `value`.
async fn call(method: &str, url: &str, body: Option<Value>) -> Result<Value, String> {
    request(method, url, body).await.map(|mut answer| answer["value"].take())
}

async fn request(method: &str, url: &str, body: Option<Value>) -> Result<Value, String> {
    let client = Client::builder(TokioExecutor::new()).build_http();
    let bytes = body.map_or_else(Vec::new, |body| body.to_string().into_bytes());
    let request = hyper::Request::builder()
        .method(method)
        .uri(url)
        .header("content-type", "application/json")
        .body(Full::new(bytes::Bytes::from(bytes)))
        .unwrap();
    let answer = client.request(request).await.map_err(|fault| fault.to_string())?;
    let status = answer.status();
    let bytes = answer.into_body().collect().await.map_err(|fault| fault.to_string())?.to_bytes();
    let text = String::from_utf8_lossy(&bytes);
    if !status.is_success() {
        return Err(format!("{status} from {url}: {text}"));
    }
    serde_json::from_str(&text).map_err(|fault| format!("{url}: {fault}: {text}"))
}
