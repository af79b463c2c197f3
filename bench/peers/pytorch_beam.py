"""Beam search over the G2P model in PyTorch, the same search that `decode.beam` does.

usage: python pytorch_beam.py '{ "threads": 2, "model": "FILE.safetensors", "words": [[3, 1], ...], "start": 0, "end": 1,
    "beams": 5, "batch": 64, "maxLength": 40, "seconds": 2 }'

Prints one line of JSON: the best sequence of each word with its log-probability, the steps of all batches together, and the
median of the seconds that all words take.
"""

import json
import struct
import sys
import time

import numpy as np
import torch


def read_safetensors(path):
    with open(path, "rb") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(size))
        data = file.read()
    header.pop("__metadata__", None)
    return {
        name: torch.from_numpy(np.frombuffer(data[slice(*entry["data_offsets"])], np.float32).reshape(entry["shape"]).copy())
        for name, entry in header.items()
    }


class Model(torch.nn.Module):
    """examples/pronunciation.ts: a bidirectional LSTM, an LSTM, attention behind it."""

    def __init__(self, weights):
        super().__init__()
        table = lambda name: torch.nn.Embedding.from_pretrained(weights[f"{name}Embedding/embeddings"])
        self.source, self.target = table("source"), table("target")
        half = weights["bidirectional/forward/recurrentKernel"].shape[0]
        units = weights["lstm/recurrentKernel"].shape[0]
        self.encoder = torch.nn.LSTM(self.source.embedding_dim, half, bidirectional=True, batch_first=True)
        self.decoder = torch.nn.LSTMCell(self.target.embedding_dim, units)
        for module, suffix, name in (
            (self.encoder, "_l0", "bidirectional/forward"),
            (self.encoder, "_l0_reverse", "bidirectional/backward"),
            (self.decoder, "", "lstm"),
        ):
            # Gates are in the same order; the second bias is none of ours.
            for theirs, values in (
                ("weight_ih", weights[f"{name}/kernel"].T),
                ("weight_hh", weights[f"{name}/recurrentKernel"].T),
                ("bias_ih", weights[f"{name}/bias"]),
                ("bias_hh", torch.zeros_like(weights[f"{name}/bias"])),
            ):
                getattr(module, theirs + suffix).data = values.contiguous()
        self.attention = self.linear(weights["attention/kernel"])
        self.attentional = self.linear(weights["attentional/kernel"])
        self.scores = self.linear(weights["scores/kernel"], weights["scores/bias"])

    @staticmethod
    def linear(kernel, bias=None):
        layer = torch.nn.Linear(*kernel.shape, bias=bias is not None)
        layer.weight.data = kernel.T.contiguous()
        if bias is not None:
            layer.bias.data = bias
        return layer

    def encode(self, words):
        """All steps [words, steps, units], which of them are valid, and the first state of the decoder."""
        lengths = torch.tensor([len(word) for word in words])
        padded = torch.nn.utils.rnn.pad_sequence([torch.tensor(word) for word in words], batch_first=True)
        packed = torch.nn.utils.rnn.pack_padded_sequence(
            self.source(padded), lengths, batch_first=True, enforce_sorted=False
        )
        steps, state = self.encoder(packed)
        memory, _ = torch.nn.utils.rnn.pad_packed_sequence(steps, batch_first=True)
        valid = torch.arange(memory.shape[1])[None] < lengths[:, None]
        return memory, valid, tuple(torch.cat([s[0], s[1]], -1) for s in state)

    def step(self, tokens, state, memory, valid):
        """Log-probabilities [rows, vocabulary] of the next token."""
        h, c = self.decoder(self.target(tokens), state)
        looks = torch.bmm(memory, self.attention(h)[:, :, None])[:, :, 0].masked_fill(~valid, -1e30).softmax(-1)
        context = torch.bmm(looks[:, None], memory)[:, 0]
        y = torch.tanh(self.attentional(torch.cat([context, h], -1)))
        return self.scores(y).log_softmax(-1), (h, c)


def beam_search(model, words, task):
    """The best sequence of each word with its log-probability, and the number of steps."""
    beams, most, end = task["beams"], task["maxLength"], task["end"]
    memory, valid, state = model.encode(words)
    memory, valid = (x.repeat_interleave(beams, 0) for x in (memory, valid))
    state = tuple(s.repeat_interleave(beams, 0) for s in state)
    best = [(-float("inf"), [])] * len(words)
    ended_count = [0] * len(words)
    under_way = list(range(len(words)))
    tokens = torch.full((len(words) * beams,), task["start"])
    sequences = torch.zeros(len(words) * beams, 0, dtype=torch.long)
    # All hypotheses of a word are the same at first: one is enough.
    totals = torch.full((len(words), beams), -float("inf"))
    totals[:, 0] = 0
    places = torch.arange(2 * beams)
    for step in range(most):
        scores, state = model.step(tokens, state, memory, valid)
        vocabulary = scores.shape[1]
        sums, picks = (totals.view(-1, 1) + scores).view(len(under_way), -1).topk(2 * beams)
        parents, chosen = picks // vocabulary, picks % vocabulary
        rows = parents + torch.arange(len(under_way))[:, None] * beams
        ends = chosen == end
        # The best that do not end live on: ended ones go behind all others.
        living = (places + ends * 2 * beams).sort(-1).indices[:, :beams]
        if step + 1 == most:
            # Cut there.
            finished = ends.clone()
            finished[:, beams:] = False
            finished.scatter_(1, living, True)
        else:
            finished = ends[:, :beams]
        for i, place in finished.nonzero().tolist():
            word = under_way[i]
            ended_count[word] += 1
            score = sums[i, place].item()
            if score > best[word][0]:
                last = [] if ends[i, place] else [chosen[i, place].item()]
                best[word] = (score, sequences[rows[i, place]].tolist() + last)
        totals = sums.gather(1, living)
        leading = totals[:, 0].tolist()
        # Done: as many as there are beams have ended, or nothing alive can become better.
        kept = [
            i
            for i, word in enumerate(under_way)
            if ended_count[word] < beams and not best[word][0] >= leading[i]
        ]
        if not kept:
            return best, step + 1
        rows, chosen = rows.gather(1, living), chosen.gather(1, living)
        if len(kept) < len(under_way):
            index = torch.tensor(kept)
            rows, chosen, totals = rows[index], chosen[index], totals[index]
            under_way = [under_way[i] for i in kept]
            still = (index[:, None] * beams + torch.arange(beams)).view(-1)
            memory, valid = memory[still], valid[still]
        rows, tokens = rows.view(-1), chosen.view(-1)
        state = tuple(s[rows] for s in state)
        sequences = torch.cat([sequences[rows], tokens[:, None]], 1)
    return best, most


@torch.inference_mode()
def run(task):
    torch.set_num_threads(task["threads"])
    model = Model(read_safetensors(task["model"])).eval()
    batches = [task["words"][i : i + task["batch"]] for i in range(0, len(task["words"]), task["batch"])]
    beam_search(model, batches[0], task)
    times, end = [], time.perf_counter() + task["seconds"]
    while not times or time.perf_counter() < end:
        start = time.perf_counter()
        results = [beam_search(model, batch, task) for batch in batches]
        times.append(time.perf_counter() - start)
    best = [each for found, _ in results for each in found]
    print(
        json.dumps(
            {
                "engine": f"pytorch-{torch.__version__}",
                "seconds": float(np.median(times)),
                "steps": sum(steps for _, steps in results),
                "scores": [score for score, _ in best],
                "sequences": [sequence for _, sequence in best],
            }
        )
    )


if __name__ == "__main__":
    run(json.loads(sys.argv[1]))
