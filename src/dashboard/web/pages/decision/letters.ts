// SPDX-License-Identifier: Apache-2.0
import type { Letter, NameVerdict, Reason } from '../../base/types';

export function isVerdict(name: NameVerdict | Reason): name is NameVerdict {
  return 'letters' in name;
}

const sentences: Record<Letter['kind'], (letter: Letter) => string> = {
  same: () => '',
  added: ({ seen }) => `"${seen}" is too much`,
  missing: ({ expected }) => `"${expected}" is missing`,
  changed: ({ seen, expected }) => `"${seen}" instead of "${expected}"`,
  swapped: ({ seen, expected }) => `"${seen}" instead of "${expected}"`,
};

/** In words, for who does not see the letters: `"gn" instead of "ng"`. */
export function inWords(letters: readonly Letter[]): string {
  return letters
    .filter((letter) => letter.kind !== 'same')
    .map((letter) => sentences[letter.kind]?.(letter) ?? '')
    .join(', ');
}
