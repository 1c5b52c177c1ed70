import assert from 'node:assert/strict';
import { test } from 'node:test';

import { connect, placeIn, withUrls } from '../../sr_demo/ui/gradio.js';
import { nearest } from '../../sr_demo/ui/lab/alpha.js';

const FILE = { path: '/cache/a.png', orig_name: 'a.png', meta: { _type: 'gradio.FileData' } };

// What Gradio gives, and all that is done to it.
function gradio(props) {
  const log = [];
  const watched = {};
  return {
    log,
    change(name, value) {
      props[name] = value;
      watched[name]();
    },
    element: { firstElementChild: 'root' },
    props,
    trigger: (name, details) => { log.push([name, details]); },
    server: { pictures: async (asked) => ({ asked, panes: [{ file: FILE }] }) },
    upload: async (file) => ({ path: `/uploads/${file.name}` }),
    watch: (name, act) => { watched[name] = act; },
  };
}

function component(page, events = ['crop', 'upload']) {
  let made;
  connect(page, class {
    constructor(root, values, send) {
      Object.assign(this, { root, values, send, news: [] });
      made = this;
    }

    update(values) {
      this.news.push(values);
    }
  }, events);
  return made;
}

globalThis.window = { gradio_config: { root: 'https://host/behind/proxy', api_prefix: '/gradio_api' } };

test('a component begins with all values and then hears of those that change', () => {
  const page = gradio({ value: 1, scores: null });
  const viewer = component(page);
  assert.equal(viewer.root, 'root');
  assert.deepEqual(viewer.values, { value: 1, scores: null });
  page.change('scores', [1]);
  page.change('value', 2);
  assert.deepEqual(viewer.news, [{ scores: [1] }, { value: 2 }]);
});

test('a component may have nothing to hear', () => {
  connect(gradio({ value: 1 }), class {}, []);
});

test('an event reaches Python at once', () => {
  const page = gradio({});
  component(page).send('crop', { run: 3 });
  assert.deepEqual(page.log, [['crop', { run: 3 }]]);
});

test('a value that is told becomes the component\'s own', () => {
  const page = gradio({ value: 'clean' });
  component(page, ['choose']).send('choose', { value: 'heavy' });
  assert.equal(page.props.value, 'heavy');
  assert.deepEqual(page.log, [['choose', { value: 'heavy' }]]);
});

test('a file is uploaded, and Python hears where it is', async () => {
  const page = gradio({});
  await component(page).send('upload', new File(['x'], 'cat.png'));
  assert.deepEqual(page.log, [['upload', { path: '/uploads/cat.png' }]]);
});

test('an answer comes with URLs under the root that the page has', async () => {
  const { asked, panes } = await component(gradio({})).send('pictures', { image: 'page' });
  assert.deepEqual(asked, { image: 'page' });
  assert.equal(panes[0].file.url, 'https://host/behind/proxy/gradio_api/file=/cache/a.png');
  assert.equal(panes[0].file.orig_name, 'a.png');
});

test('what is no file stays as it is', () => {
  const answer = { text: 'x', none: null, list: [1, [2]], path: '/no/file', flag: false };
  assert.deepEqual(withUrls(answer, 'p/'), answer);
  for (const plain of [null, undefined, 3, 'x']) assert.equal(withUrls(plain, 'p/'), plain);
});

test('the step nearest to α is shown, the first where two are as near', () => {
  assert.equal(nearest(0.5, [0, 0.3, 1]), 0.3);
  assert.equal(nearest(0.5, [0.4, 0.6]), 0.4);
  assert.equal(nearest(0.5, []), null);
});

test('who waits learns how many are ahead, from the text of a status', () => {
  assert.equal(placeIn('queue: 3/5 | 2.1/8.0s'), 3);
  for (const other of ['', 'processing | 2.1s', 'Error']) assert.equal(placeIn(other), null);
});
