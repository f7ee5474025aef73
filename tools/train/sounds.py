"""What a telephone line carries besides voices: music, tones and noises, made by chance.

Each maker takes a generator of chance and a number of samples and returns that many at 8 kHz, at any level. KINDS
lists them by class; tests/unit/made_sound.h makes sounds of its own, so that what is tested was not learned.
"""

import numpy as np
from scipy.signal import butter, lfilter, sosfilt

RATE_HZ = 8000


def seconds(n):
    return np.arange(n) / RATE_HZ


def hz_of(midi):
    return 440 * 2 ** ((np.asarray(midi, dtype=float) - 69) / 12)


# ---- notes -------------------------------------------------------------------------------------------------------


def envelope(n, rng, attack_s, decay_s, sustain, release_s):
    t, end_s = seconds(n), n / RATE_HZ
    body = sustain + (1 - sustain) * np.exp(-t / max(decay_s, 1e-3))
    return np.minimum(t / max(attack_s, 1e-3), 1) * body * np.clip((end_s - t) / max(release_s, 2e-3), 0, 1)


def partials(phase, hz, amplitudes, ratios=None):
    """A sum of partials, those over 3900 Hz left out; hz is the highest the fundamental reaches."""
    x = np.zeros(len(phase))
    for k, amplitude in enumerate(amplitudes, 1):
        ratio = ratios[k - 1] if ratios is not None else k
        if hz * ratio < 3900 and amplitude > 1e-4:
            x += amplitude * np.sin(ratio * phase + 0.7 * k * k)
    return x


def timbre(rng):
    """Amplitudes of harmonics: how a sort of instrument sounds."""
    k = np.arange(1, 25)
    sort = rng.integers(7)
    if sort == 0:
        return np.eye(24)[0]
    if sort == 1:
        return 1.0 / k
    if sort == 2:
        return (k % 2) / k
    if sort == 3:
        return (k % 2) / k**2.0
    if sort == 4:
        drawbars = np.zeros(24)
        drawbars[[0, 1, 2, 3, 5, 7]] = rng.uniform(0, 1, 6)
        return drawbars + 0.01
    if sort == 5:
        return np.exp(-k / rng.uniform(1, 6))
    return np.exp(-((k - rng.uniform(1, 6)) ** 2) / rng.uniform(2, 20)) + 0.3 / k


def synth(rng, lasting):
    """A player of notes: (midi, samples) -> samples, all notes alike."""
    amplitudes = timbre(rng)
    attack_s = rng.choice([0.002, 0.01, 0.03, 0.1, 0.25] if lasting else [0.002, 0.005, 0.01, 0.02])
    decay_s = rng.uniform(0.3, 3) if lasting else rng.uniform(0.05, 0.8)
    sustain = rng.uniform(0.4, 1) if lasting else rng.choice([0, 0, 0.2])
    release_s = rng.uniform(0.01, 0.15)
    vibrato = rng.choice([0, 0, rng.uniform(0.001, 0.02)])
    vibrato_hz, tremolo = rng.uniform(4, 7.5), rng.choice([0, 0, rng.uniform(0.05, 0.5)])
    detune = rng.choice([0, 0, rng.uniform(0.0005, 0.008)])
    bend = rng.choice([0, 0, 0, rng.uniform(-0.06, 0.06)])
    darkens = rng.choice([0, rng.uniform(1, 12)])

    def play(midi, n):
        t, hz = seconds(n), float(hz_of(midi))
        sway = 1 + vibrato * np.sin(2 * np.pi * vibrato_hz * t) * np.minimum(t / 0.2, 1) + bend * np.exp(-t / 0.04)
        phase = 2 * np.pi * np.cumsum(hz * sway) / RATE_HZ
        x = partials(phase, hz * 1.05, amplitudes)
        if detune:
            x = x + partials(phase * (1 + detune), hz * 1.05, amplitudes)
        if darkens:
            x = x * 0.3 + partials(phase, hz * 1.05, amplitudes[:3]) * (1 - np.exp(-t * darkens))
        x = x * (1 + tremolo * np.sin(2 * np.pi * vibrato_hz * 0.8 * t))
        return x * envelope(n, rng, attack_s, decay_s, sustain, release_s)

    return play


def plucked(rng):
    """Karplus-Strong."""
    bright, loss = rng.uniform(0.3, 0.5), rng.uniform(0.985, 0.9995)

    def play(midi, n):
        period = RATE_HZ / float(hz_of(midi))
        whole = max(int(period - 0.5), 2)
        excitation = np.zeros(n)
        excitation[: min(whole, n)] = rng.uniform(-1, 1, min(whole, n))
        fraction = np.clip(period - 0.5 - whole, 0, 1)
        a = np.zeros(whole + 3)
        a[0] = 1
        taps = np.convolve([1 - bright, bright], [1 - fraction, fraction]) * loss
        a[whole : whole + 3] = -taps
        return lfilter([1], a, excitation)

    return play


def fm(rng):
    ratio = rng.choice([1, 1.4, 2, 2.76, 3, 3.5, 5.4, 7])
    index, decay_s = rng.uniform(0.5, 6), rng.uniform(0.1, 2)

    def play(midi, n):
        t, hz = seconds(n), float(hz_of(midi))
        depth = index * np.exp(-t / decay_s)
        x = np.sin(2 * np.pi * hz * t + depth * np.sin(2 * np.pi * hz * ratio * t))
        return x * envelope(n, rng, 0.003, decay_s, 0, 0.02)

    return play


def struck(rng):
    """A bar or a string: partials out of tune, the high ones dying first."""
    bars = rng.integers(2)
    stiff, decay_s = rng.uniform(0, 0.001), rng.uniform(0.15, 2)
    k = np.arange(1, 13)
    ratios = np.array([1, 2.76, 5.4, 8.9]) if bars else k * np.sqrt(1 + stiff * k * k)
    strengths = rng.uniform(0.2, 1, len(ratios)) / np.arange(1, len(ratios) + 1) ** rng.uniform(0.3, 1.5)

    def play(midi, n):
        t, hz = seconds(n), float(hz_of(midi))
        x = np.zeros(n)
        for ratio, strength in zip(ratios, strengths):
            if hz * ratio < 3900:
                x += strength * np.exp(-t * ratio**0.7 / decay_s) * np.sin(2 * np.pi * hz * ratio * t)
        return x * np.minimum(t / 0.003, 1)

    return play


def wind(rng):
    """A flute of sorts: few harmonics, breath, vibrato that comes in late, a scoop into the note."""
    breath, depth, rate_hz = rng.uniform(0.01, 0.2), rng.uniform(0.002, 0.02), rng.uniform(4, 6.5)
    amplitudes = np.exp(-np.arange(12) / rng.uniform(0.5, 3))

    def play(midi, n):
        t, hz = seconds(n), float(hz_of(midi))
        sway = 1 + depth * np.clip(t - 0.15, 0, 0.3) / 0.3 * np.sin(2 * np.pi * rate_hz * t) - 0.03 * np.exp(-t / 0.03)
        x = partials(2 * np.pi * np.cumsum(hz * sway) / RATE_HZ, hz, amplitudes)
        return (x + breath * rng.standard_normal(n)) * envelope(n, rng, 0.05, 1, 0.8, 0.08)

    return play


# ---- music -------------------------------------------------------------------------------------------------------

SCALES = [[0, 2, 4, 5, 7, 9, 11], [0, 2, 3, 5, 7, 8, 10], [0, 2, 4, 7, 9], [0, 3, 5, 7, 10], list(range(12))]
CHORDS = [[0, 4, 7], [0, 3, 7], [0, 4, 7, 11], [0, 3, 7, 10], [0, 5, 7], [0, 7, 12, 16], [0, 4, 7, 10, 14]]


def mix(n, events, play):
    """events: (start, samples, midi, gain)."""
    x = np.zeros(n)
    for start, length, midi, gain in events:
        length = min(length, n - start)
        if length > 40:
            x[start : start + length] += gain * play(midi, length)
    return x


def melody_events(rng, n, low, high, beat_s):
    scale, root = SCALES[rng.integers(len(SCALES))], rng.integers(12)
    notes = [m for m in range(low, high) if (m - root) % 12 in scale]
    at, place, events = 0, rng.integers(len(notes)), []
    legato, rests = rng.choice([0.5, 0.9, 1.0, 1.3]), rng.uniform(0, 0.25)
    while at < n:
        length = int(beat_s * rng.choice([0.5, 0.5, 1, 1, 1, 2, 3]) * RATE_HZ)
        if rng.random() > rests:
            events.append((at, int(length * legato), notes[place], rng.uniform(0.6, 1)))
        place = int(np.clip(place + rng.integers(-3, 4), 0, len(notes) - 1))
        at += length
    return events


def chord_events(rng, n, low, high, bar_s, roll):
    at, events = 0, []
    root = rng.integers(low, high)
    while at < n:
        length = int(bar_s * rng.choice([1, 1, 2]) * RATE_HZ)
        for i, step in enumerate(CHORDS[rng.integers(len(CHORDS))]):
            start = at + int(roll * i * RATE_HZ)
            events.append((min(start, n - 1), int(length * 1.05), root + step, 0.5))
        root = int(np.clip(root + rng.choice([-5, -2, 0, 2, 3, 5]), low, high))
        at += length
    return events


def arpeggio_events(rng, n, low, high, note_s, ring):
    at, events, i = 0, [], 0
    root, chord = rng.integers(low, high), CHORDS[rng.integers(len(CHORDS))]
    pattern = rng.permutation(2 * len(chord)) if rng.random() < 0.3 else np.arange(2 * len(chord))
    length = int(note_s * RATE_HZ)
    while at < n:
        step = pattern[i % len(pattern)]
        events.append((at, int(length * ring), root + chord[step % len(chord)] + 12 * (step // len(chord)), 0.8))
        i += 1
        if i % (2 * len(pattern)) == 0:
            root = int(np.clip(root + rng.choice([-5, -2, 2, 3, 5]), low, high))
            chord = CHORDS[rng.integers(len(CHORDS))]
        at += length
    return events


def drums(rng, n):
    x, beat = np.zeros(n), int(rng.uniform(0.1, 0.3) * RATE_HZ)
    kick_hz, snare_s, hat_s = rng.uniform(45, 90), rng.uniform(0.03, 0.15), rng.uniform(0.01, 0.08)
    pattern = rng.integers(0, 4, 8)
    for i, at in enumerate(range(0, n, beat)):
        length = min(int(0.3 * RATE_HZ), n - at)
        t = seconds(length)
        if pattern[i % 8] == 1:
            x[at : at + length] += np.sin(2 * np.pi * (kick_hz * t - 6 * np.exp(-t / 0.03))) * np.exp(-t / 0.1)
        if pattern[i % 8] == 2:
            noise = rng.standard_normal(length) * np.exp(-t / snare_s)
            x[at : at + length] += 0.6 * noise + 0.4 * np.sin(2 * np.pi * 190 * t) * np.exp(-t / 0.06)
        hat = np.diff(rng.standard_normal(length), prepend=0) * np.exp(-t / hat_s)
        x[at : at + length] += rng.uniform(0.1, 0.4) * hat * (pattern[i % 8] != 3 or i % 2)
    return x


def chords(rng, n):
    return mix(n, chord_events(rng, n, 45, 65, rng.uniform(0.4, 2), 0), synth(rng, True))


def strummed(rng, n):
    return mix(n, chord_events(rng, n, 42, 60, rng.uniform(0.3, 1.2), rng.uniform(0.005, 0.05)), plucked(rng))


def arpeggio(rng, n):
    return mix(n, arpeggio_events(rng, n, 45, 72, rng.uniform(0.08, 0.35), rng.uniform(0.6, 3)), synth(rng, False))


def picked(rng, n):
    return mix(n, arpeggio_events(rng, n, 40, 64, rng.uniform(0.1, 0.4), rng.uniform(1, 5)), plucked(rng))


def bells(rng, n):
    events = melody_events(rng, n, 55, 90, rng.uniform(0.15, 0.6))
    return mix(n, [(a, 3 * b, c, d) for a, b, c, d in events], fm(rng))


def mallets(rng, n):
    events = melody_events(rng, n, 48, 88, rng.uniform(0.12, 0.5))
    return mix(n, [(a, 3 * b, c, d) for a, b, c, d in events], struck(rng))


def piano(rng, n):
    play, beat_s = struck(rng), rng.uniform(0.2, 0.6)
    events = [(a, 2 * b, c, d) for a, b, c, d in melody_events(rng, n, 60, 84, beat_s)]
    return mix(n, events + chord_events(rng, n, 40, 55, 4 * beat_s, rng.choice([0, beat_s])), play)


def melody(rng, n):
    return mix(n, melody_events(rng, n, 50, 86, rng.uniform(0.15, 0.6)), synth(rng, True))


def melody_with_bass(rng, n):
    beat_s = rng.uniform(0.2, 0.6)
    lead = mix(n, melody_events(rng, n, 60, 84, beat_s), synth(rng, rng.random() < 0.5))
    return lead + rng.uniform(0.4, 1.5) * mix(n, melody_events(rng, n, 33, 52, 2 * beat_s), synth(rng, True))


def bass(rng, n):
    return mix(n, melody_events(rng, n, 30, 52, rng.uniform(0.15, 0.4)), synth(rng, rng.random() < 0.5))


def flute(rng, n):
    return mix(n, melody_events(rng, n, 58, 92, rng.uniform(0.15, 0.7)), wind(rng))


def pad(rng, n):
    x = mix(n, chord_events(rng, n, 45, 62, rng.uniform(1, 4), 0), synth(rng, True))
    x = x + rng.uniform(0, 0.8) * mix(n, chord_events(rng, n, 57, 74, rng.uniform(1, 4), 0), synth(rng, True))
    sweep_hz = rng.uniform(0.05, 0.5)
    return x * (1 + rng.choice([0, 0.6]) * np.sin(2 * np.pi * sweep_hz * seconds(n)))


def jingle(rng, n):
    """Glides, sweeps and short notes."""
    x, at = np.zeros(n), 0
    amplitudes = timbre(rng)
    while at < n:
        length = min(int(rng.uniform(0.08, 1.2) * RATE_HZ), n - at)
        low, high = np.sort(hz_of(rng.uniform(50, 92, 2)))
        way = np.linspace(0, 1, length) ** rng.choice([0.5, 1, 2])
        hz = low * (high / low) ** (way if rng.random() < 0.5 else 1 - way)
        if rng.random() < 0.4:
            hz = np.full(length, high)
        note = partials(2 * np.pi * np.cumsum(hz) / RATE_HZ, high, amplitudes)
        x[at : at + length] = note * envelope(length, rng, 0.005, 0.5, rng.uniform(0, 1), 0.02)
        at += length + int(rng.choice([0, rng.uniform(0, 0.3)]) * RATE_HZ)
    return x


def band(rng, n):
    beat_s = rng.uniform(0.2, 0.5)
    x = rng.uniform(0.2, 1.2) * drums(rng, n) + mix(n, melody_events(rng, n, 33, 50, beat_s), synth(rng, False))
    x = x + rng.uniform(0.2, 1) * mix(n, chord_events(rng, n, 48, 62, 4 * beat_s, 0), synth(rng, True))
    lead = [synth(rng, True), plucked(rng), wind(rng), fm(rng), struck(rng)][rng.integers(5)]
    return x + rng.uniform(0, 1.5) * mix(n, melody_events(rng, n, 58, 84, beat_s), lead)


def chiptune(rng, n):
    note_s = rng.uniform(0.03, 0.15)
    lead, duty = arpeggio_events(rng, n, 50, 74, note_s, 1), rng.uniform(0.1, 0.5)
    x = mix(n, lead, lambda midi, m: np.where((hz_of(midi) * seconds(m)) % 1 < duty, 1.0, -1.0))
    x = x + 0.7 * mix(n, melody_events(rng, n, 36, 52, 0.25), synth(rng, True))
    return x + rng.choice([0, 0.4]) * drums(rng, n)


def dance(rng, n):
    """Drums in a quick beat, and a bass line whose filter opens and closes."""
    note_s = rng.uniform(0.1, 0.16)
    line = sweep(rng, mix(n, melody_events(rng, n, 30, 55, note_s), synth(rng, rng.random() < 0.5)))
    t, beat_s = seconds(n) % (4 * note_s), 4 * note_s
    kick = np.sin(2 * np.pi * (rng.uniform(40, 70) * t - 1.5 * np.exp(-t / 0.03))) * np.exp(-t / rng.uniform(0.06, 0.2))
    hat = rng.standard_normal(n) * np.exp(-((seconds(n) + beat_s / 2) % beat_s) / rng.uniform(0.02, 0.06))
    return line / (np.std(line) + 1e-9) * rng.uniform(0.1, 0.8) + kick + rng.uniform(0.05, 0.4) * hat


def gliding(rng, n):
    """One instrument that slides from note to note, with vibrato and breath: nearest to a voice."""
    length, scale = int(rng.uniform(0.15, 0.7) * RATE_HZ), SCALES[rng.integers(len(SCALES))]
    low = rng.integers(43, 76)
    notes = low + rng.choice(scale, n // length + 2)
    a = np.exp(-1 / (rng.uniform(0.002, 0.05) * RATE_HZ))
    hz = hz_of(np.repeat(notes, length)[:n])
    hz, _ = lfilter([1 - a], [1, -a], hz, zi=[a * hz[0]])
    hz = hz * (1 + rng.choice([0, rng.uniform(0.002, 0.015)]) * np.sin(2 * np.pi * rng.uniform(4.5, 7) * seconds(n)))
    x = partials(2 * np.pi * np.cumsum(hz) / RATE_HZ, np.max(hz), timbre(rng))
    x = x + rng.choice([0, 0.1, 0.6]) * rng.uniform() * rng.standard_normal(n)
    blown = np.repeat(rng.random(n // length + 2) > rng.uniform(0, 0.3), length)[:n]
    swell = np.sin(np.pi * (np.arange(n) % length) / length) ** rng.choice([0, 0, 0.5, 1])
    return x * swell * lfilter([0.005], [1, -0.995], blown * 1.0)


def resonate(x, hz, width):
    radius, angle = np.exp(-np.pi * width / RATE_HZ), 2 * np.pi * hz / RATE_HZ
    return lfilter([1 - radius], [1, -2 * radius * np.cos(angle), radius**2], x)


def body(rng, x):
    """Resonances that stay, as a box, a horn or a choir has them."""
    resonances = [resonate(x, rng.uniform(250, 3000), rng.uniform(60, 400)) for _ in range(rng.integers(1, 4))]
    return rng.choice([0, 0.2]) * x + sum(resonances)


def sweep(rng, x):
    """A filter that opens and closes: wah, a synthesizer's knob."""
    rate_hz = rng.choice([rng.uniform(0.1, 1), rng.uniform(1, 8)])
    low, high, hop = rng.uniform(200, 600), rng.uniform(800, 3000), 200
    through, narrow, y, state = rng.random() < 0.5, rng.uniform(1.15, 1.6), np.zeros(len(x)), None
    for at in range(0, len(x), hop):
        hz = low + (high - low) * (0.5 + 0.5 * np.sin(2 * np.pi * rate_hz * at / RATE_HZ))
        kind, edges = ("lowpass", hz) if through else ("bandpass", [hz / narrow, min(hz * narrow, 3900)])
        filter_ = butter(2, edges, kind, fs=RATE_HZ, output="sos")
        state = np.zeros((len(filter_), 2)) if state is None else state
        y[at : at + hop], state = sosfilt(filter_, x[at : at + hop], zi=state)
    return y


def gate(rng, x):
    """Chopped or pumped in time."""
    t, beat_s = seconds(len(x)), rng.uniform(0.1, 0.6)
    ramp = (t % beat_s) / beat_s
    shapes = [ramp, 1 - ramp, (ramp < rng.uniform(0.3, 0.8)) * 1.0, 0.6 + 0.4 * np.sin(2 * np.pi * ramp)]
    return x * shapes[rng.integers(4)]


def room(rng, x):
    tail = rng.standard_normal(int(rng.uniform(0.05, 0.6) * RATE_HZ))
    tail *= np.exp(-np.arange(len(tail)) * 4 / len(tail)) * rng.uniform(0.02, 0.1)
    tail[0] = 1
    return np.fft.irfft(np.fft.rfft(x, 2 * len(x)) * np.fft.rfft(tail, 2 * len(x)), 2 * len(x))[: len(x)]


def overdrive(rng, x):
    return np.tanh(x / (np.std(x) + 1e-9) * rng.uniform(0.5, 5))


def effects(rng, x):
    for effect in (overdrive, body, sweep, gate, room):
        if rng.random() < 0.28:
            x = effect(rng, x)
    return x


# ---- tones -------------------------------------------------------------------------------------------------------


def cadence(rng, n, parts):
    """parts: (frequencies, seconds) over and over, from a part picked by chance."""
    x, at, i = np.zeros(n), 0, rng.integers(len(parts)) if rng.random() < 0.4 else 0
    t = seconds(n)
    while at < n:
        hz, lasts_s = parts[i % len(parts)]
        length = min(int(lasts_s * RATE_HZ), n - at)
        for f in hz:
            x[at : at + length] += np.sin(2 * np.pi * f * t[at : at + length])
        at, i = at + length, i + 1
    return x


RINGS = [
    [((440, 480), 2), ((), 4)],
    [((400, 450), 0.4), ((), 0.2), ((400, 450), 0.4), ((), 2)],
    [((425,), 1), ((), 4)],
    [((425,), 1), ((), 3)],
    [((400, 425), 1), ((), 2)],
    [((400 - 20, 400, 400 + 20), 1), ((), 2)],
    [((450,), 1), ((), 4)],
]
BUSY = [
    [((480, 620), 0.5), ((), 0.5)],
    [((480, 620), 0.25), ((), 0.25)],
    [((425,), 0.48), ((), 0.48)],
    [((425,), 0.24), ((), 0.24)],
    [((400,), 0.375), ((), 0.375)],
    [((425,), 0.2), ((), 0.2), ((425,), 0.2), ((), 0.6)],
    [((1400, 2060, 2450, 2600), 0.1), ((), 0.1)],
]
DIAL = [
    [((350, 440), 9)],
    [((425,), 9)],
    [((350, 450), 9)],
    [((400,), 9)],
    [((425,), 0.2), ((), 0.3), ((425,), 0.7), ((), 0.8)],
]
FSK = [(1650, 200, 300), (980, 200, 300), (1200, 1000, 1200), (1070, 200, 300), (1270, 800, 50)]  # Hz, shift, bits/s


def varied(rng, parts):
    """The same a little off, as other countries have it."""
    pitch, pace = rng.uniform(0.9, 1.12), rng.uniform(0.8, 1.25)
    return [(tuple(f * pitch for f in hz), lasts_s * pace) for hz, lasts_s in parts]


def ringback(rng, n):
    return cadence(rng, n, varied(rng, RINGS[rng.integers(len(RINGS))]))


def busy(rng, n):
    return cadence(rng, n, varied(rng, BUSY[rng.integers(len(BUSY))]))


def dial(rng, n):
    return cadence(rng, n, varied(rng, DIAL[rng.integers(len(DIAL))]))


def information(rng, n):
    high = rng.choice([0, 1, 1], 3)
    hz = np.where(high, [985.2, 1428.5, 1776.7], [913.8, 1370.6, 1776.7])
    lasts_s = rng.choice([0.274, 0.38, 0.33], 3)
    return cadence(rng, n, [((f,), s) for f, s in zip(hz, lasts_s)] + [((), rng.choice([0.0, 1.0, 2.0]))])


def dtmf(rng, n):
    parts = []
    on_s, off_s, twist = rng.uniform(0.05, 0.3), rng.uniform(0.04, 0.5), rng.uniform(0.6, 1)
    for _ in range(60):
        low, high = rng.choice([697, 770, 852, 941]), rng.choice([1209, 1336, 1477, 1633])
        parts += [((low, high), on_s), ((), off_s * rng.choice([1, 1, 1, 3]))]
    x = cadence(rng, n, parts)
    return x if rng.random() < 0.5 else lfilter([1, -twist * 0.9], [1], x)


def beeps(rng, n):
    hz = rng.uniform(300, 3200, rng.integers(1, 4))
    return cadence(rng, n, [((f,), rng.uniform(0.05, 0.8)) for f in hz] + [((), rng.uniform(0.05, 3))])


def fax(rng, n):
    sort = rng.integers(4)
    if sort == 0:
        return cadence(rng, n, [((1100,), 0.5), ((), 3)])
    if sort == 1:
        return cadence(rng, n, [((2100,), 3.3), ((), 0.1)])
    low, shift, rate = FSK[rng.integers(len(FSK))]
    bits = rng.integers(0, 2, n * rate // RATE_HZ + 1)
    if sort == 2:
        bits[: rng.integers(len(bits))] = 1
    hz = low + shift * bits[(seconds(n) * rate).astype(int)]
    return np.sin(2 * np.pi * np.cumsum(hz) / RATE_HZ)


def modem(rng, n):
    """Quadrature amplitude at a carrier: a hiss with edges."""
    rate, carrier = rng.choice([600, 1200, 2400]), rng.choice([1200, 1700, 1800, 2400])
    symbols = rng.choice([-3, -1, 1, 3], (n * rate // RATE_HZ + 1, 2))
    at = (seconds(n) * rate).astype(int)
    smooth = butter(3, rate * 0.6, fs=RATE_HZ, output="sos")
    i, q = sosfilt(smooth, symbols[at, 0].astype(float)), sosfilt(smooth, symbols[at, 1].astype(float))
    t = 2 * np.pi * carrier * seconds(n)
    return i * np.cos(t) - q * np.sin(t)


def warble(rng, n):
    low, high = np.sort(rng.uniform(350, 2800, 2))
    t, rate_hz = seconds(n), rng.uniform(0.3, 20)
    shape = rng.integers(3)
    sine = np.sin(2 * np.pi * rate_hz * t)
    way = [(t * rate_hz) % 1, (sine > 0) * 1.0, 0.5 + 0.5 * sine][shape]
    return np.sin(2 * np.pi * np.cumsum(low + (high - low) * way) / RATE_HZ)


def hum(rng, n):
    hz, k = rng.choice([50, 60]) * rng.uniform(0.998, 1.002), np.arange(1, 40)
    amplitudes = rng.uniform(0.1, 1, 39) / k ** rng.uniform(0.3, 2) * np.where(rng.random(39) < 0.7, 1, 0.1)
    return partials(2 * np.pi * hz * seconds(n), hz, amplitudes)


# ---- noises ------------------------------------------------------------------------------------------------------


def coloured(rng, n):
    """Falls or rises by so many dB an octave, all along or from somewhere on."""
    spectrum = np.fft.rfft(rng.standard_normal(n))
    f = np.maximum(np.fft.rfftfreq(n, 1 / RATE_HZ), rng.choice([20, 20, rng.uniform(50, 1500)]))
    return np.fft.irfft(spectrum * f ** rng.choice([0, 0, -0.5, -0.5, -1, -1, -2, 0.5, 1]), n)


def banded(rng, n):
    low, high = np.sort(rng.uniform(80, 3800, 2))
    edges = [low, max(high, low + 150)]
    return sosfilt(butter(rng.integers(1, 5), edges, "bandpass", fs=RATE_HZ, output="sos"), rng.standard_normal(n))


def shaped(rng, n):
    """Resonances, as comfort noise takes them over from a room or a voice."""
    x = rng.standard_normal(n)
    for _ in range(rng.integers(1, 5)):
        angle, radius = 2 * np.pi * rng.uniform(150, 3500) / RATE_HZ, 1 - np.pi * rng.uniform(60, 800) / RATE_HZ
        x = x * rng.choice([0, 0.3]) + lfilter([1 - radius], [1, -2 * radius * np.cos(angle), radius**2], x)
    return x


def wander(rng, n, rate_hz, depth_db):
    """A gain that goes up and down by chance."""
    points = rng.uniform(-depth_db, 0, int(n / RATE_HZ * rate_hz) + 3)
    return 10 ** (np.interp(seconds(n) * rate_hz, np.arange(len(points)), points) / 20)


def any_noise(rng, n):
    return [coloured, banded, shaped][rng.integers(3)](rng, n)


def wandering(rng, n):
    return any_noise(rng, n) * wander(rng, n, rng.uniform(0.2, 4), rng.uniform(3, 20))


def comfort(rng, n):
    """Steps on and off, each time a little other."""
    x, at = np.zeros(n), 0
    step_s, same = rng.uniform(0.05, 1.5), any_noise(rng, n)
    while at < n:
        length = min(int(step_s * rng.uniform(0.2, 2) * RATE_HZ), n - at)
        kind = rng.random()
        if kind > 0.3:
            piece = same[at : at + length] if kind < 0.8 else any_noise(rng, length + 400)[400:]
            x[at : at + length] = piece / (np.std(piece) + 1e-9) * 10 ** (rng.uniform(-12, 0) / 20)
        at += length
    return x


def shaped_anew(rng, n):
    """Comfort noise whose spectrum is sent anew every now and then."""
    hop = int(rng.choice([160, 160, 800, 1600]))
    x = np.zeros(n + hop)
    order = 10
    a, gain = np.zeros(order + 1), 1.0
    a[0], state = 1, np.zeros(order)
    weight = rng.uniform(0.02, 0.6)
    k = rng.uniform(-0.7, 0.7, order)
    for at in range(0, n, hop):
        k = (1 - weight) * k + weight * rng.uniform(-0.9, 0.9, order) * 0.9 ** np.arange(order)
        a = np.array([1.0])
        for reflection in k:
            a = np.append(a, 0) + reflection * np.append(0, a[::-1])
        gain = np.sqrt(np.prod(1 - k**2))
        x[at : at + hop], state = lfilter([gain], a, rng.standard_normal(hop), zi=state)
    return x[:n]


def clicks(rng, n):
    x, times = 1e-3 * rng.standard_normal(n), rng.integers(0, n, rng.integers(1, 40))
    for at in times:
        length = min(int(rng.uniform(1, 200)), n - at)
        fade = np.exp(-np.arange(length) / rng.uniform(1, 40))
        x[at : at + length] += rng.uniform(0.1, 1) * rng.standard_normal(length) * fade
    return x


def steps(rng, n):
    """Knocks, keys, paper: bursts of shaped noise, now and then."""
    x, at = np.zeros(n), 0
    resonant, tail_s = shaped(rng, n), rng.uniform(0.005, 0.08)
    while at < n:
        length = min(int(8 * tail_s * RATE_HZ), n - at)
        x[at : at + length] += rng.uniform(0.1, 1) * resonant[at : at + length] * np.exp(-seconds(length) / tail_s)
        at += int(rng.uniform(0.05, 0.8) * RATE_HZ)
    return x


def gaps(rng, n):
    """Noise of which packets get lost."""
    x, packet = any_noise(rng, n), int(rng.choice([80, 160, 240]))
    for at in range(0, n - packet, packet):
        if rng.random() < 0.1:
            x[at : at + packet] = 0 if rng.random() < 0.5 else x[max(at - packet, 0) : max(at - packet, 0) + packet]
    return x


def hum_and_hiss(rng, n):
    return hum(rng, n) / 3 + rng.uniform(0.1, 2) * any_noise(rng, n) / 3


KINDS = {
    "music": [chords, strummed, arpeggio, picked, bells, mallets, piano, melody, melody_with_bass, bass, flute, pad,
              jingle, band, chiptune, drums, dance,
              gliding],
    "tone": [ringback, busy, dial, information, dtmf, beeps, fax, warble, hum],
    "noise": [coloured, banded, shaped, wandering, comfort, shaped_anew, clicks, steps, gaps, modem, hum_and_hiss],
}


# ---- voices that were never anyone's -----------------------------------------------------------------------------


def buzz_voice(rng, n):
    """Harmonics that sway and swell as syllables do: what a test takes for a voice."""
    t, k = seconds(n), np.arange(1, 40)
    f0, sway_hz, sway = rng.uniform(80, 300), rng.uniform(0.4, 2.5), rng.uniform(0.04, 0.15)
    phase = 2 * np.pi * np.cumsum(f0 * (1 + sway * np.sin(2 * np.pi * sway_hz * t))) / RATE_HZ
    amplitudes = 1 / k ** rng.uniform(0.4, 1.2) * (k * f0 < rng.choice([2500, 3000, 3900]))
    x = partials(phase, f0 * (1 + sway), amplitudes)
    rate_hz, depth = rng.uniform(2, 6.5), rng.uniform(0.3, 0.97)
    return x * (1 - depth * np.sin(np.pi * rate_hz * t) ** 2) + 10 ** rng.uniform(-6, -2) * rng.standard_normal(n)


# Peterson & Barney's men, and a schwa.
VOWELS = [
    (730, 1090, 2440),
    (270, 2290, 3010),
    (300, 870, 2240),
    (530, 1840, 2480),
    (570, 840, 2410),
    (500, 1500, 2500),
]


def vowel_train(rng, n):
    """Syllables: glottal pulses through three formants, with jitter, breath and now and then a pause."""
    t = seconds(n)
    f0 = rng.uniform(80, 260)
    contour = f0 * (1 + rng.choice([0.0, 0.08, 0.15]) * np.sin(2 * np.pi * rng.uniform(0.2, 1) * t))
    contour = contour * (1 - 0.05 * rng.random() * (t % 2)) * 2 ** (np.cumsum(rng.standard_normal(n)) * 3e-5)
    phase = np.cumsum(contour) / RATE_HZ
    x = np.diff(np.floor(phase), prepend=0) + 10 ** rng.uniform(-4, -1.5) * rng.standard_normal(n)
    x = lfilter([1], [1, -rng.uniform(0.7, 0.97)], x)
    rate_hz, y = rng.uniform(2, 7), np.zeros(n)
    for i, at in enumerate(range(0, n, int(RATE_HZ / rate_hz))):
        piece = x[at : at + int(RATE_HZ / rate_hz)]
        for hz, width in zip(VOWELS[rng.integers(6) if rng.random() < 0.8 else 0], (80, 100, 140)):
            piece = resonate(piece, hz, width)
        share = rng.uniform(0.5, 0.9)
        way = np.clip(np.arange(len(piece)) / (share * RATE_HZ / rate_hz), 0, 1)
        swell = np.sin(np.pi * way) ** rng.choice([0.5, 1, 2])
        y[at : at + len(piece)] = piece * np.maximum(swell, rng.choice([0, 0.05, 0.2]))
    return y


def between(points, n):
    return np.interp(np.linspace(0, len(points) - 1, n), np.arange(len(points)), points)


def held_vowel(rng, n):
    """Held on and on: only the small unrest of a voice tells it from an instrument."""
    f0 = rng.uniform(90, 420)
    drift = between(np.cumsum(rng.standard_normal(n // 400 + 2)) * 0.004, n)
    cycle = between(rng.standard_normal(n // 60 + 2), n) * rng.uniform(0.003, 0.01)
    phase = np.cumsum(f0 * 2 ** np.clip(drift, -0.3, 0.3) * (1 + cycle)) / RATE_HZ
    x = np.diff(np.floor(phase), prepend=0) * (1 + 0.1 * rng.standard_normal(n))
    x = x + 10 ** rng.uniform(-2.2, -1) * rng.standard_normal(n)
    x = lfilter([1], [1, -rng.uniform(0.7, 0.95)], x)
    for hz, width in ((rng.uniform(400, 850), 90), (rng.uniform(900, 2000), 110), (rng.uniform(2300, 2900), 160)):
        x = resonate(x, hz, width)
    return x * wander(rng, n, 3, 6)


VOICES = [buzz_voice, buzz_voice, vowel_train, vowel_train, held_vowel]


def whispered(rng, x):
    """The same words without a voice: what linear prediction leaves is replaced with noise (10 poles, 20 ms)."""
    order, half, y = 10, 80, np.zeros(len(x))
    window = np.hanning(2 * half)
    for at in range(0, len(x) - 2 * half, half):
        frame = x[at : at + 2 * half] * window
        r = np.correlate(frame, frame, "full")[2 * half - 1 : 2 * half + order]
        if r[0] < 1e-9:
            continue
        r[0] *= 1.001
        i = np.arange(order)
        a = np.concatenate([[1], -np.linalg.solve(r[np.abs(i[:, None] - i)], r[1:])])
        gain = np.sqrt(max(np.dot(a, r), 0) / (2 * half))
        y[at : at + 2 * half] += lfilter([gain], a, rng.standard_normal(2 * half + 100))[100:] * window
    return lfilter([1, -rng.uniform(0, 0.8)], [1], y)
