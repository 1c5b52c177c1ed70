// What a number plate is made to say.

// Five capital letters or digits; '' of anything else.
export function plate(text) {
  const capital = String(text ?? '').trim().toUpperCase();
  return /^[A-Z0-9]{5}$/.test(capital) ? capital : '';
}

// The text with the letter at `index` replaced by the next that looks alike there: round and round.
export function nextAlike(text, index, alike) {
  const choices = alike[index];
  const next = choices[(choices.indexOf(text[index]) + 1) % choices.length];
  return text.slice(0, index) + next + text.slice(index + 1);
}
