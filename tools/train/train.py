#!/usr/bin/python3
"""Trains models/base.utm: from corpora to a model file, in one command.

    tools/train/train.py ../shared/corpora                        crema-d and emodb, into models/base.utm
    tools/train/train.py ../shared/corpora --without emodb --out build/without.utm      to be measured on what it never heard
    tools/train/train.py OWN --base models/base.utm --out models/own.utm                one's own labelled calls, on top

First encoders learn alone, each from the hops of a clip. Then three heads learn apart, one from the functionals and one
from each encoder's vector, with and without what is usual for the speaker: the mean over a few of the same speaker's neutral
clips, on the same line, as a live call finds it in its first seconds. Side by side they are one net, whose logits are the
mean of theirs. Then Platt's calibration on the dev speakers. The same corpora give the same file, on the same machine.

With --base, the encoders and the head are the base's; the head goes on learning from OWN's train speakers, and both
calibrations are made anew on OWN's dev speakers. OWN is a folder laid out the same way; a cue that an agent marked as
helpful gives the four seconds before it as angry (frustration) or fearful (stress), one marked as wrong as neutral.

Needs what `sh tools/setup train` installs, and build/tools/classifier_inputs.
"""

import argparse
import os
import sys
from multiprocessing import Pool

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import recall_score, roc_auc_score

sys.path.insert(0, os.path.dirname(__file__))
import corpus
import curves
import net
import telephone
import utm

TRAINED_ON = ["crema-d", "emodb"]
LEFT_OUT = ("loudness_", "level_db_", "level_eq_", "spectral_flux_", "slope_", "music_", "tone_", "speech_share")
MIN_SPEECH_S, FULL_SPEECH_S, MIN_SHARE = 0.8, 2.5, 0.3
READY_S = 10.0
ENCODERS, ENCODER_EPOCHS, ENCODER_BATCH = 2, 48, 64
FUNCTIONALS_HIDDEN, ENCODER_HIDDEN, HEAD_EPOCHS, HEAD_BATCH = 72, 36, 40, 256
AROUSAL_WEIGHT, WARM_SHARE, LAST_SHARE = 0.3, 0.7, 0.85
BASE_EPOCHS, BASE_RATE = 10, 1e-4
SMALL_SHARE, SMALL_TIMES = 0.1, 2  # a corpus with less of the clips than that counts so often

world = None  # what the worker processes share: set once before they start


class World:
    """The clips, what they say, and what is heard of them under every condition."""

    def __init__(self, program, folder, clips, conditions):
        self.clips = clips
        self.classes, self.arousal = corpus.class_marks(clips), corpus.arousal_marks(clips)
        self.ordinary = corpus.ordinary_clips(clips)
        self.duration_s = clips["duration_s"].to_numpy()
        self.train = np.flatnonzero((clips["split"] == "train").to_numpy())
        self.dev = np.flatnonzero((clips["split"] == "dev").to_numpy())
        self.program, self.conditions = program, conditions
        self.samples = corpus.recordings(folder, clips)
        self.others = [self.samples[i] for i in self.train[:: max(1, len(self.train) // 300)]]

    def settle(self, heard):
        """heard: one Heard a condition. Where everything of a clip lies is the same in all of them."""
        self.heard = heard
        self.first_hop = np.concatenate([[0], np.cumsum(heard[0].hops_of_clip)])
        self.first_reading = np.searchsorted(heard[0].clip, np.arange(len(self.clips) + 1))
        self.usable = [h.speech_s >= MIN_SPEECH_S for h in heard]
        self.prior = self.classes[self.train].mean(0)
        name = self.clips["corpus"].iloc[self.train]
        small = (name.map(name.value_counts(normalize=True)) < SMALL_SHARE).to_numpy()
        self.drawn = np.concatenate([self.train] + [self.train[small]] * (SMALL_TIMES - 1))
        del self.samples, self.others

    def readings(self, clip):
        return np.arange(self.first_reading[clip], self.first_reading[clip + 1])

    def hops(self, condition, clip):
        return self.heard[condition].hops[self.first_hop[clip] : self.first_hop[clip + 1]]

    def drawn_reading(self, condition, clip, chance):
        """The last, or any with enough speech in it."""
        rows = self.readings(clip)
        usable = rows[self.usable[condition][rows]]
        return rows[-1] if chance.random() < LAST_SHARE or len(usable) == 0 else chance.choice(usable)


def listen(condition):
    treated = telephone.apply(condition, world.clips["path"].tolist(), world.samples, world.others)
    print(f"  {condition}", file=sys.stderr)
    return corpus.hear(world.program, treated)


def loss_of(logits, classes, arousal):
    known = ~torch.isnan(arousal)
    several = -(classes * torch.log_softmax(logits[:, :-1], 1)).sum(1).mean()
    binary = torch.nn.functional.binary_cross_entropy_with_logits(logits[:, -1][known], arousal[known])
    return several + AROUSAL_WEIGHT * binary


def epochs_of(model, name, places, epochs, size, loss, seed, rate=2e-3):
    """Trains model in place; loss(places of a batch) is what it is to make small. Returns the mean loss of each epoch."""
    chance, course = np.random.default_rng([seed, 1]), []
    steps = epochs * (len(places) // size + 1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2 * rate, total_steps=steps)
    for epoch in range(epochs):
        model.train()
        order, total = chance.permutation(places), 0.0
        for start in range(0, len(order), size):
            one = loss(order[start : start + size])
            optimizer.zero_grad()
            one.backward()
            optimizer.step()
            schedule.step()
            total += one.item() * len(order[start : start + size])
        course.append(total / len(order))
        if epoch % 4 == 3 or epoch == epochs - 1:
            print(f"  {name}: epoch {epoch + 1} of {epochs}, loss {course[-1]:.4f}", file=sys.stderr)
    model.eval()
    return course


# ---- encoders ----


def encoder_batch(places, chance):
    """Hops of windows, in conditions drawn anew, with some bands and some time blanked out; and 1 where there are any."""
    longest = net.WINDOW_STEPS * net.STEP_HOPS
    hops = np.zeros((len(places), longest, corpus.HOP_INPUTS), np.float32)
    there = np.zeros((len(places), net.WINDOW_STEPS), np.float32)
    for row, known, clip in zip(hops, there, places):
        condition = chance.integers(len(world.conditions))
        reading = world.drawn_reading(condition, clip, chance)
        end = world.heard[condition].hops_by_then[reading] // net.STEP_HOPS * net.STEP_HOPS
        n = min(end, longest)
        row[:n] = world.hops(condition, clip)[end - n : end]
        known[: n // net.STEP_HOPS] = 1
        bands, time = chance.integers(0, 5), chance.integers(0, 25)
        band, start = chance.integers(0, net.BANDS + 1 - bands), chance.integers(0, longest - time)
        row[:, band : band + bands] = 0
        row[start : start + time] = 0
    return torch.from_numpy(hops), torch.from_numpy(there)


def train_encoder(seed):
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    chance, encoder = np.random.default_rng([seed, 2]), net.Encoder()
    judge = torch.nn.Sequential(torch.nn.Dropout(0.3), torch.nn.Linear(net.VECTOR, 64), torch.nn.ReLU(),
                                torch.nn.Dropout(0.4), torch.nn.Linear(64, len(corpus.CLASSES) + 1))
    classes, arousal = torch.from_numpy(world.classes), torch.from_numpy(world.arousal)

    def loss(places):
        hops, there = encoder_batch(places, chance)
        steps, weight = encoder(hops)
        return loss_of(judge(net.pooled(steps, weight * there)), classes[places], arousal[places])

    course = epochs_of(torch.nn.ModuleList([encoder, judge]), f"encoder {seed + 1}", world.drawn, ENCODER_EPOCHS,
                       ENCODER_BATCH, loss, seed)
    return encoder, course


def encoded(condition):
    """The encoders' vectors of all readings under a condition."""
    torch.set_num_threads(1)
    ends, rows = world.heard[condition].hops_by_then, world.readings
    return np.concatenate([
        np.concatenate([net.encode(e, world.hops(condition, clip), ends[rows(clip)]) for e in world.encoders], 1)
        for clip in range(len(world.clips))])


# ---- the head ----


class Vectors:
    """What the head is given: vectors of all readings [conditions][readings][n]. Those of encoders are standardized for
    training unless plain; functionals are already."""

    def __init__(self, functionals, mean, scale, encoders, plain=False):
        tables = []
        for condition in range(len(world.conditions)):
            x = np.clip(np.nan_to_num((functionals[condition] - mean) / scale), -utm.CLIP, utm.CLIP)
            tables.append(np.concatenate([x, encoders[condition]], 1).astype(np.float32))
        self.n_features, self.n_vector, self.tables = len(mean), tables[0].shape[1], tables
        own = np.concatenate([t[world.usable[c]][::7] for c, t in enumerate(tables)])
        self.mean, self.scale = own.mean(0), own.std(0) + 1e-3
        n = self.n_vector if plain else self.n_features
        self.mean[:n], self.scale[:n] = 0, 1
        self.sums = [self.usual_sums(c) for c in range(len(tables))]

    def usual_sums(self, condition):
        """Of each clip the sum of its usable readings, and how many those are."""
        usable = world.usable[condition][:, None]
        starts = world.first_reading[:-1]
        return (np.add.reduceat(self.tables[condition] * usable, starts, axis=0),
                np.add.reduceat(usable[:, 0].astype(np.float32), starts))

    def usual(self, condition, clips):
        sums, counts = self.sums[condition]
        return sums[clips].sum(0) / counts[clips].sum() if counts[clips].sum() else None

    def batch(self, rows, conditions, usuals):
        vector = np.stack([self.tables[c][row] for c, row in zip(conditions, rows)])
        change, ready = np.zeros_like(vector), np.zeros((len(rows), 1), np.float32)
        for i, usual in enumerate(usuals):
            if usual is not None:
                change[i], ready[i] = (vector[i] - usual) / self.scale, 1
        return [torch.from_numpy(a.astype(np.float32)) for a in ((vector - self.mean) / self.scale, change, ready)]


def ordinary_of(clip, chance, most):
    """Neutral clips of the same speaker, most of them or READY_S of them at most."""
    clips = chance.permutation(world.ordinary[clip])
    enough = np.searchsorted(np.cumsum(world.duration_s[clips]), READY_S) if len(clips) else 0
    return clips[: min(most, max(1, enough))]


def head_batch(places, chance):
    conditions = chance.integers(len(world.conditions), size=len(places))
    rows = [world.drawn_reading(c, clip, chance) for c, clip in zip(conditions, places)]
    usuals = [None] * len(places)
    for i, (condition, clip) in enumerate(zip(conditions, places)):
        ordinary = ordinary_of(clip, chance, chance.integers(1, 6)) if chance.random() < WARM_SHARE else []
        usuals[i] = world.vectors.usual(condition, ordinary) if len(ordinary) else None
    return world.vectors.batch(rows, conditions, usuals)


def views(vectors):
    """(name, columns of the vector, hidden units) of each head."""
    n = vectors.n_features
    found = [("functionals", slice(0, n), FUNCTIONALS_HIDDEN)]
    for i in range((vectors.n_vector - n) // net.VECTOR):
        found.append((f"encoder {i + 1}", slice(n + i * net.VECTOR, n + (i + 1) * net.VECTOR), ENCODER_HIDDEN))
    return found


def train_head(task):
    seed, (name, columns, hidden) = task
    torch.set_num_threads(1)
    torch.manual_seed(100 + seed)
    chance = np.random.default_rng([seed, 3])
    head = net.Head(columns.stop - columns.start, hidden, len(corpus.CLASSES) + 1)
    classes, arousal = torch.from_numpy(world.classes), torch.from_numpy(world.arousal)

    def loss(places):
        vector, change, ready = head_batch(places, chance)
        told = head(vector[:, columns], change[:, columns], ready, drop=(0.2, 0.4))
        return loss_of(told, classes[places], arousal[places])

    return head, epochs_of(head, "head of " + name, world.drawn, HEAD_EPOCHS, HEAD_BATCH, loss, seed)


def side_by_side(heads, vectors):
    """The mean of the heads' logits as one net; the standardization of vectors folded in, and the prior taken out of the
    classes, so that each is as likely as the others before anything is heard."""
    n, at = vectors.n_vector, 0
    weight = np.zeros((sum(h.hear.out_features for h in heads), 2 * n + 1))
    for head, (_, columns, hidden) in zip(heads, views(vectors)):
        own, width = head.hear.weight.detach().numpy(), columns.stop - columns.start
        weight[at : at + hidden, columns] = own[:, :width] / vectors.scale[columns]
        weight[at : at + hidden, n + columns.start : n + columns.stop] = own[:, width:-1] / vectors.scale[columns]
        weight[at : at + hidden, -1] = own[:, -1]
        at += hidden
    bias = np.concatenate([h.hear.bias.detach().numpy() for h in heads]) - weight[:, :n] @ vectors.mean
    tell = np.concatenate([h.tell.weight.detach().numpy() for h in heads], 1) / len(heads)
    told = np.mean([h.tell.bias.detach().numpy() for h in heads], 0) - np.append(np.log(world.prior), 0)
    return [(weight.astype(np.float32), bias.astype(np.float32)), (tell, told.astype(np.float32))]


# ---- calibration ----


def logits_of(layers, vector, change, ready):
    (w1, b1), (w2, b2) = layers
    return np.maximum(np.concatenate([vector, change, ready], 1) @ w1.T + b1, 0) @ w2.T + b2


def scores_of(logits):
    """[clips][3]: of frustration, stress and arousal, before calibration."""
    others = [np.delete(logits[:, :-1], i, 1) for i in range(2)]
    return np.stack([logits[:, i] - np.logaddexp.reduce(o, 1) for i, o in enumerate(others)] + [logits[:, -1]], 1)


def usuals_of(vectors, places, condition):
    """What is usual for the speaker of each clip by their other neutral clips; None where there are none."""
    return [vectors.usual(condition, ordinary_of(p, np.random.default_rng(p), 99)) for p in places]


def asked(vectors, layers, places, condition, warm):
    """(places kept, logits) of their last readings; warm keeps those whose speaker has other neutral clips."""
    usuals = [None] * len(places)
    if warm:
        places = np.array([p for p in places if len(world.ordinary[p])])
        usuals = usuals_of(vectors, places, condition)
    vector = vectors.tables[condition][world.first_reading[places + 1] - 1]
    known = np.array([u is not None for u in usuals])
    change = np.stack([v - u if u is not None else 0 * v for v, u in zip(vector, usuals)])
    return places, logits_of(layers, vector, change, known[:, None].astype(np.float32))


def platt(score, meant):
    """Platt (1999); the prior is what to say when nothing was heard."""
    fit = LogisticRegression(C=1e6).fit(score[:, None], meant)
    return {"slope": float(fit.coef_[0, 0]), "offset": float(fit.intercept_[0]), "prior": float(np.mean(meant))}


def calibrations(vectors, layers):
    found = {}
    for state in ("cold", "warm"):
        told = [asked(vectors, layers, world.dev, c, state == "warm") for c in range(len(world.conditions))]
        places, score = np.concatenate([p for p, _ in told]), scores_of(np.concatenate([z for _, z in told]))
        meant = world.clips["emotion"].to_numpy()[places]
        marks = [meant == "angry", meant == "fearful", world.arousal[places]]
        found[state] = [platt(score[~np.isnan(m), i], m[~np.isnan(m)]) for i, m in
                        enumerate(np.asarray(mark, float) for mark in marks)]
    return found


def figures(places, logits):
    """AUC of angry, AUC of fearful, recall of five classes."""
    meant = world.clips["emotion"].replace(corpus.COUNTS_AS).to_numpy()[places]
    score, five = scores_of(logits), np.isin(meant, corpus.CLASSES[:5])
    said = np.array(corpus.CLASSES)[logits[five, :5].argmax(1)]
    return [*(roc_auc_score(meant == e, score[:, i]) for i, e in enumerate(("angry", "fearful"))),
            recall_score(meant[five], said, average="macro")]


def report(vectors, layers):
    """AUC of angry and fearful and recall of five classes, of the dev speakers, cold and warm."""
    for name in sorted(world.clips["corpus"].unique()):
        places = world.dev[(world.clips["corpus"].to_numpy() == name)[world.dev]]
        for condition, words in enumerate(world.conditions):
            line = f"  {name:8} {words:30}"
            for warm in (False, True):
                found = figures(*asked(vectors, layers, places, condition, warm))
                line += f"  {'warm' if warm else 'cold'} " + " ".join(f"{value:.3f}" for value in found)
            print(line, flush=True)


# ---- on top of a base ----


def go_on(layers, vectors):
    """The base's head after learning a little from one's own clips, without being let far from where it stood."""
    torch.manual_seed(0)
    (w1, b1), (w2, b2) = [tuple(torch.from_numpy(a.copy()) for a in pair) for pair in layers]
    head, chance = net.Head(vectors.n_vector, len(b1), len(b2)), np.random.default_rng(0)
    for parameter, value in zip(head.parameters(), (w1, b1, w2, b2)):
        parameter.data = value
    classes, arousal = torch.from_numpy(world.classes), torch.from_numpy(world.arousal)

    def loss(places):
        away = sum(((p - v) ** 2).sum() for p, v in zip(head.parameters(), (w1, b1, w2, b2)))
        told = head(*head_batch(places, chance), drop=(0.1, 0.2))
        return loss_of(told, classes[places], arousal[places]) + away

    course = epochs_of(head, "head", world.drawn, BASE_EPOCHS, HEAD_BATCH, loss, 0, BASE_RATE)
    layers = [(head.hear.weight, head.hear.bias), (head.tell.weight, head.tell.bias)]
    return [tuple(p.detach().numpy() for p in pair) for pair in layers], course


# ---- all of it ----


def speakers(clips, before=None):
    """{corpus: its speakers}, with those of before."""
    found = dict(before or {})
    for name, rows in clips.groupby("corpus"):
        found[name] = sorted({*found.get(name, []), *rows["speaker"]})
    return found


def options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", help="the folder that holds manifest.csv")
    parser.add_argument("--out", default="models/base.utm")
    parser.add_argument("--without", help="a corpus to leave out")
    parser.add_argument("--base", help="a model file to go on from")
    parser.add_argument("--program", default="build/tools/classifier_inputs")
    parser.add_argument("--jobs", type=int, default=2, help="processes side by side")
    return parser.parse_args()


def check(folder, clips):
    """Refuses, in one sentence, what nothing could be learned from or calibrated on."""
    for split in ("train", "dev"):
        emotions = set(clips["emotion"][clips["split"] == split])
        missing = [e for e in ("angry", "fearful") if e not in emotions or len(emotions) < 2]
        if missing:
            sys.exit(f"{folder}/manifest.csv: the split {split} needs clips that are {' and '.join(missing)}, and others")


def main():
    global world
    args = options()
    torch.use_deterministic_algorithms(True)
    base = utm.read(args.base) if args.base else None

    clips = corpus.manifest(args.corpora)
    if not base:
        clips = clips[clips["corpus"].isin(TRAINED_ON) & (clips["corpus"] != args.without)]
    check(args.corpora, clips)
    world = World(args.program, args.corpora, clips.reset_index(drop=True), list(telephone.CONDITIONS))
    print(f"listening to {len(clips)} clips under {len(world.conditions)} conditions", file=sys.stderr)
    with Pool(args.jobs) as pool:
        world.settle(pool.map(listen, world.conditions, chunksize=1))

    names = corpus.functional_names(args.program)
    kept = [names.index(f) for f in base.header["features"]] if base else [
        i for i, name in enumerate(names) if not name.startswith(LEFT_OUT)]
    functionals = [h.functionals[:, kept] for h in world.heard]
    usable = np.concatenate([f[u & np.isin(h.clip, world.train)] for f, u, h in zip(functionals, world.usable, world.heard)])
    mean = base.mean if base else np.nanmean(usable, 0, dtype=np.float64).astype(np.float32)
    scale = base.scale if base else np.maximum(np.nanstd(usable, 0, dtype=np.float64), 1e-6).astype(np.float32)
    distance = np.mean(np.clip(np.nan_to_num((usable - mean) / scale), -utm.CLIP, utm.CLIP) ** 2, 1)
    del usable

    courses = {}
    with Pool(args.jobs) as pool:
        trained = [] if base else pool.map(train_encoder, range(ENCODERS), chunksize=1)
    world.encoders = [net.Encoder.of(*e) for e in base.encoders] if base else [encoder for encoder, _ in trained]
    courses.update({f"encoder {i + 1}": course for i, (_, course) in enumerate(trained)})
    with Pool(args.jobs) as pool:
        tables = pool.map(encoded, range(len(world.conditions)), chunksize=1)
    vectors = world.vectors = Vectors(functionals, mean, scale, tables, plain=bool(base))
    if base:
        layers, courses["head"] = go_on(base.layers, vectors)
    else:
        with Pool(args.jobs) as pool:
            heads = pool.map(train_head, enumerate(views(vectors)), chunksize=1)
        layers = side_by_side([head for head, _ in heads], vectors)
        courses.update({"head of " + name: course for (name, *_), (_, course) in zip(views(vectors), heads)})
    curves.show(courses, os.path.splitext(args.out)[0] + "-curves.png")

    train, dev = (world.clips.iloc[rows] for rows in (world.train, world.dev))
    header = {
        "name": os.path.splitext(os.path.basename(args.out))[0],
        "features": [names[i] for i in kept],
        "outputs": corpus.CLASSES + ["arousal"],
        "calibration": calibrations(vectors, layers),
        "abstain": {"min_speech_s": MIN_SPEECH_S, "full_speech_s": FULL_SPEECH_S, "min_share": MIN_SHARE,
                    "max_distance": base.header["abstain"]["max_distance"] if base else float(np.quantile(distance, 0.995))},
        "trained_on": speakers(train, base and base.header["trained_on"]),
        "calibrated_on": speakers(dev),
    }
    encoders = base.encoders if base else [e.layers() for e in world.encoders]
    name = utm.write(args.out, header, mean, scale, encoders, layers)
    print(f"{args.out}: {name}, {os.path.getsize(args.out) / 1024:.0f} KiB")
    report(vectors, layers)


if __name__ == "__main__":
    main()
