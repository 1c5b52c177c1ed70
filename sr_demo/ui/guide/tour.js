// The tour: what each step says and what it points at, and whether it comes by itself.

export const STEPS = [
  {
    at: '#viewer .grid',
    title: 'One place, several ways',
    text: 'A photo was made four times smaller. Each pane shows what one method made of the small one, '
      + 'at the same place. Original and Input are beside them.',
  },
  {
    at: '#viewer .tabs',
    title: 'Flip between them',
    text: 'Press a number or a name: that pane fills the view. Press another, and what differs jumps '
      + 'to the eye. Esc shows all again.',
  },
  {
    at: '#picker',
    title: 'Look elsewhere',
    text: 'Drag the frame on the map, choose another sample, or drop a photo of your own. It is '
      + 'deleted when you leave.',
  },
  {
    at: '#viewer .says',
    title: 'Read the numbers',
    text: 'PSNR says how close to the original, NIQE how natural. They disagree, and that is the '
      + 'point: “why?” beside a number opens the lesson on it.',
  },
  {
    at: '#tabs [role="tablist"]',
    title: 'Go on',
    text: 'The Lab walks from the closest picture to the most natural. Lessons say why both cannot be '
      + 'had. Models shows the networks. The key ? lists all others.',
  },
];

// Whether it begins by itself: a link may ask for it (?tour); else only on a bare address, of who has
// not seen it, and is no test.
export function comesByItself(search, seen, driven) {
  const query = new URLSearchParams(search);
  if (query.has('tour')) return true;
  const bare = [...query.keys()].every((name) => name.startsWith('__'));
  return bare && !seen && !driven;
}
