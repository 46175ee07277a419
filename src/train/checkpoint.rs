//! Checkpoints: everything that a broken run needs to end with the same weights as an unbroken one.
//!
//! `state.json` names the files that belong together and is written last, whole: whenever a run is killed, the folder holds
//! one complete checkpoint.

use super::optimizer::AdamW;
use crate::error::{Context, Error, Result};
use crate::model::weights;
use candle_core::{DType, Device, Tensor};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What a run has reached.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// Hash of base, settings and data: another run does not take up this one's checkpoint.
    pub run: String,
    /// Optimizer steps taken.
    pub step: u64,
    /// The best dev result so far.
    pub best: Option<Best>,
    /// Evaluations since then.
    pub evaluations_since_best: u32,
    /// Whether early stopping or the plan's end was reached.
    pub finished: bool,
    /// Seconds of training so far.
    pub seconds: f64,
    /// Dev scores of the base before the first step.
    pub before: Option<super::DevScores>,
}

/// A dev result and the step at which it was reached.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Best {
    /// Step of the weights.
    pub step: u64,
    /// Value of the metric that is watched.
    pub value: f64,
}

/// The folder of a run's checkpoints.
pub struct Checkpoints {
    folder: PathBuf,
}

fn weights_name(step: u64) -> String {
    format!("weights-{step:08}.safetensors")
}

fn moments_name(step: u64) -> String {
    format!("moments-{step:08}.safetensors")
}

impl Checkpoints {
    /// The folder, made if it is not there.
    pub fn new(folder: PathBuf) -> Result<Self> {
        fs::create_dir_all(&folder).context("making the folder for checkpoints").map_err(|e| e.at(&folder))?;
        Ok(Self { folder })
    }

    fn state_path(&self) -> PathBuf {
        self.folder.join("state.json")
    }

    /// The last complete checkpoint's state.
    pub fn state(&self) -> Result<Option<State>> {
        let path = self.state_path();
        if path.exists() { crate::model::config::read(&path).map(Some) } else { Ok(None) }
    }

    /// The file of the weights at a step.
    pub fn weights(&self, step: u64) -> PathBuf {
        self.folder.join(weights_name(step))
    }

    /// Writes a checkpoint and removes those that it replaces.
    pub fn save(&self, state: &State, all: &BTreeMap<String, Tensor>, optimizer: &AdamW) -> Result<()> {
        // The weights of a new best step were written a moment ago.
        if state.best.as_ref().is_none_or(|b| b.step != state.step) {
            self.save_weights(state.step, all)?;
        }
        let mut moments = BTreeMap::new();
        for (name, slot) in &optimizer.slots {
            for (kind, values) in [("m", &slot.m), ("v", &slot.v)] {
                let t = Tensor::from_slice(values, values.len(), &Device::Cpu).context("saving moments")?;
                moments.insert(format!("{kind}.{name}"), t);
            }
        }
        weights::write(&self.folder.join(moments_name(state.step)), &moments, DType::F32)?;
        let text = serde_json::to_string_pretty(state).context("serialising")?;
        crate::atomic::write(&self.state_path(), text.as_bytes())?;
        self.clean(state)
    }

    /// Writes the weights of a step alone (a new best one).
    pub fn save_weights(&self, step: u64, all: &BTreeMap<String, Tensor>) -> Result<()> {
        weights::write(&self.weights(step), all, DType::F32)
    }

    /// Sets the weights and moments of the checkpoint.
    pub fn restore(&self, state: &State, optimizer: &mut AdamW) -> Result<()> {
        let read = |name: String| {
            let path = self.folder.join(name);
            candle_core::safetensors::load(&path, &Device::Cpu).context("reading a checkpoint").map_err(|e| e.at(path))
        };
        let weights = read(weights_name(state.step))?;
        let moments = read(moments_name(state.step))?;
        for (name, slot) in &mut optimizer.slots {
            let lost = || Error::new(format!("{name} is missing in the checkpoint")).at(&self.folder);
            let w = weights.get(name).ok_or_else(lost)?;
            slot.var.set(w).context("restoring weights")?;
            for (kind, values) in [("m", &mut slot.m), ("v", &mut slot.v)] {
                *values = moments.get(&format!("{kind}.{name}")).ok_or_else(lost)?.to_vec1().context("restoring moments")?;
            }
        }
        optimizer.steps = state.step;
        Ok(())
    }

    fn clean(&self, state: &State) -> Result<()> {
        let mut keep = vec!["state.json".to_owned(), weights_name(state.step), moments_name(state.step)];
        keep.extend(state.best.as_ref().map(|b| weights_name(b.step)));
        for entry in fs::read_dir(&self.folder).context("listing checkpoints")? {
            let entry = entry.context("listing checkpoints")?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let ours = (name.starts_with("weights-") || name.starts_with("moments-")) && name.ends_with(".safetensors");
            if (ours || name.starts_with(".stance-")) && !keep.contains(&name) {
                fs::remove_file(entry.path()).context("removing an old checkpoint")?;
            }
        }
        Ok(())
    }
}

/// Keeps the lines of a `train.jsonl` up to a step: what a broken run logged after its last checkpoint is run again.
pub fn rewind_log(path: &Path, step: u64) -> Result<()> {
    if step == 0 || !path.exists() {
        return crate::atomic::write(path, b"");
    }
    let text = fs::read_to_string(path).context("reading the log").map_err(|e| e.at(path))?;
    let kept = |line: &&str| {
        serde_json::from_str::<serde_json::Value>(line).ok().and_then(|v| v.get("step")?.as_u64()).is_some_and(|s| s <= step)
    };
    let mut out = text.lines().filter(kept).collect::<Vec<_>>().join("\n");
    if !out.is_empty() {
        out.push('\n');
    }
    crate::atomic::write(path, out.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_reads_back_the_very_value_that_it_compares_with() {
        let dir = tempfile::tempdir().unwrap();
        let checkpoints = Checkpoints::new(dir.path().to_path_buf()).unwrap();
        // Without exact parsing this one comes back a bit lower, and an equal score would count as better.
        let best = Some(Best { step: 1, value: 0.491_152_260_370_370_35 });
        let state = State { step: 1, best, ..State::default() };
        checkpoints.save(&state, &BTreeMap::new(), &AdamW::new(BTreeMap::new(), 0.0, |_| 1.0)).unwrap();
        assert_eq!(checkpoints.state().unwrap(), Some(state));
    }

    #[test]
    fn other_peoples_files_stay() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("notes.txt"), "mine").unwrap();
        fs::create_dir(dir.path().join("old")).unwrap();
        fs::write(dir.path().join(weights_name(1)), "stale").unwrap();
        let checkpoints = Checkpoints::new(dir.path().to_path_buf()).unwrap();
        let state = State { step: 2, ..State::default() };
        checkpoints.save(&state, &BTreeMap::new(), &AdamW::new(BTreeMap::new(), 0.0, |_| 1.0)).unwrap();
        assert!(dir.path().join("notes.txt").exists() && dir.path().join("old").exists());
        assert!(!dir.path().join(weights_name(1)).exists());
    }
}
