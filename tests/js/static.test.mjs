// The static page's modules that need no page.

import assert from 'node:assert/strict';
import test from 'node:test';
import { alike, interleaved, threadsOf } from '../../sr_demo/static/engine.js';
import { boxIn, chosenIn, sampleIn, tabIn } from '../../sr_demo/static/links.js';
import { countText, facts, psnrText, secondsText, ssimText } from '../../sr_demo/static/numbers.js';
import { channelsOf, placeIn, shuffled } from '../../sr_demo/static/places.js';
import Remote from '../../sr_demo/static/remote.js';
import { csv, verdict } from '../../sr_demo/static/table.js';
import { crc32, zipped } from '../../sr_demo/static/zip.js';

const SITE = {
  scales: [2, 3, 4],
  methods: [{ name: 'bicubic' }, { name: 'espcn' }],
  samples: [
    { name: 'coffee', width: 600, height: 400, look: [365, 280] },
    { name: 'page', width: 384, height: 191, look: [200, 80] },
  ],
  first: 'coffee',
  lessonSample: 'page',
};

test('numbers are written as Python writes them', () => {
  assert.deepEqual([26.7809, Infinity, null].map(psnrText), ['26.78 dB', 'identical', '—']);
  assert.deepEqual([0.80913, null].map(ssimText), ['0.8091', '—']);
  assert.deepEqual([0.0004, 0.0452, 1.23, 9.96, 83.4].map(secondsText),
    ['<1 ms', '45 ms', '1.2 s', '10 s', '83 s']);
  assert.deepEqual([0, 999, 8129, 1546752].map(countText), ['—', '999', '8\u202f129', '1\u202f546\u202f752']);
  assert.deepEqual(facts({ psnr: null, ssim: null }), []);
  assert.deepEqual(facts({ psnr: 30, ssim: 0.9 }).map(({ text }) => text),
    ['PSNR 30.00 dB ↑', 'SSIM 0.9000 ↑']);
});

test('an address says what to begin with, and what makes no sense is passed over', () => {
  const all = { scale: 4, sharp: true, colour: 'y', methods: ['bicubic', 'espcn'] };
  assert.deepEqual(chosenIn('', SITE), all);
  assert.deepEqual(chosenIn('?scale=3&mode=small', SITE), { ...all, scale: 3, sharp: false });
  assert.deepEqual(chosenIn('?scale=7&mode=huge', SITE), all);
  assert.deepEqual(['?sample=page', '?sample=moon', ''].map((q) => sampleIn(q, SITE)), ['page', 'coffee', 'coffee']);
  assert.deepEqual(boxIn('?crop=120,80,64,48'), [120, 80, 64, 48]);
  for (const query of ['', '?crop=1,2,3', '?crop=a,b,c,d', '?crop=1,2,0,4', '?lesson=2&crop=1,2,3,4']) {
    assert.equal(boxIn(query), null);
  }
  const tabs = ['compare', 'lessons'];
  assert.deepEqual(['', '?tab=lessons', '?tab=lab', '?lesson=2'].map((q) => tabIn(q, tabs)),
    ['compare', 'lessons', 'compare', 'lessons']);
});

test('a lesson looks inside a sample, at a box whose sides every scale divides', () => {
  assert.deepEqual(placeIn({}, SITE).box, [92, 0, 216, 180]);   // the page is only 191 high
  assert.deepEqual(placeIn({ image: 'coffee' }, SITE).box, [257, 172, 216, 216]);
  assert.deepEqual(placeIn({ image: 'coffee', crop: '590,0,100,500' }, SITE).box, [504, 0, 96, 288]);
  assert.deepEqual(placeIn({ image: 'moon', crop: [0, 0, 'x', 1] }, SITE, 72).box, [164, 44, 72, 72]);
});

test('channels are every r-th pixel, black at 16 and white at 235', () => {
  const data = new Uint8Array(4 * 2 * 3);
  data.fill(255, 3, 6);                           // the second pixel of the first row is white
  const { shape, values } = channelsOf(data, [0, 0, 4, 2], 2);
  assert.deepEqual(shape, [1, 2]);
  assert.deepEqual(values, [0, 0, 255, 0, 0, 0, 0, 0]);
});

test('an order belongs to its text, and every order comes up', () => {
  const letters = ['a', 'b', 'c'];
  assert.deepEqual(shuffled(letters, 'x'), shuffled(letters, 'x'));
  const orders = new Set(Array.from({ length: 200 }, (_, i) => shuffled(letters, `place ${i}`).join('')));
  assert.equal(orders.size, 6);
});

test('a backend may differ by two levels, and by more in one value of a thousand', () => {
  const expected = new Uint8Array(4000).fill(100);
  const made = expected.map((value, i) => (i % 2 ? value + 2 : value));
  assert.ok(alike(made, expected));
  assert.ok(alike(made.fill(0, 0, 4), expected));
  assert.ok(!alike(made.fill(0, 0, 5), expected));
  assert.ok(!alike(expected.slice(1), expected));
});

test('planes of even and odd bytes become the file again', () => {
  assert.deepEqual(interleaved(Uint8Array.of(0, 2, 4, 1, 3)), Uint8Array.of(0, 1, 2, 3, 4));
  assert.deepEqual(interleaved(Uint8Array.of(0, 2, 1, 3)), Uint8Array.of(0, 1, 2, 3));
  assert.deepEqual(interleaved(new Uint8Array()), new Uint8Array());
});

test('small machines lend all cores, large ones half', () => {
  assert.deepEqual([1, 2, 4, 6, 8, 16, 64].map(threadsOf), [1, 2, 4, 4, 4, 8, 8]);
});

test('scores become a table of plain numbers', () => {
  const result = { scores: { psnr: 28.5, ssim: null, lrPsnr: Infinity }, seconds: 0.25, parameters: 8129, operations: null };
  assert.equal(csv([['srcnn', result]], { sharp: true, scale: 4 }),
    'method,scale,degradation,psnr_db,ssim,lr_psnr_db,seconds,parameters,operations_per_pixel\n' +
    'srcnn,4,none,28.5,,inf,0.25,8129,\n');
  assert.equal(csv([['srcnn', result]], { sharp: false, scale: 2 }).split('\n')[0],
    'method,scale,lr_psnr_db,seconds,parameters,operations_per_pixel');
});

test('the verdict is the best PSNR, and that SRGAN is no evidence', () => {
  const of = (name, psnr) => ({ name, label: name.toUpperCase(), scores: { psnr } });
  assert.equal(verdict([of('espcn', 28)]), '');
  assert.equal(verdict([of('espcn', 28), of('srcnn', 29)]), 'Closest: SRCNN, 29.00 dB.');
  assert.equal(verdict([of('espcn', 28), of('srgan', 27)]),
    'Closest: ESPCN, 28.00 dB. SRGAN invents texture: not evidence.');
  assert.equal(verdict([of('srgan', 27), of('real_srgan', 26)]),
    'Closest: SRGAN, 27.00 dB. SRGAN and REAL_SRGAN invent texture: not evidence.');
  assert.equal(verdict([of('espcn', null), of('srgan', null)]), 'SRGAN invents texture: not evidence.');
});

test('a check sum is the one that ZIP asks for', async () => {
  assert.equal(crc32(new TextEncoder().encode('123456789')), 0xcbf43926);
  const zip = new Uint8Array(await (await zipped([['é.txt', new Blob(['hello'])]])).arrayBuffer());
  assert.deepEqual([...zip.slice(0, 4)], [0x50, 0x4b, 3, 4]);
  assert.equal(zip.length, 30 + 6 + 5 + 46 + 6 + 22);
});

class Echo extends EventTarget {
  sent = [];
  postMessage(message) { this.sent.push(message); }
  say(data) { this.dispatchEvent(Object.assign(new Event('message'), { data })); }
}

test('every question gets its own news and answer, a cancelled one none', async () => {
  const worker = new Echo();
  const remote = new Remote(worker);
  const news = [];
  const first = remote.ask('compare', {}, (item) => news.push(item));
  const second = remote.ask('crop', {});
  const third = remote.ask('compare', {});
  third.cancel();
  assert.deepEqual(worker.sent.at(-1), { cancel: 3 });
  worker.say({ id: 2, answer: 'b' });
  worker.say({ id: 1, news: 'n' });
  worker.say({ id: 3, cancelled: true });
  worker.say({ id: 1, error: 'no' });
  worker.say({ id: 1, news: 'late' });
  assert.equal(await second.answer, 'b');
  await assert.rejects(first.answer, { message: 'no' });
  assert.deepEqual(news, ['n']);
  assert.equal(remote.asked.size, 0);
});
