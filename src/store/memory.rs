//! How much memory DuckDB may have, from the settings or from what the machine or the cgroup has.

use std::fs;

/// The least that a sensible limit is: below it large sorts spill all the time.
const LEAST: u64 = 256 << 20;
/// The most that `auto` takes, so that a big machine is not filled by a small account.
const MOST: u64 = 4 << 30;

/// Bytes of a size such as `512MB`, `2GB` or `1GiB`; `None` for anything else, `auto` included. Units are binary.
#[must_use]
pub fn parse_size(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let number: u64 = text[..digits].parse().ok()?;
    let shift = match text[digits..].trim().to_ascii_uppercase().as_str() {
        "MB" | "MIB" | "M" => 20,
        "GB" | "GIB" | "G" => 30,
        _ => return None,
    };
    let bytes = number.checked_mul(1 << shift)?;
    (bytes >= 64 << 20).then_some(bytes)
}

/// A quarter of what this process may use, within bounds.
#[must_use]
pub fn sensible_limit() -> u64 {
    available().map_or(LEAST, |bytes| (bytes / 4).clamp(LEAST, MOST))
}

/// Bytes that this process may use: what its control group allows, or what the machine has.
#[must_use]
pub fn available() -> Option<u64> {
    [cgroup_limit(), machine_memory()].into_iter().flatten().min()
}

/// What this process takes, in bytes.
#[derive(Debug, Clone, Copy)]
pub struct Used {
    /// Of memory, without what is shared with files.
    pub resident: u64,
    /// Of addresses that it may write to.
    pub data: u64,
}

/// What this process takes now; see proc(5) on `statm`. `None` where the system does not say.
#[must_use]
pub fn used() -> Option<Used> {
    let text = fs::read_to_string("/proc/self/statm").ok()?;
    let pages: Vec<u64> = text.split_whitespace().map_while(|it| it.parse().ok()).collect();
    let [_, resident, shared, _, _, data, ..] = pages[..] else { return None };
    let size = rustix::param::page_size() as u64;
    Some(Used { resident: resident.saturating_sub(shared) * size, data: data * size })
}

/// The limit of the control group (version 2, then 1), where there is one.
fn cgroup_limit() -> Option<u64> {
    ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]
        .iter()
        .find_map(|path| fs::read_to_string(path).ok()?.trim().parse().ok())
}

/// Bytes that the machine could give to a process that asks for them now.
#[must_use]
pub fn unused() -> Option<u64> {
    meminfo("MemAvailable:")
}

fn machine_memory() -> Option<u64> {
    meminfo("MemTotal:")
}

fn meminfo(name: &str) -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find(|it| it.starts_with(name))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read() {
        for (text, bytes) in [("512MB", Some(512 << 20)), ("2 gb", Some(2 << 30)), ("1GiB", Some(1 << 30))] {
            assert_eq!(parse_size(text), bytes, "{text}");
        }
        for text in ["auto", "", "12", "MB", "1TB", "10MB", "-5GB", "99999999999999999999GB"] {
            assert_eq!(parse_size(text), None, "{text}");
        }
    }

    #[test]
    fn the_sensible_limit_is_within_bounds() {
        assert!((LEAST..=MOST).contains(&sensible_limit()));
    }
}
