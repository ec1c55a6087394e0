//! The files of workflows' folders.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::Path;

use rust_embed::RustEmbed;

use crate::Finding;

pub(crate) const DEFINITION: &str = "workflow.asl.json";
pub(crate) const TRIGGERS: &str = "triggers.json";
pub(crate) const EXAMPLE: &str = "example-order.json";

/// The workflows that come with the program.
#[derive(RustEmbed)]
#[folder = "../../workflows"]
#[include = "*/workflow.asl.json"]
#[include = "*/triggers.json"]
#[include = "*/example-order.json"]
struct BuiltIn;

/// The texts of one folder.
pub(crate) struct Source {
    pub name: String,
    pub definition: Cow<'static, str>,
    pub triggers: Option<Cow<'static, str>>,
    pub example: Option<Cow<'static, str>>,
}

impl Source {
    pub fn definition_file(&self) -> String {
        format!("{}/{DEFINITION}", self.name)
    }

    pub fn triggers_file(&self) -> String {
        format!("{}/{TRIGGERS}", self.name)
    }
}

pub(crate) fn built_in() -> Vec<Source> {
    let text = |name: &str, file: &str| {
        let file = BuiltIn::get(&format!("{name}/{file}"))?;
        Some(match file.data {
            Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes),
            Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
        })
    };
    let names: BTreeSet<String> =
        BuiltIn::iter().filter_map(|path| path.split_once('/').map(|(name, _)| name.to_owned())).collect();
    names
        .into_iter()
        .filter_map(|name| {
            let definition = text(&name, DEFINITION)?;
            let (triggers, example) = (text(&name, TRIGGERS), text(&name, EXAMPLE));
            Some(Source { name, definition, triggers, example })
        })
        .collect()
}

pub(crate) fn read_folder(folder: &Path) -> Result<Vec<Source>, Finding> {
    let failed = |problem: std::io::Error| {
        Finding::error(&folder.display().to_string(), "", format!("the folder cannot be read: {problem}"))
    };
    let mut sources = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir()
            && let Some(source) = read_source(&path)?
        {
            sources.push(source);
        }
    }
    sources.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(sources)
}

/// Reads one folder; nothing when it holds none of a workflow's files.
pub(crate) fn read_source(folder: &Path) -> Result<Option<Source>, Finding> {
    // The name is the folder's own, also where it was called `.`.
    let resolved = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let name = resolved.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let read = |file: &str| match std::fs::read_to_string(folder.join(file)) {
        Ok(text) => Ok(Some(Cow::Owned(text))),
        Err(problem) if problem.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(problem) => Err(Finding::error(&format!("{name}/{file}"), "", format!("cannot be read: {problem}"))),
    };
    let (definition, triggers, example) = (read(DEFINITION)?, read(TRIGGERS)?, read(EXAMPLE)?);
    match definition {
        Some(definition) => Ok(Some(Source { name, definition, triggers, example })),
        None if triggers.is_some() || example.is_some() => Err(Finding::error(
            &format!("{name}/{DEFINITION}"),
            "",
            "is missing from a folder with a workflow's other files",
        )),
        None => Ok(None),
    }
}
