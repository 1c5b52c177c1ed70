// What can be laid over the panes: each method's error, and where the methods disagree.

import { make } from '../common.js';

const NOTES = {
  errors: 'Errors: how far each pixel is from the original, four times as bright.',
  invented: 'In magenta what SRGAN adds that is gone when its picture is reduced again: a likely guess, no evidence.',
  heat: 'Where the methods disagree: there the small picture leaves open what the large one is.',
};

export default class Overlays {
  constructor(root) {
    this.root = root;
    this.spot = -1;                               // of the picture's spots, the one looked at
    this.run = 0;
  }

  is(name) {
    return this.root.classList.contains(name);
  }

  toggle(name) {
    return this.root.classList.toggle(name);
  }

  // What is said about what is laid over; '' where there is nothing.
  get note() {
    return Object.keys(NOTES).filter((name) => this.is(name)).map((name) => NOTES[name]).join(' ');
  }

  draw(picture, panes) {
    if (picture.run !== this.run) this.spot = -1;
    this.run = picture.run;
    const original = panes.get('original');
    for (const pane of panes.values()) {
      const method = pane.id !== 'original' && pane.id !== 'input';
      const minus = this.is('errors') && method ? original?.image || original?.part : null;
      lay(pane, 'minus', minus && pane.hasPixels ? minus : null);
      lay(pane, 'heat', this.is('heat') && file(picture.heat));
      lay(pane, 'invented', pane.id === 'srgan' && this.is('invented') && file(picture.invented));
    }
  }

  // The next place of most disagreement: [x, y] in image pixels, and how it is called.
  next({ spots }) {
    if (!spots?.length) return null;
    this.spot = (this.spot + 1) % spots.length;
    return { at: spots[this.spot], name: `Spot ${this.spot + 1} of ${spots.length}.` };
  }
}

function file(data) {
  if (!data) return null;
  const image = make('img');
  image.src = data.url;
  return image;
}

function lay(pane, name, image) {
  const before = pane.layer.querySelector(`.${name}`);
  if (before && image && before.src === image.src) return;
  before?.remove();
  if (!image) return;
  const over = image.cloneNode();
  over.classList.add(name);
  over.alt = '';
  pane.layer.append(over);
}
