/* help.jsx - what is measured and what is not, the keys, the language. Shown by itself the first time. */

import { Dialog } from '../shared/dialog.jsx';
import { choose, languages } from '../shared/language.js';
import { language } from '../shared/texts.js';
import { KEYS } from './keys.js';
import { t } from './scene.js';

const MEASURED = ['voice', 'talk'];
const UNMEASURED = ['words', 'person', 'consent'];

export const Help = ({ keysOn, useKeys, close }) => (
  <Dialog title={t('help')} close={close} class="help">
    <p><strong>{t('help_promise')}</strong></p>
    <div class="sides">
      <List name="measured" icon="check" items={MEASURED} />
      <List name="unmeasured" icon="close" items={UNMEASURED} />
    </div>
    <p>{t('help_estimate')}</p>
    <p>{t('help_old')}</p>
    <h3>{t('help_keys')}</h3>
    <dl>
      {[...KEYS].map(([act, key]) => <div key={act}><dt><kbd>{key}</kbd></dt><dd>{t(act)}</dd></div>)}
    </dl>
    <label>
      <input type="checkbox" checked={keysOn} onChange={({ target }) => useKeys(target.checked)} />{t('help_keys_on')}
    </label>
    <h3>{t('help_language')}</h3>
    <div class="actions">
      {languages.map((name) => (
        <button key={name} type="button" class="button" lang={name} aria-pressed={name === language}
          onClick={() => choose(name)}>{new Intl.DisplayNames(name, { type: 'language' }).of(name)}</button>
      ))}
      <button type="button" class="button primary" onClick={close}>{t('help_done')}</button>
    </div>
  </Dialog>
);

const List = ({ name, items }) => (
  <section class={name}>
    <h3>{t(`help_${name}`)}</h3>
    <ul>{items.map((item) => <li key={item}>{t(`help_${name}_${item}`)}</li>)}</ul>
  </section>
);
