// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { paragraphs } from '../web/pages/setup/notes';

const notes: [name: string, lines: string[], expected: string[]][] = [
  ['nothing', [], []],
  ['one line', ['a'], ['a']],
  ['lines that run on', ['a', 'b', 'c'], ['a b c']],
  ['what is quoted', ['say:', '  x = 1', '  y = 2', 'and', 'so on'], ['say:', '  x = 1', '  y = 2', 'and so on']],
  ['what is quoted first', ['  x = 1', 'and'], ['  x = 1', 'and']],
];
for (const [name, lines, expected] of notes) test(`notes of ${name}`, () => assert.deepEqual(paragraphs(lines), expected));
