// How the small picture is made: one choice, and three numbers where they are one's own.

import { finders, make } from '../common.js';

const OWN = 'own';
const SEEN = 'medium';                            // what one's own begin with, if there was nothing

// `value` is the name of a setting or "blur,noise,jpeg"; `settings` is {name: {words, numbers}}: what
// it does, in words and as such a value. Sends "choose" with a `value`.
export default class Reduction {
  constructor(root, { value, settings }, send) {
    Object.assign(this, { settings, send });
    const [find, findAll] = finders(root);
    this.select = find('select');
    this.own = find('.own');
    this.inputs = findAll('.own input');
    this.offer();
    this.update({ value });
    for (const control of [this.select, ...this.inputs]) {
      control.addEventListener('change', () => this.choose());
    }
  }

  offer() {
    const items = Object.entries(this.settings).map(([name, { words }]) =>
      [name, words ? `${name}: ${words}` : `${name}: bicubic alone`]);
    this.select.replaceChildren(...[...items, [OWN, 'your own …']].map(([name, text]) => {
      const option = make('option', '', text);
      option.value = name;
      return option;
    }));
  }

  update({ value }) {
    if (!value) return;
    this.value = value;
    const own = !(value in this.settings);
    this.select.value = own ? OWN : value;
    this.own.hidden = !own;
    if (own) this.fill(value.split(','));
  }

  fill([blur, noise, jpeg]) {
    const texts = [blur, noise, Number(jpeg) ? jpeg : ''];
    this.inputs.forEach((input, index) => { input.value = texts[index]; });
  }

  choose() {
    const { value } = this.select;
    if (value !== OWN) this.say(value);
    else if (this.own.hidden) this.begin();
    else if (this.inputs.every((input) => input.reportValidity())) {
      this.say(this.inputs.map((input) => input.value || '0').join());
    }
  }

  begin() {
    this.say(this.settings[this.value === 'clean' ? SEEN : this.value].numbers);
    this.inputs[0].focus();
  }

  say(value) {
    this.update({ value });
    this.send('choose', { value });
  }
}
