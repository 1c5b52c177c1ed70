// What a vote belongs to, and who gives it.

// A round is one place at one scale: {image, crop, scale}.
export const sameRound = (a, b) =>
  a.image === b.image && String(a.crop) === String(b.crop) && a.scale === b.scale;

let mine = '';

export function voter() {                         // one vote for each browser, until it is closed
  const fresh = () => crypto.getRandomValues(new Uint32Array(3)).join('-');
  try {
    mine = sessionStorage.getItem('sr-voter') || mine || fresh();
    sessionStorage.setItem('sr-voter', mine);
  } catch {                                       // nothing may be stored: until the page is left
    mine ||= fresh();
  }
  return mine;
}
