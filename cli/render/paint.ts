import { styleText } from 'node:util';

/** The few looks that oma's output has. */
export type Look = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

/** Gives text a look, or leaves it alone where colours are not wanted. */
export type Paint = (look: Look, text: string) => string;

/** Paints for a terminal. */
export const colourful: Paint = (look, text) => styleText(look, text, { validateStream: false });

/** Paints nothing: pipes, files, NO_COLOR. */
export const colourless: Paint = (_look, text) => text;
