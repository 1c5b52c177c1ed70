// What a vote belongs to, and who gives it.

// A round is one place at one scale: {image, crop, scale}.
export const sameRound = (a, b) =>
  a.image === b.image && String(a.crop) === String(b.crop) && a.scale === b.scale;

export const total = (votes) => Object.values(votes).reduce((a, b) => a + b, 0);

export function voter() {                         // one vote for each browser, until it is closed
  try {
    const id = sessionStorage.getItem('sr-voter') || crypto.getRandomValues(new Uint32Array(3)).join('-');
    sessionStorage.setItem('sr-voter', id);
    return id;
  } catch {
    return 'private';
  }
}
