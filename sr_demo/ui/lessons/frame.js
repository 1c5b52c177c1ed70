// What all lessons share. Each is one of six, says in the address how to see it again, and asks
// Python for its pictures. Gradio gives `element`, `props` and `server`; the lesson's own script
// follows in the same scope and ends by calling `begin`.

const root = element.querySelector('.lesson');
const number = Number(root.dataset.lesson);
const outer = element.closest('.block') || element;
const find = (selector) => root.querySelector(selector);
const findAll = (selector) => [...root.querySelectorAll(selector)];
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
const calm = () => window.matchMedia('(prefers-reduced-motion: reduce)').matches;
const make = (tag, className, text) => {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
};

const state = {};                                 // what a link has to say; null is left out
const query = new URLSearchParams(location.search);
const first = Number(query.get('lesson')) || 1;
const asked = first === number ? query : new URLSearchParams();
const isOpen = () => root.classList.contains('open');
let begun = false;

function remember(changes) {
  Object.assign(state, changes);
  if (!begun || !isOpen() || root.offsetParent === null) return;
  const link = new URLSearchParams(
    [...new URLSearchParams(location.search)].filter(([name]) => name.startsWith('__')),
  );
  link.set('lesson', number);
  for (const [name, value] of Object.entries(state)) {
    if (value !== null && value !== undefined && value !== '') link.set(name, value);
  }
  const text = String(link).replaceAll('%2C', ',');
  history.replaceState(history.state, '', `${location.pathname}?${text}${location.hash}`);
}

function begin(start) {
  const turn = (which) => {
    const mine = which === number;
    root.classList.toggle('open', mine);
    outer.style.display = mine ? '' : 'none';
    if (!mine) return;
    if (!begun) {
      begun = true;
      start();
    }
    remember({});
  };
  document.addEventListener('sr-lesson', (event) => turn(event.detail));
  turn(first >= 1 && first <= 6 ? first : 1);
}

function say(trouble) {
  find('.trouble').hidden = !trouble;
  find('.trouble').textContent = trouble || '';
}

let ticket = 0;
// The answer, or null where none came, or too late. Who has shown it says that it is 'ready'.
async function ask(question, details) {
  const mine = ++ticket;
  root.dataset.state = 'busy';
  const answer = await question(details);
  if (mine !== ticket) return null;
  const trouble = answer ? answer.error : 'The app does not answer. Is it still running?';
  if (trouble) root.dataset.state = 'error';
  say(trouble);
  return answer || null;
}

// As large as fits: a whole number of screen pixels for each pixel of the picture, but where screen
// pixels are too small to be seen (a phone's), the whole room.
function fit(grid, columns, natural) {
  const density = window.devicePixelRatio || 1;
  const gaps = (columns - 1) * parseFloat(getComputedStyle(grid).columnGap);
  const room = Math.min(grid.parentElement.clientWidth, 1100) - gaps;
  const zoom = density >= 2 ? 0 : Math.floor(((room / columns) * density) / natural);
  const width = zoom >= 1 ? (zoom * natural) / density : Math.floor(room / columns);
  grid.style.gridTemplateColumns = `repeat(${columns}, ${width}px)`;
  for (const image of grid.querySelectorAll('img, canvas')) {
    image.style.width = `${width}px`;
    image.style.imageRendering = zoom >= 1 ? 'pixelated' : 'auto';
  }
}

const narrow = () => find('.main').clientWidth < 520;

// Gradio makes URLs of files in values, not in answers; its root is where a proxy has put the app.
function served(file) {
  const { root: app, api_prefix: api } = window.gradio_config;
  return `${app}${api}/file=${file.path}`;
}

function picture(pane) {
  const image = new Image();
  image.src = served(pane.file);
  image.alt = pane.label;
  image.draggable = false;
  image.width = pane.width;
  image.height = pane.height;
  image.style.height = 'auto';
  return image;
}

function facts(texts) {                           // in one line where they fit, never broken in two
  const line = make('span');
  line.append(...texts.map((text) => make('em', '', text)));
  return line;
}

const onResize = (callback) => new ResizeObserver(callback).observe(find('.main'));
