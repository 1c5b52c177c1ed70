// The head of the page: a tour of a minute, and what happens when somebody presses a “why?”.

import { calm, finders, tell } from '../common.js';
import { linkTo } from '../lessons/links.js';
import { comesByItself, STEPS } from './tour.js';

const SEEN = 'sr-demo-tour';                      // in localStorage, once it was

// Sends "lesson" when the lessons' tab is to come to the front.
export default class Head {
  constructor(root, values, send) {
    Object.assign(this, { root, send });
    [this.find] = finders(root);
    this.step = -1;                               // of the tour; -1 while it is closed
    this.find('.take').addEventListener('click', () => this.begin(true));
    this.find('.next').addEventListener('click', () => this.show(this.step + 1));
    this.find('.skip').addEventListener('click', () => this.end());
    document.addEventListener('keydown', (event) => this.onKey(event), true);
    document.addEventListener('click', (event) => this.onClick(event));
    const [{ name: opened }] = performance.getEntriesByType('navigation');   // the address changes
    if (comesByItself(new URL(opened).search, seen(), navigator.webdriver)) this.begin(false);
  }

  // --- the tour ---------------------------------------------------------------------------------

  begin(asked) {
    this.show(0);
    if (asked) this.find('.next').focus();        // by itself it takes no focus from the page
  }

  show(step) {
    if (step === STEPS.length) return this.end();
    this.step = step;
    const { title, text } = STEPS[step];
    this.find('.tour').hidden = false;
    this.find('#tour-title').textContent = title;
    this.find('#tour-text').textContent = text;
    this.find('.count').textContent = `${step + 1} of ${STEPS.length}`;
    this.find('.next').textContent = step + 1 < STEPS.length ? 'Next' : 'Done';
    return this.point(STEPS[step].at);
  }

  point(selector) {
    document.querySelector('.sr-toured')?.classList.remove('sr-toured');
    const target = selector && document.querySelector(selector);
    if (!target || !target.getClientRects().length) return;
    target.classList.add('sr-toured');
    target.scrollIntoView({ block: 'nearest', behavior: calm() ? 'auto' : 'smooth' });
  }

  end() {
    const inside = this.find('.tour').contains(document.activeElement);
    this.step = -1;
    this.find('.tour').hidden = true;
    this.point('');
    remember();
    if (inside) this.find('.take').focus();
  }

  onKey(event) {
    if (event.key !== 'Escape' || this.step < 0) return;
    event.stopPropagation();                      // the panes stay as they are
    this.end();
  }

  // --- why? -------------------------------------------------------------------------------------

  onClick(event) {
    const link = event.target.closest?.('a.why');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button > 0) return;
    event.preventDefault();
    const number = Number(link.dataset.lesson);
    // Lessons that are not on the page yet read it from the address
    history.replaceState(history.state, '', location.pathname + linkTo(number, {}, location.search));
    tell('lesson', { number });
    this.send('lesson');
  }
}

function seen() {
  try {
    return localStorage.getItem(SEEN) !== null;
  } catch {                                       // cookies and the like are switched off
    return false;
  }
}

function remember() {
  try {
    localStorage.setItem(SEEN, 'yes');
  } catch { /* then it comes again */ }
}
