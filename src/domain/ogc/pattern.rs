//! Texts as filters compare them: patterns, and texts without case or accents.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A pattern of `LIKE`: `%` is any text, `_` any one character, `\` takes what follows as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    pieces: Vec<Piece>,
    /// What stands before the first `%` or `_`.
    begins: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    Any,
    One,
    This(char),
}

impl Pattern {
    /// Reads a pattern. A lone `\` at its end stands for itself.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut pieces: Vec<Piece> = Vec::new();
        let mut rest = text.chars();
        while let Some(c) = rest.next() {
            let piece = match c {
                '%' => Piece::Any,
                '_' => Piece::One,
                '\\' => Piece::This(rest.next().unwrap_or('\\')),
                c => Piece::This(c),
            };
            if !(piece == Piece::Any && pieces.last() == Some(&Piece::Any)) {
                pieces.push(piece);
            }
        }
        let begins = pieces.iter().map_while(|piece| match piece {
            Piece::This(c) => Some(*c),
            Piece::Any | Piece::One => None,
        });
        let begins = begins.collect();
        Self { pieces, begins }
    }

    /// What every text begins with that fits; nothing where it may begin with anything.
    #[must_use]
    pub fn begins(&self) -> &str {
        &self.begins
    }

    /// Whether all of `text` fits. Takes at most the product of both lengths in steps, and no stack.
    #[must_use]
    pub fn fits(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        let (mut at, mut piece) = (0, 0);
        // Where to go on when it does not fit: behind the last `%`, one character later.
        let mut back: Option<(usize, usize)> = None;
        while at < text.len() {
            match self.pieces.get(piece) {
                Some(Piece::Any) => {
                    back = Some((at, piece));
                    piece += 1;
                }
                Some(Piece::One) => (at, piece) = (at + 1, piece + 1),
                Some(Piece::This(c)) if *c == text[at] => (at, piece) = (at + 1, piece + 1),
                _ => {
                    let Some((from, any)) = back else { return false };
                    back = Some((from + 1, any));
                    (at, piece) = (from + 1, any + 1);
                }
            }
        }
        self.pieces[piece..].iter().all(|piece| *piece == Piece::Any)
    }
}

/// What a text is freed of before it is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fold {
    /// Of the difference between large and small letters.
    Case,
    /// Of accents.
    Accents,
}

impl Fold {
    /// The text without it.
    #[must_use]
    pub fn folded(self, text: &str) -> String {
        match self {
            Self::Case => text.to_uppercase().to_lowercase(),
            Self::Accents => text.nfd().filter(|c| !is_combining_mark(*c)).nfc().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_fits_what_it_spells() {
        for (pattern, text, fits) in [
            ("", "", true),
            ("", "a", false),
            ("%", "", true),
            ("中%街", "中心街", true),
            ("中_街", "中心街", true),
            ("中_街", "中街", false),
            ("%学%", "延安中学南门", true),
            ("a%b%c", "aXbYbZc", true),
            ("a%b%c", "aXbYbZ", false),
            ("100\\%", "100%", true),
            ("100\\%", "1000", false),
            ("a\\_b", "axb", false),
            ("\\", "\\", true),
            ("abc", "ABC", false),
        ] {
            assert_eq!(Pattern::new(pattern).fits(text), fits, "{pattern} {text}");
        }
        // Where a matcher that tries every way would take for ever.
        let pattern = Pattern::new(&"%a".repeat(500));
        assert!(!pattern.fits(&format!("{}b", "a".repeat(4_000))));
    }

    #[test]
    fn texts_are_compared_without_case_and_accents_where_that_is_asked() {
        assert_eq!(Fold::Case.folded("Straße ÅNGSTRÖM"), Fold::Case.folded("STRASSE ångström"));
        assert_eq!(Fold::Accents.folded("Çà e\u{301}"), "Ca e");
        assert_eq!(Fold::Accents.folded("延安"), "延安");
    }
}
