import assert from 'node:assert/strict';
import { test } from 'node:test';

import { queryOf, tabIn } from '../../sr_demo/ui/address.js';
import { turns } from '../../sr_demo/ui/compare/address.js';

test('an address names what is compared and how, and keeps what is Gradio\'s', () => {
  const compared = { sample: 'coffee', scale: 4, mode: null, methods: '' };
  const looked = { crop: '120,80,64,48', zoom: 2 };
  assert.equal(queryOf(compared, looked, '?__theme=dark&sample=page&tab=lab&zoom=9'),
    '?__theme=dark&sample=coffee&scale=4&crop=120,80,64,48&zoom=2');
});

test('after an upload no sample is named', () => {
  assert.equal(queryOf({ sample: null, scale: 3 }, {}, '?sample=page'), '?scale=3');
});

test('Back leads to another comparison, not to another zoom', () => {
  assert.ok(turns('?sample=page&scale=4', '?sample=page&scale=3'));
  assert.ok(turns('?sample=page', '?scale=4'));
  assert.ok(turns('?sample=page', '?sample=page&degrade=1.2,5,50'));
  assert.ok(!turns('?sample=page&zoom=1', '?sample=page&zoom=2&crop=1,2,3,4'));
});

test('an address names its tab', () => {
  assert.equal(tabIn('?tab=lab&sample=page'), 'lab');
  assert.equal(tabIn('?lesson=3'), 'lessons');
  assert.equal(tabIn('?tab=nowhere'), 'compare');
});
