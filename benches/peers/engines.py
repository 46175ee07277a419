"""Engines over the same pairs with the same weights, on two threads: interleaved block by block, each engine once a block.

    python engines.py WORK --blocks 0-1          adds a measurement of two of the eight blocks to WORK/engines.jsonl
    python engines.py WORK --report              prints medians over the blocks, and ratios

A block is 500 pairs. Tokenization is apart. The peers get batches of 32 padded to their longest pair; each is run as one
session of two threads and as two of one, and the faster counts. Ours gets the pairs of a block in the same order.
"""

import argparse
import json
import threading
import time
from pathlib import Path

from common import BLOCKS, THREADS, Ours, encode, machine, median, order, pad, pairs

NAMES = ["ids", "mask", "types"]


def onnxruntime(path, threads):
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return lambda batch: session.run(None, dict(zip(NAMES, batch)))[0]


def shared(make):
    """Two sessions of one thread, which take the next batch each as they are ready."""
    sessions = [make(1) for _ in range(THREADS)]

    def run(batches):
        remaining, lock = iter(batches), threading.Lock()

        def work(session):
            while True:
                with lock:
                    batch = next(remaining, None)
                if batch is None:
                    return
                session(batch)

        workers = [threading.Thread(target=work, args=(s,)) for s in sessions]
        [w.start() for w in workers]
        [w.join() for w in workers]

    return run


def alone(make):
    session = make(THREADS)

    def run(batches):
        for batch in batches:
            session(batch)

    return run


def openvino(path, streams):
    import openvino as ov

    settings = {
        "INFERENCE_NUM_THREADS": THREADS,
        "NUM_STREAMS": streams,
        "INFERENCE_PRECISION_HINT": "f32",
        "ENABLE_CPU_PINNING": False,
    }
    compiled = ov.Core().compile_model(str(path), "CPU", settings)
    queue = ov.AsyncInferQueue(compiled, streams)

    def run(batches):
        for batch in batches:
            queue.start_async(dict(zip(NAMES, batch)))
        queue.wait_all()

    return run


def pytorch():
    import torch
    from common import MODEL
    from transformers import AutoModelForSequenceClassification

    torch.set_num_threads(THREADS)
    model = AutoModelForSequenceClassification.from_pretrained(MODEL, dtype=torch.float32).eval()

    def run(batches):
        with torch.inference_mode():
            for ids, mask, types in batches:
                ids, mask, types = map(torch.from_numpy, (ids, mask, types))
                model(input_ids=ids, attention_mask=mask, token_type_ids=types).logits.numpy()

    return run


def peers(work):
    return {
        "PyTorch f32, 1 x 2": pytorch(),
        "ONNX Runtime f32, 1 x 2": alone(lambda n: onnxruntime(work / "fused.onnx", n)),
        "ONNX Runtime f32, 2 x 1": shared(lambda n: onnxruntime(work / "fused.onnx", n)),
        "ONNX Runtime int8, 1 x 2": alone(lambda n: onnxruntime(work / "int8.onnx", n)),
        "ONNX Runtime int8, 2 x 1": shared(lambda n: onnxruntime(work / "int8.onnx", n)),
        "OpenVINO f32, 1 x 2": openvino(work / "f32.xml", 1),
        "OpenVINO f32, 2 x 1": openvino(work / "f32.xml", 2),
        "OpenVINO int8, 1 x 2": openvino(work / "int8.xml", 1),
        "OpenVINO int8, 2 x 1": openvino(work / "int8.xml", 2),
    }


def measure(work, blocks, skip):
    encoded = encode(pairs())
    engines = {name: run for name, run in peers(work).items() if not any(s in name for s in skip)}
    ours = Ours()
    own = [n for n in ours.ask(what="engines")["engines"] if not any(s in n for s in skip)]
    records = open(work / "engines.jsonl", "a", encoding="utf-8")
    for how in ["sorted", "unsorted"]:
        ordered = order(encoded, how)
        warm = [pad(encoded, batch) for batch in ordered[0][:2]]
        for run in engines.values():
            run(warm)
        for block in blocks:
            batches = [pad(encoded, batch) for batch in ordered[block]]
            places = [i for batch in ordered[block] for i in batch]
            rows = [encoded[i] for i in places]
            turns = list(engines) + own
            turns = turns[block % len(turns) :] + turns[: block % len(turns)]
            for name in turns:
                if name in engines:
                    started = time.perf_counter()
                    engines[name](batches)
                    seconds = time.perf_counter() - started
                else:
                    seconds = ours.ask(what="forward", engine=name, threads=THREADS, pairs=rows)["seconds"]
                rate = len(rows) / seconds
                record = {"order": how, "block": block, "engine": name, "pairs": len(rows), "seconds": seconds}
                records.write(json.dumps(record) + "\n")
                print(f"{how:<9} block {block}  {name:<26} {rate:7.1f} pairs/s", flush=True)
    ours.close()


def report(work):
    records = [json.loads(line) for line in open(work / "engines.jsonl", encoding="utf-8")]
    rates = {}
    for r in records:
        rates.setdefault((r["engine"], r["order"]), {})[r["block"]] = r["pairs"] / r["seconds"]
    names = sorted({engine for engine, _ in rates})

    def best(family, how):
        ways = [n for n in names if n.startswith(family)]
        return max(ways, key=lambda n: median(rates[n, how].values()), default=None)

    print(machine())
    print(f"\n{'pairs a second, median of blocks':<34} {'sorted':>8} {'unsorted':>9}")
    for name in names:
        print(f"{name:<34}" + "".join(f"{median(rates[name, how].values()):>9.1f}" for how in ["sorted", "unsorted"]))
    print(f"\n{'ours over theirs, median of blocks':<52} {'sorted':>8} {'unsorted':>9}")
    for own in [n for n in names if n.startswith("stancekit")]:
        precision = own.split()[-1]
        for family in ["PyTorch", "ONNX Runtime", "OpenVINO"]:
            line = []
            for how in ["sorted", "unsorted"]:
                peer = best(f"{family} {precision}", how)
                if peer is None:
                    break
                common = rates[own, how].keys() & rates[peer, how].keys()
                line.append(median(rates[own, how][b] / rates[peer, how][b] for b in common))
            else:
                print(f"{own + ' / ' + family + ' ' + precision:<52}" + "".join(f"{x:>9.2f}" for x in line))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path)
    parser.add_argument("--blocks", default=f"0-{BLOCKS - 1}")
    parser.add_argument("--skip", nargs="*", default=[], help="leave out engines whose names hold one of these")
    parser.add_argument("--report", action="store_true")
    args = parser.parse_args()
    if args.report:
        report(args.work)
    else:
        first, last = (int(n) for n in (args.blocks.split("-") * 2)[:2])
        measure(args.work, range(first, last + 1), args.skip)
