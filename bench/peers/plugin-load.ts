// Loads the built plugin as its host does and prints how many milliseconds that took.
import type { HostHooks, HostInput } from '../../plugin/host.ts';

const { bundle } = JSON.parse(process.argv[2] ?? '{}') as { readonly bundle: string };
const done = () => Promise.resolve(true);

const begunAt = performance.now();
const { default: plugin } = (await import(bundle)) as {
  default: { server: (host: HostInput) => Promise<HostHooks> };
};
const hooks = await plugin.server({ client: { app: { log: done }, tui: { showToast: done }, auth: { set: done } } });
await hooks.auth.loader(() => Promise.resolve({ type: 'oauth' }));
const took = performance.now() - begunAt;
process.stdout.write(JSON.stringify(took), () => process.exit(0));
