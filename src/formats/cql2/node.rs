//! An expression as it is written, before anybody knows what its names mean.

use geo_types::Geometry;

use crate::domain::ogc::filter::Reckoning;
use crate::domain::ogc::span::Span;

/// A part of an expression. Its depth is bounded by whoever reads it.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// An operator or function, its name in small letters, and what it is about.
    Op(String, Vec<Node>),
    /// Numbers reckoned from left to right.
    Chain(Box<Node>, Vec<(Reckoning, Node)>),
    /// A property.
    Property(String),
    /// A text.
    Text(String),
    /// A finite number.
    Number(f64),
    /// True or false.
    Flag(bool),
    /// Nothing.
    Null,
    /// An instant or a day.
    Time(Span),
    /// From one time to another; a text `..` is open.
    Interval(Box<[Node; 2]>),
    /// A geometry, WGS84, valid.
    Shape(Box<Geometry<f64>>),
    /// Values in brackets.
    List(Vec<Node>),
}

/// What a sign of arithmetic does.
#[must_use]
pub fn reckoning(sign: &str) -> Option<Reckoning> {
    Some(match sign {
        "+" => Reckoning::Plus,
        "-" => Reckoning::Minus,
        "*" => Reckoning::Times,
        "/" => Reckoning::Over,
        "%" => Reckoning::Rest,
        "div" => Reckoning::Whole,
        "^" => Reckoning::Power,
        _ => return None,
    })
}
