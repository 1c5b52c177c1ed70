// One canvas. At the left r × r channels, at the right the result: each dot flies from the one to
// the other.

import { calm, density, makeButton, press } from '../common.js';
import { clamp } from '../geometry.js';
import { wholeNumber } from './links.js';
import PlacedLesson from './place.js';
import { channelsIn, channelsOut, corner, flight, flown, squares } from './shuffle.js';

const DYES = ['#2563eb', '#ea580c', '#16a34a', '#db2777', '#7c3aed', '#0891b2', '#ca8a04', '#dc2626', '#475569'];
const WIDEST = 1000;                              // CSS pixels; more in a window that is high, too

// Asks "channel_values".
export default class SubpixelLesson extends PlacedLesson {
  data = null;
  r = 2;
  step = 0;                                       // channels that are in place
  at = 0;                                         // where the animation is, 0 … r²
  off = new Set();                                // channels left out
  tint = true;
  frame = 0;

  begin() {
    this.canvas = this.find('canvas');
    this.tint = this.asked('tint') !== '0';
    this.off = channelsIn(this.asked('without'));
    this.choose(wholeNumber(this.asked('r')) === 3 ? 3 : 2);
    press(this.find('.tint'), this.tint);
    this.listen();
    this.onResize(() => this.draw());
    this.go(wholeNumber(this.asked('step')));
    this.at = this.step;
    this.beginAtPlace();
  }

  listen() {
    this.find('.tint').addEventListener('click', () => {
      this.tint = !this.tint;
      press(this.find('.tint'), this.tint);
      this.draw();
      this.save();
    });
    this.find('.step').addEventListener('input', (event) => this.go(Number(event.target.value)));
    this.find('.play').addEventListener('click', () => {
      if (this.step === this.count) this.at = 0;
      this.go(this.count);
    });
    for (const button of this.findAll('[data-scale]')) {
      button.addEventListener('click', () => {
        this.choose(Number(button.dataset.scale));
        this.at = 0;
        this.go(0);
      });
    }
  }

  load(where) {
    return this.ask('channel_values', where);
  }

  show(answer) {
    this.data = answer;
    this.draw();
  }

  get count() {
    return this.r ** 2;
  }

  // --- drawing ----------------------------------------------------------------------------------

  draw() {
    if (!this.data) return;
    const { r, canvas, count, at, step } = this;
    const { shape } = this.data.layers[r];
    const [h, w] = shape;
    const { across, down, dx, dy } = squares(r, shape, this.isNarrow);
    const widest = Math.max(WIDEST, 1.2 * innerHeight);
    const room = Math.min(this.find('.main').clientWidth, widest) * density();
    const dot = Math.max(1, Math.floor(room / across));
    canvas.width = across * dot;
    canvas.height = down * dot;
    canvas.style.width = `${canvas.width / density()}px`;
    const brush = canvas.getContext('2d');
    brush.fillStyle = getComputedStyle(this.root).getPropertyValue('--line') || '#ddd';
    brush.fillRect(dx * dot, dy * dot, r * w * dot, r * h * dot);
    for (let channel = 0; channel < count; channel += 1) this.drawChannel(brush, channel, dot, { dx, dy });
    this.drawFrames(brush, dot);
    canvas.dataset.settled = at === step;
    canvas.setAttribute('aria-label',
      `${step} of ${count} channels shuffled into a picture of ${r * w} × ${r * h} pixels`);
  }

  drawChannel(brush, channel, dot, result) {
    const { r, tint, at, count } = this;
    const { shape, values } = this.data.layers[r];
    const [h, w] = shape;
    const way = flown(channel, at);
    const missing = this.off.has(channel);
    if (missing && way > 0) return;
    for (let y = 0; y < h; y += 1) {
      for (let x = 0; x < w; x += 1) {
        const { from, to } = flight(channel, [x, y], r, shape, result);
        const grey = values[(channel * h + y) * w + x];
        const left = Math.round((from[0] + (to[0] - from[0]) * way) * dot);
        const top = Math.round((from[1] + (to[1] - from[1]) * way) * dot);
        brush.globalAlpha = missing ? 0.15 : 1;
        brush.fillStyle = `rgb(${grey},${grey},${grey})`;
        brush.fillRect(left, top, dot, dot);
        if (tint && at < count) {
          brush.globalAlpha = missing ? 0.1 : 0.4;
          brush.fillStyle = DYES[channel];
          brush.fillRect(left, top, dot, dot);
        }
      }
    }
    brush.globalAlpha = 1;
  }

  drawFrames(brush, dot) {                        // where each channel is, or was
    const { r, count } = this;
    const { shape } = this.data.layers[r];
    const [h, w] = shape;
    brush.lineWidth = Math.max(1, dot / 3);
    const inset = brush.lineWidth / 2;
    for (let channel = 0; channel < count; channel += 1) {
      brush.strokeStyle = DYES[channel];
      const [left, top] = corner(channel, r, shape).map((value) => value * dot + inset);
      brush.strokeRect(left, top, w * dot - 2 * inset, h * dot - 2 * inset);
    }
  }

  // --- moving -----------------------------------------------------------------------------------

  go(target) {
    const { count } = this;
    this.step = clamp(target, 0, count);
    this.find('.step').value = this.step;
    this.find('.count').value = `${this.step} of ${count}`;
    this.save();
    cancelAnimationFrame(this.frame);
    if (calm() || !this.data) {
      this.at = this.step;
      return this.draw();
    }
    const pace = Math.max(1, Math.abs(this.step - this.at) / 6) / 900;   // channels a millisecond
    let last = 0;
    const move = (now) => {
      const reach = last ? (now - last) * pace : 0;
      last = now;
      if (this.move(reach)) this.frame = requestAnimationFrame(move);
    };
    this.frame = requestAnimationFrame(move);
  }

  move(reach) {                                   // whether there is more to move
    const { at, step } = this;
    this.at = at < step ? Math.min(step, at + reach) : Math.max(step, at - reach);
    if (!this.isOpen) this.at = step;
    this.draw();
    this.find('.play').textContent = this.at === step ? 'Play ▶' : 'Playing …';
    return this.at !== step;
  }

  choose(scale) {
    this.r = scale;
    const { count } = this;
    this.off = new Set([...this.off].filter((channel) => channel < count));
    for (const button of this.findAll('[data-scale]')) press(button, Number(button.dataset.scale) === scale);
    this.find('.step').max = count;
    this.find('.channels').replaceChildren(...Array.from({ length: count }, (_, index) => this.switch(index)));
  }

  switch(channel) {
    const button = makeButton(channel + 1, () => {
      if (!this.off.delete(channel)) this.off.add(channel);
      press(button, !this.off.has(channel));
      this.draw();
      this.save();
    });
    button.style.setProperty('--dye', DYES[channel]);
    button.setAttribute('aria-label', `Channel ${channel + 1}`);
    press(button, !this.off.has(channel));
    return button;
  }

  save() {
    const { r, step, off, tint } = this;
    this.remember({ r, step, without: channelsOut(off), tint: tint ? null : 0 });
  }
}
