#!/usr/bin/env python3
"""Fits the network of src/prosody/vad.c and writes its weights.

    make build/tools/vad_inputs && tools/train/vad.py CORPORA src/prosody/vad_weights.h
    tools/train/vad.py CORPORA --leave-out     what it says of kinds of sound it never heard, a quarter at a time

Voices: the train speakers of CREMA-D and EMO-DB, whole sentences and words, and made ones; everything else: sounds.py.
All of it at any level, on clean and noisy lines, through a telephone's band, mu-law, noise gates and lost packets. A
frame may be of more than one class where nobody could say: the end of a note, the pause between two words. CORPORA is
laid out as corpus.py says. Debian: python3-torch python3-pandas python3-soundfile python3-scipy.
"""

import multiprocessing
import os
import subprocess
import sys
import tempfile
import zlib

import numpy as np
import pandas
import soundfile
import torch

import sounds
import telephone

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAM = os.environ.get("VAD_INPUTS", os.path.join(HERE, "../../build/tools/vad_inputs"))
HOP, RATE_HZ, STRIDE = 80, 8000, 4
CLASSES = ["noise", "speech", "music", "tone"]
NOISE, SPEECH, MUSIC, TONE = (1 << i for i in range(4))
ANY = NOISE | SPEECH | MUSIC | TONE
HELD = (25, 30)  # hops before and after what stands out of the room
UNCERTAIN = {"beeps": MUSIC | TONE, "warble": MUSIC | TONE, "modem": NOISE | TONE, "hum_and_hiss": NOISE | TONE,
             "steps": MUSIC | NOISE, "bass": MUSIC | TONE}


def levels_db(x):
    """Of the 20 ms around the end of each hop."""
    padded = np.concatenate([x, np.zeros(HOP)])
    power = np.square(padded).reshape(-1, HOP).mean(1)
    return 10 * np.log10(np.maximum((power[:-1] + power[1:]) / 2, 1e-12))


def near(flags, before, after=None):
    """Hops that lie at most so many before or after a flagged one."""
    after = before if after is None else after
    return np.convolve(flags, np.ones(before + after + 1))[before : before + len(flags)] > 0


def whole(x):
    return np.asarray(x[: len(x) // HOP * HOP], dtype=np.float64)


# ---- pieces: samples at a level of about 0 dB, and what each hop may be called --------------------------------------


def made(rng, kind, class_, longest_s=8):
    n = int(rng.uniform(1.5, longest_s) * 100) * HOP
    x = kind(rng, n)
    if class_ == "music":
        x = sounds.effects(rng, x)
    x = x / (np.sqrt(np.mean(x**2)) + 1e-9)
    level = levels_db(x)
    allowed = UNCERTAIN.get(kind.__name__, 1 << CLASSES.index(class_))
    sure = level > np.max(level) - 30
    if class_ == "music":
        sure = near(sure, 30)
    return x, np.where(sure, allowed, np.where(near(sure, 20), allowed | NOISE, NOISE))


def spoken(rng, x):
    """What stands out of the room is speech; so is the room itself between words, and shortly before and after them,
    where it is heard. Where the line is all but silent, a pause is a pause."""
    x = whole(x) / (np.max(np.abs(x)) + 1e-9) * 5
    level = levels_db(x)
    loud, quiet = np.percentile(level, 95), np.percentile(level, 3)
    talk = level > max(loud - 32, min(quiet + 8, loud - 20))
    talk = near(~near(~talk, 2), 2)
    held = talk | near(talk, *HELD) & (level > loud - 32)
    doubtful = near(held, 10) | near(talk, 35) & (level > loud - 40)
    return x, np.where(held, SPEECH, np.where(doubtful, SPEECH | NOISE, NOISE))


def made_voice(rng):
    n = int(rng.uniform(1.5, 10) * 100) * HOP
    return spoken(rng, sounds.VOICES[rng.integers(len(sounds.VOICES))](rng, n))


def voice(rng, paths):
    x, rate_hz = soundfile.read(paths[rng.integers(len(paths))])
    assert rate_hz == RATE_HZ
    return spoken(rng, sounds.whispered(rng, x) if rng.random() < 0.05 else x)


def monologue(rng, paths):
    """Sentences of one speaker, hardly a pause between them."""
    first = rng.integers(len(paths) - 6)
    pieces = []
    for path in paths[first : first + rng.integers(3, 7)]:
        x, allowed = spoken(rng, soundfile.read(path)[0])
        talk = np.flatnonzero(allowed == SPEECH)
        start, end = talk[0] + HELD[0] * (rng.random() < 0.5), talk[-1] + 1 - HELD[1] * (rng.random() < 0.5)
        pieces.append((x[start * HOP : end * HOP], allowed[start:end]))
    return tuple(np.concatenate(part) for part in zip(*pieces))


def words(rng, paths):
    """A yes, a no, a number now and then, as callers of a machine speak."""
    pieces = []
    for _ in range(rng.integers(1, 5)):
        x, allowed = voice(rng, paths)
        talk = np.flatnonzero(allowed == SPEECH)
        length = int(rng.uniform(12, 100))
        start = rng.choice(talk) if rng.random() < 0.5 else talk[0] + rng.integers(0, 10)
        piece, level = x[start * HOP : (start + length) * HOP].copy(), levels_db(x)[start : start + length]
        if len(level) < 10 or np.max(level) < np.percentile(levels_db(x), 95) - 15:
            continue
        fade = np.minimum(np.arange(len(piece)), np.arange(len(piece))[::-1]) / (RATE_HZ * rng.uniform(0.002, 0.06))
        pieces += [(piece * np.minimum(fade, 1), allowed[start : start + length]), silence(rng, 3)]
    return tuple(np.concatenate(part) for part in zip(*pieces)) if pieces else silence(rng, 3)


def silence(rng, longest_s):
    n = int(rng.uniform(0, longest_s) * 100)
    return np.zeros(n * HOP), np.full(n, NOISE)


def gain(db):
    return 10 ** (db / 20)


def over(a, b, rng):
    """A voice over music."""
    n = min(len(a[0]), len(b[0]))
    under_db = rng.uniform(0, 25)
    x = a[0][:n] + gain(-under_db) * b[0][:n]
    own, other = a[1][: n // HOP], b[1][: n // HOP]
    return x, np.where(own == SPEECH, SPEECH if under_db > 8 else SPEECH | other, np.where(own == NOISE, other, ANY))


# ---- lines --------------------------------------------------------------------------------------------------------


def lose_packets(x, rng):
    x, packet, repeats = x.copy(), int(rng.choice([80, 160, 240])), rng.random() < 0.5
    for at in range(packet, len(x) - packet, packet):
        if rng.random() < 0.05:
            x[at : at + packet] = x[at - packet : at] if repeats else 0
    return x


def gate_noise(x, rng):
    """A telephone that sends nothing while it hears nothing."""
    level = levels_db(whole(x))
    open_ = near(level > np.max(level) - rng.uniform(15, 35), rng.integers(0, 4), rng.integers(2, 20))
    return x * np.repeat(open_, HOP)


def through_line(x, rng):
    snr_db = rng.uniform(8, 50)
    if rng.random() < 0.7:
        noise = sounds.any_noise(rng, len(x)) if rng.random() < 0.6 else rng.standard_normal(len(x))
        x = x + noise / (np.std(noise) + 1e-9) * gain(-snr_db)
    if rng.random() < 0.15:
        noise = sounds.hum(rng, len(x))
        x = x + noise / np.std(noise) * gain(-rng.uniform(15, 40))
    if rng.random() < 0.45:
        x = telephone.handset(x, rng)
    if rng.random() < 0.2:
        x = gate_noise(x, rng)
    x = np.clip(x * gain(rng.uniform(-48, -8)), -1, 1)
    if rng.random() < 0.12:
        x = lose_packets(x, rng)
    if rng.random() < 0.45:
        x = telephone.mu_law(x)
    elif rng.random() < 0.6:
        x = np.round(x * 32768 + rng.integers(-1, 2, len(x)) * rng.integers(2)) / 32768
    return x.astype(np.float32)


# ---- clips: what is heard on one line, one piece after the other -----------------------------------------------------


def clip(seed, sort, paths):
    """Samples, what each hop may be called, and the name of the kind it is chiefly of."""
    rng = np.random.default_rng([seed, zlib.crc32(sort.encode())])
    pieces = [silence(rng, 1.2)] if rng.random() < 0.7 else []
    if sort == "speech":
        pieces += [monologue(rng, paths) if rng.random() < 0.1 else voice(rng, paths)]
        if rng.random() < 0.3:
            pieces += [silence(rng, 3), voice(rng, paths)]
    elif sort == "speech, made":
        pieces += [made_voice(rng)]
    elif sort == "speech, words":
        pieces += [words(rng, paths)]
    elif sort == "speech over music":
        class_, kind = KINDS[rng.integers(len(KINDS))]
        pieces += [over(voice(rng, paths), made(rng, kind, class_), rng)]
    elif sort == "speech and others":
        for _ in range(3):
            class_, kind = KINDS[rng.integers(len(KINDS))]
            x, allowed = voice(rng, paths) if rng.random() < 0.5 else made(rng, kind, class_, 5)
            pieces += [(x * gain(rng.uniform(-12, 0)), allowed), silence(rng, 1)]
    else:
        class_, kind = next((c, k) for c, k in KINDS if k.__name__ == sort)
        pieces += [made(rng, kind, class_)]
        if rng.random() < 0.3:
            pieces += [silence(rng, 1), made(rng, kind, class_, 4)]
    if rng.random() < 0.5:
        pieces += [silence(rng, 1.5)]
    x, allowed = (np.concatenate(part) for part in zip(*pieces))
    x = through_line(x, rng)
    dead = np.max(np.abs(x).reshape(-1, HOP), 1) == 0
    allowed = np.where(dead, np.where(near(~dead, 10), allowed | NOISE, NOISE), allowed)
    return x, allowed.astype(np.uint8)


def inputs_of(program, clips, stride):
    """What the network sees of each, and the speech, music and tone that the program says now."""
    with tempfile.TemporaryDirectory() as scratch:
        names = [os.path.join(scratch, f"{i}.raw") for i in range(len(clips))]
        for name, x in zip(names, clips):
            x.tofile(name)
        out = subprocess.run([program, str(stride), *names], stdout=subprocess.PIPE, check=True).stdout
    tables, at = [], 0
    n_all = sum((len(x) // HOP + stride - 1) // stride for x in clips)
    width = (len(out) - 4 * len(clips)) // n_all // 4
    for x in clips:
        n = int(np.frombuffer(out, np.int32, 1, at)[0])
        tables.append(np.frombuffer(out, np.float32, n * width, at + 4).reshape(n, width))
        at += 4 + 4 * n * width
    return tables


def batch(job):
    seeds, sort, paths = job
    clips = [clip(seed, sort, paths) for seed in seeds]
    tables = inputs_of(PROGRAM, [x for x, _ in clips], STRIDE)
    allowed = np.concatenate([a[::STRIDE] for _, a in clips])
    return np.concatenate(tables)[:, :-3].astype(np.float16), allowed


KINDS = [(class_, kind) for class_, kinds in sounds.KINDS.items() for kind in kinds]
COUNTS = {"speech": 2400, "speech, words": 900, "speech, made": 500, "speech over music": 300, "speech and others": 500}
COUNTS.update({kind.__name__: {"music": 130, "tone": 60, "noise": 90}[class_] for class_, kind in KINDS})
COUNTS["gliding"] = 320  # nearest to a voice
TOGETHER = 40


def gather(folder):
    """sort of clip -> what the network sees, what each row may be called."""
    clips = pandas.read_csv(os.path.join(folder, "manifest.csv"))
    clips = clips[(clips["split"] == "train") & clips["corpus"].isin(["crema-d", "emodb"])]
    paths = [os.path.join(folder, path) for path in clips["path"]]
    jobs = [(range(start, min(start + TOGETHER, count)), sort, paths)
            for sort, count in COUNTS.items() for start in range(0, count, TOGETHER)]
    parts = {}
    with multiprocessing.Pool() as pool:
        for job, part in zip(jobs, pool.imap(batch, jobs)):
            parts.setdefault(job[1], []).append(part)
    return {sort: tuple(np.concatenate(part) for part in zip(*some)) for sort, some in parts.items()}


# ---- the network ----------------------------------------------------------------------------------------------------


WIDEST, NARROW = 32, 16


class Network(torch.nn.Module):
    def __init__(self, x):
        super().__init__()
        self.mean, self.scale = x.mean(0), 1 / (x.std(0) + 1e-3)
        self.first, self.middle = torch.nn.Linear(x.shape[1], WIDEST), torch.nn.Linear(WIDEST, NARROW)
        self.last = torch.nn.Linear(NARROW, len(CLASSES))

    def standard(self, x):
        return torch.clamp((x - self.mean) * self.scale, -5, 5)

    def forward(self, x):
        return self.last(torch.relu(self.middle(torch.relu(self.first(x)))))


FALSE_SPEECH, BATCH = 1.5, 4096  # what it costs more to call speech where there is none on the line


def fit(x, allowed, alone, epochs=12, seed=1):
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    keep = allowed != ANY
    x, allowed, alone = torch.tensor(x[keep].astype(np.float32)), allowed[keep], alone[keep]
    net = Network(x[::7])
    x = net.standard(x)
    permitted = torch.tensor((allowed[:, None] >> np.arange(len(CLASSES))) & 1, dtype=torch.bool)
    weight = torch.where(torch.tensor(alone), FALSE_SPEECH, 1.0)
    bars = torch.where(permitted, 0.0, -30.0)
    steps = len(x) // BATCH
    unrest = 0.1 * torch.randn(4 * BATCH, x.shape[1])
    optimiser = torch.optim.AdamW(net.parameters(), 1e-2, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 1e-2, total_steps=steps * epochs)
    for epoch in range(epochs):
        order = torch.randperm(len(x))
        for i in range(steps):
            rows = order[i * BATCH : (i + 1) * BATCH]
            at = int(torch.randint(3 * BATCH, (1,)))
            logits = net(x[rows] + unrest[at : at + BATCH])
            loss = torch.logsumexp(logits, 1) - torch.logsumexp(logits + bars[rows], 1)
            loss = (loss * weight[rows]).mean()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    return net


def probabilities(net, x):
    with torch.no_grad():
        return torch.softmax(net(net.standard(torch.tensor(x.astype(np.float32)))), 1).numpy()


def stack(data, names):
    """Inputs, what they may be called, and whether nobody speaks in the whole clip."""
    parts = [(*data[name], np.full(len(data[name][1]), not name.startswith("speech"))) for name in names]
    return tuple(np.concatenate(part) for part in zip(*parts))


def report(net, data, names):
    for name in names:
        x, allowed = data[name]
        p = probabilities(net, x)
        speech, never = allowed == SPEECH, (allowed & SPEECH) == 0
        line = f"  {name:20}"
        if never.any():
            line += f" false speech {100 * np.mean(p[never, 1] > 0.5):6.2f} %"
            right = (allowed[never] >> np.argmax(p[never], 1)) & 1
            line += f"  right class {100 * np.mean(right):5.1f} %"
        if speech.any():
            line += f" hits {100 * np.mean(p[speech, 1] > 0.5):6.2f} %"
        print(line)


def leave_out(data, parts=4):
    names = [kind.__name__ for _, kind in KINDS]
    for part in range(parts):
        left = names[part::parts]
        known = [n for n in data if n not in left and n not in ("speech and others", "speech over music")]
        net = fit(*stack(data, known), epochs=5)
        report(net, data, left)


# ---- the table ------------------------------------------------------------------------------------------------------


def table(name, shape, values):
    values = np.asarray(values, dtype=np.float32).reshape(-1)
    lines, line = [], "   "
    for value in values:
        text = f" {value:.6g}" + ("" if "." in f"{value:.6g}" or "e" in f"{value:.6g}" else ".0") + "f,"
        if len(line) + len(text) > 120:
            lines.append(line)
            line = "   "
        line += text
    return "\n".join([f"static const float {name}{shape} = {{", *lines, line, "};", ""])


def write(net, path):
    state = {name: value.detach().numpy() for name, value in net.state_dict().items()}
    with open(path, "w") as file:
        file.write("/* vad_weights.h - made by tools/train/vad.py; not for editing. */\n"
                   "#ifndef PROSODY_VAD_WEIGHTS_H\n#define PROSODY_VAD_WEIGHTS_H\n\n#include \"prosody/vad.h\"\n\n"
                   "/* clang-format off */\n"
                   f"enum {{ UT_VAD_NOISE, UT_VAD_SPEECH, UT_VAD_MUSIC, UT_VAD_TONE, UT_VAD_CLASSES }};\n"
                   f"enum {{ UT_VAD_WIDEST = {len(net.first.bias)}, UT_VAD_NARROW = {len(net.middle.bias)} }};\n\n")
        file.write(table("ut_vad_mean", "[UT_VAD_INPUTS]", net.mean))
        file.write(table("ut_vad_scale", "[UT_VAD_INPUTS]", net.scale))
        sizes = [("first", "UT_VAD_INPUTS", "UT_VAD_WIDEST"), ("middle", "UT_VAD_WIDEST", "UT_VAD_NARROW"),
                 ("last", "UT_VAD_NARROW", "UT_VAD_CLASSES")]
        for name, n_in, n_out in sizes:
            file.write(table(f"ut_vad_{name}", f"[{n_in} * {n_out}]", state[f"{name}.weight"].T))
            file.write(table(f"ut_vad_{name}_offsets", f"[{n_out}]", state[f"{name}.bias"]))
        file.write("/* clang-format on */\n\n#endif\n")


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    data = gather(sys.argv[1])
    if sys.argv[2] == "--leave-out":
        leave_out(data)
        return
    net = fit(*stack(data, data))
    report(net, data, data)
    write(net, sys.argv[2])


if __name__ == "__main__":
    main()
