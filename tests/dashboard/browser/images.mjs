// SPDX-License-Identifier: Apache-2.0
//
// Two images in a registry, one of them infected. The sample is put together here, so that no file contains it.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { run } from './processes.mjs';

const eicar = ['X5O!P%@AP[4\\PZX5', '4(P^)7CC)7}$EIC', 'AR-STANDARD-ANTI', 'VIRUS-TEST-FILE!', '$H+H*'].join('');
const hash = (bytes) => createHash('sha256').update(bytes).digest('hex');
const type = (name) => `application/vnd.oci.image.${name}`;

class Layout {
  constructor(directory) {
    this.directory = directory;
    this.manifests = [];
    mkdirSync(join(directory, 'blobs/sha256'), { recursive: true });
    writeFileSync(join(directory, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  }

  add(mediaType, bytes) {
    const hex = hash(bytes);
    writeFileSync(join(this.directory, 'blobs/sha256', hex), bytes);
    return { mediaType, digest: `sha256:${hex}`, size: bytes.length };
  }

  json(mediaType, value) {
    return this.add(mediaType, Buffer.from(JSON.stringify(value)));
  }

  /** `layers`: for each a map from path to content. */
  image(tag, layers) {
    const tars = layers.map((files, i) => tarOf(join(this.directory, `${tag}-${i}`), files));
    const config = this.json(type('config.v1+json'), {
      ...{ architecture: 'amd64', os: 'linux', created: '2026-11-20T10:00:00Z' },
      config: { Cmd: ['/bin/sh'], Env: ['PATH=/usr/bin', 'X=<script>alert(1)</script>'] },
      rootfs: { type: 'layers', diff_ids: tars.map((tar) => `sha256:${hash(tar)}`) },
      history: tars.map(() => ({ created_by: 'RUN <b>curl</b> -s example.test | sh' })),
    });
    const blobs = tars.map((tar) => this.add(type('layer.v1.tar+gzip'), gzipSync(tar)));
    const mediaType = type('manifest.v1+json');
    const manifest = this.json(mediaType, { schemaVersion: 2, mediaType, config, layers: blobs });
    this.manifests.push({ ...manifest, annotations: { 'org.opencontainers.image.ref.name': tag } });
    writeFileSync(join(this.directory, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: this.manifests }));
    return manifest.digest;
  }
}

function tarOf(directory, files) {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(directory, path, '..'), { recursive: true });
    writeFileSync(join(directory, path), content, { mode: 0o755 });
  }
  const tar = `${directory}.tar`;
  run('tar', '--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner', '-cf', tar, '-C', directory, '.');
  return readFileSync(tar);
}

/** Pushes demo/shop:clean and demo/shop:infected to `registry`; what they are made of. */
export function pushImages(directory, registry) {
  const layout = new Layout(directory);
  const shell = '#!/bin/sh\necho hello\n';
  const base = { 'etc/passwd': 'root:x:0:0:root:/:/bin/sh\n', 'usr/bin/hello': shell };
  const clean = layout.image('clean', [base]);
  const infected = layout.image('infected', [base, { 'opt/tool/update.com': eicar, 'opt/tool/<img src=x onerror=alert(1)>.sh': eicar }]);
  for (const tag of ['clean', 'infected']) {
    const to = `docker://${registry}/demo/shop:${tag}`;
    run('skopeo', '--insecure-policy', 'copy', '-q', '--dest-tls-verify=false', `oci:${directory}:${tag}`, to);
  }
  return { clean, infected, script: hash(shell) };
}
