// A recorded run. Strips hold the photo first, then what G made of it at each recorded step.

import { decoded, make, makeButton, press } from '../common.js';
import { percent, whole } from '../format.js';
import { clamp } from '../geometry.js';
import { bars } from './after.js';
import { chart } from './curves.js';
import { answer, mostInDoubt, reading } from './doubt.js';
import Lesson, { picture } from './frame.js';

const PACE = 900;                                 // milliseconds a recorded step
const SCREENS = { game: 'The game', after: 'What ESRGAN changed' };
const PARTS = ['made', 'on-made', 'real', 'on-real'];

const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;

// Asks "recorded_run".
export default class GameLesson extends Lesson {
  run = null;
  strips = [];                                    // an image of each scene
  scene = 0;
  frame = 0;
  timer = 0;
  answered = false;                               // the step of most doubt is marked

  begin() {
    this.find('.frame').addEventListener('input', (event) => {
      if (this.run) this.go(Number(event.target.value), this.scene);
    });
    this.find('.play').addEventListener('click', () => this.run && this.play());
    this.find('.reveal').addEventListener('click', () => this.run && this.reveal());
    this.find('.by').addEventListener('input', () => this.weigh());
    this.find('.screens').replaceChildren(...Object.entries(SCREENS).map(([name, label]) =>
      Object.assign(makeButton(label, () => this.show(name)), { value: name })));
    this.show(this.asked('screen') === 'after' ? 'after' : 'game');
    this.weigh();
    this.onResize(() => this.size());
    this.open();
  }

  show(screen) {
    this.findAll('.screens button').forEach((button) => press(button, button.value === screen));
    for (const name of Object.keys(SCREENS)) {
      for (const part of this.findAll(`.${name}-screen`)) part.hidden = name !== screen;
    }
    this.find('.task').hidden = screen !== 'game';
    this.remember({ screen: screen === 'game' ? null : screen });
    this.size();
  }

  // The second screen's bars, for how far photographs are ahead.
  weigh() {
    const lead = Number(this.find('.by').value);
    this.find('.lead').value = lead.toFixed(1).replace('-', '−');
    this.find('.pulls').replaceChildren(...bars(lead));
  }

  async open() {
    const answer = await this.ask('recorded_run', {});
    if (!answer || answer.error) return;
    const { scenes, steps } = answer;
    const scene = Math.max(0, scenes.findIndex(({ name }) => name === this.asked('scene')));
    const frame = steps.indexOf(Number(this.asked('step') ?? -1));
    this.strips = scenes.map(({ file }) => picture({ file, label: '', width: 0, height: 0 }));
    this.build(answer);
    await Promise.all(this.strips.map(decoded));
    this.run = answer;
    this.go(Math.max(0, frame), scene);           // a run is watched from its beginning
    if (this.asked('answer')) this.mark();
    this.size();
    this.ready();
  }

  build({ scenes, steps, side, patches, features }) {
    this.find('.maps').src = features.file.url;
    this.find('.layer').value = features.layer;
    this.find('.active').value = percent(features.active);
    this.find('.scenes').replaceChildren(...scenes.map(({ label }, index) =>
      makeButton(label, () => this.run && this.go(this.frame, index))));
    this.find('.patches').value = patches;
    this.find('.frame').max = steps.length - 1;
    this.find('.quartet').replaceChildren(...PARTS.map((name) => {
      const figure = make('figure', name);
      const body = name.startsWith('on')
        ? make('div', 'verdicts')
        : Object.assign(make('canvas'), { width: side, height: side });
      figure.append(make('figcaption'), body);
      return figure;
    }));
  }

  size() {
    if (!this.run || this.find('.game-screen').hidden) return;
    this.fit(this.find('.quartet'), this.isNarrow ? 2 : 4, this.run.side);
    this.drawChart();
  }

  go(frame, scene) {
    this.frame = clamp(frame, 0, this.run.steps.length - 1);
    this.scene = scene;
    this.draw();
    this.drawChart();
    this.remember({ scene: this.run.scenes[scene].name, step: this.run.steps[this.frame] });
  }

  reveal() {
    this.mark();
    this.go(mostInDoubt(this.run.means), this.scene);
  }

  mark() {
    this.answered = true;
    this.find('.game-screen .answer').hidden = false;
    this.find('.game-screen .answer').textContent = answer(this.run);
    this.remember({ answer: 1 });
  }

  draw() {
    const { run, scene, frame } = this;
    const answers = run.scenes[scene].places[frame];
    const step = run.steps[frame];
    const named = step ? `step ${whole(step)}` : 'SRResNet, before the game';
    this.paint('made', frame + 1, step ? `G, ${named}` : 'SRResNet, at the start');
    this.paint('real', 0, 'The photo');
    this.judge('on-made', answers && answers.restored);
    this.judge('on-real', answers && answers.original);
    this.find('.reading').textContent = answers
      ? reading(mean(answers.restored.flat()), mean(answers.original.flat()))
      : 'The game begins: G is SRResNet, whose pictures are smooth, and D has learnt nothing yet.';
    this.find('.frame').value = frame;
    this.find('.when').value = step ? whole(step) : `0: ${named}`;
    this.findAll('.scenes button').forEach((button, index) => press(button, index === scene));
  }

  paint(name, index, caption) {
    const { side, scenes } = this.run;
    const figure = this.find(`.quartet .${name}`);
    const canvas = figure.querySelector('canvas');
    const context = canvas.getContext('2d');
    context.drawImage(this.strips[this.scene], index * side, 0, side, side, 0, 0, side, side);
    figure.querySelector('figcaption').textContent = caption;
    canvas.setAttribute('role', 'img');
    canvas.setAttribute('aria-label', `${scenes[this.scene].label}: ${caption}`);
  }

  judge(name, rows) {
    const figure = this.find(`.quartet .${name}`);
    const body = figure.querySelector('.verdicts');
    const answers = rows ? rows.flat() : [];
    body.classList.toggle('none', !rows);
    figure.querySelector('figcaption').textContent = rows ? `D’s answer: ${percent(mean(answers))}` : 'D';
    if (rows) body.replaceChildren(...answers.map(cell));
    else body.replaceChildren('D has not learnt anything yet');
  }

  drawChart() {
    const narrow = this.isNarrow;
    const width = Math.max(300, Math.min(this.find('.main').clientWidth, 880));
    this.find('.chart').replaceChildren(chart(this.run, this.frame, this.answered, width, narrow ? 170 : 190));
    this.find('.chart').setAttribute('aria-label', 'How sure D is, over the run, that the photo is the photo, and that G’s picture is');
  }

  play() {
    const last = this.run.steps.length - 1;
    if (this.timer) {
      clearInterval(this.timer);
      this.timer = 0;
    } else {
      if (this.frame === last) this.go(0, this.scene);
      this.timer = setInterval(() => {
        if (this.isOpen && this.frame < last) this.go(this.frame + 1, this.scene);
        else this.play();
      }, PACE);
    }
    this.find('.play').textContent = this.timer ? 'Stop ◼' : 'Play ▶';
  }
}

function cell(value) {
  const node = make('span', '', Math.round(value * 100));
  // From orange (restored) over white (cannot tell) to blue (photo).
  const colour = value > 0.5 ? '#60a5fa' : '#fb923c';
  const strength = Math.round(Math.abs(value - 0.5) * 2 * 75) + 5;
  node.style.background = `color-mix(in srgb, ${colour} ${strength}%, white)`;
  return node;
}
