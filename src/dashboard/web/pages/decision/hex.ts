// SPDX-License-Identifier: Apache-2.0

export interface HexCell {
  /** Two digits; empty where nothing is known of the byte. */
  hex: string;
  /** The byte as printable ASCII, else a dot. */
  character: string;
  matched: boolean;
}

export interface HexRow {
  /** Of its first cell in the file. */
  offset: number;
  cells: HexCell[];
}

const pairs = (hex: string): string[] => hex.match(/[0-9a-f]{2}/g) ?? [];

function characterOf(hex: string): string {
  const code = parseInt(hex, 16);
  return code >= 0x20 && code <= 0x7e ? String.fromCharCode(code) : '.';
}

/** Rows of `width` bytes, each at a multiple of it, with the match at `offset`. All bytes are hexadecimal. */
export function hexRows(before: string, match: string, after: string, offset: number, width: number): HexRow[] {
  const front = pairs(before);
  const middle = pairs(match);
  const cells: HexCell[] = [...front, ...middle, ...pairs(after)].map((hex, i) => ({
    hex,
    character: characterOf(hex),
    matched: i >= front.length && i < front.length + middle.length,
  }));
  if (cells.length === 0) return [];
  const first = Math.max(0, offset - front.length);
  const lead = first % width;
  const nothing: HexCell = { hex: '', character: ' ', matched: false };
  const padded = [...Array<HexCell>(lead).fill(nothing), ...cells];
  while (padded.length % width !== 0) padded.push(nothing);
  const rows: HexRow[] = [];
  for (let at = 0; at < padded.length; at += width) {
    rows.push({ offset: first - lead + at, cells: padded.slice(at, at + width) });
  }
  return rows;
}
