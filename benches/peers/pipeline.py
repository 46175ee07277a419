"""What a person would write with transformers: files in, a label for each sentence out, as JSON lines.

    python pipeline.py MODE CLAIM FILE…

MODE `pair`: the text-classification pipeline over (sentence, claim) pairs, one pass each. MODE `zero-shot`: the zero-shot
pipeline with the claim as its only hypothesis. Sentences are split at `.`, `!` and `?` before white space.
"""

import json
import re
import sys

import torch
from common import BATCH, MODEL, THREADS
from transformers import AutoModelForSequenceClassification, AutoTokenizer, pipeline

mode, claim, *files = sys.argv[1:]
torch.set_num_threads(THREADS)
model = AutoModelForSequenceClassification.from_pretrained(MODEL, dtype=torch.float32)
tokenizer = AutoTokenizer.from_pretrained(MODEL)
sentences = []
for file in files:
    for line in open(file, encoding="utf-8"):
        sentences += [(file, s) for s in re.split(r"(?<=[.!?])\s+", line.strip()) if s]
texts = [s for _, s in sentences]
if mode == "pair":
    classify = pipeline("text-classification", model=model, tokenizer=tokenizer, device="cpu", batch_size=BATCH)
    results = classify([{"text": s, "text_pair": claim} for s in texts])
    labels = [(r["label"], r["score"]) for r in results]
else:
    # The pipeline looks for a label that begins with "entail".
    model.config.label2id = {"entailment": 0, "contradiction": 1, "neutral": 2, "unrelated": 3}
    model.config.id2label = {i: name for name, i in model.config.label2id.items()}
    classify = pipeline("zero-shot-classification", model=model, tokenizer=tokenizer, device="cpu", batch_size=BATCH)
    results = classify(texts, [claim], hypothesis_template="{}", multi_label=True)
    labels = [(r["labels"][0], r["scores"][0]) for r in results]
for (file, sentence), (label, score) in zip(sentences, labels):
    print(json.dumps({"article": file, "text": sentence, "label": label, "score": float(score)}))
