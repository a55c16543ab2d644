/** One step of a path that goes beyond dotted names. */
export type PathStep =
  | { readonly kind: 'field'; readonly name: string }
  /** `[3]` */
  | { readonly kind: 'index'; readonly index: number }
  /** `->name` of a union; `->` alone, name `''`: the content of a union or any. */
  | { readonly kind: 'content'; readonly name: string }
  /** `<` */
  | { readonly kind: 'parent' };

/** Tells whether a path has more than dotted names, so that `parsePath` is needed. */
export function isComplexPath(path: string): boolean {
  return path.includes('[') || path.includes('->') || path.includes('<');
}

const token = /\[(\d+)\]|->([^.[<-]*)|(<)|\.?([^.[<-]+(?:-(?!>)[^.[<-]*)*)/y;

/**
 * Splits a path: names joined by dots, `[3]` element, `->name` member of a union, `->` content, `<` parent.
 *
 * @returns undefined when it is malformed.
 * @see pvxs src/data.cpp, Value::traverse
 */
export function parsePath(path: string): readonly PathStep[] | undefined {
  const steps: PathStep[] = [];
  token.lastIndex = 0;
  while (token.lastIndex < path.length) {
    const match = token.exec(path);
    if (match === null) return undefined;
    const [, index, content, parent, name] = match;
    if (index !== undefined) steps.push({ kind: 'index', index: Number(index) });
    else if (content !== undefined) steps.push({ kind: 'content', name: content });
    else if (parent !== undefined) steps.push({ kind: 'parent' });
    else steps.push({ kind: 'field', name: name as string });
  }
  return steps;
}
