#!/usr/bin/python3
"""The program's scores against the net as it was trained, in PyTorch, over the same speech: each reading, cold and then
warm, within 1e-4. Speaks TAP."""

import csv
import io
import json
import os
import subprocess
import sys
import tempfile
from importlib.util import find_spec

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
BUILD = os.path.abspath(os.environ.get("BUILD", os.path.join(ROOT, "build")))
MODEL = os.path.join(ROOT, "models", "base.utm")
NEEDED = ("numpy", "pandas", "scipy", "soundfile", "torch")
MISSING = [name for name in NEEDED if not find_spec(name)]
if MISSING:
    print(f"ok 1 - the program and the net agree # SKIP python3 has no {', '.join(MISSING)}")
    sys.exit(0)

import numpy as np
import soundfile
import torch

sys.path.insert(0, os.path.join(ROOT, "tools", "train"))
import corpus
import net
import utm
from scipy.signal import resample_poly

READY, MEMORY, FAR, LEAST = 5, 120, 3, 0.5  # src/classify/baseline.h and .c
RAISED, DOUBTFUL, READING_HOPS = 0.5, 0.25, 50  # src/classify/classifier.c
READING_S, CLOSE = 0.5, 1e-4


def speech():
    """Half a minute, ordinary at first and then raised, from 8 kHz's point of view."""
    said = []
    for pitch, speed, words in ((40, 160, "Good morning. I am calling about my order, which has not arrived so far."),
                                (45, 165, "It was to come on Monday, and today is Thursday, as far as I can see."),
                                (42, 160, "The number is four seven one one. I will wait while you look it up."),
                                (85, 210, "That is the third time I am told so! I have been waiting since nine!"),
                                (95, 230, "No! I do not want to hear that again, give me somebody who can help me!")):
        with tempfile.NamedTemporaryFile(suffix=".wav") as file:
            subprocess.run(["espeak-ng", "-p", str(pitch), "-s", str(speed), "-w", file.name, words], check=True)
            x, rate_hz = soundfile.read(file.name, dtype="float32")
        said += [resample_poly(x, 8000, rate_hz), np.zeros(4000)]
    x = 0.5 * np.concatenate(said) + 0.002 * np.random.default_rng(1).standard_normal(sum(map(len, said)))
    return np.round(np.clip(x, -1, 1) * 32767) / 32768


def undertone(*arguments):
    command = [os.path.join(BUILD, "undertone"), *arguments, "--model", MODEL]
    return subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout.decode()


def said_by_program(x):
    """Its readings, and from when to when a cue held what is usual for the caller."""
    with tempfile.TemporaryDirectory() as scratch:
        path = os.path.join(scratch, "speech.wav")
        soundfile.write(path, x, 8000, subtype="PCM_16")
        rows = list(csv.DictReader(io.StringIO(undertone("features", path, "--level", "scores"))))
        events = [json.loads(line) for line in undertone("analyze", path, "--jsonl").splitlines()]
    cues = [e for e in events if e["type"] == "cue" and e["cue"] in ("frustration", "stress")]
    raised, cleared = ([e["t_s"] for e in cues if e["state"] == state] for state in ("raised", "cleared"))
    return rows, list(zip(raised, cleared))


def logit_of(outputs, place):
    return outputs[place] - np.logaddexp.reduce(np.delete(outputs[:-1], place))


class Listener:
    """What classifier.c does with a reading, over again: once the caller's usual is known, the change from it counts."""

    def __init__(self, model):
        self.model, self.n = model, 0
        self.mean, self.variance, self.counts = None, None, None

    def add(self, vector, weight):
        if self.mean is None:
            self.mean, self.variance, self.counts = vector.copy(), np.zeros(len(vector)), np.zeros(len(vector))
        known = ~np.isnan(vector)
        first = known & np.isnan(self.mean)
        self.mean[first] = vector[first]
        self.counts[known] = np.minimum(self.counts[known] + 1, MEMORY)
        far = np.where(self.counts > READY, FAR * np.maximum(np.sqrt(self.variance), LEAST), np.inf)
        share = weight / np.maximum(self.counts, 1)
        off = np.clip(vector - self.mean, -far, far)
        self.mean[known] += (share * off)[known]
        self.variance[known] += (share * ((1 - share) * off**2 - self.variance))[known]
        self.n += 1

    def hear(self, vector, distance, speaking):
        """(frustration, stress, arousal, classes), abstained, whether the usual is known."""
        ready = self.n >= READY
        change = vector - self.mean if ready else np.zeros(len(vector))
        inputs = np.nan_to_num(np.concatenate([vector, change, [ready]]))
        (w1, b1), (w2, b2) = self.model.layers
        outputs = np.maximum(inputs @ w1.T + b1, 0) @ w2.T + b2
        platt = self.model.header["calibration"]["warm" if ready else "cold"]
        logits = [logit_of(outputs, 0), logit_of(outputs, 1), outputs[-1]]
        scores = [1 / (1 + np.exp(-(c["slope"] * z + c["offset"]))) for c, z in zip(platt, logits)]
        classes = np.exp(outputs[:-1] - np.logaddexp.reduce(outputs[:-1]))
        limits = self.model.header["abstain"]
        abstained = distance > limits["max_distance"] or max(classes) < limits["min_share"]
        if speaking and not abstained:
            self.add(vector, DOUBTFUL if ready and max(scores[:2]) >= RAISED else 1)
        return [*scores, *classes], abstained, ready


def said_by_net(x, held):
    model = utm.read(MODEL)
    names = corpus.functional_names(os.path.join(BUILD, "tools", "classifier_inputs"))
    heard = corpus.hear(os.path.join(BUILD, "tools", "classifier_inputs"), [x], np.float32)
    functionals = heard.functionals[:, [names.index(name) for name in model.header["features"]]]
    encoders = [net.encode(net.Encoder.of(*e), heard.hops, heard.hops_by_then) for e in model.encoders]
    listener, rows = Listener(model), []
    for i, functional in enumerate(functionals):
        if heard.speech_s[i] < model.header["abstain"]["min_speech_s"] - 1e-6:
            rows.append(None)
            continue
        features = np.clip((functional - model.mean) / model.scale, -utm.CLIP, utm.CLIP)
        distance = np.nansum(features**2) / len(features)
        by_then = heard.hops[: heard.hops_by_then[i], net.SPEECH]
        speaking = 2 * np.sum(by_then[-READING_HOPS:] > 0.5) >= READING_HOPS
        t_s = READING_S * (i + 1)
        learns = speaking and not any(raised < t_s <= cleared for raised, cleared in held)
        rows.append(listener.hear(np.concatenate([features, *(e[i] for e in encoders)]), distance, learns))
    return rows


def main():
    x = speech()
    told, held = said_by_program(x)
    net_told = said_by_net(x, held)
    keys = ["frustration", "stress", "arousal", *corpus.CLASSES]
    off, cold, warm, wrong = 0.0, 0, 0, len(told) != len(net_told)
    for row, one in zip(told, net_told):
        wrong |= (one is None or bool(one[1])) != bool(int(row["abstain"]))
        if one is None:
            continue
        wrong |= bool(one[2]) != bool(int(row["usual_known"]))
        off = max(off, max(abs(float(row[key]) - value) for key, value in zip(keys, one[0])))
        cold, warm = cold + (not one[2]), warm + one[2]
    good = held and not wrong and off <= CLOSE and cold >= 5 and warm >= 10
    print(f"{'ok' if good else 'not ok'} 1 - the program and the net agree: {cold} readings cold and {warm} warm, "
          f"at most {off:.1e} apart")
    return 0 if good else 1


if __name__ == "__main__":
    torch.set_num_threads(1)
    sys.exit(main())
