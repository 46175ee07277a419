//! The learning rate over the steps.

/// Linear warm-up to the peak over `warmup` steps, then linear decay to zero at `total`.
///
/// `step` counts from 0; the factor on the peak rate is in [0, 1].
pub fn linear(step: u64, warmup: u64, total: u64) -> f64 {
    if step < warmup {
        return (step + 1) as f64 / warmup as f64;
    }
    let rest = total.saturating_sub(warmup).max(1);
    (total.saturating_sub(step)) as f64 / rest as f64
}

/// The factor of a weight `depth` layers below the head: `decay` to that power (Howard and Ruder 2018; Clark et al. 2020).
///
/// The head and the pooler are 0 deep, the top layer 1, the embeddings `layers + 1`.
pub fn layer_factor(name: &str, layers: usize, decay: f64) -> f64 {
    let depth = if name.contains(".embeddings.") {
        layers + 1
    } else if let Some(layer) = layer_of(name) {
        layers - layer.min(layers)
    } else {
        0
    };
    decay.powi(depth as i32)
}

/// The number of the encoder layer that a weight belongs to.
pub fn layer_of(name: &str) -> Option<usize> {
    name.strip_prefix("bert.encoder.layer.")?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warms_up_then_decays_to_zero() {
        let rates: Vec<f64> = (0..10).map(|s| linear(s, 2, 10)).collect();
        assert_eq!(rates, [0.5, 1.0, 1.0, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125]);
        assert_eq!(linear(10, 2, 10), 0.0);
    }

    #[test]
    fn deeper_layers_learn_more_slowly() {
        assert_eq!(layer_factor("classifier.weight", 6, 0.5), 1.0);
        assert_eq!(layer_factor("bert.encoder.layer.5.output.dense.weight", 6, 0.5), 0.5);
        assert_eq!(layer_factor("bert.encoder.layer.0.output.dense.weight", 6, 0.5), 0.5f64.powi(6));
        assert_eq!(layer_factor("bert.embeddings.word_embeddings.weight", 6, 0.5), 0.5f64.powi(7));
    }
}
