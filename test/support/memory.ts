import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Memory of this process after a full garbage collection, in bytes. */
export interface Memory {
  readonly heap: number;
  readonly rss: number;
}

/** Makes what collects the garbage of this process and then measures it. */
export function memoryMeter(): () => Memory {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  return () => {
    collect();
    const { heapUsed, external, rss } = process.memoryUsage();
    return { heap: heapUsed + external, rss };
  };
}

/** Growth from the first measurement after warming up (a share of them) to the last, by the least-squares line, in their unit. */
export function growth(values: readonly number[], warmUpShare = 0.2): number {
  const settled = values.slice(Math.floor(values.length * warmUpShare));
  const middle = (settled.length - 1) / 2;
  const mean = settled.reduce((sum, value) => sum + value, 0) / settled.length;
  const covariance = settled.reduce((sum, value, index) => sum + (index - middle) * (value - mean), 0);
  const variance = settled.reduce((sum, _value, index) => sum + (index - middle) ** 2, 0);
  return (covariance / variance) * (settled.length - 1);
}
