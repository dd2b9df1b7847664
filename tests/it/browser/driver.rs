//! Chromium, driven through chromedriver: a window, its console, and the few gestures that tests make. Deliberately absent:
//! any knowledge of our pages.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine;
use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::{Value, json};
use tempfile::TempDir;

const CHROMIUM: &str = "/usr/bin/chromium";
const CHROMEDRIVER: &str = "/usr/bin/chromedriver";
/// How long a page may take to become what a test waits for.
const PATIENCE: Duration = Duration::from_secs(20);
const AXE: &str = include_str!("vendor/axe.min.js");

pub struct Browser {
    pub client: Client,
    pub has_scripts: bool,
    driver: Child,
    /// The driver's output, kept open: it ends when it cannot write.
    _output: BufReader<ChildStdout>,
    session: String,
    _profile: TempDir,
}

/// Whether there is a browser to test with; says so loudly when there is none.
pub fn is_there() -> bool {
    let is_there = Path::new(CHROMIUM).exists() && Path::new(CHROMEDRIVER).exists();
    if !is_there {
        assert!(!crate::server::is_gate(), "there is no browser to test in");
        eprintln!(
            "\n*** SKIPPED: the viewer was not tested in a browser; {CHROMIUM} and {CHROMEDRIVER} are needed ***\n"
        );
    }
    is_there
}

/// How often a driver is started that finds its port taken.
const STARTS_MAX: usize = 5;

/// A driver on a free port. It chooses one for IPv4 and ends when the same is taken for IPv6.
#[expect(clippy::zombie_processes, reason = "a driver that started is waited for where it is closed")]
fn start() -> Option<(Child, BufReader<ChildStdout>, u16)> {
    let mut driver = Command::new(CHROMEDRIVER)
        .arg("--port=0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(driver.stdout.take().unwrap());
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).unwrap() == 0 {
            driver.wait().unwrap();
            return None;
        }
        if let Some(port) = line.trim().strip_prefix("ChromeDriver was started successfully on port ") {
            return Some((driver, output, port.trim_end_matches('.').parse().unwrap()));
        }
    }
}

impl Browser {
    pub async fn open(has_scripts: bool) -> Self {
        let (driver, output, port) = (0..STARTS_MAX).find_map(|_| start()).expect("chromedriver starts");
        let profile = tempfile::tempdir().unwrap();
        let scripts = if has_scripts { 1 } else { 2 };
        let capabilities = json!({
            "goog:chromeOptions": {
                "binary": CHROMIUM,
                "args": ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
                    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--lang=en-US",
                    "--window-size=1280,900", format!("--user-data-dir={}", profile.path().display())],
                "prefs": {"profile.managed_default_content_settings.javascript": scripts}
            },
            "goog:loggingPrefs": {"browser": "ALL"},
            "unhandledPromptBehavior": "ignore",
        });
        let connector = hyper_util::client::legacy::connect::HttpConnector::new();
        let base = format!("http://127.0.0.1:{port}");
        let client = ClientBuilder::new(connector)
            .capabilities(capabilities.as_object().unwrap().clone())
            .connect(&base)
            .await
            .unwrap();
        let session = format!("{base}/session/{}", client.session_id().await.unwrap().unwrap());
        Self { client, has_scripts, driver, _output: output, session, _profile: profile }
    }

    pub async fn close(mut self) {
        self.client.clone().close().await.unwrap();
        self.driver.kill().unwrap();
        self.driver.wait().unwrap();
    }

    async fn ask(&self, path: &str, body: Value) -> Value {
        let url = format!("{}{path}", self.session);
        let answer = tokio::task::spawn_blocking(move || {
            let mut answer = ureq::post(url).content_type("application/json").send(body.to_string()).unwrap();
            answer.body_mut().with_config().limit(1 << 28).read_to_string().unwrap()
        });
        serde_json::from_str::<Value>(&answer.await.unwrap()).unwrap()["value"].take()
    }

    /// Takes the network away from the window, or gives it back.
    pub async fn cut(&self, is_cut: bool) {
        self.devtools("Network.enable", json!({})).await;
        let conditions =
            json!({"offline": is_cut, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1});
        self.devtools("Network.emulateNetworkConditions", conditions).await;
    }

    async fn devtools(&self, command: &str, parameters: Value) -> Value {
        self.ask("/goog/cdp/execute", json!({"cmd": command, "params": parameters})).await
    }

    pub async fn goto(&self, url: &str) {
        self.client.goto(url).await.unwrap();
    }

    /// A window of this width, in this scheme.
    pub async fn look(&self, width: u32, height: u32, scheme: &str) {
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.devtools("Emulation.setDeviceMetricsOverride", size).await;
        let scheme = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}, {"name": "prefers-reduced-motion", "value": "reduce"}]});
        self.devtools("Emulation.setEmulatedMedia", scheme).await;
    }

    /// Moves the device to another zone.
    pub async fn zone(&self, zone: &str) {
        self.devtools("Emulation.setTimezoneOverride", json!({"timezoneId": zone})).await;
    }

    pub async fn script(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap()
    }

    /// Goes into the frame that a script returns: what follows is asked of the page in it.
    pub async fn enter(&self, frame: &str) {
        let frame = self.script(&format!("return {frame}")).await;
        let entered = self.ask("/frame", json!({"id": frame})).await;
        assert!(entered.is_null(), "{entered}");
    }

    pub async fn texts(&self, selector: &str) -> Vec<String> {
        let script =
            format!("return [...document.querySelectorAll({selector:?})].map(it => it.innerText.trim())");
        serde_json::from_value(self.script(&script).await).unwrap()
    }

    pub async fn text(&self, selector: &str) -> String {
        self.texts(selector).await.into_iter().next().unwrap_or_default()
    }

    pub async fn click(&self, selector: &str) {
        self.client.find(Locator::Css(selector)).await.unwrap().click().await.unwrap();
    }

    pub async fn keys(&self, keys: &str) {
        self.client.active_element().await.unwrap().send_keys(keys).await.unwrap();
    }

    pub async fn path(&self) -> String {
        let url = self.client.current_url().await.unwrap();
        url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()))
    }

    /// Waits until a script returns true.
    pub async fn until(&self, what: &str, script: &str) {
        let begun = Instant::now();
        let script = format!("return !!({script})");
        while self.script(&script).await != json!(true) {
            assert!(begun.elapsed() < PATIENCE, "{what} did not come: {}", self.text("main").await);
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }

    /// Waits until an element holds a text; asks without scripts, for pages that run none.
    pub async fn until_text(&self, selector: &str, expected: &str) {
        let begun = Instant::now();
        loop {
            // The page may be on its way out.
            let text = match self.client.find(Locator::Css(selector)).await {
                Ok(element) => element.text().await.unwrap_or_default(),
                Err(_) => String::new(),
            };
            if text.contains(expected) {
                return;
            }
            assert!(begun.elapsed() < PATIENCE, "{selector} is {text:?}, not {expected:?}");
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }

    /// What axe-core finds wrong with the page.
    pub async fn assert_accessible(&self, what: &str) {
        self.script(AXE).await;
        let run = "const done = arguments[0]; axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})
            .then(found => done(found.violations.flatMap(it => it.nodes.map(node => `${it.id} at ${node.target}: ${node.failureSummary}`))))";
        let found = self.client.execute_async(run, Vec::new()).await.unwrap();
        let found: Vec<String> = serde_json::from_value(found).unwrap();
        assert!(found.is_empty(), "{what}: axe finds\n{}", found.join("\n"));
    }

    /// What the console held until now; it is empty then.
    pub async fn log(&self) -> Vec<String> {
        let log = self.ask("/se/log", json!({"type": "browser"})).await;
        let lines = log.as_array().unwrap().iter().filter(|line| line["level"] != "INFO");
        lines.map(|line| line["message"].to_string()).collect()
    }

    /// That no script failed that no test looked for; a network that is cut on purpose is no failure of ours.
    pub async fn assert_no_script_failed(&self) {
        if self.has_scripts {
            let lines = self.log().await;
            let failed: Vec<_> = lines.iter().filter(|line| line.contains("Uncaught")).collect();
            assert!(failed.is_empty(), "a script failed: {failed:?}");
        }
    }

    /// What the console holds: errors of scripts, and whatever the policy of the page stopped.
    pub async fn assert_quiet(&self, what: &str) {
        let lines = self.log().await;
        assert!(lines.is_empty(), "{what}: the console says\n{}", lines.join("\n"));
        assert!(self.client.get_alert_text().await.is_err(), "{what}: a dialog is open");
    }

    /// Keeps a picture of the whole page where EVERLOG_SCREENSHOTS says, for whoever wants to look.
    pub async fn picture(&self, name: &str) {
        let Some(directory) = std::env::var_os("EVERLOG_SCREENSHOTS").map(PathBuf::from) else { return };
        let shot = self.devtools("Page.captureScreenshot", json!({"captureBeyondViewport": false})).await;
        let bytes = base64::engine::general_purpose::STANDARD.decode(shot["data"].as_str().unwrap()).unwrap();
        std::fs::create_dir_all(&directory).unwrap();
        std::fs::write(directory.join(format!("{name}.png")), bytes).unwrap();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Chromium goes with its driver; one that is gone already was closed.
        self.driver.kill().ok();
    }
}
