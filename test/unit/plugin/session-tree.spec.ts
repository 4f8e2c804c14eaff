import { describe, expect, it } from 'vitest';

import { createSessionTree, SESSIONS_MAX } from '../../../plugin/session-tree.ts';

describe('createSessionTree', () => {
  it('has no root for a session without a parent', () => {
    expect(createSessionTree().rootOf('ses_1', null)).toBeNull();
  });

  it('follows subagents of subagents to the session a person sees', () => {
    const tree = createSessionTree();
    expect(tree.rootOf('child', 'root')).toBe('root');
    expect(tree.rootOf('grandchild', 'child')).toBe('root');
    expect(tree.rootOf('great-grandchild', 'grandchild')).toBe('root');
  });

  it('takes the nearest it knows for the root', () => {
    expect(createSessionTree().rootOf('grandchild', 'unseen')).toBe('unseen');
  });

  it('does not run in circles', () => {
    const tree = createSessionTree();
    expect(tree.rootOf('a', 'a')).toBeNull();
    expect(tree.rootOf('a', 'b')).toBe('b');
    expect(tree.rootOf('b', 'a')).toBe('a');
    tree.rootOf('c', 'd');
    tree.rootOf('d', 'e');
    tree.rootOf('e', 'c');
    expect(['c', 'd', 'e']).toContain(tree.rootOf('x', 'c'));
  });

  it('forgets the session longest unused first', () => {
    const tree = createSessionTree();
    tree.rootOf('child', 'root');
    for (let index = 0; index < SESSIONS_MAX; index += 1) tree.rootOf(`other-${index}`, 'root-2');
    expect(tree.rootOf('grandchild', 'child')).toBe('child');
  });
});
