// The synced viewer. One view — a zoom and the image point at the centre — is shown by every pane.
// Gradio gives `element`, `props`, `trigger` and `watch`; crops.js follows in the same scope.

const root = element.querySelector('.sr');
const grid = root.querySelector('.grid');
const find = (selector) => root.querySelector(selector);
const make = (tag, className, text) => {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
};
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

const STEPS = [0.125, 0.25, 0.5, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32];
const MAX_ZOOM = 32;
const GAP = 8;

const panes = new Map();                          // id -> {id, node, stage, image, size, …}
const view = { fit: true, zoom: 1, x: 0, y: 0 };  // zoom: screen pixels per image pixel
let picture = { run: 0, width: 1, height: 1 };    // the value from Python
let size = { width: 1, height: 1 };               // of each pane's stage, in CSS pixels
let turn = 0;
let solo = null;                                  // the pane that is shown alone
let drawing = false;                              // dragging draws a crop instead of panning

const calm = () => window.matchMedia('(prefers-reduced-motion: reduce)').matches;
const density = () => window.devicePixelRatio || 1;
const fitZoom = () =>
  Math.min(size.width / picture.width, size.height / picture.height) * density();

// --- the view -----------------------------------------------------------------------------------

function place() {
  const fit = fitZoom();
  if (view.fit) Object.assign(view, { zoom: fit, x: picture.width / 2, y: picture.height / 2 });
  const scale = view.zoom / density();
  view.x = hold(view.x, picture.width, size.width / scale);
  view.y = hold(view.y, picture.height, size.height / scale);
  // Whole screen pixels, or the browser would blend neighbours even at 100 %.
  const snap = (value) => Math.round(value * density()) / density();
  const left = snap(size.width / 2 - view.x * scale);
  const top = snap(size.height / 2 - view.y * scale);
  const transform = `translate(${left}px, ${top}px) scale(${scale})`;
  for (const pane of panes.values()) {
    pane.layer.style.transform = transform;
    // Reduced pictures are always blended: skipping pixels would show jags that are not there.
    const natural = pane.image ? pane.image.naturalWidth : picture.width;
    const enlarged = (view.zoom * picture.width) / natural >= 0.999;
    pane.layer.classList.toggle('exact', enlarged && !root.classList.contains('smooth'));
  }
  root.style.setProperty('--unit', 1 / scale);    // one CSS pixel, measured on the image
  root.classList.toggle('zoomed', view.zoom > fit * 1.001);
  find('.zoom').value = `${Math.round(view.zoom * 100)} %`;
}

function hold(centre, whole, visible) {
  return visible >= whole ? whole / 2 : clamp(centre, visible / 2, whole - visible / 2);
}

function zoomTo(zoom, at) {
  const lowest = Math.min(fitZoom(), 1);
  const next = clamp(zoom, lowest, MAX_ZOOM);
  const [dx, dy] = at || [0, 0];                  // CSS pixels from the centre of the pane
  view.x += (dx * density()) / view.zoom - (dx * density()) / next;
  view.y += (dy * density()) / view.zoom - (dy * density()) / next;
  view.fit = Math.abs(next / fitZoom() - 1) < 1e-3;
  view.zoom = next;
  place();
}

function step(direction) {
  const beyond = direction > 0
    ? STEPS.find((zoom) => zoom > view.zoom * 1.01)
    : STEPS.findLast((zoom) => zoom < view.zoom * 0.99);
  const fit = fitZoom();
  // The fit is a stop on the way, too.
  const passes = (fit - view.zoom) * direction > view.zoom * 0.01 && (beyond - fit) * direction > 0;
  zoomTo(passes || beyond === undefined ? fit : beyond);
}

function fit() {
  view.fit = true;
  place();
}

// --- panes --------------------------------------------------------------------------------------

function newPane(id) {
  const node = make('figure', 'pane');
  node.dataset.pane = id;
  const stage = make('div', 'stage');
  const layer = make('div', 'layer');
  const box = make('div', 'box');
  const wait = make('div', 'wait');
  wait.append(make('p'), make('span', 'meter'));
  wait.lastChild.append(make('i'));
  stage.append(layer, wait);
  layer.append(box);
  const caption = make('figcaption');
  caption.append(make('kbd'), make('b'), make('span', 'facts'), make('a', 'save'));
  const save = caption.querySelector('a');
  save.innerHTML = '<svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true"><path d="M8 2v8M4.5 7 8 10.5 11.5 7M2.5 13.5h11" fill="none" stroke="currentColor" stroke-width="1.5"/></svg>';
  save.hidden = true;
  node.append(stage, caption);
  return { id, node, stage, layer, box, wait, caption, save, url: null, image: null };
}

function fill(pane, data, index) {
  pane.label = data.label;
  pane.caption.querySelector('kbd').textContent = index + 1;
  const name = pane.caption.querySelector('b');
  name.textContent = data.label;
  name.title = [data.paper, data.idea].filter(Boolean).join(' — ');
  showFacts(pane.caption.querySelector('.facts'), data.facts);
  pane.wait.querySelector('p').textContent = data.idea;
  const running = typeof data.progress === 'number';
  pane.wait.querySelector('.meter').classList.toggle('on', running);
  pane.wait.querySelector('i').style.width = `${Math.round((data.progress || 0) * 100)}%`;
  const url = data.file ? data.file.url : null;
  pane.node.classList.toggle('pending', !url);
  if (url !== pane.url) load(pane, url, data);
}

function load(pane, url, data) {
  pane.url = url;
  pane.save.hidden = !url;
  if (!url) {
    if (pane.image) pane.image.remove();
    pane.image = null;
    return;
  }
  pane.save.href = url;
  pane.save.download = data.file.orig_name;
  pane.save.setAttribute('aria-label', pane.save.title = `Save ${data.file.orig_name}`);
  const image = new Image();
  image.alt = `${data.label}: ${picture.name}`;
  image.draggable = false;
  image.src = url;
  image.decode().catch(() => {}).then(() => {     // swap when it is ready to be painted: no flash
    if (pane.url !== url) return;
    if (pane.image) pane.image.remove();
    pane.image = image;
    pane.layer.prepend(image);
    place();
    drawCrops();
  });
}

function showFacts(node, facts) {
  node.replaceChildren(...(facts || []).map((fact) => {
    const span = make('span', '', fact.text);
    span.title = fact.title;
    return span;
  }));
}

function show() {
  const value = props.value;
  if (!value || !value.panes || value.turn < turn) return;   // news of a job since cancelled
  turn = value.turn;
  showRun(value);
  if (!value.panes.length) return;
  const changed = value.width !== picture.width || value.height !== picture.height ||
    value.name !== picture.name;
  const before = picture;
  picture = value;
  root.dataset.state = value.state;
  const wanted = value.panes.map((data) => data.id);
  for (const [id, pane] of panes) {
    if (wanted.includes(id)) continue;
    pane.node.remove();
    panes.delete(id);
  }
  value.panes.forEach((data, index) => {
    if (!panes.has(data.id)) panes.set(data.id, newPane(data.id));
    const pane = panes.get(data.id);
    if (grid.children[index] !== pane.node) grid.insertBefore(pane.node, grid.children[index]);
    pane.layer.style.width = `${value.width}px`;
    pane.layer.style.height = `${value.height}px`;
    fill(pane, data, index);
  });
  if (solo && !panes.has(solo)) solo = null;
  if (changed) view.fit = true;
  if (changed && before.panes && find('.bar').getBoundingClientRect().top > window.innerHeight * 0.7) {
    root.scrollIntoView({ behavior: calm() ? 'auto' : 'smooth' });   // on a phone it is below
  }
  showTabs(value.panes);
  layOut();
  followCrop(value);
}

function showRun(value) {
  find('.run').dataset.state = value.state || '';
  const percent = Math.round((value.progress || 0) * 100);
  const meter = find('.run .meter');
  meter.firstChild.style.width = `${percent}%`;
  meter.setAttribute('aria-valuenow', percent);
  const running = (value.panes || []).find((pane) => typeof pane.progress === 'number');
  find('.run .message').textContent = {
    waiting: 'Waiting …',
    busy: running ? `${running.progress < 1 ? '' : 'Scoring '}${running.label} …` : 'Starting …',
    stopped: 'Stopped.',
  }[value.state] || '';
}

function showTabs(list) {
  const tabs = find('.tabs');
  const items = [{ id: '', label: 'All', key: 'Esc' }, ...list.map((pane, index) =>
    ({ id: pane.id, label: pane.label, key: index + 1 }))];
  if (tabs.dataset.items !== JSON.stringify(items)) {
    tabs.dataset.items = JSON.stringify(items);
    tabs.replaceChildren(...items.map((item) => {
      const button = make('button');
      button.type = 'button';
      button.dataset.solo = item.id;
      button.append(make('kbd', '', item.key), item.label);
      return button;
    }));
  }
  for (const button of tabs.children) {
    button.setAttribute('aria-pressed', button.dataset.solo === (solo || ''));
  }
}

function alone(id) {
  if (id && !panes.has(id)) return;
  solo = id || null;
  showTabs(picture.panes || []);
  layOut();
}

// --- layout: as large as the pictures can be, on whole screen pixels ---------------------------

function layOut() {
  const width = Math.floor(grid.clientWidth);
  if (!width || !panes.size) return;
  const captionHeight = Math.max(...[...panes.values()].map((pane) => pane.caption.offsetHeight));
  const narrow = width < 560;
  const room = clamp(window.innerHeight * 0.78, 420, 1100);
  const best = bestGrid(panes.size, width, narrow ? Infinity : room, captionHeight, narrow);
  root.style.setProperty('--columns', best.columns);
  grid.classList.toggle('solo', solo !== null);
  for (const pane of panes.values()) pane.node.classList.toggle('shown', pane.id === solo);
  const rows = Math.ceil(panes.size / best.columns);
  const ratio = picture.height / picture.width;
  size = solo
    ? { width, height: Math.round(narrow ? clamp(width * ratio, 240, window.innerHeight * 0.7)
        : rows * (best.height + captionHeight) + (rows - 1) * GAP - captionHeight) }
    : { width: best.width, height: best.height };
  for (const pane of panes.values()) {
    pane.stage.style.height = `${size.height}px`;
    pane.node.style.width = `${size.width}px`;
  }
  // A grid that begins between two screen pixels would shift every picture by a fraction.
  grid.style.transform = '';
  const { left, top } = grid.getBoundingClientRect();
  const off = (value) => (Math.round(value * density()) - value * density()) / density();
  const shift = [off(left), off(top + window.scrollY)];
  if (shift.some((value) => Math.abs(value) > 1e-3)) {
    grid.style.transform = `translate(${shift[0]}px, ${shift[1]}px)`;
  }
  place();
  drawCrops();
}

function bestGrid(count, width, room, captionHeight, narrow) {
  let best = null;
  for (let columns = narrow ? Math.min(2, count) : 1; columns <= count; columns += 1) {
    const rows = Math.ceil(count / columns);
    const paneWidth = Math.floor((width - GAP * (columns - 1)) / columns);
    if (best && paneWidth < (narrow ? 150 : 220)) break;
    const tallest = (room - GAP * (rows - 1)) / rows - captionHeight;
    const height = Math.round(clamp((paneWidth * picture.height) / picture.width, 100, Math.max(140, tallest)));
    const scale = Math.min(paneWidth / picture.width, height / picture.height);
    // What runs out of the window counts less: a pane is never lower than 140, however many there are.
    const total = rows * (height + captionHeight) + GAP * (rows - 1);
    const score = (scale * (1 - 0.04 * (rows * columns - count))) / Math.max(1, total / room);
    if (!best || score > best.score * 1.02) best = { columns, width: paneWidth, height, score };
  }
  return best;
}

// --- pointer, wheel and keys --------------------------------------------------------------------

const pointers = new Map();
let gesture = null;

const stageAt = (event) => event.target.closest && event.target.closest('.stage');

// (x, y) of a pointer from the centre of its pane in CSS pixels
function fromCentre(event, stage) {
  const rect = stage.getBoundingClientRect();
  return [event.clientX - rect.left - rect.width / 2, event.clientY - rect.top - rect.height / 2];
}

function onImage([dx, dy]) {
  const scale = view.zoom / density();
  return [view.x + dx / scale, view.y + dy / scale];
}

grid.addEventListener('pointerdown', (event) => {
  const stage = stageAt(event);
  if (!stage || event.button > 0 || !picture.panes) return;
  if (event.pointerType === 'mouse') event.preventDefault();   // no image ghost, no text selection
  root.focus({ preventScroll: true });
  stage.setPointerCapture(event.pointerId);
  pointers.set(event.pointerId, [event.clientX, event.clientY]);
  const at = fromCentre(event, stage);
  gesture = pointers.size > 1
    ? { kind: 'pinch', stage, moved: true }
    : { kind: drawing || event.shiftKey ? 'box' : 'pan', stage, at, from: onImage(at), moved: false };
});

grid.addEventListener('pointermove', (event) => {
  if (!pointers.has(event.pointerId) || !gesture) return;
  const before = pointers.get(event.pointerId);
  const now = [event.clientX, event.clientY];
  if (gesture.kind === 'pinch') return pinch(event, before, now);
  const at = fromCentre(event, gesture.stage);
  if (!gesture.moved && Math.hypot(at[0] - gesture.at[0], at[1] - gesture.at[1]) < 4) return;
  gesture.moved = true;
  pointers.set(event.pointerId, now);
  root.classList.add(gesture.kind === 'box' ? 'boxing' : 'panning');
  if (gesture.kind === 'box') return setCrop(boxBetween(gesture.from, onImage(at)));
  const [x, y] = onImage(at);
  view.x += gesture.from[0] - x;
  view.y += gesture.from[1] - y;
  view.fit = false;
  place();
});

function pinch(event, before, now) {
  const [other] = [...pointers].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
  pointers.set(event.pointerId, now);
  if (!other) return;
  const span = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]) || 1;
  const rect = gesture.stage.getBoundingClientRect();
  const middle = [0, 1].map((axis) => (now[axis] + other[axis]) / 2);
  const at = [middle[0] - rect.left - rect.width / 2, middle[1] - rect.top - rect.height / 2];
  const scale = view.zoom / density();
  view.x -= (now[0] - before[0]) / 2 / scale;
  view.y -= (now[1] - before[1]) / 2 / scale;
  zoomTo((view.zoom * span(now, other)) / span(before, other), at);
}

function release(event) {
  if (!pointers.delete(event.pointerId) || !gesture) return;
  root.classList.remove('boxing', 'panning');
  if (event.type === 'pointerup' && !gesture.moved) cropAround(gesture.from);
  if (!pointers.size) gesture = null;
  else gesture = { kind: 'pinch', stage: gesture.stage, moved: true };
}
grid.addEventListener('pointerup', release);
grid.addEventListener('pointercancel', release);

grid.addEventListener('dblclick', (event) => {
  if (!stageAt(event)) return;
  undoClick();
  fit();
});

// A scroll that began outside goes on past the pictures: only a fresh turn of the wheel zooms.
let scrolled = 0;
window.addEventListener('wheel', (event) => {
  if (!event.defaultPrevented) scrolled = event.timeStamp;
}, { passive: true });
grid.addEventListener('wheel', (event) => {
  const stage = stageAt(event);
  if (!stage || !picture.panes) return;
  const zooming = event.ctrlKey || event.timeStamp - scrolled > 300;
  if (!zooming || (view.fit && event.deltaY > 0 && !event.ctrlKey)) return;
  event.preventDefault();
  const lines = event.deltaMode === 1 ? 16 : 1;
  const factor = Math.exp(-clamp(event.deltaY * lines, -240, 240) * (event.ctrlKey ? 0.01 : 0.002));
  const fits = view.zoom * factor <= fitZoom() && event.deltaY > 0 && fitZoom() < 1;
  if (fits) fit();
  else zoomTo(view.zoom * factor, fromCentre(event, stage));
}, { passive: false });

const actions = {
  in: () => step(1),
  out: () => step(-1),
  fit,
  actual: () => zoomTo(1),
  smooth: () => {
    toggle('smooth', root.classList.toggle('smooth'));
    place();
  },
  box: () => toggle('box', (drawing = root.classList.toggle('drawing'))),
  help: () => {
    find('.help').hidden = !find('.help').hidden;
    find('[data-do=help]').setAttribute('aria-expanded', !find('.help').hidden);
  },
  cancel: () => trigger('cancel'),
  again: () => trigger('again'),
};

function toggle(name, on) {
  find(`[data-do=${name}]`).setAttribute('aria-pressed', on);
}

root.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (!button) return;
  if (button.dataset.do) actions[button.dataset.do]();
  else if (button.dataset.solo !== undefined) alone(button.dataset.solo);
});

const KEYS = {
  '+': 'in', '=': 'in', '-': 'out', 0: 'fit', p: 'actual', s: 'smooth', c: 'box', '?': 'help',
};
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function onKey(event) {
  if (!root.isConnected) return document.removeEventListener('keydown', onKey);
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (/^[1-9]$/.test(key)) alone([...panes.keys()].sort(byPlace)[key - 1]);
  else if (key === 'Escape') escape();
  else if (key in KEYS) actions[KEYS[key]]();
  else if (key in ARROWS && document.activeElement === root) moveCrop(...ARROWS[key]);
  else return;
  event.preventDefault();
}
document.addEventListener('keydown', onKey);

const byPlace = (a, b) => panes.get(a).node.compareDocumentPosition(panes.get(b).node) & 2 ? 1 : -1;

function typing(target) {
  const kind = (target.type || '').toLowerCase();
  return target.isContentEditable || target.matches('textarea, select') ||
    (target.matches('input') && !['radio', 'checkbox', 'button', 'file'].includes(kind));
}

function escape() {
  if (!find('.help').hidden) actions.help();
  else if (drawing) actions.box();
  else alone(null);
}

new ResizeObserver(() => layOut()).observe(grid);
window.addEventListener('resize', () => layOut());
watch('value', show);
queueMicrotask(show);
