// The same place, reduced as in the lab and as outside it: what each method makes of that.

import { make, press } from '../common.js';
import { facts, picture } from './frame.js';
import PlacedLesson from './place.js';

const SETTINGS = ['clean', 'light', 'medium', 'heavy'];

// Asks "outside_pictures".
export default class OutsideLesson extends PlacedLesson {
  setting = 'clean';
  data = null;

  begin() {
    if (SETTINGS.includes(this.asked('damage'))) this.setting = this.asked('damage');
    for (const button of this.findAll('[data-setting]')) {
      button.addEventListener('click', () => {
        this.setting = button.dataset.setting;
        this.mark();
        this.reload();
      });
    }
    this.onResize(() => this.size());
    this.mark();
    this.beginAtPlace();
  }

  load(where) {
    return this.ask('outside_pictures', { ...where, damage: this.setting });
  }

  show(answer) {
    this.data = answer;
    this.find('.tiles').replaceChildren(...answer.panes.map((pane) => {
      const figure = make('figure');
      const caption = make('figcaption');
      caption.append(make('b', '', pane.label), facts(pane.texts));
      figure.append(picture(pane), caption);
      return figure;
    }));
    this.find('.how').textContent = answer.how;
    this.find('.answer').textContent = answer.sentence;
    this.size();
  }

  size() {
    if (this.data) this.fit(this.find('.tiles'), this.isNarrow ? 2 : 3, this.data.panes[0].width);
  }

  mark() {
    for (const button of this.findAll('[data-setting]')) {
      press(button, button.dataset.setting === this.setting);
    }
    this.remember({ damage: this.setting === 'clean' ? null : this.setting });
  }
}
