//! How soon `zonewarden serve` is ready when it starts again with the whole demonstration city and all its cameras, and
//! how much memory it then takes.
//!
//! `cargo bench --bench serve`. The first start makes the city in a file of its own, which is told and not judged. Then
//! the command starts again and again: each time until it says where it serves and `/ready` agrees, and the high-water
//! mark of its resident memory after some questions. Ends with an error when a target is missed. Linux alone tells the
//! mark.

#![expect(clippy::print_stdout, reason = "a bench talks to a person")]

#[path = "bed/median.rs"]
mod median;
#[path = "bed/targets.rs"]
mod targets;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use median::median;
use targets::Targets;

type Fault = Box<dyn std::error::Error>;

/// Cameras of the model city.
const CAMERAS: &str = "42248";
const ROUNDS: usize = 9;
/// Longest median from the start of the process until it is ready.
const READY_MS_MAX: f64 = 1_000.0;
/// Most resident memory at any time of its life.
const RESIDENT_MB_MAX: f64 = 250.0;
/// Questions asked before memory is read.
const QUESTIONS: usize = 500;

fn main() -> Result<ExitCode, Fault> {
    let folder = tempfile::tempdir()?;
    let (first, took) = Serving::start(folder.path())?;
    println!("first start, which makes the city: ready after {:.2} s", took.as_secs_f64());
    first.ask("/api/v1/facilities?kind=camera&limit=1", "\"camera\"")?;
    first.end()?;
    let (mut times, mut peak_kb) = (Vec::new(), 0);
    for round in 1..=ROUNDS {
        let (serving, took) = Serving::start(folder.path())?;
        let at_once = serving.peak_kb()?;
        for n in 0..QUESTIONS {
            let path = format!("/api/v1/locate?lon=109.4{:02}&lat=36.5{:02}", n % 100, n * 7 % 100);
            serving.ask(&path, "\"unit\"")?;
        }
        let kb = serving.peak_kb()?;
        println!(
            "round {round}: ready after {} ms, resident at most {at_once} kB, {kb} kB after {QUESTIONS} questions",
            took.as_millis()
        );
        times.push(took.as_secs_f64() * 1e3);
        peak_kb = peak_kb.max(kb);
        serving.end()?;
    }
    let slowest_ms = times.iter().copied().fold(0.0, f64::max);
    println!("the slowest was ready after {slowest_ms:.0} ms");
    let mut targets = Targets::default();
    targets.hold("ready, median of ms", median(times), ..=READY_MS_MAX);
    targets.hold("resident at most, MB", f64::from(peak_kb) / 1e3, ..=RESIDENT_MB_MAX);
    Ok(targets.exit())
}

/// The command at work.
struct Serving {
    child: Child,
    /// Host and port.
    address: String,
}

impl Serving {
    /// Starts it over the folder's file; how long it took to be ready.
    fn start(folder: &Path) -> Result<(Self, Duration), Fault> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_zonewarden"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("ZONEWARDEN_") {
                command.env_remove(name);
            }
        }
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--cameras", CAMERAS])
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let begun = Instant::now();
        let mut child = command.spawn()?;
        let out = child.stdout.take();
        let mut serving = Self { child, address: String::new() };
        let mut greeting = String::new();
        BufReader::new(out.ok_or("it has no output")?).read_line(&mut greeting)?;
        let address = greeting.split_once("http://").and_then(|(_, rest)| rest.split_once('/'));
        address.ok_or(format!("it said `{greeting}`"))?.0.clone_into(&mut serving.address);
        serving.ask("/ready", "")?;
        Ok((serving, begun.elapsed()))
    }

    /// Asks, and holds the answer against the status 200 and some words that stand in it.
    fn ask(&self, path: &str, words: &str) -> Result<(), Fault> {
        let mut stream = TcpStream::connect(&self.address)?;
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n",
            self.address
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        if answer.starts_with("HTTP/1.1 200 ") && answer.contains(words) {
            return Ok(());
        }
        Err(format!("{path}: {}", answer.chars().take(500).collect::<String>()).into())
    }

    /// The high-water mark of resident memory that Linux keeps.
    fn peak_kb(&self) -> Result<u32, Fault> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let number = line.ok_or("no VmHWM")?.trim().trim_end_matches("kB").trim();
        Ok(number.parse()?)
    }

    /// Ends it as an operator does, so that its file is left whole.
    fn end(mut self) -> Result<(), Fault> {
        let told = Command::new("kill").arg(self.child.id().to_string()).status()?;
        let ended = self.child.wait()?;
        if told.success() && ended.success() { Ok(()) } else { Err(format!("{ended}").into()) }
    }
}

impl Drop for Serving {
    /// Where it was not ended before.
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
