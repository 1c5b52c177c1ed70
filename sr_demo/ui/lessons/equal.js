// Five tiles to be put in order, best first; then their names and numbers.

import { calm, make, makeButton, press } from '../common.js';
import { facts, picture } from './frame.js';
import PlacedLesson from './place.js';
import { agreement, lettersOf, orderOf, sortedBy } from './ranking.js';

const LETTERS = { b: 'blur', n: 'noise', j: 'jpeg', s: 'shift', c: 'contrast' };
const NEUTRAL = ['contrast', 'jpeg', 'shift', 'blur', 'noise'];
const SORTS = ['taste', 'psnr', 'ssim', 'niqe'];
const LESS_IS_BETTER = 1, MORE_IS_BETTER = -1;

// Asks "equal_pictures".
export default class EqualLesson extends PlacedLesson {
  order = [];                                     // ids, best first, as far as chosen
  sort = '';                                      // '' until the numbers are shown
  data = null;

  begin() {
    this.order = orderOf(this.asked('order'), LETTERS);
    const sort = this.asked('sort');
    this.sort = this.order.length === 5 && SORTS.includes(sort) ? sort : '';
    this.find('.reveal').addEventListener('click', () => this.setSort('taste'));
    for (const button of this.findAll('[data-sort]')) {
      button.addEventListener('click', () => this.setSort(button.dataset.sort));
    }
    this.find('.again').addEventListener('click', () => {
      this.order = [];
      this.setSort('');
    });
    this.onResize(() => this.size());
    this.save();
    this.beginAtPlace();
  }

  load(where) {
    return this.ask('equal_pictures', where);
  }

  show(answer) {
    this.data = answer;
    const caption = make('figcaption');
    caption.append(make('b', '', 'Original'), make('span', '', answer.original.text));
    this.find('.original').replaceChildren(picture(answer.original), caption);
    for (const tile of this.findAll('.tile')) tile.remove();
    this.find('.tiles').append(...NEUTRAL.map((id) => this.tile(this.pane(id))));
    this.arrange();
    this.size();
  }

  pane(id) {
    return this.data.panes.find((pane) => pane.id === id);
  }

  tile(pane) {
    const node = make('figure', 'tile');
    const button = makeButton('', () => this.choose(pane.id));
    button.append(picture(pane), make('b', 'rank'));
    node.dataset.id = pane.id;
    node.append(button, make('figcaption'));
    return node;
  }

  size() {
    if (this.data) this.fit(this.find('.tiles'), this.isNarrow ? 2 : 3, this.data.original.width);
  }

  choose(id) {
    if (this.sort) return;
    const { order } = this;
    this.order = order.includes(id) ? order.filter((other) => other !== id) : [...order, id];
    this.arrange();
    this.save();
  }

  values(name) {
    return Object.fromEntries(this.data.panes.map((pane) => [pane.id, pane.values[name]]));
  }

  get sorted() {
    if (!this.sort) return NEUTRAL;
    // All PSNRs are equal: then one's own order stays.
    if (this.sort === 'taste' || this.sort === 'psnr') return this.order;
    const sign = this.sort === 'niqe' ? LESS_IS_BETTER : MORE_IS_BETTER;
    return sortedBy(this.order, this.values(this.sort), sign);
  }

  arrange() {
    const { sort, order } = this;
    const before = new Map(this.findAll('.tile').map((node) => [node, node.getBoundingClientRect()]));
    this.find('.tiles').append(...this.sorted.map((id) => this.find(`.tile[data-id=${id}]`)));
    for (const [node, from] of before) {
      slide(node, from);
      this.label(node, this.pane(node.dataset.id));
    }
    this.find('.again').disabled = order.length === 0;
    this.find('.reveal').hidden = Boolean(sort);
    this.find('.reveal').disabled = order.length < 5;
    this.find('.sorting').hidden = !sort;
    for (const button of this.findAll('[data-sort]')) press(button, button.dataset.sort === sort);
    this.find('.answer').hidden = !sort;
    if (sort) this.find('.answer').textContent = this.summary();
    this.find('.original span').hidden = !sort;
  }

  label(node, pane) {
    const rank = this.order.indexOf(pane.id) + 1;
    node.classList.toggle('chosen', rank > 0 && !this.sort);
    node.querySelector('.rank').textContent = rank || '';
    const button = node.querySelector('button');
    const caption = node.querySelector('figcaption');
    button.setAttribute('aria-disabled', Boolean(this.sort));
    if (this.sort) {
      button.setAttribute('aria-label', `${pane.label}, your number ${rank}`);
      caption.replaceChildren(make('b', '', pane.label), make('span', '', pane.how),
        facts([pane.texts.ssim, pane.texts.niqe, pane.texts.psnr]));
    } else {
      const copy = `Copy ${NEUTRAL.indexOf(pane.id) + 1}`;
      button.setAttribute('aria-label', `${copy}${rank ? `, your number ${rank}` : ''}`);
      node.querySelector('img').alt = '';
      caption.textContent = rank ? `Your number ${rank}` : copy;
    }
  }

  summary() {
    const ssim = agreement(this.order, this.values('ssim'), MORE_IS_BETTER);
    const niqe = agreement(this.order, this.values('niqe'), LESS_IS_BETTER);
    const second = niqe === null ? 'NIQE needs a larger place' : `NIQE with ${niqe}`;
    return `All five: ${this.data.panes[0].texts.psnr}, so PSNR cannot order them. Of the 10 pairs, SSIM agrees with you on ${ssim}, ${second}.`;
  }

  save() {
    this.remember({ order: lettersOf(this.order, LETTERS), sort: this.sort });
  }

  setSort(name) {
    this.sort = name;
    this.arrange();
    this.save();
  }
}

function slide(node, from) {                      // from where it was to where it is
  const to = node.getBoundingClientRect();
  const [dx, dy] = [from.left - to.left, from.top - to.top];
  if (!(dx || dy) || calm() || !from.width) return;
  node.animate([{ transform: `translate(${dx}px, ${dy}px)` }, { transform: 'none' }],
    { duration: 500, easing: 'ease-in-out' });
}
