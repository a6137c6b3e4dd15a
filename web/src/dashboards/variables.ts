import type { Variable } from '~/api/dashboards';

/** The chosen values of each variable; none is all. */
export type Values = Readonly<Record<string, readonly string[]>>;

const prefix = 'var-';

/** The name of the variable that a text is nothing but, null when it is something else. */
export function wholeVariable(text: string): string | null {
  return /^\$(?:(\w+)|\{(\w+)\})$/.exec(text)?.slice(1).find(Boolean) ?? null;
}

/** The names of the variables in a text. */
export function variablesIn(text: string): string[] {
  return [...text.matchAll(/\$(?:(\w+)|\{(\w+)\})/g)].map((match) => match[1] ?? match[2] ?? '');
}

/**
 * Puts the values of variables into an expression, as regular expressions:
 * they stand in matchers such as host=~"$host".
 */
export function fillVariables(expr: string, values: Values): string {
  return expr.replaceAll(/\$(?:(\w+)|\{(\w+)\})/g, (whole: string, plain?: string, braced?: string) => {
    const chosen = values[plain ?? braced ?? ''];
    if (!chosen) return whole;
    if (chosen.length === 0) return '.*';
    return chosen.map(asPattern).join('|');
  });
}

/** A value as a pattern within a string of PromQL, whose own escapes count too. */
function asPattern(value: string): string {
  return value
    .replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n');
}

/** What is chosen at first: nothing, which is all, where nothing is said. */
export function standardOf(variable: Variable): readonly string[] {
  return variable.multiple ? variable.default : variable.default.slice(0, 1);
}

/** The values in the address, else the ones that the dashboard begins with. */
export function readValues(query: URLSearchParams, variables: readonly Variable[]): Values {
  return Object.fromEntries(
    variables.map((variable) => {
      const key = prefix + variable.name;
      if (!query.has(key)) return [variable.name, standardOf(variable)];
      const given = query.getAll(key).filter((value) => value !== '');
      return [variable.name, variable.multiple ? given : given.slice(0, 1)];
    }),
  );
}

/** Writes the values of a variable to the address; what the dashboard begins with is left out. */
export function writeValue(
  query: URLSearchParams,
  variable: Variable,
  chosen: readonly string[],
): URLSearchParams {
  const out = new URLSearchParams(query);
  const key = prefix + variable.name;
  out.delete(key);
  const standard = standardOf(variable);
  if (chosen.length === standard.length && chosen.every((each) => standard.includes(each))) return out;
  // An empty one says that all is meant, where the dashboard begins with less.
  for (const value of chosen.length > 0 ? chosen : ['']) out.append(key, value);
  return out;
}

/** The label whose values a variable has. */
export function labelOf(variable: Variable): string {
  return variable.kind === 'label' ? (variable.label_name ?? '') : variable.kind;
}
