import type { AuditEntry } from '../contract/audit.ts';
import { clockTime } from './format.ts';

const ISO_TIME = /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/;

/** Says what an entry of the audit log changed: "critical threshold: default → 12". */
export function changeFacts(detail: AuditEntry['detail'], now: number): readonly string[] {
  const { before, after } = detail;
  if (isRecord(before) && isRecord(after)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return names
      .filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))
      .map((name) => `${words(name)}: ${say(before[name], now)} → ${say(after[name], now)}`);
  }
  return Object.entries(detail)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${words(name)}: ${say(value, now)}`);
}

function say(value: unknown, now: number): string {
  if (value === undefined) return 'default';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map((one) => say(one, now)).join(', ');
  if (isRecord(value)) {
    const fields = Object.entries(value).map(([name, one]) => `${name} ${say(one, now)}`);
    return fields.length === 0 ? 'none' : fields.join(', ');
  }
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (typeof value !== 'string') return JSON.stringify(value);
  return ISO_TIME.test(value) ? clockTime(Date.parse(value), now) : value;
}

/** Field names are written as one word; people read several. */
function words(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
