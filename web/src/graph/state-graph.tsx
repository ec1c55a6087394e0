import '@xyflow/react/dist/style.css';
import { useMantineColorScheme } from '@mantine/core';
import {
  Controls,
  Handle,
  MarkerType,
  Position,
  ReactFlow,
  type Edge,
  type Node,
  type NodeProps,
  type NodeTypes,
} from '@xyflow/react';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Tone } from '~/ui/tone';
import classes from './graph.module.css';
import { layout, type Box } from './layout';
import { graphOf, type ArrowKind } from './model';

interface StateData extends Record<string, unknown> {
  name: string;
  type: string;
  tone?: Tone;
  chosen: boolean;
}

type StateNode = Node<StateData>;

function Ends() {
  return (
    <>
      <Handle type="target" position={Position.Top} isConnectable={false} />
      <Handle type="source" position={Position.Bottom} isConnectable={false} />
    </>
  );
}

function toneClass(tone: Tone | undefined): string {
  return tone === undefined || tone === 'neutral' ? '' : (classes[tone] ?? '');
}

const nodeTypes: NodeTypes = {
  state: ({ data }: NodeProps<StateNode>) => (
    <div className={`${classes.state} ${toneClass(data.tone)} ${data.chosen ? classes.chosen : ''}`}>
      <Ends />
      <span>{data.name}</span>
      <span className={classes.type}>{data.type}</span>
    </div>
  ),
  branches: ({ data }: NodeProps<StateNode>) => (
    <div className={`${classes.group} ${toneClass(data.tone)} ${data.chosen ? classes.chosen : ''}`}>
      <Ends />
      {data.name} <span className={classes.type}>{data.type}</span>
    </div>
  ),
  end: ({ data }: NodeProps<StateNode>) => (
    <div className={classes.end}>
      <Ends />
      {data.name}
    </div>
  ),
};

const NODE_TYPES: Record<Box['kind'], string> = { state: 'state', group: 'branches', start: 'end', end: 'end' };

const STROKE: Partial<Record<ArrowKind, string>> = { catch: 'var(--app-failed)' };

/** A workflow as it runs: each state in the colour of what became of it. */
export function StateGraph(props: {
  definition: unknown;
  tones?: ReadonlyMap<string, Tone>;
  chosen?: string;
  onChoose?: (name: string) => void;
  label: string;
}) {
  const { t } = useTranslation('console');
  const { colorScheme } = useMantineColorScheme();
  const { definition, tones, chosen, onChoose } = props;
  const placed = useMemo(() => layout(graphOf(definition)), [definition]);
  const nodes = useMemo<StateNode[]>(
    () =>
      placed.boxes.map((box) => {
        const name = box.state?.name ?? t(box.kind === 'start' ? 'graph.start' : 'graph.end');
        return {
          id: box.id,
          type: NODE_TYPES[box.kind],
          parentId: box.parent,
          position: { x: box.x, y: box.y },
          width: box.width,
          height: box.height,
          data: {
            name,
            type: box.state?.type ?? '',
            tone: box.state && tones?.get(box.state.name),
            chosen: box.state !== undefined && box.state.name === chosen,
          },
          focusable: box.state !== undefined,
          selectable: box.state !== undefined,
          ariaLabel: box.state ? `${name}, ${box.state.type}` : name,
          ariaRole: box.state ? 'button' : undefined,
        };
      }),
    [placed, tones, chosen, t],
  );
  const edges = useMemo<Edge[]>(
    () =>
      placed.arrows.map(({ from, to, kind, label }, index) => ({
        id: `${from}-${to}-${index}`,
        source: from,
        target: to,
        label,
        type: 'smoothstep',
        focusable: false,
        selectable: false,
        markerEnd: { type: MarkerType.ArrowClosed, color: STROKE[kind] ?? 'var(--mantine-color-dimmed)' },
        style: {
          stroke: STROKE[kind] ?? 'var(--mantine-color-dimmed)',
          strokeWidth: kind === 'catch' ? 1 : 1.4,
          strokeDasharray: kind === 'catch' ? '4 4' : undefined,
          opacity: kind === 'catch' ? 0.55 : 0.8,
        },
        labelStyle: { fill: 'var(--mantine-color-text)', fontSize: 11 },
        labelBgStyle: { fill: 'var(--app-panel)' },
      })),
    [placed],
  );
  return (
    <div className={classes.graph} role="group" aria-label={props.label}>
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        colorMode={colorScheme === 'auto' ? 'system' : colorScheme}
        fitView
        fitViewOptions={{ padding: 0.08, maxZoom: 1.1 }}
        minZoom={0.2}
        nodesDraggable={false}
        nodesConnectable={false}
        zoomOnScroll={false}
        preventScrolling={false}
        proOptions={{ hideAttribution: true }}
        onNodeClick={(_, node) => node.focusable !== false && onChoose?.(node.data.name)}
        onSelectionChange={({ nodes: [node] }) => {
          if (node && node.data.name !== chosen) onChoose?.(node.data.name);
        }}
        ariaLabelConfig={{
          'controls.ariaLabel': t('graph.controls'),
          'controls.zoomIn.ariaLabel': t('graph.zoomIn'),
          'controls.zoomOut.ariaLabel': t('graph.zoomOut'),
          'controls.fitView.ariaLabel': t('graph.fit'),
          'node.a11yDescription.default': t('graph.nodeHelp'),
        }}
      >
        <Controls showInteractive={false} />
      </ReactFlow>
    </div>
  );
}
