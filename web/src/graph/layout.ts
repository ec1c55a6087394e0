import { graphlib, layout as dagreLayout } from '@dagrejs/dagre';
import { END, START, type Arrow, type Graph, type GraphState } from './model';

/** A box with its place, relative to the box around it. */
export interface Box {
  id: string;
  parent?: string;
  kind: 'state' | 'group' | 'start' | 'end';
  state?: GraphState;
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Layout {
  boxes: Box[];
  arrows: Arrow[];
  width: number;
  height: number;
}

const STATE = { height: 44, padding: 48, letter: 8.4, typeLetter: 6 };
const END_SIZE = { width: 56, height: 24 };
const GROUP = { padding: 16, head: 36, gap: 16 };

/** Places every box, from the inside out: a Parallel state is as large as its branches. */
export function layout(graph: Graph, parent?: string): Layout {
  const inner = new Map(graph.states.map((state) => [state.id, groupOf(state)]));
  const dagre = new graphlib.Graph();
  dagre.setGraph({ rankdir: 'TB', nodesep: 28, ranksep: 34, marginx: 8, marginy: 8 });
  dagre.setDefaultEdgeLabel(() => ({}));

  const start = `${graph.id}${START}`;
  const end = `${graph.id}${END}`;
  const ends = graph.arrows.some((arrow) => arrow.to === end);
  // A branch is framed already; only the machine itself shows where it starts and ends.
  const framed = parent !== undefined;
  if (!framed) dagre.setNode(start, { ...END_SIZE });
  if (!framed && ends) dagre.setNode(end, { ...END_SIZE });
  for (const state of graph.states) {
    const group = inner.get(state.id);
    dagre.setNode(state.id, group ? { width: group.width, height: group.height } : sizeOf(state));
  }
  const arrows = graph.arrows.filter((arrow) => dagre.hasNode(arrow.from) && dagre.hasNode(arrow.to));
  // All errors are drawn, but only the last that leads to a state places it: the way of the good case stays straight.
  const lastCatch = new Map(arrows.filter(({ kind }) => kind === 'catch').map((arrow) => [arrow.to, arrow]));
  for (const arrow of arrows) {
    if (arrow.kind !== 'catch') dagre.setEdge(arrow.from, arrow.to, { weight: 4 });
    else if (lastCatch.get(arrow.to) === arrow) dagre.setEdge(arrow.from, arrow.to, { weight: 0 });
  }
  dagreLayout(dagre);

  const boxes: Box[] = [];
  const nested: Arrow[] = [];
  const place = (id: string, kind: Box['kind'], state?: GraphState) => {
    const { x, y, width, height } = dagre.node(id) as { x: number; y: number; width: number; height: number };
    boxes.push({ id, parent, kind, state, x: x - width / 2, y: y - height / 2, width, height });
  };
  if (dagre.hasNode(start)) place(start, 'start');
  for (const state of graph.states) {
    const group = inner.get(state.id);
    place(state.id, group ? 'group' : 'state', state);
    if (group) {
      boxes.push(...group.boxes);
      nested.push(...group.arrows);
    }
  }
  if (dagre.hasNode(end)) place(end, 'end');
  const size = dagre.graph() as { width?: number; height?: number };
  return { boxes, arrows: [...arrows, ...nested], width: size.width ?? 0, height: size.height ?? 0 };
}

/** Wide enough for its name and type. */
function sizeOf({ name, type }: GraphState): { width: number; height: number } {
  return { width: STATE.padding + name.length * STATE.letter + type.length * STATE.typeLetter, height: STATE.height };
}

/** The branches of a state side by side. */
function groupOf(state: GraphState): Layout | undefined {
  if (state.branches.length === 0) return undefined;
  const branches = state.branches.map((branch) => layout(branch, state.id));
  const boxes: Box[] = [];
  let left = GROUP.padding;
  for (const branch of branches) {
    for (const box of branch.boxes) {
      // Only the outermost boxes of a branch move; what is inside them is placed relative to them.
      boxes.push(box.parent === state.id ? { ...box, x: box.x + left, y: box.y + GROUP.head } : box);
    }
    left += branch.width + GROUP.gap;
  }
  return {
    boxes,
    arrows: branches.flatMap((branch) => branch.arrows),
    width: Math.max(left - GROUP.gap + GROUP.padding, sizeOf(state).width),
    height: Math.max(...branches.map((branch) => branch.height)) + GROUP.head + GROUP.padding,
  };
}
