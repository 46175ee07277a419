//! Measures: definition, direction, source. Knows nothing of models.
