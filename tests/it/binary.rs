//! The real binary as a child process, in an empty directory and an environment of its own.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use crate::support::pause;

/// How long a child may take to do what is asked of it.
const PATIENCE: Duration = Duration::from_mins(1);

/// The command with its arguments, in `dir`, where its data is kept, too. Nothing of the environment is passed on.
pub(crate) fn klytics(dir: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_klytics"));
    command.args(arguments).current_dir(dir).env_clear().env("KLYTICS_DATA_DIR", dir.join("data"));
    command.stdin(Stdio::null());
    command
}

/// What a run to its end printed, and how it ended. Whatever it is, the key is not part of it.
pub(crate) struct Told {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

pub(crate) fn told(command: &mut Command) -> Told {
    let Output { status, stdout, stderr } = command.output().expect("a process");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    let told = Told { code: status.code(), out: text(stdout), err: text(stderr) };
    let key = command.get_envs().find(|(name, _)| *name == "KLAVIYO_API_KEY").and_then(|(_, key)| key?.to_str());
    if let Some(key) = key {
        assert!(!told.out.contains(key) && !told.err.contains(key), "the key is printed: {}{}", told.out, told.err);
    }
    told
}

/// A child that is ended with the test.
pub(crate) struct Running(Child);

impl Running {
    pub(crate) fn start(command: &mut Command) -> Running {
        Running(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a process"))
    }

    pub(crate) fn of(child: Child) -> Running {
        Running(child)
    }

    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    /// How it ended, should it do so in time.
    pub(crate) fn ended_within(&mut self, time: Duration) -> Option<ExitStatus> {
        let until = Instant::now() + time;
        loop {
            if let Some(status) = self.0.try_wait().expect("a child") {
                return Some(status);
            }
            if until <= Instant::now() {
                return None;
            }
            pause(Duration::from_millis(5));
        }
    }

    /// Its exit code; `None` after a signal.
    pub(crate) fn ended(&mut self) -> Option<i32> {
        self.ended_within(PATIENCE).expect("a process that ends").code()
    }

    /// Ends it at once, whatever it does.
    pub(crate) fn kill(&mut self) {
        self.0.kill().expect("a child that can be killed");
        self.0.wait().expect("a child that is gone");
    }

    /// Asks it to end.
    pub(crate) fn terminate(&self) {
        let asked = Command::new("sh").args(["-c", &format!("kill -TERM {}", self.0.id())]).status();
        assert!(asked.expect("a shell").success());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a free port").port()
}

/// The status line and body that a server on loopback answers with, once it does.
pub(crate) fn get(port: u16, path: &str) -> String {
    let ask = || -> std::io::Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    };
    let until = Instant::now() + PATIENCE;
    loop {
        match ask() {
            Ok(answer) if !answer.is_empty() => return answer,
            _ if Instant::now() < until => pause(Duration::from_millis(20)),
            other => panic!("nobody answers on port {port}: {other:?}"),
        }
    }
}
