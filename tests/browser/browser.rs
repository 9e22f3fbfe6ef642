//! Chromium without a window, led by a driver of its own; and what a page must never do in it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rocket::tokio::time::sleep;
use serde_json::{Value, json};
use thirtyfour::extensions::cdp::ChromeDevTools;
use thirtyfour::{By, ChromiumLikeCapabilities, DesiredCapabilities, WebDriver, WebElement};

const FLAGS: &[&str] = &[
    "--headless",
    // As root, which CI may be, Chromium has no sandbox.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
];

/// Runs before anything of a page, and remembers what went wrong in it.
const WATCH: &str = r"
    globalThis.problems = [];
    const tell = (what) => globalThis.problems.push(String(what));
    document.addEventListener('securitypolicyviolation', (it) => tell(`policy: ${it.violatedDirective} ${it.blockedURI} ${it.sourceFile}:${it.lineNumber}`));
    addEventListener('error', (it) => tell(it.message ?? `could not load ${it.target.src ?? it.target.href}`), true);
    addEventListener('unhandledrejection', (it) => tell(`rejected: ${it.reason}`));
    for (const level of ['error', 'warn']) {
        const say = console[level];
        console[level] = (...words) => { tell(`console.${level}: ${words.join(' ')}`); say.apply(console, words); };
    }
";

/// Longest that anything expected may take on a busy machine; most of it takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(40);
const PAUSE: Duration = Duration::from_millis(50);

/// A browser window. Fields are dropped in their order: the session ends before its driver does.
pub(crate) struct Browser {
    driver: WebDriver,
    _process: Driver,
    _profile: tempfile::TempDir,
}

/// Whether pages may run scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scripts {
    On,
    Off,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Screen {
    pub(crate) name: &'static str,
    pub(crate) width: u32,
    pub(crate) height: u32,
}

pub(crate) const DESKTOP: Screen = Screen { name: "desktop", width: 1440, height: 900 };
pub(crate) const PHONE: Screen = Screen { name: "phone", width: 390, height: 844 };

impl Browser {
    pub(crate) async fn open(scripts: Scripts) -> Browser {
        let process = Driver::start();
        let profile = tempfile::tempdir().expect("a directory");
        let mut wishes = DesiredCapabilities::chrome();
        for flag in FLAGS {
            wishes.add_arg(flag).expect("a flag");
        }
        wishes.add_arg(&format!("--user-data-dir={}", profile.path().display())).expect("a flag");
        if scripts == Scripts::Off {
            let off = json!({ "profile.managed_default_content_settings.javascript": 2 });
            wishes.add_experimental_option("prefs", off).expect("an option");
        }
        let driver = WebDriver::new(process.url(), wishes).await;
        let driver = driver.expect("Chromium must be there for the browser tests: run script/test, which installs it");
        let browser = Browser { driver, _process: process, _profile: profile };
        browser.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": WATCH })).await;
        browser.resize(DESKTOP).await;
        browser
    }

    pub(crate) async fn close(self) {
        self.driver.quit().await.expect("a session that ends");
    }

    pub(crate) async fn goto(&self, url: &str) {
        self.driver.goto(url).await.expect("a page");
    }

    pub(crate) async fn back(&self) {
        self.driver.back().await.expect("a page before");
    }

    pub(crate) async fn resize(&self, screen: Screen) {
        let size = json!({ "width": screen.width, "height": screen.height, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", size).await;
    }

    /// What the reader's system prefers: `light` or `dark`.
    pub(crate) async fn prefer(&self, scheme: &str) {
        let features = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.devtools("Emulation.setEmulatedMedia", features).await;
    }

    /// As a printer gets it: `print`, or nothing for the screen again.
    pub(crate) async fn as_printed(&self, media: &str) {
        self.devtools("Emulation.setEmulatedMedia", json!({ "media": media })).await;
    }

    /// Where what is downloaded goes.
    pub(crate) async fn download_into(&self, directory: &std::path::Path) {
        let place = json!({ "behavior": "allow", "downloadPath": directory.display().to_string() });
        self.devtools("Browser.setDownloadBehavior", place).await;
    }

    /// Writes into a field that is empty.
    pub(crate) async fn write(&self, css: &str, text: &str) {
        self.find(css)
            .await
            .send_keys(text)
            .await
            .unwrap_or_else(|error| panic!("`{css}` cannot be written into: {error}"));
    }

    async fn devtools(&self, command: &str, parameters: Value) {
        let tools = ChromeDevTools::new(self.driver.handle.clone());
        tools.execute_cdp_with_params(command, parameters).await.expect("a command that the browser knows");
    }

    /// The value of an expression in the page.
    pub(crate) async fn value(&self, expression: &str) -> Value {
        let answer = self.driver.execute(format!("return {expression}"), Vec::new()).await;
        answer.unwrap_or_else(|error| panic!("{expression}: {error}")).json().clone()
    }

    /// Waits until the expression is true.
    pub(crate) async fn until(&self, expression: &str) {
        let since = Instant::now();
        loop {
            // Between two documents there is none to ask.
            let answer = self.driver.execute(format!("return Boolean({expression})"), Vec::new()).await;
            if answer.is_ok_and(|it| it.json() == &json!(true)) {
                return;
            }
            assert!(since.elapsed() < PATIENCE, "never came true: {expression}\n{}", self.text("body").await);
            sleep(PAUSE).await;
        }
    }

    async fn find(&self, css: &str) -> WebElement {
        self.driver.find(By::Css(css)).await.unwrap_or_else(|error| panic!("no `{css}`: {error}"))
    }

    /// Whether there is such an element and it is drawn; the driver's own answer takes a closed `<details>` at its word.
    pub(crate) async fn shows(&self, css: &str) -> bool {
        self.value(&format!("document.querySelector(\"{css}\")?.checkVisibility() ?? false")).await == json!(true)
    }

    pub(crate) async fn text(&self, css: &str) -> String {
        self.find(css).await.text().await.expect("an element")
    }

    pub(crate) async fn click(&self, css: &str) {
        // A row far below, under a head that stays, is brought to the middle first: the driver would aim at its edge.
        let element = self.find(css).await;
        let middle =
            format!("document.querySelector(\"{css}\")?.scrollIntoView({{ block: 'center', behavior: 'instant' }})");
        self.value(&middle).await;
        let clicked = element.click().await;
        clicked.unwrap_or_else(|error| panic!("`{css}` cannot be clicked: {error}"));
    }

    /// Errors, warnings and violations of the policy since the page was loaded.
    pub(crate) async fn problems(&self) -> Value {
        self.value("globalThis.problems").await
    }

    /// What axe-core finds that is serious or critical, in words.
    pub(crate) async fn barriers(&self, axe: &str) -> Value {
        self.driver.execute(axe, Vec::new()).await.expect("axe-core runs");
        let run = "const done = arguments[arguments.length - 1];
            axe.run(document, { preload: false, resultTypes: ['violations'] }).then(
                ({ violations }) => done(violations
                    .filter((it) => ['serious', 'critical'].includes(it.impact))
                    .flatMap((it) => it.nodes.map((node) => `${it.id}: ${node.html} ${node.failureSummary}`))),
                (error) => done([`axe-core failed: ${error}`]),
            );";
        self.driver.execute_async(run, Vec::new()).await.expect("axe-core answers").json().clone()
    }
}

/// The source of axe-core, which is licensed for use here and not for shipping.
pub(crate) fn axe() -> String {
    let path = std::env::var("KLYTICS_AXE").unwrap_or_else(|_| {
        panic!("KLYTICS_AXE must name axe-core's axe.min.js: run script/test, which installs it and says where it is")
    });
    std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{path}, which KLYTICS_AXE names: {error}; run script/test"))
}

/// A running chromedriver.
struct Driver {
    process: Child,
    port: u16,
}

impl Driver {
    /// It wants a port that is free on IPv4 and IPv6 alike, and gives up where the one that it is given is not.
    fn start() -> Driver {
        (0..5).find_map(|_| Driver::try_start()).expect("a chromedriver that says its port")
    }

    fn try_start() -> Option<Driver> {
        let spawned = Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut process = spawned.unwrap_or_else(|error| {
            panic!("chromedriver must be there for the browser tests: {error}; run script/test, which installs it")
        });
        let stdout = process.stdout.take().expect("it is piped");
        let mut driver = Driver { process, port: 0 };
        let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
        // "ChromeDriver was started successfully on port 41235."
        driver.port =
            lines.find_map(|it| it.split_once(" successfully on port ")?.1.trim_end_matches('.').parse().ok())?;
        // What else it says has to go somewhere, or it would wait for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        Some(driver)
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
