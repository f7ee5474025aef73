/* kinds.js - how kinds of cues are drawn where there is no single cue whose severity it could be. How a voice sounds is
 * rarer than how a conversation goes, and matters more. */

const SEVERITIES = { escalate: 'urgent', frustration: 'notice', stress: 'notice', calming: 'info' };
const RANKS = ['urgent', 'notice', 'info', 'none'];

export const severityOfKind = (kind) => SEVERITIES[kind] ?? 'none';
export const rankOfKind = (kind) => RANKS.indexOf(severityOfKind(kind));
