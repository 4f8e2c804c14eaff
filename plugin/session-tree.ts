/** Sessions whose parent is remembered, at most; the one longest unused goes first. */
export const SESSIONS_MAX = 1_024;
/** Subagents nest at most so deep before the search for the root stops. */
const DEPTH_MAX = 16;

/** Knows which session a subagent belongs to, however deep it nests. */
export interface SessionTree {
  /** Notes the parent of a session and answers its root; null = the session is a root itself. */
  readonly rootOf: (sessionId: string | null, parentSessionId: string | null) => string | null;
}

/** Makes an empty tree. */
export function createSessionTree(): SessionTree {
  const parents = new Map<string, string>();
  return {
    rootOf(sessionId, parentSessionId) {
      if (parentSessionId === null || parentSessionId === sessionId) return null;
      if (sessionId !== null) remember(parents, sessionId, parentSessionId);
      let root = parentSessionId;
      for (let depth = 0; depth < DEPTH_MAX; depth += 1) {
        const above = parents.get(root);
        if (above === undefined || above === sessionId) return root;
        root = above;
      }
      return root;
    },
  };
}

function remember(parents: Map<string, string>, sessionId: string, parentSessionId: string): void {
  parents.delete(sessionId);
  parents.set(sessionId, parentSessionId);
  if (parents.size <= SESSIONS_MAX) return;
  const [oldest] = parents.keys();
  if (oldest !== undefined) parents.delete(oldest);
}
