/** Loaded before a program by `--import`: at SIGUSR2 it collects all garbage and writes what is in use then to the file that OMA_HEAP_FILE names. */
import { renameSync, writeFileSync } from 'node:fs';

import { memoryMeter } from './memory.ts';

const measure = memoryMeter();
const file = process.env['OMA_HEAP_FILE'] ?? '';

process.on('SIGUSR2', () => {
  writeFileSync(`${file}.part`, String(measure().heap));
  renameSync(`${file}.part`, file);
});
