// What all lessons share: each is one of eight, says in the address how to see it again, and asks
// Python for its pictures.

import { density, finders, hear, make } from '../common.js';
import { tileWidth } from '../geometry.js';
import { lessonIn, linkTo } from './links.js';

const TALLEST = 0.5;                              // of a picture, in heights of the window

export default class Lesson {
  constructor(root, values, send) {
    Object.assign(this, { root, send });
    [this.find, this.findAll] = finders(root);
    this.number = Number(root.dataset.lesson);
    this.begun = false;
    this.state = {};                              // what a link has to say
    this.ticket = 0;                              // of the latest question
    const first = lessonIn(location.search);
    const asked = new URLSearchParams(first === this.number ? location.search : '');
    this.asked = (name) => asked.get(name);       // by the link that was opened
    hear('lesson', ({ number }) => this.turn(number));
    // When the subclass has set its fields.
    queueMicrotask(() => this.turn(first));
  }

  turn(number) {
    const mine = number === this.number;
    this.root.classList.toggle('open', mine);
    if (!mine) return;
    if (!this.begun) {
      this.begun = true;
      this.begin();
    }
    this.remember({});
  }

  // A lesson's own beginning, when it is opened for the first time.
  begin() {}

  get isOpen() {
    return this.root.classList.contains('open');
  }

  get isNarrow() {
    return this.find('.main').clientWidth < 520;
  }

  remember(changes) {
    Object.assign(this.state, changes);
    if (!this.begun || !this.isOpen || this.root.offsetParent === null) return;
    const query = linkTo(this.number, this.state, location.search);
    history.replaceState(history.state, '', location.pathname + query + location.hash);
  }

  say(trouble) {
    this.find('.trouble').hidden = !trouble;
    this.find('.trouble').textContent = trouble || '';
  }

  // The answer, or null where none came, or too late. Who has shown it says that it is 'ready'.
  async ask(question, details) {
    this.ticket += 1;
    const mine = this.ticket;
    this.root.dataset.state = 'busy';
    const answer = await this.send(question, details);
    if (mine !== this.ticket) return null;
    const trouble = answer ? answer.error : 'The app does not answer. Is it still running?';
    if (trouble) this.root.dataset.state = 'error';
    this.say(trouble);
    return answer || null;
  }

  ready() {
    this.root.dataset.state = 'ready';
  }

  // Pictures in columns, as large as fits.
  fit(grid, columns, natural) {
    const gaps = (columns - 1) * parseFloat(getComputedStyle(grid).columnGap);
    const room = Math.min(grid.parentElement.clientWidth - gaps, columns * TALLEST * innerHeight);
    const { width, exact } = tileWidth(room, columns, natural, density());
    grid.style.gridTemplateColumns = `repeat(${columns}, ${width}px)`;
    for (const image of grid.querySelectorAll('img, canvas')) {
      image.style.width = `${width}px`;
      image.style.imageRendering = exact ? 'pixelated' : 'auto';
    }
  }

  onResize(callback) {
    new ResizeObserver(callback).observe(this.find('.main'));
  }
}

export function picture({ file, label, width, height }) {
  const image = new Image();
  image.src = file.url;
  image.alt = label;
  image.draggable = false;
  image.width = width;
  image.height = height;
  image.style.height = 'auto';
  return image;
}

export function facts(texts) {                    // in one line where they fit, never broken in two
  const line = make('span');
  line.append(...texts.map((text) => make('em', '', text)));
  return line;
}
