// Pointer and wheel on the panes: drag to move, pinch or wheel to zoom, click or draw for a crop.

import { density } from '../common.js';
import { clamp } from '../geometry.js';
import { boxBetween, distance, pointAt } from './geometry.js';

const FRESH = 300;                                // milliseconds without a turn of the wheel

const stageAt = (event) => event.target.closest?.('.stage');

// [x, y] of a pointer from the centre of its pane in CSS pixels
function fromCentre([x, y], stage) {
  const rect = stage.getBoundingClientRect();
  return [x - rect.left - rect.width / 2, y - rect.top - rect.height / 2];
}

const pointer = (event) => [event.clientX, event.clientY];

export default class Gestures {
  constructor(grid, viewer) {
    this.viewer = viewer;
    this.pointers = new Map();                    // id -> [x, y]
    this.gesture = null;
    this.scrolled = 0;                            // when the page was last scrolled by the wheel
    grid.addEventListener('pointerdown', (event) => this.begin(event));
    grid.addEventListener('pointermove', (event) => this.move(event));
    grid.addEventListener('pointerup', (event) => this.release(event));
    grid.addEventListener('pointercancel', (event) => this.release(event));
    grid.addEventListener('wheel', (event) => this.wheel(event), { passive: false });
    grid.addEventListener('dblclick', (event) => {
      if (!stageAt(event)) return;
      viewer.crops.undo();
      viewer.fit();
    });
    window.addEventListener('wheel', (event) => {
      if (!event.defaultPrevented) this.scrolled = event.timeStamp;
    }, { passive: true });
  }

  onImage(at) {
    return pointAt(this.viewer.view, at, density());
  }

  begin(event) {
    const { viewer, pointers } = this;
    const stage = stageAt(event);
    if (!stage || event.button > 0 || !viewer.picture.panes) return;
    if (event.pointerType === 'mouse') {
      event.preventDefault();                     // no image ghost, no text selection
      viewer.root.focus({ preventScroll: true });
    }
    stage.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, pointer(event));
    const at = fromCentre(pointer(event), stage);
    const kind = viewer.drawing || event.shiftKey ? 'box' : 'pan';
    this.gesture = pointers.size > 1
      ? { kind: 'pinch', stage, moved: true }
      : { kind, stage, at, from: this.onImage(at), moved: false };
  }

  move(event) {
    const { viewer, pointers, gesture } = this;
    if (!pointers.has(event.pointerId) || !gesture) return;
    if (gesture.kind === 'pinch') return this.pinch(event);
    const at = fromCentre(pointer(event), gesture.stage);
    if (!gesture.moved && distance(at, gesture.at) < 4) return;
    gesture.moved = true;
    pointers.set(event.pointerId, pointer(event));
    viewer.root.classList.add(gesture.kind === 'box' ? 'boxing' : 'panning');
    const here = this.onImage(at);
    if (gesture.kind === 'box') viewer.crops.set(boxBetween(gesture.from, here, viewer.picture));
    else viewer.moveBy(gesture.from[0] - here[0], gesture.from[1] - here[1]);
  }

  pinch(event) {
    const { viewer, pointers, gesture } = this;
    const before = pointers.get(event.pointerId);
    const now = pointer(event);
    const [other] = [...pointers].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
    pointers.set(event.pointerId, now);
    if (!other) return;
    const middle = [0, 1].map((axis) => (now[axis] + other[axis]) / 2);
    const scale = viewer.view.zoom / density();
    // The middle of the two fingers moves half as far as the one does.
    viewer.view.x -= (now[0] - before[0]) / 2 / scale;
    viewer.view.y -= (now[1] - before[1]) / 2 / scale;
    const wider = (distance(now, other) || 1) / (distance(before, other) || 1);
    viewer.zoomTo(viewer.view.zoom * wider, fromCentre(middle, gesture.stage));
  }

  release(event) {
    const { viewer, pointers, gesture } = this;
    if (!pointers.delete(event.pointerId) || !gesture) return;
    viewer.root.classList.remove('boxing', 'panning');
    if (event.type === 'pointerup' && !gesture.moved) {
      viewer.root.focus({ preventScroll: true });   // not before: a finger may want to scroll the page
      viewer.crops.around(gesture.from);
    }
    this.gesture = pointers.size ? { kind: 'pinch', stage: gesture.stage, moved: true } : null;
  }

  // The page scrolls past the pictures until one was clicked, and a scroll that began outside goes
  // on: then only a fresh turn of the wheel zooms.
  wheel(event) {
    const { viewer } = this;
    const stage = stageAt(event);
    if (!stage || !viewer.picture.panes) return;
    const fresh = event.timeStamp - this.scrolled > FRESH;
    const zooming = event.ctrlKey || (fresh && viewer.root.matches(':focus-within'));
    const outwards = event.deltaY > 0;
    if (!zooming || (viewer.fits && outwards && !event.ctrlKey)) return;
    event.preventDefault();
    const turned = clamp(event.deltaY * (event.deltaMode === 1 ? 16 : 1), -240, 240);
    const zoom = viewer.view.zoom * Math.exp(-turned * (event.ctrlKey ? 0.01 : 0.002));
    const fit = viewer.fitZoom;
    if (outwards && fit < 1 && zoom <= fit) viewer.fit();
    else viewer.zoomTo(zoom, fromCentre(pointer(event), stage));
  }
}
