#!/usr/bin/python3
"""What was tried, by one protocol: trained on the train speakers, measured on others, by mu-law, cold and warm.

    tools/train/search.py ../shared/corpora --model models/base.utm        a Markdown table

Support vector machines on the functionals are fitted here. The nets are those of the model, each alone and together: the
model's head is the mean of one a view, side by side, so each can be asked for itself. A machine is warm as the field does
it, with the plain change from the mean of the speaker's neutral clips beside the functionals.
"""

import argparse
import os
import sys
from multiprocessing import Pool

import numpy as np
from sklearn.svm import SVC, LinearSVC

sys.path.insert(0, os.path.dirname(__file__))
import corpus
import net
import train
import utm

CONDITIONS = ["mu-law", "handset, gain, mu-law", "AMR-NB"]  # machines learn from all, and are measured by the first


# ---- support vector machines ----


def inputs_of(vectors, places, condition, warm):
    """Functionals of the last reading, and their change from usual where warm; places without any usual are left out."""
    n, rows = vectors.n_features, train.world.first_reading[places + 1] - 1
    x = vectors.tables[condition][rows][:, :n]
    if not warm:
        return places, x
    usuals = train.usuals_of(vectors, places, condition)
    kept = np.array([u is not None for u in usuals])
    change = np.stack([a - u[:n] for a, u, k in zip(x, usuals, kept) if k])
    return places[kept], np.concatenate([x[kept], change], 1)


def machine(task):
    """Decisions on each class, and none on arousal: [sets] of (places, logits)."""
    kernel, warm, sets = task
    vectors = train.world.vectors
    learned = [inputs_of(vectors, train.world.train, c, warm) for c in range(len(CONDITIONS) if kernel == "linear" else 1)]
    places, x = np.concatenate([p for p, _ in learned]), np.concatenate([x for _, x in learned])
    marks = train.world.classes[places]
    asked = [inputs_of(vectors, places, 0, warm) for places in sets]
    told = [np.zeros((len(p), len(corpus.CLASSES) + 1)) for p, _ in asked]
    for i in range(len(corpus.CLASSES)):
        kinds = {"linear": LinearSVC(C=1e-3, class_weight="balanced", dual=False),
                 "kernel": SVC(C=1, gamma="scale", class_weight="balanced", cache_size=1000)}
        fit = kinds[kernel].fit(x, marks.argmax(1) == i)
        for decisions, (_, one) in zip(told, asked):
            decisions[:, i] = fit.decision_function(one)
    return [(p, decisions) for (p, _), decisions in zip(asked, told)]


# ---- the model's nets ----


def views_of(vectors, layers):
    """{name: the head with only the hidden units that hear that view}, and all of them."""
    (weight, bias), (tell, told) = layers
    n, found, at = vectors.n_vector, {}, 0
    for name, columns, hidden in train.views(vectors):
        found[name] = range(at, at + hidden)
        at += hidden
    together = {"functionals": ["functionals"], "encoder 1": ["encoder 1"],
                "encoders 1, 2": [name for name in found if name != "functionals"], "functionals, encoders": list(found)}
    for name, parts in together.items():
        units = np.concatenate([np.array(found[part]) for part in parts])
        share = len(found) / len(parts)
        yield name, [(weight[units], bias[units]), (tell[:, units] * share, told)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", help="the folder that holds manifest.csv")
    parser.add_argument("--model", default="models/base.utm")
    parser.add_argument("--program", default="build/tools/classifier_inputs")
    args = parser.parse_args()
    model, clips = utm.read(args.model), corpus.manifest(args.corpora)
    clips = clips[clips["emotion"].notna() & (clips["split"] != "background")].reset_index(drop=True)
    clips.loc[~clips["corpus"].isin(train.TRAINED_ON), "split"] = "evaluate-only"
    world = train.world = train.World(args.program, args.corpora, clips, CONDITIONS)
    with Pool(2) as pool:
        world.settle(pool.map(train.listen, CONDITIONS, chunksize=1))
    names, world.encoders = corpus.functional_names(args.program), [net.Encoder.of(*e) for e in model.encoders]
    kept = [names.index(name) for name in model.header["features"]]
    with Pool(2) as pool:
        tables = pool.map(train.encoded, range(len(CONDITIONS)), chunksize=1)
    functionals = [h.functionals[:, kept] for h in world.heard]
    vectors = world.vectors = train.Vectors(functionals, model.mean, model.scale, tables, plain=True)

    measured = [(f"{name} {split}", np.flatnonzero(((clips["corpus"] == name) & (clips["split"] == split)).to_numpy()))
                for name, split in sorted(set(zip(clips["corpus"], clips["split"]))) if split != "train"]
    sets = [places for _, places in measured]
    rows = []
    tasks = [(kernel, warm, sets) for kernel in ("linear", "kernel") for warm in (False, True)]
    with Pool(2) as pool:
        told = pool.map(machine, tasks, chunksize=1)
    for kernel, cold, warm in zip(("linear", "kernel"), told[::2], told[1::2]):
        rows.append((f"functionals, {kernel} support vector machine", [train.figures(*c) + train.figures(*w) for c, w in zip(cold, warm)]))
    for name, layers in views_of(vectors, model.layers):
        told = [[train.asked(vectors, layers, places, 0, warm) for warm in (False, True)] for places in sets]
        rows.append((name + ", net", [sum((train.figures(*one) for one in both), []) for both in told]))
    for i, (name, _) in enumerate(measured):
        print(f"### {name}: AUC angry / AUC fearful / recall of five classes\n\n| what hears | cold | warm |\n| --- | --- | --- |")
        for words, found in rows:
            cold, warm = (" / ".join(f"{v:.3f}" for v in found[i][at : at + 3]) for at in (0, 3))
            print(f"| {words} | {cold} | {warm} |")
        print()


if __name__ == "__main__":
    main()
