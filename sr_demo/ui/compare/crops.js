// The crop: a box on every pane, and beneath them the same pixels of each, enlarged.
// Pixels are drawn here from the PNGs; PSNR and SSIM of the crop come from Python.

import { density, make } from '../common.js';
import { times } from '../format.js';
import { boxAround, boxMoved, clampedBox, columnWidth, cropSize, enlargement } from './geometry.js';
import { showFacts } from './pane.js';

const AGAIN = 3000;                               // ms without scores until they are asked for anew
const TRIES = 20;

export default class Crops {
  // `ask` is told {run, box} when the scores of a box are wanted; `score` takes them. `moved` is
  // called whenever the box may lie elsewhere.
  constructor(strip, { ask, moved, gap }) {
    Object.assign(this, { strip, ask, moved, gap });
    this.crops = strip.querySelector('.crops');
    this.sides = [...strip.querySelectorAll('input')];   // x, y, w, h
    this.picture = {};                            // the viewer's latest value
    this.panes = [];
    this.drawn = new Map();                       // pane -> its crop on the page
    this.room = 0;                                // width for all columns, in CSS pixels
    this.columns = 1;
    this.box = null;                              // [left, top, width, height] in image pixels
    this.before = null;                           // the box before the last click
    this.own = null;                              // the box that was chosen here, by nobody
    this.chosen = false;                          // someone has moved the box since
    this.pinned = false;                          // the box stays in other pictures, too
    this.scores = null;
    this.asked = '';
    this.timer = 0;
    for (const side of this.sides) side.addEventListener('change', () => this.typed());
  }

  // A new value from Python: keep the crop on the same picture, else begin at the telling place.
  follow(picture, panes) {
    const other = picture.name !== this.picture.name;
    if (picture.run !== this.picture.run) this.chosen = false;
    Object.assign(this, { picture, panes });
    this.strip.hidden = false;
    if (this.pinned && this.box && other) {
      this.box = clampedBox(this.box, picture);
      this.chosen = true;
    }
    if (!this.chosen) this.begin();
    this.draw();
    this.askScores();
  }

  begin() {
    const { box, focus } = this.picture;
    const known = box && String(box) !== String(this.own);
    if (known) this.box = box;
    else if (focus && this.room) this.box = this.own = boxAround(focus, this.size, this.picture);
    else this.box = null;
  }

  layOut(width, columns) {
    this.room = width;
    this.columns = columns;
    if (!this.box && this.picture.focus) this.follow(this.picture, this.panes);
    else this.draw();
  }

  // --- the box ----------------------------------------------------------------------------------

  get column() {
    return columnWidth(this.room, this.columns, this.gap);
  }

  get size() {
    return cropSize(this.column, this.picture);
  }

  set(box) {
    this.box = box;
    this.chosen = true;
    this.draw();
    this.askScores();
  }

  around(point) {
    this.before = this.box;
    this.set(boxAround(point, this.box ? this.box.slice(2) : this.size, this.picture));
  }

  undo() {
    if (this.before) this.set(this.before);
  }

  move(direction) {
    if (this.box) this.set(boxMoved(this.box, direction, this.picture));
  }

  typed() {
    const values = this.sides.map((side) => Math.round(side.valueAsNumber));
    if (this.box && values.every(Number.isFinite)) this.set(clampedBox(values, this.picture));
    else this.draw();                             // what was there
  }

  pin() {
    this.pinned = !this.pinned;
    return this.pinned;
  }

  // --- drawing ----------------------------------------------------------------------------------

  draw() {
    if (!this.box || !this.panes.length) return;
    this.moved();
    const [, , width, height] = this.box;
    const rows = Math.ceil(this.panes.length / this.columns);
    const room = Math.max(64, (window.innerHeight - 48) / rows - 56);   // its title, its captions
    const scale = enlargement([width, height], this.column, room, density());
    this.crops.style.setProperty('--columns', this.columns);
    this.sides.forEach((side, i) => {
      side.max = [this.picture.width, this.picture.height][i % 2];
      if (side !== document.activeElement || !side.validity.valid) side.value = this.box[i];
    });
    this.strip.querySelector('.enlarged').textContent = `enlarged ${times(scale)}`;
    this.drawn = new Map(this.panes.map((pane) => [pane, this.drawn.get(pane) || newCrop(pane)]));
    for (const pane of this.panes) this.drawCrop(pane, scale);
    this.crops.replaceChildren(...[...this.drawn.values()].map(({ node }) => node));
    this.showScores();
  }

  drawCrop(pane, scale) {
    const { canvas, caption } = this.drawn.get(pane);
    const [, , width, height] = this.box;
    const shrink = Math.min(1, scale * density());   // never more pixels than the screen shows
    const size = [width, height].map((side) => Math.max(1, Math.round(side * shrink)));
    [canvas.width, canvas.height] = size;
    canvas.style.width = `${width * scale}px`;
    canvas.style.height = `${height * scale}px`;
    canvas.setAttribute('aria-label', `${pane.label}, crop`);
    caption.querySelector('b').textContent = pane.label;
    const context = canvas.getContext('2d');
    context.imageSmoothingEnabled = shrink < 1;
    pane.draw(context, this.box, this.picture, size);
  }

  // --- scores -----------------------------------------------------------------------------------

  askScores() {
    const { run, panes } = this.picture;
    const done = panes.filter((pane) => pane.file).map((pane) => pane.id);
    const question = JSON.stringify([run, this.box, done]);
    if (!this.box || question === this.asked) return;
    clearTimeout(this.timer);
    const ask = (left) => {
      this.asked = question;
      this.ask({ run: this.picture.run, box: this.box });
      // While an event is on its way Gradio keeps the newest for later, and sometimes loses it.
      if (left) this.timer = setTimeout(() => this.stale && ask(left - 1), AGAIN);
    };
    this.timer = setTimeout(ask, 60, TRIES);
  }

  get stale() {
    return this.strip.classList.contains('stale');
  }

  score(scores) {
    this.scores = scores;
    this.showScores();
  }

  showScores() {
    const { scores } = this;
    const sameRun = scores && scores.run === this.picture.run;
    const current = sameRun && String(scores.box) === String(this.box);
    this.strip.classList.toggle('stale', !current);
    if (sameRun && !current) return;              // only the crop moved: the old ones are dimmed
    for (const [pane, { caption }] of this.drawn) {
      showFacts(caption.querySelector('.facts'), current ? scores.of[pane.id] : []);
    }
  }
}

function newCrop(pane) {
  const node = make('figure', 'crop');
  node.dataset.pane = pane.id;
  const canvas = make('canvas');
  canvas.setAttribute('role', 'img');
  const caption = make('figcaption');
  caption.append(make('b'), make('span', 'facts'));
  node.append(canvas, caption);
  return { node, canvas, caption };
}
