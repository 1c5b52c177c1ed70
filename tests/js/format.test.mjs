import assert from 'node:assert/strict';
import { test } from 'node:test';

import { counted, percent, psnrOf, times, whole } from '../../sr_demo/ui/format.js';

test('numbers read as the page writes them', () => {
  assert.equal(percent(0.126), '13 %');
  assert.equal(times(4), '×4');
  assert.equal(times(16 / 3), '×5.3');
  assert.equal(whole(1234567.4), '1\u202f234\u202f567');
  assert.equal(whole(999.5), '1\u202f000');
  assert.equal(counted(1, 'vote'), '1 vote');
  assert.equal(counted(0, 'vote'), '0 votes');
});

test('PSNR of a squared error has its peak at 255', () => {
  assert.equal(psnrOf(255 ** 2), '0.0 dB ↑');
  assert.equal(psnrOf(255 ** 2 / 1000), '30.0 dB ↑');
});
