// SPDX-License-Identifier: Apache-2.0
//
// A registry, records with a month of history in them, and Portcullis between: what the dashboard is looked at in.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pushImages } from './images.mjs';
import { Program, freePort, run, until } from './processes.mjs';

/** What one client of the records has asked for, so that there is a long list. */
export const busyPulls = 10_500;

export class World {
  /** `binaries`: the directory of portcullis. `seed`: the program that fills records. */
  static async start({ binaries, seed }) {
    const world = new World();
    world.directory = mkdtempSync(join(tmpdir(), 'portcullis-dashboard-'));
    world.portcullis = join(binaries, 'portcullis');
    try {
      await world.#startRegistry();
      world.images = pushImages(join(world.directory, 'layout'), world.registry);
      mkdirSync(world.path('data'));
      world.seeded = JSON.parse(run(seed, world.path('data/portcullis.db'), String(busyPulls)));
      mkdirSync(world.path('rules'));
      world.writeRule('rule broken { condition: no_such_thing }');
      writeFileSync(world.path('portcullis.toml'), '[gate]\nconcurrent_rescans = 0\n');
      [world.port, world.adminPort] = [await freePort(), await freePort()];
      world.url = `http://127.0.0.1:${world.adminPort}`;
      await world.startServer();
    } catch (error) {
      await world.end();
      throw error;
    }
    return world;
  }

  path(name) {
    return join(this.directory, name);
  }

  writeRule(text) {
    writeFileSync(this.path('rules/own.yar'), text);
  }

  async #startRegistry() {
    this.registry = `127.0.0.1:${await freePort()}`;
    writeFileSync(
      this.path('registry.yml'),
      `version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\n` +
        `storage: {filesystem: {rootdirectory: ${this.path('registry')}}}\nhttp: {addr: '${this.registry}'}\n`,
    );
    this.registryProgram = new Program(['docker-registry', 'serve', this.path('registry.yml')], this.path('registry.log'));
    await this.registryProgram.answers(`http://${this.registry}/v2/`);
  }

  async startServer() {
    const options = {
      config: this.path('portcullis.toml'),
      listen: `127.0.0.1:${this.port}`,
      'admin-listen': `127.0.0.1:${this.adminPort}`,
      data: this.path('data'),
      rules: this.path('rules'),
      upstream: `docker.io=http://${this.registry}`,
    };
    const flags = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
    this.server = new Program([this.portcullis, 'serve', ...flags], this.path('portcullis.log'));
    await this.server.answers(`${this.url}/readyz`);
  }

  stopServer() {
    return this.server.stop();
  }

  /** As a client does; true when it was served. */
  pull(tag, to = `dir:${mkdtempSync(this.path('pulled-'))}`) {
    const from = `docker://127.0.0.1:${this.port}/docker.io/demo/shop:${tag}`;
    try {
      run('skopeo', '--insecure-policy', 'copy', '-q', '--src-tls-verify=false', from, to);
      return true;
    } catch (error) {
      if (/denied: BLOCKED by Portcullis/.test(error.message)) return false;
      throw error;
    }
  }

  /** Of the API, as the operator. */
  async api(path) {
    const response = await fetch(`${this.url}/api/v1${path}`, { headers: { Authorization: `Bearer ${this.seeded.operator}` } });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  /** The current decision about an image of ours. */
  async decisionOf(digest) {
    const found = await until('a decision', async () => (await this.api(`/images?digest=${digest}`)).images[0]);
    return found.decision;
  }

  async end() {
    await this.server?.stop();
    await this.registryProgram?.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
