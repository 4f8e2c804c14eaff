/**
 * The part of OpenCode's API for plugins of its terminal interface that oma uses; OpenCode 1.18.
 * Why by hand: its own types bring two packages along that OpenCode provides at run time.
 */
export interface TuiHost {
  readonly app: { readonly version: string };
  readonly keymap: { readonly registerLayer: (layer: { commands: HostCommand[]; bindings: [] }) => unknown };
  readonly route: {
    readonly current: { readonly name: string; readonly params?: Readonly<Record<string, unknown>> };
  };
  readonly state?: { readonly session: { readonly get: (id: string) => { readonly parentID?: string } | undefined } };
  readonly event: { readonly on: (type: 'tui.toast.show', told: () => void) => unknown };
  readonly ui: {
    readonly DialogSelect: (props: SelectProps) => HostNode;
    readonly DialogAlert: (props: { title: string; message: string; onConfirm?: () => void }) => HostNode;
    readonly DialogPrompt: (props: PromptProps) => HostNode;
    readonly dialog: {
      /** Tells `onClose` when it is closed, or another takes its place. */
      readonly replace: (render: () => HostNode, onClose?: () => void) => void;
      readonly setSize: (size: 'medium' | 'large' | 'xlarge') => void;
      readonly clear: () => void;
    };
    readonly toast: (toast: { variant: Tone; title: string; message: string; duration?: number }) => void;
  };
  readonly theme: { readonly current: Readonly<Record<ThemeColour, unknown>> };
  readonly slots: {
    readonly register: (plugin: {
      order: number;
      slots: Readonly<Record<string, (context: unknown, props: SlotProps) => HostNode>>;
    }) => unknown;
  };
  readonly renderer: { readonly copyToClipboardOSC52?: (text: string) => boolean };
  readonly lifecycle: { readonly onDispose: (end: () => void) => unknown };
}

/** A command of the palette; `slashName` makes it one that is typed. */
export interface HostCommand {
  readonly namespace: 'palette';
  readonly name: string;
  readonly title: string;
  readonly desc: string;
  readonly category: string;
  readonly slashName: string;
  readonly run: () => void;
}

/** A list to choose from. */
export interface SelectProps {
  readonly title: string;
  readonly placeholder?: string;
  readonly options: SelectOption[];
  readonly onSelect: (option: { readonly value: unknown }) => void;
}

/** A line to type. Shape: `onConfirm` leaves it open, whatever was typed. */
export interface PromptProps {
  readonly title: string;
  readonly placeholder: string;
  readonly onConfirm: (typed: string) => void;
}

export interface SelectOption {
  readonly title: string;
  readonly value: unknown;
  readonly description?: string;
  readonly category?: string;
}

/** A node of the host's screen: opaque. */
export type HostNode = object | null;
export type Tone = 'info' | 'success' | 'warning' | 'error';
export type ThemeColour = 'text' | 'textMuted' | 'success' | 'warning' | 'error';

export interface SlotProps {
  readonly session_id?: string;
}

/** What OpenCode's own screen library gives: nodes, and a value whose readers are drawn anew when it changes. */
export interface Screen {
  readonly createElement: (kind: 'text' | 'box') => object;
  readonly insert: (parent: object, child: unknown) => unknown;
  readonly spread: (node: object, props: object) => void;
  readonly createSignal: <T>(value: T) => [read: () => T, write: (value: T) => unknown];
}

/** Generations of subagents that are looked up. */
const GENERATIONS_MAX = 10;

/** The session that a subagent works for, whose account it follows; a session of its own is that itself. */
export function rootSession({ state }: TuiHost, sessionId: string): string {
  let root = sessionId;
  for (let generation = 0; generation < GENERATIONS_MAX; generation += 1)
    root = state?.session.get(root)?.parentID ?? root;
  return root;
}
