// A lesson at a place in a photo: a list of photos, and a box that is dragged or moved by the arrow
// keys.

import { ARROWS } from '../common.js';
import { boxAt } from '../geometry.js';
import Lesson from './frame.js';

const PAUSE = 300;                                // milliseconds after the last key

export default class PlacedLesson extends Lesson {
  place = { image: '', box: null, photo: null };

  // What a lesson asks Python for at a place, and how it shows the answer.
  load() {}
  show() {}

  beginAtPlace() {
    this.listenToPlace();
    return this.goTo(this.asked('image'), this.asked('crop'));
  }

  // To the place again, for another question about it.
  reload() {
    return this.goTo(this.place.image, this.place.box);
  }

  async goTo(image, crop) {
    const answer = await this.load({ image, crop });
    if (!answer) return;
    this.place = { image: answer.image, box: answer.crop, photo: answer.photo };
    this.showPlace();
    this.remember({ image: answer.image, crop: answer.crop.join(',') });
    if (answer.error) return;
    const mine = this.ticket;
    await this.show(answer);
    if (mine === this.ticket) this.ready();
  }

  showPlace() {
    const { image, photo } = this.place;
    const select = this.find('.place select');
    const preview = this.find('.photo img');
    select.value = image;
    preview.src = photo.file.url;
    preview.alt = `${select.selectedOptions[0].textContent}, the whole photo`;
    preview.style.aspectRatio = `${photo.width} / ${photo.height}`;
    this.drawBox();
  }

  drawBox() {
    const [left, top, width, height] = this.place.box;
    const { photo } = this.place;
    const percent = (part, whole) => `${(100 * part) / whole}%`;
    Object.assign(this.find('.photo button').style, {
      left: percent(left, photo.width),
      top: percent(top, photo.height),
      width: percent(width, photo.width),
      height: percent(height, photo.height),
    });
  }

  moveBox(left, top) {
    this.place.box = boxAt([left, top], this.place.box.slice(2), this.place.photo);
    this.drawBox();
  }

  listenToPlace() {
    this.listenToHand();
    let waiting = 0;
    this.find('.photo').addEventListener('keydown', (event) => {
      const way = ARROWS[event.key];
      if (!way || !this.place.box) return;
      event.preventDefault();
      const far = event.shiftKey ? 48 : 12;
      this.moveBox(this.place.box[0] + way[0] * far, this.place.box[1] + way[1] * far);
      clearTimeout(waiting);
      waiting = setTimeout(() => this.reload(), PAUSE);
    });
    this.find('.place select').addEventListener('change', (event) => {
      this.goTo(event.target.value, null);
    });
  }

  listenToHand() {
    const photo = this.find('.photo');
    let dragging = false;
    const follow = (event) => {
      const area = photo.getBoundingClientRect();
      const { box: [, , width, height], photo: whole } = this.place;
      this.moveBox(
        ((event.clientX - area.left) / area.width) * whole.width - width / 2,
        ((event.clientY - area.top) / area.height) * whole.height - height / 2,
      );
    };
    photo.addEventListener('pointerdown', (event) => {
      if (!this.place.box) return;
      dragging = true;
      photo.setPointerCapture(event.pointerId);
      follow(event);
    });
    photo.addEventListener('pointermove', (event) => dragging && follow(event));
    photo.addEventListener('pointerup', () => {
      if (dragging) this.reload();
      dragging = false;
    });
    photo.addEventListener('pointercancel', () => { dragging = false; });
  }
}
