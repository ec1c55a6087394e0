/** The definition of a state, wherever in a machine it is nested. */
export function stateIn(definition: unknown, name: string): unknown {
  if (Array.isArray(definition)) {
    for (const each of definition) {
      const found = stateIn(each, name);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (typeof definition !== 'object' || definition === null) return undefined;
  const data = definition as Record<string, unknown>;
  const states = data['States'];
  if (typeof states === 'object' && states !== null && name in states) return (states as Record<string, unknown>)[name];
  return stateIn(Object.values(data), name);
}
