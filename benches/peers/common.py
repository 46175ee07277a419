"""What the scripts here share: the pairs, their tokens, batches of 32, and our side of a measurement."""

import json
import os
import random
import statistics
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "models/stance-mini"
PAIRS = 4000
BLOCKS = 8
BATCH = 32
THREADS = 2


def pairs():
    """4,000 (sentence, claim) pairs of the corpus, drawn with a fixed seed; labels are not looked at."""
    rows = [json.loads(line) for line in open(ROOT / "datasets/news-claims/train.jsonl", encoding="utf-8")]
    rows = [(row["text"], row["claim"]) for row in rows if row["kind"] == "sentence"]
    return random.Random(1).sample(rows, PAIRS)


def encode(texts):
    """Token ids and segments of each pair, as `tokenizer.json` of the model makes them: without padding."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(MODEL / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(512, strategy="only_first")
    return [(e.ids, e.type_ids) for e in tokenizer.encode_batch(texts)]


def order(encoded, how):
    """Places of the pairs, in blocks of batches of 32: as they come, or sorted by length over all of them.

    Of the sorted batches each block gets every eighth, so that all blocks have the same mixture of lengths.
    """
    places = list(range(len(encoded)))
    if how == "sorted":
        places.sort(key=lambda i: len(encoded[i][0]))
    batches = [places[i : i + BATCH] for i in range(0, len(places), BATCH)]
    if how == "sorted":
        return [batches[k::BLOCKS] for k in range(BLOCKS)]
    size = -(-len(batches) // BLOCKS)
    return [batches[k * size : (k + 1) * size] for k in range(BLOCKS)]


def pad(encoded, batch):
    """(ids, mask, types) of a batch as int64 (32, T), padded to its longest pair."""
    import numpy as np

    longest = max(len(encoded[i][0]) for i in batch)
    ids, mask, types = (np.zeros((len(batch), longest), dtype=np.int64) for _ in range(3))
    for row, i in enumerate(batch):
        n = len(encoded[i][0])
        ids[row, :n], types[row, :n], mask[row, :n] = encoded[i][0], encoded[i][1], 1
    return ids, mask, types


def executable(name):
    """The program of a bench target, built if need be."""
    command = ["cargo", "bench", "--bench", name, "--no-run", "--message-format=json"]
    lines = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    found = [json.loads(line) for line in lines if '"compiler-artifact"' in line]
    return next(a["executable"] for a in found if a["target"]["name"] == name and a.get("executable"))


def binary():
    """`stance`, built if need be."""
    subprocess.run(["cargo", "build", "--release", "--bin", "stance"], cwd=ROOT, check=True, capture_output=True)
    target = os.environ.get("CARGO_TARGET_DIR", ROOT / "target")
    return Path(target) / "release/stance"


class Ours:
    """`benches/peer.rs`, which waits for orders on standard input: one line there, one line back."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [executable("peer"), *map(str, arguments)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, **order):
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("our side ended; its words are above")
        return json.loads(line)

    def cpu(self):
        """Seconds of processor time so far, of all its threads, where the system tells (Linux)."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def median(values):
    return statistics.median(values)


def machine():
    """One line that says where this was measured."""
    cpu = "unknown CPU"
    if Path("/proc/cpuinfo").exists():
        names = [line for line in open("/proc/cpuinfo") if line.startswith("model name")]
        flags = next((line for line in open("/proc/cpuinfo") if line.startswith("flags")), "")
        wanted = ["avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "avx_vnni", "amx_int8", "amx_bf16"]
        cpu = names[0].split(":")[1].strip() + ", " + " ".join(f for f in wanted if f in flags.split())
    return f"{cpu}, {os.cpu_count()} cores"
