// A row of 16 pixels, black then white; where the edge lies is known only up to ±k pixels.

const PIXELS = 16;
const middle = PIXELS / 2;
let k = 3;
let guess = [];
let averaged = 0;                                 // candidates in the running mean
let running = 0;                                  // its timer

const edge = (shift) => Array.from({ length: PIXELS }, (_, x) => (x < middle + shift ? 0 : 255));
const shifts = () => Array.from({ length: 2 * k + 1 }, (_, i) => i - k);
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const error = (a, b) => mean(a.map((value, x) => (value - b[x]) ** 2));
const best = () => edge(0).map((_, x) => mean(shifts().map((shift) => edge(shift)[x])));
const cost = (row) => mean(shifts().map((shift) => error(row, edge(shift))));
const grey = (value) => `rgb(${Array(3).fill(Math.round(value)).join(' ')})`;
const whole = (value) => Math.round(value).toLocaleString('en').replaceAll(',', '\u202f');

function paint(row, values) {
  values.forEach((value, x) => { row.children[x].style.background = grey(value); });
}

function strip(className) {
  const row = make('div', className);
  for (let x = 0; x < PIXELS; x += 1) row.append(make('i'));
  return row;
}

function layOut() {
  const rows = shifts().map((shift) => {
    const row = strip('strip');
    paint(row, edge(shift));
    return row;
  });
  find('.candidates').replaceChildren(...rows);
  const title = find('.scale span');
  find('.scale').replaceChildren(title, ...rows.map(() => {
    const line = make('div');
    line.append(make('i'), make('span'));
    return line;
  }));
  find('.reach').value = `${k} pixel${k === 1 ? '' : 's'}`;
  find('.k').value = k;
}

function draw() {
  paint(find('.guess'), guess);
  findAll('.bar').forEach((bar, x) => {
    bar.firstChild.style.height = `${(guess[x] / 255) * 100}%`;
    bar.children[1].style.bottom = `${(best()[x] / 255) * 100}%`;
    bar.setAttribute('aria-valuenow', Math.round(guess[x]));
  });
  const errors = shifts().map((shift) => error(guess, edge(shift)));
  const widest = Math.max(...errors, 1);
  [...find('.scale').children].slice(1).forEach((line, index) => {
    line.firstChild.style.width = `${(errors[index] / widest) * 55}%`;
    line.lastChild.textContent = whole(errors[index]);
  });
  const now = mean(errors);
  const least = cost(best());
  const full = Math.max(cost(edge(Math.max(k, 1))), now, 1) * 1.05;
  find('.error').value = whole(now);
  find('.psnr').value = now ? `PSNR of that: ${(10 * Math.log10(255 ** 2 / now)).toFixed(1)} dB ↑` : 'identical';
  find('.meter i').style.width = `${(now / full) * 100}%`;
  find('.meter u').style.left = `${(least / full) * 100}%`;
  const found = now <= least * 1.03 + 1;
  root.classList.toggle('found', found);
  find('.answer').hidden = !found;
  find('.answer').textContent = k === 0
    ? 'Nothing is unsure here, so the sharp edge itself is right. Let the edge move.'
    : `That is it: the grey ramp, at every pixel the mean of all candidates. No candidate looks like it, yet the best sharp edge costs ${whole(cost(edge(0)))}, the ramp only ${whole(least)}.`;
  find('.count').textContent = averaged ? `Mean of ${averaged} candidates, drawn at random` : '';
}

function save() {
  const text = guess.map((value) => Math.round(value).toString(16).padStart(2, '0')).join('');
  // What was averaged is drawn again from its number alone.
  remember({ k, guess: averaged ? null : text, mean: averaged || null });
}

function set(values, count = 0) {
  guess = values;
  averaged = count;
  draw();
  save();
}

// --- averaging ----------------------------------------------------------------------------------

const DRAWS = 60;
function drawn(index) {                           // always the same lot: a small hash of its number
  let hash = Math.imul(index + 1, 2654435761);
  hash = Math.imul(hash ^ (hash >>> 15), 2246822519);
  hash ^= hash >>> 13;
  return ((hash >>> 0) % (2 * k + 1)) - k;
}

function meanOf(count) {
  const lot = Array.from({ length: count }, (_, index) => edge(drawn(index)));
  return edge(0).map((_, x) => mean(lot.map((row) => row[x])));
}

function stop() {
  clearTimeout(running);
  running = 0;
  findAll('.strip.now').forEach((row) => row.classList.remove('now'));
  find('.mean').textContent = 'Average candidates ▶';
}

function average(count) {
  findAll('.strip').forEach((row, index) => row.classList.toggle('now', index - k === drawn(count - 1)));
  set(meanOf(count), count);
  if (count >= DRAWS || !isOpen()) return stop();
  running = setTimeout(() => average(count + 1), Math.max(60, 500 - count * 40));
}

// --- controls -----------------------------------------------------------------------------------

function listen() {
  const bars = find('.bars');
  for (let x = 0; x < PIXELS; x += 1) {
    const bar = make('div', 'bar');
    bar.append(make('i'), make('u'));
    Object.entries({
      role: 'slider', tabindex: 0, 'aria-label': `Pixel ${x + 1}`, 'aria-orientation': 'vertical',
      'aria-valuemin': 0, 'aria-valuemax': 255,
    }).forEach(([name, value]) => bar.setAttribute(name, value));
    bar.addEventListener('keydown', (event) => {
      const steps = { ArrowUp: 8, ArrowDown: -8, PageUp: 64, PageDown: -64, Home: -255, End: 255 };
      const neighbour = { ArrowLeft: bar.previousSibling, ArrowRight: bar.nextSibling }[event.key];
      if (neighbour) neighbour.focus();
      if (steps[event.key]) change(x, guess[x] + steps[event.key]);
      if (neighbour || steps[event.key]) event.preventDefault();
    });
    bars.append(bar);
  }
  const follow = (event) => {
    const area = bars.getBoundingClientRect();
    const x = clamp(Math.floor(((event.clientX - area.left) / area.width) * PIXELS), 0, PIXELS - 1);
    change(x, (1 - (event.clientY - area.top) / area.height) * 255);
  };
  bars.addEventListener('pointerdown', (event) => {
    bars.setPointerCapture(event.pointerId);
    follow(event);
  });
  bars.addEventListener('pointermove', (event) => bars.hasPointerCapture(event.pointerId) && follow(event));
  find('.sharp').addEventListener('click', () => { stop(); set(edge(0)); });
  find('.grey').addEventListener('click', () => { stop(); set(edge(0).map(() => 128)); });
  find('.mean').addEventListener('click', () => {
    if (running) return stop();
    if (calm()) return set(meanOf(DRAWS), DRAWS);
    find('.mean').textContent = 'Stop ◼';
    average(averaged && averaged < DRAWS ? averaged + 1 : 1);
  });
  find('.k').addEventListener('input', (event) => {
    stop();
    k = Number(event.target.value);
    layOut();
    set(averaged ? meanOf(averaged) : guess, averaged);
  });
}

function change(x, value) {
  stop();
  set(guess.map((old, index) => (index === x ? clamp(Math.round(value), 0, 255) : old)));
}

begin(() => {
  const wanted = Number(asked.get('k') ?? 3);
  k = Number.isInteger(wanted) ? clamp(wanted, 0, 6) : 3;
  find('.guess').append(...strip('').children);
  listen();
  layOut();
  const count = clamp(Math.floor(Number(asked.get('mean'))) || 0, 0, DRAWS);
  const pixels = /^([0-9a-f]{2}){16}$/.test(asked.get('guess') || '')
    ? asked.get('guess').match(/../g).map((pair) => parseInt(pair, 16))
    : edge(0);
  set(count ? meanOf(count) : pixels, count);
  root.dataset.state = 'ready';
});
