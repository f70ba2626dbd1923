// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytes, clipped, counted, imageReference, shortDigest, visible } from '../web/base/text';

const unseen: [name: string, text: string, expected: string][] = [
  ['plain', 'usr/bin/x', 'usr/bin/x'],
  ['markup stays', '<img src=x onerror=alert(1)>', '<img src=x onerror=alert(1)>'],
  ['escape sequence', '\x1b[31mred', '\\x1b[31mred'],
  ['line feed', 'a\nb', 'a\\x0ab'],
  ['nul', 'a\0b', 'a\\x00b'],
  ['c1', 'a\x9bb', 'a\\x9bb'],
  ['right to left override', 'exe.\u202egnp', 'exe.\\u{202e}gnp'],
  ['isolate', '\u2066a\u2069', '\\u{2066}a\\u{2069}'],
  ['zero width', 'ng\u200binx', 'ng\\u{200b}inx'],
  ['byte order mark', '\ufeffx', '\\u{feff}x'],
  ['tag character', 'x\u{e0041}', 'x\\u{e0041}'],
  ['half a pair', 'x\ud800y', 'x\\u{d800}y'],
  ['line separator', 'a\u2028b', 'a\\u{2028}b'],
  ['letters of others stay', 'образ 图像 🐳', 'образ 图像 🐳'],
];
for (const [name, text, expected] of unseen) {
  test(`visible: ${name}`, () => assert.equal(visible(text), expected));
}

test('clipped keeps both ends and is as long as it may be', () => {
  const text = 'a'.repeat(100) + 'z'.repeat(100);
  const cut = clipped(text, 50);
  assert.equal([...cut].length, 50);
  assert.match(cut, /^a+…z+$/);
  assert.equal(clipped('short', 50), 'short');
});

test('clipped does not break a pair', () => {
  assert.doesNotMatch(clipped('🐳'.repeat(40), 10), /\p{Surrogate}/u);
});

const references: [reference: string, expected: string][] = [
  ['latest', 'docker.io/library/nginx:latest'],
  ['', 'docker.io/library/nginx'],
  [`sha256:${'ab'.repeat(32)}`, 'docker.io/library/nginx@sha256:abababababab'],
];
for (const [reference, expected] of references) {
  test(`imageReference: "${reference}"`, () =>
    assert.equal(imageReference('docker.io/library/nginx', reference), expected));
}

test('shortDigest leaves what is no digest', () => assert.equal(shortDigest('sha256:xyz'), 'sha256:xyz'));

const sizes: [count: number, expected: string][] = [
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1.0 KiB'],
  [150 * 1024, '150 KiB'],
  [2 ** 63, '8.0 EiB'],
  [2 ** 75, '32768 EiB'],
];
for (const [count, expected] of sizes) test(`bytes: ${count}`, () => assert.equal(bytes(count), expected));

test('counted', () => {
  assert.equal(counted(1, 'image'), '1 image');
  assert.equal(counted(1200, 'entry', 'entries'), '1,200 entries');
});
