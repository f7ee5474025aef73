/* ontop.js - the overlay in a window of its own: one that stays above the others, where the browser has that (Document
 * Picture-in-Picture), else a small one. What is on the page moves there and back, so it goes on as it was. */

const SIZE = { width: 360, height: 200 };

/* An empty document of ours. Written to, since a new window is in quirks mode, and some replace it otherwise. */
async function openWindow() {
  const view = globalThis.documentPictureInPicture ? await documentPictureInPicture.requestWindow(SIZE) :
    open('', '', `popup,width=${SIZE.width},height=${SIZE.height}`);
  if (!view) throw new Error('no window');
  view.document.write('<!doctype html><meta name="color-scheme" content="light dark"><title>Undertone</title>');
  view.document.close();
  return view;
}

/* Resolves when the sheet is there, or cannot be had. */
function addSheet(doc, href) {
  const sheet = Object.assign(doc.createElement('link'), { rel: 'stylesheet', href });
  return new Promise((resolve) => {
    sheet.onload = sheet.onerror = resolve;
    doc.head.append(sheet);
  });
}

async function dress({ document: doc }) {
  const { lang, dir } = document.documentElement;
  Object.assign(doc.documentElement, { lang, dir });
  const sheets = [...document.querySelectorAll('link[rel="stylesheet"]')];
  await Promise.all(sheets.map(({ href }) => addSheet(doc, href)));
}

/* Where it had the keyboard it has it again. */
function move(element, { document: doc }) {
  const { activeElement } = element.ownerDocument;
  const focused = element.contains(activeElement) && activeElement;
  doc.body.append(element);
  if (focused) focused.focus();
}

/* Moves element to a new window, until that is closed: then back is called, with element here again. Resolves with the
 * window; fails where the browser gives none. */
export async function putOnTop(element, back) {
  const view = await openWindow();
  const close = () => view.close();
  await dress(view);
  move(element, view);
  addEventListener('pagehide', close);
  view.addEventListener('pagehide', () => {
    removeEventListener('pagehide', close);
    move(element, window);
    back();
  }, { once: true });
  return view;
}
