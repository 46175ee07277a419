//! `stancekit.json`: what a model folder holds besides the Hugging Face layout.

use crate::error::{Context, Result};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Name of the file in the model folder.
pub const FILE: &str = "stancekit.json";

/// Calibration and origin of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extras {
    /// Logits are divided by it before the softmax (Guo et al. 2017); fitted on a dev split.
    #[serde(default = "one")]
    pub temperature: f64,
}

fn one() -> f64 {
    1.0
}

impl Default for Extras {
    fn default() -> Self {
        Self { temperature: 1.0 }
    }
}

impl Extras {
    /// Reads the file of a model folder; the defaults where it has none.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(FILE);
        if !path.exists() {
            return Ok(Self::default());
        }
        let extras: Self = super::config::read(&path)?;
        if !(extras.temperature.is_finite() && extras.temperature > 0.0) {
            return Err(crate::Error::new(format!("temperature {}", extras.temperature)).at(path).expected("a number above 0"));
        }
        Ok(extras)
    }

    /// Writes the file into a model folder.
    pub fn write(&self, folder: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self).context("serialising")?;
        crate::atomic::write(&folder.join(FILE), format!("{text}\n").as_bytes())
    }
}
