// What D's answers to photos and to G's pictures say together.

import { percent, whole } from '../format.js';

const logit = (p) => Math.log(p / (1 - p));

// Which recorded step leaves D most in doubt: where the odds of its two answers are closest. Not the
// step of the lowest answers: of 8 % and 17 % one is twice the other. -1 where nothing is recorded.
export function mostInDoubt(means) {
  const lead = means.map((pair) => (pair ? Math.abs(logit(pair[1]) - logit(pair[0])) : Infinity));
  const least = Math.min(...lead);
  return least < Infinity ? lead.indexOf(least) : -1;
}

// In words, for one scene: what to read out of two numbers of which neither is 0 or 100 %.
export function reading(made, real) {
  const gap = Math.round(real * 100) - Math.round(made * 100);
  const how = gap <= 0 ? 'D takes G’s picture for the photo.' :
    gap < 15 ? 'D can hardly tell which is the photo.' : 'D can tell which is the photo.';
  return `The photo has ${percent(real)}, G’s picture ${percent(made)}: ${gap} points apart. ${how} Read the `
    + 'distance, not the number: D never saw this photo, and its whole scale moves up and down during '
    + 'the run, so that a true photo need not come near 100 %.';
}

export function answer({ steps, means, learnt }) {
  const at = mostInDoubt(means);
  const [made, real] = means[at];
  return `At step ${whole(steps[at])} the curves are closest: ${percent(real)} on photos, ${percent(made)} on `
    + `G’s pictures. ${learnt || ''}`.trim();
}
