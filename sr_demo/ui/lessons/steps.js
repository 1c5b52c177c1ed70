// The row of lessons. It tells them which one is open; that one writes the address.

import { finders, hear, make, makeButton, tell } from '../common.js';
import { lessonIn, toShare, withoutLesson } from './links.js';

const COPIED = 1600;                              // milliseconds that it says so

// `value` is the list of titles.
export default class Steps {
  constructor(root, { value: titles }) {
    this.root = root;
    [this.find] = finders(root);
    this.current = lessonIn(location.search);
    this.shown = true;
    this.find('ol').append(...titles.map((title, index) => this.item(title, index + 1)));
    this.find('.copy').addEventListener('click', () => this.copy());
    hear('lesson', ({ number }) => this.follow(number));
    new ResizeObserver(() => this.look()).observe(root);
    this.mark();
  }

  item(title, number) {
    const button = makeButton('', () => this.turnTo(number));
    button.title = title;
    button.append(make('b', '', number), make('span', '', title));
    const item = make('li');
    item.append(button);
    return item;
  }

  turnTo(number) {
    tell('lesson', { number });
  }

  follow(number) {                                // of itself, or of a “why?” elsewhere
    this.current = number;
    this.mark();
    this.find('.link').hidden = true;
  }

  mark() {
    [...this.find('ol').children].forEach(({ firstChild: button }, index) => {
      if (index + 1 === this.current) button.setAttribute('aria-current', 'step');
      else button.removeAttribute('aria-current');
    });
  }

  look() {                                        // in front, or behind another tab
    const visible = this.root.offsetParent !== null;
    if (visible === this.shown) return;
    this.shown = visible;
    if (visible) this.turnTo(this.current);
    else history.replaceState(history.state, '', location.pathname + withoutLesson(location.search));
  }

  async copy() {
    const text = toShare(location.href);
    try {
      await navigator.clipboard.writeText(text);
      this.find('.copy').textContent = 'Link copied';
      setTimeout(() => { this.find('.copy').textContent = 'Copy link'; }, COPIED);
    } catch {                                     // not allowed on plain http: copy it by hand
      const field = this.find('.link');
      field.hidden = false;
      field.value = text;
      field.select();
    }
  }
}
