//! The `coordinates` member, read position by position so that every fault has its place.

use geo_types::{Coord, LineString, Polygon};

use crate::formats::layer::VertexCount;

/// The `coordinates` of one geometry. The text is JSON already known to be well formed.
pub(super) struct Positions<'a> {
    text: &'a str,
    at: usize,
    path: Vec<usize>,
    count: &'a mut VertexCount,
    /// Faults with their places.
    pub(super) faults: Vec<(String, String, &'static str)>,
    /// Positions with more than two numbers.
    pub(super) heights: usize,
    /// Numbers in quotes, and the place of the first.
    pub(super) quoted: usize,
    pub(super) quoted_at: String,
}

/// The nesting is wrong: the rest of this geometry cannot be understood.
pub(super) struct Lost;

enum Token<'a> {
    Open,
    Close,
    Number(&'a str),
    Text(&'a str),
    Other(&'a str),
}

/// Most faults told of one geometry.
const FAULTS_MAX: usize = 20;

const NUMBERS: &str = "give longitude and latitude as plain numbers";

impl<'a> Positions<'a> {
    pub(super) fn new(text: &'a str, count: &'a mut VertexCount) -> Self {
        Self {
            text,
            at: 0,
            path: Vec::new(),
            count,
            faults: Vec::new(),
            heights: 0,
            quoted: 0,
            quoted_at: String::new(),
        }
    }

    /// One position; `None` when it is empty or faulty.
    pub(super) fn position(&mut self) -> Result<Option<Coord<f64>>, Lost> {
        self.open("a position such as [109.484, 36.585]")?;
        self.position_inside()
    }

    /// Positions in a list.
    pub(super) fn line(&mut self) -> Result<Vec<Coord<f64>>, Lost> {
        self.open("a list of positions")?;
        self.line_inside()
    }

    /// Lists of positions in a list.
    pub(super) fn lines(&mut self) -> Result<Vec<LineString<f64>>, Lost> {
        self.open("a list of lists of positions")?;
        self.each(|of| of.line_inside().map(|line| of.proper_line(line)))
    }

    /// Rings in a list.
    pub(super) fn polygon(&mut self) -> Result<Option<Polygon<f64>>, Lost> {
        self.open("a list of rings")?;
        self.polygon_inside()
    }

    /// Polygons in a list.
    pub(super) fn polygons(&mut self) -> Result<Vec<Polygon<f64>>, Lost> {
        self.open("a list of polygons")?;
        Ok(self.each(Self::polygon_inside)?.into_iter().flatten().collect())
    }

    /// A line of at least two positions.
    pub(super) fn proper_line(&mut self, line: Vec<Coord<f64>>) -> LineString<f64> {
        if line.len() == 1 {
            self.fault("a line has one position", "give at least two");
        }
        LineString(line)
    }

    fn polygon_inside(&mut self) -> Result<Option<Polygon<f64>>, Lost> {
        let mut rings = self.each(|of| {
            let before = of.faults.len();
            let ring = of.line_inside()?;
            if of.faults.len() == before {
                of.check_ring(&ring);
            }
            Ok(LineString(ring))
        })?;
        if rings.is_empty() {
            return Ok(None);
        }
        let shell = rings.remove(0);
        Ok(Some(Polygon::new(shell, rings)))
    }

    fn check_ring(&mut self, ring: &[Coord<f64>]) {
        if ring.len() < 4 {
            let fault = format!("the ring has {} positions", ring.len());
            self.fault(fault, "a ring has at least four, the last the same as the first");
        } else if ring.first() != ring.last() {
            self.fault("the ring is not closed", "end it with its first position again");
        }
    }

    fn line_inside(&mut self) -> Result<Vec<Coord<f64>>, Lost> {
        Ok(self.each(Self::position_inside)?.into_iter().flatten().collect())
    }

    /// The lists within a list, behind its opening bracket.
    fn each<T>(
        &mut self,
        mut read: impl FnMut(&mut Self) -> Result<T, Lost>,
    ) -> Result<Vec<T>, Lost> {
        let mut found = Vec::new();
        self.path.push(0);
        loop {
            match self.next() {
                Some(Token::Open) => found.push(read(self)?),
                Some(Token::Close) => break,
                Some(Token::Number(_) | Token::Text(_) | Token::Other(_)) | None => {
                    self.fault(
                        "a list should stand here",
                        "nest the coordinates as deep as the geometry's type asks",
                    );
                    return Err(Lost);
                }
            }
            if let Some(last) = self.path.last_mut() {
                *last += 1;
            }
        }
        self.path.pop();
        Ok(found)
    }

    fn position_inside(&mut self) -> Result<Option<Coord<f64>>, Lost> {
        let mut pair = [None; 2];
        let mut numbers = 0;
        loop {
            let value = match self.next() {
                Some(Token::Close) => break,
                Some(Token::Number(text)) => self.number(text),
                Some(Token::Text(text)) => self.quoted(text),
                Some(Token::Other(word)) => {
                    self.fault(format!("`{word}` stands where a number should"), NUMBERS);
                    None
                }
                Some(Token::Open) | None => {
                    self.fault(
                        "a list stands where a number should",
                        "nest the coordinates only as deep as the geometry's type asks",
                    );
                    return Err(Lost);
                }
            };
            if let Some(place) = pair.get_mut(numbers) {
                *place = value;
            }
            numbers += 1;
        }
        if let Err(limit) = self.count.add(1) {
            self.fault(limit, "split or simplify the geometry");
            return Err(Lost);
        }
        self.heights += usize::from(numbers > 2);
        if numbers < 2 {
            self.fault(
                format!("the position has {numbers} numbers"),
                "give longitude and latitude",
            );
        }
        Ok(match pair {
            [Some(x), Some(y)] => Some(Coord { x, y }),
            _ => None,
        })
    }

    fn number(&mut self, text: &str) -> Option<f64> {
        let value = text.parse::<f64>().ok().filter(|value| value.is_finite());
        if value.is_none() {
            self.fault(
                format!("{} is too large a number", crate::formats::label::clip(text)),
                NUMBERS,
            );
        }
        value
    }

    /// A number in quotes: read, as it cannot mean anything else; anything but a number is not.
    fn quoted(&mut self, text: &str) -> Option<f64> {
        let plain =
            text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
        match text.parse::<f64>() {
            Ok(value) if plain && value.is_finite() => {
                if self.quoted == 0 {
                    self.quoted_at = self.place();
                }
                self.quoted += 1;
                Some(value)
            }
            _ => {
                let text = crate::formats::label::clip(text);
                self.fault(format!("the text \"{text}\" stands where a number should"), NUMBERS);
                None
            }
        }
    }

    fn open(&mut self, wanted: &str) -> Result<(), Lost> {
        if let Some(Token::Open) = self.next() {
            return Ok(());
        }
        self.fault(format!("the coordinates are not {wanted}"), "write them as RFC 7946 says");
        Err(Lost)
    }

    fn fault(&mut self, fault: impl Into<String>, remedy: &'static str) {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push((self.place(), fault.into(), remedy));
        }
    }

    /// `coordinates[ring][position]`, counted from 0 as in the file.
    fn place(&self) -> String {
        use std::fmt::Write as _;
        self.path.iter().fold("coordinates".to_owned(), |mut place, i| {
            let _ = write!(place, "[{i}]");
            place
        })
    }

    fn next(&mut self) -> Option<Token<'a>> {
        let bytes = self.text.as_bytes();
        while matches!(bytes.get(self.at), Some(b' ' | b'\t' | b'\r' | b'\n' | b',')) {
            self.at += 1;
        }
        let from = self.at;
        let first = *bytes.get(from)?;
        self.at += 1;
        match first {
            b'[' => Some(Token::Open),
            b']' => Some(Token::Close),
            b'"' => {
                while let Some(b) = bytes.get(self.at) {
                    self.at += 1;
                    match b {
                        b'\\' => self.at += 1,
                        b'"' => break,
                        _ => {}
                    }
                }
                Some(Token::Text(self.text.get(from + 1..self.at - 1).unwrap_or_default()))
            }
            b'-' | b'0'..=b'9' => {
                while bytes
                    .get(self.at)
                    .is_some_and(|b| matches!(b, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'))
                {
                    self.at += 1;
                }
                Some(Token::Number(&self.text[from..self.at]))
            }
            b'{' => Some(Token::Other("{")),
            _ => {
                while bytes.get(self.at).is_some_and(u8::is_ascii_alphabetic) {
                    self.at += 1;
                }
                Some(Token::Other(self.text.get(from..self.at).unwrap_or_default()))
            }
        }
    }
}
