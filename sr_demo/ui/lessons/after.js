// The second screen of the lesson on SRGAN: what ESRGAN changed.

import { make } from '../common.js';
import { percent } from '../format.js';

const sigmoid = (x) => 1 / (1 + Math.exp(-x));

// What pulls at G's pictures, from its own and from the photographs, where D's logits of photographs
// are higher by `lead`: the slopes of -log D(SR), and of ESRGAN's average relativistic loss, halved.
export function pull(lead) {
  return {
    srgan: { own: sigmoid(lead / 2), photos: 0 },
    esrgan: { own: sigmoid(lead) / 2, photos: sigmoid(lead) / 2 },
  };
}

export function bars(lead) {
  return Object.entries(pull(lead)).map(([name, { own, photos }]) => {
    const row = make('div', `pull ${name}`);
    const bar = make('span', 'bar');
    for (const [part, value] of [['own', own], ['photos', photos]]) {
      const piece = make('i', part);
      piece.style.width = `${100 * value}%`;
      bar.append(piece);
    }
    const words = photos
      ? `${percent(own)} from its own pictures, ${percent(photos)} from photographs`
      : `${percent(own)} from its own pictures`;
    row.append(make('b', '', name === 'srgan' ? 'SRGAN' : 'ESRGAN'), bar, make('em', '', words));
    return row;
  });
}
