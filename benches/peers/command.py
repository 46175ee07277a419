"""The whole command: `stance classify` against its own engine, against transformers' pipelines, from start to first label, memory.

    python command.py [--articles N] [--rounds N] [--arguments …]     (-- precedes arguments for `stance classify`)

Files: articles of datasets/news-claims. Interleaved; medians.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import ROOT, THREADS, binary, machine, median

CLAIM = "US allies will keep sharing intelligence with the United States."


def run(command, out):
    """Seconds, seconds to the first byte of output, and peak of memory in MiB."""
    started = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    first = process.stdout.read(1)
    to_first = time.perf_counter() - started
    out.write(first + process.stdout.read())
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    if status != 0:
        raise SystemExit(f"{command[:4]} failed")
    return seconds, to_first, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--skip", nargs="*", default=[])
    parser.add_argument("arguments", nargs="*", help="more arguments for `stance classify`")
    args = parser.parse_args()
    stance = str(binary())
    folder = ROOT / "datasets/news-claims/articles"
    files = [str(p.relative_to(ROOT)) for p in sorted(folder.iterdir())][:: len(list(folder.iterdir())) // args.articles]
    files = files[: args.articles]
    tail = ["--claim", CLAIM, "--format", "jsonl", "--threads", str(THREADS)]
    python = [sys.executable, str(Path(__file__).with_name("pipeline.py"))]
    commands = {
        "stance classify": [stance, "classify", *files, *tail, *args.arguments],
        "transformers, pairs": [*python, "pair", CLAIM, *files],
        "transformers, zero-shot": [*python, "zero-shot", CLAIM, *files],
    }
    commands = {name: command for name, command in commands.items() if not any(s in name for s in args.skip)}
    taken = {name: [] for name in commands}
    lines = {}
    for _ in range(args.rounds):
        for name, command in commands.items():
            with tempfile.TemporaryFile() as out:
                taken[name].append(run(command, out))
                out.seek(0)
                lines[name] = sum(1 for _ in out)
    print(machine(), f"{len(files)} articles", sep="; ")
    for name, runs in taken.items():
        seconds, first, peak = (median(column) for column in zip(*runs))
        rate = lines[name] / seconds
        print(f"{name:<26} {seconds:7.2f} s  {lines[name]} labels  {rate:7.1f} labels/s  peak {peak:.0f} MiB  first byte {first:.2f} s")
    ours = median(r[0] for r in taken["stance classify"]) / lines["stance classify"]
    for name in commands:
        if name != "stance classify":
            theirs = median(r[0] for r in taken[name]) / lines[name]
            print(f"stance classify / {name}: {theirs / ours:.2f} times the labels a second")
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as one:
        one.write("The bridge will open on Monday, the engineer promised.\n")
        one.flush()
        with tempfile.TemporaryFile() as out:
            starts = [run([stance, "classify", one.name, *tail, *args.arguments], out) for _ in range(15)]
    seconds, first, peak = (median(column) for column in zip(*starts))
    print(f"one sentence: first label after {first:.3f} s, end after {seconds:.3f} s, peak {peak:.0f} MiB")


if __name__ == "__main__":
    main()
