//! What the words of an event say about its days.

use crate::formats::calendar::days::DayKind;

/// Words of days that are worked.
const WORKED: [&str; 11] = [
    "补班",
    "上班",
    "调班",
    "补工",
    "workday",
    "work day",
    "work-day",
    "working day",
    "makeup",
    "make-up",
    "make up",
];
/// Words of days that are off; `off` only as a word of its own.
const OFF: [&str; 11] = [
    "放假", "假期", "假日", "公休", "休假", "休息", "holiday", "day off", "off day", "days off",
    "off",
];

/// What an event is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Days that are all off or all worked.
    Days(DayKind),
    /// A school term 学期.
    Term,
    /// 调休 alone: some write it for the day off, some for the day worked.
    Unclear,
}

/// What a summary or a category says; `None` when it is of another matter, as festivals are that
/// nobody has off.
///
/// Feeds write （休） and （班） behind the name, 假期 and 补班, or whole words. A working day goes before a
/// holiday, because its name bears that of the holiday it makes up for: 春节假期补班.
#[must_use]
pub fn of(text: &str) -> Option<Mark> {
    let text = text.to_lowercase();
    if ["学期", "school term", "school-term", "semester"].iter().any(|word| text.contains(word)) {
        return Some(Mark::Term);
    }
    // Days off are called so in English, and are no working days.
    let plain = text.replace("non-working", "off").replace("nonworking", "off");
    let swapped = plain.contains("调休");
    let plain = plain.replace("调休", " ");
    let says = |words: &[&str]| {
        words.iter().any(|word| {
            if *word == "off" {
                plain.split(|c: char| !c.is_alphanumeric()).any(|w| w == "off")
            } else {
                plain.contains(word)
            }
        })
    };
    if says(&WORKED) || alone(&plain, '班') {
        Some(Mark::Days(DayKind::MakeUp))
    } else if says(&OFF) || alone(&plain, '休') {
        Some(Mark::Days(DayKind::Holiday))
    } else {
        swapped.then_some(Mark::Unclear)
    }
}

/// What Apple's property says.
#[must_use]
pub fn of_special_day(value: &str) -> Option<Mark> {
    match value.trim().to_ascii_uppercase().as_str() {
        "WORK-HOLIDAY" => Some(Mark::Days(DayKind::Holiday)),
        "ALTERNATE-WORKDAY" => Some(Mark::Days(DayKind::MakeUp)),
        _ => None,
    }
}

/// What the description of a feed says that has nothing but its kind there, as Google's has.
#[must_use]
pub fn of_description(text: &str) -> Option<Mark> {
    let first = text.lines().next().unwrap_or_default().trim().to_lowercase();
    let off = [
        "public holiday",
        "national holiday",
        "bank holiday",
        "公众假期",
        "公共假期",
        "法定节假日",
    ];
    off.contains(&first.as_str()).then_some(Mark::Days(DayKind::Holiday))
}

/// Whether the character stands by itself, or right behind the name of a festival: 春节（休）, 班｜国庆,
/// 国庆节班; but not in 值班 or 暑期班.
fn alone(text: &str, mark: char) -> bool {
    let chars: Vec<char> = text.chars().collect();
    chars.iter().enumerate().filter(|(_, c)| **c == mark).any(|(at, _)| {
        let before = at.checked_sub(1).and_then(|at| chars.get(at));
        let after = chars.get(at + 1);
        let free = |c: Option<&char>| c.is_none_or(|c| !c.is_alphanumeric());
        free(after) && (free(before) || before.is_some_and(|c| matches!(c, '节' | '旦')))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_public_feeds_are_understood_and_other_matters_left_alone() {
        let off = Some(Mark::Days(DayKind::Holiday));
        let worked = Some(Mark::Days(DayKind::MakeUp));
        for text in [
            "春节（休）",
            "元旦(休)",
            "休｜国庆节",
            "元旦 假期 第1天/共3天",
            "劳动节 放假",
            "国庆节休",
            "国庆放假调休",
            "New Year's Day Holiday",
            "Day off",
            "Special Non-working Day",
            "HOLIDAY",
            "元旦·休息",
        ] {
            assert_eq!(of(text), off, "{text}");
        }
        for text in [
            "春节（班）",
            "班｜国庆节",
            "劳动节 补班 第1天/共1天",
            "调休上班",
            "国庆节班",
            "上班",
            "Working Day for Spring Festival Holiday",
            "makeup",
            "Special Work Day",
            "春节假期补班",
        ] {
            assert_eq!(of(text), worked, "{text}");
        }
        for text in
            ["七夕", "值班", "暑期班", "下班", "冬至", "Christmas Eve", "office", "班会", ""]
        {
            assert_eq!(of(text), None, "{text}");
        }
        assert_eq!(of("调休"), Some(Mark::Unclear));
        assert_eq!(of("2026 秋季学期"), Some(Mark::Term));
        assert_eq!(of_special_day("work-holiday"), off);
        assert_eq!(of_special_day("ALTERNATE-WORKDAY"), worked);
        assert_eq!(of_special_day("TRUE"), None);
        assert_eq!(of_description("Public holiday\nmore"), off);
        assert_eq!(of_description("Observance"), None);
    }
}
