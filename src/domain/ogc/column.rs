//! The features of a collection in the order of a property, so that a filter need not look at all of them.
//!
//! What is found here is what a condition may keep, never less; the condition itself decides.

use std::cmp::Ordering;
use std::ops::Range;

use crate::domain::ogc::filter::{Comparison, Term, Test, Value};

/// Features by the values of one property or of what it is without case or accents. Those without a value, and those
/// whose value is a time, of which some have no order, are left out: nothing bounded by a [`Stretch`] keeps them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    numbers: Vec<u32>,
}

impl Column {
    /// Sorts the features. `value` tells what they have.
    #[must_use]
    pub fn of<'a>(numbers: &[u32], value: impl Fn(u32) -> Value<'a>) -> Self {
        let valued = numbers.iter().map(|number| (value(*number), *number));
        let mut all: Vec<(Value<'a>, u32)> =
            valued.filter(|(value, _)| rank(value).is_some()).collect();
        all.sort_by(|(a, one), (b, other)| order(a, b).then(one.cmp(other)));
        Self { numbers: all.into_iter().map(|(_, number)| number).collect() }
    }

    /// Where those stand whose values lie in the stretch. `value` tells the same as when the column was made.
    #[must_use]
    pub fn range<'a>(
        &self,
        stretch: &Stretch<'_>,
        value: impl Fn(u32) -> Value<'a>,
    ) -> Range<usize> {
        let side = |number: &u32| stretch.side(&value(*number));
        let from = self.numbers.partition_point(|number| side(number).is_lt());
        let to = self.numbers.partition_point(|number| side(number).is_le());
        from..to.max(from)
    }

    /// The features that stand there, by value.
    #[must_use]
    pub fn get(&self, range: Range<usize>) -> &[u32] {
        self.numbers.get(range).unwrap_or_default()
    }
}

/// Values between which a condition keeps all that it keeps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stretch<'a> {
    /// This one.
    Is(&'a Value<'static>),
    /// This one and those below it of its kind.
    UpTo(&'a Value<'static>),
    /// This one and those above it of its kind.
    From(&'a Value<'static>),
    /// The lowest and the highest.
    Between(&'a Value<'static>, &'a Value<'static>),
    /// Texts that begin so.
    Begins(&'a str),
}

impl Stretch<'_> {
    /// Whether a value lies before the stretch, in it or behind it.
    fn side(&self, value: &Value<'_>) -> Ordering {
        match self {
            Self::Is(is) => order(value, is),
            Self::UpTo(most) => match rank(value).cmp(&rank(most)) {
                Ordering::Equal if order(value, most).is_le() => Ordering::Equal,
                Ordering::Equal => Ordering::Greater,
                apart => apart,
            },
            Self::From(least) => match rank(value).cmp(&rank(least)) {
                Ordering::Equal if order(value, least).is_ge() => Ordering::Equal,
                Ordering::Equal => Ordering::Less,
                apart => apart,
            },
            Self::Between(least, most) => {
                if order(value, least).is_lt() {
                    Ordering::Less
                } else if order(value, most).is_gt() {
                    Ordering::Greater
                } else {
                    Ordering::Equal
                }
            }
            Self::Begins(begins) => match value {
                Value::Text(text) if text.starts_with(begins) => Ordering::Equal,
                Value::Text(text) => text.as_ref().cmp(*begins),
                // Every other kind stands before texts.
                _ => Ordering::Less,
            },
        }
    }
}

/// The term whose column tells what a condition may keep, and the stretches of it; `None` where no column does.
#[must_use]
pub fn stretches(test: &Test) -> Option<(&Term, Vec<Stretch<'_>>)> {
    match test {
        Test::Compare(how, a, b) => {
            let (term, value, how) = match (literal(a), literal(b)) {
                (None, Some(value)) => (a, value, *how),
                (Some(value), None) => (b, value, turned(*how)),
                _ => return None,
            };
            let stretch = match how {
                Comparison::Equal => Stretch::Is(value),
                Comparison::Less | Comparison::LessEqual => Stretch::UpTo(value),
                Comparison::Greater | Comparison::GreaterEqual => Stretch::From(value),
                Comparison::Unequal => return None,
            };
            Some((sorted(term)?, vec![stretch]))
        }
        Test::Between(term, least, most) => {
            let stretch = Stretch::Between(literal(least)?, literal(most)?);
            Some((sorted(term)?, vec![stretch]))
        }
        Test::OneOf(term, list) => {
            let each = list.iter().map(|one| literal(one).map(Stretch::Is));
            Some((sorted(term)?, each.collect::<Option<_>>()?))
        }
        Test::Like(term, pattern) => {
            let begins = Some(pattern.begins()).filter(|begins| !begins.is_empty())?;
            Some((sorted(term)?, vec![Stretch::Begins(begins)]))
        }
        _ => None,
    }
}

/// A literal that has an order among others.
fn literal(term: &Term) -> Option<&Value<'static>> {
    match term {
        Term::Literal(value) if rank(value).is_some() => Some(value),
        _ => None,
    }
}

/// A term that has a column: a property, or one without case or accents.
fn sorted(term: &Term) -> Option<&Term> {
    match term {
        Term::Property(_) => Some(term),
        Term::Folded(_, inner) => sorted(inner).map(|_| term),
        _ => None,
    }
}

fn turned(how: Comparison) -> Comparison {
    match how {
        Comparison::Less => Comparison::Greater,
        Comparison::LessEqual => Comparison::GreaterEqual,
        Comparison::Greater => Comparison::Less,
        Comparison::GreaterEqual => Comparison::LessEqual,
        same => same,
    }
}

/// Kinds one behind the other; `None` for what no column has.
fn rank(value: &Value<'_>) -> Option<u8> {
    match value {
        Value::Flag(_) => Some(0),
        Value::Number(number) => (!number.is_nan()).then_some(1),
        Value::Text(_) => Some(2),
        Value::Null | Value::Time(_) => None,
    }
}

/// By kind, then as filters compare them.
fn order(a: &Value<'_>, b: &Value<'_>) -> Ordering {
    match (a, b) {
        (Value::Flag(a), Value::Flag(b)) => a.cmp(b),
        (Value::Number(a), Value::Number(b)) => a.partial_cmp(b).unwrap_or(Ordering::Equal),
        (Value::Text(a), Value::Text(b)) => a.cmp(b),
        _ => rank(a).cmp(&rank(b)),
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::domain::ogc::pattern::Pattern;
    use crate::domain::ogc::span::Span;

    fn text(text: &'static str) -> Value<'static> {
        Value::Text(Cow::Borrowed(text))
    }

    fn values() -> Vec<Value<'static>> {
        vec![
            text("b"),
            Value::Null,
            Value::Number(3.0),
            text("ab"),
            Value::Flag(true),
            text("a"),
            Value::Number(-0.0),
            text("abc"),
            Value::Time(Span::ALWAYS),
            Value::Number(3.0),
            text("ac"),
        ]
    }

    fn found(stretch: &Stretch<'_>) -> Vec<u32> {
        let values = values();
        let value = |number: u32| values[number as usize].clone();
        let numbers: Vec<u32> = (0..).zip(&values).map(|(number, _)| number).collect();
        let column = Column::of(&numbers, value);
        column.get(column.range(stretch, value)).to_vec()
    }

    #[test]
    fn a_stretch_finds_those_of_its_kind_in_order() {
        for (stretch, expected) in [
            (Stretch::Is(&text("ab")), vec![3]),
            (Stretch::Is(&text("aa")), vec![]),
            (Stretch::Is(&Value::Number(0.0)), vec![6]),
            (Stretch::Is(&Value::Number(3.0)), vec![2, 9]),
            (Stretch::Is(&Value::Flag(false)), vec![]),
            (Stretch::UpTo(&text("ab")), vec![5, 3]),
            (Stretch::UpTo(&Value::Number(2.9)), vec![6]),
            (Stretch::From(&text("abc")), vec![7, 10, 0]),
            (Stretch::From(&Value::Number(1.0)), vec![2, 9]),
            (Stretch::From(&Value::Flag(false)), vec![4]),
            (Stretch::Between(&text("ab"), &text("ac")), vec![3, 7, 10]),
            (Stretch::Between(&text("z"), &text("a")), vec![]),
            (Stretch::Begins("ab"), vec![3, 7]),
            (Stretch::Begins("c"), vec![]),
        ] {
            assert_eq!(found(&stretch), expected, "{stretch:?}");
        }
    }

    #[test]
    fn conditions_on_a_property_tell_their_stretches_and_others_none() {
        let property = || Term::Property("name".to_owned());
        let number = |of: f64| Term::Literal(Value::Number(of));
        let three = Value::Number(3.0);
        let compare = |how| Test::Compare(how, number(3.0), property());
        let told = |test: &Test, expected: Option<Vec<Stretch<'_>>>| {
            let expected = expected.map(|list| (property(), list));
            let told = stretches(test).map(|(term, list)| (term.clone(), list));
            assert_eq!(told, expected, "{test:?}");
        };
        told(&compare(Comparison::Equal), Some(vec![Stretch::Is(&three)]));
        // Three is below it.
        told(&compare(Comparison::Less), Some(vec![Stretch::From(&three)]));
        told(&compare(Comparison::GreaterEqual), Some(vec![Stretch::UpTo(&three)]));
        told(&compare(Comparison::Unequal), None);
        told(&Test::Compare(Comparison::Equal, property(), property()), None);
        let begins = Test::Like(property(), Pattern::new("a\\%b%c"));
        told(&begins, Some(vec![Stretch::Begins("a%b")]));
        told(&Test::Like(property(), Pattern::new("%c")), None);
        told(&Test::OneOf(property(), vec![number(3.0)]), Some(vec![Stretch::Is(&three)]));
        told(&Test::OneOf(property(), vec![number(3.0), property()]), None);
        let between = Test::Between(property(), number(3.0), number(3.0));
        told(&between, Some(vec![Stretch::Between(&three, &three)]));
        told(&Test::Not(Box::new(compare(Comparison::Equal))), None);
        told(&Test::IsNull(property()), None);
        let always = Term::Literal(Value::Time(Span::ALWAYS));
        told(&Test::Compare(Comparison::Equal, property(), always), None);
    }
}
