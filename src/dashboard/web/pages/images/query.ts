// SPDX-License-Identifier: Apache-2.0
//
// What somebody who types into the search of images looks for.

export const searchKinds = [
  ['text', 'Name'],
  ['digest', 'Digest'],
  ['file_hash', 'File hash'],
  ['path', 'Path or file name'],
] as const;

export type SearchKind = (typeof searchKinds)[number][0];

/** A pasted digest or hash says itself what it is; anything else is what was chosen. */
export function kindOf(text: string, chosen: SearchKind): SearchKind {
  if (/^sha\d+:[0-9a-f]{32,}$/.test(text)) return chosen === 'file_hash' ? 'file_hash' : 'digest';
  if (/^[0-9a-f]{64}$/i.test(text)) return chosen === 'digest' ? 'digest' : 'file_hash';
  return chosen;
}

/** As the API takes it: what people copy has a prefix too much, one too few, or capitals. */
export function valueOf(text: string, kind: SearchKind): string {
  const bare = text.replace(/^sha256:/i, '').toLowerCase();
  if (!/^[0-9a-f]{64}$/.test(bare)) return text;
  if (kind === 'digest') return `sha256:${bare}`;
  return kind === 'file_hash' ? bare : text;
}
