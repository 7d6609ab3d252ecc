//! Working days counted by prefix sums.

use jiff::civil::Date;

use crate::domain::time::Calendar;

/// The working days of a calendar, ready to be counted: weeks by arithmetic, holidays and make-up days
/// 调休 by binary search. Days are numbered from 1970-01-01.
#[derive(Clone, Debug)]
pub(super) struct WorkingDays {
    /// A day that is not as its weekday would have it, and the working days gained up to and with it.
    odd: Vec<(i64, i64)>,
}

impl WorkingDays {
    pub(super) fn new(calendar: &Calendar) -> Self {
        let off = calendar.holidays.iter().map(|day| number(*day)).filter(|day| !weekend(*day));
        let on = calendar.makeup_days.iter().map(|day| number(*day)).filter(|day| weekend(*day));
        let mut odd: Vec<(i64, i64)> =
            off.map(|day| (day, -1)).chain(on.map(|day| (day, 1))).collect();
        odd.sort_unstable();
        odd.dedup();
        let mut sum = 0;
        for (_, gained) in &mut odd {
            sum += *gained;
            *gained = sum;
        }
        Self { odd }
    }

    /// Working days before `day`, counted from the Monday before 1970; negative earlier.
    pub(super) fn before(&self, day: i64) -> i64 {
        let since_monday = day + 3;
        let weekdays = since_monday.div_euclid(7) * 5 + since_monday.rem_euclid(7).min(5);
        let odd = self.odd.partition_point(|(at, _)| *at < day);
        weekdays + odd.checked_sub(1).map_or(0, |at| self.odd[at].1)
    }

    /// Whether `day` is worked.
    pub(super) fn works(&self, day: i64) -> bool {
        self.before(day + 1) > self.before(day)
    }
}

fn weekend(day: i64) -> bool {
    (day + 3).rem_euclid(7) >= 5
}

fn number(day: Date) -> i64 {
    Date::constant(1970, 1, 1).duration_until(day).as_hours() / 24
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_as_the_calendar_says_each_of_them() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let calendar = Calendar {
            // Twice, on a weekend, and unsorted: each counts once or not at all.
            holidays: ["2026-10-02", "2026-10-01", "2026-10-01", "2026-10-03"].map(day).to_vec(),
            makeup_days: ["2026-10-10", "2026-10-09"].map(day).to_vec(),
            terms: Vec::new(),
        };
        let days = WorkingDays::new(&calendar);
        let mut at = day("2026-09-20");
        let mut sum = days.before(number(at));
        while at < day("2026-10-20") {
            assert_eq!(days.works(number(at)), calendar.is_working_day(at), "{at}");
            sum += i64::from(calendar.is_working_day(at));
            at = at.tomorrow().unwrap();
            assert_eq!(days.before(number(at)), sum, "{at}");
        }
        assert_eq!(WorkingDays::new(&Calendar::default()).before(number(day("1969-12-29"))), 0);
    }
}
