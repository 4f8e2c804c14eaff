import * as z from 'zod';

/** The provider of OpenCode that oma serves. */
export const OPENCODE_PROVIDER = 'openai';

/**
 * What stands in OpenCode's auth.json in place of a login.
 * Why: OpenCode asks a plugin for a provider only if there is an entry for it, and sends whatever token stands there
 * should the plugin not load; so no real one ever does.
 */
export const PLACEHOLDER_LOGIN = { type: 'oauth', refresh: 'oma', access: 'oma', expires: 4_102_444_800_000 } as const;

/**
 * Options beside the plugin's path in OpenCode's configuration: how to start the supervisor. `oma plugin install`
 * writes them, the plugin reads them.
 */
export const pluginOptionsSchema = z.object({
  node: z.string().min(1).max(4_096).describe('Path of the Node.js that runs the supervisor.'),
  supervisor: z.string().min(1).max(4_096).describe('Path of the built supervisor.'),
});
export type PluginOptions = z.infer<typeof pluginOptionsSchema>;
