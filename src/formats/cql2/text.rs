//! `cql2-text`.

use crate::domain::ogc::filter::Reckoning;
use crate::domain::ogc::span::Span;
use crate::formats::cql2::node::{Node, reckoning};
use crate::formats::cql2::reading::{DEPTH_MAX, PARTS_MAX, Reading};
use crate::formats::cql2::shape;
use crate::formats::wkt;

/// What geometries are called in well-known text.
const SHAPES: [&str; 7] = [
    "POINT",
    "LINESTRING",
    "POLYGON",
    "MULTIPOINT",
    "MULTILINESTRING",
    "MULTIPOLYGON",
    "GEOMETRYCOLLECTION",
];

/// The expression that a text spells.
///
/// # Errors
/// The first fault, with its place in characters.
pub fn parse(text: &str, reading: &Reading) -> Result<Node, String> {
    let mut parser = Parser { text, at: 0, depth: 0, parts: 0, reading };
    let node = parser.any()?;
    parser.space();
    match parser.rest().chars().next() {
        None => Ok(node),
        Some(_) => Err(parser.fault("nothing may follow here; expected AND, OR or the end")),
    }
}

type Read<T> = Result<T, String>;

struct Parser<'a> {
    text: &'a str,
    /// Where it reads, in bytes.
    at: usize,
    depth: usize,
    parts: usize,
    reading: &'a Reading,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn fault(&self, says: &str) -> String {
        let at = self.text[..self.at].chars().count() + 1;
        let near: String = self.rest().chars().take(20).flat_map(char::escape_debug).collect();
        let near = if near.is_empty() { "the end".to_owned() } else { format!("`{near}`") };
        format!("at character {at}, {near}: {says}")
    }

    fn space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn part(&mut self) -> Read<()> {
        self.parts += 1;
        if self.parts > PARTS_MAX {
            return Err(self.fault(&format!("the expression has more than {PARTS_MAX} parts")));
        }
        Ok(())
    }

    /// The unquoted name that stands here; empty where none does.
    fn word(&mut self) -> &'a str {
        self.space();
        let rest = self.rest();
        let begins = |c: char| c.is_alphabetic() || c == '_';
        if !rest.starts_with(begins) {
            return "";
        }
        let goes_on = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | ':');
        let ends = rest.find(|c: char| !goes_on(c)).unwrap_or(rest.len());
        &rest[..ends]
    }

    fn keyword(&mut self, keyword: &str) -> bool {
        let word = self.word();
        let found = word.eq_ignore_ascii_case(keyword);
        if found {
            self.at += word.len();
        }
        found
    }

    fn sign(&mut self, sign: &str) -> bool {
        self.space();
        let found = self.rest().starts_with(sign);
        if found {
            self.at += sign.len();
        }
        found
    }

    fn must(&mut self, sign: &str) -> Read<()> {
        if self.sign(sign) { Ok(()) } else { Err(self.fault(&format!("expected `{sign}`"))) }
    }

    fn any(&mut self) -> Read<Node> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(self.fault(&format!("the expression nests deeper than {DEPTH_MAX}")));
        }
        let mut parts = vec![self.all()?];
        while self.keyword("or") {
            self.part()?;
            parts.push(self.all()?);
        }
        self.depth -= 1;
        Ok(joined("or", parts))
    }

    fn all(&mut self) -> Read<Node> {
        let mut parts = vec![self.negated()?];
        while self.keyword("and") {
            self.part()?;
            parts.push(self.negated()?);
        }
        Ok(joined("and", parts))
    }

    fn negated(&mut self) -> Read<Node> {
        let mut odd = false;
        while self.keyword("not") {
            self.part()?;
            odd = !odd;
        }
        let inner = self.comparison()?;
        Ok(if odd { op("not", vec![inner]) } else { inner })
    }

    fn comparison(&mut self) -> Read<Node> {
        let left = self.sum()?;
        for (sign, name) in [
            ("<>", "<>"),
            ("!=", "<>"),
            ("<=", "<="),
            (">=", ">="),
            ("=", "="),
            ("<", "<"),
            (">", ">"),
        ] {
            if self.sign(sign) {
                self.part()?;
                return Ok(op(name, vec![left, self.sum()?]));
            }
        }
        if self.keyword("is") {
            let negative = self.keyword("not");
            if !self.keyword("null") {
                return Err(self.fault("expected NULL"));
            }
            return Ok(perhaps_not(negative, op("isnull", vec![left])));
        }
        let negative = self.keyword("not");
        if self.keyword("like") {
            return Ok(perhaps_not(negative, op("like", vec![left, self.sum()?])));
        }
        if self.keyword("between") {
            let low = self.sum()?;
            if !self.keyword("and") {
                return Err(self.fault("expected AND and the highest value"));
            }
            return Ok(perhaps_not(negative, op("between", vec![left, low, self.sum()?])));
        }
        if self.keyword("in") {
            self.must("(")?;
            let list = self.list()?;
            return Ok(perhaps_not(negative, op("in", vec![left, Node::List(list)])));
        }
        if negative {
            return Err(self.fault("expected LIKE, BETWEEN or IN"));
        }
        Ok(left)
    }

    /// What stands between here and the bracket that closes, parted by commas.
    fn list(&mut self) -> Read<Vec<Node>> {
        let mut list = Vec::new();
        if self.sign(")") {
            return Ok(list);
        }
        loop {
            list.push(self.any()?);
            if !self.sign(",") {
                self.must(")")?;
                return Ok(list);
            }
        }
    }

    fn sum(&mut self) -> Read<Node> {
        let first = self.product()?;
        let mut more = Vec::new();
        while let Some(sign) = ["+", "-"].into_iter().find(|sign| self.sign(sign)) {
            self.part()?;
            if let Some(how) = reckoning(sign) {
                more.push((how, self.product()?));
            }
        }
        Ok(chain(first, more))
    }

    fn product(&mut self) -> Read<Node> {
        let first = self.power()?;
        let mut more = Vec::new();
        loop {
            let found = ["*", "/", "%"].into_iter().find(|sign| self.sign(sign));
            let found = found.or_else(|| self.keyword("div").then_some("div"));
            let Some(how) = found.and_then(reckoning) else { return Ok(chain(first, more)) };
            self.part()?;
            more.push((how, self.power()?));
        }
    }

    fn power(&mut self) -> Read<Node> {
        let base = self.signed()?;
        if !self.sign("^") {
            return Ok(base);
        }
        self.part()?;
        let exponent = self.signed()?;
        Ok(chain(base, reckoning("^").map(|how| (how, exponent)).into_iter().collect()))
    }

    fn signed(&mut self) -> Read<Node> {
        let mut minus = false;
        loop {
            if self.sign("-") {
                minus = !minus;
            } else if !self.sign("+") {
                break;
            }
            self.part()?;
        }
        let inner = self.value()?;
        Ok(match inner {
            inner if !minus => inner,
            Node::Number(number) => Node::Number(-number),
            inner => {
                let by = reckoning("*").map(|how| (how, inner));
                chain(Node::Number(-1.0), by.into_iter().collect())
            }
        })
    }

    fn value(&mut self) -> Read<Node> {
        self.part()?;
        self.space();
        match self.rest().chars().next() {
            Some('(') => {
                self.at += 1;
                let mut nodes = self.list()?;
                match (nodes.pop(), nodes.is_empty()) {
                    (Some(only), true) => Ok(only),
                    (Some(last), false) => {
                        nodes.push(last);
                        Ok(Node::List(nodes))
                    }
                    (None, _) => Err(self.fault("the brackets are empty")),
                }
            }
            Some('\'') => self.quoted('\'').map(Node::Text),
            Some('"') => self.quoted('"').map(Node::Property),
            Some(c) if c.is_ascii_digit() || c == '.' => self.number(),
            Some(c) if c.is_alphabetic() || c == '_' => self.named(),
            _ => Err(self.fault("expected a value, a property or a bracket")),
        }
    }

    fn number(&mut self) -> Read<Node> {
        let rest = self.rest();
        let mut ends = 0;
        for (at, c) in rest.char_indices() {
            let exponent = at > 0 && rest[..at].ends_with(['e', 'E']);
            let fits = c.is_ascii_digit()
                || matches!(c, '.' | 'e' | 'E')
                || (exponent && matches!(c, '+' | '-'));
            if !fits {
                break;
            }
            ends = at + c.len_utf8();
        }
        match rest[..ends].parse::<f64>() {
            Ok(number) if number.is_finite() => {
                self.at += ends;
                Ok(Node::Number(number))
            }
            _ => Err(self.fault("expected a number")),
        }
    }

    /// What stands between two marks; one that is doubled, or behind a backslash, is one of it.
    fn quoted(&mut self, mark: char) -> Read<String> {
        let mut text = String::new();
        let mut rest = self.rest().char_indices().skip(1).peekable();
        while let Some((at, c)) = rest.next() {
            if c == '\\' && rest.next_if(|(_, next)| *next == mark).is_some() {
                text.push(mark);
            } else if c != mark {
                text.push(c);
            } else if rest.next_if(|(_, next)| *next == mark).is_some() {
                text.push(mark);
            } else {
                self.at += at + 1;
                return Ok(text);
            }
        }
        Err(self.fault(&format!("this is never closed by another {mark}")))
    }

    /// A keyword's value, a geometry, a function, or a property.
    fn named(&mut self) -> Read<Node> {
        let begins = self.at;
        let word = self.word();
        self.at += word.len();
        let upper = word.to_ascii_uppercase();
        match upper.as_str() {
            "TRUE" => return Ok(Node::Flag(true)),
            "FALSE" => return Ok(Node::Flag(false)),
            "NULL" => return Ok(Node::Null),
            kind if SHAPES.contains(&kind) => {
                let behind = self.word().to_ascii_uppercase();
                if self.sign("(") || ["Z", "M", "ZM", "EMPTY"].contains(&behind.as_str()) {
                    self.at = begins;
                    return self.shape();
                }
            }
            _ => {}
        }
        if !self.sign("(") {
            return Ok(Node::Property(word.to_owned()));
        }
        match upper.as_str() {
            "DATE" | "TIMESTAMP" => {
                let Node::Text(text) = self.value()? else {
                    return Err(self.fault("expected a time in quotes"));
                };
                self.must(")")?;
                let span = Span::parse(&text, &self.reading.zone);
                span.map(Node::Time).map_err(|words| self.fault(&words))
            }
            "INTERVAL" => {
                let list = self.list()?;
                let two: Result<[Node; 2], _> = list.try_into();
                match two {
                    Ok(two) => Ok(Node::Interval(Box::new(two))),
                    Err(_) => Err(self.fault("an interval has a beginning and an end")),
                }
            }
            "BBOX" | "ENVELOPE" => {
                let numbers: Option<Vec<f64>> = self.list()?.iter().map(number_of).collect();
                let numbers = numbers.ok_or_else(|| self.fault("a box has numbers"))?;
                shape::frame(&numbers, self.reading.crs).map_err(|words| self.fault(&words))
            }
            _ => {
                let list = self.list()?;
                Ok(op(&word.to_ascii_lowercase(), list))
            }
        }
    }

    /// A geometry in well-known text, to the bracket that closes it.
    fn shape(&mut self) -> Read<Node> {
        let rest = self.rest();
        let mut open = 0_usize;
        let mut ends = rest.len();
        for (at, c) in rest.char_indices() {
            match c {
                '(' => open += 1,
                ')' if open <= 1 => {
                    ends = if open == 1 { at + 1 } else { at };
                    break;
                }
                ')' => open -= 1,
                _ => {}
            }
        }
        let geometry = wkt::read(&rest[..ends]).map_err(|fault| self.fault(&fault.to_string()))?;
        let node = shape::checked(&geometry, self.reading.crs);
        let node = node.map_err(|words| self.fault(&words))?;
        self.at += ends;
        Ok(node)
    }
}

fn number_of(node: &Node) -> Option<f64> {
    match node {
        Node::Number(number) => Some(*number),
        _ => None,
    }
}

fn op(name: &str, about: Vec<Node>) -> Node {
    Node::Op(name.to_owned(), about)
}

fn perhaps_not(negative: bool, node: Node) -> Node {
    if negative { op("not", vec![node]) } else { node }
}

fn joined(name: &str, mut parts: Vec<Node>) -> Node {
    match (parts.pop(), parts.is_empty()) {
        (Some(only), true) => only,
        (last, _) => {
            parts.extend(last);
            op(name, parts)
        }
    }
}

fn chain(first: Node, more: Vec<(Reckoning, Node)>) -> Node {
    if more.is_empty() { first } else { Node::Chain(Box::new(first), more) }
}
