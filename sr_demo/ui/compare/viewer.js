// The synced viewer. One view — a zoom and the image point at the centre — is shown by every pane.

import { ARROWS, calm, density, finders, hear, make, makeButton, press, tell } from '../common.js';
import { clamp, fitZoom, held, transform } from '../geometry.js';
import Crops from './crops.js';
import { MAX_ZOOM, bestGrid, nextZoom, offGrid, zoomed } from './geometry.js';
import Gestures from './gestures.js';
import Pane from './pane.js';

const GAP = 8;                                    // CSS pixels between panes
const WAITING = 'Waiting …';
const KEYS = {
  '+': 'in', '=': 'in', '-': 'out', 0: 'fit', p: 'actual', s: 'smooth', c: 'box', '?': 'help',
};

// `value` is what Python's `view` makes, `scores` what PSNR and SSIM are inside the crop. Sends
// "crop" {run, box}, "cancel" and "again".
export default class Viewer {
  constructor(root, values, send) {
    Object.assign(this, { root, send });
    [this.find] = finders(root);
    this.grid = this.find('.grid');
    this.panes = new Map();                       // id -> Pane, in their order on the page
    this.view = { zoom: 1, x: 0, y: 0 };
    this.fits = true;                             // the view is the whole picture
    this.picture = { run: 0, width: 1, height: 1 };   // the latest value
    this.size = { width: 1, height: 1 };          // of each pane's stage, in CSS pixels
    this.turn = 0;
    this.state = '';
    this.solo = null;                             // id of the pane that is shown alone
    this.drawing = false;                         // dragging draws a crop instead of panning
    this.summoned = false;                        // to be brought forward once it can be seen
    this.crops = new Crops(this.find('.strip'), (asked) => send('crop', asked), GAP);
    this.actions = this.makeActions();
    this.listen();
    this.update(values);
  }

  update({ value, scores }) {
    if (value) this.show(value);
    if (scores) this.crops.score(scores);
  }

  show(value) {
    if (!value.panes || value.turn < this.turn) return;   // news of a job since cancelled
    const turned = value.turn !== this.turn || value.state !== this.state;
    this.turn = value.turn;
    this.state = value.state;
    this.showRun(value);
    if (value.panes.length) this.showPanes(value);
    if (turned) tell('compared');
    if (value.state === 'begin') this.send('again');
  }

  showPanes(value) {
    const before = this.picture;
    const changed = ['width', 'height', 'name'].some((key) => value[key] !== before[key]);
    this.picture = value;
    this.root.dataset.state = value.state;
    this.keepPanes(value);
    if (this.solo && !this.panes.has(this.solo)) this.solo = null;
    if (changed) this.fits = true;
    if (changed && before.panes && this.isBelow()) {
      this.root.scrollIntoView({ behavior: calm() ? 'auto' : 'smooth' });
    }
    this.showTabs(value.panes);
    this.layOut();
    this.crops.follow(value, [...this.panes.values()]);
  }

  isBelow() {                                     // as on a phone
    return this.find('.bar').getBoundingClientRect().top > window.innerHeight * 0.7;
  }

  keepPanes(value) {
    const before = this.panes;
    this.panes = new Map(value.panes.map(({ id }) => [id, before.get(id) || new Pane(id)]));
    for (const [id, pane] of before) if (!this.panes.has(id)) pane.node.remove();
    value.panes.forEach((data, index) => {
      const pane = this.panes.get(data.id);
      if (this.grid.children[index] !== pane.node) {
        this.grid.insertBefore(pane.node, this.grid.children[index]);
      }
      pane.fill(data, index, value, () => {
        this.place();
        this.crops.draw();
      });
    });
  }

  showRun(value) {
    this.find('.run').dataset.state = value.state || '';
    const percent = Math.round((value.progress || 0) * 100);
    const meter = this.find('.run .meter');
    meter.firstChild.style.width = `${percent}%`;
    meter.setAttribute('aria-valuenow', percent);
    const running = value.panes.find((pane) => typeof pane.progress === 'number');
    this.find('.run .message').textContent = {
      waiting: WAITING,
      busy: running ? `${running.progress < 1 ? '' : 'Scoring '}${running.label} …` : 'Starting …',
      stopped: 'Stopped.',
      full: 'Too many people are comparing right now. What is shown here stays; try again in a moment.',
    }[value.state] || '';
  }

  wait(ahead) {
    if (this.state !== 'waiting') return;
    this.find('.run .message').textContent = `${WAITING} ${ahead} ahead of you`;
  }

  // --- one picture or all -----------------------------------------------------------------------

  showTabs(list) {
    const tabs = this.find('.tabs');
    const items = [{ id: '', label: 'All', key: 'Esc' }, ...list.map(({ id, label }, index) =>
      ({ id, label, key: index + 1 }))];
    if (tabs.dataset.items !== JSON.stringify(items)) {
      tabs.dataset.items = JSON.stringify(items);
      tabs.replaceChildren(...items.map(({ id, label, key }) => {
        const button = makeButton('', () => this.alone(id));
        button.dataset.solo = id;
        button.append(make('kbd', '', key), label);
        return button;
      }));
    }
    for (const button of tabs.children) press(button, button.dataset.solo === (this.solo || ''));
  }

  alone(id) {
    if (id && !this.panes.has(id)) return;
    this.solo = id || null;
    this.showTabs(this.picture.panes || []);
    this.layOut();
  }

  // Another tab asks for a picture: this one is in front at once, or as soon as it has a size.
  open(id) {
    if (!this.panes.has(id)) return;
    this.alone(id);
    this.summoned = true;
    this.comeForward();
  }

  comeForward() {
    if (!this.summoned || !this.grid.clientWidth) return;
    this.summoned = false;
    this.find(`[data-solo="${this.solo || ''}"]`).scrollIntoView({ block: 'nearest' });
    this.root.focus();
  }

  // --- the view ---------------------------------------------------------------------------------

  get fitZoom() {
    return fitZoom(this.picture, this.size, density());
  }

  place() {
    const { picture, size } = this;
    const fit = this.fitZoom;
    if (this.fits) this.view = { zoom: fit, x: picture.width / 2, y: picture.height / 2 };
    this.view = held(this.view, picture, size, density());
    const { zoom } = this.view;
    const shown = transform(this.view, size, density());
    const smooth = this.root.classList.contains('smooth');
    for (const pane of this.panes.values()) pane.place(shown, zoom, picture, smooth);
    this.root.style.setProperty('--unit', density() / zoom);   // a CSS pixel, on the image
    this.root.classList.toggle('zoomed', zoom > fit * 1.001);
    this.find('.zoom').value = `${Math.round(zoom * 100)} %`;
  }

  // `at` is [x, y] in CSS pixels from the centre of the pane.
  zoomTo(zoom, at = [0, 0]) {
    const next = clamp(zoom, Math.min(this.fitZoom, 1), MAX_ZOOM);
    this.view = zoomed(this.view, next, at, density());
    this.fits = Math.abs(next / this.fitZoom - 1) < 1e-3;
    this.place();
  }

  moveBy(dx, dy) {                                // in image pixels
    this.view = { ...this.view, x: this.view.x + dx, y: this.view.y + dy };
    this.fits = false;
    this.place();
  }

  step(direction) {
    this.zoomTo(nextZoom(this.view.zoom, direction, this.fitZoom));
  }

  fit() {
    this.fits = true;
    this.place();
  }

  // --- layout: as large as the pictures can be, on whole screen pixels --------------------------

  layOut() {
    const width = Math.floor(this.grid.clientWidth);
    if (!width || !this.panes.size) return;
    const panes = [...this.panes.values()];
    const captionHeight = Math.max(...panes.map((pane) => pane.caption.offsetHeight));
    const narrow = width < 560;
    const room = narrow ? Infinity : clamp(window.innerHeight * 0.78, 420, 1100);
    const best = bestGrid({
      count: panes.length, image: this.picture, width, room, captionHeight, gap: GAP, narrow,
    });
    this.root.style.setProperty('--columns', best.columns);
    this.grid.classList.toggle('solo', this.solo !== null);
    this.size = this.solo ? this.soloSize(width, best, captionHeight, narrow) : best;
    for (const pane of panes) pane.resize(this.size, pane.id === this.solo);
    this.align();
    this.place();
    this.crops.layOut(this.crops.width || width, best.columns);
  }

  soloSize(width, { rows, height }, captionHeight, narrow) {
    const ratio = this.picture.height / this.picture.width;
    return {
      width,
      height: Math.round(narrow
        ? clamp(width * ratio, 240, window.innerHeight * 0.7)
        : rows * (height + captionHeight) + (rows - 1) * GAP - captionHeight),
    };
  }

  align() {                                       // else every picture is shifted by a fraction
    this.grid.style.transform = '';
    const { left, top } = this.grid.getBoundingClientRect();
    const shift = [offGrid(left, density()), offGrid(top + window.scrollY, density())];
    if (shift.some((value) => Math.abs(value) > 1e-3)) {
      this.grid.style.transform = `translate(${shift[0]}px, ${shift[1]}px)`;
    }
  }

  // --- buttons and keys -------------------------------------------------------------------------

  makeActions() {
    return {
      in: () => this.step(1),
      out: () => this.step(-1),
      fit: () => this.fit(),
      actual: () => this.zoomTo(1),
      smooth: () => {
        this.pressed('smooth', this.root.classList.toggle('smooth'));
        this.place();
      },
      box: () => {
        this.drawing = this.root.classList.toggle('drawing');
        this.pressed('box', this.drawing);
      },
      help: () => {
        const help = this.find('.help');
        help.hidden = !help.hidden;
        this.find('[data-do=help]').setAttribute('aria-expanded', !help.hidden);
      },
      cancel: () => this.send('cancel'),
      again: () => this.send('again'),
    };
  }

  pressed(name, on) {
    press(this.find(`[data-do=${name}]`), on);
  }

  listen() {
    new Gestures(this.grid, this);
    this.root.addEventListener('click', (event) => {
      const name = event.target.closest('button')?.dataset.do;
      if (name) this.actions[name]();
    });
    const onKey = (event) => {
      if (this.root.isConnected) this.onKey(event);
      else document.removeEventListener('keydown', onKey);
    };
    document.addEventListener('keydown', onKey);
    hear('open', ({ pane }) => this.open(pane));
    new ResizeObserver(() => {
      this.layOut();
      this.comeForward();
    }).observe(this.grid);
    window.addEventListener('resize', () => this.layOut());
  }

  onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (/^[1-9]$/.test(key)) this.alone([...this.panes.keys()][key - 1]);
    else if (key === 'Escape') this.escape();
    else if (key in KEYS) this.actions[KEYS[key]]();
    else if (key in ARROWS && document.activeElement === this.root) this.crops.move(ARROWS[key]);
    else return;
    event.preventDefault();
  }

  escape() {
    if (!this.find('.help').hidden) this.actions.help();
    else if (this.drawing) this.actions.box();
    else this.alone(null);
  }
}

function isTyping(target) {
  const kind = (target.type || '').toLowerCase();
  return target.isContentEditable || target.matches('textarea, select') ||
    (target.matches('input') && !['radio', 'checkbox', 'button', 'file'].includes(kind));
}
