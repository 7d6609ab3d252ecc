use geo_types::{Point, Rect};

use super::*;
use crate::domain::time::Instant;

/// A feature with a number, a text, a flag, a time and nothing.
struct One;

impl Subject for One {
    fn value(&self, name: &str) -> Value<'_> {
        match name {
            "number" => Value::Number(7.0),
            "text" => Value::Text(Cow::Borrowed("延安 School")),
            "flag" => Value::Flag(true),
            "time" => Value::Time(Span::at(Instant(50))),
            _ => Value::Null,
        }
    }

    fn shape(&self) -> Option<Cow<'_, Geometry<f64>>> {
        Some(Cow::Owned(Point::new(109.5, 36.5).into()))
    }
}

fn property(name: &str) -> Term {
    Term::Property(name.to_owned())
}

fn number(number: f64) -> Term {
    Term::Literal(Value::Number(number))
}

fn unknown() -> Test {
    Test::Compare(Comparison::Equal, property("nothing"), number(1.0))
}

#[test]
fn what_is_unknown_is_neither_kept_nor_is_its_opposite() {
    assert_eq!(unknown().truth(&One), None);
    assert!(!unknown().keeps(&One));
    assert!(!Test::Not(Box::new(unknown())).keeps(&One));
    let (yes, no) = (Test::Constant(true), Test::Constant(false));
    assert_eq!(Test::All(vec![unknown(), no.clone()]).truth(&One), Some(false));
    assert_eq!(Test::All(vec![unknown(), yes.clone()]).truth(&One), None);
    assert_eq!(Test::Any(vec![unknown(), yes]).truth(&One), Some(true));
    assert_eq!(Test::Any(vec![unknown(), no]).truth(&One), None);
    assert_eq!(Test::OneOf(property("nothing"), vec![number(1.0)]).truth(&One), None);
    let list = vec![property("nothing"), number(7.0)];
    assert_eq!(Test::OneOf(property("number"), list).truth(&One), Some(true));
    assert!(Test::IsNull(property("nothing")).keeps(&One));
    assert!(!Test::IsNull(property("number")).keeps(&One));
}

#[test]
fn numbers_are_reckoned_from_left_to_right_and_nothing_comes_of_a_division_by_zero() {
    let chain = |rest: &[(Reckoning, f64)]| {
        let rest = rest.iter().map(|(how, n)| (*how, number(*n))).collect();
        let term = Term::Chain(Box::new(property("number")), rest);
        match term.value(&One) {
            Value::Number(n) => Some(n),
            _ => None,
        }
    };
    assert_eq!(chain(&[(Reckoning::Minus, 2.0), (Reckoning::Times, 3.0)]), Some(15.0));
    assert_eq!(chain(&[(Reckoning::Whole, 2.0)]), Some(3.0));
    assert_eq!(chain(&[(Reckoning::Rest, 4.0)]), Some(3.0));
    assert_eq!(chain(&[(Reckoning::Power, 2.0)]), Some(49.0));
    assert_eq!(chain(&[(Reckoning::Over, 0.0)]), None);
}

#[test]
fn places_and_times_are_related() {
    let around = |x: f64| {
        let rect = Rect::new((x, 36.0), (x + 1.0, 37.0)).to_polygon();
        Place::Given(Box::new(rect.into()))
    };
    let spatial = |relation, x| Test::Spatial(relation, Place::Own, around(x)).keeps(&One);
    assert!(spatial(Relation::Within, 109.0));
    assert!(spatial(Relation::Intersects, 109.0));
    assert!(spatial(Relation::Touches, 109.5));
    assert!(!spatial(Relation::Within, 109.5));
    assert!(spatial(Relation::Disjoint, 110.0));
    assert!(Test::Spatial(Relation::Contains, around(109.0), Place::Own).keeps(&One));
    let open =
        Term::Interval(None, Some(Box::new(Term::Literal(Value::Time(Span::at(Instant(60)))))));
    assert!(Test::Timely(Timely::During, property("time"), open.clone()).keeps(&One));
    assert!(!Test::Timely(Timely::After, property("time"), open).keeps(&One));
    assert!(!Test::Timely(Timely::After, property("nothing"), property("time")).keeps(&One));
}

#[test]
fn a_filter_tells_the_box_outside_which_nothing_is_kept() {
    let at = |relation, x: f64| {
        let rect = Rect::new((x, 36.0), (x + 1.0, 37.0)).to_polygon();
        Test::Spatial(relation, Place::Own, Place::Given(Box::new(rect.into())))
    };
    let frame = at(Relation::Intersects, 109.0).frame().unwrap();
    assert_eq!((frame.min.x, frame.max.y), (1_090_000_000 - 1, 370_000_000 + 1));
    let all = Test::All(vec![at(Relation::Within, 109.0), unknown(), at(Relation::Touches, 109.5)]);
    let frame = all.frame().unwrap();
    assert_eq!((frame.min.x, frame.max.x), (1_095_000_000 - 1, 1_100_000_000 + 1));
    assert_eq!(at(Relation::Disjoint, 109.0).frame(), None);
    assert_eq!(Test::Any(vec![at(Relation::Within, 109.0)]).frame(), None);
    assert_eq!(Test::Not(Box::new(at(Relation::Within, 109.0))).frame(), None);
}
