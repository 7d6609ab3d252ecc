//! The project's own text as the laws read it: code apart from comments and literals, the paths it
//! names, the functions it holds. A small scanner of our own, so that a law never fires on a
//! sentence in a comment.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// One file of the project.
pub(super) struct Source {
    /// Relative to the project, with `/`.
    pub(super) path: String,
    /// Everything that stands in it.
    pub(super) text: String,
    /// The same, byte for byte, with comments and the insides of literals blanked.
    pub(super) code: String,
    /// Text literals: byte offset and inside.
    pub(super) literals: Vec<(usize, String)>,
    /// Byte ranges of `#[cfg(test)]` items.
    tests: Vec<(usize, usize)>,
    /// Byte ranges of inline modules.
    modules: Vec<(usize, usize)>,
}

/// A path named in code (`std::fs::read`), groups unfolded.
pub(super) struct Named {
    pub(super) at: usize,
    pub(super) segments: Vec<String>,
}

/// A function: its name, and the bytes from `fn` to its closing brace.
pub(super) struct Function {
    pub(super) name: String,
    pub(super) from: usize,
    pub(super) to: usize,
}

impl Source {
    pub(super) fn new(path: &str, text: &str) -> Self {
        let (code, literals) = if Path::new(path).extension().is_some_and(|end| end == "rs") {
            mask(text)
        } else {
            (text.to_owned(), Vec::new()) // other languages are only measured
        };
        let tests = test_ranges(&code);
        let modules = inline_modules(&code);
        Self { path: path.to_owned(), text: text.to_owned(), code, literals, tests, modules }
    }

    /// The line, from 1, of a byte.
    pub(super) fn line(&self, at: usize) -> usize {
        self.code[..at].split('\n').count()
    }

    /// Whether the byte belongs to the tests.
    pub(super) fn is_test(&self, at: usize) -> bool {
        self.path.starts_with("tests/")
            || self.path.ends_with("/tests.rs")
            || self.path.contains("/tests/")
            || self.tests.iter().any(|(from, to)| (*from..*to).contains(&at))
    }

    /// How many inline modules the byte stands in.
    fn depth(&self, at: usize) -> usize {
        self.modules.iter().filter(|(from, to)| (*from..*to).contains(&at)).count()
    }

    /// The module that the file is: `src/a/b.rs` and `src/a/b/mod.rs` are `a, b`.
    pub(super) fn module(&self) -> Vec<String> {
        let inner = self.path.strip_prefix("src/").unwrap_or(&self.path);
        let inner = inner.strip_suffix(".rs").unwrap_or(inner);
        let mut segments: Vec<String> = inner.split('/').map(str::to_owned).collect();
        if segments.last().is_some_and(|last| last == "mod" || last == "lib" || last == "main") {
            segments.pop();
        }
        segments
    }

    /// Every occurrence of the word in code.
    pub(super) fn words(&self, word: &str) -> Vec<usize> {
        let bytes = self.code.as_bytes();
        let whole = |at: usize| {
            !at.checked_sub(1).is_some_and(|before| is_name(bytes[before]))
                && !bytes.get(at + word.len()).is_some_and(|after| is_name(*after))
        };
        self.code.match_indices(word).map(|(at, _)| at).filter(|at| whole(*at)).collect()
    }

    /// Every path in code, `use` groups unfolded, `crate`, `self` and `super` resolved to
    /// `crate, …` where they occur.
    pub(super) fn paths(&self) -> Vec<Named> {
        let bytes = self.code.as_bytes();
        let mut found = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            if !is_name(bytes[at]) || bytes[at].is_ascii_digit() {
                at += 1;
                continue;
            }
            let start = at;
            let used = is_used(&self.code, start);
            at = tree(&self.code, start, &mut Vec::new(), used, &mut found);
        }
        for named in &mut found {
            named.segments = self.absolute(named.at, &named.segments);
        }
        found
    }

    fn absolute(&self, at: usize, segments: &[String]) -> Vec<String> {
        let supers = segments.iter().take_while(|s| *s == "super").count();
        let own = segments.first().is_some_and(|s| s == "self");
        if supers == 0 && !own {
            return segments.to_vec();
        }
        let up = supers.saturating_sub(self.depth(at));
        let module = self.module();
        let keep = module.len().saturating_sub(up);
        let rest = if own { &segments[1..] } else { &segments[supers..] };
        let mut whole = vec!["crate".to_owned()];
        whole.extend(module[..keep].iter().cloned());
        whole.extend(rest.iter().cloned());
        whole
    }

    /// Every function with a body.
    pub(super) fn functions(&self) -> Vec<Function> {
        let bytes = self.code.as_bytes();
        let mut found = Vec::new();
        for from in self.words("fn") {
            let name: String = self.code[from + 2..]
                .trim_start()
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect();
            if name.is_empty() {
                continue; // a function pointer's type
            }
            let mut nested = 0_i32;
            let body = (from..bytes.len()).find(|at| {
                match bytes[*at] {
                    b'(' | b'[' => nested += 1,
                    b')' | b']' => nested -= 1,
                    _ => {}
                }
                nested == 0 && matches!(bytes[*at], b'{' | b';')
            });
            if let Some(open) = body.filter(|at| bytes[*at] == b'{') {
                found.push(Function { name, from, to: closing(bytes, open) });
            }
        }
        found
    }
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// Whether the name at `at` stands directly behind `use`.
fn is_used(code: &str, at: usize) -> bool {
    let before = code[..at].trim_end();
    let Some(rest) = before.strip_suffix("use") else { return false };
    before.len() < at && !rest.bytes().last().is_some_and(is_name)
}

/// Reads one path (or group of them) at `at`; gives where it ends. A single name is a path only
/// in a `use`.
fn tree(
    code: &str,
    at: usize,
    before: &mut Vec<String>,
    used: bool,
    out: &mut Vec<Named>,
) -> usize {
    let bytes = code.as_bytes();
    let start = at;
    let depth = before.len();
    let mut at = at;
    loop {
        let from = at;
        while at < bytes.len() && is_name(bytes[at]) {
            at += 1;
        }
        if from < at {
            before.push(code[from..at].to_owned());
        }
        if !code[at..].starts_with("::") {
            break;
        }
        at += 2;
        if bytes.get(at) == Some(&b'{') {
            at = group(code, at + 1, before, out);
            before.truncate(depth);
            return at;
        }
        if !bytes.get(at).is_some_and(|b| is_name(*b)) {
            break; // `::<`, `::*`
        }
    }
    if before.len() > 1 || (used && !before.is_empty()) {
        out.push(Named { at: start, segments: before.clone() });
    }
    before.truncate(depth);
    at.max(start + 1)
}

fn group(code: &str, from: usize, before: &mut Vec<String>, out: &mut Vec<Named>) -> usize {
    let bytes = code.as_bytes();
    let mut at = from;
    while at < bytes.len() && bytes[at] != b'}' {
        if code[at..].starts_with("as ") {
            at += 3;
            while at < bytes.len() && is_name(bytes[at]) {
                at += 1;
            }
        } else if is_name(bytes[at]) {
            at = tree(code, at, before, true, out);
        } else {
            at += 1;
        }
    }
    at + 1
}

/// The byte behind the brace that closes the one at `open`.
fn closing(bytes: &[u8], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, byte) in bytes.iter().enumerate().skip(open) {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            _ => continue,
        }
        if depth == 0 {
            return at + 1;
        }
    }
    bytes.len()
}

fn test_ranges(code: &str) -> Vec<(usize, usize)> {
    let bytes = code.as_bytes();
    let mut found = Vec::new();
    for (from, mark) in code.match_indices("#[cfg(test)]") {
        let behind = from + mark.len();
        let end = (behind..bytes.len()).find(|at| matches!(bytes[*at], b'{' | b';'));
        let to = match end {
            Some(at) if bytes[at] == b'{' => closing(bytes, at),
            Some(at) => at,
            None => bytes.len(),
        };
        found.push((from, to));
    }
    found
}

fn inline_modules(code: &str) -> Vec<(usize, usize)> {
    let bytes = code.as_bytes();
    let mut found = Vec::new();
    for (from, _) in code.match_indices("mod ") {
        let whole = !from.checked_sub(1).is_some_and(|before| is_name(bytes[before]));
        let end = (from + 4..bytes.len()).find(|at| !is_name(bytes[*at]) && bytes[*at] != b' ');
        if let (true, Some(open)) = (whole, end.filter(|at| bytes[*at] == b'{')) {
            found.push((open, closing(bytes, open)));
        }
    }
    found
}

/// Blanks comments and the insides of literals; newlines and offsets stay.
fn mask(text: &str) -> (String, Vec<(usize, String)>) {
    let bytes = text.as_bytes();
    let mut code = bytes.to_vec();
    let mut literals = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let (inside, next) = match bytes[at] {
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                let end = text[at..].find('\n').map_or(bytes.len(), |n| at + n);
                ((at, end), end)
            }
            b'/' if bytes.get(at + 1) == Some(&b'*') => {
                let end = block_comment_end(bytes, at);
                ((at, end), end)
            }
            b'r' | b'b' | b'c' if !at.checked_sub(1).is_some_and(|b| is_name(bytes[b])) => {
                match raw_string(bytes, at) {
                    Some((from, to, end)) => {
                        literals.push((at, text[from..to].to_owned()));
                        ((from, to), end)
                    }
                    None => ((at, at), at + 1),
                }
            }
            b'"' => {
                let end = quoted_end(bytes, at);
                literals.push((at, text[at + 1..end].to_owned()));
                ((at + 1, end), end + 1)
            }
            b'\'' => match char_end(text, at) {
                Some(end) => ((at + 1, end), end + 1),
                None => ((at, at), at + 1), // a lifetime
            },
            _ => ((at, at), at + 1),
        };
        for byte in &mut code[inside.0..inside.1.min(bytes.len())] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        at = next;
    }
    (String::from_utf8(code).unwrap(), literals)
}

fn block_comment_end(bytes: &[u8], from: usize) -> usize {
    let mut depth = 0_usize;
    let mut at = from;
    while at + 1 < bytes.len() {
        match &bytes[at..at + 2] {
            b"/*" => (depth, at) = (depth + 1, at + 2),
            b"*/" => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    bytes.len()
}

/// `r"…"`, `br#"…"#`, `cr"…"`: inside from, inside to, end.
fn raw_string(bytes: &[u8], from: usize) -> Option<(usize, usize, usize)> {
    let mut at = from;
    if matches!(bytes[at], b'b' | b'c') {
        at += 1;
    }
    if bytes.get(at) != Some(&b'r') {
        return None;
    }
    at += 1;
    let hashes = bytes[at..].iter().take_while(|b| **b == b'#').count();
    at += hashes;
    if bytes.get(at) != Some(&b'"') {
        return None;
    }
    let start = at + 1;
    let mut close = vec![b'"'];
    close.extend(std::iter::repeat_n(b'#', hashes));
    let to = (start..bytes.len()).find(|at| bytes[*at..].starts_with(&close))?;
    Some((start, to, to + close.len()))
}

fn quoted_end(bytes: &[u8], from: usize) -> usize {
    let mut at = from + 1;
    while at < bytes.len() && bytes[at] != b'"' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at.min(bytes.len())
}

/// The closing quote of a character, or `None` for a lifetime.
fn char_end(text: &str, from: usize) -> Option<usize> {
    let rest = &text[from + 1..];
    if let Some(escape) = rest.strip_prefix('\\') {
        let skip = escape.chars().next()?.len_utf8();
        return escape[skip..].find('\'').map(|n| from + 2 + skip + n);
    }
    let one = rest.chars().next()?;
    rest[one.len_utf8()..].starts_with('\'').then(|| from + 1 + one.len_utf8())
}

/// Every file of the project below `folders` that ends with one of `ends`, sorted by path;
/// what others wrote (`vendor`) left out.
pub(super) fn read(folders: &[&str], ends: &[&str]) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = BTreeSet::new();
    let mut open: Vec<_> = folders.iter().map(|folder| root.join(folder)).collect();
    while let Some(folder) = open.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && name != "vendor" {
                open.push(path);
            } else if ends.iter().any(|end| name.ends_with(end)) {
                files.insert(path);
            }
        }
    }
    let relative =
        |path: &Path| path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
    files.iter().map(|p| Source::new(&relative(p), &fs::read_to_string(p).unwrap())).collect()
}

#[test]
fn comments_and_literals_are_no_code_and_lifetimes_are() {
    let check = |text: &str, expected: &str| assert_eq!(mask(text).0, expected);
    check("a // use b\nc", "a         \nc");
    check("a /* b /* c */ d */ e", "a                   e");
    check(r#"f("x\"y{") '{'"#, r#"f("     ") ' '"#);
    check("r#\"a\"b\"#;", "r#\"   \"#;");
    check("fn f<'a>(x: &'a str) {}", "fn f<'a>(x: &'a str) {}");
    check(r"'\'' '\u{7b}'", r"'  ' '      '");
}

#[test]
fn paths_are_unfolded_and_resolved() {
    let text = "use crate::{a::b, c as d};\nuse axum;\nmod tests { use super::x; super::y::z(); }\n\
                fn f() { super::g(); self::h::i(); std::fs::read(p) }";
    let source = Source::new("src/domain/atlas/mod.rs", text);
    let named: Vec<_> = source.paths().iter().map(|p| p.segments.join("::")).collect();
    assert_eq!(
        named,
        [
            "crate::a::b",
            "crate::c",
            "axum",
            "crate::domain::atlas::x",
            "crate::domain::atlas::y::z",
            "crate::domain::g",
            "crate::domain::atlas::h::i",
            "std::fs::read",
        ]
    );
}

#[test]
fn functions_are_measured_to_their_closing_brace() {
    let source = Source::new("src/a.rs", "fn a(f: fn(u8) -> u8) -> [u8; 2] {\n '}';\n}\nfn b();");
    let found = source.functions();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].name.as_str(), source.line(found[0].to - 1)), ("a", 3));
}
