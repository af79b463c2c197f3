"""The numbers of bench/data.ts, and its digests, for peers in Python. Both sides must give the same."""

import json
import resource
import sys
import time

import numpy as np

SAMPLES = 64


def stream_of(name):
    """FNV-1a of a name: the stream of its numbers."""
    h = 0x811C9DC5
    for byte in name.encode("ascii"):
        h = ((h ^ byte) * 0x01000193) & 0xFFFFFFFF
    return h


def bits(stream, index):
    """32 well-mixed bits of (stream, index); index is an array of uint32."""
    h = (index + np.uint32(1)) * np.uint32(0x9E3779B1) + np.full(1, stream, np.uint32)
    h = (h ^ (h >> np.uint32(16))) * np.uint32(0x21F0AAAD)
    h = (h ^ (h >> np.uint32(15))) * np.uint32(0x735A2D97)
    return h ^ (h >> np.uint32(15))


def numbers(name, shape, scale):
    """float32 numbers, evenly spread over [-scale, scale)."""
    h = bits(stream_of(name), np.arange(np.prod(shape), dtype=np.uint32))
    values = ((h >> np.uint32(8)).astype(np.int32) - 0x800000) * 2.0**-23 * scale
    return values.astype(np.float32).reshape(shape)


def digest(name, values):
    """Norm, projection on signs that look random, and samples, of an array in our layout."""
    v = np.ascontiguousarray(values, np.float32).reshape(-1).astype(np.float64)
    stream = stream_of(name)
    odd = bits(stream, np.arange(v.size, dtype=np.uint32)) & np.uint32(1)
    positions = bits((stream + 1) & 0xFFFFFFFF, np.arange(SAMPLES, dtype=np.uint32)) % np.uint32(v.size)
    return {
        "elements": v.size,
        "norm": float(np.sqrt((v * v).sum())),
        "projection": float(np.where(odd == 1, v, -v).sum()),
        "samples": v[positions].tolist(),
    }


def median_ms(run, seconds, repeats=1):
    """As medianMs of bench/measure.ts."""

    def sample():
        start = time.perf_counter()
        run()
        return 1e3 * (time.perf_counter() - start)

    first = sample()
    if first > 4000 * seconds:
        return first / repeats
    warm = time.perf_counter() + min(0.25, 0.5 * seconds)
    sample()
    while time.perf_counter() < warm:
        sample()
    end = time.perf_counter() + seconds
    samples = [sample()]
    while time.perf_counter() < end or len(samples) < 5:
        samples.append(sample())
    return float(np.median(samples)) / repeats


def peak_bytes():
    """Peak resident set; see peakBytes of bench/worker.ts."""
    try:
        with open("/proc/self/status") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except FileNotFoundError:
        pass
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def emit(engine, ms, peak, digests):
    print(json.dumps({"engine": engine, "ms": ms, "peakBytes": peak, "digests": digests}), flush=True)
