// What the static page's modules compute, for Python to compare with its own: reads questions
// {name: [what, arguments]} as JSON from stdin, where {"bytes": base64, …} is a picture.

import { readFileSync } from 'node:fs';
import { fillHidden } from '../../sr_demo/static/hidden.js';
import { disagreement, heatOf, inventedOf, spots, undetermined } from '../../sr_demo/static/looks.js';
import { busiestSpot } from '../../sr_demo/static/picture.js';
import { imresize } from '../../sr_demo/static/resize.js';
import { inside, lrPsnr, psnr, ssim } from '../../sr_demo/static/scores.js';
import { spans, tilesOf } from '../../sr_demo/static/tiles.js';

const picture = ({ bytes, ...shape }) => ({ data: new Uint8Array(Buffer.from(bytes, 'base64')), ...shape });
const packed = ({ data, ...shape }) => ({ bytes: Buffer.from(data).toString('base64'), ...shape });

const ANSWERS = {
  imresize: (image, scale) => packed(imresize(picture(image), scale)),
  psnr: (a, b, border, colour) => psnr(picture(a), picture(b), inside(a, border), colour),
  ssim: (a, b, border, colour) => ssim(picture(a), picture(b), inside(a, border), colour),
  lrPsnr: (image, lr, scale, colour) => lrPsnr(picture(image), picture(lr), scale, colour),
  busiestSpot: (image) => busiestSpot(picture(image)),
  spots: (images) => spots(disagreement(images.map(picture))),
  heat: (images, colours) => heatOf(disagreement(images.map(picture)), colours).map(packed),
  invented: (image, scale) => inventedOf(undetermined(picture(image), scale)).map(packed),
  spans: (...args) => spans(...args),
  tiles: (image, radius, size) => [...tilesOf(picture(image), radius, size)]
    .map(({ box, window, at, fraction }) => ({ box, at, fraction, window: packed(window) })),
  fillHidden: (image, opacity) => {
    const filled = picture(image);
    fillHidden(filled, picture(opacity).data);
    return packed(filled);
  },
};

const questions = JSON.parse(readFileSync(0, 'utf8'));
const answers = Object.entries(questions).map(([name, [what, args]]) => [name, ANSWERS[what](...args)]);
process.stdout.write(JSON.stringify(Object.fromEntries(answers), (_, value) =>
  (value === Infinity ? 'infinite' : value)));
