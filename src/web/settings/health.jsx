/* health.jsx - how the server is, and above all what is wrong with it, in words. */

import texts from '../texts/settings.json';
import { Icon } from '../shared/icons.jsx';
import { textsOf } from '../shared/texts.js';
import { bytes, count, withoutPath } from '../shared/words.js';
import { problemsOf } from './problems.js';
import { Fact } from './sections.jsx';

const t = textsOf(texts);

const MINUTES = ['minutes', 60];
const UNITS = [['days', 86_400], ['hours', 3600], MINUTES];

function lasting(s) {
  const [unit, lengthS] = UNITS.find(([, lengthS]) => s >= 2 * lengthS) ?? MINUTES;
  return t(unit, { n: Math.max(1, Math.floor(s / lengthS)) });
}

const Problem = ({ problem: { key, severity, ...values } }) => (
  <li class="said card" data-severity={severity}>
    <h3><Icon name={key === 'unstored' ? 'unstored' : 'lost'} />{t(`problem_${key}`, shown(values))}</h3>
    <p>{t(`problem_${key}_so`)}</p>
  </li>
);

const shown = (values) => ({ ...values, ...(values.bytes !== undefined && { size: bytes(values.bytes) }),
  ...(values.why && { why: withoutPath(values.why) }) });

export function Health({ standing }) {
  const { status } = standing;
  const counts = status?.counts;
  const problems = problemsOf(standing);
  return (
    <>
      <div role="status">
        {problems.length > 0 && (
          <ul class="problems">{problems.map((one) => <Problem key={one.key} problem={one} />)}</ul>
        )}
        {status && !problems.length && <p class="said card good"><Icon name="check" />{t('healthy')}</p>}
      </div>
      {status && (
        <dl class="figures tiles">
          <Fact name={t('health_storing')}>{t(status.storing ? 'yes' : 'no')}</Fact>
          <Fact name={t('health_live')}>{count(status.live)}</Fact>
          <Fact name={t('health_clients')}>{count(status.clients)}</Fact>
          <Fact name={t('health_free')}>{bytes(status.free_bytes)}</Fact>
          <Fact name={t('health_database')}>{bytes(status.database_bytes)}</Fact>
          <Fact name={t('health_audio')}>{bytes(status.audio_bytes)}</Fact>
          <Fact name={t('health_written')}>{count(counts.written)}</Fact>
          <Fact name={t('health_lost')}>{count(counts.failed + counts.dropped)}</Fact>
          <Fact name={t('health_events_lost')}>{count(counts.events_dropped)}</Fact>
          <Fact name={t('health_uptime')}>{lasting(status.uptime_s)}</Fact>
          <Fact name={t('health_version')}>{status.version}</Fact>
        </dl>
      )}
      {status && <p class="where soft">{t('health_is')}</p>}
    </>
  );
}
