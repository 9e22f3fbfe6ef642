//! The sends of a range as a calendar of months: what went out on which day, and what is to go out.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use super::SCHEDULED;
use super::days::Day;
use crate::pages::frame::Frame;
use crate::range::{Channel, DateRange};
use crate::store::{self, FromRow, Row, RowResult};

/// Months that are drawn at most, the last ones of the range: a year is what fits one look.
const MONTHS_MAX: usize = 12;

/// Whole months, oldest first, and the ranges that are the months around them.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Calendar {
    months: Vec<Month>,
    /// What `range` is of the month before the first and the one after the last; nothing lies after today's.
    earlier: String,
    later: Option<String>,
    /// Whether the range has more months than are drawn.
    is_cut: bool,
}

#[derive(Debug, PartialEq, Serialize)]
struct Month {
    /// "November 2026"
    name: String,
    weeks: Vec<Vec<Cell>>,
}

/// A day of a month, or the empty place of one of another month.
#[derive(Debug, Default, PartialEq, Serialize)]
struct Cell {
    day: Option<NaiveDate>,
    number: u32,
    /// Whether the page is about this day, or it lies ahead.
    is_shown: bool,
    is_today: bool,
    sends: Vec<Send>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Send {
    id: String,
    name: String,
    channel: String,
    /// Missing where it is to go out yet.
    recipients: Option<i64>,
    revenue: Option<f64>,
}

/// A campaign that is to go out.
#[derive(Debug)]
struct Scheduled {
    id: String,
    name: String,
    channel: Option<String>,
    sent_at: DateTime<Utc>,
}

/// Of what was sent on the days of the page, and of what is scheduled.
pub(super) fn load(frame: &Frame<'_>, sends: &[Day]) -> Result<Calendar, store::Error> {
    let ahead: Vec<Scheduled> = frame.rows(SCHEDULED)?;
    Ok(calendar(frame.period.range, frame.today(), sends, &ahead, frame.zone))
}

fn calendar(range: DateRange, today: NaiveDate, sends: &[Day], ahead: &[Scheduled], zone: Tz) -> Calendar {
    let last = first_of(range.end());
    let all = months_between(first_of(range.start()), last);
    let drawn = all.len().min(MONTHS_MAX);
    let first = all[all.len() - drawn];
    let of_day = |day: NaiveDate| {
        let sent = sends.iter().filter(|it| it.day == day && range.contains(day)).map(Send::sent);
        let ahead = ahead.iter().filter(|it| day >= today && it.sent_at.with_timezone(&zone).date_naive() == day);
        sent.chain(ahead.map(Send::ahead)).collect()
    };
    let cell = |day: NaiveDate| Cell {
        day: Some(day),
        number: day.day(),
        is_shown: range.contains(day) || day > today,
        is_today: day == today,
        sends: of_day(day),
    };
    let month = |first: &NaiveDate| Month { name: first.format("%B %Y").to_string(), weeks: weeks(*first, &cell) };
    let after = last + Months::new(1);
    Calendar {
        months: all[all.len() - drawn..].iter().map(month).collect(),
        earlier: whole(first - Months::new(1)),
        later: (after <= today).then(|| whole(after)),
        is_cut: drawn < all.len(),
    }
}

/// Weeks from Monday; days of other months are empty places.
fn weeks(first: NaiveDate, cell: &impl Fn(NaiveDate) -> Cell) -> Vec<Vec<Cell>> {
    let monday = first - Days::new(first.weekday().num_days_from_monday().into());
    let end = first + Months::new(1);
    let days = monday.iter_days().map(|day| if day.month() == first.month() { cell(day) } else { Cell::default() });
    let count = usize::try_from((end - monday).num_days()).unwrap_or_default().div_ceil(7) * 7;
    let mut days = days.take(count);
    (0..count / 7).map(|_| days.by_ref().take(7).collect()).collect()
}

fn months_between(first: NaiveDate, last: NaiveDate) -> Vec<NaiveDate> {
    std::iter::successors(Some(first), |it| Some(*it + Months::new(1))).take_while(|it| *it <= last).collect()
}

fn first_of(day: NaiveDate) -> NaiveDate {
    day - Days::new(day.day0().into())
}

/// What `range` is of the month that begins with that day.
fn whole(first: NaiveDate) -> String {
    format!("{first}_to_{}", first + Months::new(1) - Days::new(1))
}

/// What `range` is of the month of that day.
pub(super) fn month_of(day: NaiveDate) -> String {
    whole(first_of(day))
}

impl Send {
    fn sent(day: &Day) -> Send {
        Send {
            id: day.id.clone(),
            name: day.name.clone(),
            channel: Channel::title_of(day.channel.as_deref().unwrap_or("unknown")).to_owned(),
            recipients: Some(day.counts.recipients),
            revenue: day.counts.revenue,
        }
    }

    fn ahead(it: &Scheduled) -> Send {
        Send {
            id: it.id.clone(),
            name: it.name.clone(),
            channel: Channel::title_of(it.channel.as_deref().unwrap_or("unknown")).to_owned(),
            recipients: None,
            revenue: None,
        }
    }
}

impl FromRow for Scheduled {
    fn from_row(row: &Row<'_>) -> RowResult<Scheduled> {
        let sent_at: chrono::NaiveDateTime = row.get("sent_at")?;
        Ok(Scheduled {
            id: row.get("id")?,
            name: row.get("name")?,
            channel: row.get("channel")?,
            sent_at: sent_at.and_utc(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::counts::Counts;
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    fn sent(on: &str) -> Day {
        let counts = Counts { recipients: 7, revenue: Some(2.5), ..Counts::nothing(true) };
        Day { day: day(on), id: "C".to_owned(), name: "A".to_owned(), channel: Some("sms".to_owned()), counts }
    }

    fn drawn(start: &str, end: &str, sends: &[Day], ahead: &[Scheduled]) -> Calendar {
        let range = DateRange::new(day(start), day(end)).expect("a range");
        calendar(range, day("2026-11-21"), sends, ahead, chrono_tz::America::New_York)
    }

    fn cells(month: &Month) -> impl Iterator<Item = &Cell> {
        month.weeks.iter().flatten()
    }

    #[test]
    fn a_month_is_whole_weeks_from_monday() {
        let calendar = drawn("2026-11-01", "2026-11-21", &[], &[]);
        let [month] = &calendar.months[..] else { panic!("one month") };
        assert_eq!((month.name.as_str(), month.weeks.len()), ("November 2026", 6));
        // The first of November 2026 is a Sunday.
        assert!(month.weeks[0][..6].iter().all(|it| it.day.is_none()));
        assert_eq!(month.weeks[0][6].day, Some(day("2026-11-01")));
        assert_eq!(cells(month).filter(|it| it.day.is_some()).count(), 30);
        assert_eq!(calendar.earlier, "2026-10-01_to_2026-10-31");
        assert_eq!(calendar.later, None, "no month begins after today");
    }

    #[test]
    fn a_send_stands_on_its_day_and_only_within_the_range() {
        let calendar = drawn("2026-10-05", "2026-10-31", &[sent("2026-10-05"), sent("2026-10-04")], &[]);
        let month = &calendar.months[0];
        let with: Vec<_> = cells(month).filter(|it| !it.sends.is_empty()).collect();
        assert_eq!((with.len(), with[0].number, with[0].sends[0].recipients), (1, 5, Some(7)));
        assert_eq!(with[0].sends[0].channel, "SMS");
        assert_eq!(cells(month).filter(|it| it.is_shown).count(), 27);
        assert_eq!(calendar.later.as_deref(), Some("2026-11-01_to_2026-11-30"));
    }

    #[test]
    fn what_is_scheduled_stands_on_its_local_day() {
        let at = "2026-11-24T03:00:00Z".parse().expect("a time");
        let ahead = [Scheduled { id: "S".to_owned(), name: "Soon".to_owned(), channel: None, sent_at: at }];
        let calendar = drawn("2026-11-01", "2026-11-21", &[], &ahead);
        let with: Vec<_> = cells(&calendar.months[0]).filter(|it| !it.sends.is_empty()).collect();
        assert_eq!((with[0].number, with[0].sends[0].recipients), (23, None), "22:00 on the 23rd in New York");
    }

    #[test]
    fn of_a_long_range_the_last_year_is_drawn() {
        let calendar = drawn("2024-01-15", "2026-11-21", &[], &[]);
        assert_eq!((calendar.months.len(), calendar.is_cut), (12, true));
        assert_eq!(calendar.months[0].name, "December 2025");
    }
}
