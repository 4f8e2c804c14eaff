/** How much of a long test is run: all of it with OMA_SIZE=full (`npm run test:stress`), else a rehearsal that fits into `npm test`. */
export function sized<T>(sizes: { readonly full: T; readonly rehearsal: T }): T {
  return process.env['OMA_SIZE'] === 'full' ? sizes.full : sizes.rehearsal;
}
