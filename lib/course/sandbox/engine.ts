/**
 * The engine that a hand-in runs in: QuickJS, in WebAssembly. Its memory is one array, its only way out is what it
 * answers, and it counts its own steps; so limits of work and of memory strike at the same place on every machine.
 *
 * What is asked of it is a load, then blocks of calls (protocol.ts). A load begins a fresh realm.
 *
 * Not here: the process around it (sandbox-child.ts), what is in the realm beside the hand-in (prelude.ts).
 */
import variant from '@jitl/quickjs-ng-wasmfile-release-sync';
import {
  newQuickJSWASMModuleFromVariant,
  newVariant,
  type QuickJSContext,
  type QuickJSHandle,
  type QuickJSRuntime,
  type QuickJSSyncVariant,
  type QuickJSWASMModule,
} from 'quickjs-emscripten-core';
import { LineTimes } from './line-times.ts';
import { preludeModules } from './prelude.ts';
import {
  type Answer,
  type Block,
  engineBytes,
  type LineUnits,
  type Reply,
  type Request,
  type Stopped,
} from './protocol.ts';

// Its types are those of a module that Node does not load.
const engineVariant = variant as unknown as QuickJSSyncVariant;
const wasmPage = 65536;
/** The engine with nothing in it. */
const firstPages = 256;

const stackBytes = 256 * 1024;
/** Looks of the engine at its limits within a call, for what counts no unit: some seconds. */
const mostLooks = 3000;

const entryModule = '$entry';

/** An engine whose memory has an end: its own limit does not count what it holds. */
function instance(): Promise<QuickJSWASMModule> {
  const wasmMemory = new WebAssembly.Memory({ initial: firstPages, maximum: engineBytes / wasmPage });
  return newQuickJSWASMModuleFromVariant(newVariant(engineVariant, { wasmMemory }));
}

export class Engine {
  #module: QuickJSWASMModule;
  /** Whether the engine's memory may hold what nobody can free: then the next realm gets another. */
  #spoilt = false;
  #runtime: QuickJSRuntime | undefined;
  #context: QuickJSContext | undefined;
  #run: QuickJSHandle | undefined;
  #rest: QuickJSHandle | undefined;
  #used: QuickJSHandle | undefined;
  #lines: QuickJSHandle | undefined;
  #state: QuickJSHandle | undefined;
  #looks = 0;
  #callNumber = 0;
  #watched = false;
  #times = new LineTimes(0);

  private constructor(module: QuickJSWASMModule) {
    this.#module = module;
  }

  static async start(): Promise<Engine> {
    return new Engine(await instance());
  }

  /** Begins a fresh realm with these modules. */
  async load({
    modules,
    entry,
    exports,
    shape = {},
    units,
  }: Extract<Request, { k: 'load' }>): Promise<Reply> {
    this.dispose();
    if (this.#spoilt) this.#module = await instance();
    this.#spoilt = false;
    const runtime = this.#module.newRuntime();
    this.#runtime = runtime;
    runtime.setMaxStackSize(stackBytes);
    runtime.setModuleLoader((name) => {
      const text = preludeModules[name] ?? modules[name];
      return text ?? { error: new Error(`there is no module ${name}`) };
    });
    runtime.setInterruptHandler(() => this.#isOver());
    const context = runtime.newContext();
    this.#context = context;
    this.#watched = false;
    const passed = context.newFunction('passed', (line) =>
      this.#times.passed(context.getNumber(line)) ? context.true : context.false,
    );
    passed.consume((f) => context.setProp(context.global, '$passed', f));
    const prelude = this.#evaluate(
      `export { check, drive, rest, used, lines, state } from '$driver'; import '$builtins';`,
      '$prelude',
    );
    if (!('value' in prelude)) throw new Error(`the prelude fails: ${prelude.message} ${prelude.at}`);
    const { value: driver } = prelude;
    this.#state = context.getProp(driver, 'state');
    this.#used = context.getProp(driver, 'used');
    this.#rest = context.getProp(driver, 'rest');
    this.#lines = context.getProp(driver, 'lines');
    this.#limitTo(this.#units() + units);
    this.#looks = 0;
    this.#watched = true;
    const loaded = this.#evaluate(`export * as handin from './${entry}';`, entryModule);
    const over = (): boolean => this.#looks > mostLooks || this.#units() > this.#limit();
    if (!('value' in loaded)) return { k: 'failed', ...loaded, why: over() ? 'units' : 'threw' };
    const handin = context.getProp(loaded.value, 'handin');
    const shapeText = context.newString(JSON.stringify([exports, shape]));
    const check = context.getProp(driver, 'check');
    // What it looks at may be code of the hand-in's.
    const checked = context.callFunction(check, context.undefined, handin, shapeText);
    if (checked.error !== undefined)
      return { k: 'failed', ...this.#told(checked.error), why: over() ? 'units' : 'threw' };
    const told = checked.value.consume((value) => context.getString(value));
    const missing = JSON.parse(told) as readonly (readonly [string, string])[];
    this.#limitTo(Number.POSITIVE_INFINITY);
    const drive = context.getProp(driver, 'drive');
    this.#run = context.unwrapResult(context.callFunction(drive, context.undefined, handin, shapeText));
    for (const handle of [check, shapeText, drive, handin, loaded.value, driver]) handle.dispose();
    return { k: 'loaded', missing, units: this.#units() };
  }

  run(block: Block): Reply {
    const { context, runtime } = this.#loaded();
    const text = context.newString(JSON.stringify(block));
    this.#looks = 0;
    const before = this.#units();
    if (block.seconds !== undefined) this.#times = new LineTimes(block.seconds);
    const result = context.callFunction(this.#run as QuickJSHandle, context.undefined, text);
    text.dispose();
    const over = this.#looks > mostLooks || this.#units() > this.#limit();
    let stopped: Stopped | undefined;
    let answers: readonly Answer[];
    if (result.error === undefined) {
      // No text comes where there is no memory left to make one of it.
      const told = context.getString(result.value);
      result.value.dispose();
      answers = told === '' ? [] : (JSON.parse(told) as readonly Answer[]);
      if (told === '') {
        stopped = { why: 'memory', message: 'out of memory', at: '' };
        this.#spoilt = true;
      }
    } else {
      const { message, at } = this.#told(result.error);
      stopped = { why: over ? 'units' : /memory/.test(message) ? 'memory' : 'engine', message, at };
      this.#spoilt = true;
      this.#watched = false;
      answers = JSON.parse(this.#call(this.#rest as QuickJSHandle)) as readonly Answer[];
      this.#watched = true;
    }
    return {
      k: 'ran',
      answers,
      ...(stopped === undefined ? {} : { stopped }),
      units: this.#units() - before,
      ...(block.weighed === true ? { memory: this.#memory(runtime, context) } : {}),
      ...(block.seconds === undefined ? {} : { times: this.#times.told() }),
    };
  }

  /** Bytes that the realm holds. To tell them takes memory: where there is none left, all of it is held. */
  #memory(runtime: QuickJSRuntime, context: QuickJSContext): number {
    try {
      const usage = runtime.computeMemoryUsage();
      const { memory_used_size: used } = context.dump(usage) as { memory_used_size?: number };
      usage.dispose();
      return used ?? 0;
    } catch {
      this.#spoilt = true;
      return engineBytes;
    }
  }

  /** Units by line, of a source that tells its lines. */
  lines(): Reply {
    this.#loaded();
    this.#watched = false;
    const lines = JSON.parse(this.#call(this.#lines as QuickJSHandle)) as readonly LineUnits[];
    this.#watched = true;
    return { k: 'lines', lines };
  }

  dispose(): void {
    for (const handle of [this.#run, this.#rest, this.#used, this.#lines, this.#state]) handle?.dispose();
    this.#run = this.#rest = this.#used = this.#lines = this.#state = undefined;
    const context = this.#context;
    const runtime = this.#runtime;
    this.#context = this.#runtime = undefined;
    try {
      context?.dispose();
      runtime?.dispose();
    } catch {
      this.#spoilt = true;
    }
  }

  #loaded(): { readonly context: QuickJSContext; readonly runtime: QuickJSRuntime } {
    if (this.#context === undefined || this.#runtime === undefined || this.#run === undefined)
      throw new Error('nothing is loaded');
    return { context: this.#context, runtime: this.#runtime };
  }

  /** Asked by the engine again and again. */
  #isOver(): boolean {
    if (!this.#watched || this.#state === undefined) return false;
    const call = this.#stateNumber('call');
    if (call !== this.#callNumber) this.#looks = 0;
    this.#callNumber = call;
    if (++this.#looks > mostLooks) return true;
    return this.#units() > this.#limit();
  }

  #units(): number {
    return this.#number(this.#used as QuickJSHandle);
  }

  #limit(): number {
    return this.#stateNumber('limit');
  }

  #limitTo(units: number): void {
    this.#realm
      .newNumber(units)
      .consume((value) => this.#realm.setProp(this.#state as QuickJSHandle, 'limit', value));
  }

  #stateNumber(name: string): number {
    const context = this.#realm;
    return context.getProp(this.#state as QuickJSHandle, name).consume((value) => context.getNumber(value));
  }

  get #realm(): QuickJSContext {
    return this.#context as QuickJSContext;
  }

  #number(f: QuickJSHandle): number {
    const watched = this.#watched;
    this.#watched = false;
    const result = this.#realm.callFunction(f, this.#realm.undefined);
    this.#watched = watched;
    if (result.error !== undefined) {
      result.error.dispose();
      return 0;
    }
    return result.value.consume((value) => this.#realm.getNumber(value));
  }

  #call(f: QuickJSHandle): string {
    const result = this.#realm.callFunction(f, this.#realm.undefined);
    if (result.error !== undefined) {
      result.error.dispose();
      return '[]';
    }
    return result.value.consume((value) => this.#realm.getString(value)) || '[]';
  }

  #evaluate(
    text: string,
    name: string,
  ): { readonly value: QuickJSHandle } | { readonly message: string; readonly at: string } {
    const result = this.#realm.evalCode(text, name, { type: 'module' });
    if (result.error !== undefined) return this.#told(result.error);
    const { value } = result;
    // A module that is not ready at once is a promise of its namespace.
    const state = this.#realm.getPromiseState(value);
    if (state.type === 'rejected') {
      value.dispose();
      return this.#told(state.error);
    }
    if (state.type === 'pending') return { message: 'it never ends loading', at: '' };
    return { value: state.value };
  }

  #told(error: QuickJSHandle): { readonly message: string; readonly at: string } {
    const told = error.consume((handle) => this.#realm.dump(handle)) as unknown;
    if (typeof told !== 'object' || told === null) return { message: String(told).slice(0, 400), at: '' };
    const { name, message, stack } = told as { name?: unknown; message?: unknown; stack?: unknown };
    return {
      message: `${String(name)}: ${String(message)}`.slice(0, 400),
      at: String(stack ?? '').slice(0, 2000),
    };
  }
}
