// The perception–distortion plane: Python draws it, here its dots answer.

import { decoded, finders } from '../common.js';
import { boxAt, clamp } from '../geometry.js';

const NARROW = 460;                               // CSS pixels
const TOO_SMALL = '<p>This picture is too small for NIQE, and so for the plane: it takes two ' +
  'textured squares of 96 × 96 pixels.</p>';

// `crop(name)` gives {image, around, whole} of a method's picture; `open(name)` and `choose(kind,
// alpha)` are called when a dot or a point of a curve is.
export default class Plane {
  constructor(root, { crop, open, choose }) {
    Object.assign(this, { root, crop, open, choose });
    [this.find, this.findAll] = finders(root);
    this.chart = this.find('.plane');
    this.tip = this.find('.tip');
    this.drawn = '';
    this.listen();
  }

  // The drawing that fits the width; whether it is another one than before.
  draw(svg) {
    const content = svg ? svg[this.chart.clientWidth < NARROW ? 'narrow' : 'wide'] : TOO_SMALL;
    if (this.drawn === content) return false;
    this.drawn = content;
    const { activeElement } = document;
    const focused = this.chart.contains(activeElement) && activeElement.dataset.name;
    this.chart.innerHTML = content;
    if (focused) this.find(`.dot[data-name="${focused}"]`)?.focus();
    this.hideTip();
    return true;
  }

  // The ring goes where the picture at α lies.
  mark(kind, at) {
    for (const curve of this.findAll('.curve')) curve.classList.toggle('on', curve.dataset.kind === kind);
    const ring = this.find('.now');
    if (!ring) return;
    const point = this.find(`.curve[data-kind=${kind}] [data-alpha="${at}"]`);
    ring.toggleAttribute('hidden', !point);
    if (!point) return;
    const [x, y] = ['cx', 'cy'].map((name) => point.getAttribute(name));
    ring.setAttribute('transform', `translate(${x} ${y})`);
    const text = ring.querySelector('text');
    text.textContent = at > 0 && at < 1 ? `α = ${at}` : '';
    // Beside the ring on the side where there is room
    const { left, right } = ring.ownerSVGElement.getBoundingClientRect();
    const box = ring.querySelector('circle').getBoundingClientRect();
    const leftwards = right - box.right < 0.2 * (right - left);
    text.setAttribute('x', leftwards ? -12 : 12);
    text.setAttribute('text-anchor', leftwards ? 'end' : 'start');
  }

  hideTip() {
    this.tip.hidden = true;
  }

  showTip(dot) {
    const crop = this.crop(dot.dataset.name);
    if (!crop) return;
    this.tip.hidden = false;
    this.tip.lastElementChild.textContent = dot.getAttribute('aria-label');
    this.drawCrop(crop);
    const { tip } = this;
    const mark = dot.querySelector('.mark').getBoundingClientRect();
    const frame = this.root.getBoundingClientRect();
    const x = clamp(mark.x - frame.x - tip.offsetWidth / 2, 0, frame.width - tip.offsetWidth);
    const above = mark.y - frame.y - tip.offsetHeight - 14;
    const y = above > -20 ? above : mark.bottom - frame.y + 14;
    Object.assign(tip.style, { left: `${x}px`, top: `${y}px` });
  }

  drawCrop({ image, around: [x, y], whole }) {
    const canvas = this.tip.querySelector('canvas');
    const { width, height } = canvas;
    const context = canvas.getContext('2d');
    context.imageSmoothingEnabled = false;
    context.clearRect(0, 0, width, height);
    const [left, top] = boxAt([x - width / 2, y - height / 2], [width, height], whole);
    decoded(image).then(() => context.drawImage(image, -left, -top));
  }

  listen() {
    const onDot = (name, act) => this.chart.addEventListener(name, (event) => {
      const dot = event.target.closest('.dot');
      if (dot) act(dot, event);
    });
    for (const name of ['pointerover', 'focusin']) onDot(name, (dot) => this.showTip(dot));
    for (const name of ['pointerout', 'focusout']) onDot(name, () => this.hideTip());
    onDot('click', (dot) => this.open(dot.dataset.name));
    onDot('keydown', (dot, event) => {
      if (![' ', 'Enter'].includes(event.key)) return;
      event.preventDefault();
      this.open(dot.dataset.name);
    });
    this.chart.addEventListener('click', (event) => {
      const point = event.target.closest('[data-alpha]');
      if (point) this.choose(point.closest('.curve').dataset.kind, Number(point.dataset.alpha));
    });
  }
}
