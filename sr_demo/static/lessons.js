// The lessons that need no server: their components, and the answers that Python gives them there
// (sr_demo/ui/lessons/serve.py), computed here.

import BlindLesson from '../ui/lessons/blind.js';
import GameLesson from '../ui/lessons/game.js';
import MseLesson from '../ui/lessons/mse.js';
import Steps from '../ui/lessons/steps.js';
import SubpixelLesson from '../ui/lessons/subpixel.js';
import { psnrText, ssimText } from './numbers.js';
import { channelsOf, placeIn, shuffled } from './places.js';

const COMPONENTS = { mse: MseLesson, game: GameLesson, subpixel: SubpixelLesson, blind: BlindLesson };
const LETTERS = 'ABCDE';
const NO_CLASS = 'To vote as a class needs a page with a server.';
const CANDIDATES = ['bicubic', 'espcn', 'srresnet', 'srgan'];

export function openLessons(root, site, remote) {
  const answers = new Answers(site, remote);
  new Steps(root.querySelector('.steps'), { value: site.lessons.map(({ title }) => title) });
  for (const { key } of site.lessons) {
    new COMPONENTS[key](root.querySelector(`.lesson.${key}`), {},
      (question, details) => answers.to(question, details));
  }
}

class Answers {
  constructor(site, remote) {
    Object.assign(this, { site, remote });
    this.blobs = new Map();                       // sample -> promise of its file
    this.made = new Map();                        // question -> promise of pictures
  }

  async to(question, details) {
    const place = placeIn(details, this.site, question === 'channel_values' ? 72 : undefined);
    const where = question === 'recorded_run' ? {} : answerOf(place);
    try {
      if (question.startsWith('class_')) throw new Error(NO_CLASS);
      return { ...where, ...await this[question](place, details) };
    } catch (error) {
      return { ...where, error: error.message };
    }
  }

  async recorded_run() {
    const [run, facts] = await Promise.all(['run', 'features'].map(async (name) =>
      (await fetch(`lessons/${name}.json`)).json()));
    for (const scene of run.scenes) scene.file = { url: `lessons/${scene.name}.png` };
    return { ...run, features: { ...facts, file: { url: 'lessons/features.png' } } };
  }

  async channel_values(place) {
    const layers = {};
    for (const scale of [2, 3]) {
      const [, espcn] = await this.pictures(place, scale, ['espcn'], true);
      layers[scale] = channelsOf(espcn.data, place.box, scale);
    }
    return { layers };
  }

  async blind_pictures(place, asked) {
    const scale = asked.scale === 2 ? 2 : 4;
    const methods = CANDIDATES.filter((name) =>
      name === 'bicubic' || `${name}_x${scale}` in this.site.networks);
    const found = await this.pictures(place, scale, methods, false);
    const order = shuffled(found, `${place.image} ${place.box} ${scale}`);
    const [, , width, height] = place.box;
    const panes = order.map((candidate, index) => ({
      id: LETTERS[index], label: `Picture ${LETTERS[index]}`, width, height,
      file: { url: candidate.url },
      ...(asked.shown ? this.revealed(candidate) : {}),
    }));
    return { panes, scale };
  }

  revealed({ method, psnr, ssim }) {
    const known = this.site.methods.find(({ name }) => name === method);
    const texts = known ? [`PSNR ${psnrText(psnr)} ↑`, `SSIM ${ssimText(ssim)} ↑`] : [];
    return { name: method, method: known ? known.label : 'Original', texts };
  }

  // What the methods make of a place, made once.
  pictures({ image, box }, scale, methods, raw) {
    const key = JSON.stringify([image, box, scale, methods]);
    if (!this.made.has(key)) {
      const made = this.make(image, box, scale, methods, raw);
      this.made.set(key, made);
      made.catch(() => this.made.delete(key));
    }
    return this.made.get(key);
  }

  async make(image, box, scale, methods, raw) {
    const blob = await this.sample(image);
    const asked = { blob, name: image, box, scale, methods, raw };
    const pictures = await this.remote.ask('lesson', asked).answer;
    return pictures.map((one) => ({ ...one, url: one.file && URL.createObjectURL(one.file) }));
  }

  sample(image) {
    if (!this.blobs.has(image)) {
      const { file } = this.site.samples.find(({ name }) => name === image);
      const blob = fetch(file).then((answer) => answer.blob());
      this.blobs.set(image, blob);
      blob.catch(() => this.blobs.delete(image));
    }
    return this.blobs.get(image);
  }
}

const answerOf = ({ image, box, sample: { file, width, height } }) =>
  ({ image, crop: box, photo: { file: { url: file }, width, height } });
