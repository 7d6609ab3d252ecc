//! How far a connection is secured: what the URL asks for, and what is done where it asks for nothing.
//!
//! `tokio_postgres` reads `disable`, `prefer` and `require` alone and knows no `sslrootcert`; so both are taken out of
//! the URL here, with the meaning that they have everywhere else (`libpq`).

use std::path::PathBuf;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

use crate::formats::urlencoded::{Unreadable, decoded, pairs};

/// What a connection is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// In clear.
    Disable,
    /// By TLS where the server offers it, whoever that is; else in clear.
    Prefer,
    /// By TLS, whoever the server is.
    Require,
    /// By TLS with a server whose certificate comes from a CA that we trust.
    VerifyCa,
    /// The same, and the certificate is for the host of the URL.
    VerifyFull,
}

/// Whom we trust.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Roots {
    /// Whom the machine trusts.
    Machine,
    /// The certificates in this file (PEM), and nobody else.
    File(PathBuf),
}

/// What a URL asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wish {
    /// The URL without what stands here.
    pub url: String,
    mode: Option<Mode>,
    roots: Option<Roots>,
}

impl Mode {
    const ALL: [(&str, Self); 5] = [
        ("disable", Self::Disable),
        ("prefer", Self::Prefer),
        ("require", Self::Require),
        ("verify-ca", Self::VerifyCa),
        ("verify-full", Self::VerifyFull),
    ];

    fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(name, _)| *name == code).map(|(_, mode)| mode)
    }

    /// What the library is told: whether TLS is asked for, and whether it goes on without.
    pub(super) fn library(self) -> SslMode {
        match self {
            Self::Disable => SslMode::Disable,
            Self::Prefer => SslMode::Prefer,
            Self::Require | Self::VerifyCa | Self::VerifyFull => SslMode::Require,
        }
    }
}

impl Wish {
    /// Takes what is ours out of a URL.
    ///
    /// # Errors
    /// What is wrong with it, and what would be right.
    pub(super) fn read(url: &str) -> Result<Self, String> {
        // Where a password holds a question mark as it is, the library takes the first `@` for its end.
        let host = url.find('@').map_or(0, |at| at + 1);
        let Some(begin) = url[host..].find('?').map(|at| host + at) else {
            return Ok(Self { url: url.to_owned(), mode: None, roots: None });
        };
        let (mut others, mut faults) = (Vec::new(), Vec::new());
        let (mut mode, mut roots) = (None, None);
        for part in url[begin + 1..].split('&').filter(|part| !part.is_empty()) {
            let (name, value) = match pairs(part).next() {
                Some(Ok(pair)) => pair,
                Some(Err(Unreadable(name))) => {
                    faults.push(format!("`{name}` in the URL is no percent-encoded UTF-8"));
                    continue;
                }
                None => continue,
            };
            match name.as_str() {
                "sslmode" => match Mode::from_code(&value) {
                    Some(asked) => mode = Some(asked),
                    None => faults.push(format!(
                        "sslmode=`{value}` is not known; it is disable, prefer, require, verify-ca or verify-full"
                    )),
                },
                // In a path a plus is a plus.
                "sslrootcert" => roots = root(&part.replace('+', "%2B")),
                _ => others.push(part),
            }
        }
        if roots.is_some() && matches!(mode, Some(Mode::Disable | Mode::Prefer)) {
            faults.push(
                "sslrootcert is only looked at with sslmode=require, verify-ca or verify-full"
                    .to_owned(),
            );
        }
        if !faults.is_empty() {
            return Err(faults.join("; "));
        }
        let mut plain = url[..begin].to_owned();
        if !others.is_empty() {
            plain = format!("{plain}?{}", others.join("&"));
        }
        Ok(Self { url: plain, mode, roots })
    }

    /// What is done, by where the server is. Nothing goes to another machine in clear, or to whoever says that it is
    /// the server, but where the URL asks for that; on this machine there is nobody between.
    #[must_use]
    pub(super) fn decided(self, config: &Config) -> (Mode, Roots) {
        let roots = self.roots.clone().unwrap_or(Roots::Machine);
        let mode = match self.mode {
            // By a socket of this machine no server speaks TLS.
            _ if is_by_socket(config) => Mode::Disable,
            Some(Mode::Require) if self.roots.is_some() => Mode::VerifyCa,
            Some(asked) => asked,
            None if self.roots.is_none() && is_here(config) => Mode::Disable,
            None => Mode::VerifyFull,
        };
        (mode, roots)
    }
}

/// Whom `sslrootcert` names; nobody where it is empty.
fn root(part: &str) -> Option<Roots> {
    let (_, value) = part.split_once('=')?;
    match decoded(value)?.as_ref() {
        "" => None,
        "system" => Some(Roots::Machine),
        path => Some(Roots::File(PathBuf::from(path))),
    }
}

fn is_by_socket(config: &Config) -> bool {
    let hosts = config.get_hosts();
    config.get_hostaddrs().is_empty()
        && !hosts.is_empty()
        && hosts.iter().all(|host| !matches!(host, Host::Tcp(_)))
}

/// Whether every host of it is this machine.
fn is_here(config: &Config) -> bool {
    let addresses = config.get_hostaddrs();
    if !addresses.is_empty() {
        return addresses.iter().all(std::net::IpAddr::is_loopback);
    }
    config.get_hosts().iter().all(|host| match host {
        Host::Tcp(name) => {
            name.eq_ignore_ascii_case("localhost")
                || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decided(url: &str) -> (Mode, Roots) {
        let wish = Wish::read(url).unwrap();
        let config: Config = wish.url.parse().unwrap();
        wish.decided(&config)
    }

    #[test]
    fn nothing_goes_in_clear_to_another_machine_unless_asked_for() {
        let file = || Roots::File(PathBuf::from("/etc/ca +1.pem"));
        for (url, mode, roots) in [
            ("postgres://u:p@db.example/city", Mode::VerifyFull, Roots::Machine),
            ("postgres://u:p@10.0.0.5/city", Mode::VerifyFull, Roots::Machine),
            ("postgres://u@localhost,db.example/city", Mode::VerifyFull, Roots::Machine),
            ("postgres://u@localhost/city?hostaddr=10.0.0.5", Mode::VerifyFull, Roots::Machine),
            ("postgres://u@db.example/city?hostaddr=127.0.0.1", Mode::Disable, Roots::Machine),
            ("postgres://u@localhost/city", Mode::Disable, Roots::Machine),
            ("postgres://u@127.0.0.1:5433/city?connect_timeout=3", Mode::Disable, Roots::Machine),
            ("postgres://u@[::1]/city", Mode::Disable, Roots::Machine),
            ("postgres://u@/city?host=/run/postgresql", Mode::Disable, Roots::Machine),
            (
                "postgres://u@/city?host=/run/postgresql&sslmode=require",
                Mode::Disable,
                Roots::Machine,
            ),
            ("postgres://u@db.example/city?sslmode=disable", Mode::Disable, Roots::Machine),
            ("postgres://u@db.example/city?sslmode=prefer", Mode::Prefer, Roots::Machine),
            ("postgres://u@localhost/city?sslmode=prefer", Mode::Prefer, Roots::Machine),
            ("postgres://u@db.example/city?sslmode=require", Mode::Require, Roots::Machine),
            ("postgres://u@db.example/city?sslmode=verify-ca", Mode::VerifyCa, Roots::Machine),
            ("postgres://u@db/c?sslrootcert=/etc/ca%20+1.pem", Mode::VerifyFull, file()),
            ("postgres://u@localhost/c?sslrootcert=/etc/ca%20+1.pem", Mode::VerifyFull, file()),
            (
                "postgres://u@db/c?sslmode=require&sslrootcert=/etc/ca%20+1.pem",
                Mode::VerifyCa,
                file(),
            ),
            (
                "postgres://u@db/c?sslmode=verify-full&sslrootcert=system",
                Mode::VerifyFull,
                Roots::Machine,
            ),
            ("postgres://u@db/c?sslmode=require&sslrootcert=", Mode::Require, Roots::Machine),
        ] {
            assert_eq!(decided(url), (mode, roots), "{url}");
        }
    }

    #[test]
    fn what_is_ours_goes_out_of_the_url_and_the_rest_stays() {
        let wish =
            Wish::read("postgres://u:a?b@h/c?a=1&sslmode=require&b=%41&sslrootcert=x").unwrap();
        assert_eq!(wish.url, "postgres://u:a?b@h/c?a=1&b=%41");
        assert_eq!(
            Wish::read("postgres://u:p@h/c?sslmode=disable").unwrap().url,
            "postgres://u:p@h/c"
        );
        assert_eq!(Wish::read("postgres://u:p@h/c").unwrap().url, "postgres://u:p@h/c");
    }

    #[test]
    fn a_wish_that_nobody_knows_is_refused_with_what_there_is() {
        let refused = Wish::read("postgres://u@h/c?sslmode=on&%ff=1").unwrap_err();
        assert!(refused.contains("sslmode=`on`") && refused.contains("verify-full"), "{refused}");
        assert!(refused.contains("`%ff`"), "{refused}");
        let refused = Wish::read("postgres://h/c?sslmode=prefer&sslrootcert=a.pem").unwrap_err();
        assert!(refused.contains("sslrootcert"), "{refused}");
    }
}
