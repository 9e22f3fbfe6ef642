//! A client that keeps its connection and takes what it gets: bytes as they were sent, and how long that took.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

pub(crate) struct Client {
    stream: BufReader<TcpStream>,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) etag: Option<String>,
    /// As it came over the wire, compressed if it was.
    pub(crate) body: Vec<u8>,
    pub(crate) time: Duration,
}

impl Client {
    /// To a host and port.
    pub(crate) fn to(address: &str) -> Client {
        let stream = TcpStream::connect(address).expect("a server");
        stream.set_nodelay(true).expect("an option");
        Client { stream: BufReader::new(stream) }
    }

    pub(crate) fn get(&mut self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let more: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let more = more.concat();
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{more}\r\n");
        let start = Instant::now();
        self.stream.get_mut().write_all(request.as_bytes()).expect("a request");
        let status = self.line().split(' ').nth(1).and_then(|it| it.parse().ok()).expect("a status");
        let (mut length, mut is_chunked, mut etag) = (0, false, None);
        loop {
            let line = self.line();
            let Some((name, value)) = line.split_once(':') else { break };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.trim().parse().expect("a length"),
                "transfer-encoding" => is_chunked = true,
                "etag" => etag = Some(value.trim().to_owned()),
                _ => {}
            }
        }
        let mut body = Vec::new();
        if is_chunked {
            loop {
                let size = usize::from_str_radix(self.line().trim(), 16).expect("a size");
                self.take(size, &mut body);
                self.line();
                if size == 0 {
                    break;
                }
            }
        } else {
            self.take(length, &mut body);
        }
        Answer { status, etag, body, time: start.elapsed() }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).expect("a line");
        line.trim_end().to_owned()
    }

    fn take(&mut self, size: usize, body: &mut Vec<u8>) {
        let from = body.len();
        body.resize(from + size, 0);
        self.stream.read_exact(&mut body[from..]).expect("a body");
    }
}
