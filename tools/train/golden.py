#!/usr/bin/python3
"""Makes the golden vectors that tests/unit/test_golden.c holds the C layers to: what PyTorch says each layer gives.

    tools/train/golden.py tests/unit/golden        -> golden.utm, a small net with made weights, and golden.json

Inputs are made by one formula, here and there: value k is (7919 k mod 1000 - 500) / 500.
"""

import json
import sys

import numpy as np
import torch

import net
import utm

HOPS, OUTPUTS = 420, ["angry", "fearful", "happy", "sad", "neutral", "disgust", "arousal"]
FEATURES = ["f0_st_p50", "articulation_rate_syl_s", "alpha_ratio_db_mean"]


def made(*shape, first=0):
    k = np.arange(first, first + int(np.prod(shape)), dtype=np.int64)
    return ((k * 7919 % 1000 - 500) / 500).astype(np.float32).reshape(shape)


def made_encoder(first):
    torch.manual_seed(first)
    encoder = net.Encoder().eval()
    for norm in encoder.norms:  # as if trained: no normalization is the identity
        for k, values in enumerate((norm.weight.data, norm.bias.data, norm.running_mean)):
            values += 0.2 * torch.from_numpy(made(len(values), first=100 * k))
        norm.running_var *= 1.7
    return encoder


def layer_by_layer(encoder):
    """The newest output of each layer, relu and pooling done, when it alone hears made inputs for 12 steps."""
    maps, frames = encoder.layers()
    found, bands = [], net.BANDS
    with torch.no_grad():
        for about, weight, bias in maps:
            x = torch.from_numpy(made(12, about["inputs"], bands)).permute(1, 0, 2)[None]
            pad = about["pad_bands"]
            x = torch.nn.functional.pad(x, (pad, pad, about["kernel_hops"] - about["stride_hops"], 0))
            y = torch.nn.functional.conv2d(x, torch.from_numpy(weight), torch.from_numpy(bias), (about["stride_hops"], 1))
            y = torch.nn.functional.max_pool2d(torch.relu(y), (1, about["pool_bands"]))
            found.append(y[0, :, -1, :].T.flatten().tolist())  # band by band
            bands = y.shape[3]
        for about, weight, bias in frames:
            x = torch.from_numpy(made(12, about["inputs"])).T[None]
            x = torch.nn.functional.pad(x, (about["kernel_hops"] - 1, 0))
            y = torch.relu(torch.nn.functional.conv1d(x, torch.from_numpy(weight), torch.from_numpy(bias)))
            found.append(y[0, :, -1].tolist())
    return found


def main():
    folder = sys.argv[1]
    encoder = made_encoder(3)
    hops = made(HOPS, net.BANDS + net.DESCRIPTORS)
    hops[:, net.SPEECH] = np.abs(hops[:, net.SPEECH])
    ends = [3, 4, 50, 401, HOPS]
    n = len(FEATURES) + net.VECTOR
    head = net.Head(n, 24, len(OUTPUTS)).eval()
    vector = np.concatenate([made(len(FEATURES)), net.encode(encoder, hops, ends)[-1]])
    change = made(n, first=7)
    with torch.no_grad():
        inputs = [torch.from_numpy(a)[None] for a in (vector, change, np.ones(1, np.float32))]
        heard = torch.relu(head.hear(torch.cat(inputs, 1)))[0].tolist()
        told = head(*inputs)[0]
        share = torch.softmax(told[:-1], 0)
        logits = [torch.log(share[i] / (1 - share[i])).item() for i in range(2)] + [told[-1].item()]
    ones = [{"slope": 1, "offset": 0, "prior": 0.5}] * 3
    header = {"name": "golden", "features": FEATURES, "outputs": OUTPUTS, "calibration": {"cold": ones, "warm": ones},
              "abstain": {"min_speech_s": 0.8, "full_speech_s": 2.5, "max_distance": 4, "min_share": 0}}
    layers = [(a.weight.detach().numpy(), a.bias.detach().numpy()) for a in (head.hear, head.tell)]
    utm.write(f"{folder}/golden.utm", header, np.zeros(3), np.ones(3), [encoder.layers()], layers)
    golden = {"layers": layer_by_layer(encoder), "ends": ends, "vectors": net.encode(encoder, hops, ends).tolist(),
              "heard": heard, "told": told.tolist(), "logits": logits, "classes": share.tolist()}
    with open(f"{folder}/golden.json", "w") as file:
        json.dump({key: np.round(value, 7).tolist() if key not in ("layers",) else [np.round(v, 7).tolist() for v in value]
                   for key, value in golden.items()}, file)
        file.write("\n")


if __name__ == "__main__":
    main()
