"""Writes the ONNX file of each item of a task: one recurrent layer with our weights.

usage: python make_onnx.py '{ "items": [ { "file": "...", ... } ] }'
"""

import json
import sys

import numpy as np
from data import numbers
from onnx import TensorProto, helper, save

GATES = {"lstm": 4, "gru": 3, "rnn": 1}


def reordered(cell, columns):
    """Our gates i f g o to i o f c of ONNX; the orders of the other cells are the same."""
    if cell != "lstm":
        return columns
    i, f, g, o = np.split(columns, 4, -1)
    return np.concatenate([i, o, f, g], -1)


def constant(name, values):
    values = np.ascontiguousarray(values, np.float32)
    return helper.make_tensor(name, TensorProto.FLOAT, values.shape, values.tobytes(), raw=True)


def layer(cell, names, batch, time, inputs, units, stateful):
    """x [T, B, I] (h0, c0 [1, B, H]) -> y [T, 1, B, H], hn (cn) [1, B, H]. `names` of kernel, recurrent kernel and biases."""
    columns = GATES[cell] * units
    draw = lambda name, shape: reordered(cell, numbers(name, shape, units**-0.5))
    kernel, recurrent, bias, recurrent_bias = names
    second = draw(recurrent_bias, (columns,)) if cell == "gru" else np.zeros(columns, np.float32)
    weights = [
        constant("W", draw(kernel, (inputs, columns)).T[None]),
        constant("R", draw(recurrent, (units, columns)).T[None]),
        constant("B", np.concatenate([draw(bias, (columns,)), second])[None]),
    ]
    info = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    states = ["h", "c"] if cell == "lstm" else ["h"]
    given = [f"{s}0" for s in states] if stateful else []
    node = helper.make_node(
        cell.upper(),
        ["x", "W", "R", "B", ""] + given,
        ["y"] + [f"{s}n" for s in states],
        hidden_size=units,
        **({"linear_before_reset": 1} if cell == "gru" else {}),
    )
    graph = helper.make_graph(
        [node],
        "layer",
        [info("x", [time, batch, inputs])] + [info(name, [1, batch, units]) for name in given],
        [info("y", [time, 1, batch, units])] + [info(f"{s}n", [1, batch, units]) for s in states],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)])
    model.ir_version = 8
    return model


if __name__ == "__main__":
    for item in json.loads(sys.argv[1])["items"]:
        parts = ("kernel", "recurrentKernel", "bias", "recurrentBias")
        if item["kind"] == "step":
            model = layer(item["cell"], parts, 1, 1, item["units"], item["units"], True)
        else:
            names = [f"{part}.0" for part in parts]
            shape = (item[key] for key in ("batch", "time", "input", "units"))
            model = layer(item["cell"], names, *shape, False)
        save(model, item["file"])
