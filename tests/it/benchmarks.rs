//! Benchmarks and the audit, over rows few enough to be counted by hand.
