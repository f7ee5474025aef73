/* announce.js - what a screen reader says of what changes on the page: each thing once, what is urgent at once. */

const regions = new Map();

function regionOf(role) {
  if (!regions.has(role)) {
    const region = document.createElement('p');
    region.className = 'unseen';
    region.setAttribute('role', role);
    document.body.append(region);
    regions.set(role, region);
  }
  return regions.get(role);
}

/* To be called once at the start: a region that comes with its first words is not read. */
export function prepareAnnouncements() {
  regionOf('status');
  regionOf('alert');
}

export function announce(words, { urgent = false } = {}) {
  const region = regionOf(urgent ? 'alert' : 'status');
  if (region.textContent !== words) region.textContent = words;
}
