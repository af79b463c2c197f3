"""PyTorch on the items of a task, one line of JSON each.

usage: python pytorch.py '{ "threads": 2, "seconds": 1, "items": [ ... ] }'
"""

import json
import sys

import numpy as np
import torch
from data import digest, emit, median_ms, numbers, peak_bytes

ENGINE = f"pytorch-{torch.__version__}"
MODULES = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU, "rnn": torch.nn.RNN}
GATES = {"lstm": 4, "gru": 3, "rnn": 1}


def reordered(cell, columns):
    """Gates from our order to PyTorch's or back, along the last axis: ours are z r n, theirs r z n."""
    if cell != "gru":
        return columns
    z, r, n = np.split(columns, 3, -1)
    return np.concatenate([r, z, n], -1)


class Weights:
    """The weights of a recurrent module under our names: kernel.0, recurrentKernel.0.reverse, ..."""

    def __init__(self, cell, module):
        self.cell = cell
        self.module = module

    def each(self):
        """Our name, whether it is stored transposed, and their parameter."""
        for layer in range(self.module.num_layers):
            for reverse in ("", "_reverse") if self.module.bidirectional else ("",):
                ours = f"{layer}{reverse.replace('_', '.')}"
                theirs = lambda name: getattr(self.module, f"{name}_l{layer}{reverse}")
                yield f"kernel.{ours}", True, theirs("weight_ih")
                yield f"recurrentKernel.{ours}", True, theirs("weight_hh")
                yield f"bias.{ours}", False, theirs("bias_ih")
                yield f"recurrentBias.{ours}", False, theirs("bias_hh")

    def fill(self, scale):
        for name, transposed, parameter in self.each():
            if name.startswith("recurrentBias") and self.cell != "gru":
                parameter.data.zero_()
                continue
            shape = tuple(parameter.shape)
            values = reordered(self.cell, numbers(name, shape[::-1], scale))
            parameter.data = torch.from_numpy(np.ascontiguousarray(values.T if transposed else values))
        self.module.flatten_parameters()

    def gradients(self):
        for name, transposed, parameter in self.each():
            if name.startswith("recurrentBias") and self.cell != "gru":
                continue
            values = parameter.grad.numpy()
            yield name, reordered(self.cell, values.T if transposed else values)


def layer(item, seconds):
    cell, batch, time, units = item["cell"], item["batch"], item["time"], item["units"]
    bidirectional = item["variant"] == "bidirectional"
    module = MODULES[cell](item["input"], units, item["layers"], bidirectional=bidirectional)
    weights = Weights(cell, module)
    weights.fill(units**-0.5)
    lengths = torch.tensor(item["lengths"]) if "lengths" in item else None
    mask = np.ones((time, batch, 1), np.float32)
    if lengths is not None:
        mask = (np.arange(time)[:, None] < lengths.numpy()[None, :]).astype(np.float32)[:, :, None]
    x = torch.from_numpy(numbers("x", (time, batch, item["input"]), 1) * mask)
    dy = torch.from_numpy(numbers("dy", (time, batch, units * (2 if bidirectional else 1)), 1) * mask)

    pack = torch.nn.utils.rnn.pack_padded_sequence
    packed = (lambda v: v) if lengths is None else (lambda v: pack(v, lengths))
    data = (lambda v: v) if lengths is None else (lambda v: v.data)
    results = {}

    if item["mode"] == "infer":

        def run():
            with torch.no_grad():
                results["y"] = module(packed(x))[0]

    else:
        x.requires_grad_()
        arriving = data(packed(dy))

        def run():
            module.zero_grad(set_to_none=True)
            x.grad = None
            results["y"] = module(packed(x))[0]
            data(results["y"]).backward(arriving)

    ms = median_ms(run, seconds)
    peak = peak_bytes()
    y = results["y"]
    if lengths is not None:
        y = torch.nn.utils.rnn.pad_packed_sequence(y, total_length=time)[0]
    digests = {"y": digest("y", y.detach().numpy())}
    if item["mode"] == "train":
        digests["dx"] = digest("dx", x.grad.numpy())
        for name, gradient in weights.gradients():
            digests[name] = digest(name, gradient)
    emit(ENGINE, ms, peak, digests)


def step(item, seconds):
    cell, units = item["cell"], item["units"]
    module = MODULES[cell](units, units)
    for name, parameter in (("kernel", "weight_ih_l0"), ("recurrentKernel", "weight_hh_l0")):
        values = reordered(cell, numbers(name, (units, GATES[cell] * units), units**-0.5))
        getattr(module, parameter).data = torch.from_numpy(np.ascontiguousarray(values.T))
    for name, parameter in (("bias", "bias_ih_l0"), ("recurrentBias", "bias_hh_l0")):
        values = reordered(cell, numbers(name, (GATES[cell] * units,), units**-0.5))
        used = name == "bias" or cell == "gru"
        getattr(module, parameter).data = torch.from_numpy(values if used else np.zeros_like(values))
    module.flatten_parameters()
    inputs = [torch.from_numpy(numbers(f"x.{k}", (1, 1, units), 1)) for k in range(item["inputs"])]
    results = {"state": None}

    def run():
        state = results["state"]
        with torch.no_grad():
            for k in range(item["steps"]):
                _, state = module(inputs[k % len(inputs)], state)
        results["state"] = state

    ms = median_ms(run, seconds, item["steps"])
    peak = peak_bytes()
    outputs, state = [], None
    with torch.no_grad():
        for x in inputs:
            y, state = module(x, state)
            outputs.append(y.numpy().reshape(-1))
    emit(ENGINE, ms, peak, {"y": digest("y", np.stack(outputs))})


if __name__ == "__main__":
    task = json.loads(sys.argv[1])
    torch.set_num_threads(task["threads"])
    works = {"layer": layer, "step": step}
    for item in task["items"]:
        works[item["kind"]](item, task["seconds"])
