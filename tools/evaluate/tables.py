"""What was measured, as sections of Markdown: a few plain words, then a table."""

import numpy as np
import pandas

import measures
from clips import CLASSES
from corpus import MEANT_SHARE

SCORES = {"angry": "frustration", "fearful": "stress"}
RATES = [1, 2, 5, 10, 20]
BANDS = [("under 30", 0, 30), ("30-44", 30, 45), ("45-59", 45, 60), ("60 and over", 60, 200)]
PLAIN, GAIN = "mu-law", "gain, mu-law"


class Measured:
    """Clips, and what was said of them under each condition, cold and warm: scores[condition, warm]."""

    def __init__(self, clips, warms):
        self.clips, self.warms, self.scores = clips, warms, {}

    def sets(self):
        return self.clips.groupby(["corpus", "split"], sort=True)

    def left_out(self):
        """How many clips of each set no warm call could be made for, in words; "" for none."""
        if True not in self.warms:
            return ""
        missing = [(named(key), len(clips) - len(self.rows(clips, True))) for key, clips in self.sets()]
        return "; ".join(f"{n} of {name}" for name, n in missing if n)

    def rows(self, clips, warm, condition=PLAIN):
        """These clips as far as they were heard, each with its scores and the class it was said to be, "" where too
        little was said for any."""
        figures = self.scores[condition, warm].reindex(clips.index)
        rows = clips.join(figures)[figures["frustration"].notna()]
        shares = rows[CLASSES].fillna(0).to_numpy().reshape(-1, len(CLASSES))
        return rows.assign(said=np.where(shares.any(1), np.array(CLASSES)[np.argmax(shares, 1)], ""))


# ---- words ----


def when(warm):
    return "warm" if warm else "cold"


def number(x, digits=3):
    return "-" if x is None or not np.isfinite(x) else f"{x:.{digits}f}"


def between(x, low, high):
    return f"{number(x)} ({number(low)}-{number(high)})" if np.isfinite(x) and np.isfinite(low) else number(x)


def percent(x):
    return "-" if not np.isfinite(x) else f"{100 * x:.1f} %"


def named(key):
    return ", ".join(part for part in key if part)


def table(head, rows):
    """Markdown; columns from the second on are figures."""
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def section(title, words, *parts):
    return "\n\n".join([f"### {title}", " ".join(words.split()), *parts])


# ---- how well it tells ----


def auc_of(rows, emotion, least=measures.LEAST):
    return measures.auc((rows["class"] == emotion).to_numpy(), rows[SCORES[emotion]].to_numpy(), least)


def uar_of(rows):
    five = rows[rows["class"].isin(CLASSES)]
    return measures.uar(five["class"].to_numpy(), five["said"].to_numpy())


def accuracy_of(rows):
    five = rows[rows["class"].isin(CLASSES)]
    return np.mean(five["class"] == five["said"]) if len(five) else np.nan


def auc_cell(rows, emotion):
    meant, scores = (rows["class"] == emotion).to_numpy(), rows[SCORES[emotion]].to_numpy()
    limits = measures.interval(measures.auc, rows["speaker"].to_numpy(), meant, scores)
    return between(measures.auc(meant, scores), *limits)


def uar_cell(rows):
    five = rows[rows["class"].isin(CLASSES)]
    columns = five["class"].to_numpy(), five["said"].to_numpy()
    return between(measures.uar(*columns), *measures.interval(measures.uar, five["speaker"].to_numpy(), *columns))


FIGURES = {"AUC angry": lambda rows: auc_cell(rows, "angry"), "AUC fearful": lambda rows: auc_cell(rows, "fearful"),
           "UAR": uar_cell}


def accuracy_table(measured, select=lambda clips: clips):
    """Three rows a set, cold and warm side by side."""
    lines = []
    for key, clips in measured.sets():
        heard = [measured.rows(select(clips), warm) for warm in measured.warms]
        counts = [" / ".join(str(n) for n in dict.fromkeys(n)) for n in
                  ([len(rows) for rows in heard], [rows["speaker"].nunique() for rows in heard])]
        for name, cell in FIGURES.items() if any(map(len, heard)) else ():
            lines.append([f"{named(key)}: {name}", *counts, *map(cell, heard)])
    return table(["", "clips", "speakers", *map(when, measured.warms)], lines) if lines else None


def accuracy(measured):
    words = """
        The last score before a clip ends, through 8 kHz mu-law. AUC: how often a clip that was meant to be angry
        (fearful) scores higher for frustration (stress) than one that was not; 0.5 is chance. UAR: the mean over
        angry, fearful, happy, sad and neutral of the share that is called so; 0.2 is chance. In brackets the middle
        95 % when speakers are drawn anew. Cold: the clip alone. Warm: after up to 10 s of the same speaker's other,
        neutral clips, each with 4.5 s of silence behind it, in one call; clips of speakers who have none are left
        out"""
    left = measured.left_out()
    words += f" ({left})." if left else "."
    return section("How well it tells", words, accuracy_table(measured))


def by_the_votes(clips):
    """Clips on which more listeners agreed than on anything else, as what they heard."""
    voted = clips[clips["votes"].map(len) == 1]
    return voted.assign(**{"class": [next(iter(votes)) for votes in voted["votes"]]})


def votes(measured):
    content = accuracy_table(measured, by_the_votes)
    words = """
        The same where listeners of the voice alone were asked what they heard, and what most of them heard counts
        instead of what the actor meant. Ties are left out."""
    return section("By what listeners heard", words, content) if content else ""


# ---- the telephone ----


def change_cell(rows, plain, measure):
    value, was = measure(rows), measure(plain)
    return number(value) if rows is plain or not np.isfinite(value - was) else f"{number(value)} ({value - was:+.3f})"


def condition_line(measured, clips, condition, name):
    cells = []
    for warm in measured.warms:
        plain = measured.rows(clips, warm)
        rows = plain if condition == PLAIN else measured.rows(clips, warm, condition)
        cells += [change_cell(rows, plain, lambda r, e=e: auc_of(r, e)) for e in SCORES]
        cells += [change_cell(rows, plain, uar_of), percent(rows["abstain"].mean())]
    return [name, *cells]


def condition_head(measured, first):
    figures = ["AUC angry", "AUC fearful", "UAR", "abstained"]
    return [first] + [f"{figure}, {when(warm)}" for warm in measured.warms for figure in figures]


def robustness(measured):
    conditions = list(dict.fromkeys(condition for condition, _ in measured.scores))
    if set(conditions) <= {PLAIN, GAIN}:
        return ""
    parts = []
    for key, clips in measured.sets():
        lines = [condition_line(measured, clips, condition, condition) for condition in conditions]
        parts += [f"**{named(key)}**", table(condition_head(measured, "condition"), lines)]
    words = """
        The same clips through other lines; in brackets the change against plain mu-law. Noise and babble are 5 to 30
        dB, echo 15 to 30 dB under the mean power of the call, gain is any within 12 dB either way, and 2 to 15 % of
        packets are lost. A warm call goes through one line as a whole: its pauses lower its mean power, so there the
        same noise lies further under the voice than it does cold."""
    return section("Through other telephones", words, *parts)


def gain(measured):
    if not any(condition == GAIN for condition, _ in measured.scores):
        return ""
    lines = [condition_line(measured, clips, GAIN, named(key)) for key, clips in measured.sets()]
    words = "Each call made louder or quieter by up to 12 dB, then mu-law; in brackets the change against mu-law alone."
    return section("Loudness", words, table(condition_head(measured, "set"), lines))


# ---- probabilities ----


def mark(rows, emotion):
    """What training takes for the truth, see tools/train/corpus.py: what was meant and, where listeners were asked, what
    was heard."""
    meant = (rows["class"] == emotion).to_numpy(float)
    heard = np.array([(emotion in votes) / len(votes) if votes else np.nan for votes in rows["votes"]], float)
    return np.where(np.isnan(heard), meant, MEANT_SHARE * meant + (1 - MEANT_SHARE) * heard)


def told(rows):
    return rows[rows["abstain"] == 0]


def calibration_line(measured, key, clips, emotion, warm):
    rows = told(measured.rows(clips, warm))
    scores, meant = rows[SCORES[emotion]].to_numpy(), (rows["class"] == emotion).to_numpy(float)
    marked, cells = mark(rows, emotion), []
    for label in (marked, meant):
        cells += [number(measures.calibration_error(label, scores, wide)) for wide in (False, True)]
    means = [number(np.mean(x)) if len(rows) else "-" for x in (scores, marked, meant)]
    return [named(key), when(warm), f"{SCORES[emotion]} / {emotion}", len(rows), *means, *cells]


def calibration(measured):
    lines = [calibration_line(measured, key, clips, emotion, warm)
             for key, clips in measured.sets() for emotion in SCORES for warm in measured.warms]
    words = f"""
        A score of 0.7 should be right seven times in ten. The expected calibration error is how far the mean score
        of a bin of clips is from the share of them that was so, over bins; clips that were abstained from are left
        out. Two bins are told: {measures.BINS} of equal count, which is the steadier figure, and
        {measures.WIDE_BINS} of equal width. Two labels as well. The mark is what training takes for the truth:
        {100 * MEANT_SHARE:.0f} % what the actor meant and the rest what listeners heard, where they were asked. Meant is
        the former alone, and what the scores are calibrated to."""
    head = ["set", "", "score / label", "clips", "mean score", "mean mark", "mean meant",
            "mark, equal count", "mark, equal width", "meant, equal count", "meant, equal width"]
    return section("Whether the probabilities are right", words, table(head, lines))


def abstain(measured):
    lines = []
    for key, clips in measured.sets():
        for warm in measured.warms:
            rows = measured.rows(clips, warm)
            for name, some in (("all", rows), ("told", told(rows))):
                share = percent(rows["abstain"].mean()) if name == "all" else ""
                cells = [number(auc_of(some, e)) for e in SCORES] + [number(uar_of(some)), percent(accuracy_of(some))]
                lines.append([named(key), when(warm), name, len(some), share, *cells])
    words = """
        Where there is too little speech, or it is unlike anything the model knows, it abstains. All: as if it did
        not. Told: what remains. Accuracy: the share of clips of the five classes whose class was called right."""
    return section("Abstaining", words, table(
        ["set", "", "which", "clips", "abstained", "AUC angry", "AUC fearful", "UAR", "accuracy"], lines))


# ---- for whom ----


def age_band(age):
    try:
        years = float(age)
    except ValueError:
        return ""
    return next((name for name, low, high in BANDS if low <= years < high), "")


def thirds(levels):
    """Quiet, middle or loud, among the clips of one set."""
    low, high = np.quantile(levels, [1 / 3, 2 / 3])
    return np.where(levels <= low, "quiet", np.where(levels <= high, "middle", "loud"))


def figures_of(measured, clips):
    cells = []
    for warm in measured.warms:
        rows = measured.rows(clips, warm)
        cells += [auc_of(rows, e) for e in SCORES]
    return cells


def heads_of(measured):
    return [f"AUC {e}, {when(warm)}" for warm in measured.warms for e in SCORES]


def gender_gap(measured, clips):
    women, men = (figures_of(measured, clips[clips["gender"].str.lower().str[:1] == g]) for g in ("f", "m"))
    gaps = [f"{w - m:+.3f}" if np.isfinite(w - m) else "-" for w, m in zip(women, men)]
    return ["gender", "women less men", "", "", *gaps]


def group_lines(measured, clips):
    groups = {"gender": clips["gender"], "age": clips["age"].map(age_band), "intensity": clips["intensity"],
              "level": pandas.Series(thirds(clips["level_db"]), clips.index)}
    lines = []
    for name, values in groups.items():
        known = sorted(value for value in values.unique() if value)
        for value in known if len(known) > 1 else []:
            some = clips[values == value]
            lines.append([name, value, len(some), some["speaker"].nunique(), *map(number, figures_of(measured, some))])
        if name == "gender" and len(known) > 1:
            lines.append(gender_gap(measured, clips))
    return lines


def wide_lines(measured):
    """Languages and corpora, over all sets."""
    lines = []
    for name in ("language", "corpus"):
        values = measured.clips[name]
        for value in sorted(value for value in values.unique() if value):
            some = measured.clips[values == value]
            lines.append([name, value, len(some), some["speaker"].nunique(), *map(number, figures_of(measured, some))])
    return lines


def groups(measured):
    head = ["group", "", "clips", "speakers", *heads_of(measured)]
    parts = [table(head, wide_lines(measured))]
    for key, clips in measured.sets():
        lines = group_lines(measured, clips)
        parts += [f"**{named(key)}**", table(head, lines)] if lines else []
    words = f"""
        AUC within each group. Level is that of the clip as recorded, by thirds of its set. Where a group holds
        fewer than {measures.LEAST} clips that are, or that are not, there is no figure. Languages and corpora hold
        different speakers in different rooms: what differs between them is not the language alone."""
    return section("For whom", words, *parts)


def speaker_line(measured, key, clips, emotion, warm):
    rows = measured.rows(clips, warm)
    found = {speaker: auc_of(some, emotion) for speaker, some in rows.groupby("speaker")}
    found = {speaker: value for speaker, value in found.items() if np.isfinite(value)}
    if not found:
        return None
    worst, values = min(found, key=found.get), np.array(list(found.values()))
    return [f"{named(key)}, {emotion}", when(warm), len(found), number(values.mean()), number(np.quantile(values, 0.1)),
            f"{number(found[worst])} ({worst})"]


def speakers(measured):
    lines = [speaker_line(measured, key, clips, emotion, warm)
             for key, clips in measured.sets() for emotion in SCORES for warm in measured.warms]
    lines = [line for line in lines if line]
    words = "AUC within each speaker's own clips: the mean over speakers, what nine in ten are over, and the worst."
    return section("The worst served", words, table(
        ["set", "", "speakers", "mean", "nine in ten over", "worst"], lines)) if lines else ""


# ---- false alarms ----


def detection_line(measured, key, clips, warm, rate, calls):
    rows = measured.rows(clips, warm)
    scores = np.where(rows["abstain"] == 1, -1.0, rows["frustration"])
    angry = (rows["class"] == "angry").to_numpy()
    hours = rows["duration_s"][~angry].sum() / 3600
    threshold = measures.threshold_of(scores[~angry], np.floor(rate * hours))
    line = [named(key), when(warm), rate, int(np.sum(scores[~angry] >= threshold)), number(threshold),
            percent(np.mean(scores[angry] >= threshold)) if angry.any() else "-"]
    if calls:
        hours = sum(h for _, h in calls)
        line.append(number(sum(measures.onsets(r, "frustration", threshold) for r, _ in calls) / hours, 1))
    return line


def detection(measured, calls, why_no_calls=""):
    lines = [detection_line(measured, key, clips, warm, rate, calls)
             for key, clips in measured.sets() for warm in measured.warms for rate in RATES
             if len(measured.rows(clips, warm))]
    words = """
        How many of the angry clips reach a threshold for frustration that is set so that clips which are not angry
        reach it no oftener than so many times an hour. An hour is 3600 s of these clips laid end to end, which is
        nearly all speech: of a call it is the caller's part alone. Where a set lasts less than an hour the alarms
        are whole numbers rounded down, and none may be allowed."""
    if calls:
        hours = sum(h for _, h in calls)
        words += f"""
        The last column: how often the score of the customer comes to reach the same threshold in {len(calls)}
            real calls ({hours:.1f} hours) that nobody labelled, an hour of call. Some of these may be right."""
    head = ["set", "", "false alarms an hour", "that is", "threshold", "angry found"]
    head += ["onsets an hour of real calls"] if calls else []
    return section("Frustration found, against false alarms", f"{words} {why_no_calls}", table(head, lines))
