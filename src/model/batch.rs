//! Encoded pairs, packed one after the other.

use std::sync::Arc;

/// Token ids of one pair, with special tokens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Encoded {
    /// Token ids.
    pub ids: Vec<u32>,
    /// Segment of each token: 0 for the sentence, 1 for the claim (as the tokenizer has it).
    pub types: Vec<u32>,
    /// Whether the sentence was cut to fit the model.
    pub truncated: bool,
}

/// A batch of B pairs: their N tokens one after the other.
#[derive(Debug, Clone)]
pub struct Batch {
    /// Token ids (N).
    pub ids: Vec<u32>,
    /// Segments (N).
    pub types: Vec<u32>,
    /// Lengths (B); their sum is N.
    pub lens: Arc<[usize]>,
}

impl Batch {
    /// Packs pairs in the given order.
    pub fn pack<'a>(pairs: impl IntoIterator<Item = &'a Encoded>) -> Self {
        let (mut ids, mut types, mut lens) = (Vec::new(), Vec::new(), Vec::new());
        for p in pairs {
            ids.extend_from_slice(&p.ids);
            types.extend_from_slice(&p.types);
            lens.push(p.ids.len());
        }
        Self { ids, types, lens: lens.into() }
    }

    /// Each pair as a batch of its own.
    pub fn singly(&self) -> impl Iterator<Item = Self> + '_ {
        let mut from = 0;
        self.lens.iter().map(move |&len| {
            let at = from..from + len;
            from += len;
            Self { ids: self.ids[at.clone()].to_vec(), types: self.types[at].to_vec(), lens: [len].into() }
        })
    }

    /// The padded form (B, T) that architectures of other crates take: (ids, types, mask), row-major, and T.
    pub fn padded(&self, pad: u32) -> (Vec<u32>, Vec<u32>, Vec<u32>, usize) {
        let t = self.lens.iter().copied().max().unwrap_or(0);
        let size = t * self.lens.len();
        let (mut ids, mut types, mut mask) = (vec![pad; size], vec![0; size], vec![0; size]);
        let mut from = 0;
        for (row, &len) in self.lens.iter().enumerate() {
            ids[row * t..][..len].copy_from_slice(&self.ids[from..][..len]);
            types[row * t..][..len].copy_from_slice(&self.types[from..][..len]);
            mask[row * t..][..len].fill(1);
            from += len;
        }
        (ids, types, mask, t)
    }
}

/// Groups pairs into batches of similar lengths, shortest first, of about `budget` tokens at most (a longer pair stands alone): indices into
/// `lens`. Sizes are even and their number is a multiple of `threads` (but for long pairs), so that no thread is left waiting for another.
pub fn by_length(lens: &[usize], budget: usize, threads: usize) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..lens.len()).collect();
    order.sort_by_key(|&i| (lens[i], i));
    let total: usize = lens.iter().sum();
    let threads = threads.max(1);
    let count = total.div_ceil(budget.max(1)).div_ceil(threads) * threads;
    let mut batches: Vec<Vec<usize>> = Vec::new();
    let mut before = 0;
    for i in order {
        // A cut falls where it is nearest to the next multiple of an even share.
        let cut = (before + lens[i] / 2) * count > total * batches.len();
        match batches.last_mut() {
            Some(batch) if !cut => batch.push(i),
            _ => batches.push(vec![i]),
        }
        before += lens[i];
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_keeps_each_pair_in_its_row() {
        let pair = |ids: &[u32]| Encoded { ids: ids.to_vec(), types: vec![1; ids.len()], truncated: false };
        let batch = Batch::pack(&[pair(&[5, 6, 7]), pair(&[8])]);
        assert_eq!(batch.padded(0), (vec![5, 6, 7, 8, 0, 0], vec![1, 1, 1, 1, 0, 0], vec![1, 1, 1, 1, 0, 0], 3));
    }

    #[test]
    fn batches_are_even_sorted_by_length_and_hold_every_pair_once() {
        let lens = [9, 2, 40, 3, 7, 1];
        assert_eq!(by_length(&lens, 12, 1), [vec![5, 1, 3, 4], vec![0], vec![2]]);
        assert!(by_length(&[], 12, 2).is_empty());
        let lens: Vec<usize> = (0..512).map(|i| 20 + i * 7 % 61).collect();
        let total: usize = lens.iter().sum();
        for threads in [1, 2, 3, 8] {
            let batches = by_length(&lens, 1024, threads);
            assert_eq!(batches.len() % threads, 0);
            let mut seen: Vec<usize> = batches.concat();
            assert!(seen.is_sorted_by_key(|&i| lens[i]));
            seen.sort_unstable();
            assert!(seen.into_iter().eq(0..512));
            let tokens = |b: &Vec<usize>| b.iter().map(|&i| lens[i]).sum::<usize>();
            let even = total / batches.len();
            for batch in &batches {
                assert!(tokens(batch).abs_diff(even) <= 80, "{threads}: {} for {even}", tokens(batch));
            }
        }
    }
}
