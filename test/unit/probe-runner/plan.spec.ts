import { describe, expect, it } from 'vitest';

import { parseEnv } from '../../../contract/env.ts';
import { DEFAULT_SETTINGS } from '../../../contract/settings.ts';
import { type Attempt, ATTEMPTS_MAX, nextAttempt, type Tried } from '../../../probe-runner/plan.ts';
import { effectiveSettings } from '../../../supervisor/core/settings.ts';
import { settingsFromEnv } from '../../../supervisor/settings-source.ts';

const WISH = { models: ['gpt-5.3-codex', 'gpt-5.5', 'gpt-5.4'], effort: 'low' };

describe('the next exec of a probe', () => {
  it('[C.L1.5] is with gpt-5.3-codex first, as the default order of models says', () => {
    const { probeModels: models, probeEffort: effort } = DEFAULT_SETTINGS;
    expect(nextAttempt({ models, effort }, [])).toEqual({
      model: 'gpt-5.3-codex',
      effort: 'low',
      shortCatalogue: true,
    });
  });

  it('[C.L1.7] asks for low effort when nothing else is specified', () => {
    const { settings } = effectiveSettings({}, { runtime: {}, environment: {} });
    expect(nextAttempt({ models: settings.probeModels, effort: settings.probeEffort }, [])?.effort).toBe('low');
  });

  it('[C.L1.6] asks for the effort of OPENCODE_MULTI_AUTH_PROBE_EFFORT, whatever was persisted or configured', () => {
    const env = parseEnv({
      OPENCODE_MULTI_AUTH_PROBE_EFFORT: 'medium',
      OPENCODE_MULTI_AUTH_PROBE_MODELS: 'gpt-6-sol, gpt-5.5',
    });
    expect(env).toMatchObject({ PROBE_EFFORT: 'medium', PROBE_MODELS: ['gpt-6-sol', 'gpt-5.5'] });
    const environment = settingsFromEnv(env);
    const { settings } = effectiveSettings(
      { probeEffort: 'high' },
      { runtime: { probeEffort: 'minimal' }, environment },
    );
    expect(nextAttempt({ models: settings.probeModels, effort: settings.probeEffort }, [])).toMatchObject({
      model: 'gpt-6-sol',
      effort: 'medium',
    });
  });

  it('[S.7.2] is with another effort and the same model after the effort was refused', () => {
    expect(plan({ ...WISH, effort: 'xhigh' }, ['effort'])).toEqual(['gpt-5.3-codex/xhigh', 'gpt-5.3-codex/low']);
    expect(plan(WISH, ['effort', 'effort'])).toEqual([
      'gpt-5.3-codex/low',
      'gpt-5.3-codex/medium',
      'gpt-5.3-codex/minimal',
    ]);
  });

  it('is with an effort that the backend names, the cheapest of them first, and never one it has refused', () => {
    expect(nextAttempt(WISH, [tried({}, 'effort', ['medium', 'low', 'high'])])?.effort).toBe('medium');
    expect(nextAttempt(WISH, [tried({}, 'effort', ['high', 'xhigh'])])?.effort).toBe('high');
    expect(nextAttempt(WISH, [tried({}, 'effort', ['ultra'])])?.effort).toBe('ultra');
    expect(nextAttempt(WISH, [tried({}, 'effort', ['low'])])?.effort).toBe('medium');
  });

  it('is with the next model and the effort asked for after three efforts were refused', () => {
    expect(plan(WISH, ['effort', 'effort', 'effort'])).toEqual([
      'gpt-5.3-codex/low',
      'gpt-5.3-codex/medium',
      'gpt-5.3-codex/minimal',
      'gpt-5.5/low',
    ]);
  });

  it('[S.2.1] is with the next model after the model was refused, and there is none after the last', () => {
    expect(plan(WISH, ['model', 'model', 'model'])).toEqual(['gpt-5.3-codex/low', 'gpt-5.5/low', 'gpt-5.4/low']);
  });

  it('is with the full instructions of codex after the request itself was refused, once', () => {
    const short = tried({}, 'request');
    expect(nextAttempt(WISH, [short])).toEqual({ model: 'gpt-5.3-codex', effort: 'low', shortCatalogue: false });
    const full = tried({ shortCatalogue: false }, 'request');
    expect(nextAttempt(WISH, [short, full])).toBeNull();
    expect(nextAttempt(WISH, [short, tried({ shortCatalogue: false }, 'model')])).toEqual({
      model: 'gpt-5.5',
      effort: 'low',
      shortCatalogue: false,
    });
  });

  it('does not exist after a failure that no other request would mend', () => {
    expect(nextAttempt(WISH, [tried({}, null)])).toBeNull();
  });

  it('[C.L4.3] comes to an end whatever the backend refuses', () => {
    const many = { models: Array.from({ length: 10 }, (_, index) => `model-${String(index)}`), effort: 'low' };
    for (const wrong of ['effort', 'model', 'request'] as const) {
      const history: Tried[] = [];
      for (let attempt = nextAttempt(many, history); attempt !== null; attempt = nextAttempt(many, history))
        history.push({ attempt, failure: { wrong, efforts: [] } });
      expect(history.length).toBeLessThanOrEqual(ATTEMPTS_MAX);
      expect(new Set(history.map(({ attempt }) => JSON.stringify(attempt))).size).toBe(history.length);
    }
  });
});

/** Plays a probe in which every attempt is refused for the next reason. */
function plan(wish: typeof WISH, reasons: readonly Tried['failure']['wrong'][]): readonly string[] {
  const history: Tried[] = [];
  const names: string[] = [];
  for (const wrong of [...reasons, null]) {
    const attempt = nextAttempt(wish, history);
    if (attempt === null) break;
    names.push(`${attempt.model}/${attempt.effort}`);
    history.push({ attempt, failure: { wrong, efforts: [] } });
  }
  return names;
}

function tried(attempt: Partial<Attempt>, wrong: Tried['failure']['wrong'], efforts: readonly string[] = []): Tried {
  return {
    attempt: { model: 'gpt-5.3-codex', effort: 'low', shortCatalogue: true, ...attempt },
    failure: { wrong, efforts },
  };
}
