/* sections.jsx - what the server was told, in plain words. Nothing is changed here: each section says where that is. */

import texts from '../texts/settings.json';
import { CueSign, Icon } from '../shared/icons.jsx';
import { severityOfKind } from '../shared/kinds.js';
import { locale, textsOf } from '../shared/texts.js';
import { consentName, cueName, percent } from '../shared/words.js';

const t = textsOf(texts);
const languages = new Intl.DisplayNames(locale, { type: 'language' });
const weekdays = new Intl.DateTimeFormat(locale, { weekday: 'short', timeZone: 'UTC' });
const lists = new Intl.ListFormat(locale, { type: 'unit', style: 'short' });

/* In which file, and by which word in it; without a file the server was given options. */
const Where = ({ settings, name, more }) => (
  <p class="where soft">
    {settings.restart ? t('where_file', { file: settings.restart, name }) : t('where_options')} {more}
  </p>
);

/* ---- sources ---- */

const FACTS = ['kind', 'channels', 'who', 'consent', 'recording', 'playbook'];

const factsOf = (source) => ({
  kind: t(`kind_${source.kind}`),
  channels: source.channels.map((role) => t(`role_${role}`)).join(', '),
  who: [source.agent, source.team, source.queue].filter(Boolean).join(' · '),
  consent: consentName(source.consent),
  recording: t(source.recording ? 'recorded' : 'not_recorded'),
  playbook: source.playbook ?? t('playbook_common'),
});

/* Where the table becomes cards each fact has its name beside it. */
function Source({ source }) {
  const facts = factsOf(source);
  return (
    <tr role="row">
      <th role="rowheader" scope="row">{source.name}</th>
      {FACTS.map((fact) => (
        <td key={fact} role="cell" class={facts[fact] ? undefined : 'none'}>
          <span class="label" aria-hidden="true">{t(`source_${fact}`)}</span>{facts[fact]}
        </td>
      ))}
    </tr>
  );
}

export const Sources = ({ settings }) => (
  <>
    <p>{t('sources_are')}</p>
    {settings.sources.length === 0 ? <p class="empty card">{t('sources_none')}</p> : (
      <table class="sources card" role="table">
        <thead role="rowgroup">
          <tr role="row">
            {['name', ...FACTS].map((fact) => (
              <th key={fact} role="columnheader" scope="col">{t(`source_${fact}`)}</th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {settings.sources.map((source, i) => <Source key={i} source={source} />)}
        </tbody>
      </table>
    )}
    <Where settings={settings} name="sources" />
  </>
);

/* ---- playbook ---- */

/* When it rises, as far as the cue has such a number. */
const ruleOf = (cue) => capital(lists.format([
  cue.raise && t('rule_raise', { share: percent(cue.raise) }),
  cue.rate_syl_s && t('rule_rate', { n: cue.rate_syl_s }),
  cue.after_s && t('rule_after', { n: cue.after_s }),
  cue.times_median && t('rule_times', { n: cue.times_median }),
  cue.talk_share && t('rule_share', { share: percent(cue.talk_share) }),
  cue.urgent_after_s && t('rule_urgent', { n: cue.urgent_after_s }),
].filter(Boolean)));
const capital = (words) => words.charAt(0).toUpperCase() + words.slice(1);

const Cue = ({ cue }) => (
  <li class="cue" data-severity={cue.on ? severityOfKind(cue.cue) : 'none'}>
    <CueSign kind={cue.cue} />
    <div>
      <h4>{cueName(cue.cue)}</h4>
      <p>{t('quoted', { text: cue.text })} <span class="soft">{cue.advice}</span></p>
      <p class="soft">{ruleOf(cue)}</p>
    </div>
  </li>
);

const FIRST_MONDAY = Date.UTC(2024, 0, 1);
const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const dayName = (day) => weekdays.format(FIRST_MONDAY + DAYS.indexOf(day) * 86_400_000);

/* "Mon–Fri"; "Sat, Sun" */
function daysWordsOf(days) {
  if (days.length === DAYS.length) return t('every_day');
  const inARow = DAYS.indexOf(days.at(-1)) - DAYS.indexOf(days[0]) === days.length - 1;
  return inARow && days.length > 2 ? `${dayName(days[0])}–${dayName(days.at(-1))}` : lists.format(days.map(dayName));
}

const hoursWords = ({ days, from, to }) => t('quiet_from_to', { days: daysWordsOf(days), from, to });

export const Playbook = ({ settings }) => {
  const { playbook } = settings;
  const inOrder = [...playbook.cues].sort((a, b) => a.priority - b.priority);
  return (
    <>
      <p>{t('playbook_is')}</p>
      <dl class="facts card">
        <Fact name={t('playbook_name')}>{playbook.name === 'default' ? t('playbook_default') : playbook.name}</Fact>
        <Fact name={t('playbook_language')}>{languages.of(playbook.language)}</Fact>
        <Fact name={t('playbook_quiet')}>
          {playbook.quiet_hours.length ? playbook.quiet_hours.map(hoursWords).join('; ') : t('playbook_quiet_none')}
        </Fact>
        <Fact name={t('playbook_hold_out')}>
          {t(playbook.hold_out ? 'playbook_hold_out_share' : 'playbook_hold_out_none',
            { share: percent(playbook.hold_out) })}
        </Fact>
      </dl>
      {[true, false].map((on) => (
        <section key={on}>
          <h3>{t(on ? 'cues_on' : 'cues_off')}</h3>
          <ul class="cues card">
            {inOrder.filter((cue) => cue.on === on).map((cue) => <Cue key={cue.cue} cue={cue} />)}
          </ul>
        </section>
      ))}
      <Where settings={settings} name="playbook" more={playbook.name !== 'default' && t('playbook_itself')} />
    </>
  );
};

export const Fact = ({ name, children, severity }) => (
  <div data-severity={severity}><dt>{name}</dt><dd>{children}</dd></div>
);

/* ---- consent, recording and retention, users ---- */

/* The sources that say otherwise than what holds by default. */
const Others = ({ sources, fact }) => sources.length > 0 && (
  <>
    <h3>{t('others')}</h3>
    <dl class="facts card">
      {sources.map((source, i) => <Fact key={i} name={source.name}>{fact(source)}</Fact>)}
    </dl>
  </>
);

export const Consent = ({ settings }) => {
  const standing = settings.consent.default;
  const others = settings.sources.filter((source) => source.consent !== standing);
  return (
    <>
      <p>{t('consent_is')}</p>
      <div class="said card">
        <h3>{t(`consent_default_${standing}`)}</h3>
        <p>{t(`consent_default_${standing}_means`)}</p>
      </div>
      <Others sources={others} fact={({ consent }) => consentName(consent)} />
      <Where settings={settings} name="consent" />
    </>
  );
};

const CLASSES = ['audio', 'readings', 'cues', 'audit'];
const daysWords = (n) => (n === null || n === undefined ? t('for_ever') : t('days', { n }));

export const Keeping = ({ settings: { recording, retention, sources }, settings }) => (
  <>
    <p>{t('keeping_is')}</p>
    <h3>{t('recording')}</h3>
    <div class="said card">
      <h4>{t(recording.on ? 'recording_on' : 'recording_off')}</h4>
      <p>
        {t(recording.on ? 'recording_on_means' : 'recording_off_means', { format: recording.format.toUpperCase() })}
      </p>
    </div>
    <Others sources={sources.filter((source) => source.recording !== recording.on)}
      fact={({ recording: on }) => t(on ? 'recorded' : 'not_recorded')} />
    <Where settings={settings} name="recording" />
    <h3>{t('retention')}</h3>
    <dl class="facts card">
      {CLASSES.map((name) => (
        <Fact key={name} name={t(`keep_${name}`)}>{daysWords(retention[`${name}_days`])}</Fact>
      ))}
    </dl>
    <p class="soft">{t('retention_means')}</p>
    <Where settings={settings} name="retention" />
  </>
);

export const Users = ({ settings }) => (
  <>
    <div class="said card" data-severity="notice">
      <h3><Icon name="lost" />{t('users_none')}</h3>
      <p>{t('users_none_means')}</p>
    </div>
    <p>{t('users_so')}</p>
    <p class="soft">{t(settings.listening ? 'listening_on' : 'listening_off')}</p>
    <Where settings={settings} name="listen" />
  </>
);
