/* events.mjs - events as the program writes them, for the tests of the pages' pure parts. */

export const id = 'c-01J00000000000000000000000';

export const call = (more) => ({
  type: 'call', call: id, source: 'a.flac', channels: ['agent', 'customer'], rate_hz: 8000,
  started_at: '2026-11-21T10:00:00.000Z', consent: 'given', model: 'base@0123456789ab', arm: 'shown', ...more,
});

export const customer = (t_s, more) => ({
  type: 'reading', call: id, t_s, channel: 'customer', speaking: true, sound: 'speech', frustration: 0.62, stress: 0.31,
  arousal: 0.7, confidence: 0.8, abstain: false, pitch_hz: 231, level_db: -21.4, rate_syl_s: 5.1, talk_share: 0.45,
  talk_share_120s: 0.4, baseline: 'ready', ...more,
});

export const agent = (t_s, more) => ({
  type: 'reading', call: id, t_s, channel: 'agent', speaking: false, sound: 'none', level_db: -60, rate_syl_s: 4.4,
  talk_share: 0.55, talk_share_120s: 0.6, ...more,
});

export const cue = (number, more) => ({
  type: 'cue', call: id, id: number, t_s: 12.5, cue: 'frustration', state: 'raised', severity: 'notice', priority: 1,
  to: 'agent', shown: true, score: 0.78,
  text: 'Voice sounds frustrated', advice: 'Acknowledge it, then give the next step.',
  reasons: [{ feature: 'pitch_hz', change: '+4.1 st', z: 2.3 }, { feature: 'level_db', change: '+6 dB', z: 1.9 }],
  ...more,
});

export const feedback = (number, verdict, more) => ({
  type: 'feedback', call: id, cue: number, verdict, at: '2026-11-21T10:01:00.000Z', ...more,
});

export const consent = (state, more) => ({
  type: 'consent', call: id, t_s: 12.5, consent: state, method: 'api', who: 'nobody known',
  at: '2026-11-21T10:01:00.000Z', ...more,
});

export const pause = (state, t_s, more) => ({
  type: 'pause', call: id, t_s, state, who: 'nobody known', at: '2026-11-21T10:01:00.000Z', ...more,
});

export const recording = (state, more) => ({
  type: 'recording', call: id, state, channels: ['agent', 'customer'], duration_s: 0, bytes: 0, lost_s: 0,
  format: 'flac', ...more,
});

export const status = (storing, more) => ({
  type: 'status', storing, ...(storing ? {} : { why: '/srv/calls/undertone.db: the disk is full' }), ...more,
});

export const summary = (more) => ({
  type: 'summary', call: id, source: 'a.flac', duration_s: 245,
  customer: { speech_s: 88.2, frustration_mean: 0.21, frustration_peak: 0.78, stress_mean: 0.12, stress_peak: 0.4 },
  dynamics: { agent_talk_share: 0.58, overlaps: 4, interruptions: 1, dead_air_s: 12 }, cues: 3, ...more,
});

export const deleted = () => ({ type: 'deleted', call: id });

export const over = () => ({ type: 'over', call: id });

export const trend = (t_s, more) => ({
  type: 'trend', call: id, t_s, step_s: 2, frustration: [0.2, null], stress: [0.1, null], ...more,
});
