// SPDX-License-Identifier: Apache-2.0
//
// Shapes in the colour of the text around them. None of them says something that no word says.
import type { ComponentChildren } from 'preact';

function Icon({ children, fill = false }: { children: ComponentChildren; fill?: boolean }) {
  return (
    <svg
      class="icon"
      viewBox="0 0 16 16"
      width="16"
      height="16"
      aria-hidden="true"
      focusable="false"
      fill={fill ? 'currentColor' : 'none'}
      stroke={fill ? 'none' : 'currentColor'}
      stroke-width="1.6"
      stroke-linecap="round"
      stroke-linejoin="round"
    >
      {children}
    </svg>
  );
}

export const Gate = () => (
  <Icon>
    <path d="M2.5 15V7a5.5 5.5 0 0 1 11 0v8M6 4v11M10 4v11M2.5 8h11M2.5 12h11" />
  </Icon>
);
export const Copy = () => (
  <Icon>
    <path d="M5.5 5.5h8v8h-8zM10.500 5.500v-3h-8v8h3" />
  </Icon>
);
export const Check = () => (
  <Icon>
    <path d="m3 8.500 3.500 3.500L13 4.500" />
  </Icon>
);
export const Cross = () => (
  <Icon>
    <path d="m4 4 8 8M12 4l-8 8" />
  </Icon>
);
export const Chevron = () => (
  <Icon>
    <path d="m6 3.500 4.500 4.500L6 12.500" />
  </Icon>
);
export const Search = () => (
  <Icon>
    <path d="M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zM10.700 10.700 14 14" />
  </Icon>
);

/** A stop sign: nothing was served. */
export const Stop = () => (
  <Icon fill>
    <path fill-rule="evenodd" d="M5 1h6l4 4v6l-4 4H5l-4-4V5zM4 7v2h8V7z" />
  </Icon>
);
/** The same, hollow: it would have been blocked, but only audited. */
export const HollowStop = () => (
  <Icon>
    <path stroke-dasharray="2.500 2" d="M5 1.500h6L14.500 5v6L11 14.500H5L1.500 11V5z" />
    <path d="M5 8h6" />
  </Icon>
);
export const Warning = () => (
  <Icon fill>
    <path fill-rule="evenodd" d="M8 1 15.500 15H.5zm-.9 5v5h1.800V6zm0 6v1.800h1.800V12z" />
  </Icon>
);
export const Passed = () => (
  <Icon>
    <circle cx="8" cy="8" r="6.500" />
    <path d="m5 8.300 2.200 2.200L11 6" />
  </Icon>
);

// Severities, from the sharpest shape to the smallest.
export const Critical = () => (
  <Icon fill>
    <path fill-rule="evenodd" d="m8 .5 7.500 7.500L8 15.500.5 8zm-.9 3.700v5h1.800v-5zm0 6v1.800h1.800v-1.800z" />
  </Icon>
);
export const High = () => (
  <Icon fill>
    <path d="M8 2 15 14H1z" />
  </Icon>
);
export const Medium = () => (
  <Icon fill>
    <path d="M2.500 2.500h11v11h-11z" />
  </Icon>
);
export const Low = () => (
  <Icon>
    <circle cx="8" cy="8" r="5" />
  </Icon>
);
export const Info = () => (
  <Icon fill>
    <circle cx="8" cy="8" r="2.500" />
  </Icon>
);
