import { CONTROL_PREFIX } from './control-door.ts';
import { type Flags, parseFlags, USAGE } from './flags.ts';
import { type Simulator, startSimulator } from './server.ts';

await main().catch((error: unknown) => {
  process.stderr.write(`simulator: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
});

async function main(): Promise<void> {
  const flags = parseFlags(process.argv.slice(2));
  if (flags.help) return void process.stdout.write(`${USAGE}\n`);
  const simulator = await startSimulator({ port: flags.port, seats: flags.seats });
  process.stdout.write(`${flags.json ? announceJson(simulator) : announceText(simulator)}\n`);
  endWith(simulator, flags);
}

function announceJson(simulator: Simulator): string {
  const { url, issuerUrl, baseUrl, chatgptBaseUrl, port, control } = simulator;
  const seats = control.state().seats.map((seat) => seat.alias);
  return JSON.stringify({
    url,
    issuerUrl,
    baseUrl,
    chatgptBaseUrl,
    controlUrl: `${url}${CONTROL_PREFIX}`,
    port,
    pid: process.pid,
    seats,
  });
}

function announceText(simulator: Simulator): string {
  const seats = simulator.control.state().seats.map((seat) => `  ${seat.alias}  ${seat.email}  ${seat.planType}`);
  return [
    `Simulated provider on ${simulator.url}`,
    `  issuer   ${simulator.issuerUrl}`,
    `  backend  ${simulator.baseUrl}`,
    'Accounts',
    ...seats,
  ].join('\n');
}

function endWith(simulator: Simulator, flags: Flags): void {
  const end = () => void simulator.close().then(() => process.exit(0));
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
  if (!flags.withParent) return;
  process.stdin.once('end', end);
  process.stdin.once('error', end);
  process.stdin.resume();
}
