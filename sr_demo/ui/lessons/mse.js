// A row of 16 pixels, black then white; where the edge lies is known only up to ±k pixels.

import { calm, make } from '../common.js';
import { counted, psnrOf, whole } from '../format.js';
import { clamp } from '../geometry.js';
import {
  PIXELS, best, candidates, cost, drawn, edge, fromHex, meanOf, squaredError, toHex,
} from './edges.js';
import Lesson from './frame.js';
import { wholeNumber } from './links.js';

const DRAWS = 60;                                 // candidates in the longest running mean
const KEYS = { ArrowUp: 8, ArrowDown: -8, PageUp: 64, PageDown: -64, Home: -255, End: 255 };

const grey = (value) => `rgb(${Array(3).fill(Math.round(value)).join(' ')})`;

function strip(className) {
  const row = make('div', className);
  row.append(...Array.from({ length: PIXELS }, () => make('i')));
  return row;
}

function paint(row, values) {
  values.forEach((value, x) => { row.children[x].style.background = grey(value); });
}

export default class MseLesson extends Lesson {
  k = 3;
  guess = [];
  averaged = 0;                                   // candidates in the running mean
  running = 0;                                    // its timer

  begin() {
    const wanted = Number(this.asked('k') ?? 3);
    this.k = Number.isInteger(wanted) ? clamp(wanted, 0, 6) : 3;
    this.find('.guess').append(...strip('').children);
    this.find('.bars').append(...Array.from({ length: PIXELS }, (_, x) => this.bar(x)));
    this.listen();
    this.layOut();
    const count = clamp(wholeNumber(this.asked('mean')), 0, DRAWS);
    const pixels = fromHex(this.asked('guess') || '') || edge(0);
    this.set(count ? meanOf(count, this.k) : pixels, count);
    this.ready();
  }

  layOut() {
    const { k } = this;
    const rows = candidates(k).map((candidate) => {
      const row = strip('strip');
      paint(row, candidate);
      return row;
    });
    this.find('.candidates').replaceChildren(...rows);
    const title = this.find('.scale span');
    this.find('.scale').replaceChildren(title, ...rows.map(() => {
      const line = make('div');
      line.append(make('i'), make('span'));
      return line;
    }));
    this.find('.reach').value = counted(k, 'pixel');
    this.find('.k').value = k;
  }

  // --- drawing ----------------------------------------------------------------------------------

  draw() {
    const { guess, k } = this;
    const errors = candidates(k).map((candidate) => squaredError(guess, candidate));
    const now = cost(guess, k);
    const least = cost(best(k), k);
    paint(this.find('.guess'), guess);
    this.drawBars();
    this.drawErrors(errors);
    const full = Math.max(cost(edge(Math.max(k, 1)), k), now, 1) * 1.05;
    this.find('.error').value = whole(now);
    this.find('.psnr').value = now ? `PSNR of that: ${psnrOf(now)}` : 'identical';
    this.find('.meter i').style.width = `${(now / full) * 100}%`;
    this.find('.meter u').style.left = `${(least / full) * 100}%`;
    this.drawAnswer(now <= least * 1.03 + 1, least);
    const { averaged } = this;
    this.find('.count').textContent = averaged ? `Mean of ${averaged} candidates, drawn at random` : '';
  }

  drawBars() {
    const ramp = best(this.k);
    this.findAll('.bar').forEach((bar, x) => {
      bar.firstChild.style.height = `${(this.guess[x] / 255) * 100}%`;
      bar.children[1].style.bottom = `${(ramp[x] / 255) * 100}%`;
      bar.setAttribute('aria-valuenow', Math.round(this.guess[x]));
    });
  }

  drawErrors(errors) {
    const widest = Math.max(...errors, 1);
    [...this.find('.scale').children].slice(1).forEach((line, index) => {
      line.firstChild.style.width = `${(errors[index] / widest) * 55}%`;
      line.lastChild.textContent = whole(errors[index]);
    });
  }

  drawAnswer(found, least) {
    this.root.classList.toggle('found', found);
    this.find('.answer').hidden = !found;
    this.find('.answer').textContent = this.k === 0
      ? 'Nothing is unsure here, so the sharp edge itself is right. Let the edge move.'
      : `That is it: the grey ramp, at every pixel the mean of all candidates. No candidate looks like it, yet the best sharp edge costs ${whole(cost(edge(0), this.k))}, the ramp only ${whole(least)}.`;
  }

  // --- guessing and averaging -------------------------------------------------------------------

  save() {
    const { k, averaged } = this;
    // What was averaged is drawn again from its number alone.
    this.remember({ k, guess: averaged ? null : toHex(this.guess), mean: averaged || null });
  }

  set(values, count = 0) {
    this.guess = values;
    this.averaged = count;
    this.draw();
    this.save();
  }

  change(x, value) {
    this.stop();
    this.set(this.guess.map((old, index) => (index === x ? clamp(Math.round(value), 0, 255) : old)));
  }

  stop() {
    clearTimeout(this.running);
    this.running = 0;
    for (const row of this.findAll('.strip.now')) row.classList.remove('now');
    this.find('.mean').textContent = 'Average candidates ▶';
  }

  average(count) {
    const latest = drawn(count - 1, this.k) + this.k;
    this.findAll('.strip').forEach((row, index) => row.classList.toggle('now', index === latest));
    this.set(meanOf(count, this.k), count);
    if (count >= DRAWS || !this.isOpen) this.stop();
    else this.running = setTimeout(() => this.average(count + 1), Math.max(60, 500 - count * 40));
  }

  // --- controls ---------------------------------------------------------------------------------

  bar(x) {
    const bar = make('div', 'bar');
    bar.append(make('i'), make('u'));
    const attributes = {
      role: 'slider', tabindex: 0, 'aria-label': `Pixel ${x + 1}`, 'aria-orientation': 'vertical',
      'aria-valuemin': 0, 'aria-valuemax': 255,
    };
    for (const [name, value] of Object.entries(attributes)) bar.setAttribute(name, value);
    bar.addEventListener('keydown', (event) => {
      const neighbour = { ArrowLeft: bar.previousSibling, ArrowRight: bar.nextSibling }[event.key];
      const step = KEYS[event.key];
      if (neighbour) neighbour.focus();
      if (step) this.change(x, this.guess[x] + step);
      if (neighbour || step) event.preventDefault();
    });
    return bar;
  }

  listen() {
    const bars = this.find('.bars');
    const follow = (event) => {
      const area = bars.getBoundingClientRect();
      const x = Math.floor(((event.clientX - area.left) / area.width) * PIXELS);
      const value = (1 - (event.clientY - area.top) / area.height) * 255;
      this.change(clamp(x, 0, PIXELS - 1), value);
    };
    bars.addEventListener('pointerdown', (event) => {
      bars.setPointerCapture(event.pointerId);
      follow(event);
    });
    bars.addEventListener('pointermove', (event) => {
      if (bars.hasPointerCapture(event.pointerId)) follow(event);
    });
    const start = (selector, row) => this.find(selector).addEventListener('click', () => {
      this.stop();
      this.set(row);
    });
    start('.sharp', edge(0));
    start('.grey', edge(0).map(() => 128));
    this.find('.mean').addEventListener('click', () => this.playMean());
    this.find('.k').addEventListener('input', (event) => this.setReach(Number(event.target.value)));
  }

  playMean() {
    if (this.running) return this.stop();
    if (calm()) return this.set(meanOf(DRAWS, this.k), DRAWS);
    this.find('.mean').textContent = 'Stop ◼';
    this.average(this.averaged && this.averaged < DRAWS ? this.averaged + 1 : 1);
  }

  setReach(k) {
    this.stop();
    this.k = k;
    this.layOut();
    this.set(this.averaged ? meanOf(this.averaged, k) : this.guess, this.averaged);
  }
}
