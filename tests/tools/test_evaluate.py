#!/usr/bin/python3
"""tools/evaluate.py, from outside: a small corpus and a small model are made, measured, and refused where they must be.
Speaks TAP."""

import csv
import os
import subprocess
import sys
import tempfile
from importlib.util import find_spec

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
PROGRAM = os.path.abspath(os.environ.get("UNDERTONE", os.path.join(ROOT, "build", "undertone")))
MISSING = [name for name in ("numpy", "pandas", "scipy", "soundfile") if not find_spec(name)]
if MISSING:
    print(f"ok 1 - tools/evaluate.py # SKIP python3 has no {', '.join(MISSING)}")
    sys.exit(0)

import numpy as np
import soundfile

sys.path.insert(0, os.path.join(ROOT, "tools", "train"))
import utm

SPEAKERS = {"ann": ("f", 190), "bob": ("m", 100), "zoe": ("f", 210)}
HIGHER = {"angry": 1.5, "fearful": 1.35, "happy": 1.2, "sad": 0.9, "neutral": 1.0, "bored": 0.95, "surprised": 1.3}
VOTES = {"angry": "A", "fearful": "F", "happy": "H:A", "sad": "S", "neutral": "N", "bored": "N", "surprised": "D"}
COLUMNS = ["path", "corpus", "speaker", "gender", "language", "emotion", "split", "intensity", "extra"]
FEWER = ["path", "corpus", "speaker", "emotion", "split"]
TEXT, RATE_HZ = "I have been waiting here since nine this morning.", 16000


# ---- a corpus, and a model that goes by pitch ----


def hum(pitch_hz, seconds, chance):
    """Vowels of a sort: a pulse train through three resonances, in syllables."""
    n = int(seconds * RATE_HZ)
    t = np.arange(n) / RATE_HZ
    pitch = pitch_hz * (1 + 0.08 * np.sin(2 * np.pi * 0.7 * t + chance.uniform(0, 6)))
    x = np.diff(np.floor(np.cumsum(pitch) / RATE_HZ), prepend=0) + 0.003 * chance.standard_normal(n)
    for hz, width_hz in ((500 + 200 * chance.random(), 80), (1500, 120), (2500, 180)):
        r = np.exp(-np.pi * width_hz / RATE_HZ)
        b, c = 2 * r * np.cos(2 * np.pi * hz / RATE_HZ), -r * r
        y = np.zeros(n + 2)
        for i in range(n):
            y[i + 2] = x[i] + b * y[i + 1] + c * y[i]
        x = y[2:]
    x *= np.clip(np.sin(2 * np.pi * 2.2 * t) + 0.6, 0, 1)
    return 0.3 * x / np.max(np.abs(x))


def spoken(pitch_hz, path, chance):
    """By espeak-ng, or hummed where there is none."""
    pitch = int(np.clip(np.log2(pitch_hz / 70) * 50, 0, 99))
    try:
        subprocess.run(["espeak-ng", "-p", str(pitch), "-w", path, TEXT], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        soundfile.write(path, hum(pitch_hz, 2.5, chance), RATE_HZ)


def make_corpus(folder):
    """The clips, and a row of the manifest each."""
    chance, rows = np.random.default_rng(1), []
    for speaker, (gender, pitch_hz) in SPEAKERS.items():
        for emotion, higher in HIGHER.items():
            for take in range(3 if emotion in ("angry", "fearful") else 2):
                path = f"{speaker}-{emotion}-{take}.wav"
                spoken(pitch_hz * higher * (1 + 0.05 * take), os.path.join(folder, path), chance)
                rows.append({"path": path, "corpus": "made", "speaker": speaker, "gender": gender, "language": "en",
                             "emotion": emotion, "split": "train" if speaker == "zoe" else "dev", "intensity": "",
                             "extra": f"voice_vote={VOTES[emotion]};age={25 if gender == 'f' else 50}"})
    return rows


def write_manifest(folder, rows, columns):
    with open(os.path.join(folder, "manifest.csv"), "w", newline="") as file:
        table = csv.DictWriter(file, columns, extrasaction="ignore")
        table.writeheader()
        table.writerows(rows)


def make_model(path, trained_on, calibrated_on):
    one = {"slope": 1, "offset": 0, "prior": 0.15}
    header = {"name": "made", "features": ["f0_st_p50"],
              "outputs": ["angry", "fearful", "happy", "sad", "neutral", "disgust", "arousal"],
              "calibration": {"cold": [one] * 3, "warm": [one] * 3},
              "abstain": {"min_speech_s": 0.3, "full_speech_s": 2.5, "max_distance": 24, "min_share": 0},
              "calibrated_on": calibrated_on}
    if trained_on is not None:
        header["trained_on"] = trained_on
    weight = np.zeros((7, 3))
    weight[:, 0] = [1, 0.8, 0.3, -0.5, -0.5, -1, 1]
    return utm.write(path, header, np.array([30.0]), np.array([6.0]), [], [(weight, np.zeros(7))])


# ---- the tests ----


def evaluate(*arguments):
    command = [sys.executable, os.path.join(ROOT, "tools", "evaluate.py"), "--program", PROGRAM, *arguments]
    return subprocess.run(command, capture_output=True, text=True)


def expect(run, status, *words):
    """Why this run is not what it should be, "" where it is. Words that start with a ! must not be there."""
    text = run.stdout if status == 0 else run.stderr
    if run.returncode != status:
        return f"ended with {run.returncode}, not {status}: {run.stderr}"
    if status and (len(run.stderr.splitlines()) != 1 or run.stdout):
        return f"is not one line: {run.stderr}"
    wrong = [word for word in words if (word[1:] in text) if word[0] == "!"]
    wrong += [word for word in words if word[0] != "!" and word not in text]
    return f"{', '.join(map(repr, wrong))} in:\n{text}" if wrong else ""


class Tests:
    def __init__(self, folder):
        self.folder = folder
        self.models = {"fresh": ({"made": ["zoe"]}, {"made": ["ann"]}), "knows": ({"Made": ["bob", "zoe"]}, {}),
                       "silent": (None, {})}
        for name, heard in self.models.items():
            make_model(self.model(name), *heard)
        self.rows = make_corpus(folder)
        write_manifest(folder, self.rows, COLUMNS)

    def model(self, name):
        return os.path.join(self.folder, name + ".utm")

    def prints_the_tables(self):
        run = evaluate(self.folder, "--model", self.model("fresh"))
        return expect(run, 0, "How well it tells", "made, dev: AUC angry | 32 | 2 |", "made, dev: UAR",
                      "| cold | warm |", "By what listeners heard", "Loudness", "frustration / angry", "Abstaining",
                      "women less men", "45-59", "The worst served", "false alarms",
                      "Its calibration has seen 1 of them",
                      "!Through other telephones", "!zoe") or self.tells_pitch(run)

    def tells_pitch(self, run):
        """The model goes by pitch, and so did whoever spoke."""
        line = next(line for line in run.stdout.splitlines() if line.startswith("| made, dev: AUC angry"))
        cells = [float(cell.split("(")[0]) for cell in line.split("|")[4:6]]
        return "" if min(cells) > 0.6 else f"hears no anger: {line}"

    def refuses_speakers_it_was_trained_on(self):
        return expect(evaluate(self.folder, "--model", self.model("knows")), 2, "trained on", "bob", "!ann", "!zoe")

    def refuses_a_split_it_was_trained_on(self):
        return expect(evaluate(self.folder, "--model", self.model("fresh"), "--split", "train"), 2, "zoe", "!bob")

    def says_where_a_model_keeps_it_to_itself(self):
        run = evaluate(self.folder, "--model", self.model("silent"), "--cold")
        return expect(run, 0, "does not say whom it was trained on", "| cold |", "!| warm |")

    def writes_a_card(self):
        path = os.path.join(self.folder, "fresh.md")
        run = evaluate(self.folder, "--model", self.model("fresh"), "--cold", "--card", path)
        told = subprocess.run([PROGRAM, "model", "--model", self.model("fresh")], capture_output=True, text=True)
        return expect(run, 0) or expect(told, 0, "# The model made@", "made, dev: AUC angry", "Article 5(1)(f)", "!{{")

    def refuses_more_than_one_voice(self):
        soundfile.write(os.path.join(self.folder, "two.wav"), np.zeros((8000, 2)), 8000)
        write_manifest(self.folder, [*self.rows, {**self.rows[0], "path": "two.wav"}], COLUMNS)
        return expect(evaluate(self.folder, "--model", self.model("fresh")), 2, "two.wav", "2 channels")

    def copes_with_fewer_columns(self):
        stranger = {**self.rows[0], "speaker": "eve", "emotion": "awed"}
        write_manifest(self.folder, [*self.rows, stranger], FEWER)
        run = evaluate(self.folder, "--model", self.model("fresh"))
        if "counted among the others: awed" not in run.stderr:
            return f"says nothing of awe: {run.stderr}"
        return expect(run, 0, "made, dev: AUC angry | 33 / 32 | 3 / 2 |", "left out (1 of made, dev)", "!women",
                      "!By what listeners heard")

    def names_what_is_missing(self):
        write_manifest(self.folder, self.rows, ["path", "corpus", "split"])
        return expect(evaluate(self.folder, "--model", self.model("fresh")), 2, "speaker, emotion")


def main():
    with tempfile.TemporaryDirectory() as folder:
        tests = Tests(folder)
        names = ["prints_the_tables", "refuses_speakers_it_was_trained_on", "refuses_a_split_it_was_trained_on",
                 "says_where_a_model_keeps_it_to_itself", "writes_a_card", "refuses_more_than_one_voice",
                 "copes_with_fewer_columns", "names_what_is_missing"]
        failed = 0
        for number, name in enumerate(names, 1):
            why = getattr(tests, name)()
            failed += bool(why)
            print(f"{'not ok' if why else 'ok'} {number} - tools/evaluate.py {name.replace('_', ' ')}")
            print("".join(f"# {line}\n" for line in why.splitlines()), end="")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
