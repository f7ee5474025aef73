/* transport.jsx - playing, and how near the timeline is looked at: all of it as buttons. */
import { Icon } from '../shared/icons.jsx';
import { locale } from '../shared/texts.js';
import { clock } from '../shared/words.js';
import { SPEEDS } from './player.js';
import { t } from './texts.js';

const Button = ({ icon, label, words, action, act, ...more }) => (
  <button type="button" class="button" aria-label={words ? undefined : label} title={label} {...more}
    onClick={() => act(action)}>
    {icon && <Icon name={icon} />}{words}
  </button>
);

const pressed = (is) => ({ 'aria-pressed': is ? 'true' : 'false' });

export function Transport({ record, player, ear, lost, tS, following, shown, canSkip, act }) {
  const noCues = record.cues.length ? {} : { 'aria-disabled': 'true' };
  return (
    <div class="transport" role="group" aria-label={t('controls')}>
      <div class="play">
        <Button icon="earlier" label={t('previous_cue')} action="previous_cue" act={act} {...noCues} />
        {record.live ? <Live following={following} act={act} /> : <Playing player={player} act={act} />}
        <Button icon="later" label={t('next_cue')} action="next_cue" act={act} {...noCues} />
        <p class="clock figures"><b>{clock(tS)}</b><span> / {clock(record.durationS)}</span></p>
      </div>
      {record.live ? <Hearing player={player} ear={ear} lost={lost} act={act} />
        : <Ways player={player} canSkip={canSkip} recorded={record.recorded} act={act} />}
      <div class="looks">
        {record.channels.includes('customer') &&
          <Button words={t('pitch')} action="pitch" act={act} {...pressed(shown.pitch)} />}
        <Button words={t('level')} action="level" act={act} {...pressed(shown.level)} />
        <span class="joined">
          <Button icon="smaller" label={t('farther')} action="farther" act={act} />
          <Button words={t('all')} label={t('all_long')} action="all" act={act} />
          <Button icon="larger" label={t('nearer')} action="nearer" act={act} />
        </span>
        <Button icon="keys" label={t('help')} action="help" act={act} />
      </div>
    </div>
  );
}

const Playing = ({ player, act }) => (
  <>
    <Button words={t('back_5')} label={t('back_5_long')} action="back_5" act={act} dir="ltr" />
    <button type="button" class="button primary" onClick={() => act('play')}>
      <Icon name={player.playing ? 'paused' : 'play'} /><span>{t(player.playing ? 'pause' : 'play')}</span>
    </button>
    <Button words={t('on_5')} label={t('on_5_long')} action="on_5" act={act} dir="ltr" />
  </>
);

const Live = ({ following, act }) => (
  <button type="button" class="button" onClick={() => act('follow')} {...pressed(following)} title={t('live_long')}>
    <Icon name="live" class="live-sign" />{t('live')}
  </button>
);

const Ways = ({ player, canSkip, recorded, act }) => (
  <div class="ways">
    <label class="speed"><span class="unseen">{t('speed')}</span>
      <select value={player.speed} title={t('speed')}
        onChange={(event) => player.setSpeed(Number(event.currentTarget.value))}>
        {SPEEDS.map((speed) => <option key={speed} value={speed}>{speedInWords(speed)}</option>)}
      </select>
    </label>
    <button type="button" class="button" disabled={!canSkip} onClick={() => act('skip')} {...pressed(player.skips)}>
      <Icon name="talking_fast" />{t('skip')}
    </button>
    {recorded ? <Volume player={player} />
      : <Word icon="unrecorded" severity="none" words={t('notice_unrecorded')} />}
  </div>
);

const Volume = ({ player }) => (
  <label class="volume" title={t('volume')}><Icon name="volume" /><span class="unseen">{t('volume')}</span>
    <input type="range" min="0" max="1" step="0.05" value={player.volume}
      onInput={(event) => player.setVolume(Number(event.currentTarget.value))} />
  </label>
);

const Word = ({ icon, severity, words, ...more }) => (
  <p class="word" data-severity={severity} {...more}><Icon name={icon} />{words}</p>
);

/* Of a call in progress: silent, but where ear says that it may be heard. */
const Hearing = ({ player, ear, lost, act }) => (
  <div class="ways">
    {ear && <><ListenButton listens={ear.listens} act={act} /><Volume player={player} /></>}
    <LiveWord lost={lost} phase={ear?.phase} />
  </div>
);

/* As wide as the longer of its words, so that nothing moves when it is pressed. */
const ListenButton = ({ listens, act }) => (
  <button type="button" class="button listen" onClick={() => act('listen')}>
    <span class="both"><span data-on={!listens}><Icon name="play" />{t('listen')}</span>
      <span data-on={listens}><Icon name="stop" />{t('listen_stop')}</span></span>
  </button>
);

function LiveWord({ lost, phase }) {
  const words = lost ? 'notice_lost' : phase ? `ear_${phase}` : 'notice_live';
  const [icon, severity] = lost || phase === 'lost' ? ['lost', 'notice'] : ['listening', 'info'];
  return <Word icon={icon} severity={severity} words={t(words)} role="status" />;
}

export const speedInWords = (speed) => t('times', { n: speed.toLocaleString(locale) });
