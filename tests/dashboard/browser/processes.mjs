// SPDX-License-Identifier: Apache-2.0
//
// Programs that a test starts, on free loopback ports; they end by their process id.
import { spawn, spawnSync } from 'node:child_process';
import { openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';

export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Asks until `check` gives something that is true; fails with `what` when it takes too long. */
export async function until(what, check, seconds = 60) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const result = await check();
    if (result) return result;
    if (Date.now() > end) throw new Error(`waited ${seconds} s for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const running = new Set();
process.once('exit', () => running.forEach((child) => child.kill('SIGTERM')));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

/** Ends with this process, at the latest. */
export class Program {
  constructor(argv, log) {
    this.log = log;
    const out = openSync(log, 'a');
    this.child = spawn(argv[0], argv.slice(1), { stdio: ['ignore', out, out], env: { ...process.env, OTEL_TRACES_EXPORTER: 'none' } });
    running.add(this.child);
    this.ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.once('exit', () => running.delete(this.child));
    this.child.once('error', (error) => console.error(`${argv[0]}: ${error.message}`));
  }

  get runs() {
    return this.child.exitCode === null && this.child.signalCode === null && this.child.pid !== undefined;
  }

  async answers(url) {
    await until(`an answer of ${url}`, async () => {
      if (!this.runs) throw new Error(`${url}: the server has ended:\n${readFileSync(this.log, 'utf8').slice(-2000)}`);
      return fetch(url).then((response) => response.ok, () => false);
    });
  }

  async stop() {
    if (this.runs) this.child.kill('SIGTERM');
    await this.ended;
  }
}

/** Runs to its end; its output. */
export function run(...argv) {
  const done = spawnSync(argv[0], argv.slice(1), { encoding: 'utf8' });
  if (done.status === 0) return done.stdout;
  throw new Error(`${argv.join(' ')}: ${done.error?.message ?? done.stderr}`);
}
