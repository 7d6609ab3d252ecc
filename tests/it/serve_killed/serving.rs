//! The process that is killed, and the door to it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tokio::time::timeout;

use crate::cli_run::zonewarden;

pub(super) const PEPPER: &str = "a pepper for killed processes";
/// How long anything is waited for.
pub(super) const PATIENCE: Duration = Duration::from_mins(1);

/// A service that ends with the test, if it was not killed before.
pub(super) struct Serving {
    child: Child,
    pub(super) door: Door,
}

impl Serving {
    /// Starts the binary over a store and waits until it is ready.
    pub(super) fn begin(database: &str, folder: &Path) -> Self {
        let args = ["serve", "--listen", "127.0.0.1:0", "--database", database];
        let mut child = zonewarden(folder, &args)
            .env("ZONEWARDEN_PEPPER", PEPPER)
            .env("ZONEWARDEN_CONTACT_KEYS", "a-contact-key-for-killed-processes")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut serving = Self { child, door: Door::to(String::new()) };
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            let mut line = String::new();
            let _ = output.read_line(&mut line);
            let _ = tell.send(line);
        });
        // The machine chooses the port; the greeting names it.
        let greeting = told.recv_timeout(PATIENCE).unwrap_or_else(|_| {
            panic!("serve over {database} did not greet within {PATIENCE:?}");
        });
        let rest = greeting.split("http://").nth(1);
        let rest = rest.unwrap_or_else(|| panic!("serve over {database} said `{greeting}`"));
        serving.door = Door::to(rest.split('/').next().unwrap().to_owned());
        serving
    }

    /// SIGKILL.
    pub(super) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where it answers.
#[derive(Clone)]
pub(super) struct Door {
    http: Client<HttpConnector, Full<Bytes>>,
    address: String,
}

/// A whole answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) status: u16,
    pub(super) bytes: Bytes,
}

impl Told {
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|fault| panic!("{fault}: {self:?}"))
    }
}

impl Door {
    fn to(address: String) -> Self {
        Self { http: Client::builder(TokioExecutor::new()).build_http(), address }
    }

    /// Sends a request with headers. `Err`: there was no whole answer, as of a process that was killed.
    ///
    /// # Panics
    /// When it is still not answered after [`PATIENCE`].
    pub(super) async fn ask(
        &self,
        (method, path): (&str, &str),
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Result<Told, String> {
        let uri = format!("http://{}{path}", self.address);
        let mut asked = hyper::Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            asked = asked.header(*name, *value);
        }
        let asked = asked.body(Full::new(Bytes::from(body))).unwrap();
        let answered = async {
            let answer = self.http.request(asked).await.map_err(|fault| fault.to_string())?;
            let status = answer.status().as_u16();
            let body = answer.into_body().collect().await.map_err(|fault| fault.to_string())?;
            Ok(Told { status, bytes: body.to_bytes() })
        };
        let told = timeout(PATIENCE, answered).await;
        told.unwrap_or_else(|_| panic!("{method} {path} was not answered within {PATIENCE:?}"))
    }

    pub(super) async fn get(&self, key: &str, path: &str) -> Result<Told, String> {
        let bearer = format!("Bearer {key}");
        self.ask(("GET", path), &[("authorization", &bearer)], Vec::new()).await
    }

    /// What a service that runs shows there.
    pub(super) async fn shown(&self, key: &str, path: &str) -> Value {
        let told = self.get(key, path).await.unwrap();
        assert_eq!(told.status, 200, "{path}: {told:?}");
        told.json()
    }
}
