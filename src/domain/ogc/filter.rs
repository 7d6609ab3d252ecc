//! Filters over features: what a client's expression means, whatever language it was written in.
//!
//! Decided in three values, as CQL2 and SQL have it: what is compared with a property that is null is
//! neither true nor false, and only what is true is kept. The tree is as deep as its reader let it be.

use std::borrow::Cow;
use std::cmp::Ordering;

use geo::BoundingRect;
use geo_types::Geometry;

use crate::domain::atlas::in_force::grown;
use crate::domain::ogc::pattern::{Fold, Pattern};
use crate::domain::ogc::span::{Span, Timely};
use crate::geom::coord::{GridBox, GridPoint, step};
use crate::geom::relate::Relation;

/// What a property holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    /// Nothing.
    Null,
    /// True or false.
    Flag(bool),
    /// A finite number.
    Number(f64),
    /// A text.
    Text(Cow<'a, str>),
    /// An instant or a day.
    Time(Span),
}

/// What a filter is asked about.
pub trait Subject {
    /// The property of this name; null for one that it does not have.
    fn value(&self, name: &str) -> Value<'_>;

    /// Its geometry, WGS84.
    fn shape(&self) -> Option<Cow<'_, Geometry<f64>>>;
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `<>`
    Unequal,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
}

impl Comparison {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::Unequal => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterEqual => order.is_ge(),
        }
    }
}

/// What is reckoned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reckoning {
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `*`
    Times,
    /// `/`
    Over,
    /// `%`
    Rest,
    /// `div`, the quotient without its fraction
    Whole,
    /// `^`
    Power,
}

impl Reckoning {
    fn of(self, a: f64, b: f64) -> f64 {
        match self {
            Self::Plus => a + b,
            Self::Minus => a - b,
            Self::Times => a * b,
            Self::Over => a / b,
            Self::Rest => a % b,
            Self::Whole => (a / b).trunc(),
            Self::Power => a.powf(b),
        }
    }
}

/// What has a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Term {
    /// The same for every feature.
    Literal(Value<'static>),
    /// A property.
    Property(String),
    /// A text without case or accents.
    Folded(Fold, Box<Term>),
    /// Numbers, reckoned from left to right.
    Chain(Box<Term>, Vec<(Reckoning, Term)>),
    /// From one time to another; `None` is open.
    Interval(Option<Box<Term>>, Option<Box<Term>>),
}

/// One side of a spatial relation.
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    /// The feature's own geometry.
    Own,
    /// This one, WGS84, valid.
    Given(Box<Geometry<f64>>),
}

/// What is true of a feature, false, or neither.
#[derive(Clone, Debug, PartialEq)]
pub enum Test {
    /// Always the same.
    Constant(bool),
    /// A property that is a flag.
    Flag(Term),
    /// All of them.
    All(Vec<Test>),
    /// Any of them.
    Any(Vec<Test>),
    /// Not this.
    Not(Box<Test>),
    /// Two values of one kind.
    Compare(Comparison, Term, Term),
    /// A value, the lowest and the highest it may be.
    Between(Term, Term, Term),
    /// A text and the pattern it fits.
    Like(Term, Pattern),
    /// A value that is one of these.
    OneOf(Term, Vec<Term>),
    /// A property without a value.
    IsNull(Term),
    /// A feature without a geometry.
    Shapeless,
    /// Two geometries.
    Spatial(Relation, Place, Place),
    /// Two stretches of time.
    Timely(Timely, Term, Term),
}

impl Test {
    /// Whether a feature is kept.
    #[must_use]
    pub fn keeps(&self, subject: &dyn Subject) -> bool {
        self.truth(subject) == Some(true)
    }

    fn truth(&self, subject: &dyn Subject) -> Option<bool> {
        match self {
            Self::Constant(flag) => Some(*flag),
            Self::Flag(term) => match term.value(subject) {
                Value::Flag(flag) => Some(flag),
                _ => None,
            },
            Self::All(parts) => decided(parts, subject, false),
            Self::Any(parts) => decided(parts, subject, true),
            Self::Not(inner) => inner.truth(subject).map(|truth| !truth),
            Self::Compare(how, a, b) => {
                order(&a.value(subject), &b.value(subject)).map(|order| how.holds(order))
            }
            Self::Between(term, low, high) => {
                let value = term.value(subject);
                let low = order(&value, &low.value(subject)).map(Ordering::is_ge);
                let high = order(&value, &high.value(subject)).map(Ordering::is_le);
                both(low, high)
            }
            Self::Like(term, pattern) => match term.value(subject) {
                Value::Text(text) => Some(pattern.fits(&text)),
                _ => None,
            },
            Self::OneOf(term, list) => one_of(&term.value(subject), list, subject),
            Self::IsNull(term) => Some(term.value(subject) == Value::Null),
            Self::Shapeless => Some(subject.shape().is_none()),
            Self::Spatial(relation, a, b) => {
                let (a, b) = (a.shape(subject)?, b.shape(subject)?);
                Some(related(*relation, &a, &b))
            }
            Self::Timely(relation, a, b) => match (a.value(subject), b.value(subject)) {
                (Value::Time(a), Value::Time(b)) => Some(relation.holds(a, b)),
                _ => None,
            },
        }
    }

    /// A box outside which nothing is kept, where the filter tells one.
    #[must_use]
    pub fn frame(&self) -> Option<GridBox> {
        match self {
            Self::All(parts) => parts.iter().filter_map(Self::frame).reduce(shared),
            Self::Spatial(relation, Place::Own, Place::Given(shape))
            | Self::Spatial(relation, Place::Given(shape), Place::Own)
                if relation.needs_contact() =>
            {
                let rect = shape.bounding_rect()?;
                let corner = |x: f64, y: f64| GridPoint {
                    x: step(x.clamp(-180.0, 180.0)),
                    y: step(y.clamp(-90.0, 90.0)),
                };
                let frame = GridBox {
                    min: corner(rect.min().x, rect.min().y),
                    max: corner(rect.max().x, rect.max().y),
                };
                // What lies between two steps was rounded.
                Some(grown(frame, 1))
            }
            _ => None,
        }
    }

    /// The conditions of which every one must hold.
    #[must_use]
    pub fn conditions(&self) -> &[Self] {
        match self {
            Self::All(parts) => parts,
            one => std::slice::from_ref(one),
        }
    }
}

/// Whether the boxes meet, then what both hold; else an empty box.
fn shared(a: GridBox, b: GridBox) -> GridBox {
    GridBox {
        min: GridPoint { x: a.min.x.max(b.min.x), y: a.min.y.max(b.min.y) },
        max: GridPoint { x: a.max.x.min(b.max.x), y: a.max.y.min(b.max.y) },
    }
}

/// The truth of several: `decisive` as soon as one is that, unknown when one is.
fn decided(parts: &[Test], subject: &dyn Subject, decisive: bool) -> Option<bool> {
    let mut unknown = false;
    for part in parts {
        match part.truth(subject) {
            Some(truth) if truth == decisive => return Some(decisive),
            Some(_) => {}
            None => unknown = true,
        }
    }
    (!unknown).then_some(!decisive)
}

fn both(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (a, b) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

fn one_of(value: &Value<'_>, list: &[Term], subject: &dyn Subject) -> Option<bool> {
    let mut unknown = *value == Value::Null;
    for term in list {
        match order(value, &term.value(subject)) {
            Some(order) if order.is_eq() => return Some(true),
            Some(_) => {}
            None => unknown = true,
        }
    }
    (!unknown).then_some(false)
}

/// The order of two values; `None` where there is none, as with null.
fn order(a: &Value<'_>, b: &Value<'_>) -> Option<Ordering> {
    match (a, b) {
        (Value::Flag(a), Value::Flag(b)) => Some(a.cmp(b)),
        (Value::Number(a), Value::Number(b)) => a.partial_cmp(b),
        (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
        (Value::Time(a), Value::Time(b)) => a.order(*b),
        _ => None,
    }
}

/// Boxes that lie apart decide most pairs.
fn related(relation: Relation, a: &Geometry<f64>, b: &Geometry<f64>) -> bool {
    if let (Some(a), Some(b)) = (a.bounding_rect(), b.bounding_rect()) {
        let apart = |low: f64, high: f64| low > high;
        let apart = apart(a.min().x, b.max().x)
            || apart(b.min().x, a.max().x)
            || apart(a.min().y, b.max().y)
            || apart(b.min().y, a.max().y);
        if apart {
            return !relation.needs_contact();
        }
    }
    relation.holds(a, b)
}

impl Place {
    fn shape<'a>(&'a self, subject: &'a dyn Subject) -> Option<Cow<'a, Geometry<f64>>> {
        match self {
            Self::Own => subject.shape(),
            Self::Given(shape) => Some(Cow::Borrowed(&**shape)),
        }
    }
}

impl Term {
    /// What it is for a feature.
    #[must_use]
    pub fn value<'a>(&'a self, subject: &'a dyn Subject) -> Value<'a> {
        match self {
            Self::Literal(value) => value.borrowed(),
            Self::Property(name) => subject.value(name),
            Self::Folded(fold, inner) => match inner.value(subject) {
                Value::Text(text) => Value::Text(Cow::Owned(fold.folded(&text))),
                _ => Value::Null,
            },
            Self::Chain(first, rest) => chained(first, rest, subject),
            Self::Interval(from, to) => {
                let end = |term: Option<&'a Term>| match term {
                    None => Some(Span::ALWAYS),
                    Some(term) => match term.value(subject) {
                        Value::Time(span) => Some(span),
                        _ => None,
                    },
                };
                match (end(from.as_deref()), end(to.as_deref())) {
                    (Some(from), Some(to)) if from.from <= to.to => {
                        Value::Time(Span { from: from.from, to: to.to })
                    }
                    _ => Value::Null,
                }
            }
        }
    }
}

fn chained<'a>(
    first: &'a Term,
    rest: &'a [(Reckoning, Term)],
    subject: &'a dyn Subject,
) -> Value<'a> {
    let Value::Number(mut sum) = first.value(subject) else { return Value::Null };
    for (how, term) in rest {
        let Value::Number(next) = term.value(subject) else { return Value::Null };
        sum = how.of(sum, next);
    }
    // What is divided by nothing has no value.
    if sum.is_finite() { Value::Number(sum) } else { Value::Null }
}

impl Value<'_> {
    fn borrowed(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Flag(flag) => Value::Flag(*flag),
            Self::Number(number) => Value::Number(*number),
            Self::Text(text) => Value::Text(Cow::Borrowed(&**text)),
            Self::Time(span) => Value::Time(*span),
        }
    }
}

#[cfg(test)]
mod tests;
