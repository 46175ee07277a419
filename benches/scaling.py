"""Time and peak of memory of `stance classify` from 10^2 to 10^6 sentences, on one core and on two. Python's own library alone.

    python3 benches/scaling.py                        the default model, each cell if it is foreseen to take at most 3 minutes
    python3 benches/scaling.py --model tests/fixtures/models/bert --skip-probe --most 600     a tiny network: what is not the network

The text is that of datasets/news-claims, article after article; from the second time round a word of each sentence is exchanged,
so that no sentence comes twice. Seconds are the clock's; processor time tells more where the machine is not idle. A cell that is foreseen to take too long (by the one before it) is not run, and says so.
"""

import argparse
import json
import os
import random
import re
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CLAIM = "US allies will keep sharing intelligence with the United States."


def corpus(sentences, folder):
    """Files with about that many sentences: some 25 an article, 1,000 articles a JSONL file where there are more."""
    source = sorted((ROOT / "datasets/news-claims/articles").iterdir())
    texts = [p.read_text(encoding="utf-8") for p in source]
    words = sorted({w for t in texts for w in re.findall(r"\b[a-z]{4,9}\b", t)})
    rng = random.Random(1)
    end = re.compile(r"(?<=[.!?])\s+|\n+")
    made, rows, number = 0, [], 0

    def other(match):
        return rng.choice(words) if match else ""

    while made < sentences:
        text = texts[number % len(texts)]
        if number >= len(texts):
            parts = re.split(r"((?<=[.!?])\s+|\n+)", text)
            text = "".join(re.sub(r"\b[a-z]{4,9}\b", other, part, count=1) for part in parts)
        count = sum(1 for part in end.split(text) if part.strip())
        if made + count > sentences:
            parts = [part for part in end.split(text) if part.strip()][: sentences - made]
            text, count = "\n".join(parts), len(parts)
        rows.append({"id": f"a{number}", "text": text})
        made += count
        number += 1
    for k in range(0, len(rows), 1000):
        with open(folder / f"{k // 1000:04}.jsonl", "w", encoding="utf-8") as out:
            out.writelines(json.dumps(row) + "\n" for row in rows[k : k + 1000])
    return len(rows)


def cell(command):
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    words = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(words)
    return time.perf_counter() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="stance-mini")
    parser.add_argument("--skip-probe", action="store_true")
    parser.add_argument("--sizes", type=int, nargs="*", default=[100, 1000, 10_000, 100_000, 1_000_000])
    parser.add_argument("--threads", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--most", type=float, default=180, help="seconds that a cell may be foreseen to take")
    parser.add_argument("arguments", nargs="*", help="more arguments for `stance classify`, after --")
    args = parser.parse_args()
    stance = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release/stance"
    print(f"{'sentences':>9} {'articles':>9} {'cores':>6} {'seconds':>9} {'sentences/s':>12} {'cpu seconds':>12} {'peak MiB':>9}")
    last = {}
    for size in args.sizes:
        with tempfile.TemporaryDirectory() as folder:
            articles = corpus(size, Path(folder))
            for threads in args.threads:
                before = last.get(threads)
                foreseen = before[1] * size / before[0] if before else 0
                if foreseen > args.most:
                    print(f"{size:>9} {articles:>9} {threads:>6}   not run: foreseen {foreseen:.0f} s", flush=True)
                    continue
                command = [stance, "classify", folder, "--claim", CLAIM, "--format", "csv", "--model", args.model]
                command += ["--threads", str(threads), *(["--skip-probe"] if args.skip_probe else []), *args.arguments]
                # One thread for the network, and the reader's own: held to so many cores, where the system can.
                if Path("/usr/bin/taskset").exists():
                    command = ["taskset", "-c", f"0-{threads - 1}", *command]
                seconds, cpu, peak = cell(command)
                last[threads] = (size, seconds)
                rates = f"{seconds:>9.2f} {size / seconds:>12.1f} {cpu:>12.2f} {peak:>9.0f}"
                print(f"{size:>9} {articles:>9} {threads:>6} {rates}", flush=True)


if __name__ == "__main__":
    main()
