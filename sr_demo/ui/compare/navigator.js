// The picture as a map: a frame on it shows what the panes show, and can be dragged there.

import { ARROWS, hear, tell } from '../common.js';

const percent = (part) => `${part * 100}%`;

export default class Navigator {
  // `map` holds the picture and the two frames; `seen` is [left, top, width, height] in fractions.
  constructor(map) {
    this.map = map;
    this.seen = null;
    hear('viewed', ({ view, box }) => {
      this.seen = view;
      this.frame('.seen', view);
      this.frame('.crop', box);
    });
    map.addEventListener('pointerdown', (event) => this.grab(event));
    map.addEventListener('pointermove', (event) => this.drag(event));
    map.addEventListener('keydown', (event) => this.onKey(event));
  }

  frame(selector, box) {
    const node = this.map.querySelector(selector);
    node.hidden = !box;
    const sides = ['left', 'top', 'width', 'height'];
    if (box) sides.forEach((side, i) => { node.style[side] = percent(box[i]); });
  }

  at(event) {
    const { left, top, width, height } = this.map.getBoundingClientRect();
    return [(event.clientX - left) / width, (event.clientY - top) / height];
  }

  // The frame follows from where it is taken; beside it, it comes to the pointer.
  grab(event) {
    if (event.button > 0 || !this.seen) return;
    event.preventDefault();
    this.map.focus({ preventScroll: true });
    this.map.setPointerCapture(event.pointerId);
    const [x, y] = this.at(event);
    const [left, top, width, height] = this.seen;
    const middle = [left + width / 2, top + height / 2];
    const inside = Math.abs(x - middle[0]) < width / 2 && Math.abs(y - middle[1]) < height / 2;
    this.grip = inside ? [middle[0] - x, middle[1] - y] : [0, 0];
    this.drag(event);
  }

  drag(event) {
    if (!this.map.hasPointerCapture(event.pointerId)) return;
    const [x, y] = this.at(event);
    tell('look', { x: x + this.grip[0], y: y + this.grip[1] });
  }

  onKey(event) {
    const arrow = ARROWS[event.key];
    if (!arrow || !this.seen) return;
    event.preventDefault();
    const [left, top, width, height] = this.seen;
    tell('look', {
      x: left + width / 2 + (arrow[0] * width) / 4, y: top + height / 2 + (arrow[1] * height) / 4,
    });
  }
}
