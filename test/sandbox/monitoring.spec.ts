import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import type { Status } from '../../contract/status.ts';
import { readDocument } from '../support/documents.ts';
import { useOma } from '../support/oma.ts';
import { useSimulator } from '../support/simulator.ts';

const METRIC = /\boma_[a-z_]+\b/g;

describe('monitoring', () => {
  it('[I.L7.4] every metric that alerts and dashboard name is served, behind the token that docs/MONITORING.md points at', async () => {
    const seat = {
      alias: 'ann',
      email: 'ann@example.test',
      accountId: 'ws-ann',
      userId: 'user-ann',
      windows: [{ slot: 'primary' as const, durationMinutes: 300, usedPercent: 20 }],
    };
    const oma = await useOma({ simulator: await useSimulator({ seats: [seat] }) });
    await oma.json('settings', 'set', 'probeSources', 'usage-endpoint');
    expect((await oma.oma('probe', 'ann')).code).toBe(0);
    const { dashboardUrl } = await oma.json<Status>('status');
    const stateDir = join(oma.env['XDG_STATE_HOME'] ?? '', 'opencode-multi-auth');
    const token = readFileSync(join(stateDir, 'dashboard-token'), 'utf8').trim();
    const address = `${String(dashboardUrl)}/metrics`;
    expect((await fetch(address)).status).toBe(401);
    const metrics = await (await fetch(address, { headers: { authorization: `Bearer ${token}` } })).text();
    // A metric with its samples: one that is announced and has none would be an alert that never fires.
    const served = new Set(metrics.split('\n').flatMap((line) => /^(oma_[a-z_]+)[ {]/.exec(line)?.[1] ?? []));
    for (const [file, atLeast] of [
      ['docs/monitoring/oma-rules.yml', 8],
      ['docs/monitoring/grafana-dashboard.json', 12],
    ] as const) {
      const named = [...new Set(readDocument(file).match(METRIC))];
      expect(named.length).toBeGreaterThanOrEqual(atLeast);
      expect([file, named.filter((name) => !served.has(name))]).toEqual([file, []]);
    }
    expect(metrics).toMatch(/oma_account_remaining_percent\{alias="ann",window="[^"]+",meter="codex"\} 80/);
    expect(metrics).not.toContain('ann@example.test');
  });

  it('[I.L7.4] every alert is explained in docs/MONITORING.md, and every one there exists', () => {
    const alerts = [...readDocument('docs/monitoring/oma-rules.yml').matchAll(/- alert: (\w+)/g)].map(
      ([, name]) => name,
    );
    const explained = [...readDocument('docs/MONITORING.md').matchAll(/^\| (Oma\w+) /gm)].map(([, name]) => name);
    expect(alerts.length).toBeGreaterThanOrEqual(8);
    expect(explained.toSorted()).toEqual(alerts.toSorted());
    const dashboard = JSON.parse(readDocument('docs/monitoring/grafana-dashboard.json')) as { panels: unknown[] };
    expect(dashboard.panels.length).toBeGreaterThanOrEqual(10);
  });
});
