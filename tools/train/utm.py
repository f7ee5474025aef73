"""Writes and reads model files; src/classify/model.h says what is in one.

An encoder is (maps, frames), of each layer (description, weight, bias): the description as in the header, a map's weight
[outputs][inputs][kernel_hops][kernel_bands], that of frames [outputs][inputs][kernel_hops]. The head's layers are
(weight [outputs][inputs], bias), relu after all but the last.
"""

import hashlib
import json
import struct
from types import SimpleNamespace

import numpy as np

FORMAT = 2
CLIP = 5.0  # standardized features are clipped here, as src/classify/classifier.c does
RATES = {"rate_hz": 8000, "hop_ms": 10, "window_hops": 400}
PREAMBLE, DIGEST = 16, 32


def shapes(encoders, layers):
    """What a header tells of them."""
    def dense(i, weight):
        activation = "relu" if i < len(layers) - 1 else "linear"
        return {"inputs": weight.shape[1], "outputs": weight.shape[0], "activation": activation}

    return {"encoders": [{"maps": [m[0] for m in maps], "frames": [f[0] for f in frames]} for maps, frames in encoders],
            "layers": [dense(i, weight) for i, (weight, _) in enumerate(layers)]}


def write(path, header, mean, scale, encoders, layers):
    """Rates and shapes are put into the header. Returns the model's id, name@digest."""
    text = json.dumps({**RATES, **header, **shapes(encoders, layers)}, indent=1, sort_keys=True).encode()
    convolutions = [array for maps, frames in encoders for _, *pair in [*maps, *frames] for array in pair]
    arrays = [mean, scale, *convolutions, *(array for pair in layers for array in pair)]
    weights = b"".join(np.asarray(array, dtype="<f4").tobytes() for array in arrays)
    body = b"UTMODEL\0" + struct.pack("<II", FORMAT, len(text)) + text + weights
    digest = hashlib.sha256(body).digest()
    with open(path, "wb") as file:
        file.write(body + digest)
    return f"{header['name']}@{digest.hex()[:12]}"


def parts(path):
    """The header, and the weights behind it."""
    with open(path, "rb") as file:
        data = file.read()
    if data[:8] != b"UTMODEL\0" or struct.unpack("<I", data[8:12])[0] != FORMAT:
        raise SystemExit(f"{path}: not a model of version {FORMAT}")
    if hashlib.sha256(data[:-DIGEST]).digest() != data[-DIGEST:]:
        raise SystemExit(f"{path}: truncated or damaged")
    end = PREAMBLE + struct.unpack("<I", data[12:PREAMBLE])[0]
    return json.loads(data[PREAMBLE:end]), np.frombuffer(data[end:-DIGEST], "<f4")


def read_header(path):
    return parts(path)[0]


def read(path):
    """header, mean, scale, encoders and layers, as write took them."""
    header, weights = parts(path)

    def take(*shape):
        nonlocal weights
        n = int(np.prod(shape))
        taken, weights = weights[:n].reshape(shape).astype(np.float32), weights[n:]
        return taken

    def convolution(d):
        kernel = [d[key] for key in ("kernel_hops", "kernel_bands") if key in d]
        return d, take(d["outputs"], d["inputs"], *kernel), take(d["outputs"])

    n = len(header["features"])
    mean, scale = take(n), take(n)
    encoders = [tuple([convolution(d) for d in e[kind]] for kind in ("maps", "frames")) for e in header["encoders"]]
    layers = [(take(d["outputs"], d["inputs"]), take(d["outputs"])) for d in header["layers"]]
    return SimpleNamespace(header=header, mean=mean, scale=scale, encoders=encoders, layers=layers)
