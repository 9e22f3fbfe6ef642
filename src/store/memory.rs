//! How much memory DuckDB may have, from the settings or from what the machine or the cgroup has.

use std::fs;
use std::path::{Component, Path, PathBuf};

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

/// Whether a setting names a size that the machine has.
#[must_use]
pub fn is_there(text: &str) -> bool {
    parse_size(text).is_some_and(|it| machine_memory().is_none_or(|all| it <= all))
}

/// The least limit of the control groups that this process is in, where there is one.
fn cgroup_limit() -> Option<u64> {
    let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    least_limit(Path::new("/sys/fs/cgroup"), &groups)
}

/// What `groups`, in the words of `/proc/self/cgroup`, may take at most, of version 2 and of 1: a group has what all those
/// above it have, too. In a container it may be named as the machine sees it; then the files are at the root.
fn least_limit(root: &Path, groups: &str) -> Option<u64> {
    let files = groups.lines().filter_map(|line| {
        let (controllers, group) = line.split_once(':')?.1.split_once(':')?;
        let of_version_1 = controllers.split(',').any(|it| it == "memory");
        let (top, file) = match controllers {
            "" => (root.to_owned(), "memory.max"),
            _ if of_version_1 => (root.join("memory"), "memory.limit_in_bytes"),
            _ => return None,
        };
        let parts: PathBuf = Path::new(group).components().filter(|it| matches!(it, Component::Normal(_))).collect();
        // The last of the ancestors is nothing, which is the top itself.
        Some(parts.ancestors().map(|it| top.join(it).join(file)).collect::<Vec<_>>())
    });
    files.flatten().filter_map(|it| fs::read_to_string(it).ok()?.trim().parse().ok()).min()
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
    fn more_than_the_machine_has_is_no_size() {
        assert!(is_there("64MB") && !is_there("17179869183GB") && !is_there("auto"));
    }

    #[test]
    fn a_group_has_the_least_limit_of_all_above_it() {
        let root = tempfile::tempdir().expect("a directory");
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().expect("a directory")).expect("a directory");
            fs::write(path, text).expect("a file");
        };
        write("system.slice/memory.max", "3000\n");
        write("system.slice/klytics.service/memory.max", "max\n");
        write("memory/memory.limit_in_bytes", "9000\n");
        write("memory/box/memory.limit_in_bytes", "8000\n");
        for (groups, least) in [
            ("0::/system.slice/klytics.service\n", Some(3000)),
            ("0::/\n", None),
            ("9:name=systemd:/box\n4:cpu,memory:/box/of/another\n0::/\n", Some(8000)),
            ("4:memory:/not/mounted/here\n", Some(9000)),
            ("4:memory:/box\n0::/system.slice/../system.slice\n", Some(3000)),
            ("9:name=memory:/box\nnonsense\n", None),
        ] {
            assert_eq!(least_limit(root.path(), groups), least, "{groups}");
        }
    }

    #[test]
    fn the_sensible_limit_is_within_bounds() {
        assert!((LEAST..=MOST).contains(&sensible_limit()));
    }
}
