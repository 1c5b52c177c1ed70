// Two pictures over each other with a divider between them: panes of the viewer, so that zoom, pan
// and every new picture are theirs, too.

import { finders, make } from '../common.js';

export default class Split {
  // `frame` holds the panes, the divider and the choice of both ends; `changed` is called after one.
  constructor(frame, changed) {
    this.frame = frame;
    this.changed = changed;
    [this.find, this.findAll] = finders(frame);
    this.on = false;
    this.divider = this.find('.divider');
    this.ends = this.findAll('.ends select');     // left, right
    this.divider.addEventListener('input', () => this.move());
    for (const end of this.ends) end.addEventListener('change', changed);
    this.move();
  }

  toggle(on) {
    this.on = on;
    this.find('.ends').hidden = this.find('.dividing').hidden = !on;
  }

  // What there is to choose from; at first the plainest method and SRGAN, or else the last.
  offer(panes) {
    const methods = panes.filter(({ id }) => id !== 'original' && id !== 'input');
    const boldest = methods.find(({ id }) => id === 'srgan') || methods.at(-1);
    const first = [methods[0] || panes[0], boldest || panes.at(-1)];
    this.ends.forEach((end, i) => {
      const ids = panes.map(({ id }) => id);
      const chosen = ids.includes(end.value) ? end.value : first[i]?.id;
      if (end.dataset.ids !== String(ids)) {
        end.dataset.ids = String(ids);
        end.replaceChildren(...panes.map(({ id, label }) => {
          const option = make('option', '', label);
          option.value = id;
          return option;
        }));
      }
      end.value = chosen;
    });
    this.move();
  }

  // "left", "right" or "", where a pane is not shown.
  side(id) {
    if (!this.on) return '';
    return ['left', 'right'][this.ends.findIndex((end) => end.value === id)] || '';
  }

  move() {
    const part = Number(this.divider.value);
    this.frame.style.setProperty('--split', `${part}%`);
    const [left, right] = this.ends.map((end) => end.selectedOptions[0]?.textContent);
    this.divider.setAttribute('aria-valuetext',
      `${Math.round(part)} % ${left}, ${Math.round(100 - part)} % ${right}`);
  }
}
