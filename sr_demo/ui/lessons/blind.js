// Pictures A to E: which is the original? Alone, or as a class that votes on one link.

const PULSE = 2500;                               // milliseconds between two looks at a class's votes
let data = null;
let pick = '';
let scale = 4;                                    // by which the methods' input was reduced
let shown = false;                                // names and numbers
let code = '';                                    // of the class
let key = '';                                     // of its teacher's view
let votes = {};
let timer = 0;
const rounds = [];                                // of this page: was the original found?

const load = (where) => server.blind_pictures({ ...where, scale, shown });
const where = () => ({ image: place.image, crop: place.box, scale });
const round = ({ image, crop, scale: by }) => `${image} ${crop} ${by}`;
const sum = (counts) => Object.values(counts).reduce((a, b) => a + b, 0);

function voter() {                                // one vote for each browser, until it is closed
  try {
    const id = sessionStorage.getItem('sr-voter') || crypto.getRandomValues(new Uint32Array(3)).join('-');
    sessionStorage.setItem('sr-voter', id);
    return id;
  } catch {
    return 'private';
  }
}

function show(answer) {
  const moved = data && round(answer) !== round(data);
  data = answer;
  if (moved) {
    [pick, shown, votes] = ['', false, {}];
    if (answer.panes[0].name) return goTo(answer.image, answer.crop);   // hide the names again
  }
  find('.tiles').replaceChildren(...answer.panes.map((pane) => {
    const node = make('figure', 'tile');
    const button = make('button');
    button.type = 'button';
    button.append(picture(pane));
    button.addEventListener('click', () => choose(pane.id));
    node.append(button, make('figcaption'));
    return node;
  }));
  size();
  draw();
  save();
  look();
}

function size() {
  if (data) fit(find('.tiles'), narrow() ? 2 : 3, data.panes[0].width);
}

function draw() {
  const counted = key || (code && shown);
  const most = Math.max(1, ...Object.values(votes));
  data.panes.forEach((pane, index) => {
    const node = find('.tiles').children[index];
    const named = shown && pane.name;
    node.classList.toggle('chosen', pane.id === pick && !(named && pane.name === 'original'));
    node.classList.toggle('right', Boolean(named) && pane.name === 'original');
    const button = node.querySelector('button');
    button.setAttribute('aria-pressed', pane.id === pick);
    button.setAttribute('aria-disabled', shown || Boolean(key));
    button.setAttribute('aria-label', `Picture ${pane.id}${named ? `: ${pane.method}` : ''}`);
    const caption = node.querySelector('figcaption');
    caption.replaceChildren(make('b', '', named ? `${pane.id}: ${pane.method}` : pane.id));
    if (named) caption.append(facts(pane.texts));
    if (counted) {
      const line = make('div', 'meter');
      const bar = make('i');
      bar.style.width = `${((votes[pane.id] || 0) / most) * 60}%`;
      line.append(bar, make('span', '', String(votes[pane.id] || 0)));
      caption.append(line);
    }
  });
  findAll('[data-scale]').forEach((button) => button.setAttribute('aria-pressed', Number(button.dataset.scale) === scale));
  find('.reveal').hidden = Boolean(code) || shown;
  find('.reveal').disabled = !pick;
  showWords();
}

function showWords() {
  const right = shown && data.panes.find((pane) => pane.name === 'original');
  const mine = data.panes.find((pane) => pane.id === pick);
  find('.answer').hidden = !(right && mine);
  if (right && mine) {
    find('.answer').textContent = mine === right
      ? `Right: ${right.id} is the original.`
      : `The original is ${right.id}. You took ${mine.method} for it.`;
  }
  find('.session').hidden = rounds.length === 0;
  find('.session').textContent =
    `In this session: found ${rounds.filter(Boolean).length} of ${rounds.length}.`;
  const total = sum(votes);
  const text = `${total} vote${total === 1 ? '' : 's'}`;
  find('.start').hidden = Boolean(code);
  find('.teaching').hidden = !key;
  find('.code').textContent = code;
  find('.votes').value = text;
  find('.show-all').textContent = shown ? 'Hide again' : 'Reveal to all';
  find('.attending').hidden = !code || Boolean(key);
  if (code && !key) {
    find('.attending').textContent = shown ? `Class ${code}: ${text}.`
      : pick ? `Class ${code}: your vote for ${pick} counts. ${text} so far; you may change yours until the teacher reveals.`
        : `Class ${code}: press the picture that you take for the original.`;
  }
}

async function choose(letter) {
  if (shown || key || root.dataset.state === 'busy') return;   // a teacher counts, and does not vote
  pick = letter;
  draw();
  save();
  if (code) take(await server.class_vote({ ...where(), code, pick, voter: voter() }));
}

async function reveal(wanted) {
  shown = wanted;
  if (shown && pick && !code) rounds.push(null);
  await goTo(place.image, place.box);
  if (rounds.length && rounds.at(-1) === null) {
    rounds[rounds.length - 1] = data.panes.find((pane) => pane.id === pick)?.name === 'original';
    showWords();
  }
}

// --- a class ------------------------------------------------------------------------------------

function take(tally) {
  if (!tally) return;
  if (tally.error) return say(tally.error);
  say('');
  votes = tally.votes;
  if (!key) pick = tally.mine || '';              // what counts, after a reset too
  if (tally.shown !== shown) return reveal(tally.shown);
  draw();
}

async function look() {                           // again and again, while it is in front
  clearTimeout(timer);
  if (!code) return;
  const then = where();
  if (isOpen() && root.offsetParent && !document.hidden) {
    const tally = await server.class_tally({ ...then, code, voter: voter() });
    if (round(then) === round(where())) await take(tally);
  }
  clearTimeout(timer);
  timer = setTimeout(look, PULSE);
}

async function teach(wanted, reset = false) {
  take(await server.class_teach({ ...where(), code, key, shown: wanted, reset }));
  save();
}

async function start() {
  if (!data) return;
  const made = await server.class_start({});
  if (!made) return say('The app does not answer. Is it still running?');
  [code, key] = [made.code, made.key];
  [pick, votes] = ['', {}];
  if (shown) await reveal(false);
  draw();
  save();
  look();
}

function save() {
  remember({ pick: code ? null : pick, scale: scale === 4 ? null : scale, shown: shown && !code ? 1 : null, class: code, teacher: key });
}

begin(() => {
  const letter = asked.get('pick') || '';
  pick = /^[A-E]$/.test(letter) ? letter : '';
  code = (asked.get('class') || '').toUpperCase();
  key = code ? asked.get('teacher') || '' : '';
  shown = asked.get('shown') === '1' && !code;
  scale = asked.get('scale') === '2' ? 2 : 4;
  findAll('[data-scale]').forEach((button) => button.addEventListener('click', () => {
    scale = Number(button.dataset.scale);
    goTo(place.image, place.box);
  }));
  find('.reveal').addEventListener('click', () => reveal(true));
  find('.start').addEventListener('click', start);
  find('.show-all').addEventListener('click', () => teach(!shown));
  find('.reset').addEventListener('click', () => teach(false, true));
  onResize(size);
  save();
  beginAtPlace();
});
