import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  lessonIn, linkTo, toShare, wholeNumber, withoutLesson,
} from '../../sr_demo/ui/lessons/links.js';

test('a link names one of eight lessons; any other means the first', () => {
  assert.equal(lessonIn('?lesson=6&k=2'), 6);
  for (const search of ['', '?tab=lab', '?lesson=0', '?lesson=9', '?lesson=2.5', '?lesson=x']) {
    assert.equal(lessonIn(search), 1);
  }
});

test('a link holds the state and the parameters of Gradio, and nothing that is not set', () => {
  const state = { order: 'cs', crop: '60,40,96,96', sort: '', mean: null, k: 0, pick: undefined };
  const link = linkTo(2, state, '?lesson=5&r=3&__theme=dark');
  assert.equal(link, '?__theme=dark&lesson=2&order=cs&crop=60,40,96,96&k=0');
  assert.equal(lessonIn(link), 2);
  assert.equal(new URLSearchParams(link).get('crop'), state.crop);
});

test('with another tab in front only the parameters of Gradio stay', () => {
  assert.equal(withoutLesson('?lesson=3&angle=0&__theme=light'), '?__theme=light');
  assert.equal(withoutLesson('?lesson=3'), '');
});

test('the key of a class is not handed on', () => {
  const mine = 'https://example.org/demo/?lesson=6&crop=1,2,3,4&class=AB&teacher=secret#x';
  assert.equal(toShare(mine), 'https://example.org/demo/?lesson=6&crop=1,2,3,4&class=AB#x');
});

test('what is no number is 0', () => {
  assert.deepEqual(['7', '2.9', null, '', 'x'].map(wholeNumber), [7, 2, 0, 0, 0]);
});
