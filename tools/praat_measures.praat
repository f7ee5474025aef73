# praat_measures.praat - the measures of a voice that `undertone features` takes as well, as Praat takes them.
#
#     praat --run tools/praat_measures.praat call.wav
#
# In:  a mono recording. Out: a line of means, so that every analysis is really made.
# Every 10 ms; pitch between 55 and 600 Hz, three formants under 4 kHz: what we look for ourselves.

form Measures of a voice
    sentence recording
endform

sound = Read from file: recording$

pitch = To Pitch (ac): 0.01, 55, 15, "no", 0.03, 0.45, 0.01, 0.35, 0.14, 600
pitch_hz = Get mean: 0, 0, "Hertz"

selectObject: sound
intensity = To Intensity: 55, 0.01, "yes"
intensity_db = Get mean: 0, 0, "energy"

selectObject: sound
harmonicity = To Harmonicity (ac): 0.01, 55, 0.1, 4.5
hnr_db = Get mean: 0, 0

selectObject: sound, pitch
periods = To PointProcess (cc)
jitter = Get jitter (local): 0, 0, 0.0001, 0.02, 1.3
selectObject: sound, periods
shimmer_db = Get shimmer (local_dB): 0, 0, 0.0001, 0.02, 1.3, 1.6

selectObject: sound
formants = To Formant (burg): 0.01, 4, 4000, 0.025, 50
f1_hz = Get mean: 1, 0, 0, "Hertz"

writeInfoLine: "pitch ", fixed$ (pitch_hz, 1), " Hz, intensity ", fixed$ (intensity_db, 1), " dB, HNR ",
... fixed$ (hnr_db, 1), " dB, jitter ", fixed$ (100 * jitter, 2), " %, shimmer ", fixed$ (shimmer_db, 2),
... " dB, F1 ", fixed$ (f1_hz, 0), " Hz"
