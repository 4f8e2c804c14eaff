/** The models the simulated backend offers, in its order of preference. */
export const MODELS = ['gpt-6-sol', 'gpt-6-luna', 'gpt-5.5', 'gpt-5.4', 'gpt-5.4-mini', 'gpt-5.3-codex-spark'] as const;

const ALWAYS_EFFORTS = ['none', 'minimal', 'low', 'medium', 'high'];
const EXTRA_EFFORTS: Readonly<Record<string, readonly string[]>> = {
  'gpt-6-sol': ['xhigh', 'max', 'ultra'],
  'gpt-6-luna': ['xhigh', 'max'],
  'gpt-5.5': ['xhigh'],
};

/** Says whether a model thinks that hard; one that is not in the list takes anything. */
export function acceptsEffort(model: string, effort: string): boolean {
  if (!MODELS.some((known) => known === model)) return true;
  return ALWAYS_EFFORTS.includes(effort) || (EXTRA_EFFORTS[model] ?? []).includes(effort);
}

/** Answers `GET /codex/models` in the fields the codex CLI wants. */
export function modelsBody(allowed: readonly string[] | null): { models: unknown[] } {
  const offered = MODELS.filter((slug) => allowed === null || allowed.includes(slug));
  return { models: offered.map((slug, index) => modelInfo(slug, index)) };
}

function modelInfo(slug: string, index: number): Record<string, unknown> {
  const efforts = ['low', 'medium', 'high', ...(EXTRA_EFFORTS[slug] ?? [])];
  return {
    slug,
    display_name: slug.toUpperCase(),
    description: 'A simulated model.',
    default_reasoning_level: 'medium',
    supported_reasoning_levels: efforts.map((effort) => ({ effort, description: `Thinks ${effort}` })),
    shell_type: 'shell_command',
    visibility: 'list',
    supported_in_api: true,
    priority: index + 1,
    availability_nux: null,
    upgrade: null,
    base_instructions: 'You are a simulated model.',
    supports_reasoning_summaries: true,
    default_reasoning_summary: 'none',
    support_verbosity: true,
    default_verbosity: 'low',
    apply_patch_tool_type: null,
    truncation_policy: { mode: 'tokens', limit: 10_000 },
    supports_parallel_tool_calls: false,
    context_window: 272_000,
    experimental_supported_tools: [],
    input_modalities: ['text', 'image'],
  };
}
