use super::{DateRange, EARLIEST};
use chrono::{Datelike, Days, NaiveDate};

/// The ranges that have a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Preset {
    Today,
    Yesterday,
    Last7Days,
    Last30Days,
    Last90Days,
    Last365Days,
    ThisWeek,
    ThisMonth,
    LastMonth,
    ThisYear,
    All,
}

impl Preset {
    /// All of them, in the order of a menu.
    pub const ALL: &[Preset] = &[
        Preset::Today,
        Preset::Yesterday,
        Preset::Last7Days,
        Preset::Last30Days,
        Preset::Last90Days,
        Preset::Last365Days,
        Preset::ThisWeek,
        Preset::ThisMonth,
        Preset::LastMonth,
        Preset::ThisYear,
        Preset::All,
    ];

    /// The preset of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Preset> {
        Preset::ALL.iter().copied().find(|it| it.name() == name)
    }

    /// How a query string spells it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Preset::Today => "today",
            Preset::Yesterday => "yesterday",
            Preset::Last7Days => "last-7-days",
            Preset::Last30Days => "last-30-days",
            Preset::Last90Days => "last-90-days",
            Preset::Last365Days => "last-365-days",
            Preset::ThisWeek => "this-week",
            Preset::ThisMonth => "this-month",
            Preset::LastMonth => "last-month",
            Preset::ThisYear => "this-year",
            Preset::All => "all",
        }
    }

    /// How a menu spells it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Preset::Today => "Today",
            Preset::Yesterday => "Yesterday",
            Preset::Last7Days => "Last 7 days",
            Preset::Last30Days => "Last 30 days",
            Preset::Last90Days => "Last 90 days",
            Preset::Last365Days => "Last 365 days",
            Preset::ThisWeek => "This week",
            Preset::ThisMonth => "This month",
            Preset::LastMonth => "Last month",
            Preset::ThisYear => "This year",
            Preset::All => "All time",
        }
    }

    /// Its days when it is `today`. Weeks start on Monday; all but `yesterday` and `last-month` end today.
    ///
    /// `first` is the first day of which anything is stored, where `all` begins.
    #[must_use]
    pub fn days(self, today: NaiveDate, first: Option<NaiveDate>) -> DateRange {
        let last = |days: u64| DateRange { start: today - Days::new(days - 1), end: today };
        let since = |start| DateRange { start, end: today };
        let month = today - Days::new(u64::from(today.day0()));
        match self {
            Preset::Today => last(1),
            Preset::Yesterday => last(1).previous(),
            Preset::Last7Days => last(7),
            Preset::Last30Days => last(30),
            Preset::Last90Days => last(90),
            Preset::Last365Days => last(365),
            Preset::ThisWeek => since(today - Days::new(today.weekday().num_days_from_monday().into())),
            Preset::ThisMonth => since(month),
            Preset::LastMonth => {
                let end = month - Days::new(1);
                DateRange { start: end - Days::new(u64::from(end.day0())), end }
            }
            Preset::ThisYear => since(today - Days::new(u64::from(today.ordinal0()))),
            Preset::All => since(first.unwrap_or(today).clamp(EARLIEST, today)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(preset: Preset, today: &str, expected: &str) {
        let day = |text: &str| text.parse().expect("a day");
        let days = preset.days(day(today), Some(day("2023-05-06")));
        assert_eq!(days.to_string(), expected, "{} on {today}", preset.name());
    }

    #[test]
    fn a_preset_is_the_days_that_its_name_says() {
        use Preset::*;
        for (preset, today, expected) in [
            (Today, "2026-11-21", "2026-11-21_to_2026-11-21"),
            (Yesterday, "2026-01-01", "2025-12-31_to_2025-12-31"),
            (Last7Days, "2026-03-10", "2026-03-04_to_2026-03-10"),
            (Last30Days, "2026-01-29", "2025-12-31_to_2026-01-29"),
            (Last90Days, "2026-03-31", "2026-01-01_to_2026-03-31"),
            (Last365Days, "2024-12-31", "2024-01-02_to_2024-12-31"),
            (ThisWeek, "2026-11-21", "2026-11-16_to_2026-11-21"),
            (ThisMonth, "2024-02-29", "2024-02-01_to_2024-02-29"),
            (ThisYear, "2024-12-31", "2024-01-01_to_2024-12-31"),
            (All, "2026-11-21", "2023-05-06_to_2026-11-21"),
        ] {
            check(preset, today, expected);
        }
    }

    #[test]
    fn last_month_is_a_whole_month_of_its_own_length() {
        for (today, expected) in [
            ("2024-03-31", "2024-02-01_to_2024-02-29"),
            ("2023-03-31", "2023-02-01_to_2023-02-28"),
            ("2026-01-15", "2025-12-01_to_2025-12-31"),
            ("2026-01-01", "2025-12-01_to_2025-12-31"),
        ] {
            check(Preset::LastMonth, today, expected);
        }
    }

    #[test]
    fn a_week_starts_on_monday() {
        check(Preset::ThisWeek, "2026-11-16", "2026-11-16_to_2026-11-16");
        check(Preset::ThisWeek, "2026-11-22", "2026-11-16_to_2026-11-22");
        // The week in which New York's clocks go back.
        check(Preset::ThisWeek, "2026-11-02", "2026-11-02_to_2026-11-02");
        check(Preset::ThisWeek, "2026-11-01", "2026-10-26_to_2026-11-01");
    }

    #[test]
    fn all_begins_with_what_is_stored() {
        let today = "2026-11-21".parse().expect("a day");
        assert_eq!(Preset::All.days(today, None).to_string(), "2026-11-21_to_2026-11-21");
        // Events may bear a future time; the range ends today all the same.
        let tomorrow = Some(today + Days::new(1));
        assert_eq!(Preset::All.days(today, tomorrow).to_string(), "2026-11-21_to_2026-11-21");
    }

    #[test]
    fn every_name_leads_back_to_its_preset() {
        for preset in Preset::ALL {
            assert_eq!(Preset::named(preset.name()), Some(*preset));
        }
    }
}
