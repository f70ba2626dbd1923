// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hexRows } from '../web/pages/decision/hex';
import { inWords, isVerdict } from '../web/pages/decision/letters';
import { shortened } from '../web/pages/decision/moments';
import { isTelling, reasonOf, treeOf } from '../web/pages/decision/tree';
import type { Blob, Decision, Finding, Moment, Reason, Severity } from '../web/base/types';

function finding(rule: string, path: string, severity: Severity): Finding {
  const empty = { rule_file: '', description: '', author: '', license: '', reference: '', file_hash: '' };
  return { ...empty, source: 'yara', rule, path, severity, techniques: [], strings: [] };
}

function blob(place: string, findings: Finding[], outcome = 'complete'): Blob {
  const counts = { entries: 1, files: 1, files_skipped: 0, bytes_in: 1, bytes_unpacked: 1 };
  const scan = { outcome, reason: '', profile: '', started: '', finished: '', counts, findings, findings_truncated: false };
  return { place, digest: `sha256:${place}`, media_type: '', size: 1, scan };
}

const reason = (code: string, action: Reason['action']): Reason => ({ code, action, severity: 'high', text: '', waiver: '' });
const decision = (reasons: Reason[]) => ({ reasons }) as unknown as Decision;

test('the tree has files worst first, each once', () => {
  const [, layer] = treeOf([
    blob('config', []),
    blob('layer 1', [finding('a', 'x', 'low'), finding('b', 'y', 'critical'), finding('c', 'x', 'medium')]),
  ]);
  assert.deepEqual(layer?.files.map((file) => file.path), ['y', 'x']);
  assert.equal(layer?.worst, 'critical');
  assert.deepEqual(layer?.files[1]?.findings.map((one) => one.rule), ['c', 'a']);
  assert.equal(layer?.files[1]?.worst, 'medium');
});

test('a blob without a scan is in the tree', () => {
  const [branch] = treeOf([{ ...blob('layer 1', []), scan: null }]);
  assert.equal(branch?.worst, undefined);
  assert.equal(isTelling(decision([]), branch!), false);
});

const telling: [name: string, blob: Blob, reasons: Reason[], expected: boolean][] = [
  ['what blocks', blob('l', [finding('miner', 'x', 'high')]), [reason('rule:miner', 'block')], true],
  ['what is waived', blob('l', [finding('miner', 'x', 'high')]), [reason('rule:miner', 'allow')], false],
  ['what no reason names', blob('l', [finding('miner', 'x', 'info')]), [reason('rule:other', 'block')], false],
  ['a scan that did not end', blob('l', [], 'timed_out'), [], true],
  ['nothing', blob('l', []), [reason('cooldown', 'block')], false],
];
for (const [name, one, reasons, expected] of telling) {
  test(`unfolded: ${name}`, () => assert.equal(isTelling(decision(reasons), treeOf([one])[0]!), expected));
}

test('a reason is found by its rule, whatever kind it is', () => {
  const reasons = [reason('cooldown', 'block'), reason('layer:setuid', 'warn')];
  assert.equal(reasonOf(decision(reasons), finding('setuid', '', 'low'))?.action, 'warn');
  assert.equal(reasonOf(decision(reasons), finding('other', '', 'low')), undefined);
});

test('hex rows are aligned, with the match marked', () => {
  const rows = hexRows('3031', '414243', '7a', 20, 16);
  assert.equal(rows.length, 1);
  assert.equal(rows[0]?.offset, 16);
  const text = rows[0]?.cells.map((cell) => cell.character).join('');
  assert.equal(text, '  01ABCz        ');
  assert.equal(rows[0]?.cells.map((cell) => (cell.matched ? 'x' : '.')).join(''), '....xxx.........');
});

test('hex rows go over the edge of a row, and what is no text is a dot', () => {
  const rows = hexRows('', '00ff41', '', 7, 8);
  assert.deepEqual(rows.map((row) => row.offset), [0, 8]);
  assert.equal(rows[0]?.cells[7]?.character, '.');
  assert.equal(rows[1]?.cells.map((cell) => cell.character).join(''), '.A      ');
});

const odd: [name: string, before: string, match: string][] = [
  ['nothing at all', '', ''],
  ['no hexadecimal', 'zz', '<img>'],
];
for (const [name, before, match] of odd) test(`hex rows of ${name}`, () => assert.deepEqual(hexRows(before, match, '', 5, 16), []));

test('more bytes in front than the file has', () => {
  assert.equal(hexRows('4141', '42', '', 1, 16)[0]?.offset, 0);
});

test('letters in words', () => {
  const letters = [
    { kind: 'same', seen: 'n', expected: 'n' },
    { kind: 'swapped', seen: 'gn', expected: 'ng' },
    { kind: 'missing', seen: '', expected: 'x' },
    { kind: 'added', seen: 'i', expected: '' },
    { kind: 'changed', seen: '1', expected: 'l' },
  ] as const;
  assert.equal(inWords(letters), '"gn" instead of "ng", "x" is missing, "i" is too much, "1" instead of "l"');
});

test('what an older server sends of names is no verdict', () => {
  assert.equal(isVerdict(reason('name:namespace', 'block')), false);
});

const moment = (what: string, text: string): Moment => ({ at: '', what, text, decision: '' });

test('scans in a row are one line', () => {
  const list = [moment('scanned', 'sha256:a: complete'), moment('scanned', 'sha256:b: complete'), moment('first-seen', 'x')];
  assert.deepEqual(shortened(list).map((one) => one.text), ['2 blobs', 'x']);
});

test('a scan that went wrong stands by itself', () => {
  const list = [moment('scanned', 'sha256:a: complete'), moment('scanned', 'sha256:b: timed_out'), moment('scanned', 'sha256:c: complete')];
  assert.deepEqual(shortened(list).map((one) => one.text), ['a blob', 'sha256:b: timed_out', 'a blob']);
});
