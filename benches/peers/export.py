"""The model as the peers take it, from the same weights: ONNX in float32 and in dynamic int8, OpenVINO in float32 and in int8.

    python export.py WORK
"""

import sys
from pathlib import Path

import numpy as np
import onnx
import torch
from common import BATCH, MODEL, encode, order, pad, pairs
from transformers import AutoModelForSequenceClassification

work = Path(sys.argv[1])
work.mkdir(parents=True, exist_ok=True)
encoded = encode(pairs())
batches = [batch for block in order(encoded, "sorted") for batch in block]


class Logits(torch.nn.Module):
    """Positional inputs, logits out. The mask is made here: what transformers makes of it depends on its values."""

    def __init__(self):
        super().__init__()
        self.model = AutoModelForSequenceClassification.from_pretrained(
            MODEL, dtype=torch.float32, attn_implementation="eager"
        ).eval()

    def forward(self, ids, mask, types):
        bias = (1.0 - mask[:, None, None, :].to(torch.float32)) * -10000.0
        return self.model(input_ids=ids, attention_mask=bias, token_type_ids=types).logits


model = Logits()
plain_model = AutoModelForSequenceClassification.from_pretrained(MODEL, dtype=torch.float32).eval()
example = tuple(torch.from_numpy(a) for a in pad(encoded, range(BATCH)))
names = ["ids", "mask", "types"]
plain = work / "f32.onnx"
axes = {name: {0: "batch", 1: "length"} for name in names} | {"logits": {0: "batch"}}
torch.onnx.export(
    model, example, str(plain), input_names=names, output_names=["logits"], dynamic_axes=axes, opset_version=17, dynamo=False
)

# ONNX Runtime: weights per channel in int8, activations quantized as they come; its own graph optimizer for transformers first.
from onnxruntime.quantization import QuantType, quantize_dynamic  # noqa: E402
from onnxruntime.transformers.optimizer import optimize_model  # noqa: E402

fused = optimize_model(str(plain), model_type="bert", num_heads=12, hidden_size=384)
print("fused:", fused.get_fused_operator_statistics())
fused.save_model_to_file(str(work / "fused.onnx"))
quantize_dynamic(
    str(work / "fused.onnx"),
    str(work / "int8.onnx"),
    per_channel=True,
    weight_type=QuantType.QInt8,
    extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
)

# OpenVINO: static int8 of NNCF, calibrated on some 250 of the pairs.
import nncf  # noqa: E402
import openvino as ov  # noqa: E402

graph = ov.convert_model(str(plain))
ov.save_model(graph, work / "f32.xml", compress_to_fp16=False)
samples = [pad(encoded, batch[:4]) for batch in batches[::2]]
dataset = nncf.Dataset(samples, lambda s: dict(zip(names, s)))
quantized = nncf.quantize(graph, dataset, model_type=nncf.ModelType.TRANSFORMER, subset_size=len(samples))
ov.save_model(quantized, work / "int8.xml")

# They must be the same model: the largest difference of a logit, and labels alike, to PyTorch.
import onnxruntime as ort  # noqa: E402

core = ov.Core()


def session(path):
    return ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])


runs = {}
for name in ["f32.onnx", "fused.onnx", "int8.onnx"]:
    s = session(work / name)
    runs[name] = lambda x, s=s: s.run(None, dict(zip(names, x)))[0]
for name in ["f32.xml", "int8.xml"]:
    c = core.compile_model(str(work / name), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    runs[name] = lambda x, c=c: c(dict(zip(names, x)))[0]
checked = [pad(encoded, range(k, k + BATCH)) for k in range(0, len(encoded) - BATCH, 12 * BATCH)]
with torch.inference_mode():
    tensors = [dict(zip(["input_ids", "attention_mask", "token_type_ids"], map(torch.from_numpy, x))) for x in checked]
    expected = [plain_model(**t).logits.numpy() for t in tensors]
for name, run in runs.items():
    got = [run(x) for x in checked]
    worst = max(np.abs(g - e).max() for g, e in zip(got, expected))
    same = np.mean(np.concatenate([g.argmax(1) == e.argmax(1) for g, e in zip(got, expected)]))
    print(f"{name:<12} largest difference of a logit {worst:.2e}, labels alike {100 * same:.1f} % of {len(checked) * BATCH}")
