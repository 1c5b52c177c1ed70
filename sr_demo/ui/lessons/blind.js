// Pictures A to E: which is the original? Alone, or as a class that votes where its teacher is.

import { make, makeButton, press } from '../common.js';
import { counted } from '../format.js';
import { facts, picture } from './frame.js';
import PlacedLesson from './place.js';
import { sameRound, voter } from './votes.js';

const PULSE = 2500;                               // milliseconds between two looks at a class's votes

// Asks "blind_pictures", and of a class "class_start", "class_vote", "class_tally", "class_lead",
// "class_picture".
export default class BlindLesson extends PlacedLesson {
  data = null;
  pick = '';
  scale = 4;                                      // by which the methods' input was reduced
  shown = false;                                  // names and numbers
  code = '';                                      // of the class
  key = '';                                       // of its teacher's view
  votes = {};                                     // by letter, once they are revealed
  total = 0;
  timer = 0;
  rounds = [];                                    // of this page: was the original found?

  begin() {
    const letter = this.asked('pick') || '';
    this.pick = /^[A-E]$/.test(letter) ? letter : '';
    this.code = (this.asked('class') || '').toUpperCase();
    this.key = this.code ? this.asked('teacher') || '' : '';
    this.shown = this.asked('shown') === '1' && !this.code;
    this.scale = this.asked('scale') === '2' ? 2 : 4;
    this.listen();
    this.onResize(() => this.size());
    this.save();
    this.beginAtPlace();
  }

  listen() {
    for (const button of this.findAll('[data-scale]')) {
      button.addEventListener('click', () => {
        this.scale = Number(button.dataset.scale);
        this.reload();
      });
    }
    this.find('.reveal').addEventListener('click', () => this.reveal(true));
    this.find('.start').addEventListener('click', () => this.start());
    this.find('.join').addEventListener('submit', (event) => {
      event.preventDefault();
      this.join(this.find('.join input').value.trim().toUpperCase());
    });
    this.find('.leave').addEventListener('click', () => this.leave());
    this.find('.show-all').addEventListener('click', () => this.lead({ shown: !this.shown }));
    this.find('.reset').addEventListener('click', () => this.lead({ shown: false, reset: true }));
  }

  load(where) {
    const { scale, shown } = this;
    return this.ask('blind_pictures', { ...where, scale, shown });
  }

  get where() {
    return { image: this.place.image, crop: this.place.box, scale: this.scale };
  }

  show(answer) {
    const moved = this.data && !sameRound(answer, this.data);
    this.data = answer;
    if (moved) {
      Object.assign(this, { pick: '', shown: false, votes: {}, total: 0 });
      if (answer.panes[0].name) return this.reload();   // hide the names again
    }
    this.find('.tiles').replaceChildren(...answer.panes.map((pane) => {
      const node = make('figure', 'tile');
      const button = makeButton('', () => this.choose(pane.id));
      button.append(picture(pane));
      node.append(button, make('figcaption'));
      return node;
    }));
    this.size();
    this.draw();
    this.save();
    this.look();
  }

  size() {
    if (this.data) this.fit(this.find('.tiles'), this.isNarrow ? 2 : 3, this.data.panes[0].width);
  }

  // --- drawing ----------------------------------------------------------------------------------

  draw() {
    const { data, code, key, pick, shown, scale } = this;
    data.panes.forEach((pane, index) => this.drawTile(this.find('.tiles').children[index], pane));
    for (const button of this.findAll('[data-scale]')) press(button, Number(button.dataset.scale) === scale);
    this.find('.reveal').hidden = Boolean(code) || shown;
    this.find('.reveal').disabled = !pick;
    this.find('.start').hidden = Boolean(code);
    this.find('.teaching').hidden = !key;
    this.showAnswer();
    this.showClass();
  }

  drawTile(node, pane) {
    const { pick, shown, key, code } = this;
    const named = shown && pane.name;
    const right = named && pane.name === 'original';
    node.classList.toggle('chosen', pane.id === pick && !right);
    node.classList.toggle('right', Boolean(right));
    const button = node.querySelector('button');
    press(button, pane.id === pick);
    button.setAttribute('aria-disabled', shown || Boolean(key));
    button.setAttribute('aria-label', `Picture ${pane.id}${named ? `: ${pane.method}` : ''}`);
    const caption = node.querySelector('figcaption');
    caption.replaceChildren(make('b', '', named ? `${pane.id}: ${pane.method}` : pane.id));
    if (named) caption.append(facts(pane.texts));
    if (code && shown) caption.append(this.meter(pane.id));
  }

  meter(letter) {
    const most = Math.max(1, ...Object.values(this.votes));
    const votes = this.votes[letter] || 0;
    const line = make('div', 'meter');
    const bar = make('i');
    bar.style.width = `${(votes / most) * 60}%`;
    line.append(bar, make('span', '', String(votes)));
    return line;
  }

  showAnswer() {
    const { panes } = this.data;
    const right = this.shown && panes.find((pane) => pane.name === 'original');
    const mine = panes.find((pane) => pane.id === this.pick);
    this.find('.answer').hidden = !(right && mine);
    if (right && mine) {
      this.find('.answer').textContent = mine === right
        ? `Right: ${right.id} is the original.`
        : `The original is ${right.id}. You took ${mine.method} for it.`;
    }
    const found = this.rounds.filter(Boolean).length;
    this.find('.session').hidden = this.rounds.length === 0;
    this.find('.session').textContent = `In this session: found ${found} of ${this.rounds.length}.`;
  }

  showClass() {
    const { code, key, pick, shown } = this;
    const votes = counted(this.total, 'vote');
    const attends = Boolean(code) && !key;
    this.find('.code').textContent = code;
    this.find('.votes').value = votes;
    this.find('.show-all').textContent = shown ? 'Hide again' : 'Reveal to all';
    this.root.classList.toggle('attends', attends);
    this.find('.join').hidden = Boolean(code);
    this.find('.attending').hidden = !attends;
    this.find('.leave').hidden = !attends;
    if (!attends) return;
    this.find('.attending').textContent = shown ? `Class ${code}: ${votes}.`
      : pick ? `Class ${code}: your vote for ${pick} counts. ${votes} so far; you may change yours until the teacher reveals.`
        : `Class ${code}: press the picture that you take for the original.`;
  }

  // --- alone ------------------------------------------------------------------------------------

  async choose(letter) {
    if (this.shown || this.key || this.root.dataset.state === 'busy') return;   // a teacher counts, and does not vote
    this.pick = letter;
    this.draw();
    this.save();
    if (this.code) this.take(await this.askClass('class_vote', { pick: letter, voter: voter() }));
  }

  async reveal(wanted) {
    this.shown = wanted;
    const { rounds } = this;
    if (wanted && this.pick && !this.code) rounds.push(null);
    await this.reload();
    if (rounds.length && rounds.at(-1) === null) {
      const picked = this.data.panes.find((pane) => pane.id === this.pick);
      rounds[rounds.length - 1] = picked?.name === 'original';
      this.showAnswer();
    }
  }

  // --- a class ----------------------------------------------------------------------------------

  askClass(question, details) {
    return this.send(question, { ...this.where, code: this.code, ...details });
  }

  async take(tally) {
    if (!tally) return;
    if (tally.error) return this.say(tally.error);
    this.say('');
    if (!this.key && !sameRound(tally.where, this.where)) await this.follow(tally.where);
    Object.assign(this, { votes: tally.votes, total: tally.total });
    if (!this.key) this.pick = tally.mine || '';  // what counts, after a reset too
    if (tally.shown !== this.shown) return this.reveal(tally.shown);
    this.draw();
  }

  follow({ image, crop, scale }) {                // to the picture that the teacher shows
    Object.assign(this, { scale, pick: '', shown: false });
    return this.goTo(image, crop);
  }

  async look() {                                  // again and again, while it is in front
    clearTimeout(this.timer);
    if (!this.code) return;
    const then = this.where;
    if (this.isOpen && this.root.offsetParent && !document.hidden) {
      const tally = this.key
        ? await this.askClass('class_lead', { key: this.key })
        : await this.askClass('class_tally', { voter: voter() });
      if (sameRound(then, this.where)) await this.take(tally);
      if (this.key && !this.find('.qr').firstChild) await this.showCode();
    }
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.look(), PULSE);
  }

  async lead(changes) {
    await this.take(await this.askClass('class_lead', { key: this.key, ...changes }));
    this.save();
  }

  async start() {
    if (!this.data) return;
    const made = await this.send('class_start', this.where);
    if (!made) return this.say('The app does not answer. Is it still running?');
    if (made.error) return this.say(made.error);
    Object.assign(this, { code: made.code, key: made.key, pick: '', votes: {}, total: 0 });
    if (this.shown) await this.reveal(false);
    this.draw();
    this.save();
    this.look();
  }

  async showCode() {                              // where there is no camera, the letters do
    const link = `${location.origin}${location.pathname}?lesson=${this.number}&class=${this.code}`;
    const made = await this.send('class_picture', { link });
    if (!made?.qr) return;
    const image = Object.assign(new Image(), { src: made.qr, alt: `QR code of ${link}` });
    this.find('.qr').replaceChildren(image);
  }

  async join(code) {
    if (!code) return this.find('.join input').focus();
    const tally = await this.send('class_tally', { code, voter: voter() });
    if (!tally) return this.say('The app does not answer. Is it still running?');
    if (tally.error) return this.say(tally.error);
    Object.assign(this, { code, pick: '', shown: false });
    await this.take(tally);
    this.save();
    this.look();
  }

  leave() {
    clearTimeout(this.timer);
    Object.assign(this, { code: '', pick: '', votes: {}, total: 0 });
    this.say('');
    this.save();
    return this.shown ? this.reveal(false) : this.draw();
  }

  save() {
    const { code, key, pick, scale, shown } = this;
    this.remember({
      pick: code ? null : pick, scale: scale === 4 ? null : scale,
      shown: shown && !code ? 1 : null, class: code, teacher: key,
    });
  }
}
