// SPDX-License-Identifier: Apache-2.0

/** Of the program that this is built into. */
declare const VERSION: string;

declare module '*.css';
