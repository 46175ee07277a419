//! Scoring a million rows with a thousand bootstrap draws: `cargo bench --bench score [-- ROWS DRAWS]`.
//!
//! Prints the seconds and the peak of memory, and fails above 10 seconds or 1 GB at the full size. `benches/score.py` does the
//! same with numpy and scikit-learn.

#![allow(missing_docs, clippy::print_stdout, reason = "a program that prints its findings")]

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use stancekit::score::{Answers, Bootstrap, Metric};
use std::time::Instant;

const SECONDS: f64 = 10.0;
const MEGABYTES: f64 = 1000.0;

fn main() {
    let mut sizes = std::env::args().skip(1).filter_map(|arg| arg.parse::<usize>().ok());
    let (rows, draws) = (sizes.next().unwrap_or(1_000_000), sizes.next().unwrap_or(1000) as u32);
    let answers = made(rows);
    let articles: Vec<String> = (0..rows).map(|row| (row / 25).to_string()).collect();
    let by_article = answers.clone().with_groups(&articles).expect("as many articles as rows");
    drop(articles);
    let sums = "accuracy macro_f1 semeval_f1 mcc kappa log_loss brier ece";
    let order = "auroc average_precision accuracy@0.8 aurc adaptive_ece";
    let mut slowest = 0f64;
    println!("{rows} rows, {draws} draws, {} threads", rayon::current_num_threads());
    for (what, answers, names) in [
        ("measures that add up, rows drawn", &answers, sums),
        ("measures that add up, articles of 25 rows drawn", &by_article, sums),
        ("measures of the order of rows, articles drawn", &by_article, order),
    ] {
        let metrics: Vec<Metric> = names.split(' ').map(|name| name.parse().expect("a metric")).collect();
        let started = Instant::now();
        let estimates = Bootstrap { draws, ..Bootstrap::default() }.estimate(answers, &metrics);
        let seconds = started.elapsed().as_secs_f64();
        println!("{seconds:7.2} s  {what}: {names}");
        for e in estimates {
            let [low, high] = e.interval.unwrap_or([f64::NAN; 2]);
            println!("           {:<20} {:.5} [{low:.5}, {high:.5}]", e.metric.to_string(), e.value.unwrap_or(f64::NAN));
        }
        if names == sums {
            slowest = slowest.max(seconds);
        }
    }
    let peak = peak_megabytes();
    println!("{:7.0} MB  peak of memory", peak.unwrap_or(f64::NAN));
    if rows >= 1_000_000 && draws >= 1000 {
        assert!(slowest < SECONDS, "{slowest:.2} s; expected less than {SECONDS} s");
        assert!(peak.is_none_or(|mb| mb < MEGABYTES), "{peak:?} MB; expected less than {MEGABYTES} MB");
    }
}

/// Four labels, probabilities that lean to the gold one: seven of ten rows are right or so.
fn made(rows: usize) -> Answers {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut uniform = || f64::from(rng.next_u32()) / 4_294_967_296.0;
    let labels = ["favor", "against", "neutral", "unrelated"].map(String::from).to_vec();
    let (mut gold, mut predicted, mut probabilities) = (Vec::new(), Vec::new(), Vec::with_capacity(rows * 4));
    for _ in 0..rows {
        let label = (uniform() * 4.0) as usize;
        let mut p = [uniform(), uniform(), uniform(), uniform()];
        p[label] += 0.5;
        let sum: f64 = p.iter().sum();
        p.iter_mut().for_each(|p| *p /= sum);
        gold.push(label);
        predicted.push((1..4).fold(0, |best, i| if p[i] > p[best] { i } else { best }));
        probabilities.extend(p);
    }
    let answers = Answers::new(labels, gold, predicted).expect("columns of one length");
    answers.with_flat_probabilities(probabilities).expect("distributions")
}

/// The most memory that the process has held, where the system tells.
fn peak_megabytes() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<f64>().ok()? / 1000.0)
}
