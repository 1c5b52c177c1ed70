// One picture of the viewer with its caption: a stage, and in it a layer that is moved and scaled.

import { decoded, density, make } from '../common.js';
import { boxOnStage, contains } from './geometry.js';

const SAVE = '<svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true"><path d="M8 2v8M4.5 7 8 10.5 11.5 7M2.5 13.5h11" fill="none" stroke="currentColor" stroke-width="1.5"/></svg>';

export default class Pane {
  constructor(id) {
    this.id = id;
    this.label = '';
    this.url = null;                              // of all of it
    this.first = null;                            // {url, box}: the part that is loaded at first
    this.asked = false;                           // all of it is wanted
    this.image = null;                            // an img once it is loaded, of all …
    this.part = null;                             // … or of the part
    this.node = make('figure', 'pane');
    this.node.dataset.pane = id;
    this.stage = make('div', 'stage');
    this.layer = make('div', 'layer');
    this.box = make('div', 'box');
    this.box.hidden = true;
    this.wait = make('div', 'wait');
    this.meter = make('span', 'meter');
    this.meter.append(make('i'));
    this.wait.append(make('p'), this.meter);
    this.stage.append(this.layer, this.box, this.wait);
    this.caption = make('figcaption');
    this.save = make('a', 'save');
    this.save.innerHTML = SAVE;
    this.save.hidden = true;
    this.caption.append(make('kbd'), make('b'), make('span', 'facts'), this.save);
    this.node.append(this.stage, this.caption);
  }

  // `whole` is the value that the pane's data is part of; `ready` is called with a new image.
  fill(data, whole, ready) {
    this.label = data.label;
    this.picture = whole.name;
    this.ready = ready;
    this.layer.style.width = `${whole.width}px`;
    this.layer.style.height = `${whole.height}px`;
    this.caption.querySelector('kbd').textContent = data.key;
    const name = this.caption.querySelector('b');
    name.textContent = data.label;
    name.title = [data.paper, data.idea].filter(Boolean).join(' — ');
    showFacts(this.caption.querySelector('.facts'), data.facts);
    this.wait.firstChild.textContent = data.idea;
    this.meter.classList.toggle('on', typeof data.progress === 'number');
    this.meter.firstChild.style.width = `${Math.round((data.progress || 0) * 100)}%`;
    this.node.classList.toggle('pending', !data.file);
    const url = data.file ? data.file.url : null;
    if (url !== this.url) this.turnTo(url, data);
    if (data.first?.url !== this.first?.url) this.showFirst(data.first, whole.first);
  }

  turnTo(url, { file }) {
    this.url = url;
    this.asked = false;
    this.stale = [this.image, this.part];         // until the next is there: no flash
    this.image = this.part = this.first = null;
    this.save.hidden = !url;
    if (!url) return this.sweep();
    this.save.href = url;
    this.save.download = file.orig_name;
    this.save.title = `Save ${file.orig_name}`;
    this.save.setAttribute('aria-label', this.save.title);
  }

  showFirst(file, box) {
    this.first = file && { url: file.url, box };
    if (file && !this.image && !this.asked) {
      this.load(file.url, (image) => {
        const [left, top, width, height] = box;
        image.className = 'part';
        const at = { left, top, width, height };
        for (const [side, value] of Object.entries(at)) image.style[side] = `${value}px`;
        this.part?.remove();
        this.part = image;
      }, () => this.first?.url === file.url && !this.image);
    }
  }

  askAll() {
    const { url } = this;
    if (this.asked || !url) return;
    this.asked = true;
    this.load(url, (image) => {
      this.part?.remove();
      this.part = null;
      this.image = image;
    }, () => this.url === url);
  }

  load(url, keep, isWanted) {
    const image = new Image();
    image.alt = `${this.label}: ${this.picture}`;
    image.draggable = false;
    image.onerror = () => {                        // a broken picture shows its text
      image.alt = `${this.label} is not kept any more: choose the photo again.`;
    };
    image.src = url;
    decoded(image).then(() => {
      if (!isWanted()) return;
      keep(image);
      this.sweep();
      this.layer.prepend(image);                  // below what is laid over it
      this.ready();
    });
  }

  sweep() {
    for (const image of this.stale || []) image?.remove();
    this.stale = null;
  }

  get hasPixels() {
    return Boolean(this.image || this.part);
  }

  // `side` is "left" or "right" of a divider, else "".
  resize({ width, height }, alone, side) {
    this.node.classList.toggle('shown', alone || side !== '');
    this.node.classList.toggle('right', side === 'right');
    this.node.style.width = `${width}px`;
    this.stage.style.height = `${height}px`;
  }

  place(transform, view, stage, picture, smooth) {
    Object.assign(this, { view, size: stage });
    this.layer.style.transform = transform;
    // Reduced pictures are always blended: skipping pixels would show jags that are not there.
    const enlarged = view.zoom / this.fineness(picture) >= 0.999;
    this.layer.classList.toggle('exact', enlarged && !smooth);
  }

  // Pixels of the file for one of the picture: less than 1 for the small input.
  fineness({ width }) {
    if (this.image) return this.image.naturalWidth / width;
    return this.part ? this.part.naturalWidth / this.first.box[2] : 1;
  }

  mark(box) {
    this.box.hidden = false;
    const at = boxOnStage(box, this.view, this.size, density());
    ['left', 'top', 'width', 'height'].forEach((side, i) => { this.box.style[side] = `${at[i]}px`; });
  }

  // Draws a box of the picture into a context of that size; false while its pixels are not there.
  draw(context, box, picture, [width, height]) {
    const isInPart = this.first && contains(this.first.box, box);
    if (!this.image && !isInPart) this.askAll();
    const image = this.image || (isInPart && this.part);
    if (!image) return false;
    const from = this.image ? [0, 0] : this.first.box;
    const fine = this.fineness(picture);
    const source = [box[0] - from[0], box[1] - from[1], box[2], box[3]].map((side) => side * fine);
    context.drawImage(image, ...source, 0, 0, width, height);
    return true;
  }
}

export function showFacts(node, facts) {
  node.replaceChildren(...(facts || []).map((fact) => {
    const span = make('span', '', fact.text);
    span.title = fact.title;
    return span;
  }));
}
