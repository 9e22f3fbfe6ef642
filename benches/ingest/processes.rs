//! The processes of a figure: the stand-in for Klaviyo, and Klytics, each on its own.

use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

const KLYTICS: &str = env!("CARGO_BIN_EXE_klytics");

/// What a small machine would give it.
const MEMORY_LIMIT: &str = "256MB";

/// How often a process's memory is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// The stand-in for Klaviyo as a child process.
pub(crate) struct StandIn {
    process: Child,
    /// Host and port.
    address: String,
    key: String,
    /// What it prints; it would fail to print without it.
    _output: Lines<BufReader<ChildStdout>>,
}

impl StandIn {
    /// With so many events, by people in the usual proportion, and with further arguments.
    pub(crate) fn start(events: u64, arguments: &[&str]) -> StandIn {
        let mut process = Command::new(KLYTICS)
            .args(["demo", "--serve-api-only", "--port", "0"])
            .args(["--events", &events.to_string(), "--profiles", &(events / 20).to_string()])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .expect("klytics demo");
        let mut output = BufReader::new(process.stdout.take().expect("its output")).lines();
        let line = output.by_ref().map_while(Result::ok).find(|it| it.contains("BASE_URL=")).expect("its address");
        let value = |name: &str| {
            let rest = line.split_once(name).expect("a setting").1;
            rest.split_whitespace().next().expect("a value").to_owned()
        };
        let address = value("KLYTICS_KLAVIYO__BASE_URL=http://");
        let key = value("KLAVIYO_API_KEY=");
        StandIn { process, address, key, _output: output }
    }

    /// How busy it was kept so far.
    pub(crate) fn traffic(&self) -> Value {
        let answer = get(&self.address, "/traffic").expect("an answer");
        serde_json::from_str(&answer.body).expect("JSON")
    }

    /// Lets so many things happen.
    pub(crate) fn bustle(&self, count: u32) {
        assert_eq!(get(&self.address, &format!("/bustle?{count}")).expect("an answer").status, 200);
    }

    /// Seconds of processor time that it used so far; Linux tells.
    pub(crate) fn processor_secs(&self) -> Option<f64> {
        let text = std::fs::read_to_string(format!("/proc/{}/stat", self.process.id())).ok()?;
        let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
        let ticks: u64 = [11, 12].iter().filter_map(|it| fields.get(*it)?.parse::<u64>().ok()).sum();
        Some(ticks as f64 / 100.0)
    }

    /// Klytics with the arguments, its data there, and this Klaviyo.
    fn klytics(&self, arguments: &[&str], data_dir: &Path) -> Command {
        let mut command = Command::new(KLYTICS);
        command
            .args(arguments)
            .env("KLYTICS_KLAVIYO__BASE_URL", format!("http://{}", self.address))
            .env("KLYTICS_KLAVIYO__BUDGET_SHARE", "1.0")
            .env("KLAVIYO_API_KEY", &self.key)
            .env("KLYTICS_DATA_DIR", data_dir)
            .env("KLYTICS_STORE__MEMORY_LIMIT", MEMORY_LIMIT);
        command
    }

    /// A run over some entities to its end.
    pub(crate) fn sync(&self, entities: &[&str], data_dir: &Path) -> Synced {
        let mut arguments = vec!["sync", "--json"];
        arguments.extend(entities.iter().flat_map(|it| ["--entity", it]));
        let start = Instant::now();
        let mut sync = self.klytics(&arguments, data_dir).stdout(Stdio::piped()).spawn().expect("klytics sync");
        let mut peak = 0;
        let status = loop {
            peak = peak.max(peak_memory(sync.id()).unwrap_or_default());
            if let Some(status) = sync.try_wait().expect("a child") {
                break status;
            }
            std::thread::park_timeout(LOOK.min(start.elapsed() / 50));
        };
        let took = start.elapsed();
        let mut printed = String::new();
        let _ = sync.stdout.take().expect("its output").read_to_string(&mut printed);
        Synced { status, took, peak, run: serde_json::from_str(&printed).unwrap_or_default() }
    }

    /// A server that copies as its schedule says.
    pub(crate) fn serve(&self, data_dir: &Path) -> Serving {
        let free = TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a free port");
        let mut command = self.klytics(&[], data_dir);
        command.env("ROCKET_PORT", free.port().to_string()).stdout(Stdio::null());
        let serving = Serving { process: command.spawn().expect("klytics"), address: free.to_string() };
        while get(&serving.address, "/api/health").is_none() {
            std::thread::park_timeout(LOOK);
        }
        serving
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// How a run went.
pub(crate) struct Synced {
    pub(crate) status: ExitStatus,
    pub(crate) took: Duration,
    /// Bytes that it held at the most.
    pub(crate) peak: u64,
    run: Value,
}

impl Synced {
    /// A number that the run tells of an entity.
    pub(crate) fn of(&self, entity: &str, number: &str) -> i64 {
        let entities = self.run["entities"].as_array().map(Vec::as_slice).unwrap_or_default();
        let found = entities.iter().find(|it| it["name"] == entity);
        found.and_then(|it| it[number].as_i64()).unwrap_or_default()
    }
}

pub(crate) struct Serving {
    process: Child,
    pub(crate) address: String,
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

pub(crate) fn get(address: &str, path: &str) -> Option<Answer> {
    let mut stream = TcpStream::connect(address).ok()?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {address}\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split_whitespace().nth(1)?.parse().ok()?;
    Some(Answer { status, body: body.to_owned() })
}

/// Bytes that the process held at the most so far; Linux tells.
fn peak_memory(process: u32) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = text.lines().find(|it| it.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? << 10)
}

/// `klytics demo` and the address of its dashboard.
pub(crate) fn demo() -> Serving {
    let mut process =
        Command::new(KLYTICS).args(["demo", "--port", "8790"]).stdout(Stdio::piped()).spawn().expect("klytics demo");
    let mut out = BufReader::new(process.stdout.take().expect("its output")).lines().map_while(Result::ok);
    let address =
        out.find_map(|it| it.split_once("at http://").map(|(_, it)| it.trim().to_owned())).expect("its address");
    // What it prints from here on is read to its end, or it would fail to print.
    std::thread::spawn(move || out.for_each(drop));
    Serving { process, address }
}
