//! Links to pictures and of webhooks. Neither may point into anybody's private network.

// Addresses as numbers; nothing here opens a socket.
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Longest link, in bytes.
pub const LINK_BYTES_MAX: usize = 1_000;
/// Longest place that a redirect names, in bytes: those that are signed are long.
const REDIRECT_BYTES_MAX: usize = 8_000;

/// What a link says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Whether it is `https`.
    pub is_secure: bool,
    /// The host in lower case: a name, or an address without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Host and port as they were written.
    pub authority: String,
    /// Path and query, from the first slash.
    pub target: String,
}

/// A link that may be kept: `http` or `https`, no user name, a host that is public by its name or
/// number. A host is not looked up, so a public name of a private address is not noticed here.
///
/// # Errors
/// Words, with what would be right.
pub fn checked(link: &str) -> Result<String, String> {
    let read = read(link)?;
    if is_public_host(&read.host) {
        Ok(link.to_owned())
    } else {
        Err(format!("the host `{}` is not public", read.host))
    }
}

/// Reads a link.
///
/// # Errors
/// Words, with what would be right.
pub fn read(link: &str) -> Result<Link, String> {
    if link.len() > LINK_BYTES_MAX {
        return Err(format!("has {} bytes, at most {LINK_BYTES_MAX} are kept", link.len()));
    }
    parse(link)
}

/// Where a redirect leads, which may be said beginning from where it came from.
///
/// # Errors
/// Words, with what would be right.
pub fn redirected(from: &Link, location: &str) -> Result<Link, String> {
    if location.len() > REDIRECT_BYTES_MAX {
        let words = format!(
            "a redirect of {} bytes, at most {REDIRECT_BYTES_MAX} are followed",
            location.len()
        );
        return Err(words);
    }
    let scheme = if from.is_secure { "https" } else { "http" };
    let head = location.split(['/', '?', '#']).next().unwrap_or_default();
    if head.contains(':') {
        return parse(location);
    }
    if location.starts_with("//") {
        return parse(&format!("{scheme}:{location}"));
    }
    let path = from.target.split('?').next().unwrap_or_default();
    let target = match location.as_bytes().first() {
        Some(b'/') => location.to_owned(),
        Some(b'?') => format!("{path}{location}"),
        Some(b'#') | None => from.target.clone(),
        Some(_) => {
            let folder = path.rfind('/').map_or("/", |at| &path[..=at]);
            without_dots(&format!("{folder}{location}"))
        }
    };
    parse(&format!("{scheme}://{}{target}", from.authority))
}

/// A path without `.` and `..` (RFC 3986, 5.2.4); what stands behind it stays.
fn without_dots(target: &str) -> String {
    let (path, rest) = target.split_at(target.find(['?', '#']).unwrap_or(target.len()));
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/').skip(1) {
        match segment {
            "." => {}
            ".." => {
                kept.pop();
            }
            segment => kept.push(segment),
        }
    }
    let folder = path.ends_with("/.") || path.ends_with("/..");
    let slash = if folder && !kept.is_empty() { "/" } else { "" };
    format!("/{}{slash}{rest}", kept.join("/"))
}

fn parse(link: &str) -> Result<Link, String> {
    if !link.bytes().all(|byte| byte.is_ascii_graphic())
        || link.contains(['<', '>', '"', '\\', '`'])
    {
        return Err("is no link: it holds blanks, quotes or other than ASCII; percent-encode them"
            .to_owned());
    }
    let lower = link.to_ascii_lowercase();
    let (is_secure, begins) = [(true, "https://"), (false, "http://")]
        .into_iter()
        .find(|(_, scheme)| lower.starts_with(scheme))
        .map(|(is_secure, scheme)| (is_secure, scheme.len()))
        .ok_or("must begin with https:// or http://")?;
    let authority = lower[begins..].split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err("must not hold a user name".to_owned());
    }
    let (host, port) = host_and_port(authority)?;
    let port = match port {
        "" => Some(if is_secure { 443 } else { 80 }),
        port => port.parse::<u16>().ok().filter(|port| *port > 0),
    };
    let port = port.ok_or("has a port that is none")?;
    let rest = link[begins + authority.len()..].split('#').next().unwrap_or_default();
    let slash = if rest.starts_with('/') { "" } else { "/" };
    Ok(Link {
        is_secure,
        host: host.to_owned(),
        port,
        authority: authority.to_owned(),
        target: format!("{slash}{rest}"),
    })
}

fn host_and_port(authority: &str) -> Result<(&str, &str), String> {
    if let Some(rest) = authority.strip_prefix('[') {
        let (host, port) = rest.split_once(']').ok_or("has a host that is none")?;
        return Ok((host, port.strip_prefix(':').unwrap_or(port)));
    }
    Ok(authority.split_once(':').unwrap_or((authority, "")))
}

/// Last labels of names that mean something in one network alone.
const INNER: [&str; 8] =
    ["localhost", "localdomain", "local", "internal", "lan", "home", "corp", "arpa"];

/// Whether a host is public by its name or number, as far as that tells.
#[must_use]
pub fn is_public_host(host: &str) -> bool {
    if host.contains(':') {
        return host.parse::<Ipv6Addr>().is_ok_and(public_v6);
    }
    let host = host.strip_suffix('.').unwrap_or(host);
    if host.parse::<IpAddr>().is_err() && numeric(host) {
        // Resolvers read 2130706433, 0x7f.1 and 0177.1 as addresses. People do not write so.
        return false;
    }
    if let Ok(address) = host.parse::<Ipv4Addr>() {
        return public_v4(address);
    }
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    let last = host.rsplit('.').next().unwrap_or_default();
    host.contains('.') && host.split('.').all(label) && !INNER.contains(&last)
}

/// Whether the last label is a number, which makes the whole host one (WHATWG URL, 3.5).
fn numeric(host: &str) -> bool {
    let last = host.rsplit('.').next().unwrap_or_default();
    let hex = last
        .strip_prefix("0x")
        .is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_hexdigit()));
    hex || (!last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether an address is one of the public network: not this machine's, a private network's, a carrier's own,
/// one for many, nor one that only carries such an address.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => public_v4(address),
        IpAddr::V6(address) => public_v6(address),
    }
}

fn public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_broadcast()
        || address.is_documentation()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b)) // RFC 6598, carriers' own
        || (a == 198 && (18..20).contains(&b)) // RFC 2544, benches
        || (a, b, c) == (192, 0, 0))
}

fn public_v6(address: Ipv6Addr) -> bool {
    let [first, second, middle @ .., high, low] = address.segments();
    let inner = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        public_v4(Ipv4Addr::new(a, b, c, d))
    };
    if let Some(mapped) = address.to_ipv4_mapped() {
        return public_v4(mapped);
    }
    match (first, second) {
        // NAT64 and 6to4 carry an IPv4 address. Only the well-known prefix, 64:ff9b::/96, has it at the end;
        // 64:ff9b:1::/48 (RFC 8215) is a network's own and has it where that network likes.
        (0x64, 0xff9b) => middle == [0; 4] && inner(high, low),
        (0x2002, _) => inner(second, middle[0]),
        // Teredo, documentation, and all outside the global range 2000::/3.
        (0x2001, 0 | 0xdb8) => false,
        _ => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_link_is_kept_as_it_is() {
        for good in [
            "https://example.org/a.jpg?x=1#y",
            "http://img.example.com:8080/%E8%B7%AF.png",
            "https://8.8.8.8/a",
            "https://[2606:4700::1111]/a",
            "https://[64:ff9b::808:808]/a",
            "https://[2002:808:808::]/a",
            "HTTPS://Example.ORG./A.JPG",
        ] {
            assert_eq!(checked(good).as_deref(), Ok(good));
        }
    }

    #[test]
    fn a_link_into_a_private_network_is_refused_however_it_is_written() {
        for bad in [
            "http://localhost/",
            "http://a.localhost/",
            "http://127.0.0.1/",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f000001/",
            "http://0x7f.0.0.1/",
            "http://0177.0.0.1/",
            "http://10.0.0.1/",
            "http://172.16.3.4/",
            "http://192.168.1.1/",
            "http://169.254.169.254/",
            "http://100.64.0.1/",
            "http://0.0.0.0/",
            "http://255.255.255.255/",
            "http://224.0.0.1/",
            "http://[::1]/",
            "http://[::]/",
            "http://[fe80::1]/",
            "http://[fc00::1]/",
            "http://[fd12::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:10.0.0.1]/",
            "http://[64:ff9b::7f00:1]/",
            "http://[64:ff9b:0:0:0:1:808:808]/",
            "http://[64:ff9b:1::808:808]/",
            "http://[64:ff9b:1:a00:0:100:808:808]/",
            "http://[64:ff9b:2::808:808]/",
            "http://[2002:7f00:1::]/",
            "http://[::127.0.0.1]/",
            "http://[fe80::1%25eth0]/",
            "http://intranet/",
            "http://printer.local/",
            "http://db.internal./",
            "http://1.0.0.127.in-addr.arpa/",
        ] {
            assert!(checked(bad).unwrap_err().contains("not public"), "{bad}: {:?}", checked(bad));
        }
    }

    #[test]
    fn a_link_is_read_into_what_it_says() {
        let read = |link| {
            let it = super::read(link).unwrap();
            (it.is_secure, it.host, it.port, it.target)
        };
        let of = |secure, host: &str, port, target: &str| {
            (secure, host.to_owned(), port, target.to_owned())
        };
        assert_eq!(read("HTTPS://A.org/X?y=/Z#f"), of(true, "a.org", 443, "/X?y=/Z"));
        assert_eq!(read("http://[::1]:81?q"), of(false, "::1", 81, "/?q"));
        assert_eq!(read("http://a:0081"), of(false, "a", 81, "/"));
    }

    #[test]
    fn a_redirect_may_be_said_from_where_it_came_from() {
        let from = super::read("https://a.org:81/x/y.jpg?z=1").unwrap();
        let to = |location| {
            super::redirected(&from, location).map(|it| {
                let scheme = if it.is_secure { "https" } else { "http" };
                format!("{scheme} {} {}", it.authority, it.target)
            })
        };
        for (location, expected) in [
            ("http://B.org/q#r", "http b.org /q"),
            ("//b.org/q", "https b.org /q"),
            ("/q?s=//t", "https a.org:81 /q?s=//t"),
            ("q.jpg", "https a.org:81 /x/q.jpg"),
            ("../q.jpg?s=../t", "https a.org:81 /q.jpg?s=../t"),
            ("../../../q/./r/..", "https a.org:81 /q/"),
            ("?s", "https a.org:81 /x/y.jpg?s"),
            ("", "https a.org:81 /x/y.jpg?z=1"),
            ("#f", "https a.org:81 /x/y.jpg?z=1"),
        ] {
            assert_eq!(to(location).as_deref(), Ok(expected), "{location}");
        }
        let long = format!("/{}", "x".repeat(8_000));
        for bad in
            ["ftp://b.org/", "file:///etc/passwd", "javascript:alert(1)", "//a@b/", "/ä", &long]
        {
            assert!(to(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_no_link_is_refused() {
        let long = format!("https://example.org/{}", "x".repeat(1_000));
        for bad in [
            "",
            "x",
            "ftp://example.org/",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "//example.org/",
            "https://user:pw@example.org/",
            "https://example.org@127.0.0.1/",
            "https:///a",
            "https://:80/",
            "https://example.org:99999/",
            "https://example.org:0/",
            "https://exa mple.org/",
            "https://[::1/",
            "https://example.org/\u{202e}",
            "https://例.org/",
            "https://example.org\\@127.0.0.1/",
            "http://[x]/",
            "https://.org/",
            "https://a..org/",
            &long,
        ] {
            assert!(checked(bad).is_err(), "{bad}");
        }
    }
}
