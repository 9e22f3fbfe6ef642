//! The templates: embedded, overridable by files, and the words and functions that they speak in.

use std::error::Error;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::{fs, io};

use rocket::fairing::Fairing;
use rocket_dyn_templates::{Engines, Template};
use rust_embed::RustEmbed;

use super::{assets, words};
use crate::causes::causes;

#[derive(RustEmbed)]
#[folder = "templates/"]
struct Embedded;

/// Registers every template, under a name that ends in `.html`: only those are escaped and typed as HTML.
/// `overrides/<name>` stands in for the embedded template of that name where it exists. A template that does not
/// parse, of ours or of theirs, stops the launch.
///
/// The library wants an existing `template_dir` besides; see [`directory`].
pub(super) fn fairing(overrides: Option<PathBuf>) -> impl Fairing {
    Template::try_custom(move |engines| register(engines, overrides.as_deref()))
}

/// An empty directory of ours below `parent`, for Rocket's `template_dir` setting, which must name one that exists.
///
/// # Errors
/// Where it cannot be created.
pub fn directory(parent: &Path) -> io::Result<PathBuf> {
    let path = parent.join(".templates");
    fs::create_dir_all(&path)?;
    Ok(path)
}

fn register(engines: &mut Engines, overrides: Option<&Path>) -> Result<(), Box<dyn Error>> {
    words::register(&mut engines.tera);
    assets::register(&mut engines.tera);
    let mut sources = Vec::new();
    for file in Embedded::iter() {
        let Some(name) = file.strip_suffix(".tera") else { continue };
        sources.push((name.to_owned(), source(name, &file, overrides)?));
    }
    // All in one call: a template may extend one that comes after it.
    // The library tells the error without what caused it.
    engines.tera.add_raw_templates(sources).inspect_err(|error| log::error!("{}", causes(error)))?;
    Ok(())
}

fn source(name: &str, file: &str, overrides: Option<&Path>) -> Result<String, Box<dyn Error>> {
    if let Some(path) = overrides.map(|it| it.join(name)).filter(|it| it.is_file()) {
        return fs::read_to_string(&path).map_err(|cause| format!("could not read {}: {cause}", path.display()).into());
    }
    let embedded = Embedded::get(file).ok_or_else(|| format!("no template {file} is embedded"))?;
    Ok(String::from_utf8(embedded.data.into_owned())?)
}

/// A digest of all embedded templates: pages drawn by another build are not fresh.
pub(super) fn digest() -> u64 {
    let mut files: Vec<_> =
        Embedded::iter().filter_map(|it| Some((it.to_string(), Embedded::get(&it)?.metadata.sha256_hash()))).collect();
    files.sort();
    let mut hasher = DefaultHasher::new();
    files.hash(&mut hasher);
    hasher.finish()
}
