//! In which language an answer is given.

use axum::http::{HeaderMap, header};

use crate::domain::catalogue::category::Category;
use crate::domain::catalogue::questions::Both;
use crate::domain::incidents::step::Stage;
use crate::domain::text::Names;

/// A language of the answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// Chinese, when nothing is said.
    #[default]
    Zh,
    /// English.
    En,
}

impl Language {
    /// The code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Zh => "zh",
            Self::En => "en",
        }
    }

    /// The language that a tag such as `zh-CN` names.
    #[must_use]
    pub fn of_tag(tag: &str) -> Option<Self> {
        let main = tag.trim().split(['-', '_']).next().unwrap_or_default();
        [Self::Zh, Self::En].into_iter().find(|it| main.eq_ignore_ascii_case(it.code()))
    }

    /// What `?lang=` names.
    ///
    /// # Errors
    /// Words.
    pub fn named(tag: &str) -> Result<Self, String> {
        Self::of_tag(tag).ok_or_else(|| "is no language here; zh and en are".to_owned())
    }

    /// What `Accept-Language` prefers.
    #[must_use]
    pub fn accepted(headers: &HeaderMap) -> Self {
        let given = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        let ranges = given.unwrap_or_default().split(',').filter_map(|range| {
            let mut parts = range.split(';');
            let language = Self::of_tag(parts.next()?)?;
            let weight = parts.find_map(|part| part.trim().strip_prefix("q=")?.parse::<f64>().ok());
            Some((language, weight.unwrap_or(1.0)))
        });
        let mut best = (Self::default(), 0.0);
        for (language, weight) in ranges {
            if weight > best.1 {
                best = (language, weight);
            }
        }
        best.0
    }

    /// One of both.
    #[must_use]
    pub fn of(self, both: &Both) -> &str {
        match self {
            Self::Zh => &both.zh,
            Self::En => &both.en,
        }
    }

    /// A stage's name.
    #[must_use]
    pub fn stage(self, stage: Stage) -> String {
        match self {
            Self::Zh => stage.zh().to_owned(),
            Self::En => stage.code().replace('_', " "),
        }
    }

    /// A category's name.
    #[must_use]
    pub fn category(self, category: &Category) -> &str {
        self.of(&category.names)
    }

    /// A name in this language, or the other where there is none.
    #[must_use]
    pub fn name(self, names: &Names) -> &str {
        match self {
            Self::En if !names.en.is_empty() => &names.en,
            _ => names.any(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heaviest_language_that_is_spoken_here_is_chosen() {
        for (given, chosen) in [
            ("", Language::Zh),
            ("en", Language::En),
            ("zh-CN,en;q=0.9", Language::Zh),
            ("fr, en-GB;q=0.4, zh;q=0.3", Language::En),
            ("en;q=0", Language::Zh),
            ("*", Language::Zh),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, given.parse().unwrap());
            assert_eq!(Language::accepted(&headers), chosen, "{given}");
        }
    }
}
