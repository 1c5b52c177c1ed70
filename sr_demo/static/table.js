// The table of scores, as it is shown and as CSV: what sr_demo/ui/compare/scores.py makes.

import { make } from '../ui/common.js';
import { countText, psnrText, secondsText, ssimText } from './numbers.js';

const NOTE = 'LR-PSNR: reduced again, how close to the input. Operations: multiplications for each pixel ' +
  'made; the time depends on this machine and its load, too.';
const REFERENCE = [
  ['PSNR ↑', 'psnr_db', ({ scores }) => scores.psnr, psnrText, Math.max],
  ['SSIM ↑', 'ssim', ({ scores }) => scores.ssim, ssimText, Math.max],
];
const ALWAYS = [
  ['LR-PSNR ↑', 'lr_psnr_db', ({ scores }) => scores.lrPsnr, psnrText, Math.max],
  ['Time', 'seconds', ({ seconds }) => seconds, secondsText, null],
  ['Parameters', 'parameters', ({ parameters }) => parameters, countText, null],
  ['Operations / px', 'operations_per_pixel', ({ operations }) => operations, countText, null],
];

const INVENTIVE = ['srgan', 'esrgan', 'real_srgan'];   // what they add is likely, but no evidence

const columnsOf = (sharp) => (sharp ? [...REFERENCE, ...ALWAYS] : ALWAYS);

// `rows` is [{label, result}], a result null while it is not done; the best of a column is bold.
export function table(rows, { sharp, colour, scale }) {
  const columns = columnsOf(sharp);
  const results = rows.map(({ result }) => result).filter(Boolean);
  const caption = make('caption', '', 'Scores ');
  caption.append(make('span', '', sharp
    ? `whole picture, ${colour === 'y' ? 'luma (Y)' : 'RGB'}, ${scale} px border left out`
    : 'No original, so no PSNR or SSIM'));
  const head = make('tr');
  head.append(...['Method', ...columns.map(([title]) => title)].map((title) => cell('col', title)));
  const body = rows.map(({ label, result }) => {
    const row = make('tr');
    row.append(cell('row', label), ...columns.map((column) => valueCell(column, result, results)));
    return row;
  });
  const [node, thead, tbody] = ['table', 'thead', 'tbody'].map((tag) => make(tag));
  thead.append(head);
  tbody.append(...body);
  node.append(caption, thead, tbody);
  return [node, make('p', '', NOTE)];
}

function cell(scope, text) {
  const node = make('th', '', text);
  node.scope = scope;
  return node;
}

function valueCell([, , valueOf, text, better], result, results) {
  if (!result) return make('td', '', '…');
  const value = valueOf(result);
  const values = results.map(valueOf).filter((other) => other !== null);
  const best = better && values.length > 1 && value === better(...values);
  const node = make('td');
  node.append(best ? make('b', '', text(value)) : text(value));
  return node;
}

// What the numbers say, in a line. `results` is [{label, name, scores}].
export function verdict(results) {
  if (results.length < 2) return '';
  const measured = results.filter(({ scores }) => scores.psnr !== null);
  const said = [];
  if (measured.length) {
    const best = measured.reduce((a, b) => (b.scores.psnr > a.scores.psnr ? b : a));
    said.push(`Closest: ${best.label}, ${psnrText(best.scores.psnr)}.`);
  }
  const inventive = results.filter(({ name }) => INVENTIVE.includes(name)).map(({ label }) => label);
  const verb = inventive.length > 1 ? 'invent' : 'invents';
  if (inventive.length) said.push(`${inventive.join(' and ')} ${verb} texture: not evidence.`);
  return said.join(' ');
}

// One row a method, full precision, plain names. `results` is [[method, result]].
export function csv(results, { sharp, scale }) {
  const columns = columnsOf(sharp);
  const made = sharp ? { scale, degradation: 'none' } : { scale };
  const rows = results.map(([method, result]) => [
    method, ...Object.values(made), ...columns.map(([, , valueOf]) => valueOf(result) ?? ''),
  ]);
  return [['method', ...Object.keys(made), ...columns.map(([, key]) => key)], ...rows]
    .map((row) => `${row.join(',')}\n`).join('').replaceAll('Infinity', 'inf');
}
