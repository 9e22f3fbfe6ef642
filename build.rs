//! Compresses what is in `static/`, and lists it for the binary to embed.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::{env, fs};

use flate2::{Compression, GzBuilder};

fn main() -> io::Result<()> {
    println!("cargo:rerun-if-changed=static");
    println!("cargo:rerun-if-changed=templates");
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?).join("static");
    // What was deleted from the source must not linger in the binary.
    if out.exists() {
        fs::remove_dir_all(&out)?;
    }
    let mut packed = Vec::new();
    pack(Path::new("static"), &out, &mut packed)?;
    packed.sort();
    let entry = |path: &PathBuf| {
        let name = path.strip_prefix(&out).unwrap_or(path).to_string_lossy();
        format!("    ({name:?}, include_bytes!({:?})),\n", path.to_string_lossy())
    };
    let list = packed.iter().map(entry).collect::<String>();
    fs::write(out.with_file_name("assets.rs"), format!("&[\n{list}]\n"))
}

/// Compresses every file that a browser asks for. Licences and the list of versions stay in the source.
fn pack(from: &Path, to: &Path, made: &mut Vec<PathBuf>) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let target = to.join(path.file_name().ok_or(io::ErrorKind::InvalidInput)?);
        if path.is_dir() {
            pack(&path, &target, made)?;
        } else if path.extension().is_some_and(|it| matches!(it.to_str(), Some("css" | "js" | "svg" | "png" | "ico"))) {
            // No time and no name in the header, so that the same sources make the same bytes.
            let mut packed = GzBuilder::new().write(fs::File::create(&target)?, Compression::best());
            packed.write_all(&fs::read(&path)?)?;
            packed.finish()?;
            made.push(target);
        }
    }
    Ok(())
}
