// The lab: the picture at α between its two ends, and the plane that it moves on.
// Python sends every step's URL; from then on the slider works in the page alone.

const root = element.querySelector('.lab');
const find = (selector) => root.querySelector(selector);
const all = (selector) => [...root.querySelectorAll(selector)];
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const density = () => window.devicePixelRatio || 1;
const BRIEF = 30;                                 // seconds that may be spent without asking

let lab = { state: 'none' };                      // the value from Python
let kind = 'networks';
let alpha = 0.5;
let begun = '';                                   // the picture whose steps were asked for
let truth = false;                                // the original stands in the middle
let visible = false;
let ticks = 0;
const view = { zoom: 2, x: 0, y: 0 };             // zoom: screen pixels per image pixel, 0 fits
const images = new Map();                         // URL -> image, loaded ahead

const HOW = {
  networks: 'Every weight is (1 − α)·SRResNet + α·SRGAN: one network with an idea of its own.',
  pictures: 'Every pixel is (1 − α)·SRResNet + α·SRGAN: both pictures, seen through each other.',
};

// --- news from Python ---------------------------------------------------------------------------

function show() {
  if (!props.value || !props.value.state) return;
  const before = lab;
  lab = props.value;
  root.dataset.state = lab.state;
  find('.say').textContent = lab.interpolated ? '' : lab.say;
  if (lab.interpolated) {
    if (lab.key !== before.key) begin();
    for (const file of [...Object.values(lab.files), ...Object.values(lab.interpolated).flatMap(Object.values)]) {
      ahead(file.url);
    }
    showRun();
    drawPlane();
    showAlpha();
    if (lab.state === 'ready' && begun !== lab.key && lab.seconds && lab.seconds < BRIEF) sweep();
  }
}

function begin() {
  images.clear();
  alpha = 0.5;
  Object.assign(view, { zoom: 2, x: lab.focus[0], y: lab.focus[1] });
  find('.slide input').value = alpha;
}

function ahead(url) {
  if (images.has(url)) return;
  const image = new Image();
  image.draggable = false;
  image.src = url;
  images.set(url, image);
}

function showRun() {
  const percent = Math.round((lab.progress || 0) * 100);
  find('.meter i').style.width = `${percent}%`;
  find('.meter').setAttribute('aria-valuenow', percent);
  find('.message').textContent = lab.say;
}

// What is compared may still be on its way, and another page may be at work on the same picture.
// By the clock: an answer that equals the last one is no news, and would not go on by itself.
setInterval(() => {
  if (!visible || !root.isConnected) return;
  ticks += 1;
  const every = { waiting: 1, none: 3, busy: 5 }[lab.state];
  if (every && ticks % every === 0) trigger('look');
}, 800);

function sweep() {
  begun = lab.key;
  trigger('sweep');
}

// --- the picture at α ---------------------------------------------------------------------------

function nearest() {
  const ready = Object.keys(lab.interpolated[kind]).map(Number);
  return ready.reduce((best, a) => (Math.abs(a - alpha) < Math.abs(best - alpha) ? a : best), ready[0] ?? null);
}

function showAlpha() {
  const ends = [lab.files.srresnet, lab.files.srgan];
  const at = nearest();
  const file = at === null ? ends[alpha < 0.5 ? 0 : 1] : lab.interpolated[kind][at];
  put('0', ends[0], 'SRResNet');
  put('1', ends[1], 'SRGAN');
  put('', truth ? lab.files.original : file, truth ? 'Original' : `α = ${at}`);
  find('.alpha-name').textContent = truth ? 'Original' : at === null ? '' : `α = ${at}`;
  find('.facts').textContent = truth || at === null ? '' : lab.facts[kind][at];
  find('[data-do=original]').setAttribute('aria-pressed', truth);
  find('.how').textContent = HOW[kind];
  for (const button of all('[data-kind][aria-pressed]')) {
    button.setAttribute('aria-pressed', button.dataset.kind === kind);
  }
  markNow(at);
  place();
}

function put(end, file, label) {
  const layer = find(`[data-end="${end}"] .layer`);
  const key = file ? file.url : '';
  if (layer.dataset.url === key) return;
  layer.dataset.url = key;
  if (!file) return layer.replaceChildren();
  // A copy: one picture may stand in two panes. It is decoded, then swapped in: no flash.
  const image = images.get(file.url).cloneNode();
  image.alt = `${label}: ${lab.name}`;
  image.decode().catch(() => {}).then(() => {
    if (layer.dataset.url === key) layer.replaceChildren(image);
  });
}

function place() {
  if (!lab.interpolated) return;
  for (const stage of all('.stage')) {
    const { clientWidth: width, clientHeight: height } = stage;
    if (!width) continue;
    const zoom = view.zoom || Math.min(width / lab.width, height / lab.height) * density();
    const scale = zoom / density();
    const snap = (value) => Math.round(value * density()) / density();
    const hold = (centre, whole, seen) =>
      (seen >= whole ? whole / 2 : clamp(centre, seen / 2, whole - seen / 2));
    const x = hold(view.x, lab.width, width / scale);
    const y = hold(view.y, lab.height, height / scale);
    if (stage.parentNode.dataset.end === '') Object.assign(view, { x, y });
    stage.firstElementChild.style.transform =
      `translate(${snap(width / 2 - x * scale)}px, ${snap(height / 2 - y * scale)}px) scale(${scale})`;
    stage.classList.toggle('exact', zoom >= 0.999);   // reduced pictures are blended, not skipped
  }
  root.classList.toggle('zoomed', view.zoom > 0);
  for (const button of all('[data-zoom]')) {
    button.setAttribute('aria-pressed', Number(button.dataset.zoom) === view.zoom);
  }
}

const panes = find('.panes');
let from = null;
panes.addEventListener('pointerdown', (event) => {
  const stage = event.target.closest('.stage');
  if (!stage || event.button > 0 || !view.zoom) return;
  event.preventDefault();
  panes.focus({ preventScroll: true });
  stage.setPointerCapture(event.pointerId);
  from = { x: event.clientX, y: event.clientY, at: { ...view } };
  root.classList.add('panning');
});
panes.addEventListener('pointermove', (event) => {
  if (!from) return;
  const scale = view.zoom / density();
  view.x = from.at.x - (event.clientX - from.x) / scale;
  view.y = from.at.y - (event.clientY - from.y) / scale;
  place();
});
for (const name of ['up', 'cancel']) {
  panes.addEventListener(`pointer${name}`, () => {
    from = null;
    root.classList.remove('panning');
  });
}
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
panes.addEventListener('keydown', (event) => {
  if (!(event.key in ARROWS) || !view.zoom) return;
  event.preventDefault();
  event.stopPropagation();
  const step = (40 * density()) / view.zoom;
  view.x += ARROWS[event.key][0] * step;
  view.y += ARROWS[event.key][1] * step;
  place();
});

find('.slide input').addEventListener('input', (event) => {
  alpha = Number(event.target.value);
  truth = false;
  showAlpha();
});

root.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (!button) return;
  const { kind: next, zoom, figure } = button.dataset;
  if (next) kind = next;
  if (zoom) view.zoom = Number(zoom);
  if (figure) trigger('draw', { suffix: figure });
  if (button.dataset.do === 'original') truth = !truth;
  else truth = truth && !next;
  if (button.dataset.do === 'sweep') sweep();
  if (button.dataset.do === 'cancel') trigger('cancel');
  showAlpha();
});

new ResizeObserver(() => {
  place();
  drawPlane();
}).observe(root);
new IntersectionObserver(([entry]) => {
  if (entry.isIntersecting && !visible) trigger('look');
  visible = entry.isIntersecting;
}).observe(root);
watch('value', show);
queueMicrotask(show);
