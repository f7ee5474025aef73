/* A recording in the browser's own player: it knows how long it is, plays, and goes where it is told without fetching
 * what lies between. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import test, { after, before } from 'node:test';

import { openBrowser, openPage } from './browser.mjs';
import { keepCall, makeCall, makeFolder, serve, stored } from './program.mjs';

const DURATION_S = 600;
const MOST_SEEK_MS = 2000;

let folder, browser;

before(async () => {
  folder = makeFolder();
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  folder?.remove();
});

/* Two channels of noise, which does not compress: so large that nothing but ranges gets to its end at once. */
function writeNoise(data, id, format, subtype) {
  const make = `import os, sys, numpy, soundfile
data, id, format, subtype, seconds = sys.argv[1:6]
os.makedirs(data + "/audio", mode=0o700, exist_ok=True)
x = numpy.random.default_rng(1).uniform(-0.1, 0.1, (8000 * int(seconds), 2))
ending = "flac" if format == "FLAC" else "opus"
soundfile.write(f"{data}/audio/{id}.{ending}", x, 8000, format=format, subtype=subtype)`;
  execFileSync('/usr/bin/python3', ['-c', make, data, id, format, subtype, `${DURATION_S}`]);
}

/* In the page: an <audio> of url, and what comes of it. */
async function listen({ url, toS }) {
  const audio = new Audio(url);
  const until = (name) => new Promise((happened, failed) => {
    audio.addEventListener(name, happened, { once: true });
    audio.addEventListener('error', () => failed(new Error(`${audio.error?.message}`)), { once: true });
    setTimeout(() => failed(new Error(`no ${name}`)), 10_000);
  });
  globalThis.audio = audio;
  audio.muted = true;
  await until('loadedmetadata');
  const duration = audio.duration;
  const began = performance.now();
  audio.currentTime = toS;
  await until('seeked');
  const seekMs = performance.now() - began;
  await audio.play();
  await until('timeupdate');
  await until('timeupdate');
  return { duration, seekMs, atS: audio.currentTime };
}

for (const [format, subtype, ending] of [['FLAC', 'PCM_16', 'flac'], ['OGG', 'OPUS', 'opus']]) {
  test(`${ending} plays, and seeks`, { timeout: 60_000 }, async (t) => {
    const recording = folder.path('call.wav');
    const data = folder.path(ending);
    makeCall(recording);
    const id = keepCall(recording, data);
    writeNoise(data, id, format, subtype);
    const size = statSync(`${data}/audio/${id}.${ending}`).size;
    const program = await serve(data);
    t.after(() => program.kill());
    const view = await openPage(browser, program.url);
    t.after(() => view.close());

    const answers = [];
    view.page.on('response', async (response) => {
      if (!response.url().includes('/audio')) return;
      const { 'content-range': range } = response.headers();
      answers.push({ status: response.status(), first: Number(/bytes (\d+)-/.exec(range)?.[1]) });
    });
    const { duration, seekMs, atS } = await view.page.evaluate(listen, { url: `/api/calls/${id}/audio`, toS: 500 });
    t.diagnostic(`${size} bytes, a seek took ${Math.round(seekMs)} ms, ${JSON.stringify(answers)}`);
    assert.ok(Math.abs(duration - DURATION_S) < 0.1, `${duration} s`);
    assert.ok(atS > 500 && atS < 510, `at ${atS} s`);
    assert.ok(seekMs < MOST_SEEK_MS, `a seek took ${seekMs} ms`);
    assert.ok(answers.every(({ status }) => status === 206), JSON.stringify(answers));
    assert.equal(answers[0].first, 0);
    for (let tries = 0; tries < 50 && !answers.some(({ first }) => first > size / 2); tries++) await view.page.waitForTimeout(100);
    assert.ok(answers.some(({ first }) => first > size / 2), 'it asks for what lies behind');
    assert.ok(Number(stored(data, "SELECT count(*) FROM audit WHERE action = 'replay'")) >= 1);
    assert.deepEqual(view.errors(), []);
    assert.deepEqual((await view.kept()).refused, []);

    await program.stop();
  });
}
