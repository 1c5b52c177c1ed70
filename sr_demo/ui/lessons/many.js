// One small picture of a number plate, and a sharp one that fits it, whatever it is made to say.

import { make, makeButton } from '../common.js';
import Lesson, { picture } from './frame.js';
import { nextAlike, plate } from './readings.js';

// Asks "plate_reading".
export default class ManyLesson extends Lesson {
  text = '';
  data = null;

  begin() {
    this.text = plate(this.asked('text'));
    this.find('.own').addEventListener('submit', (event) => {
      event.preventDefault();
      const written = plate(this.find('.own input').value);
      if (written) this.read(written);
    });
    this.find('.truth').addEventListener('click', () => this.data && this.tell());
    this.read(this.text);
  }

  async read(text) {
    const answer = await this.ask('plate_reading', { text });
    if (!answer || answer.error) return;
    this.data = answer;
    this.text = answer.text;
    this.draw();
    this.remember({ text: this.text });
    this.ready();
  }

  draw() {
    const { small, reading, machines, alike } = this.data;
    const machine = make('div', 'machine');
    machine.append(...machines.map((pane) => this.figure(pane, 'its only answer')));
    this.find('.readings').replaceChildren(
      this.figure(small, `${small.width} × ${small.height} pixels: all that was kept`),
      this.figure(reading, 'a sharp picture that fits'),
      machine,
    );
    this.find('.letters').replaceChildren(...[...this.text].map((letter, index) => {
      const button = makeButton(letter, () => this.read(nextAlike(this.text, index, alike)));
      button.setAttribute('aria-label', `Place ${index + 1}: ${letter}`);
      return button;
    }));
    this.find('.answer').textContent = this.data.sentence;
  }

  tell() {
    this.find('.stood').hidden = false;
    this.find('.stood').textContent = `${this.data.truth} was drawn, and then reduced. Nothing in the small picture says so.`;
  }

  figure(pane, note) {
    const figure = make('figure', pane.id);
    const caption = make('figcaption');
    caption.append(make('b', '', pane.label), make('span', '', note));
    figure.append(picture(pane), caption);
    return figure;
  }
}
