/* help.jsx - what stands where and why, and the keys. */

import texts from '../texts/wall.json';
import { Dialog } from '../shared/dialog.jsx';
import { textsOf } from '../shared/texts.js';
import { Legend } from './filters.jsx';

const t = textsOf(texts);

const KEYS = [[t('key_name_arrows'), t('key_arrows')], [t('key_name_ends'), t('key_ends')],
  [t('key_name_pages'), t('key_pages')], [t('key_name_enter'), t('key_enter')], ['T', t('key_take')],
  ['A', t('key_apply')], ['/', t('key_search')], ['?', t('key_help')]];

export const Help = ({ close }) => (
  <Dialog title={t('help')} close={close} class="help">
    <h3>{t('help_order')}</h3>
    <p>{t('help_order_1')}</p>
    <p>{t('help_order_2')}</p>
    <p>{t('help_order_3')}</p>
    <h3>{t('help_shown')}</h3>
    <Legend />
    <p>{t('help_shown_1')}</p>
    <p>{t('help_shown_2')}</p>
    <h3>{t('help_keys')}</h3>
    <dl class="keys">
      {KEYS.map(([key, words]) => <div key={key}><dt><kbd>{key}</kbd></dt><dd>{words}</dd></div>)}
    </dl>
  </Dialog>
);
