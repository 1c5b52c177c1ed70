// The lab: the picture at α between its two ends, and the plane that it moves on.
// Python sends every step's URL; from then on the slider works in the page alone.

import { ARROWS, decoded, density, finders, hear, press, tell } from '../common.js';
import { fitZoom, held, transform } from '../geometry.js';
import { nearest } from './alpha.js';
import Plane from './plane.js';

const BRIEF = 30;                                 // seconds that may be spent without asking
const STEP = 40;                                  // CSS pixels that an arrow key moves
const HOW = {
  networks: 'Every weight is (1 − α)·SRResNet + α·SRGAN: one network with an idea of its own.',
  pictures: 'Every pixel is (1 − α)·SRResNet + α·SRGAN: both pictures, seen through each other.',
};

// `value` is what Python's `view` or `refusal` makes. Sends "look", "sweep", "cancel", "draw"
// {suffix}, and "open" when a picture is to be opened in the comparison.
export default class Bench {
  constructor(root, values, send) {
    Object.assign(this, { root, send });
    [this.find, this.findAll] = finders(root);
    this.lab = { state: 'none' };                 // the latest value
    this.kind = 'networks';
    this.alpha = 0.5;
    this.begun = '';                              // the picture whose steps were asked for
    this.original = false;                        // it stands in the middle
    this.visible = false;
    this.view = { zoom: 2, x: 0, y: 0 };          // zoom 0 fits
    this.images = new Map();                      // URL -> image, loaded ahead
    this.panes = this.find('.panes');
    this.plane = new Plane(this.find('.map'), {
      crop: (name) => this.cropOf(name),
      open: (name) => this.open(name),
      choose: (kind, alpha) => this.choose(kind, alpha),
    });
    this.listen();
    this.update(values);
  }

  // --- news from Python -------------------------------------------------------------------------

  update({ value }) {
    if (!value?.state) return;
    const before = this.lab;
    const sameDone = before.state === 'done' && before.key === value.key;
    if (sameDone && value.state === 'busy') return;   // an answer that was overtaken
    this.lab = value;
    this.root.dataset.state = value.state;
    this.find('.say').textContent = value.interpolated ? '' : value.say;
    if (!value.interpolated) return;
    if (value.key !== before.key) this.begin();
    const steps = Object.values(value.interpolated).flatMap(Object.values);
    for (const file of [...Object.values(value.files), ...steps]) this.loadAhead(file.url);
    this.showRun();
    this.drawPlane();
    this.showAlpha();
    const { state, seconds, key } = value;
    if (state === 'ready' && this.begun !== key && seconds && seconds < BRIEF) this.sweep();
  }

  begin() {
    this.images.clear();
    this.alpha = 0.5;
    this.view = { zoom: 2, x: this.lab.focus[0], y: this.lab.focus[1] };
    this.find('.slide input').value = this.alpha;
  }

  loadAhead(url) {
    if (this.images.has(url)) return;
    const image = new Image();
    image.draggable = false;
    image.src = url;
    this.images.set(url, image);
  }

  showRun() {
    const percent = Math.round((this.lab.progress || 0) * 100);
    this.find('.meter i').style.width = `${percent}%`;
    this.find('.meter').setAttribute('aria-valuenow', percent);
    this.find('.message').textContent = this.lab.say;
  }

  look() {
    if (this.visible) this.send('look');
  }

  sweep() {
    this.begun = this.lab.key;
    this.send('sweep');
  }

  // --- the picture at α -------------------------------------------------------------------------

  get nearest() {
    return nearest(this.alpha, Object.keys(this.lab.interpolated[this.kind]).map(Number));
  }

  choose(kind, alpha) {
    Object.assign(this, { kind, alpha, original: false });
    this.find('.slide input').value = alpha;
    this.showAlpha();
  }

  showAlpha() {
    const { lab, kind, original } = this;
    const { srresnet, srgan } = lab.files;
    const at = this.nearest;
    const name = original ? 'Original' : at === null ? '' : `α = ${at}`;
    const step = at === null ? [srresnet, srgan][this.alpha < 0.5 ? 0 : 1] : lab.interpolated[kind][at];
    this.put('0', srresnet, 'SRResNet');
    this.put('1', srgan, 'SRGAN');
    this.put('', original ? lab.files.original : step, name);
    this.find('.alpha-name').textContent = name;
    this.find('.facts').textContent = original || at === null ? '' : lab.facts[kind][at];
    this.find('.how').textContent = HOW[kind];
    press(this.find('[data-do=original]'), original);
    for (const button of this.findAll('button[data-kind]')) {
      press(button, button.dataset.kind === kind);
    }
    this.plane.mark(kind, at);
    this.place();
  }

  put(end, file, label) {
    const layer = this.find(`[data-end="${end}"] .layer`);
    const key = file ? file.url : '';
    if (layer.dataset.url === key) return;
    layer.dataset.url = key;
    if (!file) return layer.replaceChildren();
    const image = this.images.get(file.url).cloneNode();   // one picture may stand in two panes
    image.alt = `${label}: ${this.lab.name}`;
    decoded(image).then(() => {
      if (layer.dataset.url === key) layer.replaceChildren(image);
    });
  }

  place() {
    if (!this.lab.interpolated) return;
    for (const stage of this.findAll('.stage')) this.placeIn(stage);
    this.root.classList.toggle('zoomed', this.view.zoom > 0);
    for (const button of this.findAll('[data-zoom]')) {
      press(button, Number(button.dataset.zoom) === this.view.zoom);
    }
  }

  placeIn(stage) {
    const size = { width: stage.clientWidth, height: stage.clientHeight };
    if (!size.width) return;
    const zoom = this.view.zoom || fitZoom(this.lab, size, density());
    const view = held({ ...this.view, zoom }, this.lab, size, density());
    if (stage.parentNode.dataset.end === '') this.view = { ...view, zoom: this.view.zoom };
    stage.firstElementChild.style.transform = transform(view, size, density());
    stage.classList.toggle('exact', zoom >= 0.999);   // reduced pictures are blended, not skipped
  }

  // --- the plane --------------------------------------------------------------------------------

  drawPlane() {
    const { lab } = this;
    if (!lab.interpolated) return;
    this.root.classList.toggle('no-plane', !lab.svg);
    this.root.classList.toggle('no-testset-means', !lab.testsetMeans);
    if (this.plane.draw(lab.svg)) this.plane.mark(this.kind, this.nearest);
  }

  cropOf(name) {                                  // what to show of a method's picture
    const file = this.lab.files[name];
    return file && { image: this.images.get(file.url), around: [this.view.x, this.view.y], whole: this.lab };
  }

  open(name) {
    this.send('open');
    tell('open', { pane: name });
  }

  // --- controls ---------------------------------------------------------------------------------

  listen() {
    this.listenToHand();
    this.panes.addEventListener('keydown', (event) => this.onKey(event));
    this.find('.slide input').addEventListener('input', (event) => {
      this.choose(this.kind, Number(event.target.value));
    });
    this.root.addEventListener('click', (event) => {
      const button = event.target.closest('button');
      if (button) this.onButton(button.dataset);
    });
    new ResizeObserver(() => {
      this.place();
      this.drawPlane();
    }).observe(this.root);
    new IntersectionObserver(([entry]) => {
      const came = entry.isIntersecting && !this.visible;
      this.visible = entry.isIntersecting;
      if (came) this.look();
    }).observe(this.root);
    hear('compared', () => this.look());
  }

  onButton({ kind, zoom, figure, do: name }) {
    if (kind) this.kind = kind;
    if (zoom) this.view.zoom = Number(zoom);
    if (figure) this.send('draw', { suffix: figure });
    if (name === 'original') this.original = !this.original;
    else if (kind) this.original = false;
    if (name === 'sweep') this.sweep();
    if (name === 'cancel') this.send('cancel');
    this.showAlpha();
  }

  listenToHand() {
    let from = null;
    this.panes.addEventListener('pointerdown', (event) => {
      const stage = event.target.closest('.stage');
      if (!stage || event.button > 0 || !this.view.zoom) return;
      event.preventDefault();
      this.panes.focus({ preventScroll: true });
      stage.setPointerCapture(event.pointerId);
      from = { x: event.clientX, y: event.clientY, view: this.view };
      this.root.classList.add('panning');
    });
    this.panes.addEventListener('pointermove', (event) => {
      if (from) this.moveTo(from.view, from.x - event.clientX, from.y - event.clientY);
    });
    for (const name of ['pointerup', 'pointercancel']) {
      this.panes.addEventListener(name, () => {
        from = null;
        this.root.classList.remove('panning');
      });
    }
  }

  onKey(event) {
    if (!(event.key in ARROWS) || !this.view.zoom) return;
    event.preventDefault();
    event.stopPropagation();
    const [dx, dy] = ARROWS[event.key];
    this.moveTo(this.view, dx * STEP, dy * STEP);
  }

  moveTo({ zoom, x, y }, dx, dy) {                // CSS pixels away from a view
    const scale = zoom / density();
    this.view = { zoom, x: x + dx / scale, y: y + dy / scale };
    this.place();
  }
}
