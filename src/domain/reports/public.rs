//! What of a report the public may see.

use crate::domain::catalogue::questions::{Datatype, Question};
use crate::domain::catalogue::whole::Catalogue;
use crate::domain::id::CategoryCode;
use crate::domain::reports::report::{Further, Report};
use crate::geom::coord::{GridPoint, STEPS_PER_DEGREE};
use crate::geom::project::Scale;

/// The door whose reports are public: who comes through it is told so. What was told at another
/// door (a hotline, a patrol) stays with those who handle it.
pub const PUBLIC_SOURCE: &str = "open311";
/// From so many digits on, blanks and dashes between them not counted, a run of digits is taken for
/// a telephone number, an identity card or an account.
const DIGITS_MIN: usize = 7;
/// What stands in place of what is taken out.
pub(super) const TAKEN_OUT: &str = "***";

impl Report {
    /// Whether the public may see it at all.
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.source == PUBLIC_SOURCE
    }

    /// Where the public is told that it was: at every door the same, and what is searched by place is
    /// searched by this.
    #[must_use]
    pub fn public_place(&self, catalogue: &Catalogue) -> PublicPlace {
        PublicPlace::of(self.position, self.category.as_ref(), catalogue)
    }
}

impl Further {
    /// The same without the numbers and addresses in the place's words, and without the answers that
    /// may point to a person, such as a number plate; what is no longer asked may.
    #[must_use]
    pub fn masked(&self, category: Option<&CategoryCode>, catalogue: &Catalogue) -> Self {
        let service = category.and_then(|code| catalogue.find(code.as_str()));
        let questions = service.map_or(&[][..], |service| service.category.questions.as_slice());
        let answers = self.answers.iter().map(|(code, given)| {
            let question = questions.iter().find(|question| question.code == *code);
            let given = given.iter().map(|answer| masked_answer(question, answer)).collect();
            (code.clone(), given)
        });
        Self {
            address: self.address.as_deref().map(masked),
            answers: answers.collect(),
            ..self.clone()
        }
    }
}

/// What was chosen and times point to nobody. What was written freely does, unless the public may see it.
fn masked_answer(question: Option<&Question>, answer: &str) -> String {
    match question.map(|question| (question.datatype, question.public)) {
        Some((Datatype::Datetime | Datatype::One | Datatype::Many, _)) => answer.to_owned(),
        Some((Datatype::Number, _) | (_, true)) => masked(answer),
        _ => TAKEN_OUT.to_owned(),
    }
}

/// A place as the public is told it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicPlace {
    /// Where: the place itself, or the middle of its square.
    pub at: GridPoint,
    /// How wide the square is (m); 0 for the place itself.
    pub blur_m: u32,
}

impl PublicPlace {
    /// A place of this category. A square is one of a grid that lies still: whoever asks again, or sees many
    /// reports of one spot, learns no more of it.
    #[must_use]
    pub fn of(at: GridPoint, category: Option<&CategoryCode>, catalogue: &Catalogue) -> Self {
        let blur_m = catalogue.blur_m(category);
        if blur_m == 0 { Self { at, blur_m } } else { Self { at: middle(at, blur_m), blur_m } }
    }

    /// Whether an address would tell more than this.
    #[must_use]
    pub fn is_blurred(self) -> bool {
        self.blur_m > 0
    }
}

/// The middle of the square that holds a place. Rows lie along the latitude; how long a square is in degrees
/// of longitude is told by the middle of its row, so that all of a row agree.
fn middle(at: GridPoint, side_m: u32) -> GridPoint {
    let side_m = f64::from(side_m);
    let tall = steps(side_m / Scale::at(0.0).lat_m);
    let y = snapped(at.y, tall);
    let wide = steps(side_m / Scale::at(f64::from(y) / STEPS_PER_DEGREE).lon_m.max(1.0));
    GridPoint { x: snapped(at.x, wide).clamp(-STEPS_X, STEPS_X), y: y.clamp(-STEPS_Y, STEPS_Y) }
}

/// The globe's edges in steps of the grid.
const STEPS_X: i32 = 1_800_000_000;
const STEPS_Y: i32 = 900_000_000;

#[expect(
    clippy::cast_possible_truncation,
    reason = "at most 500 m, of which a degree has 1 or more"
)]
fn steps(degrees: f64) -> i64 {
    ((degrees * STEPS_PER_DEGREE) as i64).max(1)
}

fn snapped(at: i32, side: i64) -> i32 {
    let middle = i64::from(at).div_euclid(side) * side + side / 2;
    i32::try_from(middle).unwrap_or(at)
}

/// A text for the public: telephone numbers, identity card numbers, other long runs of digits, e-mail
/// addresses and number plates are replaced by `***`. Names cannot be told from other words: they stay.
#[must_use]
pub fn masked(text: &str) -> String {
    without_plates(&masked_where(text, |_| true, |_| true))
}

/// The same, of those numbers and addresses alone of which that is said; each is asked about as it stands in the
/// text.
pub(super) fn masked_where(
    text: &str,
    number: impl Fn(&str) -> bool,
    address: impl Fn(&str) -> bool,
) -> String {
    without_digits(&without_addresses(text, address), number)
}

fn without_digits(text: &str, taken: impl Fn(&str) -> bool) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut kept = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        if !digit(chars[at]) {
            kept.push(chars[at]);
            at += 1;
            continue;
        }
        let mut end = at;
        let mut digits = 0;
        for (n, c) in chars.iter().enumerate().skip(at) {
            if digit(*c) {
                digits += 1;
                end = n + 1;
            } else if !(joins(*c) && n < end + 2) {
                break;
            }
        }
        // The last place of an identity card may be an X.
        if digits == 17 && matches!(chars.get(end), Some('x' | 'X' | 'ｘ' | 'Ｘ')) {
            end += 1;
        }
        let run: String = chars[at..end].iter().collect();
        let taken = digits >= DIGITS_MIN && taken(&run);
        kept.push_str(if taken { TAKEN_OUT } else { &run });
        at = end;
    }
    kept
}

/// What number plates begin with: the provinces' short names, and 使 of embassies.
const PLATES_BEGIN: &str = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼川贵云渝藏陕甘青宁新使";
/// What the last place of a number plate may be instead of a letter or digit.
const PLATES_END: &str = "警学挂港澳领使";

fn without_plates(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut kept = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(c) = chars.get(at) {
        if let Some(end) = plate_end(&chars, at) {
            kept.push_str(TAKEN_OUT);
            at = end;
        } else {
            kept.push(*c);
            at += 1;
        }
    }
    kept
}

/// Where the number plate ends that begins here: province, letter, and five places, or six of a car that is
/// charged. Words of so many letters are told from it by their want of digits.
fn plate_end(chars: &[char], from: usize) -> Option<usize> {
    chars.get(from).filter(|c| PLATES_BEGIN.contains(**c))?;
    let letter = behind_joint(chars, from + 1);
    chars.get(letter).filter(|c| latin(**c))?;
    let rest = behind_joint(chars, letter + 1);
    let places = chars[rest..].iter().take_while(|c| latin(**c) || digit(**c)).count();
    let digits = chars[rest..rest + places].iter().filter(|c| digit(**c)).count();
    let end = rest + places;
    let special = chars.get(end).is_some_and(|c| PLATES_END.contains(*c));
    match places {
        4 if digits >= 2 && special => Some(end + 1),
        5 | 6 if digits >= 2 => Some(end),
        _ => None,
    }
}

/// Behind what people put between two parts of a number plate.
fn behind_joint(chars: &[char], at: usize) -> usize {
    let joint = |c: &&char| joins(**c) || matches!(**c, '•' | '．');
    at + chars[at..].iter().take(2).take_while(joint).count()
}

fn latin(c: char) -> bool {
    c.is_ascii_alphabetic() || ('Ａ'..='Ｚ').contains(&c) || ('ａ'..='ｚ').contains(&c)
}

fn digit(c: char) -> bool {
    c.is_ascii_digit() || ('０'..='９').contains(&c)
}

/// What people put between the digits of a number.
fn joins(c: char) -> bool {
    matches!(c, ' ' | '-' | '.' | '(' | ')' | '/' | '－' | '—' | '–' | '·' | '　' | '（' | '）')
}

fn without_addresses(text: &str, taken: impl Fn(&str) -> bool) -> String {
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '%');
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['@', '＠']) {
        let (before, found) = rest.split_at(at);
        let after = found.trim_start_matches(['@', '＠']);
        let name = before.len() - before.trim_end_matches(part).len();
        let host = after.len() - after.trim_start_matches(part).len();
        let whole = || format!("{}@{}", &before[before.len() - name..], &after[..host]);
        if name > 0 && host > 0 && taken(&whole()) {
            kept.push_str(&before[..before.len() - name]);
            kept.push_str(TAKEN_OUT);
            rest = &after[host..];
        } else {
            kept.push_str(before);
            kept.push_str(&found[..found.len() - after.len()]);
            rest = after;
        }
    }
    kept.push_str(rest);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::catalogue::category::BLUR_M_MAX;

    fn place(at: GridPoint, code: &str) -> PublicPlace {
        PublicPlace::of(at, CategoryCode::new(code).ok().as_ref(), &Catalogue::seed())
    }

    #[test]
    fn a_place_is_blurred_where_the_category_asks_for_it_and_nowhere_else() {
        let at = GridPoint { x: 1_094_843_391, y: 365_851_237 };
        assert_eq!(place(at, "event.01.litter"), PublicPlace { at, blur_m: 0 });
        assert_eq!(PublicPlace::of(at, None, &Catalogue::seed()).at, at);
        let house = place(at, "event.01.illegal_building");
        assert!(house.at != at && house.is_blurred());
        // A code that the city no longer has: nobody knows how far it was to be blurred.
        assert_eq!(place(at, "event.01.illegal_building.roof").blur_m, BLUR_M_MAX);
    }

    #[test]
    fn places_of_one_square_are_told_alike_and_a_square_is_as_wide_as_it_says() {
        let code = "event.01.illegal_building";
        for (x, y) in [(1_094_843_391, 365_851_237), (-1_794_843_391, -665_851_237), (7, -3)] {
            let at = GridPoint { x, y };
            let told = place(at, code);
            // The middle is told as itself: blurring twice is blurring once.
            assert_eq!(place(told.at, code), told);
            let scale = Scale::at(f64::from(y) / STEPS_PER_DEGREE);
            let off = |a: i32, b: i32, m: f64| f64::from(a - b).abs() / STEPS_PER_DEGREE * m;
            let (east, north) = (off(told.at.x, x, scale.lon_m), off(told.at.y, y, scale.lat_m));
            assert!(east <= 101.0 && north <= 101.0, "{east} m, {north} m");
            // From many reports around a spot as little is learnt as from one.
            let all = (-9..=9).flat_map(|dx| (-9..=9).map(move |dy| (dx, dy)));
            let near = all.map(|(dx, dy)| {
                place(GridPoint { x: told.at.x + dx * 800, y: told.at.y + dy * 800 }, code).at
            });
            assert!(near.into_iter().all(|it| it == told.at));
        }
        let edge = GridPoint { x: 1_800_000_000, y: 900_000_000 };
        assert!(place(edge, code).at.y <= 900_000_000);
    }

    #[test]
    fn an_answer_that_was_chosen_stays_and_one_that_may_point_to_a_person_goes() {
        let code = CategoryCode::new("event.05.parking").unwrap();
        let seed = Catalogue::seed();
        let asked = &seed.find(code.as_str()).unwrap().category.questions;
        let chosen = asked
            .iter()
            .find_map(|it| it.choices.first().map(|choice| (it.code.clone(), choice.key.clone())));
        let (asked, chosen) = chosen.unwrap();
        let told = |plate: &str, call: &str| Further {
            address: Some(format!("枣园路 {call}")),
            answers: [
                ("plate".to_owned(), vec![plate.to_owned()]),
                (asked.clone(), vec![chosen.clone()]),
            ]
            .into(),
            ..Further::default()
        };
        let shown = told("***", "***");
        assert_eq!(told("陕J·12345", "13800000000").masked(Some(&code), &seed), shown);
        assert_eq!(shown.masked(Some(&code), &seed), shown);
        // Of a category that asks nothing it is not known what was chosen.
        assert_eq!(shown.masked(None, &seed).answers[&asked], ["***"]);
    }

    #[test]
    fn numbers_and_addresses_of_people_are_taken_out() {
        for (told, shown) in [
            ("请拨打13800000000谢谢", "请拨打***谢谢"),
            ("tel 138-0000 0000, ask", "tel ***, ask"),
            ("+86 (0911) 211-0000.", "+***."),
            ("身份证61060219900101123X的人", "身份证***的人"),
            ("身份证610602199001011234的人", "身份证***的人"),
            ("电话１３８００００００００", "电话***"),
            ("write to li.wang+x@mail.example.org now", "write to *** now"),
            ("a＠b.cn", "***"),
            (
                "@all 3 cars, 2 - 3 days, bus 12, 100000 yuan",
                "@all 3 cars, 2 - 3 days, bus 12, 100000 yuan",
            ),
            ("中午12点到14点，车牌陕J12345", "中午12点到14点，车牌***"),
            ("陕J·12345和陕J 12345、陕 j12345", "***和***、***"),
            ("京A1234警，陕ＡＤ１２３４５闯灯，粤Z1C34港", "***，***闯灯，***"),
            ("陕J12345使劲按喇叭", "***使劲按喇叭"),
            (
                "新Windows系统，云A1，川B字头，新K1234567路",
                "新Windows系统，云A1，川B字头，新K***路",
            ),
            ("陕J1234，陕12345，陕", "陕J1234，陕12345，陕"),
            ("", ""),
            ("@", "@"),
        ] {
            assert_eq!(masked(told), shown, "{told}");
        }
    }
}
