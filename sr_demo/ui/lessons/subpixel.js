// One canvas. At the left r × r channels of h × w dots, at the right the result of r·h × r·w dots:
// both squares have the same number of dots, and each dot flies from the one to the other.

const DYES = ['#2563eb', '#ea580c', '#16a34a', '#db2777', '#7c3aed', '#0891b2', '#ca8a04', '#dc2626', '#475569'];
const canvas = find('canvas');
let data = null;
let r = 2;
let step = 0;                                     // channels that are in place
let at = 0;                                       // where the animation is, 0 … r²
let off = new Set();                              // channels left out
let tint = true;
let frame = 0;

const load = (where) => server.channel_values(where);
const count = () => r * r;

function show(answer) {
  data = answer;
  draw();
}

// --- drawing ------------------------------------------------------------------------------------

function measure() {                              // in dots: the squares, and how they lie
  const [h, w] = data.layers[r].shape;
  const stacked = narrow();
  const gap = stacked ? 6 : 8;
  const [across, down] = stacked ? [r * w, 2 * r * h + gap] : [2 * r * w + gap, r * h];
  const density = window.devicePixelRatio || 1;
  const room = Math.min(find('.main').clientWidth, 1000) * density;
  const dot = Math.max(1, Math.floor(room / across));
  return { h, w, across, down, dot, density, dx: stacked ? 0 : r * w + gap, dy: stacked ? r * h + gap : 0 };
}

const ease = (t) => (t < 0.5 ? 2 * t * t : 1 - 2 * (1 - t) * (1 - t));

function draw() {
  if (!data) return;
  const { h, w, across, down, dot, density, dx, dy } = measure();
  canvas.width = across * dot;
  canvas.height = down * dot;
  canvas.style.width = `${canvas.width / density}px`;
  const brush = canvas.getContext('2d');
  brush.fillStyle = getComputedStyle(root).getPropertyValue('--line') || '#ddd';
  brush.fillRect(dx * dot, dy * dot, r * w * dot, r * h * dot);
  const values = data.layers[r].values;
  for (let channel = 0; channel < count(); channel += 1) {
    const [row, column] = [Math.floor(channel / r), channel % r];
    const flown = ease(clamp(at - channel, 0, 1));
    const missing = off.has(channel);
    for (let y = 0; y < h; y += 1) {
      for (let x = 0; x < w; x += 1) {
        if (missing && flown > 0) continue;
        const from = [column * w + x, row * h + y];
        const to = [dx + x * r + column, dy + y * r + row];
        const grey = values[(channel * h + y) * w + x];
        const [left, top] = [0, 1].map((i) => Math.round((from[i] + (to[i] - from[i]) * flown) * dot));
        brush.globalAlpha = missing ? 0.15 : 1;
        brush.fillStyle = `rgb(${grey},${grey},${grey})`;
        brush.fillRect(left, top, dot, dot);
        if (tint && at < count()) {
          brush.globalAlpha = missing ? 0.1 : 0.4;
          brush.fillStyle = DYES[channel];
          brush.fillRect(left, top, dot, dot);
        }
      }
    }
  }
  brush.globalAlpha = 1;
  frames(brush, h, w, dot);
  canvas.dataset.settled = at === step;
  canvas.setAttribute('aria-label',
    `${step} of ${count()} channels shuffled into a picture of ${r * w} × ${r * h} pixels`);
}

function frames(brush, h, w, dot) {               // where each channel is, or was
  brush.lineWidth = Math.max(1, dot / 3);
  for (let channel = 0; channel < count(); channel += 1) {
    brush.strokeStyle = DYES[channel];
    const [left, top] = [(channel % r) * w * dot, Math.floor(channel / r) * h * dot];
    const inset = brush.lineWidth / 2;
    brush.strokeRect(left + inset, top + inset, w * dot - 2 * inset, h * dot - 2 * inset);
  }
}

// --- moving -------------------------------------------------------------------------------------

function go(target) {
  step = clamp(target, 0, count());
  find('.step').value = step;
  find('.count').value = `${step} of ${count()}`;
  save();
  cancelAnimationFrame(frame);
  if (calm() || !data) {
    at = step;
    return draw();
  }
  let last = 0;
  const pace = Math.max(1, Math.abs(step - at) / 6) / 900;   // channels a millisecond
  const move = (now) => {
    const reach = last ? (now - last) * pace : 0;
    last = now;
    at = at < step ? Math.min(step, at + reach) : Math.max(step, at - reach);
    if (!isOpen()) at = step;
    draw();
    find('.play').textContent = at === step ? 'Play ▶' : 'Playing …';
    if (at !== step) frame = requestAnimationFrame(move);
  };
  frame = requestAnimationFrame(move);
}

function choose(scale) {
  r = scale;
  off = new Set([...off].filter((channel) => channel < count()));
  findAll('[data-scale]').forEach((button) => button.setAttribute('aria-pressed', Number(button.dataset.scale) === r));
  find('.step').max = count();
  find('.channels').replaceChildren(...Array.from({ length: count() }, (_, channel) => {
    const button = make('button', '', channel + 1);
    button.type = 'button';
    button.style.setProperty('--dye', DYES[channel]);
    button.setAttribute('aria-label', `Channel ${channel + 1}`);
    button.setAttribute('aria-pressed', !off.has(channel));
    button.addEventListener('click', () => {
      if (!off.delete(channel)) off.add(channel);
      button.setAttribute('aria-pressed', !off.has(channel));
      draw();
      save();
    });
    return button;
  }));
}

function save() {
  remember({ r, step, without: [...off].sort().map((channel) => channel + 1).join(','), tint: tint ? null : 0 });
}

begin(() => {
  const whole = (name) => Math.floor(Number(asked.get(name))) || 0;
  tint = asked.get('tint') !== '0';
  off = new Set((asked.get('without') || '').split(',').map((text) => Number(text) - 1).filter((i) => i >= 0 && i < 9));
  choose(whole('r') === 3 ? 3 : 2);
  find('.tint').setAttribute('aria-pressed', tint);
  find('.tint').addEventListener('click', () => {
    tint = !tint;
    find('.tint').setAttribute('aria-pressed', tint);
    draw();
    save();
  });
  find('.step').addEventListener('input', (event) => go(Number(event.target.value)));
  find('.play').addEventListener('click', () => {
    if (step === count()) at = 0;
    go(count());
  });
  findAll('[data-scale]').forEach((button) => button.addEventListener('click', () => {
    choose(Number(button.dataset.scale));
    at = 0;
    go(0);
  }));
  onResize(draw);
  go(whole('step'));
  at = step;
  beginAtPlace();
});
