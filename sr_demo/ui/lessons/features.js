// Three pictures, and under each how strongly it waves in the direction that is turned to.

import { decoded, make, makeButton, press } from '../common.js';
import { picture } from './frame.js';
import PlacedLesson from './place.js';

const ANGLES = [0, 45, 90, 135];
const WAVES = { 3: 'Fine: 3 pixels', 6: 'Coarse: 6 pixels' };

// Asks "feature_maps".
export default class FeaturesLesson extends PlacedLesson {
  data = null;
  sheets = null;                                  // of each picture: all its maps in a row
  angle = 45;
  wave = 6;

  begin() {
    const link = (name, values, or) =>
      values.find((value) => String(value) === this.asked(name)) ?? or;
    this.find('.dial').append(...ANGLES.map((angle) => this.angleButton(angle)));
    this.find('.waves').append(...Object.entries(WAVES).map(([wave, label]) => {
      const button = makeButton(label, () => this.set(this.angle, Number(wave)));
      button.value = wave;
      return button;
    }));
    this.onResize(() => this.size());
    this.set(link('angle', ANGLES, 45), link('wave', Object.keys(WAVES).map(Number), 6));
    this.beginAtPlace();
  }

  angleButton(angle) {
    const button = makeButton('', () => this.set(angle, this.wave));
    button.value = angle;
    button.setAttribute('aria-label', `${angle}°`);
    button.innerHTML = `<svg viewBox="-11 -11 22 22" aria-hidden="true"><g transform="rotate(${-angle})" stroke="currentColor" stroke-width="2.4"><path d="M-9 -5H9M-9 0H9M-9 5H9"/></g></svg>`;
    return button;
  }

  set(angle, wave) {
    Object.assign(this, { angle, wave });
    this.draw();
    this.remember({ angle, wave });
  }

  load(where) {
    return this.ask('feature_maps', where);
  }

  async show(answer) {
    this.data = answer;
    this.sheets = null;
    const pictures = answer.panes.map((pane) => {
      const figure = make('figure');
      figure.append(make('figcaption', '', pane.label), picture(pane));
      return figure;
    });
    const key = make('p', 'quiet', `Second row: strength of these stripes, black 0, white ${answer.peak} grey levels or more`);
    this.find('.trio').replaceChildren(...pictures, ...answer.panes.map(emptyMap), key);
    this.find('.distances').replaceChildren(
      distances(answer, 'pixels', 'Pixel distance', 'RMSE of luma, grey levels', 1),
      distances(answer, 'features', 'Feature distance', 'all 8 filters, grey levels', 2),
    );
    this.size();
    const sheets = answer.panes.map((pane) => picture({ ...pane, file: pane.sheet }));
    await Promise.all(sheets.map(decoded));
    if (answer !== this.data) return;
    this.sheets = sheets;
    this.draw();
  }

  size() {
    if (this.data) this.fit(this.find('.trio'), 3, this.data.panes[0].width);
  }

  draw() {
    const { angle, wave, data, sheets } = this;
    for (const button of this.findAll('.dial button')) press(button, Number(button.value) === angle);
    for (const button of this.findAll('.waves button')) press(button, Number(button.value) === wave);
    if (!sheets) return;
    const index = data.wavelengths.indexOf(wave) * data.angles.length + data.angles.indexOf(angle);
    this.findAll('.maps canvas').forEach((canvas, i) => {
      const { width, height, label } = data.panes[i];
      const context = canvas.getContext('2d');
      context.drawImage(sheets[i], index * width, 0, width, height, 0, 0, width, height);
      canvas.setAttribute('aria-label', `${label}: strength of stripes at ${angle}°, ${wave} pixels apart`);
    });
  }
}

function emptyMap({ width, height }) {
  const figure = make('figure', 'maps');
  const canvas = Object.assign(make('canvas'), { width, height });
  canvas.setAttribute('role', 'img');
  figure.append(canvas);
  return figure;
}

// One kind of distance from the original, as bars; the lesser stands out, where digits show it.
function distances({ panes }, key, title, unit, digits) {
  const node = make('div');
  const head = make('h3', '', `${title} ↓ `);
  head.append(make('span', '', unit));
  node.append(head);
  const far = panes.slice(1);
  const most = Math.max(...far.map((pane) => pane[key]));
  const texts = far.map((pane) => pane[key].toFixed(digits));
  far.forEach((pane, i) => {
    const line = make('p');
    const bar = make('i');
    bar.style.width = `${(pane[key] / most) * 100}%`;
    line.classList.toggle('least', texts[i] !== texts[1 - i] && pane[key] < far[1 - i][key]);
    line.append(make('span', '', pane.label), bar, make('output', '', texts[i]));
    node.append(line);
  });
  return node;
}
