//! The small values that pages and API speak in: days, ranges of days, and what they are compared with.
