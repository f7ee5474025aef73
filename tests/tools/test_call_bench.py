#!/usr/bin/python3
"""tools/call_bench: calls are made of clips that are made here, and held to what they were made of; cues are made up,
and held to what they are worth. Speaks TAP."""

import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from types import SimpleNamespace

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
PROGRAM = os.path.abspath(os.environ.get("UNDERTONE", os.path.join(ROOT, "build", "undertone")))
MISSING = [name for name in ("numpy", "pandas", "scipy", "soundfile") if not find_spec(name)]
if MISSING:
    print(f"ok 1 - tools/call_bench # SKIP python3 has no {', '.join(MISSING)}")
    sys.exit(0)

import numpy as np
import pandas
import soundfile

sys.path[:0] = [os.path.join(ROOT, "tools", folder) for folder in ("calls", "evaluate", "train")]
import clips as clips_of
import conversation
import counting
import lines
import listening
import making
import planning
import report
import voices

RATE_HZ = clips_of.RATE_HZ
SPEAKERS = {"ann": ("f", 190, "dev"), "bob": ("m", 110, "dev"), "zoe": ("f", 210, "train")}
LOUDER_DB = {"neutral": 0, "calm": -2, "angry": 12, "happy": 6}
SILENCE_S, SOUND_S = 0.4, 1.5  # before and after the sound of a clip, and the sound
COLUMNS = ["path", "corpus", "speaker", "gender", "language", "emotion", "split"]
NO_CODEC = "mu-law"


# ---- a corpus of hums ----


def hum(pitch_hz, louder_db, chance):
    """A tone and its overtones in syllables, silence on both sides of it, in a quiet room."""
    t = np.arange(int(SOUND_S * RATE_HZ)) / RATE_HZ
    tone = sum(np.sin(2 * np.pi * k * pitch_hz * t) / k for k in range(1, 12))
    tone *= 0.02 * 10 ** (louder_db / 20) * (0.6 + 0.4 * np.sin(2 * np.pi * 4 * t))
    quiet = np.zeros(int(SILENCE_S * RATE_HZ))
    return np.concatenate([quiet, tone, quiet]) + 1e-4 * chance.standard_normal(2 * len(quiet) + len(tone))


def make_corpus(folder):
    chance, rows = np.random.default_rng(1), []
    for speaker, (gender, pitch_hz, split) in SPEAKERS.items():
        for emotion, louder_db in LOUDER_DB.items():
            for take in range(2 if (speaker, emotion) == ("bob", "happy") else 8):
                path = f"{speaker}-{emotion}-{take}.wav"
                x = hum(pitch_hz * (1 + 0.03 * take), louder_db, chance)
                soundfile.write(os.path.join(folder, path), x, RATE_HZ, subtype="PCM_16")
                rows.append(dict(zip(COLUMNS, [path, "made", speaker, gender, "en", emotion, split])))
    with open(os.path.join(folder, "manifest.csv"), "w", newline="") as file:
        table = csv.DictWriter(file, COLUMNS)
        table.writeheader()
        table.writerows(rows)


def script(folder, kind="angry", line=NO_CODEC, number=0, speaker="ann"):
    people = {voice.speaker: voice for voice in voices.voices(clips_of.labelled(clips_of.manifest(folder)))}
    return conversation.Script(f"{speaker}-{kind}", number, kind, people[speaker], people["zoe"], line)


def call_of(folder, seed=1, **what):
    return making.build(folder, [script(folder, **what)], seed)[0]


def bytes_of(call):
    with tempfile.NamedTemporaryFile(suffix=".flac") as file:
        making.write(file.name, call)
        return file.read()


# ---- a call whose truth is simple: speech in every second second ----


TRUTH = {"name": "0", "corpus": "made", "speaker": "ann", "gender": "f", "language": "en", "line": NO_CODEC,
         "kind": "angry", "duration_s": 100.0, "calm_clips": {}, "episode_clips": {},
         "episode": {"emotion": "angry", "start_s": 40.0, "end_s": 60.0},
         "customer_speech": [[2.0 * i, 2.0 * i + 1] for i in range(50) if not 80 <= 2 * i < 90]}


def heard(*cues, readings=()):
    """Cues as (kind, raised_s, cleared_s), cleared_s None for one that never was, in the program's words."""
    events = [{"type": "call", "call": "c"}]
    for number, (kind, raised_s, cleared_s) in enumerate(cues):
        event = {"type": "cue", "call": "c", "id": number, "cue": kind, "reasons": [{"feature": "voice"}]}
        events.append({**event, "t_s": raised_s, "state": "raised"})
        events.append({**event, "t_s": raised_s + 0.5, "state": "updated"})
        events += [{**event, "t_s": cleared_s, "state": "cleared"}] if cleared_s is not None else []
    events += [{"type": "reading", "call": "c", **reading} for reading in readings]
    events.append({"type": "summary", "call": "c", "duration_s": 100.0})
    return listening.calls_of([json.dumps(event) for event in events])[0]


def figures(*cues, kind="angry", **more):
    return counting.call_figures({**TRUTH, "kind": kind}, heard(*cues, **more))


# ---- the tests ----


def differs(what, found, wanted, within=1e-9):
    """Why this is not what was wanted, "" where it is."""
    same = found == wanted if isinstance(wanted, (str, bool)) else abs(found - wanted) <= within or found == wanted
    return "" if same else f"{what}: {found}, not {wanted}\n"


def lacks(run, status, *words):
    text = run.stdout if status == 0 else run.stderr
    if run.returncode != status:
        return f"ended with {run.returncode}, not {status}: {run.stderr}"
    return "".join(f"does not say: {word}\n" for word in words if word not in text)


def bench(folder, *arguments):
    command = [sys.executable, os.path.join(ROOT, "tools", "call_bench"), folder, "--program", PROGRAM, *arguments]
    return subprocess.run(command, capture_output=True, text=True)


class Tests:
    def __init__(self, folder):
        self.folder = folder
        make_corpus(folder)

    def a_clip_is_cut_to_its_sound(self):
        clip = voices.clip(self.folder, "ann-neutral-0.wav")
        return (differs("speech, s", clip.speech_s, SOUND_S, 0.03)
                + differs("length, s", clip.duration_s, SOUND_S + 2 * voices.EDGE_S, 0.03))

    def silence_holds_no_speech(self):
        return differs("speech, s", voices.cut("", np.zeros(8000, np.float32)).speech_s, 0)

    def short_pauses_are_filled(self):
        joined = voices.filled([(2.0, 3.0), (0.0, 1.0), (1.2, 1.5)])
        return "" if joined == [(0.0, 1.5), (2.0, 3.0)] else f"{joined}"

    def truth_is_where_the_sound_is(self):
        call = conversation.compose(self.folder, script(self.folder), np.random.default_rng(1))
        level_db = voices.levels_db(call.customer)
        t_s = (np.arange(len(level_db)) + 0.5) * voices.FRAME / RATE_HZ
        spoken = np.any([(s <= t_s) & (t_s < e) for s, e in call.truth["customer_speech"]], axis=0)
        agrees = np.mean((level_db > -55) == spoken)
        return "" if agrees > 0.97 and 0.2 < spoken.mean() < 0.8 else f"truth and sound agree in {agrees:.3f} of frames"

    def an_episode_is_between_calm_speech(self):
        call = conversation.compose(self.folder, script(self.folder), np.random.default_rng(1))
        episode, speech = call.truth["episode"], call.truth["customer_speech"]
        spans = {"before": (0, episode["start_s"]), "in": (episode["start_s"], episode["end_s"]),
                 "after": (episode["end_s"], 1e9)}
        said_s = {name: voices.within_s(speech, *span) for name, span in spans.items()}
        level_db = {name: 20 * np.log10(conversation.level_over(call.customer, [
            (max(s, a), min(e, b)) for s, e in speech if s < b and e > a])) for name, (a, b) in spans.items()}
        wrong = "".join(f"{said_s[name]:.1f} s of speech {name} it\n" for name, least_s in
                        (("before", 20), ("in", 8), ("after", 25)) if not least_s <= said_s[name] < least_s + 8)
        return (wrong + differs("louder by, dB", level_db["in"] - level_db["before"], 12 + 1, 1.5)
                + differs("after as before, dB", level_db["after"] - level_db["before"], 0, 1.5))

    def turns_alternate(self):
        truth = call_of(self.folder).truth
        overlap_s = sum(voices.within_s(truth["agent_speech"], *span) for span in truth["customer_speech"])
        gaps = voices.filled(sorted(truth["agent_speech"] + truth["customer_speech"]))
        silence_s = max(b[0] - a[1] for a, b in zip(gaps, gaps[1:]))
        return "" if overlap_s < 8 and silence_s < 2 else f"{overlap_s:.1f} s of overlap, {silence_s:.1f} s of silence"

    def a_calm_call_has_other_calm_speech(self):
        truth = call_of(self.folder, kind="calm").truth
        return (differs("episode", truth["episode"]["emotion"], "calm")
                + differs("all of it calm, s", counting.calm_speech_s(truth),
                          voices.within_s(truth["customer_speech"], 0, 1e9)))

    def the_same_seed_makes_the_same_bytes(self):
        first, again = bytes_of(call_of(self.folder)), bytes_of(call_of(self.folder))
        others = [bytes_of(call_of(self.folder, **what)) for what in ({"seed": 2}, {"number": 1})]
        return differs("same", first == again, True) + differs("others too", first in others, False)

    def the_level_changes_away_from_the_edges(self):
        wrong = ""
        for change_db in (6.0, -6.0):
            call = conversation.compose(self.folder, script(self.folder), np.random.default_rng(3))
            before = call.customer.copy()
            lines.level_change(change_db)([call], [np.random.default_rng(3)])
            at = call.truth["level_change"]["t_s"]
            ratio = np.abs(call.customer[before != 0] / before[before != 0])
            moment_s = np.flatnonzero(np.abs(ratio - 1) > 0.01)[0] / RATE_HZ
            edges = [call.truth["episode"]["start_s"], call.truth["episode"]["end_s"]]
            wrong += differs("change, dB", 20 * np.log10(np.median(ratio[-8000:])), change_db, 0.01)
            wrong += differs("at, s", moment_s, at, 0.01)
            wrong += "" if min(abs(at - edge) for edge in edges) >= 3 else "too near an edge\n"
        return wrong

    def noise_is_as_far_under_the_speech_as_it_says(self):
        call = conversation.compose(self.folder, script(self.folder), np.random.default_rng(1))
        before = call.customer.copy()
        lines.line_noise(20, 20)([call], [np.random.default_rng(1)])
        speech = conversation.level_over(before, call.truth["customer_speech"])
        snr_db = 20 * np.log10(speech / np.sqrt(np.mean((call.customer - before) ** 2)))
        return differs("dB", snr_db, 20, 0.1)

    def automatic_gain_leaves_pauses_quiet(self):
        x = np.concatenate([0.02 * np.sin(np.arange(40000)), 1e-4 * np.ones(40000)]).astype(np.float32)
        call = conversation.Call(x, x, {})
        lines.automatic_gain([call], [np.random.default_rng(1)])
        speech, pause = (np.sqrt(np.mean(call.customer[a:b] ** 2)) for a, b in ((20000, 40000), (70000, 80000)))
        return differs("speech", speech, 0.1, 0.02) + differs("pause, dB", 20 * np.log10(pause / 1e-4), 18, 0.1)

    def an_echo_is_the_agent_later_and_quieter(self):
        agent = np.random.default_rng(1).standard_normal(80000)
        found = (conversation.echoed(0.1 * agent, agent, np.random.default_rng(seed)) for seed in range(100))
        echoes = [(x - 0.1 * agent, level_db) for x, level_db in found if level_db is not None]
        x, level_db = echoes[0]
        delay = np.argmax(np.correlate(x[:4000], agent[:2800], "valid"))
        return (differs("of 100", len(echoes), 25, 15) + differs("delay, s", delay / RATE_HZ, 0.09, 0.06)
                + differs("dB", 20 * np.log10(np.std(x[2000:]) / (0.1 * np.std(agent))), level_db, 0.2))

    def delays_are_in_seconds_of_speech(self):
        row = figures(("frustration", 45.5, 62.5))
        late = figures(("stress", 64.0, None))
        return (differs("delay", row["delay_s"], 3.0) + differs("which", row["which"], "frustration")
                + differs("false", row["false"], 0) + differs("late", late["delay_s"], 12.0)
                + differs("late is raised", late["raised"], True) + differs("none", figures()["delay_s"], np.inf))

    def the_first_of_two_cues_counts(self):
        row = figures(("stress", 49.5, 50.0), ("frustration", 42.5, 44.0))
        return differs("which", row["which"], "frustration") + differs("delay", row["delay_s"], 1.5)

    def a_cue_from_before_is_no_success(self):
        row = figures(("stress", 39.0, 50.0), ("frustration", 42.0, 70.0))
        gone = figures(("stress", 30.0, 39.0), ("frustration", 42.0, 70.0))
        return (differs("already", row["already"], True) + differs("delay", row["delay_s"], np.inf)
                + differs("false", row["false"], 1) + differs("gone before", gone["already"], False)
                + differs("delay then", gone["delay_s"], 1.0))

    def cues_outside_the_episode_are_false(self):
        row = figures(("frustration", 39.9, 39.95), ("stress", 65.1, 70.0), ("frustration", 64.9, 70.0),
                      ("calming", 10.0, 12.0), ("talk_over", 11.0, 12.0))
        calm = figures(("stress", 50.0, 55.0), kind="calm")
        return (differs("frustration", row["false_frustration"], 1) + differs("stress", row["false_stress"], 1)
                + differs("cues", row["cues"], 3) + differs("calm speech, s", row["calm_s"], 45 - 13)
                + differs("in a calm call", calm["false"], 1) + differs("of, s", calm["calm_s"], 45))

    def clearing_is_timed_by_both_clocks(self):
        row = figures(("frustration", 45.0, 66.5), ("stress", 50.0, 52.0))
        early, never = figures(("frustration", 45.0, 58.0)), figures(("frustration", 45.0, None))
        return (differs("clock", row["gone_clock_s"], 6.5) + differs("speech", row["gone_speech_s"], 3.5)
                + differs("early", early["gone_clock_s"], 0.0) + differs("early, speech", early["gone_speech_s"], 0.0)
                + differs("never", never["gone_clock_s"], np.inf) + differs("never", never["gone_speech_s"], np.inf)
                + differs("none", bool(np.isnan(figures()["gone_clock_s"])), True))

    def cues_without_speech_are_told(self):
        row = figures(("frustration", 85.5, 86.0), ("stress", 82.0, 84.0))
        return differs("groundless", row["groundless"], 1)

    def emotion_of_anybody_else_is_told(self):
        readings = [{"channel": "customer", "stress": 0.1}, {"channel": "agent", "speaking": True},
                    {"channel": "agent", "stress": 0.1}]
        return (differs("trespasses", figures(readings=readings)["trespasses"], 1)
                + differs("escalated", figures(("escalate", 50.0, 55.0))["escalated"], 1))

    def intervals_are_those_of_the_books(self):
        wrong = ""
        for found, wanted in ((counting.wilson(0, 10), (0.0, 0.2775)), (counting.wilson(8, 10), (0.4902, 0.9433)),
                              (counting.poisson(0), (0.0, 3.6889)), (counting.poisson(5), (1.6235, 11.6683))):
            wrong += "".join(differs("limit", f, w, 1e-4) for f, w in zip(found, wanted))
        return wrong

    def the_report_says_what_holds(self):
        rows = [figures(("frustration", 42.5, 66.0)) for _ in range(9)] + [figures()]
        rows += [figures(("frustration", 50.0, 55.0), kind="happy"), figures(("stress", 9.0, 12.0), kind="calm")]
        text = report.report("", SimpleNamespace(seed=1, playbook=None), pandas.DataFrame(rows), pandas.DataFrame(), [])
        wanted = ["| **made** | 10 | 1 | 0.0 | 90.0 % (60-98) | 1.5 | 1.5 | 9 / 0 | 0 | 1 |",
                  "angry episodes raised in time | at least 85.0 % | 90.0 % | holds |",
                  "happy episodes that raised `frustration` | at most 15.0 % | 100.0 % | **does not hold** |",
                  f"an hour of calm speech | at most 1.0 | {3600 / (11 * 32 + 45):.1f} | **does not hold** |"]
        return "".join(f"does not say: {line}\n" for line in wanted if line not in text)

    def a_picture_is_drawn(self):
        if not find_spec("matplotlib"):
            return "# SKIP python3 has no matplotlib"
        import plot

        call, path = call_of(self.folder), os.path.join(self.folder, "call.png")
        reading = {"channel": "customer", "t_s": 30.0, "abstain": False, "frustration": 0.8, "stress": 0.7}
        said = heard(("frustration", 20.0, 40.0), ("stress", 31.0, None), ("calming", 40.0, 45.0),
                     readings=[reading])
        plot.draw(path, call.customer, call.agent, call.truth, said, counting.call_figures(call.truth, said))
        with open(path, "rb") as file:
            return differs("a PNG", file.read(4) == b"\x89PNG", True) + self._bars_do_not_meet(plot, said)

    def _bars_do_not_meet(self, plot, said):
        placed = {cue.kind: lane for cue, lane in plot.lanes(said.cues, 100.0)}
        return differs("beside each other", placed["stress"] != placed["frustration"], True) + differs(
            "one lane", placed["calming"] == placed["frustration"], True)

    def runs_from_end_to_end(self):
        if not (shutil.which("sox") and shutil.which("ffmpeg")):
            return "# SKIP no sox, no ffmpeg"
        kept = os.path.join(self.folder, "kept")
        run = bench(self.folder, "--hours", "0.01", "--keep", kept)
        wrong = lacks(run, 0, "bob: no happy call", "| **made** | 2 | 2 |", "### Bounds", "seed 1")
        return wrong or self._keeps_what_it_made(kept)

    def _keeps_what_it_made(self, kept):
        names = sorted(name.removesuffix(".json") for name in os.listdir(kept) if name.endswith(".json"))
        wrong = differs("calls", len(names), 5)
        for name in names:
            with open(os.path.join(kept, name + ".json"), encoding="utf-8") as file:
                truth = json.load(file)
            with open(os.path.join(kept, name + ".jsonl"), encoding="utf-8") as file:
                said = listening.calls_of(file.read().splitlines())
            wrong += differs(name, len(said), 1) + differs(name, said[0].duration_s, truth["duration_s"], 0.02)
            wrong += differs("channels", soundfile.info(os.path.join(kept, name + ".flac")).channels, 2)
        return wrong

    def refuses_what_it_cannot_measure(self):
        return (lacks(bench(self.folder, "--corpus", "none"), 2, "no clips", "none")
                + lacks(bench(self.folder, "--hours", "0"), 2, "--hours")
                + lacks(bench(self.folder, "--real", "/nowhere"), 2, "/nowhere"))


def main():
    names = [name for name in vars(Tests) if not name.startswith("_")]
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        tests = Tests(folder)
        for number, name in enumerate(names, 1):
            why = getattr(tests, name)()
            skipped, why = (f" {why}", "") if why.startswith("# SKIP") else ("", why)
            failed += bool(why)
            print(f"{'not ok' if why else 'ok'} {number} - tools/call_bench {name.replace('_', ' ')}{skipped}")
            print("".join(f"# {line}\n" for line in why.splitlines()), end="")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
