// Which keys mean what, where nobody is typing.

import { ARROWS } from '../common.js';

const ACTIONS = {
  '+': 'in', '=': 'in', '-': 'out', 0: 'fit', p: 'actual', s: 'smooth', c: 'box', '?': 'help',
  l: 'split', e: 'errors', d: 'heat', i: 'invented', n: 'spot', f: 'full',
  t: 'present',
};

// What a key asks for: {flip: number}, {arrow: [dx, dy], pan}, {escape} or {action: name}; null else.
export function meaning(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return null;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (/^[1-9]$/.test(key)) return { flip: Number(key) };
  if (key === 'Escape') return { escape: true };
  if (key in ARROWS) return { arrow: ARROWS[key], pan: event.shiftKey };
  return key in ACTIONS ? { action: ACTIONS[key] } : null;
}

function isTyping(target) {
  const kind = (target.type || '').toLowerCase();
  return target.isContentEditable || target.matches('textarea, select') ||
    (target.matches('input') && !['radio', 'checkbox', 'button', 'file', 'range'].includes(kind));
}
