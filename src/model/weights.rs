//! Named weights: from a safetensors file, as constants or as trainable variables, and back to a file.

use crate::error::{Context, Error, Result};
use candle_core::{DType, Device, Tensor, Var};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// Where a network takes its weights from.
pub trait Source {
    /// The float32 tensor of that name and shape, to be asked for once.
    fn tensor(&mut self, name: &str, shape: &[usize]) -> Result<Tensor>;
}

/// Every tensor of a safetensors file that was not taken yet: the file's precision and float32 are held side by side for one tensor only.
pub struct Checkpoint {
    tensors: HashMap<String, Tensor>,
    path: std::path::PathBuf,
}

impl Checkpoint {
    /// Reads the file as it is.
    pub fn read(path: &Path) -> Result<Self> {
        let tensors = candle_core::safetensors::load(path, &Device::Cpu)
            .context("reading weights")
            .map_err(|e| e.at(path).hint("the file may be cut short or may not be safetensors; fetch it again"))?;
        Ok(Self { tensors, path: path.to_path_buf() })
    }

    /// A weight's name, and those that older or bare checkpoints give it.
    fn names(name: &str) -> [String; 4] {
        let bare = name.strip_prefix("bert.").unwrap_or(name);
        let old = |n: &str| n.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta");
        [name.to_owned(), old(name), bare.to_owned(), old(bare)]
    }

    fn find(&self, name: &str) -> Option<&Tensor> {
        Self::names(name).iter().find_map(|n| self.tensors.get(n))
    }

    /// Drops every tensor whose name begins so.
    pub fn forget(&mut self, prefix: &str) {
        self.tensors.retain(|name, _| !name.starts_with(prefix));
    }

    /// Whether a tensor of that name is there.
    pub fn contains(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// The file that they come from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The tensors by name, for architectures that take them all at once.
    pub fn into_tensors(self) -> HashMap<String, Tensor> {
        self.tensors
    }
}

pub(super) fn missing(name: &str, file: &Path) -> Error {
    let error = Error::new(format!("no weights named {name:?}")).at(file);
    if ["classifier", "pooler", "pre_classifier", "head"].iter().any(|part| name.split('.').any(|p| p == *part)) {
        error.hint("a bare encoder has no classification head: give it one with `stance finetune --base`")
    } else {
        error.hint("config.json asks for it: do both come from the same model?")
    }
}

pub(super) fn misshapen(name: &str, found: &[usize], expected: &[usize], file: &Path) -> Error {
    Error::new(format!("{name} has the shape {found:?}")).at(file).expected(format!("{expected:?}, as config.json says"))
}

impl Source for Checkpoint {
    fn tensor(&mut self, name: &str, shape: &[usize]) -> Result<Tensor> {
        let found = Self::names(name).iter().find_map(|n| self.tensors.remove(n)).ok_or_else(|| missing(name, &self.path))?;
        if found.dims() != shape {
            return Err(misshapen(name, found.dims(), shape, &self.path));
        }
        found.to_dtype(DType::F32).and_then(|t| t.contiguous()).context("reading weights")
    }
}

/// Variables of a network in training: read from a checkpoint, the head made new where it has none (or another size).
pub struct Variables {
    checkpoint: Checkpoint,
    frozen: Box<dyn Fn(&str) -> bool>,
    rng: ChaCha8Rng,
    /// All weights by name; the trainable ones are variables.
    pub all: BTreeMap<String, Tensor>,
    /// The trainable ones.
    pub trainable: BTreeMap<String, Var>,
    /// Names of the weights that were drawn anew.
    pub fresh: Vec<String>,
}

impl Variables {
    /// Weights whose name `frozen` accepts stay constants.
    pub fn new(checkpoint: Checkpoint, seed: u64, frozen: impl Fn(&str) -> bool + 'static) -> Self {
        Self {
            checkpoint,
            frozen: Box::new(frozen),
            rng: ChaCha8Rng::seed_from_u64(seed),
            all: BTreeMap::new(),
            trainable: BTreeMap::new(),
            fresh: Vec::new(),
        }
    }

    /// Normal with standard deviation 0.02 for weights, zero for biases, as in BERT.
    fn draw(&mut self, name: &str, shape: &[usize]) -> Result<Tensor> {
        use rand::Rng;
        let n: usize = shape.iter().product();
        let values: Vec<f32> = if name.ends_with("bias") {
            vec![0.0; n]
        } else {
            // Box and Muller's transform.
            let mut normal = || {
                let (u, v): (f64, f64) = (1.0 - self.rng.random::<f64>(), self.rng.random());
                (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
            };
            (0..n).map(|_| (0.02 * normal()) as f32).collect()
        };
        self.fresh.push(name.to_owned());
        Tensor::from_vec(values, shape, &Device::Cpu).context("drawing weights")
    }
}

impl Source for Variables {
    fn tensor(&mut self, name: &str, shape: &[usize]) -> Result<Tensor> {
        let head = name.starts_with("classifier") || name.starts_with("bert.pooler");
        let fits = self.checkpoint.find(name).is_some_and(|t| t.dims() == shape);
        let value = if head && !fits { self.draw(name, shape)? } else { self.checkpoint.tensor(name, shape)? };
        let value = if (self.frozen)(name) {
            value
        } else {
            let var = Var::from_tensor(&value).context("making a variable")?;
            let value = var.as_tensor().clone();
            self.trainable.insert(name.to_owned(), var);
            value
        };
        self.all.insert(name.to_owned(), value.clone());
        Ok(value)
    }
}

/// Writes weights as safetensors in the given precision.
pub fn write(path: &Path, tensors: &BTreeMap<String, Tensor>, dtype: DType) -> Result<()> {
    let tensors: HashMap<&str, Tensor> = tensors
        .iter()
        .map(|(name, t)| Ok((name.as_str(), t.detach().to_dtype(dtype)?)))
        .collect::<candle_core::Result<_>>()
        .context("converting weights")?;
    let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    let bytes = safetensors::serialize(tensors, Some(metadata)).context("serialising weights")?;
    crate::atomic::write(path, &bytes)
}
