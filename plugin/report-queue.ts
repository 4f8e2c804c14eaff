import type { Outcome } from '../contract/failure.ts';
import { isGone, type Line, type Link } from './link.ts';

/** What became of a lease. */
export interface Report {
  readonly leaseId: string;
  readonly outcome: Outcome;
}

/** Reports that wait for a connection, at most; the oldest goes first. */
export const REPORTS_MAX = 256;
/** Times one report is sent, at most. */
const SENDS_MAX = 3;

/** Sends reports without making anybody wait; what cannot be sent now is sent after the next connect. */
export interface ReportQueue {
  readonly send: (report: Report) => void;
}

/** Makes an empty queue. */
export function createReportQueue(link: Pick<Link, 'current' | 'open'>): ReportQueue {
  const waiting: (Report & { readonly sends: number })[] = [];

  const send = (line: Line, { leaseId, outcome }: Report, sends: number): void => {
    line.client['lease.report']({ leaseId, outcome }).catch((error: unknown) => {
      // Any other refusal says that the lease is over already.
      if (isGone(error) && sends < SENDS_MAX) queue({ leaseId, outcome }, sends);
    });
  };

  const queue = (report: Report, sends: number): void => {
    waiting.push({ ...report, sends });
    if (waiting.length > REPORTS_MAX) waiting.shift();
    link.open().then(flush, () => undefined);
  };

  const flush = (line: Line): void => {
    for (const report of waiting.splice(0)) send(line, report, report.sends + 1);
  };

  return {
    send(report) {
      const line = link.current();
      if (line === null) queue(report, 0);
      else send(line, report, 1);
    },
  };
}
