//! Named weights: from a safetensors file, as constants or as trainable variables, and back to a file.

use crate::error::{Context, Error, Result};
use candle_core::{DType, Device, Tensor, Var, WithDType};
use half::f16;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use safetensors::tensor::{Metadata, TensorInfo};
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Where a network takes its weights from.
pub trait Source {
    /// The float32 tensor of that name and shape, to be asked for once.
    fn tensor(&mut self, name: &str, shape: &[usize]) -> Result<Tensor>;

    /// The same as plain numbers, row by row.
    fn values(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        self.tensor(name, shape)?.flatten_all().and_then(|t| t.to_vec1()).context("reading weights")
    }

    /// The same, in half the memory where the source has it in float16.
    fn table(&mut self, name: &str, shape: &[usize]) -> Result<Table> {
        Ok(Table::Single(self.values(name, shape)?))
    }
}

/// A table whose rows are looked up, row by row.
pub enum Table {
    /// In float32.
    Single(Vec<f32>),
    /// In float16.
    Half(Vec<f16>),
}

/// A safetensors file whose header is read; tensors stay in the file until they are asked for, so that no weight is in memory twice.
pub struct Checkpoint {
    tensors: HashMap<String, TensorInfo>,
    file: File,
    /// Where the tensors begin in the file.
    start: u64,
    path: PathBuf,
}

/// Values that are read from the file at once.
const CHUNK: usize = 1 << 16;

impl Checkpoint {
    /// Reads the header and checks that the file is as long as it says.
    pub fn read(path: &Path) -> Result<Self> {
        let file = File::open(path).context("reading weights").map_err(|e| e.at(path))?;
        let (tensors, start) = header(&file).map_err(|e| e.at(path).hint(DAMAGED))?;
        Ok(Self { tensors, file, start, path: path.to_path_buf() })
    }

    /// The values of a tensor, as they are, in parts of at most [`CHUNK`].
    fn parts(&mut self, info: &TensorInfo, mut take: impl FnMut(Tensor) -> candle_core::Result<()>) -> Result<()> {
        let unknown = || Error::new(format!("weights of the type {:?}", info.dtype)).at(&self.path);
        let dtype = DType::try_from(info.dtype).map_err(|_| unknown())?;
        let width = dtype.size_in_bytes();
        if width == 0 {
            return Err(unknown()); // candle knows such types by name only
        }
        let (from, to) = info.data_offsets;
        let mut bytes = vec![0; (to - from).min(CHUNK * width)];
        let mut left = to - from;
        let file = &mut self.file;
        let mut run = || -> std::result::Result<(), Box<dyn std::error::Error>> {
            file.seek(SeekFrom::Start(self.start + from as u64))?;
            while left > 0 {
                let part = &mut bytes[..left.min(CHUNK * width)];
                file.read_exact(part)?;
                left -= part.len();
                take(Tensor::from_raw_buffer(part, dtype, &[part.len() / width], &Device::Cpu)?)?;
            }
            Ok(())
        };
        run().context("reading weights").map_err(|e| e.at(&self.path).hint(DAMAGED))
    }

    /// A weight's name, and those that older or bare checkpoints give it.
    fn names(name: &str) -> [String; 4] {
        let bare = name.strip_prefix("bert.").unwrap_or(name);
        let old = |n: &str| n.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta");
        [name.to_owned(), old(name), bare.to_owned(), old(bare)]
    }

    fn find(&self, name: &str) -> Option<&TensorInfo> {
        Self::names(name).iter().find_map(|n| self.tensors.get(n))
    }

    /// Where the tensor of that name and shape is; it is not there any more afterwards.
    fn take(&mut self, name: &str, shape: &[usize]) -> Result<TensorInfo> {
        let found = Self::names(name).iter().find_map(|n| self.tensors.remove(n)).ok_or_else(|| missing(name, &self.path))?;
        if found.shape != shape {
            return Err(misshapen(name, &found.shape, shape, &self.path));
        }
        Ok(found)
    }

    /// The values of the tensor of that name and shape as T; it is not there any more afterwards.
    fn read_as<T: WithDType>(&mut self, name: &str, shape: &[usize]) -> Result<Vec<T>> {
        // Only a shape that the file has may say how much memory is asked for.
        let info = self.take(name, shape)?;
        let mut values = Vec::with_capacity(shape.iter().product());
        self.parts(&info, |part| {
            values.extend(part.to_dtype(T::DTYPE)?.to_vec1::<T>()?);
            Ok(())
        })?;
        Ok(values)
    }

    /// Drops every tensor whose name begins so.
    pub fn forget(&mut self, prefix: &str) {
        self.tensors.retain(|name, _| !name.starts_with(prefix));
    }

    /// Whether a tensor of that name is there.
    pub fn contains(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// Names and shapes of the tensors that were not taken yet.
    pub fn shapes(&self) -> impl Iterator<Item = (&str, &[usize])> {
        self.tensors.iter().map(|(name, info)| (name.as_str(), info.shape.as_slice()))
    }

    /// The file that they come from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The tensors by name, in the file's precision, for architectures that take them all at once.
    pub fn into_tensors(mut self) -> Result<HashMap<String, Tensor>> {
        let all = std::mem::take(&mut self.tensors);
        let mut read = |info: &TensorInfo| {
            let mut parts = Vec::new();
            self.parts(info, |part| {
                parts.push(part);
                Ok(())
            })?;
            let whole = match parts.as_slice() {
                [] => Tensor::zeros(0, DType::F32, &Device::Cpu),
                parts => Tensor::cat(parts, 0),
            };
            whole.and_then(|t| t.reshape(info.shape.as_slice())).context("reading weights").map_err(|e| e.at(&self.path))
        };
        all.into_iter().map(|(name, info)| Ok((name, read(&info)?))).collect()
    }
}

const DAMAGED: &str = "the file may be cut short or may not be safetensors; fetch it again";

/// What a safetensors file says of its tensors, and where the first one begins. (The library's own reader wants the whole file in memory.)
fn header(mut file: &File) -> Result<(HashMap<String, TensorInfo>, u64)> {
    const MOST: u64 = 100_000_000; // as the format's own library
    let io = |e: std::io::Error| Error::new(format!("reading weights: {e}"));
    let whole = file.metadata().map_err(io)?.len();
    let mut size = [0; 8];
    file.read_exact(&mut size).map_err(io)?;
    let start = u64::from_le_bytes(size).saturating_add(8);
    if start > whole.min(MOST) {
        return Err(Error::new(format!("reading weights: a header of {} bytes in a file of {whole}", start - 8)));
    }
    let mut json = vec![0; (start - 8) as usize];
    file.read_exact(&mut json).map_err(io)?;
    let header: Metadata = serde_json::from_slice(&json).context("reading weights")?;
    let end = start + header.data_len() as u64;
    if end != whole {
        return Err(Error::new(format!("reading weights: {whole} bytes")).expected(format!("{end}, as its header says")));
    }
    Ok((header.tensors().into_iter().map(|(name, info)| (name, info.clone())).collect(), start))
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
        Tensor::from_vec(self.values(name, shape)?, shape, &Device::Cpu).context("reading weights")
    }

    fn values(&mut self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        self.read_as(name, shape)
    }

    fn table(&mut self, name: &str, shape: &[usize]) -> Result<Table> {
        let is_half = self.find(name).is_some_and(|info| info.dtype == safetensors::Dtype::F16);
        Ok(if is_half { Table::Half(self.read_as(name, shape)?) } else { Table::Single(self.read_as(name, shape)?) })
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
        let fits = self.checkpoint.find(name).is_some_and(|t| t.shape == shape);
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
