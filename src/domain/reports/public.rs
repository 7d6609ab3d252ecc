//! What of a report the public may see.

use crate::domain::reports::report::Report;

/// The door whose reports are public: who comes through it is told so. What was told at another
/// door (a hotline, a patrol) stays with those who handle it.
pub const PUBLIC_SOURCE: &str = "open311";
/// From so many digits on, blanks and dashes between them not counted, a run of digits is taken for
/// a telephone number, an identity card or an account.
const DIGITS_MIN: usize = 7;
/// What stands in place of what is taken out.
const TAKEN_OUT: &str = "***";

impl Report {
    /// Whether the public may see it at all.
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.source == PUBLIC_SOURCE
    }
}

/// A text for the public: telephone numbers, identity card numbers, other long runs of digits and
/// e-mail addresses are replaced by `***`. Names and plates cannot be told from other words: they
/// stay.
#[must_use]
pub fn masked(text: &str) -> String {
    without_digits(&without_addresses(text))
}

fn without_digits(text: &str) -> String {
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
        if digits >= DIGITS_MIN {
            kept.push_str(TAKEN_OUT);
        } else {
            kept.extend(&chars[at..end]);
        }
        at = end;
    }
    kept
}

fn digit(c: char) -> bool {
    c.is_ascii_digit() || ('０'..='９').contains(&c)
}

/// What people put between the digits of a number.
fn joins(c: char) -> bool {
    matches!(c, ' ' | '-' | '.' | '(' | ')' | '/' | '－' | '—' | '–' | '·' | '　' | '（' | '）')
}

fn without_addresses(text: &str) -> String {
    let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '%');
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['@', '＠']) {
        let (before, after) = rest.split_at(at);
        let after = after.trim_start_matches(['@', '＠']);
        let name = before.len() - before.trim_end_matches(part).len();
        let host = after.len() - after.trim_start_matches(part).len();
        if name > 0 && host > 0 {
            kept.push_str(&before[..before.len() - name]);
            kept.push_str(TAKEN_OUT);
            rest = &after[host..];
        } else {
            kept.push_str(before);
            kept.push('@');
            rest = after;
        }
    }
    kept.push_str(rest);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

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
            ("中午12点到14点，车牌陕J12345", "中午12点到14点，车牌陕J12345"),
            ("", ""),
            ("@", "@"),
        ] {
            assert_eq!(masked(told), shown, "{told}");
        }
    }
}
