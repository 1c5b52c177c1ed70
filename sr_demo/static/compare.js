// The comparison: the controls, and the components of the page that a server runs, which are told
// here what Python tells them there (sr_demo/ui/compare/viewer.py, `view`).

import { finders } from '../ui/common.js';
import { clampedBox, middleOf } from '../ui/compare/geometry.js';
import Picker from '../ui/compare/picker.js';
import Viewer from '../ui/compare/viewer.js';
import { boxIn, chosenIn } from './links.js';
import { facts } from './numbers.js';
import { save } from './save.js';
import { csv, table, verdict } from './table.js';
import { zipped } from './zip.js';

const NOTES = {
  sharp: 'It is reduced, restored by each method, and scored against the original.',
  small: 'Each method enlarges it. With no original there is nothing to score against.',
};

export default class Compare {
  constructor(root, site, remote) {
    Object.assign(this, { root, site, remote });
    [this.find, this.findAll] = finders(root);
    this.picture = null;                          // {name, sample, blob, width, height, transparent}
    this.asked = chosenIn(location.search, site);   // {scale, sharp, colour, methods}
    this.turn = 0;                                // counts what was asked for
    this.work = null;                             // what the worker does for it
    this.state = '';
    this.shown = null;                            // what there is to see, as far as it has come
    this.box = boxIn(location.search);            // the crop, and at first a link's
    this.told = {};                               // what the picker shows
    this.urls = new Map();                        // of this picture: pane -> object URL
    this.keys = ['original', 'input', ...site.methods.map(({ name }) => name)];
    this.picker = new Picker(this.find('.picker'), { value: site.samples.map(tileOf) },
      (name, details) => this.choose(name, details));
    this.viewer = new Viewer(this.find('.sr'), { value: this.view() },
      (name, details) => this.hear(name, details));
    this.listen();
    this.showControls();
  }

  // --- what is asked for ------------------------------------------------------------------------

  listen() {
    const on = (selector, read) => {
      for (const input of this.findAll(`${selector} input`)) {
        input.addEventListener('change', () => this.change(read(input)));
      }
    };
    on('#mode', ({ value }) => ({ sharp: value === 'sharp' }));
    on('#scale', ({ value }) => ({ scale: Number(value) }));
    on('#color-space', ({ value }) => ({ colour: value }));
    on('#methods', () => ({
      methods: this.findAll('#methods input').filter((input) => input.checked)
        .map((input) => input.value),
    }));
    this.find('[data-save=csv]').addEventListener('click', () => this.saveScores());
    this.find('[data-save=zip]').addEventListener('click', () => this.saveAll());
  }

  change(changes) {
    Object.assign(this.asked, changes);
    this.showControls();
    this.ask();
  }

  showControls() {
    const { sharp, scale, colour, methods } = this.asked;
    const wanted = { mode: sharp ? 'sharp' : 'small', scale: String(scale), colour };
    for (const input of this.findAll('[type=radio]')) input.checked = wanted[input.name] === input.value;
    for (const input of this.findAll('#methods input')) {
      const offered = this.offers(input.value);
      input.closest('label').hidden = !offered;
      input.checked = offered && methods.includes(input.value);
    }
    this.find('#mode .note').textContent = NOTES[wanted.mode];
    this.find('#color-space').hidden = !sharp;
    const absent = this.site.methods.filter(({ name }) => !this.offers(name));
    this.find('.absent').textContent = absent.length
      ? `Not available at ×${scale}: ${absent.map(({ label }) => label).join(', ')}` : '';
  }

  offers(name) {
    return name === 'bicubic' || `${name}_x${this.asked.scale}` in this.site.networks;
  }

  get methods() {                                 // in the order of the table
    return this.site.methods.filter(({ name }) =>
      this.offers(name) && this.asked.methods.includes(name));
  }

  // From the picker: "sample" {name} or "upload" with a file.
  async choose(what, details) {
    if (what === 'upload') return this.open(details, details.name.replace(/\.[^.]+$/, ''), null);
    const sample = this.site.samples.find(({ name }) => name === details.name);
    const answer = await fetch(sample.file).catch(() => null);
    if (!answer?.ok) return this.tellPicker({ error: OFFLINE });
    return this.open(await answer.blob(), sample.name, sample.look);
  }

  // `look` is a sample's telling place.
  async open(blob, name, look) {
    this.stop();
    try {
      const size = await this.remote.ask('open', { blob, name }).answer;
      const sample = look !== null;
      this.picture = { ...size, name, sample, look, number: (this.picture?.number || 0) + 1 };
      URL.revokeObjectURL(this.told.file?.url);
      const file = { url: URL.createObjectURL(blob) };
      this.tellPicker({ name, sample: sample ? name : null, file, line: '' });
      this.ask();
    } catch (error) {
      this.tellPicker({ error: error.message });
      if (this.shown) this.show('done');          // as far as it is
    }
  }

  tellPicker(changes) {
    Object.assign(this.told, { error: null }, changes);
    this.picker.update({ picture: this.told });
  }

  ask() {
    if (!this.picture) return;
    this.stop();
    this.turn += 1;
    const { sharp, scale, colour } = this.asked;
    const { number, sample } = this.picture;
    const methods = this.methods;
    const small = sample && !sharp;
    const order = [...methods].sort((a, b) => a.cost - b.cost).map(({ name }) => name);
    const job = {
      run: this.turn, key: `${number} ${sharp} ${scale}`, sharp, small, scale, colour, methods: order,
    };
    this.show('waiting');
    this.work = this.remote.ask('compare', job, (news) => this.take(job, methods, news));
    this.work.answer.then(() => this.finish(job), (error) => this.fail(job, error));
  }

  stop() {
    this.work?.cancel();
    this.work = null;
  }

  // --- what comes -------------------------------------------------------------------------------

  take(job, methods, { begun, result, looked, method, fraction }) {
    if (job.run !== this.turn || !this.work) return;
    if (begun) this.begin(job, methods, begun);
    else if (result) {
      const { parameters, operations } = methods.find(({ name }) => name === result.method);
      const counts = { parameters: parameters[job.scale], operations: operations[job.scale] };
      this.shown.results.set(result.method, { ...result, ...counts });
    } else if (looked) this.look(looked);
    else this.shown.progress[method] = fraction;
    this.show('busy');
    if (!method) this.showTable();
  }

  begin(job, methods, begun) {
    const { shown: before, picture } = this;
    const settled = before?.job.key === job.key;
    if (before && !settled) this.forget();
    if (before && before.picture !== picture) this.box = null;
    else if (before && this.box) {                // at its place, however large the outputs are
      this.box = this.box.map((side) => Math.round((side * begun.magnification) / before.magnification));
    }
    if (this.box) this.box = clampedBox(this.box, begun);
    const telling = picture.look?.map((place) => Math.round(place * begun.magnification));
    const linked = !before && this.box && middleOf(this.box);
    const focus = settled ? before.focus : linked || telling || begun.focus;
    const look = settled ? before.look : {};
    this.shown = { job, methods, picture, ...begun, focus, look, settled, results: new Map(), progress: {} };
    this.tellPicker({ line: this.line(begun) });
  }

  // Where to look is known, and what can be laid over.
  look(looked) {
    const { shown } = this;
    for (const name of ['heat', 'invented']) this.forgetOne(name);
    shown.look = looked;
    if (!shown.settled && !shown.picture.look && looked.spots?.length) [shown.focus] = looked.spots;
  }

  finish(job) {
    if (job.run !== this.turn) return;
    this.work = null;
    this.show('done');
    this.root.dispatchEvent(new Event('finished'));
  }

  fail(job, error) {
    if (job.run !== this.turn) return;
    this.work = null;
    this.show(this.shown ? 'stopped' : '');
    this.tellPicker({ error: error.message });
  }

  // From the viewer.
  async hear(name, details) {
    if (name === 'again') this.ask();
    if (name === 'cancel') {
      this.stop();
      this.show('stopped');
    }
    if (name === 'crop') {
      if (details.run !== this.shown?.job.run) return;
      this.box = details.box;
      const { run, box, of } = await this.remote.ask('crop', details).answer;
      const texts = Object.entries(of).map(([method, scores]) => [method, facts(scores)]);
      this.viewer.update({ scores: { run, box, of: Object.fromEntries(texts) } });
    }
  }

  // --- what is shown ----------------------------------------------------------------------------

  show(state) {
    this.state = state;
    this.viewer.update({ value: this.view() });
  }

  view() {
    const { state, turn, shown } = this;
    if (!shown) return { state, turn, panes: [] };
    const { job, methods, results, progress, width, height, look } = shown;
    const names = methods.map(({ name }) => name);
    const done = names.filter((name) => results.has(name)).length;
    const running = names.filter((name) => !results.has(name))
      .reduce((sum, name) => sum + (progress[name] || 0), 0);
    return {
      state: state === 'done' && done < names.length ? 'stopped' : state,
      turn,
      run: job.run,
      name: this.picture.name,
      scale: job.scale,
      width, height,
      focus: shown.focus,
      box: this.box,
      spots: look.spots || [],
      heat: look.heat ? { url: this.url('heat', look.heat) } : null,
      invented: look.invented ? { url: this.url('invented', look.invented) } : null,
      verdict: verdict(methods.filter(({ name }) => results.has(name))
        .map(({ name, label }) => ({ name, label, scores: results.get(name).scores }))),
      progress: state === 'waiting' ? 0 : (done + running) / Math.max(1, names.length),
      panes: [...this.references(), ...methods.map((method) => this.methodPane(method))],
    };
  }

  references() {
    const { width, height, input, files } = this.shown;
    const size = (text, title) => [{ text: `${text} px`, title }];
    return [
      files.original && {
        ...this.pane('original', 'Original', files.original), idea: '',
        facts: size(`${width} × ${height}`, 'what they should come close to'),
      },
      {
        ...this.pane('input', 'Input', files.input), idea: '',
        facts: size(input.join(' × '), 'what the methods see'),
      },
    ].filter(Boolean);
  }

  methodPane({ name, label, idea, paper }) {
    const { results, progress } = this.shown;
    const result = results.get(name);
    const pane = { ...this.pane(name, label, result?.file), idea, paper, facts: [] };
    if (!result) return { ...pane, progress: progress[name] };
    return { ...pane, facts: facts(result.scores) };
  }

  pane(id, label, blob) {
    const file = blob ? { url: this.url(id, blob), orig_name: `${this.stem}_${id}.png` } : null;
    return { id, label, key: this.keys.indexOf(id) + 1, file };
  }

  get stem() {
    return `${this.picture.name}_x${this.shown.job.scale}`;
  }

  // The worker sends what it has kept anew each time: to the page it is the same picture.
  url(id, blob) {
    if (!this.urls.has(id)) this.urls.set(id, URL.createObjectURL(blob));
    return this.urls.get(id);
  }

  forgetOne(id) {
    URL.revokeObjectURL(this.urls.get(id));
    this.urls.delete(id);
  }

  forget() {
    for (const url of this.urls.values()) URL.revokeObjectURL(url);
    this.urls.clear();
  }

  line({ width, height, input, sharp }) {
    const { picture } = this;
    const size = (w, h) => `${w} × ${h}`;
    const steps = picture.transparent ? ['transparency kept'] : [];
    if (sharp) {
      if (width !== picture.width || height !== picture.height) {
        steps.push(`cropped to ${size(width, height)}, a multiple of ${this.asked.scale}`);
      }
      steps.push(`reduced to ${size(...input)} for the methods`);
    } else {
      if (picture.sample) steps.push('reduced to a quarter, to be a small image');
      steps.push(`enlarged to ${size(width, height)}`);
    }
    const last = steps.pop();
    const text = steps.length ? `${steps.join(', ')}, then ${last}` : last;
    return `${picture.name}, ${size(picture.width, picture.height)} px: ${text}.`;
  }

  showTable() {
    const { methods, results, sharp, job } = this.shown;
    const rows = methods.map(({ name, label }) => ({ label, result: results.get(name) || null }));
    this.find('.scores').replaceChildren(...table(rows, { ...job, sharp }));
    this.find('#below').hidden = false;
  }

  // --- what can be taken away -------------------------------------------------------------------

  saveScores() {
    save(this.scores(), `${this.stem}_scores.csv`);
  }

  scores() {
    const { results, job, sharp } = this.shown;
    return new Blob([csv([...results], { ...job, sharp })], { type: 'text/csv' });
  }

  async saveAll() {
    const { files, results } = this.shown;
    const pictures = { ...files, ...Object.fromEntries([...results].map(([id, { file }]) => [id, file])) };
    const entries = Object.entries(pictures).filter(([, file]) => file)
      .map(([id, file]) => [`${this.stem}_${id}.png`, file]);
    save(await zipped([...entries, [`${this.stem}_scores.csv`, this.scores()]]), `${this.stem}.zip`);
  }
}

const OFFLINE = 'This sample cannot be loaded: are you offline?';

const tileOf = ({ name, label, thumb }) => ({ name, label, file: { url: thumb } });
