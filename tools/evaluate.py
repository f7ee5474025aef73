#!/usr/bin/python3
"""Measures a model on labelled clips, through the program itself: what `undertone analyze` says is what counts.

    tools/evaluate.py ../shared/corpora                      crema-d's dev speakers, clip by clip, cold
    tools/evaluate.py ../shared/corpora --telephone          the same through the telephone's conditions
    tools/evaluate.py ../shared/corpora --corpus ravdess --split evaluate-only

A clip's score is the last one the program gives before the clip ends, whether it abstained or not: what an agent would
have seen. Angry stands for frustration and fearful for stress; each is measured against all the rest. The interval is a
bootstrap over speakers.

Debian: python3-sklearn python3-pandas python3-soundfile python3-scipy.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile

import numpy as np
import soundfile
from sklearn.metrics import roc_auc_score

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "train"))
import corpus
import telephone

MEASURED = {"frustration": "angry", "stress": "fearful"}


def last_readings(program, model, paths):
    """The last customer reading of each recording, in order."""
    options = ["--model", model] if model else []
    run = subprocess.run([program, "analyze", "--jsonl", "--channels", "customer", *options, *paths],
                         stdout=subprocess.PIPE, check=True)
    readings = []
    for line in run.stdout.splitlines():
        event = json.loads(line)
        if event["type"] == "call":
            readings.append(None)
        elif event["type"] == "reading":
            readings[-1] = event
    return readings


def score(program, model, folder, clips, condition):
    with tempfile.TemporaryDirectory() as scratch:
        paths = []
        for i, path in enumerate(clips["path"]):
            x, rate_hz = soundfile.read(os.path.join(folder, path), dtype="float32")
            paths.append(os.path.join(scratch, f"{i}.wav"))
            soundfile.write(paths[-1], telephone.apply(condition, path, x), rate_hz, subtype="FLOAT")
        readings = []
        for start in range(0, len(paths), 500):
            readings += last_readings(program, model, paths[start : start + 500])
    return readings


def interval(meant, scores, speakers, rounds=500):
    """The middle 95 % of the AUC when speakers are drawn anew."""
    chance, found = np.random.default_rng(1), []
    rows = {s: np.flatnonzero(speakers == s) for s in np.unique(speakers)}
    for _ in range(rounds):
        drawn = np.concatenate([rows[s] for s in chance.choice(list(rows), len(rows))])
        if 0 < meant[drawn].sum() < len(drawn):
            found.append(roc_auc_score(meant[drawn], scores[drawn]))
    return np.quantile(found, [0.025, 0.975])


def report(clips, readings, condition):
    said = clips["emotion"].to_numpy()
    abstained = np.mean([r["abstain"] for r in readings])
    line = f"| {condition:28} | {len(clips):5} |"
    for output, emotion in MEASURED.items():
        scores = np.array([r[output] for r in readings])
        auc = roc_auc_score(said == emotion, scores)
        low, high = interval(said == emotion, scores, clips["speaker"].to_numpy())
        line += f" {auc:.3f} ({low:.3f}-{high:.3f}) |"
    print(line + f" {100 * abstained:9.1f} % |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", help="the folder that holds manifest.csv")
    parser.add_argument("--corpus", default="crema-d")
    parser.add_argument("--split", default="dev")
    parser.add_argument("--program", default="build/undertone")
    parser.add_argument("--model", help="another model file")
    parser.add_argument("--telephone", action="store_true", help="through the telephone's conditions as well")
    args = parser.parse_args()

    clips = corpus.manifest(args.corpora)
    clips = clips[(clips["corpus"] == args.corpus) & (clips["split"] == args.split)].reset_index(drop=True)
    if clips.empty:
        sys.exit(f"tools/evaluate.py: no clips of {args.corpus}, {args.split} in {args.corpora}/manifest.csv")
    print(f"{args.corpus}, {args.split}: {clips['speaker'].nunique()} speakers, AUC (95 % over speakers)\n")
    print(f"| {'condition':28} | clips | angry                | fearful             | abstained |")
    print("| --- | ---: | --- | --- | ---: |")
    for condition in telephone.CONDITIONS if args.telephone else ["as recorded"]:
        report(clips, score(args.program, args.model, args.corpora, clips, condition), condition)


if __name__ == "__main__":
    main()
