//! Averaging the weights of models that were fine-tuned from one base ("model soups", Wortsman et al. 2022).

use super::config::{CommonConfig, read};
use super::extras::Extras;
use super::weights::{self, Checkpoint};
use crate::error::{Context, Error, Result};
use candle_core::{DType, Tensor};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Writes the mean of the models' weights, float16, into a new folder, with the first one's tokenizer and configuration. The
/// temperature is the mean of theirs. All must have the same labels in the same order and weights of the same names and shapes.
pub fn average(models: &[PathBuf], output: &Path) -> Result<()> {
    let [first, rest @ ..] = models else { return Err(Error::new("no models").expected("two or more")) };
    if output.exists() {
        return Err(Error::new("the folder is there already").at(output).expected("a new folder"));
    }
    crate::atomic::check_folder(output)?;
    let labels = |folder: &PathBuf| read::<CommonConfig>(&folder.join("config.json"))?.labels();
    let tensors = |folder: &PathBuf| -> Result<BTreeMap<String, Tensor>> {
        Ok(Checkpoint::read(&folder.join("model.safetensors"))?.into_tensors()?.into_iter().collect())
    };
    let own = labels(first)?;
    let mut temperature = Extras::read(first)?.temperature;
    let mut sum = BTreeMap::new();
    for (name, t) in tensors(first)? {
        sum.insert(name, t.to_dtype(DType::F32).context("reading weights")?);
    }
    for folder in rest {
        if labels(folder)? != own {
            return Err(Error::new("other labels, or another order")
                .at(folder)
                .expected(format!("those of {}", first.display())));
        }
        temperature += Extras::read(folder)?.temperature;
        let mut theirs = tensors(folder)?;
        for (name, total) in &mut sum {
            let t = theirs.remove(name).ok_or_else(|| Error::new(format!("no weights named {name:?}")).at(folder))?;
            *total =
                t.to_dtype(DType::F32).and_then(|t| &*total + t).context(format!("adding {name}")).map_err(|e| e.at(folder))?;
        }
        if let Some(name) = theirs.keys().next() {
            return Err(Error::new(format!("weights named {name:?}, which {} does not have", first.display())).at(folder));
        }
    }
    let n = models.len() as f64;
    for total in sum.values_mut() {
        *total = (&*total / n).context("averaging")?;
    }
    fs::create_dir_all(output).context("making the model folder").map_err(|e| e.at(output))?;
    for name in ["config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt"] {
        let from = first.join(name);
        if from.exists() {
            let bytes = fs::read(&from).context("reading").map_err(|e| e.at(&from))?;
            crate::atomic::write(&output.join(name), &bytes)?;
        }
    }
    Extras { temperature: (temperature / n * 1000.0).round() / 1000.0 }.write(output)?;
    let names: Vec<String> =
        models.iter().map(|m| format!("`{}`", m.file_name().unwrap_or_default().to_string_lossy())).collect();
    let card = format!(
        "# {}\n\nThe mean of the weights of {}.\n",
        output.file_name().unwrap_or_default().to_string_lossy(),
        names.join(", ")
    );
    crate::atomic::write(&output.join("README.md"), card.as_bytes())?;
    weights::write(&output.join("model.safetensors"), &sum, DType::F16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_of_a_model_and_its_double_is_one_and_a_half_times_it() {
        let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/models/bert");
        let dir = tempfile::tempdir().unwrap();
        let (double, out) = (dir.path().join("double"), dir.path().join("out"));
        fs::create_dir(&double).unwrap();
        fs::copy(fixture.join("config.json"), double.join("config.json")).unwrap();
        let once: BTreeMap<_, _> =
            Checkpoint::read(&fixture.join("model.safetensors")).unwrap().into_tensors().unwrap().into_iter().collect();
        let twice = once.iter().map(|(n, t)| (n.clone(), (t * 2.0).unwrap())).collect();
        weights::write(&double.join("model.safetensors"), &twice, DType::F32).unwrap();
        average(&[fixture.clone(), double.clone()], &out).unwrap();
        let mean = Checkpoint::read(&out.join("model.safetensors")).unwrap().into_tensors().unwrap();
        let flat = |t: &Tensor| t.to_dtype(DType::F32).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
        for (name, t) in &once {
            for (a, b) in flat(t).iter().zip(flat(&mean[name])) {
                assert!((a * 1.5 - b).abs() <= 1e-3 * (1.0 + b.abs()), "{name}: {a} {b}");
            }
        }
        assert!(average(&[fixture, double], &out).is_err(), "nothing is overwritten");
    }
}
