# praat_frames.praat - what Praat hears in a recording every 10 ms, as tools/validate.py reads it.
#
#     praat --run tools/praat_frames.praat "$PWD/wav/call.wav" "$PWD/praat/call.praat.csv"
#
# In:  a mono recording. Out: t,f0,intensity_dB,hnr_dB,f1,f2,f3 at 5 ms, 15 ms ...; --undefined-- where there is none.
# Praat's standard settings. A path that is not absolute starts at this script's folder.

form What Praat hears
    sentence recording
    sentence table
endform

sound = Read from file: recording$
duration_s = Get total duration
pitch = To Pitch (ac): 0.01, 75, 15, "no", 0.03, 0.45, 0.01, 0.35, 0.14, 600
selectObject: sound
intensity = To Intensity: 75, 0.01, "yes"
selectObject: sound
harmonicity = To Harmonicity (cc): 0.01, 75, 0.1, 1
selectObject: sound
formants = To Formant (burg): 0.01, 5, 5500, 0.025, 50

writeFileLine: table$, "t,f0,intensity_dB,hnr_dB,f1,f2,f3"
for i from 1 to floor (duration_s / 0.01)
    t = 0.005 + 0.01 * (i - 1)
    selectObject: pitch
    f0 = Get value at time: t, "Hertz", "linear"
    selectObject: intensity
    intensity_db = Get value at time: t, "cubic"
    selectObject: harmonicity
    hnr_db = Get value at time: t, "cubic"
    selectObject: formants
    f1 = Get value at time: 1, t, "Hertz", "linear"
    f2 = Get value at time: 2, t, "Hertz", "linear"
    f3 = Get value at time: 3, t, "Hertz", "linear"
    appendFileLine: table$, fixed$ (t, 4), ",", fixed$ (f0, 3), ",", fixed$ (intensity_db, 3), ",", fixed$ (hnr_db, 3),
    ... ",", fixed$ (f1, 1), ",", fixed$ (f2, 1), ",", fixed$ (f3, 1)
endfor
