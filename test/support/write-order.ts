/** One step of a write as a witness saw it. Units: any clock, as long as it is one. */
export interface WriteStep {
  readonly kind: 'open-tmp' | 'write-tmp' | 'fsync-tmp' | 'rename' | 'fsync-directory' | 'ack';
  readonly start: number;
  readonly end: number;
}

const ORDER = ['open-tmp', 'write-tmp', 'fsync-tmp', 'rename', 'fsync-directory'] as const;

/**
 * Names everything among the steps of one writer that would not survive a power failure: a write in another order, and
 * the ack number k before k writes were done. Shape: empty = all is well, and there was at least one write.
 */
export function orderProblems(steps: readonly WriteStep[]): readonly string[] {
  const ordered = steps.toSorted((a, b) => a.start - b.start);
  const writes = splitWrites(ordered.filter(({ kind }) => kind !== 'ack'));
  if (writes.length === 0) return ['no write was seen'];
  const durable = writes.map((write) =>
    Math.max(...write.filter(({ kind }) => kind === 'fsync-directory').map(({ end }) => end)),
  );
  const acks = ordered.filter(({ kind }) => kind === 'ack');
  return [
    ...writes.flatMap((write, index) => problemsOf(write).map((problem) => `write ${String(index + 1)}: ${problem}`)),
    ...(acks.length === 0 ? ['no ack was seen'] : []),
    ...acks.flatMap((ack, index) =>
      durable.filter((end) => end <= ack.start).length > index
        ? []
        : [`ack ${String(index + 1)} came before its write was done`],
    ),
  ];
}

function splitWrites(steps: readonly WriteStep[]): readonly (readonly WriteStep[])[] {
  const starts = steps.flatMap((step, index) => (step.kind === 'open-tmp' ? [index] : []));
  return starts.map((start, index) => steps.slice(start, starts[index + 1] ?? steps.length));
}

function problemsOf(write: readonly WriteStep[]): readonly string[] {
  return ORDER.flatMap((kind, index) => {
    const before = ORDER[index - 1];
    const these = write.filter((step) => step.kind === kind);
    if (these.length === 0) return [`no ${kind}`];
    if (before === undefined) return [];
    const doneBefore = Math.max(...write.filter((step) => step.kind === before).map((step) => step.end));
    const begins = Math.min(...these.map((step) => step.start));
    return begins < doneBefore ? [`${kind} began before ${before} was done`] : [];
  });
}

/** Reads the steps of the store at `file` out of the lines of `strace -ttt -T -y`, from the word `ready` on. */
export function stepsFromStrace(lines: readonly string[], file: string): readonly WriteStep[] {
  const directory = file.slice(0, file.lastIndexOf('/'));
  const patterns: readonly (readonly [WriteStep['kind'], RegExp])[] = [
    ['open-tmp', new RegExp(`^openat\\(.*"${quote(file)}\\.oma-tmp", .*= \\d+`)],
    ['write-tmp', new RegExp(`^p?write(?:v|64|v2)?\\(\\d+<${quote(file)}\\.oma-tmp>.*= \\d+`)],
    ['fsync-tmp', new RegExp(`^fsync\\(\\d+<${quote(file)}\\.oma-tmp>\\) += 0`)],
    ['rename', new RegExp(`^rename(?:at2?)?\\(.*"${quote(file)}\\.oma-tmp", .*"${quote(file)}".*= 0`)],
    ['fsync-directory', new RegExp(`^fsync\\(\\d+<${quote(directory)}>\\) += 0`)],
    ['ack', /^write\(1<[^>]*>, "ack /],
  ];
  const calls = lines.flatMap((line) => {
    const [, start, call = '', duration] = /^(\d+\.\d+) (.*) <(\d+\.\d+)>$/.exec(line) ?? [];
    return start === undefined ? [] : [{ call, start: Number(start), end: Number(start) + Number(duration) }];
  });
  const ready = calls.find(({ call }) => /^write\(1<[^>]*>, "ready/.test(call))?.end ?? Number.POSITIVE_INFINITY;
  return calls.flatMap(({ call, start, end }) => {
    const kind = patterns.find(([, pattern]) => pattern.test(call))?.[0];
    return kind === undefined || start < ready ? [] : [{ kind, start, end }];
  });
}

/** Reads the steps out of what `FaultFs` recorded, with `ack` among the calls. */
export function stepsFromCalls(calls: readonly string[]): readonly WriteStep[] {
  const patterns: readonly (readonly [WriteStep['kind'], RegExp])[] = [
    ['open-tmp', /^open .*\.oma-tmp$/],
    ['write-tmp', /^write .*\.oma-tmp$/],
    ['fsync-tmp', /^fsync .*\.oma-tmp$/],
    ['rename', /^rename .*\.oma-tmp -> accounts\.json$/],
    ['fsync-directory', /^fsync private$/],
    ['ack', /^ack$/],
  ];
  return calls.flatMap((call, at) => {
    const kind = patterns.find(([, pattern]) => pattern.test(call))?.[0];
    return kind === undefined ? [] : [{ kind, start: at, end: at }];
  });
}

function quote(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
