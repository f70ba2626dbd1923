// SPDX-License-Identifier: Apache-2.0
//
// The paths of the pages. The server answers them with the start page, so this list is built into it too:
// nothing may be imported here.

/** A component with a colon stands for any one. */
export const paths = [
  '/',
  '/pulls',
  '/reports/:id',
  '/images',
  '/images/:digest',
  '/rules',
  '/waivers',
  '/setup',
] as const;

export type Path = (typeof paths)[number];

export interface Match {
  path: Path;
  parameters: Record<string, string>;
}

/** Which page `pathname` is; undefined when it is none. */
export function match(pathname: string): Match | undefined {
  const given = pathname.split('/');
  for (const path of paths) {
    const wanted = path.split('/');
    if (wanted.length !== given.length) continue;
    const parameters: Record<string, string> = {};
    const fits = wanted.every((component, i) => {
      const value = given[i] ?? '';
      if (!component.startsWith(':')) return component === value;
      parameters[component.slice(1)] = decode(value);
      return value !== '';
    });
    if (fits) return { path, parameters };
  }
  return undefined;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
