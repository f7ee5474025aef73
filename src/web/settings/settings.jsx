/* settings.jsx - what the server was told and how it is, to be read. The page's entry; which section is shown stands in
 * the address. */

import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';

import texts from '../texts/settings.json';
import { prepareAnnouncements } from '../shared/announce.js';
import { address, get } from '../shared/api.js';
import { showFavicon } from '../shared/favicon.js';
import { Frame } from '../shared/frame.jsx';
import { Icon } from '../shared/icons.jsx';
import { noteOf, useStanding } from '../shared/standing.js';
import { choose, languages } from '../shared/language.js';
import { language, textsOf } from '../shared/texts.js';
import { Health } from './health.jsx';
import { headingsOf, Markdown } from './markdown.jsx';
import { problemsOf } from './problems.js';
import { Consent, Keeping, Playbook, Sources, Users } from './sections.jsx';

const t = textsOf(texts);
const LOOK_MS = 5000;

/* ---- the sections that are of no file ---- */

function ModelCard() {
  const { answer, why } = useAnswer('api/model');
  useEffect(() => {
    if (answer) document.getElementById(location.hash.slice(1))?.scrollIntoView();
  }, [answer]);
  if (why) return <Failed why={why} />;
  if (!answer) return null;
  return (
    <>
      <p>{t('model_is', { model: answer.model })}</p>
      {answer.card === null ? <p class="empty card">{t('model_no_card')}</p> : (
        <>
          <nav class="contents card" aria-label={t('contents')}>
            <ul>
              {headingsOf(answer.card, 'model-').map(({ id, words }) => (
                <li key={id}><a lang="en" href={`#${id}`}>{words}</a></li>
              ))}
            </ul>
          </nav>
          <article class="text card" lang="en"><Markdown text={answer.card} level={3} idBegins="model-" /></article>
        </>
      )}
    </>
  );
}

const Language = () => (
  <>
    <p>{t('language_is')}</p>
    <div class="languages" role="group" aria-label={t('section_language')}>
      {languages.map((name) => (
        <button key={name} type="button" class="button" lang={name} aria-pressed={String(name === language)}
          onClick={() => choose(name)}>
          {name === language && <Icon name="check" />}{new Intl.DisplayNames(name, { type: 'language' }).of(name)}
        </button>
      ))}
    </div>
  </>
);

const Licences = () => (
  <>
    <p>{t('licences_are')}</p>
    <p><a class="button" href={address('licences/')}><Icon name="note" />{t('licences_open')}</a></p>
  </>
);

/* ---- the page ---- */

const SECTIONS = [['sources', Sources], ['playbook', Playbook], ['consent', Consent], ['keeping', Keeping],
  ['users', Users], ['model', ModelCard], ['health', Health], ['language', Language], ['licences', Licences]];
const NEED_SETTINGS = new Set([Sources, Playbook, Consent, Keeping, Users]);

/* "#model-3" is a place in the section "model". */
const sectionOf = (hash) => SECTIONS.find(([name]) => name === hash.slice(1).split('-')[0])?.[0] ?? SECTIONS[0][0];

function useSection() {
  const [section, setSection] = useState(() => sectionOf(location.hash));
  useEffect(() => {
    const read = () => setSection(sectionOf(location.hash));
    addEventListener('hashchange', read);
    return () => removeEventListener('hashchange', read);
  }, []);
  return section;
}

/* What the server said once; asked again when it was away. */
function useAnswer(path, again) {
  const [state, setState] = useState({ answer: null, why: null });
  useEffect(() => {
    get(path).then(
      (answer) => setState({ answer, why: null }),
      (error) => setState({ answer: null, why: error.message }));
  }, [path, again]);
  return state;
}

const Failed = ({ why }) => (
  <div class="empty card" role="alert"><p><b>{t('failed')}</b></p><p class="soft">{why}</p></div>
);

/* A list beside the section, and where there is no room for it, a field above. */
const Sections = ({ current, troubled }) => (
  <>
    <nav class="sections" aria-label={t('sections')}>
      <ul>
        {SECTIONS.map(([name]) => (
          <li key={name}>
            <a href={`#${name}`} aria-current={name === current ? 'page' : undefined}>
              {t(`section_${name}`)}
              {name === 'health' && troubled && (
                <span class="trouble"><Icon name="lost" /><span class="unseen">{t('trouble')}</span></span>
              )}
            </a>
          </li>
        ))}
      </ul>
    </nav>
    <label class="section-field">
      {t('section')}
      <select value={current} onChange={({ target }) => (location.hash = target.value)}>
        {SECTIONS.map(([name]) => <option key={name} value={name}>{t(`section_${name}`)}</option>)}
      </select>
    </label>
  </>
);

function Settings() {
  const current = useSection();
  const standing = useStanding(LOOK_MS);
  const { answer: settings, why } = useAnswer('api/settings', standing.lost);
  const [, Section] = SECTIONS.find(([name]) => name === current);
  const waits = NEED_SETTINGS.has(Section) && !settings;
  const troubled = problemsOf(standing).some(({ severity }) => severity !== 'info');
  return (
    <Frame page="settings" note={noteOf(standing)}>
      <div class="settings">
        <header><h1>{t('title')}</h1></header>
        <Sections current={current} troubled={troubled} />
        <section class="section" aria-labelledby="section">
          <h2 id="section">{t(`section_${current}`)}</h2>
          {waits ? why && <Failed why={why} /> : <Section key={current} settings={settings} standing={standing} />}
        </section>
      </div>
    </Frame>
  );
}

document.title = `${t('title')} – Undertone`;
showFavicon('idle');
render(<Settings />, document.body);
prepareAnnouncements();
