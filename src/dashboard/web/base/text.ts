// SPDX-License-Identifier: Apache-2.0
//
// Text of images, registries and clients. The server escapes it already; here nothing depends on that: what could
// hide, reorder or imitate is shown as an escape.

/** C0 and C1, soft hyphen, zero-width and direction characters, separators, tags, halves of pairs. */
const unseen =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202f\u205f-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff]|[\u{e0000}-\u{e0fff}]|\p{Surrogate}/gu;

/** `text` with everything that cannot be seen as `\x1b` or `\u{202e}`. */
export function visible(text: string): string {
  return text.replace(unseen, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
  });
}

/** The beginning and the end of `text`, at most `most` characters with the gap. */
export function clipped(text: string, most: number): string {
  const all = [...text];
  if (all.length <= most) return text;
  const end = Math.floor((most - 1) / 3);
  return all.slice(0, most - 1 - end).join('') + '…' + (end > 0 ? all.slice(-end).join('') : '');
}

/** `sha256:0123456789ab` of a digest; anything else as it is. */
export function shortDigest(digest: string): string {
  const found = /^(sha\d+):([0-9a-f]{12})[0-9a-f]+$/.exec(digest);
  return found ? `${found[1]}:${found[2]}` : digest;
}

/** `name:tag` or `name@sha256:...`, as people write it. */
export function imageReference(name: string, reference: string): string {
  if (reference === '') return name;
  return /^sha\d+:/.test(reference) ? `${name}@${shortDigest(reference)}` : `${name}:${reference}`;
}

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];

export function bytes(count: number): string {
  let value = count;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

const grouped = new Intl.NumberFormat('en');
export const number = (count: number) => grouped.format(count);

/** `1 image`, `2 images`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${number(count)} ${count === 1 ? one : many}`;
}
