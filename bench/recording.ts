/**
 * What being recorded costs a program, and how fast a recording is read.
 *
 *     node dist/bench/recording.js [ROUNDS]
 *
 * The same program with and without the recorder, in the same environment (PYTHONMALLOC=malloc on both sides), in turns; CPU time
 * of user and system, and of all that a program starts. A ratio is that of one round; told are its median and range. The loop does
 * nothing but malloc and free, which no program does.
 *
 * Parsing is that of the raw file and of the unpacked recording of the Python program, in this process, without a file behind.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { readRaw, writeRecording } from '../lib/lab/recorder/convert.ts';
import { counterRate } from '../lib/lab/recorder/raw-folder.ts';
import { surroundings } from '../lib/lab/recorder/surroundings.ts';
import { OperationBatch } from '../lib/lab/trace/operations.ts';
import { TraceParser } from '../lib/lab/trace/parser.ts';
import { recorderLibrary } from '../lib/os/recorder.ts';

const json = `
import json
d = {"k%d" % i: [{"x": i, "y": str(i) * 3, "z": [1.5 * i, None, True]} for i in range(20)] for i in range(300)}
for _ in range(12):
    json.dumps(json.loads(json.dumps(d)), indent=1)
`;
const sqlite = `
import sqlite3
c = sqlite3.connect(":memory:", isolation_level=None)
c.execute("create table t(a integer primary key, b text, d real)")
c.executemany("insert into t(b, d) values (?, ?)", (("row %d " % i * 5, i * 1.5) for i in range(60000)))
c.execute("create index i on t(b)")
for n in range(40):
    c.execute("select count(*), sum(d) from t where b like ?", ("row %d%%" % n,)).fetchall()
    c.execute("update t set d = d + 1 where a %% 40 = %d" % n)
c.execute("delete from t where a % 10 <> 0"); c.execute("vacuum")
`;
const loop = `
#include <stdlib.h>
int main(void) { void *r[64] = {0}; for (int i = 0; i < 10000000; i++) { int k = (i * 7) & 63; free(r[k]); r[k] = malloc(16 + (i & 255)); } return 0; }
`;
const source = `
#include <algorithm>
#include <iostream>
#include <map>
#include <regex>
#include <string>
#include <vector>
int main() { std::map<std::string, std::vector<int>> m; m["a"].push_back(1); std::regex r("a+b"); std::sort(m["a"].begin(), m["a"].end());
  std::cout << std::regex_match(std::string("aab"), r) << m.size(); }
`;

interface Work {
  readonly name: string;
  readonly command: readonly string[];
}

/** CPU seconds of a command and of what it starts. */
function cpuOf(command: readonly string[], env: Record<string, string>): number {
  const { stderr, status } = spawnSync(
    'bash',
    ['-c', 'TIMEFORMAT="%U %S"; time env -S "$VARIABLES" "$@" >/dev/null 2>&1', 'bash', ...command],
    { encoding: 'utf8', env },
  );
  if (status !== 0) throw new Error(`${command.join(' ')} ended with ${status}`);
  return stderr
    .trim()
    .split(' ')
    .reduce((sum, seconds) => sum + Number(seconds), 0);
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1];

function compareCosts(folder: string, works: readonly Work[], rounds: number): void {
  const library = recorderLibrary();
  const raw = join(folder, 'raw');
  const recorded = surroundings({}, library, raw);
  const base = Object.fromEntries(Object.entries(process.env)) as Record<string, string>;
  const words = (names: readonly string[]): string =>
    names.map((name) => `${name}=${recorded[name]}`).join(' ');
  const all = Object.keys(recorded);
  const own = ['LD_PRELOAD', 'PAGEHEAP_RECORD', 'PAGEHEAP_RECORDER'];
  const plain = { ...base, VARIABLES: words(all.filter((name) => !own.includes(name))) };
  const watched = { ...base, VARIABLES: words(all) };
  for (const { name, command } of works) {
    const ratios: number[] = [];
    const seconds: number[] = [];
    for (let round = 0; round < rounds; round++) {
      mkdirSync(raw, { recursive: true });
      const pair = [0, 0];
      for (const side of round % 2 === 0 ? [0, 1] : [1, 0])
        pair[side] = cpuOf(command, side === 0 ? plain : watched);
      ratios.push(pair[1] / pair[0]);
      seconds.push(pair[0]);
      if (round < rounds - 1) rmSync(raw, { recursive: true });
    }
    const range = `${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)}`;
    console.log(
      `${name.padEnd(24)} ${median(ratios).toFixed(2)} (${range})   unrecorded ${median(seconds).toFixed(2)} s of CPU`,
    );
    if (name !== works[0].name) rmSync(raw, { recursive: true });
    else renameFirst(raw, folder);
  }
}

/** Keeps the largest raw file, for parsing. */
function renameFirst(raw: string, folder: string): void {
  const files = readdirSync(raw).map((name) => readFileSync(join(raw, name)));
  const [largest] = files.toSorted((a, b) => b.length - a.length);
  writeFileSync(join(folder, 'kept.raw'), largest);
  rmSync(raw, { recursive: true });
}

/** Operations a second of CPU of parsing bytes that are in memory. */
function parseSpeed(bytes: Uint8Array): { readonly ops: number; readonly perSecond: number } {
  const piece = 256 * 1024;
  const best = Array.from({ length: 5 }, () => {
    const parser = new TraceParser('bytes');
    const batch = new OperationBatch();
    const begin = process.cpuUsage();
    for (let at = 0; at < bytes.length; at += piece) {
      parser.feed(bytes.subarray(at, at + piece));
      for (let more = true; more; ) {
        batch.clear(parser.lines);
        more = parser.parse(batch);
      }
    }
    const { user, system } = process.cpuUsage(begin);
    return { ops: parser.lines, perSecond: (1e6 * parser.lines) / (user + system) };
  });
  return best.toSorted((a, b) => b.perSecond - a.perSecond)[2];
}

async function compareParsing(folder: string): Promise<void> {
  const raw = join(folder, 'kept.raw');
  const rate = counterRate();
  const content = await readRaw(raw, rate, []);
  const packed = join(folder, 'kept.rec.gz');
  const begin = process.cpuUsage();
  const bytes = (await writeRecording(raw, rate, content, packed, () => false)) ?? 0;
  const { user, system } = process.cpuUsage(begin);
  const million = (n: number): string => `${(n / 1e6).toFixed(1)} million operations a second`;
  console.log(
    `packing                  ${million((1e6 * content.ops) / (user + system))} of CPU, ${(bytes / content.ops).toFixed(2)} bytes each`,
  );
  console.log(
    `parsing, raw             ${million(parseSpeed(readFileSync(raw)).perSecond)} (${content.ops} of them)`,
  );
  console.log(`parsing, recording       ${million(parseSpeed(gunzipSync(readFileSync(packed))).perSecond)}`);
}

const rounds = Number(process.argv[2] ?? 7);
const folder = mkdtempSync(join(tmpdir(), 'pageheap-recording-'));
try {
  const python = execFileSync('python3', ['-c', 'import sys, os; print(os.path.realpath(sys.executable))'], {
    encoding: 'utf8',
  }).trim();
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  execFileSync('cc', ['-O2', '-fno-builtin', '-o', join(folder, 'loop'), file('loop.c', loop)]);
  compareCosts(
    folder,
    [
      { name: 'python3, JSON', command: [python, file('dump.py', json)] },
      { name: 'python3, sqlite3', command: [python, file('rows.py', sqlite)] },
      { name: 'g++ -O1', command: ['g++', '-O1', '-c', '-o', join(folder, 'a.o'), file('a.cc', source)] },
      { name: 'malloc and free alone', command: [join(folder, 'loop')] },
    ],
    rounds,
  );
  await compareParsing(folder);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
