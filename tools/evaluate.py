#!/usr/bin/python3
"""Measures a model on labelled clips of people it has never heard, through the program itself.

    tools/evaluate.py ../shared/corpora                             every clip that is not for training, by mu-law
    tools/evaluate.py ../shared/corpora --conditions all            through tools/train/telephone.py's other lines too
    tools/evaluate.py ../shared/corpora --corpus crema-d --split dev --picture reliability.png
    tools/evaluate.py ../shared/corpora --conditions all --card models/base.md

Every score comes from `undertone features --level scores`, so what is measured is what ships. CORPORA holds
manifest.csv, see tools/evaluate/clips.py: with columns path, corpus, speaker, emotion, and if there split, gender,
language, intensity and extra (age=, voice_vote=). Emotions are angry, fearful, happy, sad and neutral; calm and bored
count as neutral, all else as "others"; clips without one are left out. Sound of any rate and one channel.

Speakers whom the model has learned from are refused: it says in its header who they are. To leave a corpus out
altogether, train with tools/train/train.py --without CORPUS and measure that model with --model.

Ends with 0, with 1 where something failed or with 2 where what was asked for cannot be measured.
Debian: python3-pandas python3-scipy python3-soundfile; for pictures python3-matplotlib.
"""

import argparse
import hashlib
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "evaluate"), os.path.join(HERE, "train")]
import clips as clips_of
import program
import tables
import telephone
import utm
from clips import Refusal

TEMPLATE = os.path.join(HERE, "evaluate", "card.md")
CALLS = "getgoing"  # real calls that nobody labelled


# ---- the model ----


class Model:
    """What a model file tells of itself."""

    def __init__(self, path):
        self.path = path
        try:
            self.header = utm.read_header(path)
            with open(path, "rb") as file:
                content = file.read()
        except (OSError, ValueError) as why:
            raise Refusal(f"{path}: cannot be read as a model ({why})")
        self.kibibytes = len(content) / 1024
        self.id = f"{self.header['name']}@{hashlib.sha256(content[:-32]).hexdigest()[:12]}"
        self.trained_on = self.header.get("trained_on") or {}
        self.calibrated_on = self.header.get("calibrated_on", {})


def check_speakers(model, clips):
    known = clips_of.heard(clips, model.trained_on)
    if known:
        names = ", ".join(f"{speaker} of {corpus}" for corpus, speaker in known)
        raise Refusal(f"{model.id} was trained on some of these speakers, so no figure would hold: {names}")


def what_it_knew(model, clips):
    """Lines for the head of the report."""
    speakers = clips.groupby(["corpus", "speaker"]).ngroups
    lines = [f"Model {model.id}; {len(clips)} clips of {speakers} speakers, none of whom it was trained on."]
    if not model.trained_on:
        lines = [f"Model {model.id}; {len(clips)} clips of {speakers} speakers. **Its file does not say whom it was "
                 "trained on: these figures hold only if none of the speakers was among them.**"]
    calibrated = clips_of.heard(clips, model.calibrated_on)
    if calibrated:
        sets = ", ".join(sorted({corpus for corpus, _ in calibrated}))
        lines.append(f"Its calibration has seen {len(calibrated)} of them, of {sets}: that changes no AUC, but the "
                     "probabilities are better there than they would be elsewhere.")
    return " ".join(lines)


# ---- measuring ----


def levels(listener, clips):
    """Level and length of the clips as recorded."""
    sounds = (listener.sound(listener.folder, path) for path in clips["path"])
    found = [(clips_of.level_db(x), len(x) / telephone.RATE_HZ) for x in sounds]
    return clips.assign(level_db=[level for level, _ in found], duration_s=[length for _, length in found])


def measure(listener, clips, conditions, warms):
    measured = tables.Measured(levels(listener, clips), warms)
    for condition in conditions:
        for warm in warms:
            measured.scores[condition, warm] = listener.scores(clips, condition, warm)
        program.progress("")
        print(f"  {condition}: {len(clips)} clips", file=sys.stderr)
    return measured


def real_calls(listener, model, every):
    """Rows and hours of the calls that nobody labelled, and why there are none."""
    calls = every[(every["corpus"] == CALLS) & (every["emotion"] == "")]
    calls = calls[calls["path"].map(lambda path: os.path.exists(os.path.join(listener.folder, path))).astype(bool)]
    if clips_of.heard(calls, model.trained_on):
        return [], f"The model has heard the calls of {CALLS}, so they are left out."
    return list(listener.follow(calls["path"], tables.PLAIN)), ""


SECTIONS = ["accuracy", "votes", "robustness", "gain", "calibration", "abstain", "groups", "speakers"]


def sections(measured, calls, why_no_calls):
    found = {name: getattr(tables, name)(measured) for name in SECTIONS}
    return {**found, "detection": tables.detection(measured, calls, why_no_calls)}


# ---- the card ----


def inside(model):
    header = model.header
    sizes = " to ".join(str(layer["outputs"]) for layer in header["layers"])
    parts = [f"{model.kibibytes:.0f} KiB: {len(header['features'])} features of the last four seconds of a voice"]
    if header.get("encoders"):
        parts.append(f"{len(header['encoders'])} small convolutional encoders of its spectrum and pitch")
    return f"{', '.join(parts)}, and dense layers of {sizes}"


def learned_from(model):
    speakers = [f"{len(names)} of {corpus}" for corpus, names in sorted(model.trained_on.items())]
    return f"Speakers: {', '.join(speakers)}. Their names are in the header of the file."


def platt(model):
    lines = []
    for when, outputs in model.header["calibration"].items():
        for name, one in zip(("frustration", "stress", "arousal"), outputs):
            lines.append([name, when, *(f"{one[key]:.3f}" for key in ("slope", "offset", "prior"))])
    return tables.table(["score", "", "slope", "offset", "prior"], lines)


def write_card(path, model, head, found):
    if not model.trained_on:
        raise Refusal(f"{model.path}: does not say whom it was trained on, so it gets no card")
    with open(TEMPLATE, encoding="utf-8") as file:
        text = file.read()
    abstains = model.header["abstain"]
    places = {"id": model.id, "inside": inside(model), "learned_from": learned_from(model), "platt": platt(model),
              "min_speech_s": f"{abstains['min_speech_s']:g}", "knew": head, **found}
    for name, content in places.items():
        text = text.replace("{{" + name + "}}", content)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace("\n\n\n\n", "\n\n").replace("\n\n\n", "\n\n"))


# ---- command line ----


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", help="the folder that holds manifest.csv")
    parser.add_argument("--corpus", help="one corpus; all by default")
    parser.add_argument("--split", help="one split; all but train and background by default")
    parser.add_argument("--model", default=os.path.join(HERE, "..", "models", "base.utm"), help="a model file")
    parser.add_argument("--program", default=os.path.join(HERE, "..", "build", "undertone"))
    parser.add_argument("--conditions", choices=["mu-law", "all"], default="mu-law")
    parser.add_argument("--cold", action="store_true", help="each clip alone; by default cold and warm")
    parser.add_argument("--warm", action="store_true", help="after the speaker's own ordinary speech")
    parser.add_argument("--picture", metavar="FILE.png", help="draws how reliable the probabilities are")
    parser.add_argument("--card", metavar="FILE.md", help="writes the model's card")
    return parser.parse_args()


def run(args):
    model, every = Model(args.model), clips_of.manifest(args.corpora)
    clips = clips_of.chosen(every, args.split, args.corpus)
    check_speakers(model, clips)
    clips = clips_of.labelled(clips)
    if clips.empty:
        raise Refusal(f"{args.corpora}/manifest.csv: has no clips with an emotion of {args.corpus or 'any corpus'}, "
                      f"{args.split or 'not for training'}")
    conditions = list(telephone.CONDITIONS) if args.conditions == "all" else [tables.PLAIN, tables.GAIN]
    warms = [warm for warm, asked in ((False, args.cold), (True, args.warm)) if asked or args.cold == args.warm]
    listener = program.Listener(args.program, args.model, args.corpora, every[every["emotion"] != ""])
    measured = measure(listener, clips, conditions, warms)
    found = sections(measured, *real_calls(listener, model, every))
    head = what_it_knew(model, clips)
    print("\n\n".join(["## What it was measured at", head, *(text for text in found.values() if text)]))
    if args.picture:
        import picture

        picture.draw(args.picture, measured)
    if args.card:
        write_card(args.card, model, head, found)


def main():
    args = arguments()
    try:
        run(args)
    except Refusal as why:
        print(f"tools/evaluate.py: {why}", file=sys.stderr)
        return 2
    except OSError as why:
        print(f"tools/evaluate.py: {why}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
