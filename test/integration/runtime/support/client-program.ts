// A client for tests, run by any runtime: `client-program.ts SOCKET NODE SUPERVISOR`. Prints what it saw as one line of JSON.
import { isOmaError } from '../../../../contract/errors.ts';
import { type ConnectOptions, connectOrStart } from '../../../../runtime/connect.ts';

const [socketPath = '', node = '', program = ''] = process.argv.slice(2);

const options: ConnectOptions = {
  socketPath,
  hello: { protocolVersion: 1, buildId: 'test', version: '1.2.3', pid: process.pid, kind: 'test', host: null },
  start: { command: node, args: [program, socketPath, 'serve'], env: { PATH: process.env['PATH'] } },
  deadlineMs: 20_000,
  unref: true,
};

async function codeOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'none',
    (error: unknown) => (isOmaError(error) ? error.code : String(error)),
  );
}

// Something else keeps the host of an unref'd connection alive.
const host = setInterval(() => undefined, 60_000);
const refused = await codeOf(connectOrStart({ ...options, start: null }));
const { client, connection, hello } = await connectOrStart(options);
const hellos = await Promise.all(Array.from({ length: 200 }, () => client['session.hello'](options.hello)));
const invalid = await codeOf(client['session.hello']({ ...options.hello, pid: -1 }));
const late = await codeOf(
  client['lease.acquire'](
    { requestId: 'r', sessionId: null, rootSessionId: null, model: null, attempt: 1, exclude: [] },
    { deadlineMs: 50 },
  ),
);
const reason = new Error('given up');
const aborted = await codeOf(client['status.get']({}, { signal: AbortSignal.abort(reason) }));
const pending = codeOf(
  client['lease.acquire']({
    requestId: 'r',
    sessionId: null,
    rootSessionId: null,
    model: null,
    attempt: 1,
    exclude: [],
  }),
);
const closed = new Promise<string>((resolve) =>
  connection.onClose((why) => resolve(why === null ? 'in order' : why.code)),
);
process.kill(hello.pid, 'SIGKILL');
const again = await connectOrStart(options);

process.stdout.write(
  JSON.stringify({
    refused,
    answers: hellos.filter(({ pid }) => pid === hello.pid).length,
    invalid,
    late,
    aborted,
    pending: await pending,
    closed: await closed,
    restarted: again.hello.pid !== hello.pid,
  }),
);
await again.client['supervisor.stop']({}).catch(() => undefined);
again.connection.dispose();
clearInterval(host);
