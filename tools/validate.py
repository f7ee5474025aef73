#!/usr/bin/python3
"""Compares our descriptors with those of others, frame by frame, and draws them over the spectrogram.

    tools/validate.py ../shared/reference
    tools/validate.py ../shared/reference --picture build/validate.png --file emodb_Sad_03b02Tb_8k
    tools/validate.py FOLDER --praat        only wav/ is needed: Praat is run where its table is missing

The folder has wav/NAME.wav (8 kHz, mono, 16 bits) and, as far as they exist, lld/NAME.lld.csv, the low-level
descriptors of eGeMAPS as the established tool writes them, and praat/NAME.praat.csv, as tools/praat_frames.praat does.

Ends with 0 where every target is met, 1 where one is missed, 2 where nothing could be measured.
Debian: python3-numpy; for pictures python3-matplotlib and python3-scipy, for --praat praat.
"""

import argparse
import csv
import os
import subprocess
import sys
from dataclasses import dataclass, field
from fnmatch import fnmatch

import numpy as np

NOTES = """\
How it is measured
- "all" pools the frames of all files before it measures, so that a long file weighs more than a short one; made sounds
  ({made}) have their rows but are not pooled. The targets are for "all"; a file that misses them has a *.
- Time: our frames are centred on t_s. The tool's row i is compared with ours at i x 10 ms + 10 ms for the spectral
  columns (20 ms frame, left-aligned) and at + 30 ms for the pitch (60 ms frame). Its last {last} rows are left out, and
  its first, which are smoothed over fewer neighbours. At Praat's times ours are interpolated between two frames.
- r is Pearson's correlation: blind to gain and offset, so units and reference levels do not matter; sign does. The
  tool's alpha ratio has ours' sign: 1-4 kHz over what is below.
- F0 is compared where both call a frame voiced; "frames" says how many these are. An octave error is a ratio within
  {octave:.0%} of 2 or 1/2. These are counted apart: "F0 in 2 %" is the share of the others, "F0 in all" that of all.
- HNR and formants likewise: frames both call voiced. Where Praat finds no HNR it writes -200, and a cubic runs from
  there to its true values: "HNR, r" leaves out what is not over {hnr_least:.0f} dB and the {reach} frames on either
  side, which the cubic reaches; "HNR, all" leaves out only the former.
- A formant is off by |ours / Praat's - 1|, of which the median over frames."""

LAST_ROWS = 5  # of the tool's, which its own smoothing and framing leave unsettled
FIRST_ROWS = 1
HOP_S = 0.01
PITCH_LATE = 2  # rows from the tool's spectral centre, 10 ms, to its pitch centre, 30 ms
OCTAVE_WITHIN = 0.05
HNR_LEAST_DB = -20.0
CUBIC_REACH = 2  # frames
TOOL_F0_ZERO_HZ = 27.5

SPECTRAL = {  # ours: the tool's
    "loudness": "Loudness_sma3",
    "alpha_ratio": "alphaRatio_sma3",
    "hammarberg": "hammarbergIndex_sma3",
    "slope_0_500": "slope0-500_sma3",
    "slope_500_1500": "slope500-1500_sma3",
    "spectral_flux": "spectralFlux_sma3",
    "mfcc_1": "mfcc1_sma3",
    "mfcc_2": "mfcc2_sma3",
    "mfcc_3": "mfcc3_sma3",
    "mfcc_4": "mfcc4_sma3",
}
TOOL_F0 = "F0semitoneFrom27.5Hz_sma3nz"
FORMANTS = ("f1", "f2", "f3")
OURS = [*SPECTRAL, "f0_hz", "hnr_db", *(f + "_hz" for f in FORMANTS)]


class Unmeasurable(Exception):
    """Nothing can be compared; the message says why."""


# ---- reading ----


def read_csv(path, lines, delimiter=","):
    """Columns by name; what is no number is NaN. Columns of words are left out, unless named source."""
    rows = [row for row in csv.reader(lines, delimiter=delimiter) if row]
    if len(rows) < 2:
        raise Unmeasurable(f"{path}: no rows")
    if any(len(row) != len(rows[0]) for row in rows):
        raise Unmeasurable(f"{path}: not every row has {len(rows[0])} columns, as its header has")
    columns = {}
    for name, cells in zip(rows[0], zip(*rows[1:])):
        columns[name] = list(cells) if name == "source" else np.array([number(c) for c in cells])
    return columns


def number(text):
    try:
        return float(text)
    except ValueError:
        return np.nan


def need(columns, names, path):
    missing = [n for n in names if n not in columns]
    if missing:
        raise Unmeasurable(f"{path}: no column {', '.join(missing)}")


def read_file(path, names, delimiter=","):
    """None where there is no such file."""
    if not os.path.exists(path):
        return None
    with open(path, newline="", encoding="utf-8", errors="replace") as lines:
        columns = read_csv(path, lines, delimiter)
    need(columns, names, path)
    return columns


def read_tool(path):
    """With f0_hz beside its semitones, NaN where unvoiced."""
    tool = read_file(path, [*SPECTRAL.values(), TOOL_F0], ";")
    if tool:
        tool["f0_hz"] = np.where(tool[TOOL_F0] > 0, TOOL_F0_ZERO_HZ * 2 ** (tool[TOOL_F0] / 12), np.nan)
    return tool


def run_undertone(program, paths):
    """The frames of each recording, in order, by one run of the program."""
    command = [program, "features", "--level", "lld", "--csv", "--channels", "customer", *paths]
    try:
        run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    except OSError as fault:
        raise Unmeasurable(f"{program}: {fault.strerror}") from fault
    except subprocess.CalledProcessError as fault:
        raise Unmeasurable(f"{program} features: ended with status {fault.returncode}") from fault
    columns = read_csv(program, run.stdout.splitlines())
    need(columns, ["source", "t_s", "voicing", "speech", *OURS], f"{program} features")
    sources = np.array(columns.pop("source"))
    return [{name: column[sources == path] for name, column in columns.items()} for path in paths]


def run_praat(path, table):
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "praat_frames.praat")
    os.makedirs(os.path.dirname(table), exist_ok=True)
    try:
        subprocess.run(["praat", "--run", script, os.path.abspath(path), os.path.abspath(table)], check=True)
    except OSError as fault:
        raise Unmeasurable(f"praat: {fault.strerror}: sh tools/setup bench installs it") from fault
    except subprocess.CalledProcessError as fault:
        raise Unmeasurable(f"praat: {path}: ended with status {fault.returncode}") from fault


@dataclass
class Recording:
    name: str
    path: str
    ours: dict = field(default_factory=dict)
    tool: dict = None
    praat: dict = None


def read_reference(folder, program, praat_where_missing):
    wav = os.path.join(folder, "wav")
    names = sorted(n[:-4] for n in os.listdir(wav) if n.endswith(".wav")) if os.path.isdir(wav) else []
    if not names:
        raise Unmeasurable(f"{folder}: no wav/NAME.wav in it")
    recordings = [Recording(n, os.path.join(wav, n + ".wav")) for n in names]
    for r in recordings:
        r.tool = read_tool(os.path.join(folder, "lld", r.name + ".lld.csv"))
        table = os.path.join(folder, "praat", r.name + ".praat.csv")
        if praat_where_missing and not os.path.exists(table):
            run_praat(r.path, table)
        r.praat = read_file(table, ["t", "f0", "hnr_dB", *FORMANTS])
    if all(r.tool is None and r.praat is None for r in recordings):
        raise Unmeasurable(f"{folder}: neither lld/NAME.lld.csv nor praat/NAME.praat.csv in it")
    for r, ours in zip(recordings, run_undertone(program, [r.path for r in recordings])):
        r.ours = ours
    return recordings


# ---- pairing: the same instant, ours and theirs ----


def pair_tool(r):
    """Column name to (ours, theirs), both in the tool's rows."""
    rows = len(r.tool["f0_hz"]) - LAST_ROWS
    rows = max(FIRST_ROWS, min(rows, len(r.ours["t_s"]) - PITCH_LATE))
    kept = slice(FIRST_ROWS, rows)
    pairs = {ours: (r.ours[ours][kept], r.tool[theirs][kept]) for ours, theirs in SPECTRAL.items()}
    late = slice(FIRST_ROWS + PITCH_LATE, rows + PITCH_LATE)
    pairs["f0"] = (r.ours["f0_hz"][late], r.tool["f0_hz"][kept])
    return pairs


def at(times_s, frames, name):
    """One of our columns at other times, between its two neighbours; NaN where one of them is."""
    place = (times_s - frames["t_s"][0]) / HOP_S
    lower = np.clip(np.floor(place + 1e-3).astype(int), 0, len(frames["t_s"]) - 2)
    share = place - lower
    share[np.abs(share) < 1e-3] = 0
    x, y = frames[name][lower], frames[name][lower + 1]
    value = np.where(share == 0, x, x + share * (y - x))
    return np.where((place < -1e-3) | (place > len(frames["t_s"]) - 1), np.nan, value)


def far_inside(flags, reach):
    """Which are set with as many set before and after."""
    around = np.pad(flags, reach)
    return np.all([around[i : i + len(flags)] for i in range(2 * reach + 1)], axis=0)


def pair_praat(r):
    t_s = r.praat["t"]
    pairs = {"f0": (at(t_s, r.ours, "f0_hz"), r.praat["f0"])}
    both = np.isfinite(pairs["f0"][0]) & np.isfinite(pairs["f0"][1])
    has_hnr = r.praat["hnr_dB"] > HNR_LEAST_DB
    for name, kept in ("hnr", far_inside(has_hnr, CUBIC_REACH)), ("hnr all", has_hnr):
        pairs[name] = at(t_s, r.ours, "hnr_db")[both & kept], r.praat["hnr_dB"][both & kept]
    for f in FORMANTS:
        pairs[f] = at(t_s, r.ours, f + "_hz")[both], r.praat[f][both]
    return pairs


def pair_references(r):
    """The two references' pitch, one against the other, in the tool's rows."""
    kept = slice(FIRST_ROWS, len(r.tool["f0_hz"]) - LAST_ROWS)
    t_s = (np.arange(len(r.tool["f0_hz"])) + 1 + PITCH_LATE) * HOP_S
    grid = {"t_s": r.praat["t"], "f0_hz": r.praat["f0"]}
    return {"f0": (r.tool["f0_hz"][kept], at(t_s[kept], grid, "f0_hz"))}


def pool(all_pairs):
    return {name: tuple(np.concatenate([pairs[name][i] for pairs in all_pairs]) for i in (0, 1))
            for name in all_pairs[0]} if all_pairs else {}


# ---- figures ----


def both_known(pair):
    known = np.isfinite(pair[0]) & np.isfinite(pair[1])
    return pair[0][known], pair[1][known]


def correlation(pair):
    x, y = both_known(pair)
    return np.corrcoef(x, y)[0, 1] if len(x) > 2 and x.std() > 0 and y.std() > 0 else np.nan


def share(flags):
    return 100 * np.mean(flags) if len(flags) else np.nan


def frames(pair):
    return len(both_known(pair)[0])


def voicing(pair):
    return share(np.isfinite(pair[0]) == np.isfinite(pair[1]))


def ratios(pair):
    ours, theirs = both_known(pair)
    return ours / theirs


def octave_off(ratio):
    return (np.abs(ratio / 2 - 1) <= OCTAVE_WITHIN) | (np.abs(ratio * 2 - 1) <= OCTAVE_WITHIN)


def within_2(pair):
    ratio = ratios(pair)
    return share(np.abs(ratio[~octave_off(ratio)] - 1) <= 0.02)


def within_2_with_octaves(pair):
    return share(np.abs(ratios(pair) - 1) <= 0.02)


def octaves(pair):
    return share(octave_off(ratios(pair)))


def median_error(pair):
    return 100 * np.median(np.abs(ratios(pair) - 1)) if len(both_known(pair)[0]) else np.nan


@dataclass
class Measure:
    title: str
    pair: str  # what of pair_tool() or pair_praat() it looks at
    figure: object
    form: str = "{:.1f}"
    least: float = None  # the target, one of the two or none
    most: float = None

    def met(self, x):
        return (self.least is None or x >= self.least) and (self.most is None or x <= self.most)

    def target(self):
        if self.least is None and self.most is None:
            return "-"
        return f">= {self.least:g}" if self.most is None else f"<= {self.most:g}"


TITLES = ["loudness", "alpha", "hammarb.", "slope 0", "slope 500", "flux", "mfcc 1", "mfcc 2", "mfcc 3", "mfcc 4"]
TOOL_MEASURES = [Measure(t, n, correlation, "{:.4f}", least=0.99) for t, n in zip(TITLES, SPECTRAL)]
TOOL_PITCH = [
    Measure("voicing %", "f0", voicing, least=95),
    Measure("frames", "f0", frames, "{:.0f}"),
    Measure("F0 in 2 %", "f0", within_2, least=97),
    Measure("octaves %", "f0", octaves),
    Measure("F0 in all", "f0", within_2_with_octaves),
]
REFERENCE_PITCH = [Measure(m.title, m.pair, m.figure, m.form) for m in TOOL_PITCH]
PRAAT_MEASURES = [
    Measure("voicing %", "f0", voicing),
    Measure("frames", "f0", frames, "{:.0f}"),
    Measure("F0 in 2 %", "f0", within_2, least=97),
    Measure("octaves %", "f0", octaves),
    Measure("F0 in all", "f0", within_2_with_octaves),
    Measure("HNR, r", "hnr", correlation, "{:.4f}", least=0.9),
    Measure("HNR, all", "hnr all", correlation, "{:.4f}"),
    *(Measure(f"{f.upper()} off %", f, median_error, most=10) for f in FORMANTS),
]


# ---- tables ----


def cell(measure, pairs):
    x = measure.figure(pairs[measure.pair])
    if np.isnan(x):
        return "-  "
    return measure.form.format(x) + (" " if measure.met(x) else "*") + " "


def print_table(title, measures, rows, pooled):
    """rows: (name, pairs). Returns whether every target is met over all."""
    width = max(len(name) for name, _ in rows)
    wide = max(10, *(len(m.title) + 2 for m in measures))
    print(f"\n{title}\n")
    print(" " * width + "".join(f"{m.title:>{wide}}" for m in measures))
    for name, pairs in rows:
        print(f"{name:{width}}" + "".join(f"{cell(m, pairs):>{wide}}" for m in measures))
    if not pooled:
        print("no recording to pool: only made sounds")
        return True
    figures = [m.figure(pooled[m.pair]) for m in measures]
    verdicts = ["-  " if m.target() == "-" else "met  " if m.met(x) else "MISSED  " for m, x in zip(measures, figures)]
    print(f"{'all':{width}}" + "".join(f"{cell(m, pooled):>{wide}}" for m in measures))
    print(f"{'target':{width}}" + "".join(f"{m.target() + '  ':>{wide}}" for m in measures))
    print(f"{'':{width}}" + "".join(f"{v:>{wide}}" for v in verdicts))
    return "MISSED  " not in verdicts


def compare(recordings, made, against, pair, tables):
    """Prints tables of (title, measures) and returns whether every target is met."""
    rows = [(r.name, pair(r)) for r in recordings if all(getattr(r, name) for name in against)]
    if not rows:
        print(f"\nNot judged: no recording has a table of {' and '.join(against)} to compare with.")
        return True
    pooled = pool([pairs for name, pairs in rows if not fnmatch(name, made)])
    return all([print_table(title, measures, rows, pooled) for title, measures in tables])


def import_pictures(out):
    """Only who wants a picture needs what draws it."""
    if os.path.splitext(out)[1] not in (".png", ".svg", ".pdf"):
        raise Unmeasurable(f"{out}: a picture is a .png, .svg or .pdf")
    try:
        from validate_picture import draw_all
    except ImportError as fault:
        raise Unmeasurable(f"--picture: {fault}: sh tools/setup bench installs it") from fault
    return draw_all


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reference", help="the folder")
    parser.add_argument("--undertone", default="build/undertone", metavar="PROGRAM")
    parser.add_argument("--praat", action="store_true", help="makes praat/NAME.praat.csv where it is missing")
    parser.add_argument("--made", default="synth_*", metavar="PATTERN",
                        help="names of made sounds, which are not pooled")
    parser.add_argument("--picture", metavar="FILE",
                        help="draws as well: a .png, .svg or .pdf; where there are several, -NAME and -PAGE are put in")
    parser.add_argument("--file", metavar="NAME", help="draws only this recording")
    parser.add_argument("--from", dest="start_s", type=float, default=0, metavar="S", help="draws from this second")
    parser.add_argument("--to", dest="end_s", type=float, default=np.inf, metavar="S", help="to this one")
    args = parser.parse_args()

    try:
        draw_all = import_pictures(args.picture) if args.picture else None
        recordings = read_reference(args.reference, args.undertone, args.praat)
        drawn = [r for r in recordings if args.file in (None, r.name)]
        if not drawn:
            raise Unmeasurable(f"{args.reference}: no wav/{args.file}.wav in it")
    except Unmeasurable as fault:
        print(f"tools/validate.py: {fault}", file=sys.stderr)
        sys.exit(2)

    print(NOTES.format(made=args.made, last=LAST_ROWS, octave=OCTAVE_WITHIN, hnr_least=HNR_LEAST_DB,
                       reach=CUBIC_REACH))
    good = [
        compare(recordings, args.made, ["tool"], pair_tool, [
            ("The tool, lld/: Pearson's r of the spectral descriptors", TOOL_MEASURES),
            ("The tool, lld/: voicing and pitch", TOOL_PITCH),
        ]),
        compare(recordings, args.made, ["praat"], pair_praat, [("Praat, praat/", PRAAT_MEASURES)]),
        compare(recordings, args.made, ["tool", "praat"], pair_references, [
            ("The tool against Praat: what nobody can agree with both on", REFERENCE_PITCH),
        ]),
    ]
    if all(fnmatch(r.name, args.made) for r in recordings):
        print("tools/validate.py: nothing was judged: only made sounds", file=sys.stderr)
        sys.exit(2)
    if draw_all:
        draw_all(drawn, args.picture, args.start_s, args.end_s)
    sys.exit(0 if all(good) else 1)


if __name__ == "__main__":
    main()
