//! What people are asked when they choose a service to tell something. Open311 calls the questions attributes.

use serde::{Deserialize, Serialize};

use crate::domain::text;
use crate::domain::time::Instant;

/// Longest answer to a question of one line, in characters.
pub const LINE_CHARS_MAX: usize = 200;

/// Words in both languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Both {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Both {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.zh.is_empty() && self.en.is_empty()
    }
}

/// What sort of answer a question takes; the code in files and on the wire is Open311's word for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Datatype {
    /// One line.
    #[serde(rename = "string")]
    Line,
    /// A finite number.
    #[serde(rename = "number")]
    Number,
    /// A time with a zone.
    #[serde(rename = "datetime")]
    Datetime,
    /// Several lines.
    #[serde(rename = "text")]
    Text,
    /// One of the choices.
    #[serde(rename = "singlevaluelist")]
    One,
    /// Any of the choices.
    #[serde(rename = "multivaluelist")]
    Many,
}

impl Datatype {
    /// Each.
    pub const ALL: [Self; 6] =
        [Self::Line, Self::Number, Self::Datetime, Self::Text, Self::One, Self::Many];

    /// Open311's word for it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Line => "string",
            Self::Number => "number",
            Self::Datetime => "datetime",
            Self::Text => "text",
            Self::One => "singlevaluelist",
            Self::Many => "multivaluelist",
        }
    }

    /// Whether an answer is chosen from a list.
    #[must_use]
    pub fn is_list(self) -> bool {
        matches!(self, Self::One | Self::Many)
    }
}

/// A possible answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// Its code, unique in the question.
    pub key: String,
    /// What people read.
    #[serde(default)]
    pub name: Both,
}

/// A question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// Its code, unique in the service.
    pub code: String,
    /// What sort of answer it takes.
    pub datatype: Datatype,
    /// Whether there must be an answer.
    #[serde(default)]
    pub required: bool,
    /// Whether the public sees the answer: never when it may point to a person, as plates and times do.
    #[serde(default)]
    pub public: bool,
    /// The question.
    #[serde(default)]
    pub words: Both,
    /// What an answer looks like; empty where that needs no saying.
    #[serde(default, skip_serializing_if = "Both::is_empty")]
    pub hint: Both,
    /// The choices; none for a free answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Choice>,
}

impl Question {
    /// The answers as they are kept.
    ///
    /// # Errors
    /// What is wrong with them, and what would be right.
    pub fn checked(&self, given: &[String]) -> Result<Vec<String>, String> {
        if given.len() > 1 && self.datatype != Datatype::Many {
            return Err("takes one answer".to_owned());
        }
        let mut kept: Vec<String> = Vec::new();
        for answer in given {
            let answer = self.one(answer)?;
            if !kept.contains(&answer) {
                kept.push(answer);
            }
        }
        Ok(kept)
    }

    fn one(&self, given: &str) -> Result<String, String> {
        let line = |max| text::line(given, max).map_err(|fault| fault.to_string());
        match self.datatype {
            Datatype::Line => line(LINE_CHARS_MAX),
            Datatype::Text => {
                text::words(given, text::WORDS_CHARS_MAX).map_err(|fault| fault.to_string())
            }
            Datatype::Number => match line(40)?.parse::<f64>() {
                Ok(number) if number.is_finite() => Ok(number.to_string()),
                _ => Err("is no finite number".to_owned()),
            },
            // The `+` of a zone arrives as a space.
            Datatype::Datetime => {
                Instant::parse(&line(64)?.replace(' ', "+")).map(Instant::rfc3339)
            }
            Datatype::One | Datatype::Many => {
                let found = self.choices.iter().find(|choice| choice.key == given.trim());
                found.map(|choice| choice.key.clone()).ok_or_else(|| {
                    let keys: Vec<&str> =
                        self.choices.iter().map(|choice| choice.key.as_str()).collect();
                    format!("is none of the choices; these are: {}", keys.join(", "))
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_for_a_datatype_is_its_word_in_json() {
        for datatype in Datatype::ALL {
            assert_eq!(serde_json::to_value(datatype).unwrap(), datatype.code());
        }
    }

    #[test]
    fn an_answer_is_held_against_its_question() {
        let ask = |datatype: Datatype, given: &[&str]| {
            let choice = |key: &str| Choice { key: key.to_owned(), name: Both::default() };
            let choices = if datatype.is_list() {
                ["pavement", "crossing"].map(choice).to_vec()
            } else {
                Vec::new()
            };
            let question = Question {
                code: "q".to_owned(),
                datatype,
                required: false,
                public: false,
                words: Both::default(),
                hint: Both::default(),
                choices,
            };
            question.checked(&given.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(ask(Datatype::Line, &["陕J·12345 "]).unwrap(), ["陕J·12345"]);
        let many = ask(Datatype::Many, &["crossing", "pavement", "crossing"]).unwrap();
        assert_eq!(many, ["crossing", "pavement"]);
        assert!(ask(Datatype::Many, &["river"]).unwrap_err().contains("pavement, crossing"));
        assert!(ask(Datatype::One, &["pavement", "crossing"]).unwrap_err().contains("one answer"));
        assert!(ask(Datatype::Line, &["a", "b"]).unwrap_err().contains("one answer"));
        assert!(ask(Datatype::Line, &["a\u{202e}"]).is_err());
        assert_eq!(
            ask(Datatype::Datetime, &["2026-05-01T08:00:00 08:00"]).unwrap(),
            ["2026-05-01T00:00:00Z"]
        );
        assert!(ask(Datatype::Datetime, &["2026-05-01"]).is_err());
        assert_eq!(ask(Datatype::Number, &["1e2"]).unwrap(), ["100"]);
        for bad in ["NaN", "inf", "-1e999", "", "x"] {
            assert!(ask(Datatype::Number, &[bad]).is_err(), "{bad}");
        }
    }
}
