// SPDX-License-Identifier: Apache-2.0

/** Of lines that were broken for a comment in a file: they run on, but for what is indented, which is quoted. */
export function paragraphs(lines: readonly string[]): string[] {
  const found: string[] = [];
  let runsOn = false;
  for (const line of lines) {
    const quoted = line.startsWith(' ');
    if (runsOn && !quoted) found[found.length - 1] += ` ${line}`;
    else found.push(line);
    runsOn = !quoted;
  }
  return found;
}
