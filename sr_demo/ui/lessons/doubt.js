// What D's answers say: how likely the photo is the photo, and how likely G's picture is.

import { percent, whole } from '../format.js';

const logit = (p) => Math.log(p / (1 - p));

// Which recorded step leaves D most in doubt: where the odds of its two answers are closest. -1 where
// nothing is recorded.
export function mostInDoubt(means) {
  const lead = means.map((pair) => (pair ? Math.abs(logit(pair[1]) - logit(pair[0])) : Infinity));
  const least = Math.min(...lead);
  return least < Infinity ? lead.indexOf(least) : -1;
}

// In words, for one scene.
export function reading(made, real) {
  const gap = Math.round(real * 100) - Math.round(made * 100);
  const how = gap <= 0 ? 'D takes G’s picture for the photo.' :
    gap < 15 ? 'D can hardly tell which is the photo.' : 'D can tell which is the photo.';
  return `Shown both, D gives the photo ${percent(real)}, G’s picture ${percent(made)}; 50 % each would be a `
    + `guess. ${how}`;
}

export function answer({ steps, means, learnt }) {
  const at = mostInDoubt(means);
  const [made, real] = means[at];
  return `At step ${whole(steps[at])} D is closest to a guess: ${percent(real)} for photos, ${percent(made)} for `
    + `G’s pictures. ${learnt || ''}`.trim();
}
