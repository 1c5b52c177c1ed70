// A picture, what the methods make of it, and the scores, in the worker: what sr_demo/comparison.py
// does, with what an earlier question made of the same picture kept.

import { disagreement, heatOf, inventedOf, spots, undetermined } from './looks.js';
import { busiestSpot, cropped, croppedToMultiple, decode, encode } from './picture.js';
import { imresize } from './resize.js';
import { psnr, scoresOf, ssim } from './scores.js';

const MAX_INPUT = 1e6;                            // pixels of what networks get: minutes of work
const SHRINK = 4;                                 // of a sample that stands for a small image

export default class Compared {
  constructor(engine, colours) {
    Object.assign(this, { engine, colours });
    this.source = null;                           // {picture, opacity, name}
    this.shown = null;                            // what `start` makes, {run, key, colour} besides
  }

  // A file becomes the picture that is compared; its size.
  async open({ blob, name }) {
    const source = await decode(blob, name);
    this.source = { ...source, name };
    const { width, height } = source.picture;
    return { width, height, transparent: source.opacity !== null };
  }

  // Tells {begun}, {fraction, method} and {result} as they come, then {looked}.
  async compare(asked, tell, goOn) {
    const { run, key, scale, methods, colour } = asked;
    this.engine.prefetch(methods.filter(isNetwork).map((method) => `${method}_x${scale}`));
    const kept = this.shown?.key === key ? this.shown : await this.start(asked);
    this.shown = { ...kept, run, key, colour };
    tell({ begun: this.begun() });
    for (const method of methods) {
      await goOn();
      const { results } = this.shown;
      if (!results.has(method)) results.set(method, await this.restored(method, scale, tell, goOn));
      const result = results.get(method);
      if (result.colour !== colour) {
        Object.assign(result, { colour, scores: this.scored(result.picture) });
      }
      const { file, seconds, scores } = result;
      tell({ result: { method, file, seconds, scores } });
    }
    await goOn();
    tell({ looked: await this.looked(methods) });
  }

  // Where the methods disagree, and what SRGAN adds, to be laid over.
  async looked(methods) {
    const { results, scale, looks } = this.shown;
    const key = methods.join();
    if (methods.length && !looks.has(key)) {
      const plane = disagreement(methods.map((method) => results.get(method).picture));
      looks.set(key, { spots: spots(plane), heat: await encode(...heatOf(plane, this.colours)) });
    }
    const invents = methods.includes('srgan') && results.get('srgan');
    if (invents && !invents.added) {
      invents.added = await encode(...inventedOf(undetermined(invents.picture, scale)));
    }
    return { ...looks.get(key), invented: invents ? invents.added : null };
  }

  async start({ sharp, small, scale }) {
    const { picture, opacity } = this.source;
    const reduced = (one) => one && imresize(one, 1 / SHRINK);
    const original = sharp ? croppedToMultiple(picture, scale) : null;
    if (original && !original.data.length) throw new Error(tooSmall(picture, scale));
    const lr = original ? imresize(original, 1 / scale) : small ? reduced(picture) : picture;
    if (lr.width * lr.height > MAX_INPUT) throw new Error(tooLarge(lr));
    const sharpOpacity = opacity && original ? croppedToMultiple(opacity, scale) : null;
    const lrOpacity = opacity && (original ? imresize(sharpOpacity, 1 / scale)
      : small ? reduced(opacity) : opacity);
    const enlarged = opacity && (sharpOpacity || imresize(lrOpacity, scale));
    return {
      original, lr, scale,
      results: new Map(),                         // method -> {picture, file, seconds, colour, scores}
      looks: new Map(),                           // methods -> {spots, heat}
      opacity: enlarged,
      focus: busiestSpot(lr).map((place) => place * scale),
      files: {
        input: await encode(lr, lrOpacity),
        original: original && await encode(original, enlarged),
      },
    };
  }

  begun() {
    const { lr, scale, focus, files, original } = this.shown;
    return {
      focus, files,
      width: lr.width * scale, height: lr.height * scale,
      input: [lr.width, lr.height], sharp: original !== null,
      magnification: original ? 1 : (lr.width * scale) / this.source.picture.width,
    };
  }

  async restored(method, scale, tell, goOn) {
    const { lr, opacity } = this.shown;
    if (isNetwork(method)) await this.engine.session(`${method}_x${scale}`);   // is not timed
    tell({ fraction: 0, method });
    const started = performance.now();
    const picture = await this.enlarged(method, lr, scale, async (fraction) => {
      tell({ fraction, method });
      await goOn();
    });
    const seconds = (performance.now() - started) / 1000;
    return { picture, seconds, file: await encode(picture, opacity) };
  }

  enlarged(method, lr, scale, progress) {
    if (!isNetwork(method)) return imresize(lr, scale);
    return this.engine.restore(`${method}_x${scale}`, lr, scale, progress);
  }

  scored(picture) {
    const { original, lr, scale, colour } = this.shown;
    return scoresOf(picture, original, lr, scale, colour);
  }

  // PSNR and SSIM of every method inside a box.
  crop({ run, box }) {
    const { shown } = this;
    if (!shown?.original || shown.run !== run) return { run, box, of: {} };
    const of = [...shown.results].map(([method, { picture }]) => [method, {
      psnr: psnr(shown.original, picture, box, shown.colour),
      ssim: ssim(shown.original, picture, box, shown.colour),
    }]);
    return { run, box, of: Object.fromEntries(of) };
  }

  // What methods make of a part of another picture, for the lessons: the original and each result,
  // with its PSNR; the raw bytes too where `raw` asks for them.
  async lesson({ blob, name, box, scale, methods, raw }, goOn) {
    const original = cropped((await decode(blob, name)).picture, box);
    const lr = imresize(original, 1 / scale);
    const pictures = [['original', original]];
    for (const method of methods) {
      await goOn();
      pictures.push([method, await this.enlarged(method, lr, scale, goOn)]);
    }
    return Promise.all(pictures.map(async ([method, picture]) => {
      const { psnr: decibels, ssim: similarity } = scoresOf(picture, original, lr, scale, 'y');
      const file = raw ? null : await encode(picture, null);
      return { method, file, data: raw ? picture.data : null, psnr: decibels, ssim: similarity };
    }));
  }
}

const isNetwork = (method) => method !== 'bicubic';

const tooSmall = ({ width, height }, scale) =>
  `${width}×${height} pixels are too few to reduce ×${scale}; use a picture of at least ` +
  `${scale}×${scale}, or enlarge it as a small image.`;

const tooLarge = ({ width, height }) =>
  `${width}×${height} is ${(width * height / 1e6).toFixed(1)} megapixels of network input; the limit ` +
  `in a browser is ${MAX_INPUT / 1e6}. Crop the picture or make it smaller first.`;
