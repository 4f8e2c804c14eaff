import { expect, test } from 'vitest';

import { maskEmail, maskText } from '../../../contract/mask.ts';

test('a masked address tells neither name nor domain', () => {
  expect(maskEmail('ada.lovelace@example.test')).toBe('a…@e…');
});

test('addresses inside a sentence are hidden, with or without a dot; what stands around them stays', () => {
  expect(maskText('"ada@example.test" was skipped, like bob@mail.example.test. work stays')).toBe(
    '"a…@e…" was skipped, like b…@m…. work stays',
  );
  expect(maskText('Remove eve@intranet? (ünal+x@y; #/é@z)')).toBe('Remove e…@i…? (ü…@y…; #/é…@z…)');
  expect(maskText('name@ and @name')).toBe('n…@… and @name');
});
