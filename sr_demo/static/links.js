// What an address asks for: ?sample=coffee&scale=4&crop=120,80,64,48, ?mode=small, ?tab=lessons.

// The settings to begin with.
export function chosenIn(search, { scales, methods }) {
  const query = new URLSearchParams(search);
  const scale = Number(query.get('scale'));
  return {
    scale: scales.includes(scale) ? scale : 4,
    sharp: query.get('mode') !== 'small',
    colour: 'y',
    methods: methods.map(({ name }) => name),
  };
}

export function sampleIn(search, { samples, first }) {
  const name = new URLSearchParams(search).get('sample');
  return samples.some((sample) => sample.name === name) ? name : first;
}

export function boxIn(search) {
  const numbers = (new URLSearchParams(search).get('crop') || '').split(',').map(Number);
  const usable = numbers.length === 4 && numbers.every(Number.isInteger) && !wantsLesson(search);
  return usable && numbers[2] > 0 && numbers[3] > 0 ? numbers : null;
}

const wantsLesson = (search) => new URLSearchParams(search).has('lesson');

export const tabIn = (search, tabs) => {
  const tab = wantsLesson(search) ? 'lessons' : new URLSearchParams(search).get('tab');
  return tabs.includes(tab) ? tab : tabs[0];
};
