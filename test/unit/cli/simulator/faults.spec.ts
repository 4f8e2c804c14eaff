import { describe, expect, it } from 'vitest';

import { armFault, type FaultInput, type FaultQuestion, takeFault } from '../../../../cli/simulator/faults.ts';

const QUESTION: FaultQuestion = { stage: 'refuse', endpoint: 'responses', alias: 'work', model: 'gpt-5.5' };

function take(inputs: FaultInput[], question: FaultQuestion, times: number): (string | null)[] {
  let faults: readonly ReturnType<typeof armFault>[] = inputs.map((input, index) => armFault(String(index), input));
  return Array.from({ length: times }, () => {
    const [rest, taken] = takeFault(faults, question);
    faults = rest;
    return taken?.fault.kind ?? null;
  });
}

describe('armed faults', () => {
  it('strike once unless told otherwise', () => {
    expect(take([{ kind: 'forbidden' }], QUESTION, 3)).toEqual(['forbidden', null, null]);
    expect(take([{ kind: 'forbidden', times: 2 }], QUESTION, 3)).toEqual(['forbidden', 'forbidden', null]);
    expect(take([{ kind: 'forbidden', times: null }], QUESTION, 3)).toEqual(['forbidden', 'forbidden', 'forbidden']);
  });

  it('strike in the order they were armed', () => {
    expect(take([{ kind: 'server-error' }, { kind: 'overloaded' }], QUESTION, 3)).toEqual([
      'server-error',
      'overloaded',
      null,
    ]);
  });

  it('let requests pass first when asked to', () => {
    expect(take([{ kind: 'forbidden', skip: 2 }], QUESTION, 4)).toEqual([null, null, 'forbidden', null]);
  });

  it.each<[FaultInput, string | null]>([
    [{ kind: 'forbidden', alias: 'work' }, 'forbidden'],
    [{ kind: 'forbidden', alias: 'home' }, null],
    [{ kind: 'forbidden', model: 'gpt-5.5' }, 'forbidden'],
    [{ kind: 'forbidden', model: 'gpt-5.4' }, null],
    [{ kind: 'forbidden', endpoint: 'usage' }, null],
    [{ kind: 'forbidden', sessionOnly: true }, null],
    [{ kind: 'slow' }, null],
    [{ kind: 'refresh-reused' }, null],
  ])('%o meets a model request of "work" as %s', (input, expected) => {
    expect(take([input], QUESTION, 1)).toEqual([expected]);
  });

  it('strike conversations only, where asked', () => {
    expect(take([{ kind: 'forbidden', sessionOnly: true }], { ...QUESTION, inSession: true }, 1)).toEqual([
      'forbidden',
    ]);
  });

  it('that only the token endpoint knows go there by themselves', () => {
    expect(armFault('1', { kind: 'answer-lost' }).endpoint).toBe('token');
    expect(armFault('1', { kind: 'slow' }).endpoint).toBe('responses');
  });

  it('with unknown fields are refused', () => {
    expect(() => armFault('1', { kind: 'slow', seconds: 3 } as FaultInput)).toThrow(/seconds/);
  });
});
