//! What an expression means for the features of a collection: names become properties, and values are
//! compared with values of their kind alone.

use std::borrow::Cow;

use crate::domain::ogc::filter::{Comparison, Place, Term, Test, Value};
use crate::domain::ogc::pattern::{Fold, Pattern};
use crate::domain::ogc::schema::{GEOMETRY, Kind, Schema};
use crate::domain::ogc::span::{Span, Timely};
use crate::domain::text;
use crate::formats::cql2::node::Node;
use crate::formats::cql2::reading::Reading;
use crate::geom::relate::Relation;

/// The filter that an expression is for the features of a collection.
///
/// # Errors
/// Words for a name that is no property, and for values of different kinds.
pub fn bind(node: &Node, reading: &Reading, schema: &Schema) -> Result<Test, String> {
    Binder { reading, schema }.test(node)
}

type Read<T> = Result<T, String>;

struct Binder<'a> {
    reading: &'a Reading,
    schema: &'a Schema,
}

/// What a value may be compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    Text,
    Number,
    Flag,
    Time,
}

impl Sort {
    fn of(kind: Kind) -> Self {
        match kind {
            Kind::Text => Self::Text,
            Kind::Whole | Kind::Number => Self::Number,
            Kind::Flag => Self::Flag,
            Kind::Time => Self::Time,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Text => "a text",
            Self::Number => "a number",
            Self::Flag => "true or false",
            Self::Time => "a time",
        }
    }
}

fn comparison(name: &str) -> Option<Comparison> {
    Some(match name {
        "=" => Comparison::Equal,
        "<>" => Comparison::Unequal,
        "<" => Comparison::Less,
        "<=" => Comparison::LessEqual,
        ">" => Comparison::Greater,
        ">=" => Comparison::GreaterEqual,
        _ => return None,
    })
}

/// A spatial relation by its name; the first spelling is the standard's, the other that of its drafts.
fn relation(name: &str) -> Option<Relation> {
    Some(match name.strip_prefix("s_").unwrap_or(name) {
        "intersects" => Relation::Intersects,
        "disjoint" => Relation::Disjoint,
        "contains" => Relation::Contains,
        "within" => Relation::Within,
        "equals" => Relation::Equals,
        "touches" => Relation::Touches,
        "crosses" => Relation::Crosses,
        "overlaps" => Relation::Overlaps,
        _ => return None,
    })
}

fn fold(name: &str) -> Option<Fold> {
    match name {
        "casei" => Some(Fold::Case),
        "accenti" => Some(Fold::Accents),
        _ => None,
    }
}

impl Binder<'_> {
    fn test(&self, node: &Node) -> Read<Test> {
        match node {
            Node::Flag(flag) => Ok(Test::Constant(*flag)),
            Node::Property(name) => match self.property(name)? {
                (term, Sort::Flag) => Ok(Test::Flag(term)),
                (_, sort) => Err(format!(
                    "`{}` is {}, neither true nor false; compare it with something",
                    shown(name),
                    sort.words()
                )),
            },
            Node::Op(name, about) => self.operation(name, about),
            _ => Err("a value stands where something true or false is expected".to_owned()),
        }
    }

    fn operation(&self, name: &str, about: &[Node]) -> Read<Test> {
        let tests = || about.iter().map(|one| self.test(one)).collect::<Read<Vec<Test>>>();
        match (name, about) {
            ("and", [_, ..]) => Ok(Test::All(tests()?)),
            ("or", [_, ..]) => Ok(Test::Any(tests()?)),
            ("not", [one]) => Ok(Test::Not(Box::new(self.test(one)?))),
            ("isnull", [Node::Property(name)]) if name == GEOMETRY => Ok(Test::Shapeless),
            ("isnull", [one]) => Ok(Test::IsNull(self.term(one)?.0)),
            ("like", [one, pattern]) => self.like(one, pattern),
            ("between", [one, low, high]) => {
                let [one, low, high] = self.alike([one, low, high])?;
                Ok(Test::Between(one, low, high))
            }
            ("in", [one, Node::List(list)]) => {
                let mut terms = Vec::new();
                let mut asked = None;
                for item in list {
                    let [one, item] = self.alike([one, item])?;
                    asked = Some(one);
                    terms.push(item);
                }
                // Nothing is in an empty list.
                Ok(asked.map_or(Test::Constant(false), |asked| Test::OneOf(asked, terms)))
            }
            (name, [a, b]) => self.pair(name, a, b),
            (name, _) => Err(unknown(name, about.len())),
        }
    }

    fn pair(&self, name: &str, a: &Node, b: &Node) -> Read<Test> {
        if let Some(how) = comparison(name) {
            if [a, b].contains(&&Node::Null) {
                return Err("nothing is equal to NULL; ask with IS NULL".to_owned());
            }
            let [a, b] = self.alike([a, b])?;
            return Ok(Test::Compare(how, a, b));
        }
        if let Some(how) = Timely::from_code(name) {
            return Ok(Test::Timely(how, self.time(a)?, self.time(b)?));
        }
        match relation(name) {
            Some(how) => Ok(Test::Spatial(how, place(a)?, place(b)?)),
            None => Err(unknown(name, 2)),
        }
    }

    fn like(&self, one: &Node, pattern: &Node) -> Read<Test> {
        let (term, sort) = self.term(one)?;
        if sort != Sort::Text {
            return Err(format!("LIKE asks for a text, not for {}", sort.words()));
        }
        match self.term(pattern)?.0 {
            Term::Literal(Value::Text(pattern)) => Ok(Test::Like(term, Pattern::new(&pattern))),
            _ => Err("the pattern of LIKE is a text".to_owned()),
        }
    }

    /// Values of one sort. A text beside times is read as one.
    fn alike<const N: usize>(&self, nodes: [&Node; N]) -> Read<[Term; N]> {
        let mut found = Vec::with_capacity(N);
        for node in nodes {
            found.push(self.term(node)?);
        }
        if found.iter().any(|(_, sort)| *sort == Sort::Time) {
            for (term, sort) in &mut found {
                if let Term::Literal(Value::Text(text)) = term {
                    *term = time(Span::parse(text, &self.reading.zone)?);
                    *sort = Sort::Time;
                }
            }
        }
        if let Some(pair) = found.windows(2).find(|pair| pair[0].1 != pair[1].1) {
            let (a, b) = (pair[0].1.words(), pair[1].1.words());
            return Err(format!("{a} cannot be compared with {b}"));
        }
        let terms: Vec<Term> = found.into_iter().map(|(term, _)| term).collect();
        terms.try_into().map_err(|_| "operands are missing".to_owned())
    }

    fn term(&self, node: &Node) -> Read<(Term, Sort)> {
        Ok(match node {
            Node::Property(name) => self.property(name)?,
            Node::Text(text) => (Term::Literal(Value::Text(Cow::Owned(text.clone()))), Sort::Text),
            Node::Number(number) => (Term::Literal(Value::Number(*number)), Sort::Number),
            Node::Flag(flag) => (Term::Literal(Value::Flag(*flag)), Sort::Flag),
            Node::Time(span) => (time(*span), Sort::Time),
            Node::Chain(first, more) => {
                let number = |node: &Node| match self.term(node)? {
                    (term, Sort::Number) => Ok(term),
                    (_, sort) => Err(format!("nothing is reckoned with {}", sort.words())),
                };
                let more = more.iter().map(|(how, node)| number(node).map(|term| (*how, term)));
                let more: Read<Vec<_>> = more.collect();
                (Term::Chain(Box::new(number(first)?), more?), Sort::Number)
            }
            Node::Interval(_) => (self.time(node)?, Sort::Time),
            Node::Op(name, about) => match (fold(name), about.as_slice()) {
                (Some(fold), [inner]) => self.folded(fold, inner)?,
                _ => return Err(unknown(name, about.len())),
            },
            Node::Null => return Err("NULL is no value; ask with IS NULL".to_owned()),
            Node::Shape(_) => {
                return Err("a geometry has no order; relate it, as by S_INTERSECTS".to_owned());
            }
            Node::List(_) => return Err("a list stands where a value is expected".to_owned()),
        })
    }

    fn folded(&self, fold: Fold, inner: &Node) -> Read<(Term, Sort)> {
        match self.term(inner)? {
            (Term::Literal(Value::Text(text)), _) => {
                let text = Cow::Owned(fold.folded(&text));
                Ok((Term::Literal(Value::Text(text)), Sort::Text))
            }
            (term, Sort::Text) => Ok((Term::Folded(fold, Box::new(term)), Sort::Text)),
            (_, sort) => Err(format!("CASEI and ACCENTI take a text, not {}", sort.words())),
        }
    }

    fn time(&self, node: &Node) -> Read<Term> {
        match node {
            Node::Interval(two) => {
                let end = |node: &Node| match node {
                    Node::Text(text) if text == ".." => Ok(None),
                    node => self.time(node).map(|term| Some(Box::new(term))),
                };
                Ok(Term::Interval(end(&two[0])?, end(&two[1])?))
            }
            Node::Text(text) => Ok(time(Span::parse(text, &self.reading.zone)?)),
            node => match self.term(node)? {
                (term, Sort::Time) => Ok(term),
                (_, sort) => Err(format!("{} is no time", sort.words())),
            },
        }
    }

    fn property(&self, name: &str) -> Read<(Term, Sort)> {
        if let Some(field) = self.schema.field(name) {
            return Ok((Term::Property(field.name.clone()), Sort::of(field.kind)));
        }
        if name == GEOMETRY {
            return Err("the geometry has no order; relate it, as by S_INTERSECTS".to_owned());
        }
        let names = || self.schema.fields.iter().map(|field| field.name.as_str());
        let hint = text::nearest(name, names()).map_or_else(
            || format!("these are: {}", names().collect::<Vec<_>>().join(", ")),
            |near| format!("`{near}` is"),
        );
        Err(format!("`{}` is no property here; {hint}", shown(name)))
    }
}

fn place(node: &Node) -> Read<Place> {
    match node {
        Node::Property(name) if name == GEOMETRY => Ok(Place::Own),
        Node::Shape(shape) => Ok(Place::Given(shape.clone())),
        Node::Property(name) => Err(format!("`{}` is no geometry; `{GEOMETRY}` is", shown(name))),
        _ => Err(format!("a geometry is expected: `{GEOMETRY}`, or one that is written out")),
    }
}

fn time(span: Span) -> Term {
    Term::Literal(Value::Time(span))
}

fn unknown(name: &str, operands: usize) -> String {
    let name = shown(name);
    format!("`{name}` with {operands} operands is no operator or function here")
}

/// A stranger's name in a message.
fn shown(name: &str) -> String {
    name.chars().take(40).flat_map(char::escape_debug).collect()
}
