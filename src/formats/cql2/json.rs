//! `cql2-json`.

use serde_json::Value;

use crate::domain::ogc::span::Span;
use crate::formats::cql2::node::{Node, reckoning};
use crate::formats::cql2::reading::{DEPTH_MAX, PARTS_MAX, Reading};
use crate::formats::cql2::shape;

/// The expression that a JSON text spells.
///
/// # Errors
/// The first fault, with its place as a path.
pub fn parse(text: &str, reading: &Reading) -> Result<Node, String> {
    // Nesting of more than 128 is refused before anything is built.
    let value: Value =
        serde_json::from_str(text).map_err(|fault| format!("is no JSON that is read: {fault}"))?;
    let mut reader = Reader { path: Vec::new(), parts: 0, reading };
    reader.node(&value)
}

type Read<T> = Result<T, String>;

struct Reader<'a> {
    /// The operators and places of operands above.
    path: Vec<String>,
    parts: usize,
    reading: &'a Reading,
}

impl Reader<'_> {
    fn fault(&self, says: &str) -> String {
        let path = if self.path.is_empty() { "the whole".to_owned() } else { self.path.join("/") };
        format!("at {path}: {says}")
    }

    fn node(&mut self, value: &Value) -> Read<Node> {
        self.parts += 1;
        if self.parts > PARTS_MAX {
            return Err(self.fault(&format!("the expression has more than {PARTS_MAX} parts")));
        }
        if self.path.len() > DEPTH_MAX {
            return Err(format!("the expression nests deeper than {DEPTH_MAX}"));
        }
        Ok(match value {
            Value::Null => Node::Null,
            Value::Bool(flag) => Node::Flag(*flag),
            Value::String(text) => Node::Text(text.clone()),
            Value::Number(number) => match number.as_f64() {
                Some(number) if number.is_finite() => Node::Number(number),
                _ => return Err(self.fault("a number is too large")),
            },
            Value::Array(_) => Node::List(self.list("list", value)?),
            Value::Object(object) if object.contains_key("op") => self.operation(value)?,
            Value::Object(_) => self.literal(value)?,
        })
    }

    fn list(&mut self, of: &str, value: &Value) -> Read<Vec<Node>> {
        let Some(list) = value.as_array() else {
            return Err(self.fault(&format!("`{of}` has a list of operands, `args`")));
        };
        let mut nodes = Vec::new();
        for (n, one) in list.iter().enumerate() {
            self.path.push(format!("{of}[{n}]"));
            nodes.push(self.node(one)?);
            self.path.pop();
        }
        Ok(nodes)
    }

    fn operation(&mut self, value: &Value) -> Read<Node> {
        let Some(name) = value["op"].as_str() else {
            return Err(self.fault("`op` is the name of an operator"));
        };
        let short: String = name.chars().take(40).flat_map(char::escape_debug).collect();
        let mut about = self.list(&short, &value["args"])?;
        let name = name.to_ascii_lowercase();
        if let Some(how) = reckoning(&name) {
            let more: Vec<_> = about.drain(about.len().min(1)..).map(|node| (how, node)).collect();
            return match (about.pop(), more.is_empty()) {
                (Some(first), false) => Ok(Node::Chain(Box::new(first), more)),
                _ => Err(self.fault(&format!("`{short}` takes two operands"))),
            };
        }
        Ok(Node::Op(name, about))
    }

    fn literal(&mut self, value: &Value) -> Read<Node> {
        if let Some(name) = value["property"].as_str() {
            return Ok(Node::Property(name.to_owned()));
        }
        if let Some(text) = value["date"].as_str().or_else(|| value["timestamp"].as_str()) {
            let span = Span::parse(text, &self.reading.zone);
            return span.map(Node::Time).map_err(|words| self.fault(&words));
        }
        if !value["interval"].is_null() {
            let two: Result<[Node; 2], _> = self.list("interval", &value["interval"])?.try_into();
            return match two {
                Ok(two) => Ok(Node::Interval(Box::new(two))),
                Err(_) => Err(self.fault("an interval has a beginning and an end")),
            };
        }
        if let Some(numbers) = value["bbox"].as_array() {
            let numbers: Option<Vec<f64>> = numbers.iter().map(Value::as_f64).collect();
            let numbers = numbers.ok_or_else(|| self.fault("a box has numbers"))?;
            return shape::frame(&numbers, self.reading.crs).map_err(|words| self.fault(&words));
        }
        if value["type"].is_string() {
            return shape::geojson(value, self.reading.crs).map_err(|words| self.fault(&words));
        }
        Err(self.fault(
            "expected an operator (op, args), a property, a date, a timestamp, an interval, a bbox or a \
             geometry",
        ))
    }
}
