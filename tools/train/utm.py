"""Writes a model file; src/classify/model.h says what is in it."""

import hashlib
import json
import struct

import numpy as np

FORMAT = 1
CLIP = 5.0  # standardized features are clipped here, as src/classify/classifier.c does


def write(path, header, mean, scale, layers):
    """layers: (weight [outputs][inputs], bias [outputs]) each."""
    text = json.dumps(header, indent=1, sort_keys=True).encode()
    weights = b"".join(np.asarray(a, dtype="<f4").tobytes() for a in [mean, scale] + [a for layer in layers for a in layer])
    body = b"UTMODEL\0" + struct.pack("<II", FORMAT, len(text)) + text + weights
    digest = hashlib.sha256(body).digest()
    with open(path, "wb") as file:
        file.write(body + digest)
    return digest.hex()[:12]
