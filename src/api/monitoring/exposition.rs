//! Figures in Prometheus' text format, version 0.0.4.

use std::fmt::Write as _;

use crate::histogram::Histogram;

/// What a scrape answers.
#[derive(Debug, Default)]
pub(super) struct Exposition(String);

/// What the figures of a family do over time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Only grows, until the process starts again.
    Counter,
    Gauge,
    Histogram,
}

/// Names and values that tell the series of a family apart.
pub(super) type Labels<'a> = &'a [(&'a str, &'a str)];

/// Figures of one name. It says its name, kind and meaning before the first of them, and nothing where there is none.
pub(super) struct Family<'a> {
    out: &'a mut String,
    name: &'static str,
    kind: Kind,
    help: &'static str,
    begun: bool,
}

impl Exposition {
    pub(super) fn family(&mut self, name: &'static str, kind: Kind, help: &'static str) -> Family<'_> {
        Family { out: &mut self.0, name, kind, help, begun: false }
    }

    pub(super) fn text(self) -> String {
        self.0
    }
}

impl Family<'_> {
    pub(super) fn add(&mut self, labels: Labels<'_>, value: f64) {
        self.begin();
        self.line("", labels, value);
    }

    pub(super) fn histogram(&mut self, labels: Labels<'_>, histogram: &Histogram) {
        self.begin();
        for (bound, count) in histogram.cumulative() {
            let bound = number(bound);
            let labels: Vec<_> = labels.iter().copied().chain([("le", bound.as_str())]).collect();
            self.line("_bucket", &labels, count as f64);
        }
        self.line("_sum", labels, histogram.seconds());
        self.line("_count", labels, histogram.count() as f64);
    }

    fn begin(&mut self) {
        if std::mem::replace(&mut self.begun, true) {
            return;
        }
        let kind = match self.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        let help = self.help.replace('\\', "\\\\").replace('\n', "\\n");
        let _ = writeln!(self.out, "# HELP {0} {help}\n# TYPE {0} {kind}", self.name);
    }

    fn line(&mut self, suffix: &str, labels: Labels<'_>, value: f64) {
        let pairs: Vec<_> = labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
        let labels = if pairs.is_empty() { String::new() } else { format!("{{{}}}", pairs.join(",")) };
        let _ = writeln!(self.out, "{}{suffix}{labels} {}", self.name, number(value));
    }
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn number(value: f64) -> String {
    if value.is_finite() {
        value.to_string()
    } else if value.is_nan() {
        "NaN".to_owned()
    } else if value > 0.0 {
        "+Inf".to_owned()
    } else {
        "-Inf".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_family_is_written_as_the_format_says() {
        let mut out = Exposition::default();
        let mut family = out.family("a_total", Kind::Counter, "What \\ is\ncounted.");
        family.add(&[("q", "say \"hi\"\\\n")], 1.0);
        family.add(&[], 2.5e10);
        let _nothing = out.family("b", Kind::Gauge, "Nothing.");
        let mut times = Histogram::default();
        times.add(Duration::from_millis(2));
        out.family("c", Kind::Histogram, "Times.").histogram(&[("x", "y")], &times);
        let text = out.text();
        let want = "# HELP a_total What \\\\ is\\ncounted.\n# TYPE a_total counter\n\
                    a_total{q=\"say \\\"hi\\\"\\\\\\n\"} 1\na_total 25000000000\n# HELP c Times.\n# TYPE c histogram\n\
                    c_bucket{x=\"y\",le=\"0.001\"} 0\nc_bucket{x=\"y\",le=\"0.005\"} 1\n";
        assert!(text.starts_with(want), "{text}");
        assert!(
            text.ends_with("c_bucket{x=\"y\",le=\"+Inf\"} 1\nc_sum{x=\"y\"} 0.002\nc_count{x=\"y\"} 1\n"),
            "{text}"
        );
        assert_eq!((number(f64::NAN), number(f64::NEG_INFINITY)), ("NaN".to_owned(), "-Inf".to_owned()));
    }
}
