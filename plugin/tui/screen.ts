import type { EpochMs } from '../../contract/scalars.ts';
import { type HostNode, rootSession, type Screen, type TuiHost } from './host.ts';
import { type ColouredLine, type Look, type Seen, sidebarLines, statusLine } from './views.ts';

/** Where oma's block stands in the sidebar: behind the usage of the context (100), before the servers (200). */
const ORDER = 150;

/** What is drawn. Shape: `view` is read anew whenever the accounts have changed. */
export interface Drawing {
  readonly view: () => Seen;
  readonly now: () => EpochMs;
}

/** Puts the line beside the prompts and the block into the sidebar. */
export function draw(host: TuiHost, screen: Screen, { view, now }: Drawing): void {
  const lookOf = (sessionId: string | undefined): Look => ({
    sessionId: sessionId === undefined ? null : rootSession(host, sessionId),
    now: now(),
  });
  const status = (sessionId?: string): HostNode => lineNode(host, screen, () => statusLine(view(), lookOf(sessionId)));
  host.slots.register({
    order: ORDER,
    slots: {
      home_prompt_right: () => status(),
      session_prompt_right: (_context, { session_id }) => status(session_id),
      sidebar_content: (_context, { session_id }) => {
        const block = screen.createElement('box');
        screen.insert(block, () =>
          sidebarLines(view(), lookOf(session_id)).map((line) => lineNode(host, screen, () => line)),
        );
        return block;
      },
    },
  });
}

// Getters, so that the host draws anew what they read.
function lineNode(host: TuiHost, screen: Screen, line: () => ColouredLine): object {
  const node = screen.createElement('text');
  screen.spread(node, {
    get content() {
      return line().text;
    },
    get fg() {
      return host.theme.current[line().colour];
    },
  });
  return node;
}
