// Where a picture comes in: chosen, dropped anywhere on the page, pasted, or a sample.

import { finders, make, makeButton, press } from '../common.js';
import Navigator from './navigator.js';

// Some places take files of their own.
const isTaken = (event) => Boolean(event.target.closest?.('.takes-files'));
const carriesFile = (event) => [...(event.dataTransfer?.types || [])].includes('Files');

// `value` is the list of samples, `picture` what is shown. Sends "upload" with a file, and "sample"
// {name}.
export default class Picker {
  constructor(root, values, send) {
    Object.assign(this, { root, send });
    [this.find] = finders(root);
    new Navigator(this.find('.map'));
    this.listen();
    this.update(values);
  }

  update({ value, picture }) {
    if (value) this.showSamples(value);
    if (picture) this.show(picture);
  }

  showSamples(samples) {
    this.find('.samples').replaceChildren(...samples.map(({ name, label, file }) => {
      const button = makeButton('', () => this.send('sample', { name }));
      const image = make('img');
      button.dataset.sample = name;
      button.title = label;
      image.src = file.url;
      image.alt = label;
      button.append(image);
      return button;
    }));
  }

  show({ name, sample, file, line, error }) {
    this.say(error);
    if (file) {
      const preview = this.find('.preview');
      preview.src = file.url;
      preview.alt = name;
      this.find('.map').hidden = false;
    }
    this.find('.line').textContent = line || '';
    for (const button of this.find('.samples').children) {
      press(button, button.dataset.sample === sample);
    }
    this.invite();
  }

  say(error) {
    this.find('.error').hidden = !error;
    this.find('.error').textContent = error || '';
  }

  invite() {
    const another = this.find('.map').hidden ? 'Choose a photo' : 'Choose another photo';
    this.find('.call').replaceChildren(make('b', '', another), ', drop or paste it');
  }

  async upload(file) {
    if (!file) return;
    this.root.classList.add('busy');
    this.find('.call').textContent = `Reading ${file.name} …`;
    try {
      await this.send('upload', file);
    } catch (error) {
      this.say(`${file.name} could not be uploaded: ${String(error?.message || error)}`);
    } finally {
      this.root.classList.remove('busy');
      this.find('input').value = '';
      this.invite();
    }
  }

  listen() {
    const over = (on) => this.find('.drop').classList.toggle('over', on);
    this.find('input').addEventListener('change', (event) => this.upload(event.target.files[0]));
    document.addEventListener('dragover', (event) => {
      if (!carriesFile(event)) return;
      event.preventDefault();
      over(!isTaken(event));
    });
    document.addEventListener('dragleave', (event) => {
      if (!event.relatedTarget) over(false);
    });
    document.addEventListener('drop', (event) => {
      if (!carriesFile(event)) return;
      event.preventDefault();
      over(false);
      if (!isTaken(event)) this.upload(event.dataTransfer.files[0]);
    });
    document.addEventListener('paste', (event) => this.upload(event.clipboardData?.files?.[0]));
  }
}
