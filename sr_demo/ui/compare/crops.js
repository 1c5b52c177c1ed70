// The crop: a box on every pane, and beneath them the same pixels of each, enlarged.
// Pixels are drawn here from the PNGs; PSNR and SSIM of the crop come from Python.

import { density, make } from '../common.js';
import { times } from '../format.js';
import { boxAround, boxMoved, columnWidth, cropSize, enlargement } from './geometry.js';
import { showFacts } from './pane.js';

const AGAIN = 3000;                               // ms without scores until they are asked for anew
const TRIES = 20;

export default class Crops {
  // `ask` is told {run, box} when the scores of a box are wanted; `score` takes them.
  constructor(strip, ask, gap) {
    Object.assign(this, { strip, ask, gap });
    this.crops = strip.querySelector('.crops');
    this.picture = {};                            // the viewer's latest value
    this.panes = [];
    this.drawn = new Map();                       // pane -> its crop on the page
    this.room = 0;                                // width for all columns, in CSS pixels
    this.columns = 1;
    this.box = null;                              // [left, top, width, height] in image pixels
    this.before = null;                           // the box before the last click
    this.scores = null;
    this.asked = '';
    this.timer = 0;
  }

  get width() {
    return this.crops.clientWidth;
  }

  // A new value from Python: keep the crop on the same picture, else begin where there is detail.
  follow(picture, panes) {
    Object.assign(this, { picture, panes });
    this.strip.hidden = false;
    this.room = this.width || this.room;          // it could not be measured while it was hidden
    if (picture.box) this.box = picture.box;
    else if (picture.focus) this.box = boxAround(picture.focus, this.size, picture);
    this.draw();
    this.askScores();
  }

  layOut(width, columns) {
    this.room = width;
    this.columns = columns;
    this.draw();
  }

  // --- the box ----------------------------------------------------------------------------------

  get size() {
    return cropSize(columnWidth(this.room, this.columns, this.gap));
  }

  set(box) {
    this.box = box;
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

  // --- drawing ----------------------------------------------------------------------------------

  draw() {
    if (!this.box || !this.panes.length) return;
    const [left, top, width, height] = this.box;
    for (const pane of this.panes) pane.mark(this.box);
    const { columns, scale } = enlargement(width, this.room, this.columns, this.gap, density());
    this.crops.style.setProperty('--columns', columns);
    this.strip.querySelector('.where').textContent =
      `${width} × ${height} px at ${left}, ${top}, enlarged ${times(scale)}`;
    this.drawn = new Map(this.panes.map((pane) => [pane, this.drawn.get(pane) || newCrop(pane)]));
    for (const pane of this.panes) this.drawCrop(pane, scale);
    this.crops.replaceChildren(...[...this.drawn.values()].map(({ node }) => node));
    this.showScores();
  }

  drawCrop(pane, scale) {
    const { canvas, caption } = this.drawn.get(pane);
    const [left, top, width, height] = this.box;
    Object.assign(canvas, { width, height });
    canvas.style.width = `${width * scale}px`;
    canvas.style.height = `${height * scale}px`;
    canvas.setAttribute('aria-label', `${pane.label}, crop`);
    caption.querySelector('b').textContent = pane.label;
    if (!pane.image?.naturalWidth) return;
    const context = canvas.getContext('2d');
    context.imageSmoothingEnabled = false;
    const ratio = pane.image.naturalWidth / this.picture.width;   // below 1 for the small input
    const source = [left, top, width, height].map((value) => value * ratio);
    context.drawImage(pane.image, ...source, 0, 0, width, height);
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
