// A recorded run. Strips hold the photo first, then what G made of it at each recorded step.

const SVG = 'http://www.w3.org/2000/svg';
let run = null;
let scene = 0;
let frame = null;                                 // null until the number of frames is known
let timer = 0;
const strips = [];

const percent = (value) => `${Math.round(value * 100)} %`;
const whole = (value) => value.toLocaleString('en').replaceAll(',', '\u202f');
const mean = (rows) => rows.flat().reduce((a, b) => a + b, 0) / rows.flat().length;

async function open() {
  const answer = await ask((where) => server.recorded_run(where), {});
  if (!answer || answer.error) return;
  const wanted = asked.get('step');
  const index = answer.scenes.findIndex((one) => one.name === asked.get('scene'));
  scene = Math.max(0, index);
  frame = answer.steps.indexOf(Number(wanted ?? -1));
  if (frame < 0) frame = answer.steps.length - 1;
  for (const one of answer.scenes) strips.push(picture({ file: one.file, label: '', width: 0, height: 0 }));
  find('.scenes').replaceChildren(...answer.scenes.map((one, i) => {
    const button = make('button', '', one.label);
    button.type = 'button';
    button.addEventListener('click', () => go(frame, i));
    return button;
  }));
  find('.patches').value = answer.patches;
  build(answer);
  await Promise.all(strips.map((strip) => strip.decode().catch(() => {})));
  run = answer;
  go(frame, scene);
  size();
  root.dataset.state = 'ready';
}

function build(answer) {
  find('.frame').max = answer.steps.length - 1;
  find('.quartet').replaceChildren(...['made', 'on-made', 'real', 'on-real'].map((name) => {
    const figure = make('figure', name);
    const body = name.startsWith('on') ? make('div', 'verdicts') : make('canvas');
    if (body.getContext) body.width = body.height = answer.side;
    figure.append(make('figcaption'), body);
    return figure;
  }));
}

function size() {
  if (!run) return;
  fit(find('.quartet'), narrow() ? 2 : 4, run.side);
  drawChart();
}

function go(newFrame, newScene) {
  frame = clamp(newFrame, 0, run.steps.length - 1);
  scene = newScene;
  draw();
  drawChart();
  remember({ scene: run.scenes[scene].name, step: run.steps[frame] });
}

function draw() {
  const answers = run.scenes[scene].places[frame];
  const step = run.steps[frame];
  const named = step ? `step ${whole(step)}` : 'SRResNet, before the game';
  paint('made', frame + 1, step ? `G, ${named}` : 'SRResNet, at the start');
  paint('real', 0, 'The photo');
  judge('on-made', answers && answers.restored);
  judge('on-real', answers && answers.original);
  find('.frame').value = frame;
  find('.when').value = step ? whole(step) : `0: ${named}`;
  findAll('.scenes button').forEach((button, i) => button.setAttribute('aria-pressed', i === scene));
}

function paint(name, index, caption) {
  const figure = find(`.quartet .${name}`);
  const canvas = figure.querySelector('canvas');
  const { side } = run;
  canvas.getContext('2d').drawImage(strips[scene], index * side, 0, side, side, 0, 0, side, side);
  figure.querySelector('figcaption').textContent = caption;
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', `${run.scenes[scene].label}: ${caption}`);
}

function judge(name, rows) {
  const figure = find(`.quartet .${name}`);
  const body = figure.querySelector('.verdicts');
  body.classList.toggle('none', !rows);
  figure.querySelector('figcaption').textContent = rows ? `D says: ${percent(mean(rows))} photo` : 'D';
  if (!rows) return body.replaceChildren('D has not learnt anything yet');
  return body.replaceChildren(...rows.flat().map((value) => {
    const cell = make('span', '', Math.round(value * 100));
    // From orange (restored) over white (cannot tell) to blue (photo).
    const strength = Math.round(Math.abs(value - 0.5) * 2 * 75);
    cell.style.background = `color-mix(in srgb, ${value > 0.5 ? '#60a5fa' : '#fb923c'} ${strength + 5}%, white)`;
    return cell;
  }));
}

// --- the curves ---------------------------------------------------------------------------------

function drawChart() {
  const width = Math.max(300, Math.min(find('.main').clientWidth, 880));
  const height = narrow() ? 170 : 190;
  const [left, right, top, bottom] = [44, 118, 10, 24];
  const last = run.steps.at(-1) || 1;
  const x = (step) => left + (step / last) * (width - left - right);
  const y = (value) => top + (1 - value) * (height - top - bottom);
  const svg = node('svg', { viewBox: `0 0 ${width} ${height}` });
  for (const value of [0, 0.5, 1]) {
    svg.append(node('line', { x1: left, x2: width - right, y1: y(value), y2: y(value), class: value === 0.5 ? 'even' : 'axis' }));
    svg.append(node('text', { x: left - 6, y: y(value) + 4, 'text-anchor': 'end' }, percent(value)));
  }
  svg.append(node('text', { x: left, y: height - 4 }, 'step 0'));
  svg.append(node('text', { x: width - right, y: height - 4, 'text-anchor': 'end' }, whole(last)));
  const at = x(run.steps[frame]);
  svg.append(node('line', { x1: at, x2: at, y1: top, y2: height - bottom, class: 'cursor' }));
  const ends = [0, 1].map((index) => run.means.at(-1)[index]);
  ['made', 'real'].forEach((kind, index) => {
    const points = run.means.map((pair, i) => pair && [x(run.steps[i]), y(pair[index])]).filter(Boolean);
    svg.append(node('path', { class: kind, d: `M${points.join('L')}` }));
    const pair = run.means[frame];
    if (pair) svg.append(node('circle', { class: kind, cx: at, cy: y(pair[index]), r: 4.5 }));
    const apart = Math.abs(ends[0] - ends[1]) < 0.12 ? (ends[index] >= ends[1 - index] ? -8 : 10) : 0;
    svg.append(node('text', { class: kind, x: width - right + 8, y: y(ends[index]) + 4 + apart },
      kind === 'made' ? 'on G’s pictures' : 'on photos'));
  });
  find('.chart').replaceChildren(svg);
  find('.chart').setAttribute('aria-label', 'How often D says photo, on photos and on G’s pictures, over the run');
}

function node(tag, attributes, text) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

function play() {
  if (timer) {
    clearInterval(timer);
    timer = 0;
  } else {
    if (frame === run.steps.length - 1) go(0, scene);
    timer = setInterval(() => {
      if (isOpen() && frame < run.steps.length - 1) go(frame + 1, scene);
      else play();
    }, 900);
  }
  find('.play').textContent = timer ? 'Stop ◼' : 'Play ▶';
}

begin(() => {
  find('.frame').addEventListener('input', (event) => run && go(Number(event.target.value), scene));
  find('.play').addEventListener('click', () => run && play());
  onResize(size);
  open();
});
