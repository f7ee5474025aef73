/* favicon.js - the sign in the browser's tab. Its drawings are fetched at the start: when the connection is lost, which
 * is when it matters, they could not be had any more. */

const drawings = new Map();

for (const name of ['idle', 'live', 'notice', 'urgent', 'lost']) {
  fetch(`icons/${name}.svg`)
    .then((answer) => (answer.ok ? answer.text() : Promise.reject(answer.status)))
    .then((svg) => drawings.set(name, `data:image/svg+xml,${encodeURIComponent(svg)}`))
    .catch((why) => console.debug(`no icon ${name}: ${why}`));
}

export function showFavicon(name) {
  const link = document.getElementById('favicon');
  const drawing = drawings.get(name);
  if (drawing && link.href !== drawing) link.href = drawing;
}
