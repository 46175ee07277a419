"""A training step against PyTorch's: the same weights, pairs, threads and dropout, every weight trained; interleaved.

    python training.py                 times both, in turns
    python training.py --peak pytorch  takes steps with one of them and prints the peak of memory (also: --peak ours)

The step: gradients of the cross-entropy, clipped to a norm of 1, AdamW (PyTorch's fused one). Two batches: 16 pairs cut to
64 tokens each, where padding costs PyTorch nothing; and 32 pairs of news as they come, which PyTorch pads to the longest.
"""

import argparse
import resource
import time

from common import MODEL, THREADS, Ours, encode, machine, median, pad, pairs

STEPS = 5


def batches():
    encoded = encode(pairs())
    long = [(ids[:64], types[:64]) for ids, types in encoded if len(ids) >= 64][:16]
    return {"16 x 64 tokens": long, "32 pairs of news": encoded[:32]}


class PyTorch:
    def __init__(self):
        import torch
        from transformers import AutoModelForSequenceClassification

        torch.set_num_threads(THREADS)
        torch.manual_seed(1)
        self.torch = torch
        self.model = AutoModelForSequenceClassification.from_pretrained(MODEL, dtype=torch.float32).train()
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=5e-5, weight_decay=0.01, fused=True)

    def steps(self, rows, count):
        torch, taken = self.torch, []
        ids, mask, types = map(torch.from_numpy, pad(rows, range(len(rows))))
        labels = torch.arange(len(rows)) % 4
        for _ in range(count + 2):
            started = time.perf_counter()
            self.optimizer.zero_grad()
            out = self.model(input_ids=ids, attention_mask=mask, token_type_ids=types, labels=labels)
            out.loss.backward()
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            self.optimizer.step()
            taken.append(time.perf_counter() - started)
        return taken[2:]


class Rust:
    def __init__(self, precision):
        self.ours, self.precision = Ours(), precision

    def steps(self, rows, count):
        order = {"what": "step", "precision": self.precision, "threads": THREADS, "steps": count, "pairs": rows}
        return self.ours.ask(**order)["seconds"]


def times(rounds):
    sides = {"stancekit f32": Rust("f32"), "PyTorch f32": PyTorch()}
    print(machine())
    for name, rows in batches().items():
        taken = {side: [] for side in sides}
        for _ in range(rounds):
            for side, it in sides.items():
                taken[side] += it.steps(rows, STEPS)
        tokens = sum(len(ids) for ids, _ in rows)
        print(f"\n{name}, {tokens} tokens")
        for side, seconds in taken.items():
            m = median(seconds)
            print(f"  {side:<14} {m:.3f} s a step ({min(seconds):.3f} to {max(seconds):.3f}), {tokens / m:.0f} tokens/s")
        ratio = median(taken["PyTorch f32"]) / median(taken["stancekit f32"])
        print(f"  stancekit is {ratio:.2f} times as fast")
    sides["stancekit f32"].ours.close()


def peak(side):
    rows = batches()["16 x 64 tokens"]
    if side == "pytorch":
        PyTorch().steps(rows, STEPS)
        usage = resource.getrusage(resource.RUSAGE_SELF)
    else:
        rust = Rust("f32")
        rust.steps(rows, STEPS)
        # Of the children that have ended the largest counts: cargo, which only looks, and this one.
        rust.ours.close()
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"{side}: peak of memory {usage.ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peak", choices=["pytorch", "ours"])
    args = parser.parse_args()
    peak(args.peak) if args.peak else times(args.rounds)
