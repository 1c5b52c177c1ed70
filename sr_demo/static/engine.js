// Runs the networks by ONNX Runtime, on the first backend that computes rightly: what a network
// makes of one small tile is compared with pixels from PyTorch. On WebGPU, whose drivers have bugs of
// their own for a layer of one shape, this is asked of every network; of WebAssembly once.

import { LoadError, loaded } from './load.js';
import { paste, tilesOf } from './tiles.js';

const SITE = new URL('../', import.meta.url);
const RUNTIMES = {                                // in the order in which they are tried
  webgpu: { script: 'ort.webgpu.min.mjs', binary: 'ort-wasm-simd-threaded.asyncify' },
  wasm: { script: 'ort.wasm.min.mjs', binary: 'ort-wasm-simd-threaded' },
};

export class Cancelled extends Error {}

export default class Engine {
  // `networks` says of each, by "srgan_x4", its radius and files; `check` is the tile.
  constructor({ networks, check }, backends = null) {
    Object.assign(this, { networks, check, backends });
    this.sessions = new Map();                    // "srgan_x4" -> promise of a session
    this.runtime = null;                          // promise of {ort, backend, threads}
  }

  // What networks run on, as a person may read it.
  async describe() {
    const { backend, threads } = await this.start();
    if (backend === 'webgpu') return 'WebGPU';
    return `WebAssembly, ${threads} thread${threads === 1 ? '' : 's'}`;
  }

  start() {
    this.runtime ||= this.begin().catch((error) => {
      this.runtime = null;
      throw error;
    });
    return this.runtime;
  }

  async begin() {
    this.backends ||= (await hasGpu()) ? ['webgpu', 'wasm'] : ['wasm'];
    const [backend] = this.backends;
    const { script, binary } = RUNTIMES[backend];
    const at = (name) => new URL(`runtime/${name}`, SITE).href;
    const [ort, wasm] = await Promise.all([import(at(script)), loaded(at(`${binary}.wasm.gz`))]);
    const threads = self.crossOriginIsolated ? threadsOf(navigator.hardwareConcurrency || 1) : 1;
    Object.assign(ort.env.wasm, {
      numThreads: threads, wasmBinary: wasm, wasmPaths: { mjs: at(`${binary}.mjs`) },
    });
    ort.env.logLevel = 'error';
    return { ort, backend, threads };
  }

  // Loads models beside other work: they come from what the browser keeps when they are needed.
  prefetch(names) {
    for (const name of names.filter((one) => !this.sessions.has(one))) {
      loaded(new URL(this.networks[name].model, SITE)).catch(() => {});
    }
  }

  // {ort, session} of a network whose pixels were right.
  async session(name) {
    while (true) {
      if (!this.sessions.has(name)) this.sessions.set(name, this.open(name));
      try {
        return await this.sessions.get(name);
      } catch (error) {
        this.sessions.delete(name);
        this.giveWay(error);
      }
    }
  }

  // The next backend, from the beginning; the error is thrown on where there is none.
  giveWay(error) {
    const ours = error instanceof Cancelled || error instanceof LoadError;
    if (ours || this.backends.length < 2) throw error;
    const [lost, ...rest] = this.backends;
    console.warn(`${lost} gives way to ${rest[0]}: ${error.message}`);
    this.sessions.clear();
    Object.assign(this, { runtime: null, backends: rest });
  }

  async open(name) {
    const { model, pixels } = this.networks[name];
    const [runtime, graph] = await Promise.all([this.start(), loaded(new URL(model, SITE))]);
    const { ort, backend } = runtime;
    const session = await ort.InferenceSession.create(interleaved(new Uint8Array(graph)), {
      executionProviders: [backend], graphOptimizationLevel: 'all',
    });
    const ready = { ort, session };
    if (backend === 'webgpu' || !runtime.checked) await this.compareTile(ready, pixels);
    runtime.checked = true;
    return ready;
  }

  async compareTile({ ort, session }, pixels) {
    const { file, side } = this.check;
    const files = [file, pixels].map((path) => loaded(new URL(path, SITE)));
    const [data, expected] = (await Promise.all(files)).map((content) => new Uint8Array(content));
    const made = await run(ort, session, { data, width: side, height: side });
    if (!alike(made.data, expected)) throw new Error(WRONG);
  }

  // The enlarged picture. `progress` is told the finished fraction after each tile; what it throws
  // ends the work.
  async restore(name, picture, scale, progress) {
    const ready = await this.session(name);
    try {
      return await this.assembled(ready, picture, this.networks[name].radius, scale, progress);
    } catch (error) {
      this.giveWay(error);                        // a GPU can be lost between two tiles
      return this.restore(name, picture, scale, progress);
    }
  }

  async assembled({ ort, session }, picture, radius, scale, progress) {
    const whole = {
      data: new Uint8Array(picture.data.length * scale * scale),
      width: picture.width * scale, height: picture.height * scale, channels: 3,
    };
    for (const { box, window, at, fraction } of tilesOf(picture, radius)) {
      const tile = await run(ort, session, window);
      const [left, top, width, height] = box.map((n) => n * scale);
      paste(whole, [left, top], tile, [at[0] * scale, at[1] * scale, width, height]);
      await progress(fraction);
    }
    return whole;
  }
}

const WRONG = 'This browser computes wrong pixels: try another browser, or another computer.';

async function run(ort, session, { data, width, height }) {
  const lr = new ort.Tensor('uint8', data, [1, height, width, 3]);
  const { hr } = await session.run({ lr });
  const pixels = { data: await hr.getData(), width: hr.dims[2], height: hr.dims[1], channels: 3 };
  lr.dispose();
  return pixels;
}

// Even bytes, then odd ones, in their order again: see planes in sr_demo/static/site.py.
export function interleaved(planes) {
  const odd = (planes.length + 1) >> 1;
  return planes.map((_, i) => planes[(i >> 1) + (i % 2) * odd]);
}

// Within 2 levels, but for one value in a thousand.
export function alike(made, expected) {
  if (made.length !== expected.length) return false;
  let off = 0;
  for (let i = 0; i < made.length; i += 1) off += Math.abs(made[i] - expected[i]) > 2;
  return off <= made.length / 1000;
}

// All of a small machine's; of a large one half, as two that share a core are no quicker than one.
export const threadsOf = (cores) => Math.min(8, Math.max(Math.min(cores, 4), Math.floor(cores / 2)));

async function hasGpu() {
  const adapter = await navigator.gpu?.requestAdapter().catch(() => null);
  return Boolean(adapter) && !adapter.info?.isFallbackAdapter;
}
