// The synced viewer. One view — a zoom and the image point at the centre — is shown by every pane.

import { density, finders, hear, make, makeButton, press, tell } from '../common.js';
import { clamp, fitZoom, held, transform } from '../geometry.js';
import { present } from '../presenting.js';
import Address from './address.js';
import Crops from './crops.js';
import {
  MAX_ZOOM, bestGrid, contains, nextZoom, offGrid, opening, visible, zoomed,
} from './geometry.js';
import Gestures from './gestures.js';
import { meaning } from './keys.js';
import Overlays from './overlays.js';
import Pane from './pane.js';
import Split from './split.js';
import Status, { NARROW } from './status.js';

const GAP = 8;                                    // CSS pixels between panes

// `value` is what Python's `view` makes, `scores` what PSNR and SSIM are inside the crop. Sends
// "crop" {run, box}, "visit" {query}, "tab_lab" and the like, "cancel", "again".
export default class Viewer {
  constructor(root, values, send) {
    Object.assign(this, { root, send });
    [this.find] = finders(root);
    this.grid = this.find('.grid');
    this.panes = new Map();                       // id -> Pane, in their order on the page
    this.view = { zoom: 1, x: 0, y: 0 };
    this.untouched = true;                        // the view is the one that the picture opens with
    this.fits = false;                            // the view is the whole picture
    this.picture = { run: 0, width: 1, height: 1 };   // the latest value
    this.size = { width: 1, height: 1 };          // of each pane's stage, in CSS pixels
    this.turn = 0;
    this.state = '';
    this.solo = null;                             // id of the pane that is shown alone
    this.drawing = false;                         // dragging draws a crop instead of panning
    this.summoned = false;                        // to be brought forward once it can be seen
    this.crops = new Crops(this.find('.strip'), {
      ask: (asked) => send('crop', asked), moved: () => this.place(), gap: GAP,
    });
    this.split = new Split(this.find('.frame'), () => this.layOut());
    this.overlays = new Overlays(root);
    this.status = new Status(root);
    this.address = new Address((query, tab) => {
      send(`tab_${tab}`);
      if (query) this.state = 'waiting';          // at once: what is shown is no new address
      if (query) send('visit', { query });
    });
    this.linkedZoom = this.address.zoom;          // for the picture that a link opens
    this.actions = this.makeActions();
    this.listen();
    this.update(values);
  }

  update({ value, scores }) {
    if (value) this.show(value);
    if (scores) this.crops.score(scores);
  }

  show(value) {
    if (!value.panes || value.turn < this.turn) return;   // news of a job since cancelled
    const turned = value.turn !== this.turn || value.state !== this.state;
    this.turn = value.turn;
    this.state = value.state;
    this.status.show(value);
    if (value.panes.length) this.showPanes(value);
    if (turned) ['compared', 'link'].forEach((what) => tell(what, { link: value.link }));
    if (value.state === 'begin') this.send('again');
    this.tellWhole();
  }

  showPanes(value) {
    const before = this.picture;
    this.picture = value;
    this.root.dataset.state = value.state;
    this.turnTo(value, before);
    this.keepPanes(value);
    if (this.solo && !this.panes.has(this.solo)) this.solo = null;
    this.split.offer(value.panes);
    this.showTabs(value.panes);
    this.layOut();
    this.layOver();
    this.crops.follow(value, [...this.panes.values()]);
  }

  // Another picture opens at its telling place; the same one, larger or smaller, stays where it is.
  turnTo(value, before) {
    const ratio = value.width / before.width;
    if (value.name !== before.name) {
      if (before.name) this.linkedZoom = 0;
      this.untouched = true;
      this.showOptions(false);
    } else if (Math.abs(ratio - 1) > 0.05) {
      const { zoom, x, y } = this.view;
      this.view = { zoom: zoom / ratio, x: x * ratio, y: y * ratio };
    }
  }

  keepPanes(value) {
    const before = this.panes;
    this.panes = new Map(value.panes.map(({ id }) => [id, before.get(id) || new Pane(id)]));
    for (const [id, pane] of before) if (!this.panes.has(id)) pane.node.remove();
    value.panes.forEach((data, index) => {
      const pane = this.panes.get(data.id);
      if (this.grid.children[index] !== pane.node) {
        this.grid.insertBefore(pane.node, this.grid.children[index]);
      }
      pane.fill(data, value, () => {
        this.place();
        this.layOver();
        this.crops.draw();
        this.tellWhole();
      });
    });
  }

  tellWhole() {
    const panes = [...this.panes.values()];
    if (this.state === 'done' && panes.every((pane) => pane.hasPixels)) tell('whole');
  }

  say(text = '') {
    this.status.lead(text || this.overlays.note, this.picture.panes || []);
  }

  layOver() {
    this.overlays.draw(this.picture, this.panes);
    this.find('[data-do=errors]').disabled = !this.panes.has('original');
    this.find('[data-do=heat]').disabled = !this.picture.heat;
    this.find('[data-do=invented]').disabled = !this.picture.invented || !this.panes.has('srgan');
    this.find('[data-do=spot]').disabled = !this.picture.spots?.length;
    this.find('[data-do=link]').hidden = !this.picture.link;
    this.say();
  }

  wait(ahead) {
    if (this.state === 'waiting') this.status.wait(ahead);
  }

  // --- one picture or all -----------------------------------------------------------------------

  showTabs(list) {
    const tabs = this.find('.tabs');
    const items = [{ id: '', label: 'All', key: 'Esc' }, ...list.map(({ id, label, key }) =>
      ({ id, label, key }))];
    if (tabs.dataset.items !== JSON.stringify(items)) {
      tabs.dataset.items = JSON.stringify(items);
      tabs.replaceChildren(...items.map(({ id, label, key }) => {
        const button = makeButton('', () => this.alone(id));
        button.dataset.solo = id;
        button.append(make('kbd', '', key), label);
        return button;
      }));
    }
    const shown = this.split.on ? null : this.solo || '';
    for (const button of tabs.children) press(button, button.dataset.solo === shown);
  }

  alone(id) {
    if (id && !this.panes.has(id)) return;
    this.solo = id || null;
    this.slide(false);
    this.showTabs(this.picture.panes || []);
    this.layOut();
  }

  slide(on) {
    this.split.toggle(on);
    this.pressed('split', on);
    this.grid.classList.toggle('splitting', on);
  }

  flip(key) {
    this.alone((this.picture.panes || []).find((pane) => pane.key === key)?.id || this.solo);
  }

  // Another tab asks for a picture: this one is in front at once, or as soon as it has a size.
  open(id) {
    if (!this.panes.has(id)) return;
    this.alone(id);
    this.summoned = true;
    this.comeForward();
  }

  comeForward() {
    if (!this.summoned || !this.isSeen) return;
    this.summoned = false;
    this.find(`[data-solo="${this.solo || ''}"]`).scrollIntoView({ block: 'nearest' });
    this.root.focus();
  }

  get isSeen() {                                  // not so while another tab is open
    return this.grid.clientWidth > 0;
  }

  // --- the view ---------------------------------------------------------------------------------

  get fitZoom() {
    return fitZoom(this.picture, this.size, density());
  }

  place() {
    const { picture, size } = this;
    const fit = this.fitZoom;
    if (this.untouched) this.openView(fit);
    if (this.fits) this.view = { zoom: fit, x: picture.width / 2, y: picture.height / 2 };
    this.view = held(this.view, picture, size, density());
    const { zoom } = this.view;
    const shown = transform(this.view, size, density());
    const smooth = this.root.classList.contains('smooth');
    const seen = visible(this.view, size, picture, density());
    const first = picture.first && contains(picture.first, seen);
    for (const pane of this.panes.values()) {
      if (!first && this.isSeen) pane.askAll();
      pane.place(shown, this.view, size, picture, smooth);
      if (this.crops.box) pane.mark(this.crops.box);
    }
    this.root.style.setProperty('--density', density());
    this.root.style.setProperty('--unit', density() / zoom);   // a CSS pixel, on the image
    this.root.classList.toggle('zoomed', zoom > fit * 1.001);
    this.find('.zoom').value = `${Math.round(zoom * 100)} %`;
    this.tellView(seen);
    this.remember();
  }

  openView(fit) {
    const view = opening(this.picture.focus, this.picture, fit, density());
    this.fits = !view;
    if (view) this.view = view;
    if (!this.linkedZoom) return;
    const [x, y] = this.picture.focus;
    this.view = { zoom: clamp(this.linkedZoom, Math.min(fit, 1), MAX_ZOOM), x, y };
    this.fits = this.view.zoom <= fit;
  }

  // What the address says: of an upload not where to look; while another is awaited, nothing.
  remember() {
    this.address.later(() => {
      const { link } = this.picture;
      if (!link || !this.isSeen || this.state === 'waiting') return null;
      const crop = this.crops.chosen || this.picture.linked ? String(this.crops.box) : '';
      const zoom = this.untouched && !this.linkedZoom ? '' : Number(this.view.zoom.toFixed(2));
      return [link, link.sample ? { crop, zoom } : {}];
    });
  }

  tellView(seen) {
    const { width, height } = this.picture;
    const part = ([l, t, w, h]) => [l / width, t / height, w / width, h / height];
    tell('viewed', { view: part(seen), box: this.crops.box && part(this.crops.box) });
  }

  // `at` is [x, y] in CSS pixels from the centre of the pane.
  zoomTo(zoom, at = [0, 0]) {
    const next = clamp(zoom, Math.min(this.fitZoom, 1), MAX_ZOOM);
    this.view = zoomed(this.view, next, at, density());
    this.touch(Math.abs(next / this.fitZoom - 1) < 1e-3);
  }

  moveBy(dx, dy) {                                // in image pixels
    this.view = { ...this.view, x: this.view.x + dx, y: this.view.y + dy };
    this.touch(false);
  }

  lookAt(x, y) {                                  // fractions of the picture
    this.view = { ...this.view, x: x * this.picture.width, y: y * this.picture.height };
    this.touch(false);
  }

  // How it has been looked at, and to look on like that: the first screen hands over to the page.
  get looked() {
    const { view, fits, solo, untouched } = this;
    return { view: untouched ? null : view, fits, solo, box: this.crops.chosen && this.crops.box };
  }

  resume({ view, fits, solo, box, active }) {
    if (solo) this.alone(solo);
    if (box) this.crops.set(box);
    if (view) {
      this.view = view;
      this.touch(fits);
    }
    if (active) this.root.focus();
  }

  step(direction) {
    this.zoomTo(nextZoom(this.view.zoom, direction, this.fitZoom));
  }

  fit() {
    this.touch(true);
  }

  touch(fits) {
    this.untouched = false;
    this.fits = fits;
    this.place();
  }

  // The crop is moved by a key; the view follows where it would leave it.
  moveBox(direction) {
    this.crops.move(direction);
    const [left, top, width, height] = this.crops.box || [];
    const seen = visible(this.view, this.size, this.picture, density());
    if (!this.crops.box || contains(seen, this.crops.box)) return;
    this.view = { ...this.view, x: left + width / 2, y: top + height / 2 };
    this.touch(this.fits);
  }

  pan([dx, dy]) {                                 // by a quarter of what is seen
    const [, , width, height] = visible(this.view, this.size, this.picture, density());
    this.moveBy((dx * width) / 4, (dy * height) / 4);
  }

  // --- layout: panes fill the window, on whole screen pixels -------------------------------------

  layOut() {
    const width = Math.floor(this.grid.clientWidth);
    if (!width || !this.panes.size) return;
    const panes = [...this.panes.values()];
    const captionHeight = Math.max(...panes.map((pane) => pane.caption.offsetHeight));
    const narrow = NARROW.matches;
    const best = bestGrid({
      count: panes.length, width, room: this.room(narrow), captionHeight, gap: GAP, narrow,
      density: density(),
    });
    this.root.style.setProperty('--columns', best.columns);
    const alone = this.solo !== null || this.split.on;
    this.grid.classList.toggle('solo', alone);
    const { rows, height } = best;
    this.size = alone
      ? { width, height: rows * (height + captionHeight) + (rows - 1) * GAP - captionHeight }
      : best;
    for (const pane of panes) pane.resize(this.size, pane.id === this.solo, this.split.side(pane.id));
    this.root.style.setProperty('--stage-height', `${this.size.height}px`);
    this.align();
    this.place();
    this.crops.layOut(width, best.columns);
  }

  // What the window has left for the panes when the page is not scrolled; on a phone the strip of
  // names lies below.
  room(narrow) {
    const { top: here } = this.grid.getBoundingClientRect();
    const full = this.root.matches(':fullscreen');
    const top = here + (full ? this.root.scrollTop : window.scrollY);
    const below = narrow ? this.find('.strip-of-tabs').offsetHeight : 0;
    const least = narrow ? 400 : 420;
    return Math.max(least, window.innerHeight - Math.min(top, window.innerHeight / 2) - below - GAP);
  }

  align() {                                       // else every picture is shifted by a fraction
    const frame = this.find('.frame');
    frame.style.transform = '';
    const { left, top } = frame.getBoundingClientRect();
    const shift = [offGrid(left, density()), offGrid(top + window.scrollY, density())];
    if (shift.some((value) => Math.abs(value) > 1e-3)) {
      frame.style.transform = `translate(${shift[0]}px, ${shift[1]}px)`;
    }
  }

  // --- buttons and keys -------------------------------------------------------------------------

  makeActions() {
    return {
      in: () => this.step(1),
      out: () => this.step(-1),
      fit: () => this.fit(),
      actual: () => this.zoomTo(1),
      smooth: () => {
        this.pressed('smooth', this.root.classList.toggle('smooth'));
        this.place();
      },
      box: () => {
        this.drawing = this.root.classList.toggle('drawing');
        this.pressed('box', this.drawing);
      },
      split: () => {
        const on = !this.split.on;
        this.alone(null);
        this.slide(on);
        this.showTabs(this.picture.panes);
        this.layOut();
      },
      errors: () => this.toggle('errors'),
      heat: () => this.toggle('heat'),
      invented: () => this.toggle('invented'),
      spot: () => this.nextSpot(),
      full: () => {
        if (document.fullscreenElement) document.exitFullscreen();
        else this.root.requestFullscreen?.();
      },
      present: () => this.pressed('present', present()),
      pin: () => this.pressed('pin', this.crops.pin()),
      help: () => {
        const help = this.find('.help');
        help.hidden = !help.hidden;
        this.find('[data-do=help]').setAttribute('aria-expanded', !help.hidden);
        this.layOut();
      },
      options: () => this.showOptions(!document.body.classList.contains('sr-options')),
      link: async () => this.say(await this.address.copy(Boolean(this.picture.link?.sample))),
      cancel: () => this.send('cancel'),
      again: () => this.send('again'),
    };
  }

  toggle(overlay) {
    if (this.find(`[data-do=${overlay}]`).disabled) return;
    this.pressed(overlay, this.overlays.toggle(overlay));
    this.layOver();
  }

  nextSpot() {
    const spot = this.overlays.next(this.picture);
    if (!spot) return;
    const near = opening(spot.at, this.picture, this.fitZoom, density()) || this.view;
    const zoom = this.fits ? near.zoom : this.view.zoom;
    this.view = { zoom, x: spot.at[0], y: spot.at[1] };
    this.touch(false);
    this.crops.around(spot.at);
    this.say(spot.name);
  }

  showOptions(on) {                               // where there is no room for them beside
    document.body.classList.toggle('sr-options', on);
    this.root.classList.toggle('choosing', on);
    this.find('[data-do=options]').setAttribute('aria-expanded', on);
  }

  pressed(name, on) {
    press(this.find(`[data-do=${name}]`), on);
  }

  listen() {
    new Gestures(this.grid, this);
    this.root.addEventListener('click', (event) => {
      const name = event.target.closest('button')?.dataset.do;
      if (name) this.actions[name]();
    });
    const onKey = (event) => {
      if (this.root.isConnected) this.onKey(event);
      else document.removeEventListener('keydown', onKey);
    };
    document.addEventListener('keydown', onKey);
    hear('asked', () => tell('link', { link: this.picture.link }));
    hear('open', ({ pane }) => this.open(pane));
    hear('resume', (looked) => this.resume(looked));
    hear('look', ({ x, y }) => this.lookAt(x, y));
    new ResizeObserver(() => {
      this.layOut();
      this.comeForward();
    }).observe(this.grid);
    new ResizeObserver(() => this.align()).observe(document.body);  // what is above has moved it
    window.addEventListener('resize', () => this.layOut());
  }

  onKey(event) {
    const asked = meaning(event);
    if (asked?.action === 'present') this.actions.present();   // a class sees the lessons, too
    if (!asked || asked.action === 'present' || !this.isSeen || !this.picture.panes) return;
    if (asked.arrow) {
      if (document.activeElement !== this.root) return;
      if (asked.pan) this.pan(asked.arrow);
      else this.moveBox(asked.arrow);
    } else if (asked.flip) this.flip(asked.flip);
    else if (asked.escape) this.escape();
    else this.actions[asked.action]();
    event.preventDefault();
  }

  escape() {
    if (!this.find('.help').hidden) this.actions.help();
    else if (document.body.classList.contains('sr-options')) this.showOptions(false);
    else if (this.drawing) this.actions.box();
    else if (this.split.on) this.actions.split();
    else this.alone(null);
  }
}
