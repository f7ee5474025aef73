#!/usr/bin/python3
"""Trains models/base.utm: from corpora to a model file and its card, in one command.

    tools/train/train.py ../shared/corpora

The net hears the functionals of the last four seconds that `undertone features` prints, all but those that tell how
loud the voice is in itself, which on a telephone is the distance and the gain, not the person, and what else is on the
line. It is an ensemble of small nets, each with a hidden layer and a linear output, which is the same as one wide net,
and is written as that.

What it learns: frustration (acted anger stands in for it), stress (acted fear stands in for it) and arousal. The mark of
a clip is half what the actor meant and half what listeners heard, where listeners were asked. The other emotions are
learned beside, so that the hidden layer must tell them apart, and are then left out of the file.

Debian: python3-torch python3-sklearn python3-pandas python3-soundfile python3-scipy.
"""

import argparse
import os
import sys

import numpy as np
import pandas
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

sys.path.insert(0, os.path.dirname(__file__))
import corpus
import telephone
import utm

OUTPUTS = ["frustration", "stress", "arousal"]
STANDS_IN = {"frustration": "angry", "stress": "fearful"}
BESIDE = ["happy", "sad", "disgust", "neutral", "bored"]
LEFT_OUT = ("loudness_", "level_db_", "level_eq_", "spectral_flux_", "slope_", "music_", "tone_")
TRAINED_ON = ["crema-d", "emodb"]
MIN_SPEECH_S, FULL_SPEECH_S, WINDOW_S = 0.8, 2.5, 4.0
MEMBERS, HIDDEN, EPOCHS, BATCH = 6, 48, 30, 512


def marks(clips):
    """[clips][OUTPUTS + BESIDE], 0..1, NaN where a clip says nothing about it."""
    meant, heard = clips["emotion"].tolist(), corpus.heard(clips)

    def mark(emotion):
        said = np.array([m == emotion for m in meant], dtype=float)
        voted = np.array([np.nan if not h else (emotion in h) / len(h) for h in heard])
        return np.where(np.isnan(voted), said, (said + voted) / 2)

    arousal = np.array([1.0 if m in corpus.HIGH_AROUSAL else 0.0 if m in corpus.LOW_AROUSAL else np.nan for m in meant])
    columns = [mark(STANDS_IN[o]) if o in STANDS_IN else arousal for o in OUTPUTS]
    return np.stack(columns + [mark(e) for e in BESIDE], axis=1).astype(np.float32)


def usable(table):
    return table["speech_share"] * np.minimum(table["t_s"], WINDOW_S) >= MIN_SPEECH_S


def standardized(table, names, mean, scale):
    x = (table[names].to_numpy(np.float32) - mean) / scale
    return np.clip(np.nan_to_num(x), -utm.CLIP, utm.CLIP)


def train_member(x, y, weight, seed):
    torch.manual_seed(seed)
    net = torch.nn.Sequential(torch.nn.Dropout(0.2), torch.nn.Linear(x.shape[1], HIDDEN), torch.nn.ReLU(),
                              torch.nn.Dropout(0.4), torch.nn.Linear(HIDDEN, y.shape[1]))
    optimizer = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=2e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=EPOCHS * (len(x) // BATCH + 1))
    known, target = (~torch.isnan(y)).float(), torch.nan_to_num(y)
    for epoch in range(EPOCHS):
        net.train()
        order, total = torch.randperm(len(x)), 0.0
        for batch in order.split(BATCH):
            loss = torch.nn.functional.binary_cross_entropy_with_logits(net(x[batch]), target[batch], reduction="none")
            loss = (loss * known[batch] * weight[batch, None]).sum() / weight[batch].sum()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item() * len(batch)
        corpus.progress(f"net {seed + 1} of {MEMBERS}, epoch {epoch + 1} of {EPOCHS}, loss {total / len(x):.4f}")
    print(f"  net {seed + 1} of {MEMBERS}: loss {total / len(x):.4f}", file=sys.stderr)
    return net.eval()


def merged(members):
    """The mean of the members' logits as one net: their hidden layers side by side."""
    hidden = [(m[1].weight.detach().numpy(), m[1].bias.detach().numpy()) for m in members]
    out = [(m[4].weight.detach().numpy()[: len(OUTPUTS)], m[4].bias.detach().numpy()[: len(OUTPUTS)]) for m in members]
    return [(np.concatenate([w for w, _ in hidden]), np.concatenate([b for _, b in hidden])),
            (np.concatenate([w for w, _ in out], axis=1) / len(members), np.mean([b for _, b in out], axis=0))]


def logits(layers, x):
    (w1, b1), (w2, b2) = layers
    return np.maximum(x @ w1.T + b1, 0) @ w2.T + b2


def calibrate(z, y):
    """Platt (1999): a logistic regression of the mark on the logit; the prior is what the marks say on average."""
    known = ~np.isnan(y)
    z, y = z[known], y[known]
    fit = LogisticRegression(C=1e6).fit(np.concatenate([z, z])[:, None], np.repeat([1, 0], len(z)),
                                        sample_weight=np.concatenate([y, 1 - y]))
    return {"slope": float(fit.coef_[0, 0]), "offset": float(fit.intercept_[0]), "prior": float(np.mean(y))}


def clip_weights(table):
    """Every clip counts the same, however many windows it has."""
    counts = table.groupby(["condition", "clip"])["t_s"].transform("size")
    return (1 / counts).to_numpy(np.float32)


def gather(program, folder, clips):
    tables = []
    for condition in telephone.CONDITIONS:
        table = corpus.features(program, folder, clips, condition)
        table.insert(0, "condition", condition)
        tables.append(table)
    return pandas.concat(tables, ignore_index=True)


def report(table, clips, layers, x):
    """AUC of the last window of each clip, against what the actor meant."""
    last = table.groupby(["condition", "clip"]).tail(1).index
    z, rows = logits(layers, x)[last], table.loc[last]
    for condition in telephone.CONDITIONS:
        for name in sorted(clips["corpus"].unique()):
            chosen = (rows["condition"] == condition).to_numpy() & (clips["corpus"].iloc[rows["clip"]] == name).to_numpy()
            meant = clips["emotion"].iloc[rows["clip"][chosen]].to_numpy()
            auc = {e: roc_auc_score(meant == e, z[chosen, i]) for i, e in enumerate(["angry", "fearful"])}
            print(f"  dev {name:8} {condition:30} angry {auc['angry']:.3f}  fearful {auc['fearful']:.3f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", help="the folder that holds manifest.csv")
    parser.add_argument("--program", default="build/undertone")
    parser.add_argument("--out", default="models/base.utm")
    args = parser.parse_args()
    torch.use_deterministic_algorithms(True)

    every = corpus.manifest(args.corpora)
    every = every[every["corpus"].isin(TRAINED_ON)]
    train, dev = (every[every["split"] == split].reset_index(drop=True) for split in ("train", "dev"))
    print("features of the training clips", file=sys.stderr)
    table = gather(args.program, args.corpora, train)
    print("features of the dev clips", file=sys.stderr)
    dev_table = gather(args.program, args.corpora, dev)
    table, dev_table = (t[usable(t)].reset_index(drop=True) for t in (table, dev_table))

    names = [c for c in table.columns if c not in ("condition", "clip", "t_s") and not c.startswith(LEFT_OUT)]
    mean = np.nanmean(table[names].to_numpy(np.float64), axis=0).astype(np.float32)
    scale = np.maximum(np.nanstd(table[names].to_numpy(np.float64), axis=0), 1e-6).astype(np.float32)
    x, dev_x = (standardized(t, names, mean, scale) for t in (table, dev_table))
    y, dev_y = marks(train)[table["clip"]], marks(dev)[dev_table["clip"]]

    weight = torch.from_numpy(clip_weights(table))
    members = [train_member(torch.from_numpy(x), torch.from_numpy(y), weight, seed) for seed in range(MEMBERS)]
    layers = merged(members)
    z = logits(layers, dev_x)
    distance = np.mean(x**2, axis=1)
    header = {
        "name": "base",
        "rate_hz": telephone.RATE_HZ,
        "hop_ms": 10,
        "window_hops": 400,
        "features": names,
        "outputs": OUTPUTS,
        "layers": [{"inputs": len(names), "outputs": HIDDEN * MEMBERS, "activation": "relu"},
                   {"inputs": HIDDEN * MEMBERS, "outputs": len(OUTPUTS), "activation": "linear"}],
        "calibration": [calibrate(z[:, i], dev_y[:, i]) for i in range(len(OUTPUTS))],
        "abstain": {"min_speech_s": MIN_SPEECH_S, "full_speech_s": FULL_SPEECH_S,
                    "max_distance": float(np.quantile(distance, 0.995))},
    }
    digest = utm.write(args.out, header, mean, scale, layers)
    print(f"{args.out}: base@{digest}, {len(names)} features, {os.path.getsize(args.out) / 1024:.0f} KiB")
    report(dev_table, dev, layers, dev_x)


if __name__ == "__main__":
    main()
