// The line above the panes: what to do, what the numbers say, or how far the work has come.

import { finders } from '../common.js';

export const NARROW = window.matchMedia('(max-width: 720px)');   // as in viewer.css

const WAITING = 'Waiting …';
const NUMBERS = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];

export default class Status {
  constructor(root) {
    [this.find] = finders(root);
  }

  show(value) {
    this.find('.run').dataset.state = value.state || '';
    const percent = Math.round((value.progress || 0) * 100);
    const meter = this.find('.run .meter');
    meter.firstChild.style.width = `${percent}%`;
    meter.setAttribute('aria-valuenow', percent);
    const running = value.panes.find((pane) => typeof pane.progress === 'number');
    this.find('.run .message').textContent = {
      waiting: WAITING,
      busy: running ? `${running.progress < 1 ? '' : 'Scoring '}${running.label} …` : 'Starting …',
      stopped: 'Stopped.',
      full: 'Too many people are comparing right now. What is shown here stays; try again in a moment.',
    }[value.state] || '';
    this.find('.verdict').textContent = value.verdict || '';
    this.find('.says').classList.toggle('ranks', Boolean(value.ranks));
  }

  wait(ahead) {
    this.find('.run .message').textContent = `${WAITING} ${ahead} ahead of you`;
  }

  // `text`, or what to do with these panes.
  lead(text, panes) {
    const keys = panes.map(({ key }) => key);
    const how = NARROW.matches ? 'Tap a name to flip.' :
      `Press ${Math.min(...keys)}–${Math.min(9, Math.max(...keys))} to flip.`;
    const lead = `The same place, ${NUMBERS[keys.length] || keys.length} ways. ${how}`;
    this.find('.lead').textContent = text || (keys.length < 2 ? '' : lead);
  }
}
