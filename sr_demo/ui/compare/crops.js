// The crop: a box on every pane, and beneath them the same pixels of each, enlarged.
// Pixels are drawn here from the PNGs; PSNR and SSIM of the crop come from Python.

const strip = find('.strip');
const crops = strip.querySelector('.crops');
let box = null;                                   // [left, top, width, height] in image pixels
let clicked = null;                               // the box before the last click
let asked = '';
let timer = 0;

function boxBetween([x0, y0], [x1, y1]) {
  const left = clamp(Math.floor(Math.min(x0, x1)), 0, picture.width - 1);
  const top = clamp(Math.floor(Math.min(y0, y1)), 0, picture.height - 1);
  const right = clamp(Math.ceil(Math.max(x0, x1)), left + 1, picture.width);
  const bottom = clamp(Math.ceil(Math.max(y0, y1)), top + 1, picture.height);
  return [left, top, right - left, bottom - top];
}

function boxAround(x, y, width, height) {
  width = Math.min(width, picture.width);
  height = Math.min(height, picture.height);
  return [
    clamp(Math.round(x - width / 2), 0, picture.width - width),
    clamp(Math.round(y - height / 2), 0, picture.height - height),
    width,
    height,
  ];
}

// As large as the strip can show five times enlarged (four times on a phone).
function defaultSize() {
  const column = columnWidth(columns());
  const width = clamp(Math.floor(column / (column < 280 ? 4 : 5)), 24, 128);
  return [width, Math.round(width * 0.75)];
}

const columns = () => Number(getComputedStyle(root).getPropertyValue('--columns')) || 1;
const columnWidth = (count) => 
  Math.floor(((crops.clientWidth || grid.clientWidth) - GAP * (count - 1)) / count);

function cropAround([x, y]) {
  clicked = box;
  setCrop(boxAround(x, y, ...(box ? box.slice(2) : defaultSize())));
}

function undoClick() {
  if (clicked) setCrop(clicked);
}

function moveCrop(dx, dy) {
  if (!box) return;
  const step = Math.max(1, Math.round(box[2] / 8));
  setCrop(boxAround(box[0] + box[2] / 2 + dx * step, box[1] + box[3] / 2 + dy * step, box[2], box[3]));
}

function setCrop(next) {
  box = next;
  drawCrops();
  askScores();
}

// A new value from Python: keep the crop on the same picture, else begin where there is detail.
function followCrop(value) {
  strip.hidden = false;
  if (value.box) box = value.box;
  else if (value.focus) box = boxAround(...value.focus, ...defaultSize());
  drawCrops();
  askScores();
}

function askScores() {
  const done = (picture.panes || []).filter((pane) => pane.file).map((pane) => pane.id);
  const question = JSON.stringify([picture.run, box, done]);
  if (!box || question === asked) return;
  clearTimeout(timer);
  timer = setTimeout(() => {
    asked = question;
    trigger('crop', { run: picture.run, box });
  }, 60);
}

function drawCrops() {
  if (!box || !panes.size) return;
  const [left, top, width, height] = box;
  for (const pane of panes.values()) {
    Object.assign(pane.box.style, {
      left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px`,
    });
  }
  const { count, scale } = enlargement(width);
  crops.style.setProperty('--columns', count);
  strip.querySelector('.where').textContent =
    `${width} × ${height} px at ${left}, ${top}, enlarged ×${Number(scale.toFixed(1))}`;
  const list = [...panes.keys()].sort(byPlace).map((id) => panes.get(id));
  crops.replaceChildren(...list.map((pane) => drawCrop(pane, scale)));
  showScores();
}

// Four to eight times where it fits: as many columns as the grid, fewer if crops would be smaller.
function enlargement(width) {
  for (let count = columns(); ; count -= 1) {
    const scale = Math.min(8, Math.floor((columnWidth(count) * density()) / width) / density());
    if (scale >= 4 || count === 1) return { count, scale: Math.max(scale, 1 / density()) };
  }
}

function drawCrop(pane, scale) {
  const [left, top, width, height] = box;
  pane.crop = pane.crop || newCrop(pane);
  const { node, canvas, caption } = pane.crop;
  Object.assign(canvas, { width, height });
  canvas.style.width = `${width * scale}px`;
  canvas.style.height = `${height * scale}px`;
  canvas.setAttribute('aria-label', `${pane.label}, crop`);
  caption.querySelector('b').textContent = pane.label;
  const context = canvas.getContext('2d');
  context.imageSmoothingEnabled = false;
  if (pane.image && pane.image.naturalWidth) {
    const ratio = pane.image.naturalWidth / picture.width;   // below 1 for the small input
    context.drawImage(
      pane.image, left * ratio, top * ratio, width * ratio, height * ratio, 0, 0, width, height);
  }
  return node;
}

function newCrop(pane) {
  const node = make('figure', 'crop');
  node.dataset.pane = pane.id;
  const canvas = make('canvas');
  canvas.setAttribute('role', 'img');
  const caption = make('figcaption');
  caption.append(make('b'), make('span', 'facts'));
  node.append(canvas, caption);
  return { node, canvas, caption };
}

function showScores() {
  const scores = props.scores;
  const current = scores && scores.run === picture.run && String(scores.box) === String(box);
  strip.classList.toggle('stale', !current);
  if (!current && scores && scores.run === picture.run) return;   // only the crop moved: dim them
  for (const pane of panes.values()) {
    const facts = current ? scores.of[pane.id] : [];
    if (pane.crop) showFacts(pane.crop.caption.querySelector('.facts'), facts);
  }
}

// Gradio takes every quoted name in this file for an event, and a property must not look like one.
watch(Object.keys({ scores: 0 }), showScores);
