/* problems.js - what is wrong with the server, the worst first. */

const FEW_BYTES = 5e9; /* a hundred hours of recordings */
const HARDLY_BYTES = 5e8;

/* standing: as of shared/standing.js. [{ key, severity, ... }], with the values its words have. */
export function problemsOf({ status, lost }) {
  if (lost) return [{ key: 'lost', severity: 'urgent' }];
  if (!status) return [];
  const { storing, why, free_bytes: free, counts } = status;
  const unkept = counts.failed + counts.dropped;
  return [
    !storing && { key: why ? 'unstored' : 'unstored_unknown', severity: 'urgent', why },
    free < FEW_BYTES && { key: 'disk', severity: free < HARDLY_BYTES ? 'urgent' : 'notice', bytes: free },
    unkept > 0 && { key: 'unkept', severity: 'notice', n: unkept },
    counts.events_dropped > 0 && { key: 'undelivered', severity: 'notice', n: counts.events_dropped },
    counts.clients_culled > 0 && { key: 'culled', severity: 'info', n: counts.clients_culled },
  ].filter(Boolean).sort((a, b) => RANKS.indexOf(a.severity) - RANKS.indexOf(b.severity));
}

const RANKS = ['urgent', 'notice', 'info'];
