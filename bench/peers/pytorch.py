"""PyTorch on the items of a task, one line of JSON each.

usage: python pytorch.py '{ "threads": 2, "seconds": 1, "items": [ ... ] }'
"""

import json
import sys
import time

import numpy as np
import torch
from data import digest, emit, median_ms, numbers, peak_bytes

ENGINE = f"pytorch-{torch.__version__}"
MODULES = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU, "rnn": torch.nn.RNN}
GATES = {"lstm": 4, "gru": 3, "rnn": 1}
# As in bench/work/training.ts.
COMPARED_STEPS = 8
FEWEST_STEPS = 20


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
    cell, batch, steps, units = item["cell"], item["batch"], item["time"], item["units"]
    bidirectional = item["variant"] == "bidirectional"
    module = MODULES[cell](item["input"], units, item["layers"], bidirectional=bidirectional)
    weights = Weights(cell, module)
    weights.fill(units**-0.5)
    lengths = torch.tensor(item["lengths"]) if "lengths" in item else None
    mask = np.ones((steps, batch, 1), np.float32)
    if lengths is not None:
        mask = (np.arange(steps)[:, None] < lengths.numpy()[None, :]).astype(np.float32)[:, :, None]
    x = torch.from_numpy(numbers("x", (steps, batch, item["input"]), 1) * mask)
    dy = torch.from_numpy(numbers("dy", (steps, batch, units * (2 if bidirectional else 1)), 1) * mask)

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
        y = torch.nn.utils.rnn.pad_packed_sequence(y, total_length=steps)[0]
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


class CharacterModel(torch.nn.Module):
    """examples/char-lm.ts: embedding, recurrent layers, dense."""

    def __init__(self, item):
        super().__init__()
        cell, units, vocabulary = item["cell"], item["units"], item["vocabulary"]
        self.embedding = torch.nn.Embedding(vocabulary, item["embedding"])
        self.recurrent = MODULES[cell](item["embedding"], units, item["layers"], batch_first=True)
        self.dense = torch.nn.Linear(units, vocabulary)
        scale = units**-0.5
        Weights(cell, self.recurrent).fill(scale)
        table = numbers("embedding.embeddings", (vocabulary, item["embedding"]), 1)
        kernel = numbers("dense.kernel", (units, vocabulary), scale)
        self.embedding.weight.data = torch.from_numpy(table)
        self.dense.weight.data = torch.from_numpy(np.ascontiguousarray(kernel.T))
        self.dense.bias.data = torch.from_numpy(numbers("dense.bias", (vocabulary,), scale))

    def forward(self, x, state):
        h, state = self.recurrent(self.embedding(x), state)
        return self.dense(h), state


def training(item, seconds):
    cell, batch, steps = item["cell"], item["batch"], item["time"]
    tokens = torch.from_numpy(np.fromfile(item["tokens"], np.int32).astype(np.int64))
    width = (len(tokens) - 1) // batch
    x = tokens[: width * batch].view(batch, width)
    y = tokens[1 : width * batch + 1].view(batch, width)
    model = CharacterModel(item)
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    # Ours has one bias where PyTorch has two, which Adam would move twice as far: the second stays at zero.
    second = [p for name, p in model.recurrent.named_parameters() if name.startswith("bias_hh") and cell != "gru"]
    detached = lambda s: tuple(v.detach() for v in s) if isinstance(s, tuple) else s.detach()
    losses, times, end = [], [], None
    while True:
        state = None
        for t in range(0, width - steps + 1, steps):
            start = time.perf_counter()
            optimizer.zero_grad()
            state = None if state is None else detached(state)
            logits, state = model(x[:, t : t + steps], state)
            targets = y[:, t : t + steps].reshape(-1)
            loss = torch.nn.functional.cross_entropy(logits.reshape(-1, logits.shape[-1]), targets)
            loss.backward()
            for parameter in second:
                parameter.grad = None
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            value = loss.item()
            now = time.perf_counter()
            if len(losses) < COMPARED_STEPS:
                losses.append(value)
                end = now + seconds
                continue
            times.append(1e3 * (now - start))
            if now > end and len(times) >= FEWEST_STEPS:
                digests = {"losses": digest("losses", np.array(losses))}
                return emit(ENGINE, float(np.median(times)), peak_bytes(), digests)


if __name__ == "__main__":
    task = json.loads(sys.argv[1])
    torch.set_num_threads(task["threads"])
    works = {"layer": layer, "step": step, "training": training}
    for item in task["items"]:
        works[item["kind"]](item, task["seconds"])
