//! How data flows through a state: `InputPath`, `Parameters`, `ResultSelector`, `ResultPath` and
//! `OutputPath`, in this order.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::definition::{Flow, Selection};
use crate::error::Failure;
use crate::path::{Data, Path};
use crate::retry::ResultPath;

impl Flow {
    /// What the state works on. `raw` is the input of `data`; nothing is copied where nothing changes.
    pub(super) fn effective_input(&self, raw: &Arc<Value>, data: &Data<'_>) -> Result<Arc<Value>, Failure> {
        let selected = match &self.input_path {
            Selection::Whole => None,
            selection => Some(select(selection, data)?),
        };
        match (&self.parameters, selected) {
            (None, None) => Ok(Arc::clone(raw)),
            (None, Some(selected)) => Ok(Arc::new(selected.into_owned())),
            (Some(template), selected) => {
                let input = selected.as_deref().unwrap_or(data.input);
                Ok(Arc::new(template.evaluate(&data.with_input(input))?))
            }
        }
    }

    /// The state's output for a result. `raw` is the input of `data`.
    pub(super) fn output(&self, raw: &Arc<Value>, result: Arc<Value>, data: &Data<'_>) -> Result<Arc<Value>, Failure> {
        let result = match &self.result_selector {
            None => result,
            Some(template) => Arc::new(template.evaluate(&data.with_input(&result))?),
        };
        let combined = place(&self.result_path, raw, result)?;
        self.selected_output(combined, data)
    }

    /// The part of `whole` that `OutputPath` lets through.
    pub(super) fn selected_output(&self, whole: Arc<Value>, data: &Data<'_>) -> Result<Arc<Value>, Failure> {
        if let Selection::Whole = self.output_path {
            return Ok(whole);
        }
        let output = select(&self.output_path, &data.with_input(&whole))?.into_owned();
        Ok(Arc::new(output))
    }
}

/// Puts a result where the path says within the input.
pub(super) fn place(path: &ResultPath, raw: &Arc<Value>, result: Arc<Value>) -> Result<Arc<Value>, Failure> {
    match path {
        ResultPath::Replace => Ok(result),
        ResultPath::Discard => Ok(Arc::clone(raw)),
        ResultPath::Put(path) => Ok(Arc::new(path.put(Value::clone(raw), Arc::unwrap_or_clone(result))?)),
    }
}

fn select<'a>(selection: &Selection, data: &Data<'a>) -> Result<Cow<'a, Value>, Failure> {
    match selection {
        Selection::Whole => Ok(Cow::Borrowed(data.input)),
        Selection::Nothing => Ok(Cow::Owned(Value::Object(Map::new()))),
        Selection::Path(path) => find(path, data),
    }
}

/// The value at a path that has to lead somewhere.
pub(super) fn find<'a>(path: &Path, data: &Data<'a>) -> Result<Cow<'a, Value>, Failure> {
    path.resolve(data).map_err(|not_found| {
        let reason = path.explain(not_found);
        Failure::runtime(format!("Invalid path '{}' : {reason}", path.text()))
    })
}
