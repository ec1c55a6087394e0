import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { layout, type Box } from './layout';
import { graphOf, statesIn } from './model';

const MACHINE = {
  StartAt: 'Check',
  States: {
    Check: {
      Type: 'Choice',
      Choices: [{ Variable: '$.total', NumericGreaterThan: 100, Next: 'Both' }],
      Default: 'Done',
    },
    Both: {
      Type: 'Parallel',
      Branches: [
        { StartAt: 'Mail', States: { Mail: { Type: 'Task', End: true } } },
        { StartAt: 'Print', States: { Print: { Type: 'Task', Next: 'Fold' }, Fold: { Type: 'Task', End: true } } },
      ],
      Catch: [{ ErrorEquals: ['Jam'], Next: 'Failed' }],
      Next: 'Done',
    },
    Done: { Type: 'Succeed' },
    Failed: { Type: 'Fail' },
  },
};

describe('the graph of a definition', () => {
  it('has its states, nested ones too, and its arrows', () => {
    const graph = graphOf(MACHINE);
    expect(statesIn(graph).map(({ name }) => name)).toEqual([
      'Check',
      'Both',
      'Mail',
      'Print',
      'Fold',
      'Done',
      'Failed',
    ]);
    expect(graph.arrows).toContainEqual({ from: 'Check', to: 'Both', kind: 'choice', label: 'total > 100' });
    expect(graph.arrows).toContainEqual({ from: 'Both', to: 'Failed', kind: 'catch', label: 'Jam' });
    expect(graph.arrows).toContainEqual({ from: 'Done', to: '#end', kind: 'end', label: undefined });
  });

  it.each([null, 7, [], {}, { States: 3 }, { StartAt: 'Gone', States: { A: null, B: { Next: 'Gone' } } }])(
    'of %j is drawn as far as it goes',
    (broken) => {
      expect(() => layout(graphOf(broken))).not.toThrow();
    },
  );

  const workflows = join(import.meta.dirname, '../../../workflows');
  const names = readdirSync(workflows, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  it.each(names.map(({ name }) => name))('of %s has no boxes on top of each other', (name) => {
    const definition: unknown = JSON.parse(readFileSync(join(workflows, name, 'workflow.asl.json'), 'utf8'));
    const { boxes } = layout(graphOf(definition));
    expect(boxes.length).toBeGreaterThan(2);
    for (const [index, box] of boxes.entries()) {
      for (const other of boxes.slice(index + 1)) {
        if (box.parent === other.parent) expect(overlap(box, other), `${box.id} and ${other.id}`).toBe(false);
      }
      const parent = boxes.find(({ id }) => id === box.parent);
      if (parent) expect(box.x + box.width <= parent.width && box.y + box.height <= parent.height).toBe(true);
    }
  });
});

function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}
