// One picture of the viewer with its caption: a stage, and in it a layer that is moved and scaled.

import { decoded, make } from '../common.js';

const SAVE = '<svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true"><path d="M8 2v8M4.5 7 8 10.5 11.5 7M2.5 13.5h11" fill="none" stroke="currentColor" stroke-width="1.5"/></svg>';

export default class Pane {
  constructor(id) {
    this.id = id;
    this.label = '';
    this.url = null;
    this.image = null;                            // once it is loaded
    this.node = make('figure', 'pane');
    this.node.dataset.pane = id;
    this.stage = make('div', 'stage');
    this.layer = make('div', 'layer');
    this.box = make('div', 'box');
    this.wait = make('div', 'wait');
    this.meter = make('span', 'meter');
    this.meter.append(make('i'));
    this.wait.append(make('p'), this.meter);
    this.layer.append(this.box);
    this.stage.append(this.layer, this.wait);
    this.caption = make('figcaption');
    this.save = make('a', 'save');
    this.save.innerHTML = SAVE;
    this.save.hidden = true;
    this.caption.append(make('kbd'), make('b'), make('span', 'facts'), this.save);
    this.node.append(this.stage, this.caption);
  }

  // `whole` is the value that the pane's data is part of; `ready` is called with a new image.
  fill(data, index, whole, ready) {
    this.label = data.label;
    this.layer.style.width = `${whole.width}px`;
    this.layer.style.height = `${whole.height}px`;
    this.caption.querySelector('kbd').textContent = index + 1;
    const name = this.caption.querySelector('b');
    name.textContent = data.label;
    name.title = [data.paper, data.idea].filter(Boolean).join(' — ');
    showFacts(this.caption.querySelector('.facts'), data.facts);
    this.wait.firstChild.textContent = data.idea;
    this.meter.classList.toggle('on', typeof data.progress === 'number');
    this.meter.firstChild.style.width = `${Math.round((data.progress || 0) * 100)}%`;
    const url = data.file ? data.file.url : null;
    this.node.classList.toggle('pending', !url);
    if (url !== this.url) this.load(url, data, whole.name, ready);
  }

  load(url, { label, file }, picture, ready) {
    this.url = url;
    this.save.hidden = !url;
    if (!url) {
      this.image?.remove();
      this.image = null;
      return;
    }
    this.save.href = url;
    this.save.download = file.orig_name;
    this.save.title = `Save ${file.orig_name}`;
    this.save.setAttribute('aria-label', this.save.title);
    const image = new Image();
    image.alt = `${label}: ${picture}`;
    image.draggable = false;
    image.onerror = () => {                        // a broken picture shows its text
      image.alt = `${label} is not kept any more: choose the photo again.`;
    };
    image.src = url;
    decoded(image).then(() => {
      if (this.url !== url) return;
      this.image?.remove();
      this.image = image;
      this.layer.prepend(image);
      ready();
    });
  }

  resize({ width, height }, alone) {
    this.node.classList.toggle('shown', alone);
    this.node.style.width = `${width}px`;
    this.stage.style.height = `${height}px`;
  }

  place(transform, zoom, picture, smooth) {
    this.layer.style.transform = transform;
    // Reduced pictures are always blended: skipping pixels would show jags that are not there.
    const natural = this.image ? this.image.naturalWidth : picture.width;
    const enlarged = (zoom * picture.width) / natural >= 0.999;
    this.layer.classList.toggle('exact', enlarged && !smooth);
  }

  mark([left, top, width, height]) {
    const box = { left, top, width, height };
    for (const [name, value] of Object.entries(box)) this.box.style[name] = `${value}px`;
  }
}

export function showFacts(node, facts) {
  node.replaceChildren(...(facts || []).map((fact) => {
    const span = make('span', '', fact.text);
    span.title = fact.title;
    return span;
  }));
}
