// Where results of other programs come in, and are taken away again.

import { finders, make, makeButton } from '../common.js';

// `value` is {results: [{name, label}], error}. Sends "result" with a file, and "discard" {name}.
export default class Adder {
  constructor(root, values, send) {
    Object.assign(this, { root, send });
    [this.find] = finders(root);
    this.call = this.find('.call').innerHTML;
    this.listen();
    this.update(values);
  }

  update({ value }) {
    if (!value) return;
    this.say(value.error);
    this.find('ul').replaceChildren(...value.results.map((result) => this.item(result)));
  }

  item({ name, label }) {
    const item = make('li');
    const button = makeButton('×', () => this.send('discard', { name }));
    button.setAttribute('aria-label', `Remove ${label}`);
    button.title = `Remove ${label}`;
    item.append(make('span', '', label), button);
    return item;
  }

  say(error) {
    this.find('.error').hidden = !error;
    this.find('.error').textContent = error || '';
    if (error) this.find('.error').scrollIntoView({ block: 'nearest' });   // often below the fold
  }

  async add(files) {
    this.root.classList.add('busy');
    try {
      for (const file of files) {
        this.find('.call').textContent = `Reading ${file.name} …`;
        await this.send('result', file).catch((error) => {
          this.say(`${file.name} could not be uploaded: ${String(error?.message || error)}`);
        });
      }
    } finally {
      this.root.classList.remove('busy');
      this.find('input').value = '';
      this.find('.call').innerHTML = this.call;
    }
  }

  listen() {
    const over = (on) => this.find('.drop').classList.toggle('over', on);
    this.find('input').addEventListener('change', (event) => this.add([...event.target.files]));
    this.root.addEventListener('dragover', () => over(true));
    this.root.addEventListener('dragleave', () => over(false));
    this.root.addEventListener('drop', (event) => {
      event.preventDefault();
      over(false);
      this.add([...event.dataTransfer.files]);
    });
  }
}
