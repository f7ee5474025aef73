#!/usr/bin/python3
"""undertone calls and export: what they write opens in the tools it is for, read by parsers that are not ours. A call
is made by the program, and what is hard to write, quotes, tags, ends of lines, is put into its rows. Speaks TAP."""

import csv
import html
import io
import json
import os
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
import wave
from importlib.util import find_spec

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
PROGRAM = os.path.abspath(os.environ.get("UNDERTONE", os.path.join(ROOT, "build", "undertone")))
DURATION_S, RATE_HZ = 12, 8000

# Kind, from, to, text, reasons; None: still up when the call was cut off.
CUES = [
    ("frustration", 2.0, 5.0, 'Voice sounds "frustrated"', [{"feature": "pitch_hz", "change": "+4.1 st", "z": 2.3}]),
    ("stress", 3.0, 4.0, "Klingt &amp; & <b>angespannt</b> --> très\ttendu\r\n\r\nNOTE x", []),
    ("frustration", 5.0, 5.0, "", []),
    ("dead_air", 9.0, None, "静か\\", [{"feature": "silence_s", "change": "8.0 s"}]),
]
TURNS = [("turn", "agent", 0.0, 2.5), ("turn", "customer", 2.0, 6.0), ("turn", "customer", 5.5, 7.0),
         ("interruption", "customer", 2.0, 2.5), ("interruption", "agent", 2.0, 2.2), ("silence", None, 8.0, 9.5),
         ("hold", None, 10.0, 12.0)]
SAID = ['Voice sounds "frustrated" (4.1 semitones higher than usual)', "Klingt &amp; & <b>angespannt</b> --> très?tendu????NOTE x",
        "", "静か\\ (Over 8 s of silence)"]

PRAAT = """form A TextGrid
    sentence Path x
endform
Read from file: path$
writeInfo: ""
tiers = Get number of tiers
for tier to tiers
    name$ = Get tier name: tier
    interval = Is interval tier: tier
    if interval
        n = Get number of intervals: tier
        for i to n
            start = Get start time of interval: tier, i
            stop = Get end time of interval: tier, i
            label$ = Get label of interval: tier, i
            appendInfoLine: name$, tab$, start, tab$, stop, tab$, label$
        endfor
    else
        n = Get number of points: tier
        for i to n
            at = Get time of point: tier, i
            label$ = Get label of point: tier, i
            appendInfoLine: name$, tab$, at, tab$, "point", tab$, label$
        endfor
    endif
endfor
"""


# What the program writes beside each cue: every step of it.
LIFE = ("INSERT INTO cue_life (call, cue, state, t_s, said) SELECT call, id, state, t_s, json_object('severity', severity,"
        " 'text', text, 'advice', coalesce(advice, ''), 'reasons', json(reasons)) FROM (SELECT *, 'raised' AS state,"
        " raised_s AS t_s FROM cues UNION ALL SELECT *, 'cleared', cleared_s FROM cues WHERE cleared_s IS NOT NULL)"
        " WHERE call = (SELECT number FROM calls WHERE id = ?) ORDER BY t_s")

def run(folder, *arguments, code=0, text=True):
    """What the program says on stdout; raises where it ends otherwise than expected."""
    ran = subprocess.run([PROGRAM, *arguments, "--data", os.path.join(folder, "data")], capture_output=True, timeout=60)
    if ran.returncode != code:
        raise ValueError(f"undertone {' '.join(arguments)} ended with {ran.returncode}: {ran.stderr.decode()}")
    return ran.stdout.decode("utf-8") if text else ran.stdout


def write_sound(path):
    """A stereo file of clicks: both voices are heard, nobody speaks."""
    with wave.open(path, "wb") as sound:
        sound.setparams((2, 2, RATE_HZ, 0, "NONE", ""))
        sound.writeframes(b"".join(bytes((i % 64, 0, 0, i % 32)) for i in range(DURATION_S * RATE_HZ)))


def make_store(folder):
    """The id of a call that has everything in it, and of one without anything."""
    sound = os.path.join(folder, "a call, with a comma.wav")
    write_sound(sound)
    for _ in range(2):
        run(folder, "analyze", sound, "--store")
    whole, empty = (json.loads(line)["call"] for line in run(folder, "calls", "--jsonl").splitlines())
    with sqlite3.connect(os.path.join(folder, "data", "undertone.db")) as database:
        (number,) = database.execute("SELECT number FROM calls WHERE id = ?", (whole,)).fetchone()
        database.execute("UPDATE calls SET agent = 'a-17', queue = 'Rückfragen & mehr' WHERE number = ?", (number,))
        for table in ("cue_life", "cues", "turns"):
            database.execute(f"DELETE FROM {table}")
        for i, (kind, raised_s, cleared_s, text, reasons) in enumerate(CUES, 1):
            database.execute("INSERT INTO cues (call, id, kind, severity, text, advice, reasons, raised_s, cleared_s)"
                             " VALUES (?, ?, ?, 'notice', ?, '', ?, ?, ?)",
                             (number, i, kind, text, json.dumps(reasons), raised_s, cleared_s))
        database.execute(LIFE, (whole,))
        for turn, channel, start_s, end_s in TURNS:
            database.execute("INSERT INTO turns VALUES (?, ?, ?, ?, ?)", (number, start_s, end_s, turn, channel))
        database.execute("INSERT INTO pauses (call, start_s, end_s) VALUES (?, 7.25, 7.75)", (number,))
        database.execute("INSERT INTO notes (call, text, at) VALUES (?, 'Ruft zurück\x1b[2J', 'x')", (number,))
        database.execute("INSERT INTO tags (call, tag, at) VALUES (?, 'good', 'x')", (number,))
    database.close()
    return whole, empty


def differs(what, found, wanted):
    return "" if found == wanted else f"{what}: {found!r}, not {wanted!r}\n"


def praat_reads(folder, path):
    """Tiers by name, in order, as lists of (from, to or None, label)."""
    script = os.path.join(folder, "read.praat")
    with open(script, "w", encoding="utf-8") as file:
        file.write(PRAAT)
    ran = subprocess.run(["praat", "--run", "--utf8", script, path], capture_output=True, timeout=60)
    if ran.returncode:
        raise ValueError(f"praat cannot read {path}: {ran.stderr.decode()}")
    tiers = {}
    for line in ran.stdout.decode("utf-8").splitlines():
        name, start, end, label = line.split("\t", 3)
        tiers.setdefault(name, []).append((float(start), None if end == "point" else float(end), label))
    return tiers


class Tests:
    def __init__(self, folder):
        self.folder = folder
        self.id, self.empty = make_store(folder)

    def _export(self, name, call=None):
        return run(self.folder, "export", call or self.id, "--format", name)

    def json_lines_are_events_in_order(self):
        events = [json.loads(line) for line in self._export("jsonl").splitlines()]
        types = [event["type"] for event in events]
        times = [event["t_s"] for event in events if event["type"] in ("reading", "cue")]
        wrong = differs("first and last", (types[0], types[-1]), ("call", "summary")) + differs("order", times, sorted(times))
        wrong += differs("readings", types.count("reading"), 4 * DURATION_S)
        wrong += differs("calls", {event["call"] for event in events}, {self.id})
        cues = [(e["cue"], e["t_s"], e["text"], e["reasons"]) for e in events if e["type"] == "cue" and e["state"] == "raised"]
        return wrong + differs("cues", cues, [(kind, at, text, reasons) for kind, at, _, text, reasons in CUES])

    def the_agent_has_no_emotion(self):
        for line in self._export("jsonl").splitlines():
            event = json.loads(line)
            found = {"frustration", "stress", "arousal", "confidence", "pitch_hz"} & event.keys()
            if event.get("channel") == "agent" and found:
                return f"{found} of the agent\n"
        header = self._export("csv").splitlines()[0]
        return "".join(f"{column}\n" for column in header.split(",")
                       if re.match("agent.*(frustration|stress|arousal|pitch)", column))

    def csv_has_the_columns_of_analyze(self):
        ran = subprocess.run([PROGRAM, "analyze", os.path.join(self.folder, "a call, with a comma.wav"), "--csv"],
                             capture_output=True, timeout=60, check=True, text=True)
        wanted = list(csv.reader(io.StringIO(ran.stdout), strict=True))
        found = list(csv.reader(io.StringIO(self._export("csv")), strict=True))
        wrong = differs("rows", len(found), 1 + 2 * DURATION_S) + differs("header", found[0], wanted[0])
        wrong += differs("source", {row[0] for row in found[1:]}, {self.id})
        return wrong + differs("readings", [row[1:] for row in found], [row[1:] for row in wanted])

    def several_calls_share_a_table(self):
        both = run(self.folder, "export", self.id, self.empty, "--format", "csv")
        rows = list(csv.DictReader(io.StringIO(both), strict=True))
        sources = [row["source"] for row in rows]
        return differs("sources", sources, [self.id] * 2 * DURATION_S + [self.empty] * 2 * DURATION_S)

    def labels_keep_to_audacitys_grammar(self):
        """Audacity has no part that reads them without a screen: start, tab, end, tab, text, on a line each."""
        text = self._export("labels")
        lines = [re.fullmatch(r"(\d+\.\d{6})\t(\d+\.\d{6})\t([^\t\r\n]*)", line) for line in text.split("\n")[:-1]]
        if not text.endswith("\n") or None in lines:
            return f"not of the form:\n{text}"
        spans = [(float(line[1]), float(line[2]), line[3]) for line in lines]
        wanted = [(start, end or DURATION_S, said) for (_, start, end, _, _), said in zip(CUES, SAID)]
        wanted += [(s, e, f"interruption by the {who}") for turn, who, s, e in TURNS if turn == "interruption"]
        wanted += [(s, e, turn) for turn, _, s, e in TURNS if turn in ("silence", "hold")] + [(7.25, 7.75, "pause")]
        return differs("labels", sorted(spans), sorted(wanted)) + differs("order", spans, sorted(spans, key=lambda s: s[0]))

    def captions_open_in_webvtt(self):
        if not find_spec("webvtt"):
            return "# SKIP python3 has no webvtt"
        import webvtt

        path = os.path.join(self.folder, "call.vtt")
        run(self.folder, "export", self.id, "--format", "vtt", "-o", path)
        with open(path, encoding="utf-8") as file:
            text = file.read()
        spans = [(caption.start_in_seconds, caption.end_in_seconds, html.unescape(caption.text))
                 for caption in webvtt.read(path)]
        wanted = [(start, end or DURATION_S, said) for (_, start, end, _, _), said in zip(CUES, SAID)]
        arrows = [line for line in text.splitlines() if "-->" in line]
        times = [re.fullmatch(r"(\d\d:\d\d:\d\d\.\d{3}) --> (\d\d:\d\d:\d\d\.\d{3})", line) for line in arrows]
        arrows = [line for line, time in zip(arrows, times) if not (time and time[1] < time[2])]
        return (differs("captions", [(int(a), int(b), c) for a, b, c in spans], [(int(a), int(b), c) for a, b, c in wanted])
                + differs("arrows", arrows, []) + differs("head", text.splitlines()[:3], ["WEBVTT", "", f"NOTE {self.id}"]))

    def tiers_open_in_praat(self):
        if not shutil.which("praat"):
            return "# SKIP praat is not installed"
        path = os.path.join(self.folder, "call.TextGrid")
        run(self.folder, "export", self.id, "--format", "textgrid", "-o", path)
        tiers = praat_reads(self.folder, path)
        wrong = differs("tiers", list(tiers), ["customer", "agent", "interruptions", "silences", "pauses", "frustration",
                                               "stress", "dead_air"])
        for name, marks in tiers.items():
            if name == "interruptions":
                continue
            wrong += differs(f"ends of {name}", (marks[0][0], marks[-1][1]), (0, DURATION_S))
            wrong += differs(f"seams of {name}", [m[0] for m in marks[1:]], [m[1] for m in marks[:-1]])
        named = {name: [mark for mark in marks if mark[2]] for name, marks in tiers.items()}
        wrong += differs("customer", named["customer"], [(2, 6, "turn"), (6, 7, "turn")])
        wrong += differs("agent", named["agent"], [(0, 2.5, "turn")])
        wrong += differs("interruptions", named["interruptions"], [(2, None, "interruption by the agent")])
        wrong += differs("silences", named["silences"], [(8, 9.5, "silence"), (10, 12, "hold")])
        wrong += differs("pauses", named["pauses"], [(7.25, 7.75, "pause")])
        wrong += differs("frustration", named["frustration"], [(2, 5, SAID[0])])
        wrong += differs("stress", named["stress"], [(3, 4, SAID[1])])
        with open(path, encoding="utf-8") as file:
            wrong += differs("points, as Praat drops one too many", file.read().count("points ["), 1)
        return wrong + differs("dead_air", named["dead_air"], [(9, 12, SAID[3])])

    def a_call_without_anything_opens_too(self):
        wrong = differs("labels", self._export("labels", self.empty), "")
        wrong += differs("captions", self._export("vtt", self.empty), f"WEBVTT\n\nNOTE {self.empty}\n")
        if shutil.which("praat"):
            path = os.path.join(self.folder, "empty.TextGrid")
            run(self.folder, "export", self.empty, "--format", "textgrid", "-o", path)
            tiers = praat_reads(self.folder, path)
            wrong += differs("tiers", tiers, {name: [(0, DURATION_S, "")]
                                              for name in ("customer", "agent", "silences", "pauses")})
        return wrong

    def the_recording_is_copied(self):
        kept = os.path.join(self.folder, "data", "audio")
        os.makedirs(kept, exist_ok=True)
        with open(os.path.join(kept, self.id + ".flac"), "wb") as file:
            file.write(b"fLaC" + bytes(range(256)) * 1000)
        with sqlite3.connect(os.path.join(self.folder, "data", "undertone.db")) as database:
            database.execute("INSERT INTO recordings (call, file, format, state)"
                             " SELECT number, id || '.flac', 'flac', 'finished' FROM calls WHERE id = ?", (self.id,))
        database.close()
        out = os.path.join(self.folder, "out")
        run(self.folder, "export", self.id, "--audio", "-o", out + "/")
        copied = os.path.join(out, self.id + ".flac")
        with open(copied, "rb") as file:
            wrong = differs("bytes", file.read(), b"fLaC" + bytes(range(256)) * 1000)
        run(self.folder, "export", self.empty, "--audio", "-o", os.path.join(out, "none"), code=1)
        wrong += differs("left over", os.path.exists(os.path.join(out, "none")), False)
        return wrong + differs("mode", stat.S_IMODE(os.stat(copied).st_mode), 0o600)

    def nothing_leaves_unaudited(self):
        path = os.path.join(self.folder, "data", "undertone.db")
        with sqlite3.connect(path) as database:
            (before,) = database.execute("SELECT count(*) FROM audit").fetchone()
            run(self.folder, "export", self.id, self.empty, "--format", "csv")
            run(self.folder, "export", self.id, "c-none", code=1)
            (after, about) = database.execute("SELECT count(*), (SELECT about FROM audit ORDER BY number DESC LIMIT 1)"
                                              " FROM audit").fetchone()
            database.execute("CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT raise(ABORT, 'full'); END")
            database.commit()
            left = run(self.folder, "export", self.id, code=1)
            run(self.folder, "export", self.id, "-o", os.path.join(self.folder, "unaudited"), code=1)
            database.execute("DROP TRIGGER full")
        database.close()
        return (differs("entries", after - before, 1) + differs("unaudited", left, "")
                + differs("about", json.loads(about), {"calls": [self.id, self.empty], "format": "csv"})
                + differs("file", os.path.exists(os.path.join(self.folder, "unaudited")), False))

    def the_list_fits_a_terminal(self):
        text = run(self.folder, "calls") + run(self.folder, "calls", "--agent", "a-17")
        wrong = "".join(f"too wide: {line!r}\n" for line in text.splitlines() if len(line) > 80)
        wrong += "" if "1 note" in text and "#good" in text and "Rückfr~" in text else f"not in the list:\n{text}"
        page = run(self.folder, "calls", self.id)
        wrong += "" if "Ruft zurück?[2J" in page and 'Voice sounds "frustrated"' in page else f"not on the page:\n{page}"
        return wrong + ("\x1b" in text + page) * "a control character\n"

    def calls_that_are_not_whole(self):
        """Cut off, in progress, and without consent: listed, shown and exported as far as they go."""
        with sqlite3.connect(os.path.join(self.folder, "data", "undertone.db")) as database:
            for name, ended, how, consent in (("c-cut", "x", "server died", "given"), ("c-now", None, None, "given"),
                                              ("c-no", "x", "no consent", "withdrawn")):
                database.execute("INSERT INTO calls (id, ended_at, ended_how, consent, consent_at)"
                                 " VALUES (?, ?, ?, ?, '2026-11-22')", (name, ended, how, consent))
            database.execute("INSERT INTO measured SELECT number, 1500, 1, 1, 1, -200, 40, 50, 50 FROM calls"
                             " WHERE id IN ('c-cut', 'c-now')")
            database.execute("INSERT INTO cues (call, id, kind, severity, text, reasons, raised_s) SELECT number, 1,"
                             " 'stress', 'info', 'Up', '[]', 1 FROM calls WHERE id = 'c-cut'")
            database.execute(LIFE, ("c-cut",))
        database.close()
        text, wrong = run(self.folder, "calls", "--to", "2026-11-22"), ""
        for said in ("interrupted: the server died", "in progress", "consent: withdrawn"):
            wrong += "" if said in text else f"no {said} in\n{text}"
        wrong += differs("labels", self._export("labels", "c-cut"), "1.000000\t1.500000\tUp\n")
        wrong += differs("lines", [len(self._export("jsonl", call).splitlines()) for call in ("c-cut", "c-now", "c-no")],
                         [3, 2, 1])
        page = run(self.folder, "calls", "c-cut")
        wrong += "" if "0:01 - 0:01  Up" in page and "server died" in page else f"not on the page:\n{page}"
        page = run(self.folder, "calls", "c-no")
        return wrong + ("" if "Consent was withdrawn: nothing is kept" in page else f"not on the page:\n{page}")

    def wrong_use_is_said(self):
        wrong = ""
        for code, *arguments in [(2, "export"), (2, "export", "no id"), (2, "export", self.id, "--format", "doc"),
                                 (2, "export", self.id, self.empty, "--format", "vtt"), (1, "export", "c-none"),
                                 (2, "export", self.id, "--audio", "--format", "csv"), (2, "calls", "--from", "now"),
                                 (2, "calls", "--peak", "2"), (2, "calls", self.id, "--tag", "x"), (1, "calls", "c-none"),
                                 (1, "export", self.id, "-o", "/nowhere/file"), (2, "calls", "--limit", "-1")]:
            ran = subprocess.run([PROGRAM, *arguments, "--data", os.path.join(self.folder, "data")],
                                 capture_output=True, timeout=60, text=True)
            if ran.returncode != code or ran.stdout or not ran.stderr:
                wrong += f"{arguments}: {ran.returncode}, not {code}: {ran.stdout[:80]}{ran.stderr}\n"
        return wrong


def main():
    names = [name for name in vars(Tests) if not name.startswith("_")]
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        tests = Tests(folder)
        for number, name in enumerate(names, 1):
            try:
                why = getattr(tests, name)()
            except Exception as error:
                why = f"{error!r}\n"
            skipped, why = (f" {why}", "") if why.startswith("# SKIP") else ("", why)
            failed += bool(why)
            print(f"{'not ok' if why else 'ok'} {number} - undertone export: {name.replace('_', ' ')}{skipped}")
            print("".join(f"# {line}\n" for line in why.splitlines()), end="")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
