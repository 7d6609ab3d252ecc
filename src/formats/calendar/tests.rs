use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::*;
use crate::domain::time::Calendar;

fn reader() -> Reader {
    Reader { zone: TimeZone::get("Asia/Shanghai").unwrap(), year: 2026, unmarked_holidays: false }
}

fn words(reading: &Reading) -> Vec<String> {
    reading.findings.iter().map(ToString::to_string).collect()
}

/// The days as `10-01 h` and `10-10 m`; every line is a content line.
fn days(events: &str) -> (String, Vec<String>) {
    let reading = super::read(calendar(events).as_bytes(), &reader());
    let shown = reading
        .file
        .days
        .iter()
        .map(|(date, kind)| format!("{} {}", date.strftime("%y-%m-%d"), &kind.code()[..1]));
    (shown.collect::<Vec<_>>().join(", "), words(&reading))
}

fn calendar(events: &str) -> String {
    let events: Vec<&str> =
        events.lines().map(|line| line.strip_prefix("    ").unwrap_or(line)).collect();
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{}\r\nEND:VCALENDAR\r\n", events.join("\r\n"))
}

fn event(lines: &str) -> String {
    format!("BEGIN:VEVENT\n{lines}\nEND:VEVENT")
}

#[track_caller]
fn check(lines: &str, expected: &str) {
    let (found, findings) = days(&event(lines));
    assert_eq!(found, expected, "{lines}: {findings:?}");
}

#[track_caller]
fn faulty(lines: &str, expected: &[&str]) {
    let (_, findings) = days(&event(lines));
    let errors: Vec<&String> = findings.iter().filter(|line| line.starts_with("error")).collect();
    assert_eq!(errors.len(), expected.len(), "{lines}: {findings:#?}");
    for (found, expected) in errors.iter().zip(expected) {
        assert!(found.contains(expected), "{found} lacks {expected}");
    }
}

#[test]
fn events_of_public_feeds_give_the_days_they_mean() {
    // Apple: the kind in a property of its own, festivals beside.
    check(
        "DTSTART;VALUE=DATE:20260101\nDTEND;VALUE=DATE:20260104\nSUMMARY;LANGUAGE=zh_CN:元旦（休）\n\
         X-APPLE-SPECIAL-DAY:WORK-HOLIDAY",
        "26-01-01 h, 26-01-02 h, 26-01-03 h",
    );
    // Work days with times and an alarm whose words are not the event's.
    check(
        "DTSTART:20260104T090000\nDTEND:20260104T180000\nSUMMARY:元旦 补班 第1天/共1天\n\
         DESCRIPTION:1月1日至3日放假\\, 1月4日上班\nBEGIN:VALARM\nTRIGGER:-PT60M\nSUMMARY:放假\nEND:VALARM",
        "26-01-04 m",
    );
    // A feed that repeats the day as its end.
    check(
        "DTSTART;VALUE=DATE:20261001\nDTEND;VALUE=DATE:20261001\nSUMMARY:国庆节(休)",
        "26-10-01 h",
    );
    check("DTSTART;VALUE=DATE:20261010\nSUMMARY:国庆节\nCATEGORIES:班", "26-10-10 m");
    check(
        "DTSTART;VALUE=DATE:20261226\nSUMMARY:Boxing Day\nDESCRIPTION:Public holiday",
        "26-12-26 h",
    );
}

#[test]
fn times_durations_folds_and_escapes_are_read_as_the_rfc_says() {
    check("DTSTART:20260930T160000Z\nDTEND:20261001T160000Z\nSUMMARY:holiday", "26-10-01 h");
    check(
        "DTSTART;TZID=Asia/Shanghai:20261001T000000\nDURATION:P2D\nSUMMARY:放假",
        "26-10-01 h, 26-10-02 h",
    );
    check("DTSTART:20261001T220000\nDURATION:PT4H\nSUMMARY:放假", "26-10-01 h, 26-10-02 h");
    check(
        "DTSTART;VALUE=DATE:20261001\nDURATION:P1W\nSUMMARY:放\n 假",
        "26-10-01 h, 26-10-02 h, 26-10-03 h, 26-10-04 h, 26-10-05 h, 26-10-06 h, 26-10-07 h",
    );
    check("DTSTART;X-A=\"a:b\";VALUE=DATE:20261001\nSUMMARY:a\\, b\\n放假", "26-10-01 h");
    // A fold in the middle of a character.
    let text = calendar(&event("DTSTART;VALUE=DATE:20261001\nSUMMARY:节假日"));
    let at = text.find('假').unwrap() + 1;
    let mut bytes = text.into_bytes();
    bytes.splice(at..at, *b"\r\n ");
    let reading = super::read(&bytes, &reader());
    assert_eq!((reading.file.days.len(), words(&reading)), (1, vec![]));
}

#[test]
fn what_comes_back_every_year_is_written_out_and_any_other_rule_is_refused() {
    let yearly = |rule: &str| {
        days(&event(&format!("DTSTART;VALUE=DATE:20240229\nSUMMARY:放假\nRRULE:{rule}"))).0
    };
    assert_eq!(yearly("FREQ=YEARLY"), "24-02-29 h, 28-02-29 h, 32-02-29 h, 36-02-29 h");
    assert_eq!(yearly("FREQ=YEARLY;COUNT=2"), "24-02-29 h, 28-02-29 h");
    assert_eq!(yearly("FREQ=YEARLY;INTERVAL=8;BYMONTH=2;BYMONTHDAY=29"), "24-02-29 h, 32-02-29 h");
    assert_eq!(yearly("FREQ=YEARLY;UNTIL=20270101T000000Z"), "24-02-29 h");
    let old =
        "DTSTART;VALUE=DATE:19491001\nSUMMARY:放假\nRRULE:FREQ=YEARLY\nEXDATE;VALUE=DATE:20201001";
    assert_eq!(days(&event(old)).0.split(", ").count(), 20);
    let rule = |rule: &str| format!("DTSTART;VALUE=DATE:20260101\nSUMMARY:放假\nRRULE:{rule}");
    faulty(
        &rule("FREQ=WEEKLY"),
        &["row 6, RRULE: `FREQ=WEEKLY`: FREQ=WEEKLY is not read; only FREQ=YEARLY"],
    );
    faulty(&rule("FREQ=YEARLY;BYDAY=-1MO"), &["BYDAY=-1MO is not read"]);
    faulty(&rule("FREQ=YEARLY;INTERVAL=0"), &["INTERVAL=0 is none"]);
    faulty(&rule("COUNT=3"), &["FREQ=YEARLY is missing"]);
}

#[test]
fn every_fault_of_an_event_is_told_with_its_line() {
    faulty("SUMMARY:放假", &["row 3, DTSTART: `放假` has no DTSTART"]);
    faulty(
        "DTSTART:20261301\nDTEND:tomorrow\nSUMMARY:放假\nDURATION:-P1D",
        &["row 4, DTSTART", "row 5, DTEND", "row 7, DURATION"],
    );
    faulty("DTSTART:20261002\nDTEND:20261001\nSUMMARY:放假", &["ends before it begins"]);
    faulty("DTSTART:20260101\nDTEND:20280101\nSUMMARY:放假", &["EVENT_DAYS_MAX"]);
    faulty(
        "DTSTART:20260101\nSUMMARY:调休",
        &["may be a day off or a day worked; write 放假 or 补班"],
    );
    faulty("DTSTART:20260101\nSUMMARY:七夕", &["1 events say neither"]);
    faulty(
        "DTSTART:20260101\nRDATE:20260102\nSUMMARY:放假\nno colon",
        &["row 5, RDATE", "row 7, line"],
    );
    faulty("DTSTART:17760704\nSUMMARY:holiday", &["1776-07-04 is not kept"]);
    let whole = |text: &str| words(&super::read(text.as_bytes(), &reader())).join("\n");
    assert!(
        whole("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20260101").contains("ends within VEVENT")
    );
    assert!(whole("BEGIN:VCALENDAR\nEND:VEVENT").contains("VEVENT ends here and did not begin"));
    assert!(whole("BEGIN:VCALENDAR\nEND:VCALENDAR").contains("no event"));
    assert!(
        super::read(&vec![b'x'; BYTES_MAX + 1], &reader()).findings[0].fault.contains("BYTES_MAX")
    );
}

#[test]
fn a_day_that_is_both_is_an_error_and_one_named_twice_or_free_anyway_is_told() {
    let two = |a: &str, b: &str| {
        let event =
            |summary: &str| event(&format!("DTSTART;VALUE=DATE:20261003\nSUMMARY:{summary}"));
        days(&format!("{}\n{}", event(a), event(b)))
    };
    let (_, findings) = two("放假", "补班");
    assert!(
        findings[0].contains("2026-10-03 is a makeup here and a holiday in row 3"),
        "{findings:?}"
    );
    let (found, findings) = two("放假", "国庆节（休）");
    assert_eq!(found, "26-10-03 h");
    assert!(
        findings[0].contains("warning: row 7, date: 2026-10-03 stands in row 3 already"),
        "{findings:?}"
    );
    assert!(findings[1].contains("warning: row 3, date: 2026-10-03 is a day of a weekend anyway"));
    // One line for each event, not for each of its days.
    let (_, findings) = days(&event("DTSTART:20261001\nDTEND:20261012\nSUMMARY:放假"));
    assert!(findings.len() == 1 && findings[0].contains("2026-10-04, 2026-10-10"), "{findings:?}");
}

#[test]
fn unmarked_events_are_left_out_or_taken_for_holidays_when_that_is_said() {
    let text = calendar(&format!(
        "{}\n{}",
        event("DTSTART:20260101\nSUMMARY:New Year's Day"),
        event("DTSTART:20260102\nSUMMARY:holiday")
    ));
    let reading = super::read(text.as_bytes(), &reader());
    assert_eq!(reading.file.days.len(), 1);
    assert!(words(&reading)[0].contains("warning: SUMMARY: 1 events say neither"), "{reading:?}");
    let bold = Reader { unmarked_holidays: true, ..reader() };
    assert_eq!(super::read(text.as_bytes(), &bold).file.days.len(), 2);
}

#[test]
fn a_table_of_days_is_read_in_either_language_and_every_fault_is_told() {
    let table = "\u{feff}日期;类型;名称\n2026/10/1;放假;国庆\n2026年10月10日;调休;\n20260901;开学;\n2027-01-22;放学;\n";
    let reading = super::read(table.as_bytes(), &reader());
    assert_eq!(words(&reading), Vec::<String>::new());
    let date = |text: &str| text.parse::<Date>().unwrap();
    let expected = CalendarFile {
        days: [(date("2026-10-01"), DayKind::Holiday), (date("2026-10-10"), DayKind::MakeUp)]
            .into(),
        terms: vec![(date("2026-09-01"), date("2027-01-22"))],
    };
    assert_eq!(reading.file, expected);
    let bad = "date,kind\n2026-02-30,holiday\n2026-01-01,party\n2026-09-01,term_from\n2026-03-01,term_to\n,,\n";
    let found = words(&super::read(bad.as_bytes(), &reader()));
    for (found, expected) in found.iter().zip([
        "row 2, date: `2026-02-30` is no date",
        "row 3, kind: `party` is no kind of day",
        "row 5, kind: the school term of 2026-03-01 has no first day",
        "row 4, kind: the school term of 2026-09-01 has no last day",
    ]) {
        assert!(found.contains(expected), "{found} lacks {expected}");
    }
    assert_eq!(found.len(), 4, "{found:#?}");
    let none = words(&super::read(b"2026-01-01,holiday\n", &reader()));
    assert!(none[0].contains("no column `date`"), "{none:?}");
    let terms = |a: &str, b: &str| {
        let term = |days: &str| event(&format!("{days}\nSUMMARY:学期"));
        days(&format!("{}\n{}", term(a), term(b))).1
    };
    let found = terms("DTSTART:20260301\nDURATION:P100D", "DTSTART:20260401\nDURATION:P9D");
    assert!(found[0].contains("begins within that of row 3"), "{found:?}");
}

#[test]
fn a_term_of_a_thousand_years_is_a_slip_of_the_pen() {
    let table = b"date,kind\n2026-09-01,term_from\n3027-01-22,term_to\n";
    let found = words(&super::read(table, &reader()));
    assert!(
        found[0].contains("row 2, date: the school term 2026-09-01 to 3027-01-22 is none"),
        "{found:?}"
    );
}

#[test]
fn what_is_written_is_read_back_in_both_formats() {
    let date = |text: &str| text.parse::<Date>().unwrap();
    let calendar = Calendar {
        holidays: ["2025-12-31", "2026-01-01", "2026-05-01"].map(date).to_vec(),
        makeup_days: ["2026-01-04", "2026-05-09"].map(date).to_vec(),
        terms: vec![
            (date("2026-03-02"), date("2026-07-10")),
            (date("2026-09-01"), date("2027-01-22")),
        ],
    };
    for bytes in [ics::write::write(&calendar), table::write(&calendar)] {
        let reading = super::read(&bytes, &reader());
        assert_eq!(words(&reading), Vec::<String>::new(), "{}", String::from_utf8_lossy(&bytes));
        let of = |kind| {
            reading.file.days.iter().filter(move |(_, k)| **k == kind).map(|(date, _)| *date)
        };
        assert_eq!(of(DayKind::Holiday).collect::<Vec<_>>(), calendar.holidays);
        assert_eq!(of(DayKind::MakeUp).collect::<Vec<_>>(), calendar.makeup_days);
        assert_eq!(reading.file.terms, calendar.terms);
    }
    let text = String::from_utf8(ics::write::write(&calendar)).unwrap();
    assert_eq!(text.matches("BEGIN:VEVENT").count(), 6, "days in a row are one event");
}

#[test]
fn no_cut_and_no_changed_byte_makes_the_reader_panic() {
    let text = calendar(&format!(
        "{}\n{}",
        event(
            "DTSTART:20260930T160000Z\nDURATION:P1DT2H\nSUMMARY:放假\\n\nRRULE:FREQ=YEARLY;COUNT=3"
        ),
        event(
            "DTSTART;VALUE=DATE:20261001\nDTEND;VALUE=DATE:20261008\nSUMMARY:国庆节（休）\nEXDATE:20261001"
        )
    ));
    for bytes in
        [text.into_bytes(), b"date,kind\n2026-10-01,holiday\n2026-09-01,term_from\n".to_vec()]
    {
        for at in 0..bytes.len() {
            let _ = super::read(&bytes[..at], &reader());
            for value in [0, b':', b'\n', b';', b'9', b'T', 0xff] {
                let mut changed = bytes.clone();
                changed[at] = value;
                let _ = super::read(&changed, &reader());
            }
        }
    }
}
