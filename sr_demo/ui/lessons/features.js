// Three pictures, and under each how strongly it waves in the direction that is turned to.

let data = null;
let angle = 0;
let wave = 3;

const load = (where) => server.feature_maps(where);

async function show(answer) {
  data = answer;
  const pictures = answer.panes.map((pane) => {
    const figure = make('figure');
    figure.append(make('figcaption', '', pane.label), picture(pane));
    return figure;
  });
  const maps = answer.panes.map((pane) => {
    const figure = make('figure', 'maps');
    const canvas = make('canvas');
    canvas.width = pane.width;
    canvas.height = pane.height;
    canvas.setAttribute('role', 'img');
    figure.append(canvas);
    return figure;
  });
  const key = make('p', 'quiet', `Second row: strength of these stripes, black 0, white ${answer.peak} grey levels or more`);
  find('.trio').replaceChildren(...pictures, ...maps, key);
  showDistances();
  size();
  const sheets = answer.panes.map((pane) => picture({ ...pane, file: pane.sheet }));
  await Promise.all(sheets.map((sheet) => sheet.decode().catch(() => {})));
  if (answer !== data) return;
  data.sheets = sheets;
  draw();
}

function size() {
  if (data) fit(find('.trio'), 3, data.panes[0].width);
}

function draw() {
  findAll('.dial button').forEach((button) => button.setAttribute('aria-pressed', Number(button.value) === angle));
  findAll('.waves button').forEach((button) => button.setAttribute('aria-pressed', Number(button.value) === wave));
  if (!data || !data.sheets) return;
  const index = data.wavelengths.indexOf(wave) * data.angles.length + data.angles.indexOf(angle);
  findAll('.maps').forEach((figure, i) => {
    const { width, height, label } = data.panes[i];
    const canvas = figure.querySelector('canvas');
    canvas.getContext('2d').drawImage(data.sheets[i], index * width, 0, width, height, 0, 0, width, height);
    canvas.setAttribute('aria-label', `${label}: strength of stripes at ${angle}°, ${wave} pixels apart`);
  });
}

function showDistances() {
  const far = data.panes.slice(1);
  const block = (key, title, unit, digits) => {
    const node = make('div');
    const head = make('h3', '', `${title} ↓ `);
    head.append(make('span', '', unit));
    node.append(head);
    const most = Math.max(...far.map((pane) => pane[key]));
    const texts = far.map((pane) => pane[key].toFixed(digits));
    far.forEach((pane, i) => {
      const line = make('p');
      const bar = make('i');
      const value = make('output', '', texts[i]);
      bar.style.width = `${(pane[key] / most) * 100}%`;
      line.classList.toggle('least', texts[i] !== texts[1 - i] && pane[key] < far[1 - i][key]);
      line.append(make('span', '', pane.label), bar, value);
      node.append(line);
    });
    return node;
  };
  find('.distances').replaceChildren(
    block('pixels', 'Pixel distance', 'RMSE of luma, grey levels', 1),
    block('features', 'Feature distance', 'all 8 filters, grey levels', 2),
  );
}

function listen() {
  for (const value of [0, 45, 90, 135]) {
    const button = make('button');
    button.type = 'button';
    button.value = value;
    button.setAttribute('aria-label', `${value}°`);
    button.innerHTML = `<svg viewBox="-11 -11 22 22" aria-hidden="true"><g transform="rotate(${-value})" stroke="currentColor" stroke-width="2.4"><path d="M-9 -5H9M-9 0H9M-9 5H9"/></g></svg>`;
    button.addEventListener('click', () => set(value, wave));
    find('.dial').append(button);
  }
  for (const value of [3, 6]) {
    const button = make('button', '', value === 3 ? 'Fine: 3 pixels' : 'Coarse: 6 pixels');
    button.type = 'button';
    button.value = value;
    button.addEventListener('click', () => set(angle, value));
    find('.waves').append(button);
  }
}

function set(newAngle, newWave) {
  angle = newAngle;
  wave = newWave;
  draw();
  remember({ angle, wave });
}

begin(() => {
  listen();
  onResize(size);
  set(
    [0, 45, 90, 135].find((value) => String(value) === asked.get('angle')) ?? 45,
    [3, 6].find((value) => String(value) === asked.get('wave')) ?? 6,
  );
  beginAtPlace();
});
