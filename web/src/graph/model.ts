/**
 * A state machine as boxes and arrows. Reads the Amazon States Language just far enough for that, and forgives what
 * it does not know: whether a definition is right is the server's to say.
 */
export interface GraphState {
  id: string;
  name: string;
  type: string;
  comment?: string;
  /** The branches of a Parallel state, or the one of a Map. */
  branches: Graph[];
}

export type ArrowKind = 'next' | 'choice' | 'default' | 'catch' | 'end';

export interface Arrow {
  from: string;
  to: string;
  kind: ArrowKind;
  label?: string;
}

export interface Graph {
  id: string;
  states: GraphState[];
  arrows: Arrow[];
}

type Data = Record<string, unknown>;

const isData = (value: unknown): value is Data => typeof value === 'object' && value !== null && !Array.isArray(value);
const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
const list = (value: unknown): Data[] => (Array.isArray(value) ? value.filter(isData) : []);

export const START = '#start';
export const END = '#end';

/** The graph of a definition; `path` keeps the ids of nested machines apart. */
export function graphOf(definition: unknown, path = ''): Graph {
  const machine = isData(definition) ? definition : {};
  const states = Object.entries(isData(machine['States']) ? machine['States'] : {}).flatMap(([name, state]) =>
    isData(state) ? [{ name, state }] : [],
  );
  const id = (name: string) => `${path}${name}`;
  const known = new Set(states.map(({ name }) => name));
  const arrows: Arrow[] = [];
  const connect = (from: string, to: unknown, kind: ArrowKind, label?: string) => {
    const target = text(to);
    if (target !== undefined && known.has(target)) arrows.push({ from, to: id(target), kind, label });
  };

  connect(id(START), machine['StartAt'], 'next');
  for (const { name, state } of states) {
    const from = id(name);
    connect(from, state['Next'], 'next');
    for (const choice of list(state['Choices'])) connect(from, choice['Next'], 'choice', conditionOf(choice));
    connect(from, state['Default'], 'default');
    for (const caught of list(state['Catch'])) {
      connect(from, caught['Next'], 'catch', errorsOf(caught));
    }
    if (state['End'] === true || state['Type'] === 'Succeed' || state['Type'] === 'Fail') {
      arrows.push({ from, to: id(END), kind: 'end' });
    }
  }
  return {
    id: path,
    arrows,
    states: states.map(({ name, state }) => ({
      id: id(name),
      name,
      type: text(state['Type']) ?? '?',
      comment: text(state['Comment']),
      branches: branchesOf(state).map((branch, index) => graphOf(branch, `${id(name)}/${index}/`)),
    })),
  };
}

/** All states' names, nested ones too, in the order of the definition. */
export function statesIn(graph: Graph): GraphState[] {
  return graph.states.flatMap((state) => [state, ...state.branches.flatMap(statesIn)]);
}

function branchesOf(state: Data): unknown[] {
  if (state['Type'] === 'Parallel') return list(state['Branches']);
  if (state['Type'] === 'Map') return [state['ItemProcessor'] ?? state['Iterator']].filter(isData);
  return [];
}

function errorsOf(caught: Data): string | undefined {
  const errors = caught['ErrorEquals'];
  if (!Array.isArray(errors)) return undefined;
  const names = errors.filter((error): error is string => typeof error === 'string');
  return names.includes('States.ALL') ? undefined : names.join(', ');
}

/** A choice in a few signs, `outage = true`; what is longer is in the definition. */
function conditionOf(choice: Data): string | undefined {
  const jsonata = text(choice['Condition']);
  if (jsonata !== undefined) return shorten(jsonata.replace(/^\{%\s*|\s*%\}$/g, ''));
  const variable = text(choice['Variable']);
  const test = Object.keys(choice).find((name) => !['Variable', 'Next', 'Comment', 'Assign', 'Output'].includes(name));
  if (variable === undefined || test === undefined) return undefined;
  const sign = SIGNS.find(([ending]) => test.endsWith(ending))?.[1] ?? '=';
  return shorten(`${variable.replace(/^\$\./, '')} ${sign} ${JSON.stringify(choice[test])}`);
}

const SIGNS: [ending: string, sign: string][] = [
  ['GreaterThanEquals', '≥'],
  ['LessThanEquals', '≤'],
  ['GreaterThan', '>'],
  ['LessThan', '<'],
  ['Matches', '~'],
];

const LONGEST = 28;

function shorten(words: string): string {
  return words.length > LONGEST ? `${words.slice(0, LONGEST - 1)}…` : words;
}
