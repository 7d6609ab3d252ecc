//! What the papers say is true: the README's commands, flags, benches and addresses exist, and the
//! page asks for documented addresses only.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use super::source::read;
use crate::client::segment;

/// What the checks ask about, so that each can be fed an offender.
struct Known<'a> {
    /// A command's help, `None` when there is no such command.
    help: &'a dyn Fn(&str) -> Option<String>,
    /// Every path template of the OpenAPI document.
    paths: &'a [String],
    /// The benches of the manifest.
    benches: &'a [String],
}

/// A shell line of ours in a paper, without comment and continuation.
fn shell_lines(text: &str) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut shell = false;
    let mut open = false;
    for (n, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            shell = !shell && ["```sh", "```bash", "```console"].contains(&line.trim());
            open = false;
        } else if shell {
            let (words, more) = line.strip_suffix('\\').map_or((line, false), |line| (line, true));
            match found.last_mut().filter(|_| open) {
                Some((_, before)) => *before = format!("{before} {}", words.trim()),
                None => found.push((n + 1, words.trim().to_owned())),
            }
            open = more;
        }
    }
    found.retain(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    found
}

fn faults(text: &str, known: &Known<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for (line, words) in shell_lines(text) {
        // What stands behind a pipe, a comment or a redirection is another program's.
        let own = words.split([';', '|', '#', '>', '<']).next().unwrap_or_default();
        let mut say = |what: String| found.push(format!("README.md:{line}: {what}"));
        match own.split_whitespace().collect::<Vec<_>>().as_slice() {
            ["cargo", "bench", rest @ ..] => {
                if let [.., "--bench", name] | [.., "--bench", name, _] = rest
                    && !known.benches.iter().any(|bench| bench == name)
                {
                    say(format!("there is no bench `{name}`"));
                }
            }
            ["cargo", "run", "--release"] | ["cargo", "build" | "install" | "test", ..] => {}
            ["cargo", "run", "--release", "--", rest @ ..]
            | ["zonewarden" | "target/release/zonewarden", rest @ ..] => {
                command_faults(rest, known).into_iter().for_each(say);
            }
            ["curl", ..] => curl_fault(&words, known).into_iter().for_each(say),
            [program, ..] if program.contains('/') && !is_script(program) => {
                say(format!("`{program}` is no file that can be run"));
            }
            _ => {}
        }
    }
    found
}

fn command_faults(words: &[&str], known: &Known<'_>) -> Vec<String> {
    let command = words.first().filter(|word| !word.starts_with('-')).unwrap_or(&"");
    let Some(help) = (known.help)(command) else {
        return vec![format!("there is no command `{command}`")];
    };
    let lacks = |flag: &&str| !help.split([' ', ',', '=', '\n', '[']).any(|word| word == *flag);
    words
        .iter()
        .filter(|word| word.starts_with("--"))
        .map(|word| word.split('=').next().unwrap_or(word))
        .filter(lacks)
        .map(|flag| format!("`{command}` has no flag `{flag}`"))
        .collect()
}

fn curl_fault(words: &str, known: &Known<'_>) -> Option<String> {
    let from = words.find("/api/").or_else(|| words.find("8080/").map(|at| at + 4))?;
    let path: String =
        words[from..].chars().take_while(|c| c.is_alphanumeric() || "/_.-".contains(*c)).collect();
    (!documented(&path, known.paths)).then(|| format!("`{path}` is not in the OpenAPI document"))
}

/// Whether a path fits a template such as `/api/v1/zones/{id}`.
fn documented(path: &str, templates: &[String]) -> bool {
    let fits = |template: &String| {
        let (wanted, given): (Vec<_>, Vec<_>) =
            (template.split('/').collect(), path.split('/').collect());
        wanted.len() == given.len() && wanted.iter().zip(&given).all(|(w, g)| segment(w, g))
    };
    path == "/" || templates.iter().any(fits)
}

fn is_script(path: &str) -> bool {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::metadata(path).is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
}

fn help(command: &str) -> Option<String> {
    let words: Vec<&str> = (!command.is_empty()).then_some(command).into_iter().collect();
    told(&words, if command.is_empty() { 0 } else { 2 })
}

/// What a command says of itself; a command's own commands (`key issue`, `plan draft edit`) have flags of their own, and
/// are asked too.
fn told(words: &[&str], deeper: usize) -> Option<String> {
    let mut asked = Command::new(env!("CARGO_BIN_EXE_zonewarden"));
    let answer = asked.args(words).arg("--help").output().unwrap();
    if !answer.status.success() {
        return None;
    }
    let mut text = String::from_utf8_lossy(&answer.stdout).into_owned();
    let own = text.clone();
    let list = own.split("Commands:\n").nth(1).filter(|_| deeper > 0).unwrap_or_default();
    for line in list.lines().take_while(|line| !line.is_empty()) {
        let name = line.strip_prefix("  ").filter(|line| !line.starts_with(' '));
        let Some(name) = name.and_then(|line| line.split_whitespace().next()) else { continue };
        if name != "help" {
            text.push_str(&told(&[words, &[name]].concat(), deeper - 1).unwrap_or_default());
        }
    }
    Some(text)
}

fn documented_paths() -> Vec<String> {
    let answer = Command::new(env!("CARGO_BIN_EXE_zonewarden")).arg("openapi").output().unwrap();
    assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
    let document: serde_json::Value = serde_json::from_slice(&answer.stdout).unwrap();
    document["paths"].as_object().unwrap().keys().cloned().collect()
}

fn benches() -> Vec<String> {
    let manifest: toml::Table =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
            .unwrap()
            .parse()
            .unwrap();
    let Some(benches) = manifest.get("bench").and_then(toml::Value::as_array) else {
        return Vec::new();
    };
    benches.iter().map(|bench| bench["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_command_of_the_readme_exists() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    assert!(shell_lines(&text).len() > 5, "the README shows its commands in `sh` blocks");
    let (paths, benches) = (documented_paths(), benches());
    let known = Known { help: &help, paths: &paths, benches: &benches };
    let found = faults(&text, &known);
    assert!(found.is_empty(), "{}", found.join("\n"));
    for script in ["tests/run", ".ci/run"] {
        assert!(is_script(script), "{script} must be there and be executable");
    }
}

#[test]
fn a_command_flag_bench_address_or_script_that_is_not_there_is_found() {
    let help = |command: &str| (command == "locate").then(|| "  --crs <CRS>\n".to_owned());
    let (paths, benches) = (["/api/v1/zones/{id}".to_owned()], ["locate".to_owned()]);
    let known = Known { help: &help, paths: &paths, benches: &benches };
    let text = "```sh\nzonewarden locate 1 2 --crs gcj02\nzonewarden locate \\\n  --csr x\n\
                zonewarden lokate\ncargo bench --bench nope\ncurl 'localhost:8080/api/v1/zone?x=1'\n\
                curl localhost:8080/api/v1/zones/z12 | jq .\ntests/nope\ntests/run\n# zonewarden x\n\
                ```\n```\nzonewarden y\n```\n";
    let lines = ["3", "5", "6", "7", "9"].map(|line| format!("README.md:{line}"));
    let found: BTreeSet<String> =
        faults(text, &known).iter().map(|fault| fault.split(": ").next().unwrap().into()).collect();
    assert_eq!(found, BTreeSet::from(lines));
}

#[test]
fn the_page_asks_for_documented_addresses_only() {
    let paths = documented_paths();
    let mut asked = 0;
    for source in read(&["src/page"], &[".js"]) {
        for (quote, room) in ["\"", "`"]
            .iter()
            .flat_map(|quote| ["/api/", "/styles/", "/tiles/"].map(|it| (quote, it)))
        {
            for piece in source.text.split(&format!("{quote}{room}")).skip(1) {
                let path = filled(&format!("{room}{}", piece.split(*quote).next().unwrap()));
                assert!(documented(&path, &paths), "{}: {path} is not documented", source.path);
                asked += 1;
            }
        }
    }
    assert!(asked >= 8, "the page's calls must be found, {asked} were");
}

/// An address in which something stands for each `${…}`.
fn filled(template: &str) -> String {
    let mut parts = template.split("${");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |path, part| {
        format!("{path}x{}", part.split_once('}').map_or(part, |(_, rest)| rest))
    })
}

#[test]
fn an_undocumented_address_does_not_fit_a_template() {
    assert_eq!(filled("/a/${f(x)}/b${c}.json"), "/a/x/bx.json");
    let paths = ["/api/v1/zones/{id}".to_owned(), "/api/v1/zones".to_owned()];
    assert!(documented("/api/v1/zones/z1", &paths) && documented("/api/v1/zones", &paths));
    assert!(!documented("/api/v1/zone", &paths) && !documented("/api/v1/zones/a/b", &paths));
}
