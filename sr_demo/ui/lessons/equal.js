// Five tiles to be put in order, best first; then their names and numbers.

const LETTERS = { b: 'blur', n: 'noise', j: 'jpeg', s: 'shift', c: 'contrast' };
const NEUTRAL = ['contrast', 'jpeg', 'shift', 'blur', 'noise'];
const NAMES = { taste: 'your taste', psnr: 'PSNR', ssim: 'SSIM', niqe: 'NIQE' };
let order = [];                                   // ids, best first, as far as chosen
let sort = '';                                    // '' until the numbers are shown
let data = null;

const load = (where) => server.equal_pictures(where);

function show(answer) {
  data = answer;
  const original = find('.original');
  const caption = make('figcaption');
  caption.append(make('b', '', 'Original'), make('span', '', answer.original.text));
  original.replaceChildren(picture(answer.original), caption);
  findAll('.tile').forEach((tile) => tile.remove());
  NEUTRAL.forEach((id) => find('.tiles').append(tile(answer.panes.find((pane) => pane.id === id))));
  arrange();
  size();
}

function tile(pane) {
  const node = make('figure', 'tile');
  const button = make('button');
  button.type = 'button';
  button.append(picture(pane), make('b', 'rank'));
  button.addEventListener('click', () => choose(pane.id));
  node.dataset.id = pane.id;
  node.append(button, make('figcaption'));
  return node;
}

function size() {
  if (data) fit(find('.tiles'), narrow() ? 2 : 3, data.original.width);
}

function choose(id) {
  if (sort) return;
  order = order.includes(id) ? order.filter((other) => other !== id) : [...order, id];
  arrange();
  save();
}

function sorted() {
  if (sort === 'taste' || !sort) return sort ? order : NEUTRAL;
  const sign = sort === 'niqe' ? 1 : -1;
  const value = (id) => data.panes.find((pane) => pane.id === id).values[sort] ?? 0;
  // All PSNRs are equal: then one's own order stays.
  const rank = (id) => (sort === 'psnr' ? 0 : sign * value(id));
  return [...order].sort((a, b) => rank(a) - rank(b));
}

function arrange() {
  const before = new Map(findAll('.tile').map((node) => [node, node.getBoundingClientRect()]));
  for (const id of sorted()) find('.tiles').append(find(`.tile[data-id=${id}]`));
  for (const [node, from] of before) {
    const to = node.getBoundingClientRect();
    const [dx, dy] = [from.left - to.left, from.top - to.top];
    if ((dx || dy) && !calm() && from.width) {
      node.animate([{ transform: `translate(${dx}px, ${dy}px)` }, { transform: 'none' }],
        { duration: 500, easing: 'ease-in-out' });
    }
    label(node, data.panes.find((pane) => pane.id === node.dataset.id));
  }
  find('.again').disabled = order.length === 0;
  find('.reveal').hidden = Boolean(sort);
  find('.reveal').disabled = order.length < 5;
  find('.sorting').hidden = !sort;
  findAll('[data-sort]').forEach((button) => button.setAttribute('aria-pressed', button.dataset.sort === sort));
  find('.answer').hidden = !sort;
  if (sort) find('.answer').textContent = verdict();
  find('.original span').hidden = !sort;
}

function label(node, pane) {
  const rank = order.indexOf(pane.id) + 1;
  node.classList.toggle('chosen', rank > 0 && !sort);
  node.querySelector('.rank').textContent = rank || '';
  const button = node.querySelector('button');
  button.setAttribute('aria-disabled', Boolean(sort));
  const caption = node.querySelector('figcaption');
  if (!sort) {
    const place = NEUTRAL.indexOf(pane.id) + 1;
    button.setAttribute('aria-label', `Copy ${place}${rank ? `, your number ${rank}` : ''}`);
    node.querySelector('img').alt = '';
    caption.textContent = rank ? `Your number ${rank}` : `Copy ${place}`;
    return;
  }
  button.setAttribute('aria-label', `${pane.label}, your number ${rank}`);
  caption.replaceChildren(make('b', '', pane.label), make('span', '', pane.how),
    facts([pane.texts.ssim, pane.texts.niqe, pane.texts.psnr]));
}

function verdict() {
  const psnr = data.panes.map((pane) => pane.texts.psnr)[0];
  const pairs = (values) => values.flatMap((a, i) => values.slice(i + 1).map((b) => [a, b]));
  const agreed = (name, sign) => {
    const values = order.map((id) => data.panes.find((pane) => pane.id === id).values[name]);
    if (values.includes(null)) return null;
    return pairs(values).filter(([a, b]) => sign * a > sign * b).length;
  };
  const ssim = agreed('ssim', 1);
  const niqe = agreed('niqe', -1);
  const second = niqe === null ? 'NIQE needs a larger place' : `NIQE with ${niqe}`;
  return `All five: ${psnr}, so PSNR cannot order them. Of the 10 pairs, SSIM agrees with you on ${ssim}, ${second}.`;
}

function save() {
  const code = (id) => Object.keys(LETTERS).find((letter) => LETTERS[letter] === id);
  remember({ order: order.map(code).join(''), sort });
}

function setSort(name) {
  sort = name;
  arrange();
  save();
}

begin(() => {
  const letters = [...new Set(asked.get('order') || '')].filter((letter) => LETTERS[letter]);
  order = letters.map((letter) => LETTERS[letter]);
  sort = order.length === 5 && NAMES[asked.get('sort')] ? asked.get('sort') : '';
  find('.reveal').addEventListener('click', () => setSort('taste'));
  findAll('[data-sort]').forEach((button) => button.addEventListener('click', () => setSort(button.dataset.sort)));
  find('.again').addEventListener('click', () => { order = []; setSort(''); });
  onResize(size);
  save();
  beginAtPlace();
});
