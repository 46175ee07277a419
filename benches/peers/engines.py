"""Engines over the same pairs with the same weights: interleaved block by block, each engine once a block.

    python engines.py WORK --blocks 0-1          adds a measurement of two of the eight blocks to WORK/engines.jsonl
    python engines.py WORK --threads 1 --cpu     one thread, the rate by processor time: for a machine that is not idle
    python engines.py WORK --report              prints medians over the blocks, and ratios

A block is 500 pairs (or --batches of 32 of it). Tokenization is apart. The peers get batches of 32 padded to their longest
pair; on two threads each is run as one session of two threads and as two of one, and the faster counts. Ours gets the pairs
of a block in the same order.
"""

import argparse
import functools
import json
import threading
import time
from pathlib import Path

from common import BLOCKS, Ours, encode, machine, median, order, pad, pairs

NAMES = ["ids", "mask", "types"]


def onnxruntime(path, threads):
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return lambda batch: session.run(None, dict(zip(NAMES, batch)))[0]


def shared(make, threads):
    """Sessions of one thread, which take the next batch each as they are ready."""
    sessions = [make(1) for _ in range(threads)]

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


def alone(make, threads):
    session = make(threads)

    def run(batches):
        for batch in batches:
            session(batch)

    return run


def openvino(path, threads, streams):
    import openvino as ov

    settings = {
        "INFERENCE_NUM_THREADS": threads,
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


def pytorch(threads):
    import torch
    from common import MODEL
    from transformers import AutoModelForSequenceClassification

    torch.set_num_threads(threads)
    model = AutoModelForSequenceClassification.from_pretrained(MODEL, dtype=torch.float32).eval()

    def run(batches):
        with torch.inference_mode():
            for ids, mask, types in batches:
                ids, mask, types = map(torch.from_numpy, (ids, mask, types))
                model(input_ids=ids, attention_mask=mask, token_type_ids=types).logits.numpy()

    return run


def peers(work, threads):
    engines = {f"PyTorch f32, 1 x {threads}": lambda: pytorch(threads)}
    for precision, graph, onnx in [("f32", "f32.xml", "fused.onnx"), ("int8", "int8.xml", "int8.onnx")]:
        session = functools.partial(onnxruntime, work / onnx)
        compiled = functools.partial(openvino, work / graph, threads)
        engines[f"ONNX Runtime {precision}, 1 x {threads}"] = functools.partial(alone, session, threads)
        engines[f"OpenVINO {precision}, 1 x {threads}"] = functools.partial(compiled, 1)
        if threads > 1:
            engines[f"ONNX Runtime {precision}, {threads} x 1"] = functools.partial(shared, session, threads)
            engines[f"OpenVINO {precision}, {threads} x 1"] = functools.partial(compiled, threads)
    return engines


def measure(args):
    encoded = encode(pairs())
    first, last = (int(n) for n in (args.blocks.split("-") * 2)[:2])
    skipped = lambda name: any(s in name for s in args.skip)  # noqa: E731
    engines = {name: make() for name, make in peers(args.work, args.threads).items() if not skipped(name)}
    ours = None if skipped("stancekit") and skipped("candle") else Ours()
    own = [name for name in ours.ask(what="engines")["engines"] if not skipped(name)] if ours else []
    records = open(args.work / "engines.jsonl", "a", encoding="utf-8")
    for how in args.order:
        ordered = [block[:: max(1, len(block) // args.batches)][: args.batches] for block in order(encoded, how)]
        for run in engines.values():
            run([pad(encoded, batch) for batch in ordered[0][:2]])
        for name in own:
            rows = [encoded[i] for i in ordered[0][0]]
            ours.ask(what="forward", engine=name, threads=args.threads, pairs=rows)
        for block in range(first, last + 1):
            batches = [pad(encoded, batch) for batch in ordered[block]]
            rows = [encoded[i] for batch in ordered[block] for i in batch]
            turns = list(engines) + own
            turns = turns[block % len(turns) :] + turns[: block % len(turns)]
            for name in turns:
                if name in engines:
                    started, cpu = time.perf_counter(), time.process_time()
                    engines[name](batches)
                    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
                else:
                    cpu = ours.cpu()
                    answer = ours.ask(what="forward", engine=name, threads=args.threads, pairs=rows)
                    seconds, cpu = answer["seconds"], ours.cpu() - cpu
                record = {"order": how, "block": block, "engine": name, "threads": args.threads, "pairs": len(rows)}
                record |= {"seconds": seconds, "cpu": cpu, "by": "cpu" if args.cpu else "seconds"}
                records.write(json.dumps(record) + "\n")
                records.flush()
                rate = len(rows) / record[record["by"]]
                print(f"{how:<9} block {block}  {name:<26} {rate:7.1f} pairs/s", flush=True)
    if ours:
        ours.close()


def report(args):
    records = [json.loads(line) for line in open(args.work / "engines.jsonl", encoding="utf-8")]
    by = "cpu" if args.cpu else "seconds"
    rates = {}
    for r in records:
        if r["threads"] == args.threads and r["by"] == by:
            rates.setdefault((r["engine"], r["order"]), {})[r["block"]] = r["pairs"] / r[by]
    names = sorted({engine for engine, _ in rates})
    middle = lambda name, how: median(rates.get((name, how), {0: float("nan")}).values())  # noqa: E731
    print(f"{machine()}; {args.threads} threads; by {'processor time' if args.cpu else 'the clock'}")
    print(f"\n{'pairs a second, median of blocks':<50} {'sorted':>8} {'unsorted':>9}")
    for name in names:
        print(f"{name:<50}" + "".join(f"{middle(name, how):>9.1f}" for how in ["sorted", "unsorted"]))
    print(f"\n{'ours over theirs, median of blocks':<50} {'sorted':>8} {'unsorted':>9}")
    for own in [n for n in names if n.startswith("stancekit")]:
        precision = own.split()[-1]
        for family in ["PyTorch", "ONNX Runtime", "OpenVINO"]:
            ways = [n for n in names if n.startswith(f"{family} {precision}")]
            if not ways:
                continue
            line = f"{own + ' / ' + family + ' ' + precision:<50}"
            for how in ["sorted", "unsorted"]:
                peer = max(ways, key=lambda name: middle(name, how))
                both = rates.get((own, how), {}).keys() & rates.get((peer, how), {}).keys()
                ratios = [rates[own, how][b] / rates[peer, how][b] for b in both] or [float("nan")]
                line += f"{median(ratios):>9.2f}"
            print(line)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path)
    parser.add_argument("--blocks", default=f"0-{BLOCKS - 1}")
    parser.add_argument("--order", nargs="*", default=["sorted", "unsorted"], choices=["sorted", "unsorted"])
    parser.add_argument("--skip", nargs="*", default=[], help="leave out engines whose names hold one of these")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batches", type=int, default=16, help="most batches of a block")
    parser.add_argument("--cpu", action="store_true", help="count processor time")
    parser.add_argument("--report", action="store_true")
    args = parser.parse_args()
    report(args) if args.report else measure(args)
