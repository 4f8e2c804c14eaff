import { isLoopbackHost } from '../contract/address.ts';

/** What codex is told before it runs. */
export interface CodexConfig {
  readonly baseUrl: string;
  /** A file with our own short description of the models; null = codex asks the backend and sends its own long instructions. */
  readonly catalogueFile: string | null;
}

/** How codex describes a model to itself; nothing of it but name and instructions reaches the backend. */
export function modelCatalogue(models: readonly string[]): string {
  return JSON.stringify({ models: models.map((slug, index) => catalogueEntry(slug, index)) });
}

/**
 * Writes a config.toml that keeps codex to one request to the model and what it cannot be kept from.
 * Why: with its defaults codex sends some sixteen requests a run, retries up to 36 times, and reports to others.
 */
export function configToml({ baseUrl, catalogueFile }: CodexConfig): string {
  return `chatgpt_base_url = ${toml(otherOrigin(baseUrl))}
model_provider = "probe"
${catalogueFile === null ? '' : `model_catalog_json = ${toml(catalogueFile)}\n`}cli_auth_credentials_store = "file"
check_for_update_on_startup = false
web_search = "disabled"
project_doc_max_bytes = 0

[model_providers.probe]
name = "OpenAI"
base_url = ${toml(`${baseUrl}/codex`)}
wire_api = "responses"
requires_openai_auth = true
supports_websockets = false
request_max_retries = 0
stream_max_retries = 0
stream_idle_timeout_ms = ${STREAM_IDLE_MS}

[analytics]
enabled = false

[feedback]
enabled = false

[otel]
exporter = "none"
trace_exporter = "none"
metrics_exporter = "none"

[agents]
enabled = false

[features]
${FEATURES_OFF.map((feature) => `${feature} = false\n`).join('')}`;
}

/** A stream that says nothing for so long is given up by codex, in milliseconds. */
const STREAM_IDLE_MS = 20_000;

const FEATURES_OFF = [
  'apps',
  'browser_use',
  'computer_use',
  'daemon_auto_start',
  'enable_request_compression',
  'goals',
  'hooks',
  'image_generation',
  'in_app_browser',
  'plugins',
  'remote_plugin',
  'shell_snapshot',
  'skill_mcp_dependency_install',
  'tool_suggest',
  'workspace_dependencies',
] as const;

function catalogueEntry(slug: string, priority: number): Readonly<Record<string, unknown>> {
  return {
    slug,
    display_name: slug,
    supported_reasoning_levels: [],
    shell_type: 'disabled',
    visibility: 'list',
    supported_in_api: true,
    priority,
    availability_nux: null,
    upgrade: null,
    base_instructions: 'You are a limits probe. Reply with OK and call no tools.',
    supports_reasoning_summaries: false,
    support_verbosity: false,
    default_verbosity: null,
    apply_patch_tool_type: null,
    truncation_policy: { mode: 'bytes', limit: 10_000 },
    supports_parallel_tool_calls: false,
    experimental_supported_tools: [],
  };
}

/** codex sends model requests for its own origin to the https origin that the backend names; a plain one on loopback must look like another. */
function otherOrigin(baseUrl: string): string {
  const url = new URL(baseUrl);
  if (url.protocol !== 'http:' || !isLoopbackHost(url.hostname)) return baseUrl;
  return baseUrl.replace(
    url.host,
    `${url.hostname === 'localhost' ? '127.0.0.1' : 'localhost'}${url.port === '' ? '' : `:${url.port}`}`,
  );
}

/** A JSON string is a TOML string. */
function toml(text: string): string {
  return JSON.stringify(text);
}
