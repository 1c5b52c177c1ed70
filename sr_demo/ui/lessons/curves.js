// D's answers over a recorded run: one curve for G's pictures, one for photos.

import { percent, whole } from '../format.js';
import { mostInDoubt } from './doubt.js';

const SVG = 'http://www.w3.org/2000/svg';
const MARGIN = { left: 44, right: 118, top: 10, bottom: 24 };
const KINDS = [['made', 'for G’s pictures'], ['real', 'for photos']];   // as in `means`

// Functions from steps and probabilities to places on a drawing of `width` × `height`.
export function axes(lastStep, width, height) {
  const { left, right, top, bottom } = MARGIN;
  return {
    x: (step) => left + (step / (lastStep || 1)) * (width - left - right),
    y: (value) => top + (1 - value) * (height - top - bottom),
  };
}

// The path of one curve; steps without an answer are left out.
export function path({ steps, means }, index, { x, y }) {
  const points = means.map((pair, i) => pair && [x(steps[i]), y(pair[index])]).filter(Boolean);
  return `M${points.join('L')}`;
}

// How far to shift the two labels at the curves' ends, so that they do not overlap.
export function apart([made, real]) {
  if (Math.abs(made - real) >= 0.12) return [0, 0];
  return [made >= real ? -8 : 10, real >= made ? -8 : 10];
}

// `answered`: the step at which D is most in doubt is marked.
export function chart(run, frame, answered, width, height) {
  const { steps, means } = run;
  const scale = axes(steps.at(-1), width, height);
  const { x, y } = scale;
  const right = width - MARGIN.right;
  const at = x(steps[frame]);
  const svg = draw('svg', { viewBox: `0 0 ${width} ${height}` });
  for (const value of [0, 0.5, 1]) {
    const kind = value === 0.5 ? 'even' : 'axis';
    svg.append(
      draw('line', { x1: MARGIN.left, x2: right, y1: y(value), y2: y(value), class: kind }),
      draw('text', { x: MARGIN.left - 6, y: y(value) + 4, 'text-anchor': 'end' }, percent(value)),
    );
  }
  svg.append(
    draw('text', { x: MARGIN.left, y: height - 4 }, 'step 0'),
    draw('text', { x: right, y: height - 4, 'text-anchor': 'end' }, whole(steps.at(-1) || 1)),
    draw('line', { x1: at, x2: at, y1: MARGIN.top, y2: height - MARGIN.bottom, class: 'cursor' }),
  );
  if (answered) svg.append(...mark(run, scale, height));
  const shifts = apart(means.at(-1));
  KINDS.forEach(([kind, label], index) => {
    svg.append(draw('path', { class: kind, d: path(run, index, scale) }));
    const pair = means[frame];
    if (pair) svg.append(draw('circle', { class: kind, cx: at, cy: y(pair[index]), r: 4.5 }));
    const end = y(means.at(-1)[index]) + 4 + shifts[index];
    svg.append(draw('text', { class: kind, x: right + 8, y: end }, label));
  });
  return svg;
}

function mark({ steps, means }, { x, y }, height) {
  const index = mostInDoubt(means);
  const [made, real] = means[index];
  const at = x(steps[index]);
  return [
    draw('line', { x1: at, x2: at, y1: MARGIN.top, y2: height - MARGIN.bottom, class: 'doubt' }),
    draw('line', { x1: at, x2: at, y1: y(made), y2: y(real), class: 'doubt-gap' }),
    draw('text', { x: at + 6, y: MARGIN.top + 10, class: 'doubt' }, 'most in doubt'),
  ];
}

function draw(tag, attributes, text) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  if (text !== undefined) node.textContent = text;
  return node;
}
